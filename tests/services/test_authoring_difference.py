"""What a changed plugin changes is shown before it is taken over."""

from dataclasses import replace
from datetime import date, time

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.obligation import Obligation, Recurring
from sla_tracker.domain.deadlines.due import DayOfMonth
from sla_tracker.services.authoring.difference import Kind, Part, differences, shifts
from sla_tracker.testing.company import a_calendar, always
from tests.plugin_host.samples import department, event_type, obligation


def monthly(id: str, day: int, at: time | None = None) -> Obligation:
    return obligation(id, Recurring(due=DayOfMonth(day=day, at=at)))


def catalogue(*obligations: Obligation) -> Catalogue:
    return Catalogue(
        departments={"finance": department()},
        event_types={"car-sold": event_type()},
        obligations={one.id: one for one in obligations},
    )


KEPT, GONE, OLD = monthly("kept", 5), monthly("gone", 3), monthly("moved", 8)
BEFORE = catalogue(KEPT, GONE, OLD)


def test_what_is_added_removed_or_changed_is_named() -> None:
    after = catalogue(KEPT, replace(OLD, accept_within=1), monthly("new", 9))
    found = {one.id: (one.kind, one.parts) for one in differences(BEFORE, after)}
    assert found == {
        "gone": (Kind.REMOVED, ()),
        "moved": (Kind.CHANGED, (Part(name="accept_within", before=3, after=1),)),
        "new": (Kind.ADDED, ()),
    }
    assert [one.what for one in differences(BEFORE, replace(BEFORE, event_types={}))] == ["event_type"]
    assert differences(BEFORE, BEFORE) == ()


def test_duties_ahead_that_appear_vanish_or_move_are_shown() -> None:
    later = monthly("moved", 8, time(12))
    after = catalogue(KEPT, later, monthly("new", 9))
    found = shifts(BEFORE, after, always(a_calendar()), date(2026, 12, 1), date(2027, 1, 1))
    assert [(shift.obligation, shift.kind) for shift in found] == [
        ("gone", Kind.REMOVED),
        ("moved", Kind.CHANGED),
        ("new", Kind.ADDED),
    ]
    assert found[1].after is not None
    assert found[1].after.deadline.due_at.hour == 4
    assert shifts(BEFORE, BEFORE, always(a_calendar()), date(2026, 1, 1), date(2027, 1, 1)) == ()


def test_another_day_of_the_month_moves_the_duty_of_that_month() -> None:
    after = catalogue(KEPT, GONE, monthly("moved", 10))
    (found,) = shifts(BEFORE, after, always(a_calendar()), date(2026, 12, 1), date(2027, 1, 1))
    assert found.kind is Kind.CHANGED
    assert [one.deadline.due_on.day for one in (found.before, found.after) if one is not None] == [8, 10]


def test_a_retired_obligation_opens_nothing_more() -> None:
    after = catalogue(KEPT, GONE, replace(OLD, retired=True))
    found = shifts(BEFORE, after, always(a_calendar()), date(2026, 12, 1), date(2027, 1, 1))
    assert [(shift.obligation, shift.kind) for shift in found] == [("moved", Kind.REMOVED)]
