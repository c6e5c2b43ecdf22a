"""Calls of other programs: who may what, what is done once, and that the description is true."""

import asyncio
import json
import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from sla_tracker.deployment.direct import DirectDeployment
from sla_tracker.serve.web.exchange import AnswerLost, NoAnswer
from sla_tracker.serve.web.programs.api_description import ENDPOINTS, PREFIX, description
from sla_tracker.serve.web.views import api
from sla_tracker.services.web_access import tokens
from sla_tracker.services.web_access.tokens import Token, TokenKind
from tests.web.site import URL, RunningSite, running


def today(opened: DirectDeployment) -> date:
    """Return the day in the deployment's zone, as tokens end by it."""
    return opened.context.now().astimezone(opened.context.settings.zone).date()


EVENT = {"type": "vehicle-delivered", "subject": "鄂F·55555", "fields": {"cash": "no"}}


def make_token(opened: DirectDeployment, **facts: Any) -> str:
    """Return the secret of a token of the sales department."""
    given: dict[str, Any] = {
        "events": ("vehicle-delivered",),
        "may_ask": True,
        "may_read": True,
        "name": "erp",
        "department": "sales",
    } | facts
    made = Token(
        hash="",
        kind=TokenKind.API,
        made_at=opened.context.now(),
        made_by="lin.tao",
        until=given.pop("until", today(opened) + timedelta(days=30)),
        **given,
    )
    return opened.web_access.add_token(made)


async def called(
    site: RunningSite, method: str, path: str, token: str = "", body: Any = None, **headers: str
) -> tuple[int, Any, Any]:
    """Call as a program does; return status, document and headers."""
    sent = {"Accept-Language": "en", **headers}
    if token:
        sent["Authorization"] = f"Bearer {token}"
    raw = None
    if body is not None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent.setdefault("Content-Type", "application/json")
    async with site.http.request(method, site.base + path, data=raw, headers=sent) as answer:
        text = await answer.text()
        is_document = answer.content_type.endswith("json")
        return answer.status, json.loads(text) if is_document else text, answer.headers


async def test_a_program_reports_an_event_and_its_department_has_done_it(site: RunningSite) -> None:
    token = make_token(site.opened)
    status, document, _headers = await called(site, "POST", "/api/v1/events", token, EVENT)
    assert status == 201, document
    assert [duty["provider"] for duty in document["opened"]] == ["sales", "sales"]
    assert document["event"]["registered_by"] == "api:erp"
    last = [*site.opened.context.store.changes()][-1]
    assert last.act.by == "api:erp"
    status, doubted, _headers = await called(site, "POST", "/api/v1/events", token, EVENT)
    assert (status, doubted["type"]) == (409, "urn:sla:problem:needsconfirmation")
    status, _document, _headers = await called(
        site, "POST", "/api/v1/events", token, {**EVENT, "again": True}
    )
    assert status == 201
    sales = await site.person("wang.fang")
    assert "erp" in (await sales.get(f"/event/{document['event']['id']}")).words


async def test_the_same_key_does_nothing_twice(site: RunningSite) -> None:
    token, other = make_token(site.opened), make_token(site.opened, name="other")
    key = {"Idempotency-Key": "delivery-1"}
    before = site.opened.context.store.sequence()
    first = await called(site, "POST", "/api/v1/events", token, EVENT, **key)
    again = await called(site, "POST", "/api/v1/events", token, EVENT, **key)
    assert first[:2] == again[:2]
    assert again[2]["Idempotency-Replayed"] == "true"
    assert site.opened.context.store.sequence() == before + 1
    body = {**EVENT, "subject": "鄂F·66666"}
    assert (await called(site, "POST", "/api/v1/events", token, body, **key))[0] == 422
    assert (await called(site, "POST", "/api/v1/events", other, body, **key))[0] == 201
    _status, elsewhere, _headers = await called(site, "POST", "/api/v1/requests", token, EVENT, **key)
    assert "another body or address" in elsewhere["detail"]
    _status, no_key, _headers = await called(
        site, "POST", "/api/v1/events", token, EVENT, **{"Idempotency-Key": "ü"}
    )
    assert "printable ASCII" in no_key["detail"]
    refused = {**EVENT, "subject": ""}
    for _time in range(2):
        assert (await called(site, "POST", "/api/v1/events", token, refused, **{"Idempotency-Key": "2"}))[
            0
        ] == 422
    assert (await called(site, "POST", "/api/v1/events", token, EVENT, **{"Idempotency-Key": "x" * 101}))[
        0
    ] == 400


async def test_a_key_whose_call_still_runs_or_was_lost_is_refused(site: RunningSite) -> None:
    token = make_token(site.opened)
    answers = site.server.programs._answers
    may_go = asyncio.Event()

    class Slow:
        async def ask(self, question: Any) -> Any:
            await may_go.wait()
            return await answers.ask(question)

    site.server.programs._answers = Slow()
    key = {"Idempotency-Key": "slow"}
    first = asyncio.create_task(called(site, "POST", "/api/v1/events", token, EVENT, **key))
    while not site.server.programs._busy:
        await asyncio.sleep(0.01)
    status, document, _headers = await called(site, "POST", "/api/v1/events", token, EVENT, **key)
    assert status == 409
    assert "still running" in document["detail"]
    may_go.set()
    assert (await first)[0] == 201
    site.server.programs._kept.lose(site.access.tokens()[0].hash, "slow")
    assert "not known" in (await called(site, "POST", "/api/v1/events", token, EVENT, **key))[1]["detail"]


async def test_a_call_whose_answer_was_lost_is_not_to_be_sent_again_unseen(site: RunningSite) -> None:
    token, answers = make_token(site.opened), site.server.programs._answers

    class Lost:
        def __init__(self, problem: Exception) -> None:
            self.problem = problem

        async def ask(self, question: Any) -> Any:
            if isinstance(self.problem, AnswerLost):
                await answers.ask(question)
            raise self.problem

    site.server.programs._answers = Lost(AnswerLost())
    key = {"Idempotency-Key": "lost"}
    body = {**EVENT, "subject": "鄂F·44440"}
    for given in ({}, key):
        body = {**EVENT, "subject": f"鄂F·4444{len(given)}"}
        status, document, headers = await called(site, "POST", "/api/v1/events", token, body, **given)
        assert (status, "Retry-After" in headers) == (504, False)
        assert "not known whether this was done. Look first" in document["detail"]
    site.server.programs._answers = answers
    before = site.opened.context.store.sequence()
    status, document, _headers = await called(site, "POST", "/api/v1/events", token, body, **key)
    assert (status, "look before you send it again" in document["detail"]) == (409, True)
    assert site.opened.context.store.sequence() == before
    # What reached nobody is sent again, with its key, too.
    site.server.programs._answers = Lost(NoAnswer())
    body, key = {**EVENT, "subject": "鄂F·44446"}, {"Idempotency-Key": "away"}
    assert (await called(site, "POST", "/api/v1/events", token, body, **key))[0] == 503
    site.server.programs._answers = answers
    assert (await called(site, "POST", "/api/v1/events", token, body, **key))[0] == 201


@pytest.mark.parametrize(
    ("token", "status"),
    [("", 401), ("sla_guessed", 401), ("wang.fang", 401), ("FEED", 401), ("ENDED", 401), ("ELSEWHERE", 403)],
)
async def test_without_a_good_token_nothing_is_told_or_done(
    site: RunningSite, token: str, status: int
) -> None:
    made = {
        "FEED": lambda: tokens.make_feed(site.opened.context, site.opened.actor, site.access),
        "ENDED": lambda: make_token(site.opened, until=today(site.opened) - timedelta(days=1)),
        "ELSEWHERE": lambda: make_token(site.opened, addresses=("192.0.2.0/24",)),
    }
    secret = made[token]() if token in made else token
    before = site.opened.context.store.sequence()
    for method, path, body in (
        ("POST", "/api/v1/events", EVENT),
        ("GET", "/api/v1/due", None),
        ("GET", "/api/v1/no-such-call", None),
        ("GET", "/metrics", None),
    ):
        got, document, headers = await called(site, method, path, secret, body)
        assert got == status, (path, document)
        assert headers.get("Content-Type", "").startswith("application/problem+json")
        assert status != 401 or headers["WWW-Authenticate"].startswith("Bearer")
        assert "Finance" not in json.dumps(document)
    assert site.opened.context.store.sequence() == before


async def test_a_token_does_only_what_it_names(site: RunningSite) -> None:
    reader = make_token(site.opened, events=(), may_ask=False, name="dashboard")
    writer = make_token(site.opened, events=("plate-ready",), may_ask=False, may_read=False, name="writer")
    assert (await called(site, "POST", "/api/v1/events", reader, EVENT))[0] == 403
    assert (await called(site, "POST", "/api/v1/events", writer, EVENT))[0] == 403
    assert (await called(site, "POST", "/api/v1/requests", reader, {"obligation": "x"}))[0] == 403
    assert (await called(site, "GET", "/api/v1/due", writer))[0] == 403
    assert (await called(site, "GET", "/metrics", writer))[0] == 403
    assert (await called(site, "GET", "/api/v1/due", reader))[0] == 200
    cookies = (await site.person("wang.fang")).cookies
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    assert (await called(site, "GET", "/api/v1/due", Cookie=cookie))[0] == 401
    assert (await called(site, "POST", "/api/v1/events", "", EVENT, Cookie=cookie, Origin=URL))[0] == 401


WRONG_BODIES: Sequence[tuple[Any, int, str]] = (
    (b"\xff", 400, "UTF-8"),
    (b"[]", 422, "object"),
    (b"[" * 100_000, 422, "object"),
    (b'{"type":"vehicle-delivered","type":"other","subject":"S"}', 422, "twice"),
    (b'{"type":"vehicle-delivered","subject":"S","fields":{"cash":"no","cash":"yes"}}', 422, "twice"),
    (b'{"type":"vehicle-delivered","subject":"S","fields":{"cash":NaN}}', 422, "object"),
    ({}, 422, "missing"),
    ({**EVENT, "subject": 5}, 422, "text"),
    ({**EVENT, "type": "no-such-kind"}, 404, "no-such-kind"),
    ({**EVENT, "at": "yesterday"}, 422, "offset"),
    ({**EVENT, "at": "2026-11-20T16:40:00"}, 422, "offset"),
    ({**EVENT, "fields": []}, 422, "object"),
    ({**EVENT, "fields": {"no": "x", "cash": "no"}}, 422, "no field"),
    ({**EVENT, "registered_by": "chen.gang"}, 422, "registered_by"),
    ({**EVENT, "again": "yes"}, 422, "true or false"),
)


async def test_a_wrong_body_is_refused_with_a_sentence(site: RunningSite) -> None:
    before, token = site.opened.context.store.sequence(), make_token(site.opened)
    for body, status, said in WRONG_BODIES:
        got, document, headers = await called(site, "POST", "/api/v1/events", token, body)
        assert got == document["status"] == status, str(body)[:80]
        assert said in json.dumps(document), str(body)[:80]
        assert headers["Content-Type"].startswith("application/problem+json")
    assert site.opened.context.store.sequence() == before


async def test_requests_duties_and_scores(site: RunningSite) -> None:
    token = make_token(site.opened)
    _status, due, _headers = await called(site, "GET", "/api/v1/due", token)
    assert {duty["provider"] for duty in due["duties"]} == {"sales"}
    reference = due["duties"][0]["reference"]
    _status, shown, _headers = await called(site, "GET", f"/api/v1/duties/{reference}", token)
    assert shown["duty"]["id"] == due["duties"][0]["id"]
    _status, owed, _headers = await called(
        site, "GET", "/api/v1/due?scope=owed_to_us&department=finance", token
    )
    assert {duty["consumer"] for duty in owed["duties"]} == {"finance"}
    _status, scores, _headers = await called(site, "GET", "/api/v1/scores?range=2026-11", token)
    assert scores["range"]["id"] == "2026-11"
    assert (await called(site, "GET", "/api/v1/scores?range=nonsense", token))[0] == 422
    assert (await called(site, "GET", "/api/v1/due?scope=x", token))[0] == 422
    for query, said in (
        ("due?x=1", "no parameter"),
        ("due?scope=ours&scope=all", "given twice"),
        ("due?scope=", "is empty"),
        ("scores?range=", "is empty"),
        ("event-types?scope=all", "no parameter"),
        (f"duties/{reference}?x=1", "no parameter"),
    ):
        status, problem, _headers = await called(site, "GET", f"/api/v1/{query}", token)
        assert (status, said in problem["detail"]) == (422, True), query
    assert (await called(site, "POST", "/api/v1/events?dry=1", token, EVENT))[0] == 422
    status, unknown, _headers = await called(site, "GET", "/api/v1/duties/ffffffff", token)
    assert (status, unknown["detail"]) == (404, "Nothing goes by “ffffffff”.")
    assert (await called(site, "GET", "/api/v1/events", token))[2]["Allow"] == "POST"
    assert (await called(site, "DELETE", "/api/v1/events", token))[0] == 405


def _fits(value: Any, schema: dict[str, Any]) -> bool:
    """Say whether a value has the type that a schema names; the schemas here need no more."""
    kinds = {
        "object": dict,
        "array": list,
        "string": str,
        "integer": int,
        "boolean": bool,
        "null": type(None),
    }
    named = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(isinstance(value, kinds[kind]) for kind in named):
        return False
    if isinstance(value, list):
        return all(_fits(one, schema["items"]) for one in value)
    return all(_fits(value[key], inner) for key, inner in schema.get("properties", {}).items())


async def test_the_description_says_what_the_calls_really_take_and_give(site: RunningSite) -> None:
    token = make_token(site.opened)
    _status, told, _headers = await called(site, "GET", "/api/v1/openapi.json")
    assert told == json.loads(json.dumps(description(URL)))
    assert {endpoint.id for endpoint in ENDPOINTS} == set(api.CALLS)
    asked = next(iter(site.opened.context.catalogue.on_request()))[0]
    tried: dict[str, dict[str, Any]] = {
        "registerEvent": EVENT,
        "askForSomething": {"obligation": asked.id, "subject": "鄂F·12340", "text": "as agreed"},
    }
    reference = (await called(site, "GET", "/api/v1/due", token))[1]["duties"][0]["reference"]
    for path, operations in told["paths"].items():
        for method, operation in operations.items():
            asker = token if operation["operationId"] != "askForSomething" else _of_consumer(site, asked.id)
            place = PREFIX + path.replace("{reference}", reference)
            body = tried.get(operation["operationId"])
            status, document, headers = await called(site, method.upper(), place, asker, body)
            assert str(status) in operation["responses"], (place, document)
            assert status < 300, (place, document)
            schema = operation["responses"][str(status)]["content"]["application/json"]["schema"]
            assert set(document) == set(schema["properties"]), place
            assert _fits(document, schema), place
            assert headers["Cache-Control"] == "no-store"
            if body is not None:
                unknown = await called(site, method.upper(), place, asker, {**body, "unknown": 1})
                assert unknown[0] == 422


def _of_consumer(site: RunningSite, obligation: str) -> str:
    """Return a token of a department that may ask for an obligation."""
    catalogue = site.opened.context.catalogue
    consumer = catalogue.obligation(obligation).owed_to(tuple(catalogue.departments))[0]
    made = Token(
        hash="",
        kind=TokenKind.API,
        made_at=site.opened.context.now(),
        made_by="lin.tao",
        name="consumer",
        department=consumer,
        may_ask=True,
        until=today(site.opened),
    )
    return site.access.add_token(made)


async def test_a_calendar_shows_what_is_due_and_names_nobody(dealer: DirectDeployment) -> None:
    secret = tokens.make_feed(dealer.context, dealer.actor, dealer.web_access)
    async with running(dealer) as site:
        status, text, headers = await called(site, "GET", f"/calendar/{secret}.ics")
        assert status == 200
        assert headers["Content-Type"].startswith("text/calendar")
        assert headers["Cache-Control"].startswith("private")
        assert len(Calendar.from_ical(text).walk("VEVENT")) > 5
        assert "12340" not in text
        for path in ("/", f"/calendar/{secret}", "/calendar/guessed.ics", f"/api/v1/due?token={secret}"):
            got, said, _headers = await called(site, "GET", path, secret)
            assert got in {200, 401, 404}, path
            assert "BEGIN:VCALENDAR" not in str(said)
        tokens.make_feed(dealer.context, dealer.actor, dealer.web_access)
        assert (await called(site, "GET", f"/calendar/{secret}.ics"))[0] == 404
    newer = tokens.make_feed(dealer.context, dealer.actor, dealer.web_access)
    async with running(dealer, names_subjects=True) as site:
        assert "12340" in (await called(site, "GET", f"/calendar/{newer}.ics"))[1]


async def test_the_log_holds_no_secret(site: RunningSite, capfd: pytest.CaptureFixture[str]) -> None:
    feed = tokens.make_feed(site.opened.context, site.opened.actor, site.access)
    token = make_token(site.opened)
    await called(site, "GET", f"/calendar/{feed}.ics")
    await called(site, "GET", f"/api/v1/due?token={token}", token)
    logged = capfd.readouterr().err
    assert "/calendar/…" in logged
    assert feed not in logged
    assert token not in logged


async def test_programs_and_calendars_leave_half_of_the_calls_to_the_pages(dealer: DirectDeployment) -> None:
    async with running(dealer, calls=4) as site:
        api, feed = make_token(dealer), tokens.make_feed(dealer.context, dealer.actor, site.access)
        programs, may_go = site.server.programs, asyncio.Event()

        class Slow:
            def __init__(self, answers: Any) -> None:
                self.answers, self.asked = answers, 0

            async def ask(self, question: Any) -> Any:
                self.asked += 1
                await may_go.wait()
                return await self.answers.ask(question)

        slow = Slow(programs._answers)
        programs._answers = slow
        calls = [
            asyncio.create_task(called(site, "GET", path, token, None))
            for path, token in ((f"/calendar/{feed}.ics", ""), ("/metrics", api))
            for _call in range(4)
        ]
        while sum(programs._busy.values()) < 8:
            await asyncio.sleep(0.01)
        assert slow.asked == 2
        for path, token in ((f"/calendar/{feed}.ics", ""), ("/metrics", api), ("/api/v1/due", api)):
            status, _document, headers = await called(site, "GET", path, token)
            assert (status, headers["Retry-After"]) == (429, "1"), path
        assert (await site.person("wang.fang")).cookies, "pages go on"
        may_go.set()
        assert {status for status, _document, _headers in await asyncio.gather(*calls)} == {200}
        assert not programs._busy


async def test_health_and_numbers(site: RunningSite) -> None:
    assert (await called(site, "GET", "/healthz"))[:2] == (200, "ok\n")
    status, text, headers = await called(site, "GET", "/metrics", make_token(site.opened))
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain")
    assert re.search(r'^sla_duties\{department="sales",bucket="overdue"\} \d+$', text, re.MULTILINE)
    assert "王芳" not in text
    for line in text.splitlines():
        assert re.fullmatch(
            r'# (HELP|TYPE) .*|[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9.e+-]+', line
        ), line
