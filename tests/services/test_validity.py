"""An obligation that ends: when heads are told, what its duties say, and what opens afterwards."""

from datetime import date

import pytest

from sla_tracker.domain.agreements.obligation import Obligation, Recurring
from sla_tracker.domain.deadlines.due import DayOfMonth
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments.inbox import inbox_entries
from sla_tracker.services.departments.inbox_entry import InboxKind
from sla_tracker.services.duties.scheduler import tick
from sla_tracker.testing.company import a_context, an_actor, an_obligation, set_clock
from sla_tracker.wording.terms import format_ending

LAST = date(2026, 12, 31)


def ending(*triggers: Recurring) -> Obligation:
    return an_obligation(
        "list", triggers=triggers or (Recurring(due=DayOfMonth(day=5), id="a"),), valid_until_on=LAST
    )


def told(context: ServiceContext, person: str) -> list[str]:
    entries = inbox_entries(context, an_actor(context, person))
    return [one.id for one in entries if one.kind is InboxKind.ENDING]


@pytest.mark.parametrize(
    ("day", "expected"), [("2026-12-02", []), ("2026-12-03", ["list"]), ("2027-01-01", [])]
)
def test_heads_are_told_twenty_workdays_before_the_last_day(day: str, expected: list[str]) -> None:
    context = a_context(obligations=(ending(),))
    set_clock(context, f"{day} 09:00")
    heads = [person.id for person in context.people.values() if person.role == "head"]
    sides = [id for id in heads if context.people[id].department in ("sales", "finance")]
    assert {id: told(context, id) for id in sides} == dict.fromkeys(sides, expected)
    staff = [id for id, person in context.people.items() if person.role == "staff"]
    assert not any(told(context, id) for id in staff)


def test_a_successor_is_no_end() -> None:
    versions = (
        Recurring(due=DayOfMonth(day=5), id="a", valid_until_on=LAST),
        Recurring(due=DayOfMonth(day=6), id="a", valid_from_on=date(2027, 1, 1)),
    )
    obligation = an_obligation("list", triggers=versions)
    context = a_context(obligations=(obligation,))
    set_clock(context, "2026-12-20 09:00")
    assert format_ending(obligation) == ""
    assert not any(told(context, id) for id in context.people)


def test_what_is_open_stays_and_nothing_opens_after_the_last_day() -> None:
    obligation = ending()
    context = a_context(obligations=(obligation,))
    for day in ("2026-11-28", "2026-12-29", "2027-01-29", "2027-02-26"):
        set_clock(context, f"{day} 09:00")
        tick(context)
    duties = context.store.read(lambda tx: tx.find(Duty))
    assert sorted(duty.key.rpartition("/")[2] for duty in duties) == ["2026-11", "2026-12"]
    assert format_ending(obligation) == "until 2026-12-31; no successor is agreed, and nothing opens after it"
