"""Acceptance within working time: in the consumer's calendar, never while nobody is there, explained."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sla_tracker.domain.agreements.dependencies import Dependency
from sla_tracker.domain.agreements.obligation import Department, OnRequest
from sla_tracker.domain.deadlines.due import InWorkingTime, Turn
from sla_tracker.domain.deadlines.explanation import explain
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.domain.time.work_hours import WeeklyHours
from sla_tracker.services import requests
from sla_tracker.services.authoring.difference import Difference, Kind, Part
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import operations
from sla_tracker.services.ports import Store
from sla_tracker.services.queries.duties import detail
from sla_tracker.services.queries.limits import LimitKind
from sla_tracker.testing.company import DEPARTMENTS, ZONE, a_context, an_obligation, local, set_clock
from sla_tracker.wording.plugin_changes import difference_lines
from tests.services.acts import rolled_to, stored, who

NIGHTS = WorkCalendar(
    zone=ZONE,
    weekly=WeeklyHours.parse(
        {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    ),
)


def asked(
    store: Store | None = None, *, within: timedelta, calendar: str = ""
) -> tuple[ServiceContext, Duty]:
    """Ask for a result on Friday at 16:00 that silence accepts within working time."""
    rule = InWorkingTime(span=timedelta(hours=2))
    result = an_obligation("result", accept_within=within, triggers=(OnRequest(due=rule),))
    context = a_context(
        store=store, now="2026-11-20 16:00", obligations=(result,), calendars={"nights": NIGHTS}
    )
    teams = {one.id: one for one in DEPARTMENTS}
    teams["finance"] = Department(id="finance", name=teams["finance"].name, calendar=calendar)
    context = replace(context, declared=replace(context.catalogue, departments=teams))
    return context, requests.ask(context, who(context, "chen.jing"), "result", text="a result")[1]


@pytest.mark.parametrize(
    ("within", "calendar", "expected"),
    [
        (timedelta(hours=4), "", "2026-11-23 11:30"),  # an hour on Friday, three on Monday
        (timedelta(minutes=30), "", "2026-11-20 17:30"),
        (timedelta(hours=1), "", "2026-11-20 18:00"),
        (timedelta(hours=4), "nights", "2026-11-20 21:00"),  # a consumer that is always there
    ],
)
def test_silence_accepts_within_the_consumers_working_time(
    within: timedelta, calendar: str, expected: str
) -> None:
    context, duty = asked(within=within, calendar=calendar)
    set_clock(context, "2026-11-20 17:00")
    given = operations.deliver(context, who(context, "wang.fang"), duty.id)
    assert given.accept_by_at == local(expected)


def test_it_accepts_then_and_not_before(any_store: Store) -> None:
    context, duty = asked(any_store, within=timedelta(hours=4))
    set_clock(context, "2026-11-20 17:00")
    operations.deliver(context, who(context, "wang.fang"), duty.id)
    rolled_to(context, "2026-11-23 11:30")
    assert stored(context, duty).state is State.DELIVERED
    rolled_to(context, "2026-11-23 11:31")
    assert stored(context, duty).state is State.ACCEPTED


def test_the_limit_explains_itself_in_both_languages() -> None:
    context, duty = asked(within=timedelta(hours=4))
    set_clock(context, "2026-11-20 17:00")
    operations.deliver(context, who(context, "wang.fang"), duty.id)
    found = detail(context, duty.id)
    assert found is not None
    (limit,) = [one for one in found.limits if one.kind is LimitKind.SILENCE]
    english = explain(limit.deadline.steps, lang="en", zone=ZONE)
    assert english[1].startswith("Plus 4 h of working time (11-20 17:00–18:00, 11-23 08:30–11:30)")
    chinese = explain(limit.deadline.steps, lang="zh_CN", zone=ZONE)
    assert chinese[1].startswith("加 4 小时工作时间（11-20 17:00–18:00、11-23 08:30–11:30）")


def test_a_changed_checklist_says_it_in_its_own_words() -> None:
    later = Dependency(obligation="list", turn=Turn.LATEST)
    parts = (
        Part(name="accept_within", before=3, after=timedelta(hours=4)),
        Part(name="depends_on", before=("list",), after=(later,)),
        Part(name="providers", before=(), after=("sales", "service")),
    )
    changed = Difference(what="obligation", id="result", kind=Kind.CHANGED, parts=parts)
    assert difference_lines(changed) == [
        "accepted by silence after workdays: 3 → working_hours = 4",
        "waits for: list → list (turn = latest)",
        "provider: – → sales, service",
    ]
