"""The first day whose dues are kept: what it keeps out, and what moving it does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from sla_tracker.domain.agreements.obligation import OnEvent, OnRequest, Recurring
from sla_tracker.domain.deadlines.due import DayOfMonth, InDays, InWorkdays, Roll
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import Refused
from sla_tracker.services import events, requests
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.scheduler import tick
from sla_tracker.services.duties.withheld import Reason
from sla_tracker.services.ports import Writing
from sla_tracker.services.turns.rosters import roster_of
from sla_tracker.testing.company import a_context, an_obligation, local, set_clock
from tests.services.acts import live, who
from tests.services.old_rosters import put_in_one

MONTHLY = an_obligation("list", triggers=(Recurring(due=DayOfMonth(day=5)),))


def moved(context: ServiceContext, first_day: date) -> ServiceContext:
    """Return the same deployment after its settings name another first day."""
    return replace(context, settings=replace(context.settings, in_force_from=first_day))


def days_of(context: ServiceContext) -> list[str]:
    return [f"{duty.deadline.due_on}" for duty in live(context, "list")]


def acts(context: ServiceContext) -> list[tuple[str, str]]:
    found = context.store.changes(0)
    return [(one.act.what, one.act.reason) for one in found if one.act.what == "moved_first_day"]


def test_moved_earlier_the_turns_in_between_open_on_record() -> None:
    context = a_context(obligations=(MONTHLY,), in_force_from=date(2026, 11, 10))
    tick(context)
    assert days_of(context) == []
    context = moved(context, date(2026, 10, 1))
    tick(context)
    assert days_of(context) == ["2026-10-05", "2026-11-05"]
    assert acts(context) == [("moved_first_day", "2026-11-10 → 2026-10-01")]
    tick(context)
    assert len(acts(context)) == 1


def test_moved_later_it_holds_from_the_next_opening_and_leaves_what_is_open() -> None:
    context = a_context(now="2026-11-02 09:00", obligations=(MONTHLY,), in_force_from=date(2026, 11, 1))
    tick(context)
    assert days_of(context) == ["2026-11-05"]
    context = moved(context, date(2027, 1, 1))
    set_clock(context, "2026-12-02 09:00")
    tick(context)
    assert days_of(context) == ["2026-11-05"]
    set_clock(context, "2027-01-04 09:00")
    tick(context)
    assert days_of(context) == ["2026-11-05", "2027-01-05"]
    assert acts(context) == [("moved_first_day", "2026-11-01 → 2027-01-01")]


def test_there_and_back_changes_nothing_more() -> None:
    context = a_context(obligations=(MONTHLY,), in_force_from=date(2026, 11, 1))
    tick(context)
    before = days_of(context)
    for first_day in (date(2027, 1, 1), date(2026, 11, 1)):
        context = moved(context, first_day)
        tick(context)
    assert days_of(context) == before


def test_an_obligation_that_was_added_later_opens_nothing_from_before_that_day() -> None:
    context = a_context(now="2026-10-01 09:00", obligations=(), in_force_from=date(2026, 10, 1))
    tick(context)
    later = a_context(
        now="2026-11-20 09:00", store=context.store, obligations=(MONTHLY,), in_force_from=date(2026, 10, 1)
    )
    tick(later)
    earlier = moved(later, date(2026, 9, 1))
    tick(earlier)
    assert days_of(earlier) == []
    assert acts(earlier) == [("moved_first_day", "2026-10-01 → 2026-09-01")]


def test_a_store_of_an_older_version_learns_its_first_day_without_an_act() -> None:
    context = a_context(obligations=(MONTHLY,), in_force_from=date(2026, 11, 1))
    tick(context)

    def forget(tx: Writing, _now: object) -> None:
        roster = roster_of(tx)
        assert roster is not None
        put_in_one(tx, replace(roster, first_on=None, added={}))

    context.write(None, Verb.ROLLED_OVER, forget)
    tick(context)
    assert acts(context) == []
    assert days_of(context) == ["2026-11-05"]


def test_grace_brings_no_event_over_the_first_day() -> None:
    sheet = an_obligation(
        "list", triggers=(OnEvent(event_type="vehicle-delivered", due=InWorkdays(workdays=1)),)
    )
    context = a_context(obligations=(sheet,), in_force_from=date(2026, 11, 20))
    registered = events.register(
        context,
        who(context, "chen.jing"),  # the consumer, so late that there would be grace until 11-23
        "vehicle-delivered",
        subject="鄂F·1",
        at=local("2026-11-18 10:00"),
        fields={"cash": "no"},
    )
    assert registered.opened == ()
    (withheld,) = registered.withheld
    assert (withheld.reason, withheld.due_on, withheld.since) == (
        Reason.FIRST_DAY,
        date(2026, 11, 19),
        date(2026, 11, 20),
    )


@pytest.mark.parametrize(("first_day", "opens"), [(date(2026, 11, 23), 1), (date(2026, 11, 24), 0)])
def test_the_rolled_day_decides(first_day: date, opens: int) -> None:
    rule = InDays(days=2, roll=Roll.FOLLOWING)  # Friday, Sunday, Monday 11-23
    sheet = an_obligation("list", triggers=(OnEvent(event_type="vehicle-delivered", due=rule),))
    context = a_context(obligations=(sheet,), in_force_from=first_day)
    registered = events.register(
        context,
        who(context, "wang.fang"),
        "vehicle-delivered",
        subject="鄂F·1",
        at=local("2026-11-20 10:00"),
        fields={"cash": "no"},
    )
    assert len(registered.opened) == opens


def test_a_request_that_is_due_before_the_first_day_is_refused_with_the_day() -> None:
    copy = an_obligation("list", triggers=(OnRequest(due=InWorkdays(workdays=1)),))
    context = a_context(obligations=(copy,), in_force_from=date(2026, 12, 1))
    with pytest.raises(Refused, match="before 2026-12-01, the first day"):
        requests.ask(context, who(context, "chen.jing"), "list", text="a copy")
    set_clock(context, "2026-11-30 10:00")
    _, duty = requests.ask(context, who(context, "chen.jing"), "list", text="a copy")
    assert duty.deadline.due_on == date(2026, 12, 1)
