"""Waiting for another duty: kept when the other is archived or cancelled, clipped at the duty's own start."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from sla_tracker.domain.agreements.obligation import Obligation, OnEvent, OnRequest, Recurring
from sla_tracker.domain.deadlines.due import DayOfMonth, InDays, InWorkdays, InWorkingTime
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.domain.time.work_hours import WeeklyHours
from sla_tracker.domain.verbs import Verb
from sla_tracker.services import events, requests
from sla_tracker.services.context import COMPANY, ServiceContext
from sla_tracker.services.departments import handovers
from sla_tracker.services.duties import holds, operations, waivers
from sla_tracker.services.duties.saving import save_duty
from sla_tracker.services.months import archive
from sla_tracker.testing.company import ZONE, a_context, an_obligation, local, set_clock
from tests.services.acts import TICKED, live, opened, rolled_to, sheet, stored, who

PAIR = (
    an_obligation("papers", triggers=(OnEvent(event_type="vehicle-delivered", due=InDays(days=5)),)),
    an_obligation(
        "invoice",
        provider="service",
        depends_on=("papers",),
        triggers=(OnEvent(event_type="vehicle-delivered", due=InDays(days=8)),),
    ),
)


def saved_again(context: ServiceContext, duty: Duty) -> Duty:
    """Store a duty as it is, which computes its excuses again."""
    return context.write(None, Verb.NOTED, lambda tx, _now: save_duty(context, tx, stored(context, duty)))


@pytest.fixture
def waited() -> tuple[ServiceContext, Duty, Duty]:
    """Papers due on Friday 27 November, delivered on the 30th; the invoice, due on 1 December, waited for them."""
    context = a_context(obligations=PAIR, now="2026-11-22 10:00")
    rolled_to(context, "2026-11-22 10:00")
    set_clock(context, "2026-11-22 10:00")
    both = opened(context, "2026-11-22 09:00")
    set_clock(context, "2026-11-30 10:30")
    papers = operations.deliver(context, who(context, "wang.fang"), both["papers"].id)
    return context, papers, stored(context, both["invoice"])


class TestKept:
    def test_closing_a_month_takes_no_excused_time_away(
        self, waited: tuple[ServiceContext, Duty, Duty]
    ) -> None:
        context, papers, invoice = waited
        assert (papers.month, invoice.month) == ("2026-11", "2026-11")
        invoice = replace(invoice, month="2026-12")
        context.write(None, Verb.NOTED, lambda tx, _now: tx.put(invoice))
        granted = invoice.due_at
        assert granted == local("2026-12-01 10:30")
        operations.accept(context, who(context, "chen.jing"), papers.id)
        set_clock(context, "2026-12-01 09:00")
        archive.close_and_seal(context, who(context, "root"), "2026-11")
        assert context.store.read(lambda tx: tx.get(Duty, papers.id)) is None
        assert saved_again(context, invoice).due_at == granted
        set_clock(context, "2026-12-01 10:00")
        done = operations.deliver(context, who(context, "liu.yang"), invoice.id)
        assert (done.due_at, done.is_late(context.now())) == (granted, False)

    def test_so_does_a_wait_that_was_stored_before_waits_were_kept(
        self, waited: tuple[ServiceContext, Duty, Duty]
    ) -> None:
        context, papers, invoice = waited
        old = replace(
            invoice, waits=(), excuses=tuple(replace(one, waited_for="") for one in invoice.excuses)
        )
        context.write(None, Verb.NOTED, lambda tx, _now: tx.put(replace(old, month="2026-12")))
        operations.accept(context, who(context, "chen.jing"), papers.id)
        set_clock(context, "2026-12-01 09:00")
        archive.close_and_seal(context, who(context, "root"), "2026-11")
        assert saved_again(context, invoice).due_at == invoice.due_at
        assert saved_again(context, invoice).excuses[0].why == invoice.excuses[0].why

    def test_a_wait_ends_with_the_cancelling_of_the_other_and_stays(self) -> None:
        context = a_context(
            obligations=(PAIR[0], replace(PAIR[1], triggers=(OnRequest(due=InWorkdays(workdays=3)),))),
            now="2026-11-18 10:00",
        )
        papers = opened(context, "2026-11-17 10:00")["papers"]
        set_clock(context, "2026-11-20 10:00")
        _, invoice = requests.ask(context, who(context, "chen.jing"), "invoice", subject="鄂F·12345")
        assert stored(context, papers).due_at == local("2026-11-23 18:00")
        set_clock(context, "2026-11-25 11:00")
        assert not stored(context, invoice).is_overdue(context.now())
        events.cancel(context, who(context, "chen.jing"), papers.event, "not sold")
        assert stored(context, papers).state is State.CANCELLED
        assert stored(context, invoice).due_at == local("2026-11-27 11:00")
        assert saved_again(context, invoice).due_at == local("2026-11-27 11:00")

    def test_taken_back_the_other_is_waited_for_again(
        self, waited: tuple[ServiceContext, Duty, Duty]
    ) -> None:
        context, papers, invoice = waited
        operations.take_back(context, who(context, "wang.fang"), papers.id)
        assert stored(context, invoice).waits == ()
        assert stored(context, invoice).stands_still(context.now())


class TestClipped:
    def test_no_wait_begins_before_the_duty_itself(self) -> None:
        context = a_context(
            obligations=(
                PAIR[0],
                replace(PAIR[1], triggers=(OnRequest(due=InWorkingTime(span=timedelta(hours=4))),)),
            ),
            now="2026-11-04 10:00",
        )
        papers = opened(context, "2026-11-04 09:00")["papers"]
        assert papers.due_at == local("2026-11-09 18:00")
        set_clock(context, "2026-11-20 09:00")
        _, invoice = requests.ask(context, who(context, "chen.jing"), "invoice", subject="鄂F·12345")
        set_clock(context, "2026-11-20 10:00")
        operations.deliver(context, who(context, "wang.fang"), papers.id)
        # One hour was waited, not the nine workdays for which the papers had been overdue before.
        assert stored(context, invoice).due_at == local("2026-11-20 15:30")

    def test_a_recurring_duty_opened_late_waits_since_it_should_have_opened(self) -> None:
        def one(id: str, day: int, *others: str) -> Obligation:
            return an_obligation(id, depends_on=others, triggers=(Recurring(due=DayOfMonth(day=day)),))

        context = a_context(now="2026-12-10 09:00", obligations=(one("a", 3), one("b", 4, "a")))
        rolled_to(context, "2026-12-10 09:00")
        (waiting,) = [duty for duty in live(context, "b") if duty.month == "2026-12"]
        assert waiting.opened_at == context.now()
        assert not waiting.is_overdue(context.now())


class TestHandedOver:
    def test_one_on_hold_keeps_the_hold_and_is_no_miss(self) -> None:
        context = a_context()
        duty = sheet(context)
        holds.hold(context, who(context, "wang.fang"), duty.id, waits_for="a bank", reason="no loan yet")
        set_clock(context, "2026-11-25 10:00")
        made = handovers.offer(context, who(context, "wang.fang"), duty.id, "service", reason="moved")
        given, linked = handovers.consent(context, who(context, "zhou.min"), made.id)
        assert given.due_at > context.now()
        assert not given.is_late(context.now())
        assert linked.excuses == ()

    def test_one_that_was_late_before_its_hold_stays_a_miss(self) -> None:
        context = a_context()
        duty = sheet(context)
        set_clock(context, "2026-11-24 09:00")
        holds.hold(context, who(context, "wang.fang"), duty.id, waits_for="a bank", reason="no loan yet")
        set_clock(context, "2026-11-25 10:00")
        made = handovers.offer(context, who(context, "wang.fang"), duty.id, "service", reason="moved")
        given, _ = handovers.consent(context, who(context, "zhou.min"), made.id)
        assert given.is_late(context.now())

    def test_a_running_wait_ends_with_the_hand_over(self) -> None:
        context = a_context(obligations=PAIR, now="2026-11-22 10:00")
        invoice = opened(context, "2026-11-22 09:00")["invoice"]
        set_clock(context, "2026-12-03 10:00")
        made = handovers.offer(context, who(context, "liu.yang"), invoice.id, "warehouse", reason="moved")
        given, _ = handovers.consent(context, who(context, "wu.di"), made.id)
        assert not given.is_late(context.now())

    def test_a_correction_of_the_event_leaves_its_clock_alone(self) -> None:
        context = a_context()
        duty = sheet(context)
        set_clock(context, "2026-11-23 10:00")
        made = handovers.offer(
            context, who(context, "wang.fang"), duty.id, "service", reason="moved", within=2
        )
        _, linked = handovers.consent(context, who(context, "zhou.min"), made.id)
        assert linked.due_at == local("2026-11-25 18:00")
        chen = who(context, "chen.jing")
        events.correct(context, chen, duty.event, subject="鄂F·54321", reason="a typing error")
        assert (stored(context, linked).subject, stored(context, linked).due_at) == (
            "鄂F·54321",
            linked.due_at,
        )
        events.correct(context, chen, duty.event, at=local("2026-11-20 13:00"), reason="a typing error")
        assert stored(context, linked).deadline == linked.deadline


def test_what_is_wanted_on_a_day_that_closes_at_midnight_belongs_to_that_day() -> None:
    week = WeeklyHours.parse({key: ["08:00-24:00"] for key in ("mon", "tue", "wed", "thu", "fri")})
    context = a_context(
        obligations=(an_obligation("copy", triggers=(OnRequest(due=InWorkdays(workdays=1)),)),),
        calendars={COMPANY: WorkCalendar(zone=ZONE, weekly=week)},
    )
    request, duty = requests.ask(
        context, who(context, "chen.jing"), "copy", text="a copy", wanted_at=date(2026, 11, 30)
    )
    assert duty.due_at == request.wanted_at == local("2026-12-01 00:00")
    assert (duty.deadline.due_on, duty.month) == (date(2026, 11, 30), "2026-11")


def test_a_reopened_duty_is_measured_on_the_calendar_of_today() -> None:
    context = a_context()
    duty = sheet(context)
    operations.deliver(context, who(context, "wang.fang"), duty.id, TICKED)
    set_clock(context, "2026-11-20 15:00")
    operations.accept(context, who(context, "chen.jing"), duty.id)
    late = WeeklyHours.parse({key: ["10:00-20:00"] for key in ("mon", "tue", "wed", "thu", "fri")})
    changed = replace(context, calendars={COMPANY: WorkCalendar(zone=ZONE, weekly=late)})
    rolled_to(changed, "2026-11-23 10:00")
    again = operations.reopen(changed, who(changed, "sun.hua"), duty.id, "the amount is wrong")
    assert again.granted is not None
    assert again.granted.due_at == local("2026-11-23 20:00")
    # Friday 14:00 to 20:00 is excused: six hours of the calendar that says when they end, too.
    assert again.due_at == local("2026-11-24 16:00")


class TestChainsAndArchives:
    """What random histories against an independent model found (tests/faults/test_differential.py)."""

    def handed(
        self, context: ServiceContext, duty: Duty, taker: str = "warehouse", head: str = "wu.di"
    ) -> Duty:
        giver = {"sales": "wang.fang", "service": "liu.yang"}[duty.provider]
        made = handovers.offer(context, who(context, giver), duty.id, taker, reason="moved", within=20)
        return handovers.consent(context, who(context, head), made.id)[1]

    def test_a_wait_goes_on_when_the_beginning_of_a_hand_over_lies_in_an_archive(self) -> None:
        context = a_context(obligations=PAIR, now="2026-11-22 10:00")
        rolled_to(context, "2026-11-22 10:00")
        both = opened(context, "2026-11-22 09:00")
        set_clock(context, "2026-11-30 10:30")
        linked = self.handed(context, both["papers"])
        later = replace(stored(context, both["invoice"]), month="2026-12")
        context.write(None, Verb.NOTED, lambda tx, _now: tx.put(later))
        set_clock(context, "2026-12-02 09:00")
        archive.close_and_seal(context, who(context, "root"), "2026-11")
        assert context.store.read(lambda tx: tx.get(Duty, both["papers"].id)) is None
        assert saved_again(context, later).stands_still(context.now())
        set_clock(context, "2026-12-02 10:30")
        operations.deliver(context, who(context, "ma.chao"), linked.id)
        # It waited since the first of the two was due, on Friday 27 November at 18:00.
        (wait,) = stored(context, later).waits
        assert (wait.start_at, wait.end_at) == (local("2026-11-27 18:00"), local("2026-12-02 10:30"))

    def test_who_takes_over_what_waits_waits_since_the_first_due_that_lies_in_an_archive(self) -> None:
        def monthly(id: str, day: int, *others: str) -> Obligation:
            return an_obligation(id, depends_on=others, triggers=(Recurring(due=DayOfMonth(day=day)),))

        context = a_context(now="2026-11-02 09:00", obligations=(monthly("a", 3), monthly("b", 4, "a")))
        rolled_to(context, "2026-11-02 09:00")
        first, waiting = (live(context, id)[0] for id in ("a", "b"))
        set_clock(context, "2026-12-02 09:00")
        made = handovers.offer(
            context, who(context, "wang.fang"), first.id, "service", reason="moved", within=4
        )
        handovers.consent(context, who(context, "zhou.min"), made.id)
        later = replace(stored(context, waiting), month="2026-12")
        context.write(None, Verb.NOTED, lambda tx, _now: tx.put(later))
        archive.close_and_seal(context, who(context, "root"), "2026-11")
        linked = self.handed(context, later)
        assert context.store.read(lambda tx: tx.get(Duty, first.id)) is None
        # The first list is missing since 3 November, so the clock of who took over has never run.
        assert saved_again(context, linked).stands_still(context.now())
        (wait,) = stored(context, linked).excuses
        assert wait.start_at == local("2026-12-02 09:00")

    def test_a_handed_over_duty_still_waits_for_the_list_of_its_period(self) -> None:
        def one(id: str, day: int, *others: str) -> Obligation:
            return an_obligation(id, depends_on=others, triggers=(Recurring(due=DayOfMonth(day=day)),))

        context = a_context(now="2026-11-02 09:00", obligations=(one("a", 3), one("b", 4, "a")))
        rolled_to(context, "2026-11-02 09:00")
        waiting = next(duty for duty in live(context, "b") if duty.month == "2026-11")
        set_clock(context, "2027-01-20 09:00")
        linked = self.handed(context, waiting)
        assert linked.month == "2027-02"
        set_clock(context, "2027-03-15 10:00")
        assert not stored(context, linked).is_overdue(context.now())

    def test_what_was_accepted_keeps_its_waits_for_a_reopening(
        self, waited: tuple[ServiceContext, Duty, Duty]
    ) -> None:
        context, papers, invoice = waited
        operations.take_back(context, who(context, "wang.fang"), papers.id)
        set_clock(context, "2026-11-30 11:00")
        done = operations.deliver(context, who(context, "liu.yang"), invoice.id)
        operations.accept(context, who(context, "chen.jing"), done.id)
        context.write(
            None, Verb.NOTED, lambda tx, _now: tx.put(replace(stored(context, done), month="2026-12"))
        )
        set_clock(context, "2026-11-30 16:00")
        operations.deliver(context, who(context, "wang.fang"), papers.id)
        operations.accept(context, who(context, "chen.jing"), papers.id)
        set_clock(context, "2026-12-01 09:00")
        archive.close_and_seal(context, who(context, "root"), "2026-11")
        again = operations.reopen(context, who(context, "sun.hua"), done.id, "a sum is wrong")
        assert [(wait.start_at, wait.end_at) for wait in again.waits] == [
            (local("2026-11-27 18:00"), local("2026-11-30 16:00"))
        ]

    def test_a_delivery_taken_back_has_waited_for_what_was_cancelled_meanwhile(self) -> None:
        context = a_context(obligations=PAIR, now="2026-11-22 10:00")
        both = opened(context, "2026-11-22 09:00")
        set_clock(context, "2026-11-26 10:00")
        operations.deliver(context, who(context, "liu.yang"), both["invoice"].id)
        set_clock(context, "2026-11-27 18:00")
        set_clock(context, "2026-11-30 10:30")
        events.cancel(context, who(context, "chen.jing"), both["papers"].event, "not sold")
        operations.take_back(context, who(context, "liu.yang"), both["invoice"].id)
        assert stored(context, both["invoice"]).due_at == local("2026-12-01 10:30")

    def test_waived_while_it_waits_it_shows_the_deadline_it_had(self) -> None:
        context = a_context(obligations=PAIR, now="2026-11-22 10:00")
        invoice = opened(context, "2026-11-22 09:00")["invoice"]
        set_clock(context, "2026-11-30 10:30")
        waived = waivers.waive(context, who(context, "sun.hua"), invoice.id, code="agreed", reason="fire")
        assert waived.due_at == local("2026-12-01 10:30")

    def test_a_correction_of_an_event_reaches_a_delivered_duty_that_waited(self) -> None:
        context = a_context(obligations=PAIR, now="2026-11-16 10:00")
        both = opened(context, "2026-11-16 09:00", by="chen.jing")
        assert both["papers"].due_at == local("2026-11-23 18:00")
        set_clock(context, "2026-11-25 10:30")
        done = operations.deliver(context, who(context, "liu.yang"), both["invoice"].id)
        assert [one.start_at for one in done.excuses] == [local("2026-11-23 18:00")]
        chen = who(context, "chen.jing")
        events.correct(context, chen, done.event, at=local("2026-11-20 09:00"), reason="typing")
        # The papers are due on the 25th now, after the delivery: nobody was kept waiting.
        assert stored(context, both["papers"]).due_at == local("2026-11-25 18:00")
        assert stored(context, done).excuses == ()
