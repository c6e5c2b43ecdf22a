"""Random requests of somebody who is logged in, and of a program: whatever comes, no fault of the program."""

import json
import random
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.event import Event
from sla_tracker.serve.web.programs.api_description import ENDPOINTS, PREFIX
from sla_tracker.serve.web.views.pages import ROUTES
from tests.web.site import RunningSite
from tests.web.test_api import called, make_token

TEXTS = (
    "", " ", "0", "-1", "yes", "no", "other", "x" * 1500, "鄂F·12345", "\u202e\x1b]0;x\x07", "\0", "1e999", "nan", "٣",
    "²", "tomorrow", "明天", "11-31 25:61", "0001-01-01 00:00", "9999-12-31 23:59", "2026-02-30", "last month",
    "2026-Q9", "../..", "%s%n", "{x}", "{0.__class__}", "__proto__", "vehicle-delivered", "finance", "sales",
    "decoration-sheet", "\ufffe", "a\r\nb", "𠀀" * 50, "e" + "\u0301" * 90,
)  # fmt: skip
NAMES = (
    "kind", "subject", "at", "again", "what", "to", "text", "wanted", "reason", "note", "claimed", "cause", "waits_for",
    "confirm", "f-cash", "f-amount", "f-", "p-x", "lang", "next", "path", "range", "by", "scope", "department",
)  # fmt: skip
ACTS = (
    "deliver", "fill", "take", "release", "accept", "return", "take-back", "note", "hold", "resume", "answer", "cause",
    "settle", "x",
)  # fmt: skip


def references(site: RunningSite) -> list[str]:
    """Return what could be meant by a reference: ids of several kinds, parts of them, none."""
    read = site.opened.context.store.read
    duties = sorted(
        read(lambda tx: tx.find(Duty, provider="sales")), key=lambda one: (one.subject, one.obligation)
    )
    events = sorted(read(lambda tx: tx.find(Event)), key=lambda one: one.subject)
    ids = [*(one.id for one in duties[:3]), *(one.id for one in events[:2])]
    return [*ids, ids[0][:8], ids[0][:4], "ffffffff", "----", "0" * 36]


async def test_pages_answer_whatever_is_asked_or_sent(
    site: RunningSite, effort: Callable[[int, int], int]
) -> None:
    chance = random.Random(21)
    browser, known = await site.person("wang.fang"), references(site)
    csrf = (await browser.get("/account")).value("csrf")
    counted: dict[int, int] = {}
    for _request in range(effort(250, 5000)):
        site.server._rates._left.clear()
        route = chance.choice(ROUTES)
        path = re.sub(r"\(\[a-z-\]\+\)", lambda _part: chance.choice(ACTS), route.pattern)
        path = re.sub(r"\([^)]*\)", lambda _part: chance.choice(known), path)
        given = {chance.choice(NAMES): chance.choice(TEXTS) for _value in range(chance.randrange(6))}
        if route.method == "GET":
            seen = await browser._sent("GET", f"{path}?{urlencode(given)}", None, {})
        else:
            duty = await browser.get(path.rpartition("/")[0]) if path.startswith("/duty/") else None
            is_shown = duty is not None and 'name="seen"' in duty.text
            carried = {"csrf": csrf} | ({"seen": duty.value("seen")} if duty is not None and is_shown else {})
            seen = await browser._sent("POST", path, {**given, **carried}, {"Origin": browser.origin})
        assert seen.status in {200, 303, 403, 404, 409, 414, 422}, (route.method, path, given, seen.words)
        counted[seen.status] = counted.get(seen.status, 0) + 1
    assert not (site.server.options.state_folder / "faults").exists()
    assert {200, 303, 404, 422} <= counted.keys(), counted


def value_for(chance: random.Random, schema: dict[str, Any]) -> Any:
    """Return a value that a schema may allow, or not."""
    wrong: list[Any] = [None, 0, -1, 1.5, True, [], {}, [[1]], {"a": None}, 10**400]
    return chance.choice([*wrong, *TEXTS[:12]]) if chance.random() < 0.4 else chance.choice(TEXTS)


async def test_programs_get_a_document_or_a_problem_whatever_they_send(
    site: RunningSite, effort: Callable[[int, int], int]
) -> None:
    chance = random.Random(22)
    token, known = make_token(site.opened), references(site)
    kinds = ["vehicle-delivered", *TEXTS[:6]]
    seen = set()
    for _call in range(effort(250, 5000)):
        site.server._rates._left.clear()
        endpoint = chance.choice(ENDPOINTS)
        path = PREFIX + endpoint.path.replace("{reference}", chance.choice(known))
        body = None
        if endpoint.body:
            names = [*endpoint.body["properties"], "unknown"]
            body = {
                name: value_for(chance, {}) for name in chance.sample(names, chance.randrange(len(names)))
            }
            body |= {"type": chance.choice(kinds), "fields": {chance.choice(NAMES): value_for(chance, {})}}
            body = {name: value for name, value in body.items() if name in names}
        query = "&".join(
            f"{name}={chance.choice(['', 'x', 'all', '2026-11', '%00', '%ff'])}"
            for name in endpoint.parameters
        )
        raw = json.dumps(body).encode() if body is not None else None
        status, document, headers = await called(site, endpoint.method, f"{path}?{query}", token, raw)
        assert status in {200, 201, 404, 409, 403, 422}, (endpoint.id, query, body, document)
        assert headers["Content-Type"].partition(";")[0] in {"application/json", "application/problem+json"}
        assert status < 300 or document["detail"], document
        seen.add(status)
    assert {200, 422} <= seen, seen
