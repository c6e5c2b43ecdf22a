"""One registration opens the duties of all departments; corrections, moves and cancellations follow through."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.conditions import Condition
from sla_tracker.domain.agreements.obligation import OnEvent
from sla_tracker.domain.deadlines.due import InDays, InWorkdays, InWorkingTime
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.duties.event import Event, EventState
from sla_tracker.errors import Forbidden, Incomplete, NeedsConfirmation, UsageError
from sla_tracker.services import events
from sla_tracker.services.context import COMPANY, ServiceContext
from sla_tracker.services.duties import operations
from sla_tracker.services.months import closing
from sla_tracker.services.queries import duties
from sla_tracker.services.queries.duties import TimeSet
from sla_tracker.testing.clock import FakeClock
from sla_tracker.testing.company import OBLIGATIONS, a_calendar, a_context, an_obligation, local, set_clock
from tests.services.acts import TICKED, live, opened, stored, who


def scheduled(context: ServiceContext, at: str, by: str = "chen.jing") -> events.Registered:
    return events.register(
        context, who(context, by), "settlement-scheduled", subject="合同 2211", at=local(at)
    )


def dues(registered: events.Registered) -> dict[str, datetime]:
    return {duty.obligation: duty.due_at for duty in registered.opened}


def event_duties(context: ServiceContext, event: Event) -> list[Duty]:
    return context.store.read(lambda tx: list(tx.find(Duty, event=event.id)))


def notice(context: ServiceContext, duty: Duty) -> TimeSet | None:
    found = duties.detail(context, duty.id)
    assert found is not None
    return found.short_notice


class TestRegistering:
    def test_every_department_concerned_gets_its_duties(self, context: ServiceContext) -> None:
        found = opened(context)
        assert {name: duty.provider for name, duty in found.items()} == {
            "decoration-sheet": "sales",
            "order-sheet": "sales",
            "handover-check": "service",
        }
        assert {duty.subject_key for duty in found.values()} == {"鄂F12345"}

    def test_after_five_with_cash_there_are_four(self, context: ServiceContext) -> None:
        set_clock(context, "2026-11-20 18:30")
        assert opened(context, "2026-11-20 17:10", cash="yes")["cash-slip"].due_at == local(
            "2026-11-23 12:00"
        )

    def test_the_field_a_condition_needs_must_then_be_answered(self, context: ServiceContext) -> None:
        set_clock(context, "2026-11-20 18:30")
        with pytest.raises(Incomplete, match="Cash"):
            opened(context, "2026-11-20 17:10")
        assert "cash-slip" not in opened(context, "2026-11-20 17:00")

    def test_what_has_happened_does_not_lie_ahead(self, context: ServiceContext) -> None:
        with pytest.raises(UsageError, match="lies ahead"):
            opened(context, "2026-11-20 14:01")

    @pytest.mark.parametrize("subject", ["", " · ", "x" * 201])
    def test_a_subject_is_needed(self, context: ServiceContext, subject: str) -> None:
        with pytest.raises(Incomplete, match="Plate"):
            opened(context, subject=subject)

    def test_the_same_vehicle_on_the_same_day_asks_first(self, context: ServiceContext) -> None:
        opened(context)
        with pytest.raises(NeedsConfirmation, match="already registered by 王芳"):
            opened(context, "2026-11-20 11:00", by="chen.jing", subject="鄂Ｆ１２３４５")
        again = events.register(
            context,
            who(context, "chen.jing"),
            "vehicle-delivered",
            subject="鄂F12345",
            at=local("2026-11-20 11:00"),
            again=True,
        )
        assert len(again.opened) == 3

    def test_another_day_or_vehicle_does_not(self, context: ServiceContext) -> None:
        opened(context)
        assert opened(context, "2026-11-19 10:00")
        assert opened(context, subject="鄂F·67890")

    def test_a_reader_may_not(self, context: ServiceContext) -> None:
        with pytest.raises(Forbidden):
            opened(context, by="guest")

    def test_what_was_due_before_the_first_day_is_not_opened(self) -> None:
        context = a_context(in_force_from=date(2026, 11, 20))
        assert (
            set(opened(context, "2026-11-16 10:00")) == set()
        )  # no grace brings anything over the first day
        assert set(opened(context, "2026-11-18 10:00")) == {"decoration-sheet"}


class TestGrace:
    def test_a_late_registration_by_the_consumer_gives_one_workday(self, context: ServiceContext) -> None:
        duty = opened(context, "2026-11-16 10:00", by="chen.jing")["decoration-sheet"]
        assert (duty.due_at, duty.opened_late) == (local("2026-11-23 18:00"), True)

    def test_by_the_provider_it_is_late_at_once(self, context: ServiceContext) -> None:
        found = opened(context, "2026-11-16 10:00", by="wang.fang")
        sales, service = found["decoration-sheet"], found["handover-check"]
        assert (sales.opened_late, sales.is_overdue(context.now())) == (False, True)
        assert (service.opened_late, service.due_at) == (True, local("2026-11-23 18:00"))

    def test_what_is_registered_at_once_by_the_consumer_is_not_late(self, context: ServiceContext) -> None:
        """Each reading of the clock is later than the one before."""
        soon = an_obligation(
            "plate-photo",
            provider="sales",
            triggers=(
                OnEvent(event_type="vehicle-delivered", due=InWorkingTime(span=timedelta(minutes=30))),
            ),
        )
        clock = RunningClock(local("2026-11-20 14:00"))
        context = replace(a_context(obligations=(soon,)), clock=clock)
        told = events.register(context, who(context, "chen.jing"), "vehicle-delivered", subject="鄂F10001")
        assert told.event.at == told.event.registered_at > local("2026-11-20 14:00")
        typed = events.register(
            context,
            who(context, "chen.jing"),
            "vehicle-delivered",
            subject="鄂F10002",
            at=local("2026-11-20 14:00"),
        )
        for found in (told, typed):
            (duty,) = found.opened
            assert (duty.due_at, duty.opened_late) == (found.event.at + timedelta(minutes=30), False)


class RunningClock(FakeClock):
    """Clock that moves on by three seconds whenever it is read."""

    def now(self) -> datetime:
        self.advance(timedelta(seconds=3))
        return super().now()


class TestPlanned:
    def test_before_and_at_the_event(self, context: ServiceContext) -> None:
        assert dues(scheduled(context, "2026-11-26 15:00")) == {
            "settlement-papers": local("2026-11-25 18:00"),
            "settlement-present": local("2026-11-26 15:00"),
        }

    def test_scheduled_too_late_it_is_short_notice_whoever_did_it(self, context: ServiceContext) -> None:
        registered = scheduled(context, "2026-11-20 16:00")
        by_obligation = {duty.obligation: duty for duty in registered.opened}
        assert by_obligation["settlement-papers"].short_notice
        assert not by_obligation["settlement-present"].short_notice

    def test_who_gave_too_little_time_is_told(self, context: ServiceContext) -> None:
        event = scheduled(context, "2026-11-26 15:00", by="li.na").event
        papers = next(duty for duty in event_duties(context, event) if duty.obligation == "settlement-papers")
        assert notice(context, papers) is None
        set_clock(context, "2026-11-20 15:00")
        events.move(context, who(context, "chen.jing"), event.id, local("2026-11-20 17:00"))
        assert notice(context, papers) == TimeSet(by="chen.jing", at=local("2026-11-20 15:00"))
        events.correct(context, who(context, "li.na"), event.id, subject="合同 2212")
        assert notice(context, papers) == TimeSet(by="chen.jing", at=local("2026-11-20 15:00"))

    def test_a_move_after_the_delivery_does_not_change_who_gave_too_little_time(
        self, context: ServiceContext
    ) -> None:
        event = scheduled(context, "2026-11-20 16:00").event
        papers = next(duty for duty in event_duties(context, event) if duty.obligation == "settlement-papers")
        operations.deliver(context, who(context, "wang.fang"), papers.id)
        set_clock(context, "2026-11-20 15:00")
        events.move(context, who(context, "li.na"), event.id, local("2026-12-03 10:00"))
        assert notice(context, papers) == TimeSet(by="chen.jing", at=local("2026-11-20 14:00"))

    def test_moving_recomputes_what_is_not_delivered(self, context: ServiceContext) -> None:
        event = scheduled(context, "2026-11-26 15:00")
        papers = next(duty for duty in event.opened if duty.obligation == "settlement-papers")
        operations.deliver(context, who(context, "wang.fang"), papers.id)
        moved = events.move(context, who(context, "chen.jing"), event.event.id, local("2026-12-03 10:00"))
        assert [(duty.obligation, duty.due_at) for duty in moved.moved] == [
            ("settlement-present", local("2026-12-03 10:00"))
        ]
        assert moved.moved[0].month == "2026-12"
        assert stored(context, papers).due_at == local("2026-11-25 18:00")

    def test_moving_closer_than_the_due_is_short_notice(self, context: ServiceContext) -> None:
        event = scheduled(context, "2026-11-26 15:00").event
        moved = events.move(context, who(context, "chen.jing"), event.id, local("2026-11-20 17:00"))
        assert {duty.obligation: duty.short_notice for duty in moved.moved} == {
            "settlement-papers": True,
            "settlement-present": False,
        }


class TestCorrecting:
    def correct(
        self, context: ServiceContext, duty: Duty, by: str = "wang.fang", **changes: object
    ) -> events.Registered:
        return events.correct(context, who(context, by), duty.event, **changes)  # type: ignore[arg-type]

    def test_a_mistyped_plate_is_put_right_everywhere(self, context: ServiceContext) -> None:
        found = opened(context)
        done = operations.deliver(context, who(context, "wang.fang"), found["decoration-sheet"].id, TICKED)
        registered = self.correct(context, done, subject="鄂F·54321")
        assert {duty.subject_key for duty in registered.moved} == {"鄂F54321"}
        assert stored(context, done).subject == "鄂F·54321"

    def test_an_earlier_time_moves_the_dues(self, context: ServiceContext) -> None:
        duty = opened(context)["decoration-sheet"]
        self.correct(context, duty, at=local("2026-11-19 10:00"))
        assert stored(context, duty).due_at == local("2026-11-23 18:00")

    def test_what_holds_only_now_opens_as_registered_now(self, context: ServiceContext) -> None:
        set_clock(context, "2026-11-20 18:30")
        duty = opened(context, "2026-11-20 17:10", cash="no")["decoration-sheet"]
        set_clock(context, "2026-11-24 09:00")
        registered = self.correct(context, duty, by="chen.jing", fields={"cash": "yes"})
        assert [(one.obligation, one.opened_late, one.due_at) for one in registered.opened] == [
            ("cash-slip", True, local("2026-11-25 18:00"))
        ]
        assert registered.moved == ()

    def test_its_grace_survives_another_correction(self, context: ServiceContext) -> None:
        set_clock(context, "2026-11-20 18:30")
        duty = opened(context, "2026-11-20 17:10", cash="no")["decoration-sheet"]
        set_clock(context, "2026-11-24 09:00")
        self.correct(context, duty, by="chen.jing", fields={"cash": "yes"})
        self.correct(context, duty, by="chen.jing", subject="鄂F·54321")
        (slip,) = live(context, "cash-slip")
        assert (slip.due_at, slip.opened_late) == (local("2026-11-25 18:00"), True)

    def test_what_no_longer_holds_is_cancelled_and_comes_back(self, context: ServiceContext) -> None:
        set_clock(context, "2026-11-20 18:30")
        slip = opened(context, "2026-11-20 17:10", cash="yes")["cash-slip"]
        gone = self.correct(context, slip, fields={"cash": "no"})
        assert [duty.id for duty in gone.cancelled] == [slip.id]
        again = self.correct(context, slip, fields={"cash": "yes"})
        assert [duty.obligation for duty in again.opened] == ["cash-slip"]

    def test_a_correction_that_changes_nothing_opens_nothing(self, context: ServiceContext) -> None:
        registered = self.correct(context, opened(context)["order-sheet"])
        assert (registered.opened, registered.moved, registered.cancelled) == ((), (), ())

    def test_duties_of_a_vanished_obligation_are_left_to_be_finished(self) -> None:
        before = a_context()
        duty = opened(before)["decoration-sheet"]
        fewer = {one.id: one for one in OBLIGATIONS if one.id != "decoration-sheet"}
        after = replace(before, declared=replace(before.catalogue, obligations=fewer))
        assert isinstance(after.catalogue, Catalogue)
        registered = self.correct(after, duty, at=local("2026-11-20 09:00"))
        assert duty.id not in {one.id for one in registered.cancelled}
        assert stored(after, duty).state is State.OPEN

    def test_an_obligation_that_came_later_is_not_opened_by_a_correction(self) -> None:
        before = a_context(obligations=(an_obligation("old"),))
        duty = opened(before)["old"]
        more = {one.id: one for one in (an_obligation("old"), an_obligation("new"))}
        after = replace(before, declared=replace(before.catalogue, obligations=more))
        registered = self.correct(after, duty, subject="鄂F·54321")
        assert [one.obligation for one in registered.opened] == []

    def test_only_those_concerned_may(self, context: ServiceContext) -> None:
        duty = opened(context)["order-sheet"]
        with pytest.raises(Forbidden, match="Sales"):
            self.correct(context, duty, by="ma.chao", subject="x1")
        assert self.correct(context, duty, by="liu.yang", subject="鄂F·54321").event.subject == "鄂F·54321"


class TestCancelling:
    def test_what_is_owed_is_cancelled_and_what_was_delivered_stays(self, context: ServiceContext) -> None:
        found = opened(context)
        done = operations.deliver(context, who(context, "wang.fang"), found["decoration-sheet"].id, TICKED)
        gone = events.cancel(context, who(context, "wang.fang"), done.event, "resold")
        assert gone.event.state is EventState.CANCELLED
        assert {duty.obligation for duty in gone.cancelled} == {"order-sheet", "handover-check"}
        assert stored(context, done).state is State.DELIVERED

    def test_it_needs_a_reason(self, context: ServiceContext) -> None:
        with pytest.raises(UsageError, match="reason"):
            events.cancel(context, who(context, "wang.fang"), opened(context)["order-sheet"].event, "  ")

    def test_a_cancelled_event_may_be_registered_anew(self, context: ServiceContext) -> None:
        events.cancel(context, who(context, "wang.fang"), opened(context)["order-sheet"].event, "typo")
        assert opened(context)
        assert [event.state for event in events.listed(context)] == [EventState.ACTIVE]
        assert len(events.listed(context, cancelled=True)) == 2


CASH_AFTER_FIVE = OnEvent(
    event_type="vehicle-delivered",
    due=InWorkdays(workdays=1),
    condition=Condition(after=time(17), field="cash", equals="yes"),
)


@pytest.mark.parametrize(
    ("trigger", "at", "is_asked"),
    [
        (CASH_AFTER_FIVE, "2026-11-20 17:00", False),
        (CASH_AFTER_FIVE, "2026-11-20 17:01", True),
        (replace(CASH_AFTER_FIVE, due=InWorkdays(workdays=1, calendar="berlin")), "2026-11-20 17:01", False),
        (replace(CASH_AFTER_FIVE, due=InWorkdays(workdays=1, calendar="berlin")), "2026-11-21 00:01", True),
        (replace(CASH_AFTER_FIVE, valid_until_on=date(2026, 11, 19)), "2026-11-20 17:01", False),
    ],
)
def test_a_field_is_asked_where_its_trigger_can_open_a_duty(
    trigger: OnEvent, at: str, is_asked: bool
) -> None:
    context = a_context(
        obligations=[an_obligation("slip", triggers=(trigger,))],
        calendars={COMPANY: a_calendar(), "berlin": replace(a_calendar(), zone=ZoneInfo("Europe/Berlin"))},
    )
    kind = context.catalogue.event_type("vehicle-delivered")
    (cash,) = (one for one in events.fields_asked(context, kind, local(at)) if one.id == "cash")
    assert cash.required is is_asked


def test_registered_after_its_month_was_closed_it_counts_in_the_first_open_one() -> None:
    context = a_context(now="2026-12-01 09:00")
    closing.close(context, who(context, "sun.hua"), "2026-11")
    duty = opened(context, "2026-11-20 10:00")["decoration-sheet"]
    assert (duty.month, duty.carried, duty.due_at) == ("2026-12", True, local("2026-11-23 18:00"))


def test_conditions_on_time_alone_ask_for_no_field() -> None:
    late = an_obligation(
        "late-call",
        triggers=(
            OnEvent(
                event_type="vehicle-delivered",
                due=InDays(days=1),
                condition=Condition(after=time(17)),
            ),
            OnEvent(event_type="vehicle-delivered", due=InWorkdays(workdays=2)),
        ),
    )
    context = a_context(obligations=(late,), now="2026-11-20 18:30")
    opened(context, "2026-11-20 17:30")
    assert len(live(context, "late-call")) == 2
