"""What happens to a deadline later: excuses, late registration, short notice, a wish, a changed calendar."""

from datetime import date, datetime, timedelta

import pytest

from sla_tracker.domain.deadlines.due import (
    AtEvent,
    DayOfMonth,
    Deadline,
    DueRule,
    InDays,
    InElapsedTime,
    Interval,
    InWorkdays,
    InWorkingTime,
    Step,
    StepKind,
    deadline_after,
    deadlines_between,
    grace,
    is_short_notice,
    recalculated,
    wanted,
    with_excuses,
)
from sla_tracker.domain.deadlines.duty_clock import DutyClock
from sla_tracker.domain.deadlines.recompute import recompute
from sla_tracker.domain.time.work_calendar import FixedDays, Layer, WorkCalendar
from tests.domain.calendars import at, closed, local, office

HOUR = timedelta(hours=1)
ONE_DAY = InWorkdays(workdays=1)


def held(start: str, end: str | None, why: str = "hold") -> Interval:
    return Interval(start_at=at(start), end_at=at(end) if end else None, why=why)


def due(rule: DueRule, event: str, calendar: WorkCalendar | None = None) -> Deadline:
    return deadline_after(rule, at(event), calendar or office())


def extended(*excuses: Interval, now: datetime | None = None) -> str:
    """Extend a deadline of Monday 18:00, for an event of Friday 09:00."""
    found = with_excuses(due(ONE_DAY, "2026-11-20 09:00"), excuses, DutyClock(office()), now=now)
    assert recompute(found.steps) == found.due_at
    return local(found.due_at)


@pytest.mark.parametrize(
    ("excuses", "expected"),
    [
        ([held("2026-11-20 10:00", "2026-11-20 11:00")], "2026-11-24 09:30"),
        ([held("2026-11-20 11:30", "2026-11-20 14:00")], "2026-11-24 09:30"),  # lunch counts nothing
        ([held("2026-11-21 00:00", "2026-11-23 00:00")], "2026-11-23 18:00"),  # a weekend neither
        ([held("2026-11-20 18:00", "2026-11-23 09:00")], "2026-11-24 09:00"),
        ([held("2026-11-23 17:00", "2026-11-25 08:30")], "2026-11-25 09:30"),
        ([], "2026-11-23 18:00"),
    ],
)
def test_only_working_time_of_a_hold_is_added(excuses: list[Interval], expected: str) -> None:
    assert extended(*excuses) == expected


def test_excuses_are_united_before_they_are_measured() -> None:
    first = held("2026-11-20 10:00", "2026-11-20 12:00", "hold")
    second = held("2026-11-20 11:00", "2026-11-20 14:30", "waiting for another duty")
    assert (
        extended(first, second)
        == extended(second, first)
        == extended(held("2026-11-20 10:00", "2026-11-20 14:30"))
    )
    assert extended(first, second) == "2026-11-24 11:30"


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (
            "2026-11-23 17:59",
            "2026-11-25 18:00",
        ),  # a minute before the due: alive, and as long as the hold lasts
        ("2026-11-23 18:00", "2026-11-23 18:00"),
        ("2026-11-24 08:30", "2026-11-23 18:00"),
    ],
)
def test_a_hold_cannot_rescue_what_is_already_late(start: str, expected: str) -> None:
    assert extended(held(start, "2026-11-25 17:59")) == expected


def test_only_time_before_the_deadline_as_extended_so_far_counts() -> None:
    first = held("2026-11-23 16:00", "2026-11-23 18:00")  # due Tuesday 10:30
    alive = held("2026-11-24 10:00", "2026-11-24 11:00")
    dead = held("2026-11-24 10:30", "2026-11-24 11:30")
    assert extended(first, alive) == "2026-11-24 11:30"
    assert extended(first, dead) == "2026-11-24 10:30"
    assert extended(alive) == "2026-11-23 18:00"


def test_an_excuse_that_still_runs_counts_up_to_now() -> None:
    running = held("2026-11-20 10:00", None)
    assert extended(running) == "2026-11-23 18:00"
    assert extended(running, now=at("2026-11-20 11:00")) == "2026-11-24 09:30"
    assert extended(running, now=at("2026-11-20 09:00")) == "2026-11-23 18:00"


def test_every_excuse_says_what_it_counted() -> None:
    first = held("2026-11-20 10:00", "2026-11-20 12:00", "hold")
    second = held("2026-11-20 11:00", "2026-11-20 12:00", "again")
    found = with_excuses(due(ONE_DAY, "2026-11-20 09:00"), [second, first], DutyClock(office()))
    noted = [(step.get("why"), step.get("seconds")) for step in found.steps if step.kind is StepKind.EXCUSE]
    assert noted == [("hold", "7200"), ("again", "0")]


def test_the_month_of_a_duty_does_not_move_with_its_excuses() -> None:
    base = due(ONE_DAY, "2026-11-27 09:00")
    found = with_excuses(base, [held("2026-11-27 10:00", "2026-12-02 18:00")], DutyClock(office()))
    assert (found.due_on.month, found.nominal_on) == (12, base.nominal_on)


def test_an_extension_into_an_unpublished_year_is_provisional_once() -> None:
    calendar = office(source=FixedDays(by_day={}, published_through=2026))
    base = deadline_after(ONE_DAY, at("2026-12-30 09:00"), calendar)
    found = with_excuses(base, [held("2026-12-30 10:00", "2026-12-31 18:00")], DutyClock(calendar))
    again = with_excuses(found, [held("2026-12-30 10:00", "2026-12-31 18:00")], DutyClock(calendar))
    assert (base.provisional, found.provisional) == (False, True)
    assert again == found
    assert [step.kind for step in found.steps].count(StepKind.PROVISIONAL) == 1
    assert with_excuses(found, [], DutyClock(calendar)) == base


def test_excused_time_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="before it starts"):
        held("2026-11-20 10:00", "2026-11-20 09:00")


@pytest.mark.parametrize(
    ("rule", "event", "registered", "expected"),
    [
        (ONE_DAY, "2026-11-16 09:00", "2026-11-19 14:00", "2026-11-20 18:00"),  # first workday after
        (ONE_DAY, "2026-11-16 09:00", "2026-11-20 14:00", "2026-11-23 18:00"),
        (ONE_DAY, "2026-11-16 09:00", "2026-11-17 09:00", "2026-11-18 18:00"),
        (InDays(days=0), "2026-11-16 09:00", "2026-11-17 09:00", "2026-11-18 18:00"),
        (ONE_DAY, "2026-11-16 09:00", "2026-11-16 17:00", None),  # the rule would give the same
        (InDays(days=30), "2026-11-16 09:00", "2026-11-18 09:00", None),  # plenty of time is left
        (AtEvent(), "2026-11-16 09:00", "2026-11-18 09:00", None),
        (InWorkingTime(span=10 * HOUR), "2026-11-16 16:00", "2026-11-16 17:00", None),  # due at that close
        (InWorkingTime(span=HOUR), "2026-11-16 09:00", "2026-11-16 09:00:59", None),  # in the same minute
        (InWorkingTime(span=HOUR), "2026-11-16 09:00", "2026-11-16 09:01", "2026-11-17 18:00"),
        (InElapsedTime(elapsed=HOUR), "2026-11-16 09:00", "2026-11-16 09:00:59", None),
        (InElapsedTime(elapsed=HOUR), "2026-11-16 09:00", "2026-11-16 09:01", "2026-11-16 10:01"),
        (InWorkingTime(span=-2 * HOUR), "2026-11-16 09:00", "2026-11-18 09:00", None),
    ],
)
def test_grace_when_somebody_else_registers_late(
    rule: DueRule, event: str, registered: str, expected: str | None
) -> None:
    granted = grace(due(rule, event), rule, at(event), at(registered), office())
    if granted is None:
        assert expected is None
        return
    assert local(granted.due_at) == expected
    assert recompute(granted.steps) == granted.due_at


def test_after_a_grace_the_month_is_that_of_the_due_granted() -> None:
    base = due(ONE_DAY, "2026-11-27 09:00")
    granted = grace(base, ONE_DAY, at("2026-11-27 09:00"), at("2026-11-30 19:00"), office())
    assert base.nominal_on == date(2026, 11, 30)
    assert granted is not None
    assert granted.nominal_on == date(2026, 12, 1)


@pytest.mark.parametrize(
    ("rule", "set_at", "expected"),
    [
        (InWorkingTime(span=-2 * HOUR), "2026-11-20 09:00", False),
        (InWorkingTime(span=-2 * HOUR), "2026-11-20 14:00", True),
        (AtEvent(), "2026-11-20 14:00", False),
        (AtEvent(), "2026-11-20 15:01", True),
        (ONE_DAY, "2026-12-24 14:00", False),
    ],
)
def test_short_notice_is_a_due_before_the_registration_that_set_the_time(
    rule: DueRule, set_at: str, expected: bool
) -> None:
    assert is_short_notice(due(rule, "2026-11-20 15:00"), rule, at(set_at)) is expected


def test_a_request_that_is_wanted_later_is_due_then_and_never_earlier() -> None:
    base = due(ONE_DAY, "2026-11-20 09:00")
    later = wanted(base, at("2026-11-25 10:00"), office())
    assert (local(later.due_at), later.nominal_on) == ("2026-11-25 10:00", date(2026, 11, 25))
    assert recompute(later.steps) == later.due_at
    assert wanted(base, at("2026-11-20 10:00"), office()) == base
    assert wanted(base, base.due_at, office()) == base


def test_a_request_that_is_wanted_on_a_day_is_due_at_that_days_close() -> None:
    base = due(ONE_DAY, "2026-11-20 09:00")
    assert local(wanted(base, date(2026, 11, 25), office()).due_at) == "2026-11-25 18:00"
    assert wanted(base, date(2026, 11, 23), office()) == base


class TestChangedCalendars:
    """An emergency closure or a year that became real, seen on Monday 2026-09-28."""

    changed_at = at("2026-09-28 10:00")
    before = office()

    def _new(self, rule: DueRule, calendar: WorkCalendar) -> Deadline:
        return next(deadlines_between(rule, date(2026, 10, 1), date(2026, 11, 1), calendar))

    def test_later_deadlines_move(self) -> None:
        after = office({date(2026, 10, 5): closed()})
        old, new = (self._new(DayOfMonth(day=5), calendar) for calendar in (self.before, after))
        assert recalculated(old, new, self.changed_at, after) == new
        assert local(new.due_at) == "2026-10-06 18:00"

    def test_earlier_deadlines_move_at_most_to_the_close_of_the_first_workday_after_the_change(self) -> None:
        after = self.before.with_layer(Layer(name="company", days={}))
        old = due(InWorkdays(workdays=5), "2026-09-25 09:00")
        near = due(InWorkdays(workdays=3), "2026-09-25 09:00")
        past = due(InWorkdays(workdays=1), "2026-09-25 09:00")
        assert recalculated(old, near, self.changed_at, after) == near
        kept = recalculated(old, past, self.changed_at, after)
        assert local(kept.due_at) == "2026-09-29 18:00"
        assert kept.due_on == date(2026, 9, 29)
        assert recompute(kept.steps) == kept.due_at

    def test_what_was_due_before_that_close_stays_where_it_was(self) -> None:
        old = due(InWorkingTime(span=HOUR), "2026-09-28 09:00")
        new = due(InWorkingTime(span=HOUR), "2026-09-27 09:00")
        kept = recalculated(old, new, self.changed_at, self.before)
        assert (kept.due_at, kept.due_on) == (old.due_at, old.due_on)

    @pytest.mark.parametrize(("old_days", "new_days", "expected"), [(5, 1, 5), (1, 5, 5)])
    def test_already_delivered_keeps_the_later_of_both(
        self, old_days: int, new_days: int, expected: int
    ) -> None:
        by_days = {days: due(InWorkdays(workdays=days), "2026-09-25 09:00") for days in (1, 5)}
        old, new = by_days[old_days], by_days[new_days]
        kept = recalculated(old, new, self.changed_at, self.before, delivered=True)
        assert kept.due_at == by_days[expected].due_at == recompute(kept.steps)

    def test_a_year_that_became_real_is_no_longer_provisional(self) -> None:
        guessed = office(source=FixedDays(by_day={}, published_through=2025))
        old, new = (self._new(DayOfMonth(day=5), calendar) for calendar in (guessed, self.before))
        settled = recalculated(old, new, self.changed_at, self.before)
        assert old.provisional
        assert not settled.provisional
        assert old.calendar_version != self.before.version_of(2026, 2026)
        assert settled.calendar_version == self.before.version_of(2026, 2026)


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ((), "start nowhere"),
        ((Step(StepKind.CLOSE, (("at", "18:00"),)),), "before any day"),
    ],
)
def test_steps_that_lead_nowhere_are_refused(steps: tuple[Step, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        recompute(steps)


@pytest.mark.parametrize(
    ("kind", "key", "value", "message"),
    [
        (StepKind.WORKING_TIME, "seconds", "60", "do not add up"),
        (StepKind.EXCUSE, "seconds", "60", "do not add up to the extension"),
        (StepKind.EXTENDED, "pieces", "2026-11-01T00:00:00Z/2026-11-01T02:00:00Z", "before the deadline"),
    ],
)
def test_steps_that_were_tampered_with_are_refused(
    kind: StepKind, key: str, value: str, message: str
) -> None:
    base = due(InWorkingTime(span=4 * HOUR), "2026-11-20 09:00")
    steps = with_excuses(base, [held("2026-11-20 10:00", "2026-11-20 12:00")], DutyClock(office())).steps
    changed = [
        step
        if step.kind is not kind
        else Step(kind, tuple((name, value if name == key else old) for name, old in step.details))
        for step in steps
    ]
    with pytest.raises(ValueError, match=message):
        recompute(changed)


def test_a_long_extension_keeps_few_pieces_and_still_adds_up() -> None:
    base = due(ONE_DAY, "2026-01-05 09:00")
    found = with_excuses(base, [held("2026-01-05 10:00", "2026-12-05 10:00")], DutyClock(office()))
    step = found.steps[-1]
    assert len(step.pieces("pieces")) == 7
    assert recompute(found.steps) == found.due_at
