"""When a duty opens, which period it is about, and what an event or a request grants."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_tracker.domain.agreements.conditions import Condition
from sla_tracker.domain.agreements.obligation import About, OnEvent, OnRequest, Recurring
from sla_tracker.domain.agreements.occurrences import (
    PERIODS,
    granted_by_event,
    occurrences,
    occurrences_due,
)
from sla_tracker.domain.deadlines.due import (
    DayOfMonth,
    DueRule,
    InDays,
    InWorkdays,
    InWorkingTime,
    NthWorkday,
    Recurrence,
    Weekly,
)
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.request_clocks import AskedRequest
from sla_tracker.domain.text import Text
from sla_tracker.testing.company import a_calendar, always, an_obligation, local

CALENDAR = a_calendar()


def an_event(at: str, *, by: str = "sales", set_at: str = "", planned: bool = False, **fields: str) -> Event:
    moment = local(at)
    known = local(set_at) if set_at else moment
    return Event(
        id="e-1",
        type="vehicle-delivered",
        title=Text(zh="车辆交付", en="Vehicle delivered"),
        planned=planned,
        subject="鄂F12345",
        subject_key="鄂F12345",
        at=moment,
        registered_at=known,
        registered_by="x",
        registered_from=by,
        time_set_at=known,
        time_set_by="x",
        time_set_from=by,
        fields=fields,
    )


def due(trigger: OnEvent, event: Event) -> datetime | None:
    granted = granted_by_event("sales", trigger, event, CALENDAR)
    return granted.deadline.due_at if granted else None


class TestRecurring:
    def test_one_duty_a_month_about_the_month_before(self) -> None:
        obligation = an_obligation("list", triggers=(Recurring(due=DayOfMonth(day=5)),))
        found = list(occurrences(obligation, always(CALENDAR), date(2026, 11, 1), date(2027, 2, 1)))
        assert [opening.deadline.due_at for opening in found] == [
            local("2026-11-05 18:00"),
            local("2026-12-07 18:00"),
            local("2027-01-05 18:00"),
        ]
        assert [(opening.period_start, opening.period_end) for opening in found][:1] == [
            (date(2026, 10, 1), date(2026, 11, 1))
        ]
        assert found[0].opens_at == local("2026-10-29 00:00")

    @pytest.mark.parametrize(
        ("due", "on", "previous", "current"),
        [
            (
                Recurrence(rrule="FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", start_on=date(2026, 1, 2)),
                date(2026, 11, 20),
                ("2026-11-02", "2026-11-16"),
                ("2026-11-16", "2026-11-30"),
            ),
            (
                Recurrence(rrule="FREQ=WEEKLY;INTERVAL=13", start_on=date(2026, 1, 5)),
                date(2026, 7, 6),
                ("2026-04-06", "2026-07-06"),
                ("2026-07-06", "2026-10-05"),
            ),
            (
                DayOfMonth(day=15, months=(4, 7, 10)),
                date(2026, 4, 15),
                ("2025-10-01", "2026-04-01"),
                ("2026-04-01", "2026-07-01"),
            ),
            (
                NthWorkday(n=3, months=(4, 7, 10)),
                date(2026, 10, 12),
                ("2026-07-01", "2026-10-01"),
                ("2026-10-01", "2027-04-01"),
            ),
            (
                Recurrence(rrule="FREQ=YEARLY;BYMONTH=4,7,10;BYMONTHDAY=15", start_on=date(2026, 1, 1)),
                date(2026, 7, 15),
                ("2026-04-01", "2026-07-01"),
                ("2026-07-01", "2026-10-01"),
            ),
            (
                Recurrence(rrule="FREQ=YEARLY;BYMONTH=1,4,7,10;BYMONTHDAY=15", start_on=date(2026, 1, 1)),
                date(2026, 7, 15),
                ("2026-04-01", "2026-07-01"),
                ("2026-07-01", "2026-10-01"),
            ),
            (
                Recurrence(rrule="FREQ=MONTHLY;INTERVAL=5", start_on=date(2026, 1, 20)),
                date(2026, 6, 20),
                ("2026-01-01", "2026-06-01"),
                ("2026-06-01", "2026-11-01"),
            ),
            (
                Recurrence(rrule="FREQ=DAILY;INTERVAL=10", start_on=date(2026, 1, 1)),
                date(2026, 1, 21),
                ("2026-01-11", "2026-01-21"),
                ("2026-01-21", "2026-01-31"),
            ),
            (
                Recurrence(rrule="FREQ=YEARLY;INTERVAL=2", start_on=date(2026, 3, 1)),
                date(2026, 3, 1),  # its first turn: as long as the period that begins with it
                ("2024-01-02", "2026-01-01"),
                ("2026-01-01", "2028-01-01"),
            ),
        ],
    )
    def test_a_period_reaches_from_one_turn_to_the_next(
        self, due: DueRule, on: date, previous: tuple[str, str], current: tuple[str, str]
    ) -> None:
        for about, expected in ((About.PREVIOUS, previous), (About.CURRENT, current)):
            start, end = PERIODS[about](due, on, CALENDAR)
            assert (start.isoformat(), end.isoformat()) == expected

    @given(
        weeks=st.integers(1, 30),
        weekday=st.sampled_from(["MO", "WE", "SU"]),
        about=st.sampled_from([About.PREVIOUS, About.CURRENT]),
    )
    def test_the_periods_of_a_rule_leave_no_gap_and_do_not_overlap(
        self, weeks: int, weekday: str, about: About
    ) -> None:
        rule = Recurrence(rrule=f"FREQ=WEEKLY;INTERVAL={weeks};BYDAY={weekday}", start_on=date(2024, 1, 1))
        turns = list(rule.nominal_days(date(2024, 1, 1), date(2028, 1, 1), CALENDAR))
        periods = [PERIODS[about](rule, turn, CALENDAR) for turn in turns]
        assert all(earlier[1] == later[0] for earlier, later in pairwise(periods))

    def test_keys_tell_turns_and_triggers_apart(self) -> None:
        both = (Recurring(due=DayOfMonth(day=5)), Recurring(due=DayOfMonth(day=20)))
        keys = [
            one.key
            for one in occurrences(
                an_obligation("list", triggers=both), always(CALENDAR), date(2026, 11, 1), date(2027, 1, 1)
            )
        ]
        assert len(set(keys)) == 4

    def test_the_key_of_an_nth_workday_outlives_a_changed_calendar(self) -> None:
        obligation = an_obligation("list", triggers=(Recurring(due=NthWorkday(n=2)),))
        (turn,) = occurrences(obligation, always(CALENDAR), date(2026, 11, 1), date(2026, 12, 1))
        assert turn.deadline.nominal_on == date(2026, 11, 3)
        assert turn.key == "list/sales/recurring/2026-11"

    def test_other_triggers_open_nothing_by_the_calendar(self) -> None:
        assert list(occurrences(an_obligation(), always(CALENDAR), date(2026, 11, 1), date(2027, 1, 1))) == []

    @pytest.mark.parametrize("due", [Weekly(weekdays=(0, 5)), DayOfMonth(day=1), NthWorkday(n=-1)])
    def test_those_too_early_or_not_opening_yet_are_left_out(self, due: DueRule) -> None:
        obligation, span = an_obligation(triggers=(Recurring(due=due),)), (date(2026, 9, 1), date(2027, 2, 1))
        every = list(occurrences(obligation, always(CALENDAR), *span))
        first, last = every[2].deadline.due_on, every[-3].opens_at
        looked_at = occurrences_due(
            obligation, always(CALENDAR), lambda *_: span, due_from=first, opening_by=last
        )
        found = list(looked_at)
        assert found == [one for one in every if one.deadline.due_on >= first and one.opens_at <= last]
        assert 0 < len(found) < len(every)

    @pytest.mark.parametrize(
        ("about", "period"),
        [
            (About.PREVIOUS, (date(2026, 11, 9), date(2026, 11, 16))),
            (About.CURRENT, (date(2026, 11, 16), date(2026, 11, 23))),
        ],
    )
    def test_the_period_has_the_rules_own_unit(self, about: About, period: tuple[date, date]) -> None:
        assert PERIODS[about](Weekly(weekdays=(4,)), date(2026, 11, 20), CALENDAR) == period


class TestEvents:
    third_day = OnEvent(event_type="vehicle-delivered", due=InDays(days=3))

    @pytest.mark.parametrize(
        ("at", "cash", "opens"),
        [
            ("2026-11-20 17:00", "yes", False),
            ("2026-11-20 17:01", "yes", True),
            ("2026-11-20 17:10", "no", False),
            ("2026-11-20 17:10", "", False),
        ],
    )
    def test_a_condition_asks_for_time_and_field(self, at: str, cash: str, opens: bool) -> None:
        trigger = replace(self.third_day, condition=Condition(after=time(17), field="cash"))
        assert (due(trigger, an_event(at, cash=cash)) is not None) is opens

    def test_registered_late_by_the_provider_it_is_late(self) -> None:
        event = an_event("2026-11-16 10:00", set_at="2026-11-25 10:00", by="sales")
        granted = granted_by_event("sales", self.third_day, event, CALENDAR)
        assert granted is not None
        assert (granted.deadline.due_at, granted.opened_late) == (local("2026-11-19 18:00"), False)

    def test_registered_late_by_somebody_else_there_is_grace(self) -> None:
        event = an_event("2026-11-16 10:00", set_at="2026-11-20 10:00", by="finance")
        granted = granted_by_event("sales", self.third_day, event, CALENDAR)
        assert granted is not None
        assert granted.opened_late
        assert granted.deadline.due_at == local("2026-11-23 18:00")
        assert granted.deadline.nominal_on == date(2026, 11, 23)

    def test_registered_in_time_there_is_none(self) -> None:
        event = an_event("2026-11-16 10:00", set_at="2026-11-16 15:00", by="finance")
        granted = granted_by_event("sales", self.third_day, event, CALENDAR)
        assert granted is not None
        assert not granted.opened_late

    @pytest.mark.parametrize(("set_at", "short"), [("2026-11-18 09:00", False), ("2026-11-19 18:01", True)])
    def test_before_a_planned_event_it_is_short_notice_not_grace(self, set_at: str, short: bool) -> None:
        trigger = OnEvent(event_type="settlement-scheduled", due=InWorkdays(workdays=-1))
        event = an_event("2026-11-20 15:00", set_at=set_at, by="finance", planned=True)
        granted = granted_by_event("sales", trigger, event, CALENDAR)
        assert granted is not None
        assert (granted.deadline.due_at, granted.short_notice, granted.opened_late) == (
            local("2026-11-19 18:00"),
            short,
            False,
        )


class TestRequests:
    trigger = OnRequest(due=InWorkdays(workdays=3), answer=InWorkingTime(span=timedelta(hours=4)))
    asked_at = local("2026-11-20 14:00")

    def asked(self, trigger: OnRequest) -> AskedRequest:
        return AskedRequest(
            terms=trigger.terms, requested_at=self.asked_at, calendar_for=lambda _rule: CALENDAR
        )

    def test_two_clocks_start_when_it_is_recorded(self) -> None:
        asked = self.asked(self.trigger)
        assert asked.settlement().due_at == local("2026-11-25 18:00")
        answer = asked.answer()
        assert answer is not None
        assert answer.due_at == local("2026-11-20 18:00")

    @pytest.mark.parametrize(
        ("wanted_at", "due_at"),
        [("2026-12-01 10:00", "2026-12-01 10:00"), ("2026-11-23 10:00", "2026-11-25 18:00")],
    )
    def test_a_wish_only_ever_gives_more_time(self, wanted_at: str, due_at: str) -> None:
        settle = replace(self.asked(self.trigger), wanted_by=local(wanted_at)).settlement()
        assert settle.due_at == local(due_at)

    def test_a_same_day_request_has_no_answer_clock(self) -> None:
        trigger = replace(self.trigger, due=InDays(days=0))
        assert self.asked(trigger).answer() is None
