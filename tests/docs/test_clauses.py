"""Every clause of docs/clauses.md means the days that stand below it, on China's real calendar."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.measures.measured_level import measured_levels
from sla_tracker.domain.people import Actor, Person
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.plugin_host.loading import load_plugins
from sla_tracker.services import events, requests
from sla_tracker.services.authoring.preview import coming
from sla_tracker.services.context import COMPANY, ServiceContext
from sla_tracker.services.duties import operations
from sla_tracker.services.duties.scheduler import tick
from sla_tracker.services.open_requests import progress
from sla_tracker.services.open_requests.update_clock import next_update_at
from sla_tracker.testing.company import a_calendar, a_context, always, an_actor, local, set_clock
from tests.plugins.installed import host

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = ("clauses.md", "clauses.zh.md")
FIRST, END = date(2026, 10, 1), date(2027, 1, 1)
LAST = 27  # clauses
AHEAD = timedelta(days=7)
CLERK = "chen.jing"  # of finance, the consumer
SECTION = re.compile(r"^## (\d+)\. .*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
BLOCK = re.compile(r"^```(toml|text)\n(.*?)^```", re.DOTALL | re.MULTILINE)
WHEN = "%Y-%m-%d %H:%M"


def blocks(page: str) -> dict[str, list[tuple[str, str]]]:
    """Return the blocks of each numbered section; those before the first are the parties, "0"."""
    text = (DOCS / page).read_text(encoding="utf-8")
    head = text[: text.index("\n## 1.")]
    return {"0": BLOCK.findall(head)} | {
        match[1]: BLOCK.findall(match[0]) for match in SECTION.finditer(text)
    }


@cache
def calendar() -> WorkCalendar:
    plain = a_calendar()
    return WorkCalendar(zone=plain.zone, weekly=plain.weekly, source=host("china").calendars["china"])


def opened(toml: str, folder: Path) -> ServiceContext:
    """Return a company whose only checklist is the clause with the parties of the page."""
    file = folder / "clause.toml"
    file.write_text(toml, encoding="utf-8")
    file.chmod(0o644)
    loaded = load_plugins(offered=(), given={"clause": file})
    assert loaded.is_complete, [one.sentence() for one in loaded.broken]
    return replace(
        a_context(now="2026-09-01 09:00", in_force_from=date(2026, 1, 1)),
        declared=loaded.catalogue,
        calendars={COMPANY: calendar()},
    )


def by_calendar(context: ServiceContext) -> Iterator[str]:
    """Yield each due instant and the days it is about, with the department or obligation where there are several."""
    obligations = list(context.catalogue.in_force())
    ids, providers = {one.id for one in obligations}, {one.provider for one in obligations}
    for one in coming(context.catalogue, obligations, always(calendar()), FIRST, END):
        last = one.period_end - timedelta(days=1)
        name = (
            f"  {one.obligation.id}"
            if len(ids) > 1
            else f"  {one.obligation.provider}"
            if len(providers) > 1
            else ""
        )
        yield f"{shown(one.deadline.due_at)}  ({one.period_start} – {last}){name}"


def by_event(context: ServiceContext, line: str, number: int) -> str:
    """Return the deadline that an event or request at the left of an arrow opens, or –."""
    left = line.partition(" → ")[0]
    at, rest = local(left[:16]), left[16:].split()
    fields = dict(field.split("=") for field in rest)
    trigger = next(iter(context.catalogue.obligations.values())).triggers[0]
    type_id = getattr(trigger, "event_type", "")
    planned = bool(type_id) and context.catalogue.event_types[type_id].planned
    set_clock(context, at - AHEAD if planned else at)
    actor = an_actor(context, CLERK)
    if type_id:
        registered = events.register(context, actor, type_id, subject=f"S{number}", at=at, fields=fields)
        due = [shown(duty.due_at) for duty in registered.opened]
    else:
        due = list(by_request(context, at, f"S{number}", fields))
    return f"{left} → {', '.join(due) or '–'}"


def by_request(context: ServiceContext, at: datetime, subject: str, said: dict[str, str]) -> Iterator[str]:
    """Yield the limits of a request: of its answer, if any, of its settlement, and what is promised besides.

    What was said besides its fields happened later: when it was answered, and when each paper came.
    """
    asking, obligation = an_actor(context, CLERK), next(iter(context.catalogue.obligations.values()))
    known = {field.id for field in requests.fields_to_ask(context, obligation, asking.department)}
    fields = {id: value for id, value in said.items() if id in known}
    request, duty = requests.ask(context, asking, obligation.id, subject=subject, fields=fields)
    for act, when in said.items():
        if act in known:
            continue
        set_clock(context, datetime.fromisoformat(when).replace(tzinfo=calendar().zone))
        if act == "answered":
            duty = requests.answer(context, an_actor(context, "wang.fang"), duty.id, "seen")
        else:
            duty = progress.tick_papers(context, asking, duty.id, [act])
    if request.answer_due_at is not None:
        yield shown(request.answer_due_at)
    yield shown(duty.due_at)
    if duty.earliest is not None:
        yield f"from {shown(duty.earliest.due_at)}"
    if (update_at := next_update_at(context, duty, context.now())) is not None:
        yield f"update {shown(update_at)}"


def by_report(context: ServiceContext, line: str) -> str:
    """Return the level that the numbers at the left of an arrow make, each group of them one report."""
    left = line.partition(" → ")[0]
    provider = next(iter(context.catalogue.obligations.values())).provider
    clerk = Actor(person=Person(id="clerk", name="王", department=provider), via="test")
    for report in left.split(", "):
        numbers = dict(number.split("=") for number in report.split())
        duty = next(one for at in range(100) for one in after(context, at) if not one.deliveries)
        operations.deliver(context, clerk, duty.id, numbers)
    (level,) = measured_levels(context.store.read(lambda tx: tx.find(Duty)))
    if not level.measure.is_counted:
        return f"{left} → {level.met}/{level.reports}"
    return f"{left} → {level.good}/{level.total}, {level.misses} missed, {level.allowed} allowed"


def after(context: ServiceContext, days: int) -> list[Duty]:
    """Return the duties, by due time, that are there some days after the end of October."""
    set_clock(context, local("2026-10-31 09:00") + timedelta(days=days))
    tick(context)
    return sorted(context.store.read(lambda tx: tx.find(Duty)), key=lambda duty: duty.due_at)


def shown(at: datetime | None) -> str:
    return at.astimezone(calendar().zone).strftime(WHEN) if at else "–"


def meant(toml: str, said: str, folder: Path) -> str:
    """Return the lines that a clause should have, as many as the page shows."""
    context = opened(toml, folder)
    lines = said.splitlines()
    if any(re.match(r"[a-z]+=", line) for line in lines):
        return "\n".join(by_report(opened(toml, folder), line) for line in lines) + "\n"
    if any(" → " in line for line in lines):
        return "\n".join(by_event(context, line, number) for number, line in enumerate(lines)) + "\n"
    found = list(by_calendar(context))
    if lines[-1:] == ["…"]:
        found = [*found[: len(lines) - 1], "…"] if len(found) >= len(lines) else found
    return "\n".join(found or ["–"]) + "\n"


@pytest.mark.parametrize("number", [str(number) for number in range(1, LAST + 1)])
def test_a_clause_falls_due_as_the_page_says(number: str, tmp_path: Path) -> None:
    shown_blocks = blocks(PAGES[0])
    (_kind, parties), ((_toml, clause), (_text, said)) = shown_blocks["0"][0], shown_blocks[number]
    assert said == meant(f"{parties}\n{clause}", said, tmp_path)


def test_both_pages_show_the_same() -> None:
    english, chinese = map(blocks, PAGES)
    assert english == chinese
    assert list(english) == [str(number) for number in range(LAST + 1)]
