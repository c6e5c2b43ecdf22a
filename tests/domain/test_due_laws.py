"""Laws that every due rule keeps over random calendars, in zones whose clocks change."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sla_tracker.domain.deadlines.due import (
    AtEvent,
    DayOfMonth,
    DueRule,
    EachWorkday,
    InDays,
    InElapsedTime,
    Interval,
    InWorkdays,
    InWorkingTime,
    ListedDays,
    MovedTurn,
    NthWorkday,
    Recurrence,
    RecurringRule,
    Roll,
    Weekly,
    deadline_after,
    deadlines_between,
    grace,
    precedes_event,
    rule_from_table,
    rule_to_table,
    with_excuses,
)
from sla_tracker.domain.deadlines.duty_clock import DutyClock
from sla_tracker.domain.deadlines.recompute import recompute
from sla_tracker.domain.time.work_calendar import WorkCalendar
from tests.domain.calendars import PIVOTS, calendars, calendars_and_instants

Case = tuple[WorkCalendar, tuple[datetime, ...]]

clocks = st.none() | st.times().map(lambda at: at.replace(microsecond=0))
rolls = st.sampled_from(Roll)
rolls_of_events = st.sampled_from([roll for roll in Roll if roll is not Roll.SKIP])
zones = st.sampled_from(("Europe/Berlin", "Pacific/Auckland", "America/St_Johns"))
days_around = st.sampled_from(PIVOTS).flatmap(
    lambda pivot: st.integers(-50, 50).map(lambda days: pivot + timedelta(days=days))
)
months = st.lists(st.integers(1, 12), max_size=4, unique=True).map(tuple)


def offsets(smallest: int) -> st.SearchStrategy[DueRule]:
    """Return rules that count from an event, none smaller than this many days, workdays or minutes."""
    amounts = st.integers(smallest, 12)
    return st.one_of(
        st.just(AtEvent()),
        st.builds(InDays, days=amounts, at=clocks, roll=rolls_of_events),
        st.builds(InWorkdays, workdays=amounts, at=clocks),
        st.builds(InDays, days=amounts, at=st.times(), roll=rolls_of_events, zone=zones),
        st.builds(InWorkdays, workdays=amounts, at=st.times(), zone=zones),
        st.builds(InWorkingTime, span=_minutes(smallest)),
        st.builds(InElapsedTime, elapsed=_minutes(smallest)),
    )


def _minutes(smallest: int) -> st.SearchStrategy[timedelta]:
    return st.integers(smallest * 60, 6000).map(lambda count: timedelta(minutes=count))


recurring: st.SearchStrategy[RecurringRule] = st.one_of(
    st.builds(DayOfMonth, day=st.integers(-31, 31).filter(bool), at=clocks, roll=rolls, months=months),
    st.builds(DayOfMonth, day=st.integers(1, 31), at=st.times(), zone=zones, offset=st.integers(-15, 15)),
    st.builds(NthWorkday, n=st.integers(-31, 31).filter(bool), at=clocks, months=months),
    st.builds(EachWorkday, at=clocks, left_out=st.lists(days_around, unique=True, max_size=9).map(tuple)),
    st.builds(
        ListedDays,
        on=st.lists(days_around, min_size=1, max_size=9, unique=True).map(lambda days: tuple(sorted(days))),
        at=clocks,
        roll=rolls,
    ),
    st.builds(
        EachWorkday,
        moved=st.lists(days_around, max_size=9, unique=True).map(
            lambda days: tuple(MovedTurn(turn_on=day, to_on=day - timedelta(days=2)) for day in days)
        ),
    ),
    st.builds(
        Weekly,
        weekdays=st.lists(st.integers(0, 6), min_size=1, unique=True).map(tuple),
        at=clocks,
        roll=rolls,
    ),
    st.builds(
        Recurrence,
        rrule=st.sampled_from(("FREQ=MONTHLY;BYDAY=-1FR", "FREQ=WEEKLY;INTERVAL=2", "FREQ=DAILY;INTERVAL=9")),
        start_on=st.dates(date(2020, 1, 1), date(2026, 1, 1)),
        at=clocks,
        roll=rolls,
    ),
)


@given(calendars_and_instants(), offsets(0))
def test_no_offset_that_is_not_negative_is_due_before_its_event(case: Case, rule: DueRule) -> None:
    calendar, (event,) = case
    assert deadline_after(rule, event, calendar).due_at >= event


@given(calendars_and_instants(), offsets(-12))
def test_a_negative_offset_is_never_due_after_its_event(case: Case, rule: DueRule) -> None:
    calendar, (event,) = case
    if precedes_event(rule):
        assert deadline_after(rule, event, calendar).due_at <= event


@given(calendars_and_instants(2), offsets(0))
def test_due_never_moves_back_when_the_event_moves_forward(case: Case, rule: DueRule) -> None:
    calendar, (first, second) = case
    dues = [deadline_after(rule, event, calendar).due_at for event in sorted((first, second))]
    assert dues == sorted(dues)


@given(calendars_and_instants(), offsets(-12))
def test_due_computed_again_from_the_steps_alone_is_equal(case: Case, rule: DueRule) -> None:
    calendar, (event,) = case
    found = deadline_after(rule, event, calendar)
    assert recompute(found.steps) == found.due_at


@given(calendars_and_instants(), st.integers(1, 30), st.sampled_from((Roll.FOLLOWING, Roll.PRECEDING)))
def test_a_rolled_date_is_a_workday(case: Case, days: int, roll: Roll) -> None:
    calendar, (event,) = case
    found = deadline_after(InDays(days=days, roll=roll), event, calendar)
    assert calendar.is_workday(found.due_on)
    assert found.due_on > calendar.local_date(event)


@given(st.sampled_from(PIVOTS), st.data(), recurring)
def test_a_window_of_deadlines_is_the_same_in_one_or_in_two(
    pivot: date, data: st.DataObject, rule: RecurringRule
) -> None:
    calendar = data.draw(calendars(pivot))
    start, middle, end = pivot - timedelta(days=50), pivot, pivot + timedelta(days=50)
    whole = list(deadlines_between(rule, start, end, calendar))
    halves = [
        *deadlines_between(rule, start, middle, calendar),
        *deadlines_between(rule, middle, end, calendar),
    ]
    assert whole == halves
    assert [deadline.nominal_on for deadline in whole] == sorted({deadline.nominal_on for deadline in whole})
    for deadline in whole:
        assert recompute(deadline.steps) == deadline.due_at
        assert start <= deadline.nominal_on < end


@given(st.one_of(offsets(-12), recurring))
def test_a_rule_survives_being_written_down(rule: DueRule) -> None:
    assert rule_from_table(rule_to_table(rule)) == rule


def _intervals(event: datetime, ends: Sequence[tuple[int, int]]) -> list[Interval]:
    return [
        Interval(
            start_at=event + timedelta(minutes=start),
            end_at=event + timedelta(minutes=start + length),
            why=str(start),
        )
        for start, length in ends
    ]


excuses = st.lists(st.tuples(st.integers(-2000, 6000), st.integers(0, 3000)), max_size=5)


@given(calendars_and_instants(), excuses, st.integers(1, 900))
def test_excuses_extend_like_a_walk_over_excused_minutes(
    case: Case, ends: list[tuple[int, int]], minutes: int
) -> None:
    calendar, (event,) = case
    base = deadline_after(InWorkingTime(span=timedelta(minutes=minutes)), event, calendar)
    found = with_excuses(base, _intervals(event, ends), DutyClock(calendar))
    excused = {minute for start, length in ends for minute in range(start, start + length)}
    due_at = base.due_at
    for minute in sorted(excused):
        instant = event + timedelta(minutes=minute)
        if instant < due_at and calendar.open_at(instant):
            due_at = calendar.add_working_time(due_at, timedelta(minutes=1))
    assert found.due_at == due_at
    assert recompute(found.steps) == due_at


@given(calendars_and_instants(), excuses, st.integers(1, 900))
def test_excuses_extend_an_elapsed_clock_by_every_excused_minute(
    case: Case, ends: list[tuple[int, int]], minutes: int
) -> None:
    calendar, (event,) = case
    base = deadline_after(InElapsedTime(elapsed=timedelta(minutes=minutes)), event, calendar)
    found = with_excuses(base, _intervals(event, ends), DutyClock(calendar, is_elapsed=True))
    due = minutes
    for minute in sorted({minute for start, length in ends for minute in range(start, start + length)}):
        due += minute < due
    assert found.due_at == event + timedelta(minutes=due)
    assert recompute(found.steps) == found.due_at
    assert not found.provisional


@given(calendars_and_instants(), excuses, st.data())
def test_results_do_not_depend_on_the_order_of_recording(
    case: Case, ends: list[tuple[int, int]], data: st.DataObject
) -> None:
    calendar, (event,) = case
    base = deadline_after(InWorkdays(workdays=2), event, calendar)
    recorded = _intervals(event, ends)
    shuffled = data.draw(st.permutations(recorded))
    assert with_excuses(base, shuffled, DutyClock(calendar)) == with_excuses(
        base, recorded, DutyClock(calendar)
    )


@given(calendars_and_instants(), excuses)
def test_the_union_of_excuses_never_counts_a_minute_twice(case: Case, ends: list[tuple[int, int]]) -> None:
    calendar, (event,) = case
    base = deadline_after(InWorkdays(workdays=2), event, calendar)
    once = with_excuses(base, _intervals(event, ends), DutyClock(calendar))
    twice = with_excuses(base, _intervals(event, [*ends, *ends]), DutyClock(calendar))
    assert twice.due_at == once.due_at


@given(calendars_and_instants(), excuses)
def test_excuses_are_replaced_and_can_be_taken_back(case: Case, ends: list[tuple[int, int]]) -> None:
    calendar, (event,) = case
    base = deadline_after(InWorkdays(workdays=2), event, calendar)
    excused = with_excuses(base, _intervals(event, ends), DutyClock(calendar))
    assert with_excuses(excused, _intervals(event, ends), DutyClock(calendar)) == excused
    assert with_excuses(excused, [], DutyClock(calendar)) == base


@given(calendars_and_instants(), offsets(0), st.integers(0, 6000))
def test_grace_is_only_ever_later(case: Case, rule: DueRule, late: int) -> None:
    calendar, (event,) = case
    registered = event + timedelta(minutes=late)
    base = deadline_after(rule, event, calendar)
    granted = grace(base, rule, event, registered, calendar)
    if granted is not None:
        assert granted.due_at > base.due_at
        assert granted.due_at > registered
        assert recompute(granted.steps) == granted.due_at
