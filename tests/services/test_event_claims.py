"""Nobody moves a deadline of his own: what the provider's side does to an event needs another side's agreement."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from sla_tracker.domain.agreements.obligation import OnEvent
from sla_tracker.domain.deadlines.due import InDays, InWorkdays
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.duties.event import Event, EventState
from sla_tracker.domain.duties.event_change import ChangeEffect
from sla_tracker.domain.duties.event_changes import pending_change
from sla_tracker.errors import Forbidden, IllegalTransition, NeedsConfirmation, Overtaken
from sla_tracker.services import erasure, event_claims, events
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments.inbox import inbox_entries
from sla_tracker.services.departments.inbox_entry import InboxKind
from sla_tracker.services.duties import holds, operations, waivers
from sla_tracker.services.duties.scheduler import tick
from sla_tracker.services.lookup.references import existing
from sla_tracker.services.months import closing
from sla_tracker.services.months.archive import close_and_seal
from sla_tracker.testing.company import OBLIGATIONS, a_context, an_obligation, local, set_clock
from tests.services.acts import TICKED, live, opened, stored, who

LATER = "2026-11-20 13:55"


def sheet(context: ServiceContext, by: str = "wang.fang", at: str = "2026-11-17 10:00") -> Duty:
    """Register a delivered vehicle; its decoration sheet is due three days after."""
    return opened(context, at, by=by)["decoration-sheet"]


def correct(context: ServiceContext, duty: Duty, at: str, by: str = "wang.fang") -> events.Registered:
    return events.correct(context, who(context, by), duty.event, at=local(at))


def event_of(context: ServiceContext, duty: Duty) -> Event:
    return context.store.read(lambda tx: existing(tx, Event, duty.event))


def due(context: ServiceContext, duty: Duty) -> datetime:
    return stored(context, duty).due_at


def last_effect(context: ServiceContext, duty: Duty) -> ChangeEffect:
    return stored(context, duty).event_changes[-1].effect


def planned(context: ServiceContext, at: str = "2026-11-26 15:00", by: str = "chen.jing") -> dict[str, Duty]:
    registered = events.register(
        context, who(context, by), "settlement-scheduled", subject="合同 2211", at=local(at)
    )
    return {duty.obligation: duty for duty in registered.opened}


def mine(context: ServiceContext, person: str) -> list[tuple[InboxKind, str, bool]]:
    entries = inbox_entries(context, who(context, person))
    return [(one.kind, one.id, one.mine) for one in entries if one.kind is InboxKind.EVENT]


class TestLaterTime:
    @pytest.fixture
    def duty(self, context: ServiceContext) -> Duty:
        duty = sheet(context)
        set_clock(context, "2026-11-20 15:30")
        return duty

    def test_it_is_a_claim_shown_at_once_and_counts_when_the_consumer_confirms(
        self, context: ServiceContext, duty: Duty
    ) -> None:
        before = due(context, duty)
        found = correct(context, duty, LATER)
        assert duty.id in {one.id for one in found.claimed}
        event = event_of(context, duty)
        assert event.at == local(LATER)
        assert event.before_claim is not None
        assert event.before_claim.at == local("2026-11-17 10:00")
        assert due(context, duty) == before
        event_claims.confirm(context, who(context, "chen.jing"), duty.event)
        assert due(context, duty) == local("2026-11-23 18:00")
        assert event_of(context, duty).before_claim is None

    def test_silence_never_confirms(self, context: ServiceContext, duty: Duty) -> None:
        before = due(context, duty)
        correct(context, duty, LATER)
        set_clock(context, "2026-12-20 09:00")
        tick(context)
        assert due(context, duty) == before
        assert stored(context, duty).is_overdue(context.now())

    @pytest.mark.parametrize(
        "end",
        [
            lambda context, duty: waivers.waive(
                context, who(context, "sun.hua"), duty.id, code="agreed", reason="sold on"
            ),
            lambda context, duty: events.cancel(context, who(context, "sun.hua"), duty.event, "typo"),
        ],
    )
    def test_nothing_is_claimed_any_more_when_no_duty_waits_for_it(
        self, context: ServiceContext, duty: Duty, end: Callable[[ServiceContext, Duty], object]
    ) -> None:
        correct(context, duty, LATER)
        assert event_of(context, duty).before_claim is not None
        for claimed in context.store.read(lambda tx: tx.find(Duty, event=duty.event)):
            if pending_change(stored(context, claimed)) is not None:
                end(context, claimed)
        assert event_of(context, duty).before_claim is None
        assert event_of(context, duty).at == local(LATER)

    def test_the_provider_cannot_confirm_for_itself(self, context: ServiceContext, duty: Duty) -> None:
        correct(context, duty, LATER)
        for person in ("wang.fang", "li.na"):
            with pytest.raises(Forbidden, match="Finance"):
                event_claims.confirm(context, who(context, person), duty.event)

    def test_refused_the_event_has_its_old_time_again(self, context: ServiceContext, duty: Duty) -> None:
        before = due(context, duty)
        correct(context, duty, LATER)
        event_claims.refuse(context, who(context, "chen.jing"), duty.event, "the gate log says the 18th")
        event = event_of(context, duty)
        assert (event.at, event.before_claim) == (local("2026-11-17 10:00"), None)
        kept = stored(context, duty)
        assert (kept.due_at, kept.event_time, kept.event_changes[-1].confirmed) == (before, None, False)

    def test_duties_of_others_follow_at_once(self, context: ServiceContext, duty: Duty) -> None:
        correct(context, duty, LATER)
        (check,) = live(context, "handover-check")  # service owes it to sales
        assert check.due_at == local("2026-11-23 18:00")

    def test_the_registering_department_can_confirm_too(self, context: ServiceContext) -> None:
        duty = sheet(context, by="liu.yang", at="2026-11-20 09:00")
        before = due(context, duty)
        set_clock(context, "2026-11-23 15:30")
        correct(context, duty, "2026-11-23 10:00")
        assert due(context, duty) == before
        event_claims.confirm(context, who(context, "liu.yang"), duty.event)
        assert last_effect(context, duty) is ChangeEffect.WHEN_CONFIRMED
        assert stored(context, duty).event_time is None

    def test_going_back_needs_nobody(self, context: ServiceContext, duty: Duty) -> None:
        correct(context, duty, LATER)
        correct(context, duty, "2026-11-17 10:00")
        assert event_of(context, duty).before_claim is None
        with pytest.raises(IllegalTransition):
            event_claims.confirm(context, who(context, "chen.jing"), duty.event)

    def test_a_second_claim_takes_the_place_of_the_first(self, context: ServiceContext, duty: Duty) -> None:
        correct(context, duty, "2026-11-19 10:00")
        correct(context, duty, LATER)
        assert [one.is_pending for one in stored(context, duty).event_changes] == [False, True]
        event_claims.refuse(context, who(context, "chen.jing"), duty.event, "no")
        assert event_of(context, duty).at == local("2026-11-17 10:00")

    def test_the_consumers_own_correction_counts_over_it(self, context: ServiceContext, duty: Duty) -> None:
        correct(context, duty, LATER)
        correct(context, duty, "2026-11-20 08:00", by="chen.jing")
        assert due(context, duty) == local("2026-11-23 18:00")
        assert stored(context, duty).event_time is None
        assert event_of(context, duty).before_claim is None

    def test_an_earlier_time_is_no_claim(self, context: ServiceContext, duty: Duty) -> None:
        correct(context, duty, "2026-11-16 10:00")
        assert due(context, duty) == local("2026-11-19 18:00")

    def test_what_was_delivered_late_stays_late_after_a_return(self, context: ServiceContext) -> None:
        duty = sheet(context, at="2026-11-16 10:00")
        set_clock(context, "2026-11-20 15:30")
        operations.deliver(context, who(context, "wang.fang"), duty.id, TICKED)
        correct(context, duty, LATER)
        operations.return_(context, who(context, "chen.jing"), duty.id, "unsigned")
        tick(context)
        kept = stored(context, duty)
        assert kept.event_time is not None
        assert kept.event_time.at == local("2026-11-16 10:00")


class TestTypingError:
    @pytest.fixture
    def context(self) -> ServiceContext:
        return a_context(obligations=[one for one in OBLIGATIONS if one.id == "decoration-sheet"])

    def test_within_an_hour_it_counts_at_once(self, context: ServiceContext) -> None:
        duty = sheet(context)
        set_clock(context, "2026-11-20 15:00")
        assert correct(context, duty, "2026-11-20 10:00").claimed == ()
        assert due(context, duty) == local("2026-11-23 18:00")

    def test_not_a_second_later(self, context: ServiceContext) -> None:
        duty = sheet(context)
        set_clock(context, local("2026-11-20 15:00").replace(second=1))
        assert correct(context, duty, LATER).claimed

    def test_not_after_a_due_has_passed(self, context: ServiceContext) -> None:
        duty = sheet(context, at="2026-11-16 10:00")
        assert duty.is_overdue(context.now())
        assert correct(context, duty, LATER).claimed

    def test_not_after_somebody_else_acted(self, context: ServiceContext) -> None:
        duty = sheet(context)
        operations.note(context, who(context, "chen.jing"), duty.id, "waiting for it")
        assert correct(context, duty, LATER).claimed

    def test_not_for_the_registration_of_another_department(self, context: ServiceContext) -> None:
        set_clock(context, "2026-11-23 10:00")
        duty = sheet(context, by="liu.yang", at="2026-11-20 09:00")
        set_clock(context, "2026-11-23 10:30")
        assert correct(context, duty, "2026-11-23 09:30").claimed


class TestMoves:
    def test_before_the_due_it_counts_at_once(self, context: ServiceContext) -> None:
        papers = planned(context)["settlement-papers"]
        events.move(context, who(context, "wang.fang"), papers.event, local("2026-12-03 10:00"))
        assert due(context, papers) == local("2026-12-02 18:00")
        assert last_effect(context, papers) is ChangeEffect.UNLESS_OBJECTED

    def test_the_consumer_may_object_and_its_head_decides(self, context: ServiceContext) -> None:
        papers = planned(context)["settlement-papers"]
        events.move(context, who(context, "wang.fang"), papers.event, local("2026-12-03 10:00"))
        event_claims.object_to(context, who(context, "chen.jing"), papers.id, "the buyer knows nothing of it")
        assert due(context, papers) == local("2026-11-25 18:00")
        with pytest.raises(Overtaken):
            event_claims.object_to(context, who(context, "chen.jing"), papers.id, "again")
        with pytest.raises(Forbidden):
            event_claims.confirm(context, who(context, "chen.jing"), papers.event)
        event_claims.confirm(context, who(context, "sun.hua"), papers.event)
        assert due(context, papers) == local("2026-12-02 18:00")

    def test_refused_by_the_head_the_old_due_stays(self, context: ServiceContext) -> None:
        papers = planned(context)["settlement-papers"]
        events.move(context, who(context, "wang.fang"), papers.event, local("2026-12-03 10:00"))
        event_claims.object_to(context, who(context, "chen.jing"), papers.id, "no")
        event_claims.refuse(context, who(context, "sun.hua"), papers.event, "no", duty_id=papers.id)
        assert due(context, papers) == local("2026-11-25 18:00")
        assert event_of(context, papers).at == local("2026-12-03 10:00")

    def test_after_the_due_has_passed_undelivered_it_stays(self, context: ServiceContext) -> None:
        papers = planned(context)["settlement-papers"]
        set_clock(context, "2026-11-26 09:00")
        events.move(context, who(context, "wang.fang"), papers.event, local("2026-12-03 10:00"))
        assert due(context, papers) == local("2026-11-25 18:00")
        assert last_effect(context, papers) is ChangeEffect.NEVER
        (present,) = live(context, "settlement-present")
        assert present.due_at == local("2026-12-03 10:00")
        with pytest.raises(IllegalTransition):
            event_claims.confirm(context, who(context, "sun.hua"), papers.event)

    def test_by_the_consumer_it_counts_even_then(self, context: ServiceContext) -> None:
        papers = planned(context)["settlement-papers"]
        set_clock(context, "2026-11-26 09:00")
        events.move(context, who(context, "chen.jing"), papers.event, local("2026-12-03 10:00"))
        assert due(context, papers) == local("2026-12-02 18:00")

    def test_no_department_gives_itself_short_notice(self, context: ServiceContext) -> None:
        papers = planned(context)["settlement-papers"]
        events.move(context, who(context, "wang.fang"), papers.event, local("2026-11-20 17:00"))
        kept = stored(context, papers)
        assert (kept.due_at, kept.short_notice) == (local("2026-11-25 18:00"), False)
        event_claims.confirm(context, who(context, "chen.jing"), papers.event)
        assert stored(context, papers).short_notice

    def test_a_minute_does_not_take_an_overdue_duty_out_as_short_notice(
        self, context: ServiceContext
    ) -> None:
        papers = planned(context, "2026-11-23 15:00")["settlement-papers"]
        set_clock(context, "2026-11-23 09:00")
        assert stored(context, papers).is_overdue(context.now())
        for person in ("chen.jing", "wang.fang"):
            events.move(context, who(context, person), papers.event, local("2026-11-23 15:01"))
            kept = stored(context, papers)
            assert (kept.short_notice, kept.is_late(context.now())) == (False, True)


class TestWithdrawing:
    def late_event(self, context: ServiceContext) -> dict[str, Duty]:
        set_clock(context, "2026-11-20 18:30")
        found = opened(context, "2026-11-20 17:10", cash="yes")
        set_clock(context, "2026-11-24 09:00")
        return found

    def test_cancelled_by_the_provider_what_is_overdue_stays_owed(self, context: ServiceContext) -> None:
        found = self.late_event(context)
        wang = who(context, "wang.fang")
        gone = events.cancel(context, wang, found["cash-slip"].event, "sold back")
        assert gone.event.state is EventState.CANCELLED
        late = {"cash-slip", "decoration-sheet", "order-sheet"}
        assert {one.obligation for one in gone.claimed} == late
        assert stored(context, found["cash-slip"]).state is State.OPEN
        event_claims.confirm(context, who(context, "chen.jing"), found["cash-slip"].event)
        assert {stored(context, found[name]).state for name in late} == {State.CANCELLED}

    def test_only_the_consumer_confirms_that(self, context: ServiceContext) -> None:
        set_clock(context, "2026-11-20 18:30")
        slip = opened(context, "2026-11-20 17:10", by="liu.yang", cash="yes")["cash-slip"]
        set_clock(context, "2026-11-25 09:00")
        events.cancel(context, who(context, "wang.fang"), slip.event, "sold back")
        with pytest.raises(Forbidden):
            event_claims.confirm(context, who(context, "liu.yang"), slip.event)
        event_claims.refuse(context, who(context, "chen.jing"), slip.event, "it was paid in cash")
        kept = stored(context, slip)
        assert (kept.state, kept.is_overdue(context.now())) == (State.OPEN, True)

    def test_what_is_not_yet_due_goes_at_once_and_is_told(self, context: ServiceContext) -> None:
        duty = sheet(context, at="2026-11-20 10:00")
        events.cancel(context, who(context, "wang.fang"), duty.event, "sold back")
        gone = stored(context, duty)
        assert (gone.state, gone.event_changes[-1].effect) == (State.CANCELLED, ChangeEffect.AT_ONCE)
        assert (InboxKind.EVENT, duty.id, False) in mine(context, "chen.jing")

    def test_a_condition_that_no_longer_holds_is_the_same(self, context: ServiceContext) -> None:
        slip = self.late_event(context)["cash-slip"]
        claimed = events.correct(context, who(context, "wang.fang"), slip.event, fields={"cash": "no"})
        assert [one.id for one in claimed.claimed] == [slip.id]
        events.correct(context, who(context, "wang.fang"), slip.event, subject="鄂F2")
        assert mine(context, "chen.jing")[0] == (InboxKind.EVENT, slip.id, True)
        events.correct(context, who(context, "wang.fang"), slip.event, fields={"cash": "yes"})
        assert [duty.id for duty in live(context, "cash-slip")] == [slip.id]
        assert not any(is_mine for _, _, is_mine in mine(context, "chen.jing"))

    def test_by_the_consumer_it_counts_at_once(self, context: ServiceContext) -> None:
        slip = self.late_event(context)["cash-slip"]
        gone = events.correct(context, who(context, "chen.jing"), slip.event, fields={"cash": "no"})
        assert [one.id for one in gone.cancelled] == [slip.id]


class TestFromOutside:
    @pytest.mark.parametrize("person", ["chen.jing", "liu.yang"])
    def test_an_earlier_time_leaves_the_next_workday(self, context: ServiceContext, person: str) -> None:
        duty = sheet(context, at="2026-11-20 10:00")
        set_clock(context, "2026-11-20 15:30")
        correct(context, duty, "2026-11-10 10:00", by=person)
        assert due(context, duty) == local("2026-11-23 18:00")
        assert stored(context, duty).deadline.steps[-1].get("cause") == "event"
        correct(context, duty, "2026-11-09 10:00", by=person)
        events.correct(context, who(context, "wang.fang"), duty.event, subject="鄂F2")
        assert due(context, duty) == local("2026-11-23 18:00")

    def test_a_planned_event_moved_ahead_leaves_it_too(self, context: ServiceContext) -> None:
        found = planned(context)
        events.move(
            context, who(context, "chen.jing"), found["settlement-papers"].event, local("2026-11-20 17:00")
        )
        papers, present = (stored(context, found[name]) for name in found)
        assert (papers.due_at, papers.short_notice) == (local("2026-11-23 18:00"), True)
        assert (present.due_at, present.short_notice) == (local("2026-11-23 18:00"), False)

    def test_who_registered_late_is_not_forgotten_by_a_correction_of_a_minute(
        self, context: ServiceContext
    ) -> None:
        late = sheet(context, at="2026-11-16 10:00")
        correct(context, late, "2026-11-16 10:01", by="chen.jing")
        kept = stored(context, late)
        assert (kept.opened_late, kept.is_overdue(context.now())) == (False, True)
        grace = opened(context, "2026-11-16 11:00", by="chen.jing", subject="鄂F2")["decoration-sheet"]
        assert grace.opened_late
        correct(context, grace, "2026-11-16 11:01")
        kept = stored(context, grace)
        assert (kept.opened_late, kept.due_at) == (True, grace.due_at)


def test_each_consumer_confirms_for_its_own_duties() -> None:
    three_days = (OnEvent(event_type="vehicle-delivered", due=InDays(days=3)),)
    context = a_context(
        obligations=(
            an_obligation("a", triggers=three_days),
            an_obligation("b", consumer="warehouse", triggers=three_days),
        )
    )
    found = opened(context, "2026-11-17 10:00")
    set_clock(context, "2026-11-20 15:30")
    correct(context, found["a"], LATER)
    event_claims.confirm(context, who(context, "ma.chao"), found["a"].event)
    assert due(context, found["a"]) != due(context, found["b"]) == local("2026-11-23 18:00")
    event_claims.refuse(context, who(context, "chen.jing"), found["a"].event, "no")
    assert event_of(context, found["a"]).at == local(LATER)
    assert due(context, found["a"]) < due(context, found["b"])


class TestInbox:
    def test_a_claim_waits_for_who_may_confirm(self, context: ServiceContext) -> None:
        duty = sheet(context, by="liu.yang", at="2026-11-20 09:00")
        set_clock(context, "2026-11-23 15:30")
        correct(context, duty, "2026-11-23 10:00")
        assert (InboxKind.EVENT, duty.id, True) in mine(context, "chen.jing")
        assert (InboxKind.EVENT, duty.id, True) in mine(context, "liu.yang")
        assert (InboxKind.EVENT, duty.id, False) in mine(context, "wang.fang")
        assert (InboxKind.EVENT, duty.id, False) in mine(context, "guest")
        assert mine(context, "ma.chao") == []

    def test_a_move_is_told_to_the_consumer_who_may_object(self, context: ServiceContext) -> None:
        papers = planned(context)["settlement-papers"]
        events.move(context, who(context, "wang.fang"), papers.event, local("2026-12-03 10:00"))
        assert (InboxKind.EVENT, papers.id, True) in mine(context, "chen.jing")
        event_claims.object_to(context, who(context, "chen.jing"), papers.id, "no")
        assert (InboxKind.EVENT, papers.id, False) in mine(context, "chen.jing")
        assert (InboxKind.EVENT, papers.id, True) in mine(context, "sun.hua")

    def test_what_the_consumer_changed_is_told_to_the_provider(self, context: ServiceContext) -> None:
        duty = sheet(context, at="2026-11-20 10:00")
        events.cancel(context, who(context, "chen.jing"), duty.event, "typo")
        assert (InboxKind.EVENT, duty.id, False) in mine(context, "wang.fang")
        set_clock(context, "2026-12-20 10:00")
        assert mine(context, "wang.fang") == []


class TestClosedMonths:
    def test_silence_is_applied_first(self, context: ServiceContext) -> None:
        duty = sheet(context, at="2026-11-20 10:00")
        operations.deliver(context, who(context, "wang.fang"), duty.id, TICKED)
        set_clock(context, "2026-11-30 09:00")
        events.correct(context, who(context, "chen.jing"), duty.event, subject="鄂F2")
        kept = stored(context, duty)
        assert (kept.state, kept.accepted_by, kept.accepted_at) == (
            State.ACCEPTED,
            "system",
            local("2026-11-25 18:00"),
        )

    def sealed_november(self, *, cash: str = "no") -> tuple[ServiceContext, Duty]:
        """Seal November; a duty of December keeps the event alive."""
        long = an_obligation("long", triggers=(OnEvent(event_type="vehicle-delivered", due=InDays(days=20)),))
        context = a_context(now="2026-11-20 18:30", obligations=(*SHORT, long))
        found = opened(context, "2026-11-20 17:10", cash=cash)
        operations.deliver(context, who(context, "liu.yang"), found["check"].id)
        operations.accept(context, who(context, "chen.jing"), found["check"].id)
        if "cash-slip" in found:
            events.correct(context, who(context, "chen.jing"), found["check"].event, fields={"cash": "no"})
        set_clock(context, "2026-12-01 09:00")
        close_and_seal(context, who(context, "sun.hua"), "2026-11")
        return context, found["long"]

    def test_a_provider_whose_duty_is_sealed_can_correct_the_event(self) -> None:
        context, duty = self.sealed_november()
        found = events.correct(context, who(context, "liu.yang"), duty.event, subject="鄂F2")
        assert found.event.subject == "鄂F2"
        assert found.opened == ()
        sealed = [one for one in context.store.sealed("2026-11") if isinstance(one, Duty)]
        assert [one.subject for one in sealed] == ["鄂F·12345"]

    def test_a_duty_that_was_cancelled_and_sealed_comes_back_with_its_condition(self) -> None:
        context, duty = self.sealed_november(cash="yes")
        found = events.correct(context, who(context, "chen.jing"), duty.event, fields={"cash": "yes"})
        assert [(one.obligation, one.month) for one in found.opened] == [("cash-slip", "2026-12")]

    def test_the_same_event_registered_again_is_asked_about(self) -> None:
        context = a_context(obligations=SHORT[:1])
        check = opened(context)["check"]
        operations.deliver(context, who(context, "liu.yang"), check.id)
        operations.accept(context, who(context, "chen.jing"), check.id)
        set_clock(context, "2026-12-01 09:00")
        close_and_seal(context, who(context, "sun.hua"), "2026-11")
        assert events.listed(context) == []
        with pytest.raises(NeedsConfirmation, match="already registered"):
            opened(context)


SHORT = (
    an_obligation(
        "check",
        provider="service",
        triggers=(OnEvent(event_type="vehicle-delivered", due=InWorkdays(workdays=1)),),
    ),
    next(one for one in OBLIGATIONS if one.id == "cash-slip"),
)


def test_a_held_duty_is_not_overdue_and_goes_at_once(context: ServiceContext) -> None:
    duty = sheet(context, at="2026-11-17 10:00")
    holds.hold(context, who(context, "wang.fang"), duty.id, waits_for="finance", reason="the form")
    set_clock(context, "2026-11-24 09:00")
    gone = events.cancel(context, who(context, "wang.fang"), duty.event, "sold back")
    assert duty.id in {one.id for one in gone.cancelled}


class TestAfterTheDelivery:
    """A claim is still decided on when the duty was delivered meanwhile: the delivery is judged by it."""

    def late_delivery(self, context: ServiceContext) -> Duty:
        duty = sheet(context)
        set_clock(context, "2026-11-20 15:30")
        correct(context, duty, LATER)
        set_clock(context, "2026-11-23 09:00")
        return operations.deliver(context, who(context, "wang.fang"), duty.id, TICKED)

    @pytest.mark.parametrize("accepted", [False, True])
    def test_confirmed_it_was_in_time(self, context: ServiceContext, accepted: bool) -> None:
        duty = self.late_delivery(context)
        if accepted:
            operations.accept(context, who(context, "chen.jing"), duty.id)
        assert stored(context, duty).is_late(context.now())
        event_claims.confirm(context, who(context, "chen.jing"), duty.event)
        kept = stored(context, duty)
        assert (kept.is_late(context.now()), kept.due_at) == (False, local("2026-11-23 18:00"))

    def test_refused_it_stays_late(self, context: ServiceContext) -> None:
        duty = self.late_delivery(context)
        assert (InboxKind.EVENT, duty.id, True) in mine(context, "chen.jing")
        event_claims.refuse(context, who(context, "chen.jing"), duty.event, "no")
        assert stored(context, duty).is_late(context.now())

    def test_a_further_claim_takes_its_place(self, context: ServiceContext) -> None:
        duty = self.late_delivery(context)
        correct(context, duty, "2026-11-20 13:00")
        assert [one.is_pending for one in stored(context, duty).event_changes] == [False, True]
        assert stored(context, duty).is_late(context.now())
        correct(context, duty, "2026-11-17 10:00")
        assert [one.is_pending for one in stored(context, duty).event_changes] == [False, False]

    def test_the_consumers_own_correction_decides_it(self, context: ServiceContext) -> None:
        duty = self.late_delivery(context)
        correct(context, duty, "2026-11-20 12:00", by="chen.jing")
        kept = stored(context, duty)
        assert (kept.is_late(context.now()), kept.event_time) == (False, None)

    def test_not_any_more_when_the_month_is_closed(self) -> None:
        context = a_context(obligations=[one for one in OBLIGATIONS if one.id == "decoration-sheet"])
        duty = self.late_delivery(context)
        operations.accept(context, who(context, "chen.jing"), duty.id)
        set_clock(context, "2026-12-01 09:00")
        closing.close(context, who(context, "sun.hua"), "2026-11")
        with pytest.raises(IllegalTransition):
            event_claims.confirm(context, who(context, "chen.jing"), duty.event)
        assert stored(context, duty).is_late(context.now())
        assert event_of(context, duty).before_claim is None

    def test_erasing_takes_the_words_away(self, context: ServiceContext) -> None:
        duty = sheet(context)
        set_clock(context, "2026-11-20 15:30")
        wang = who(context, "wang.fang")
        events.correct(context, wang, duty.event, at=local(LATER), reason="Mr Li asked")
        event_claims.refuse(context, who(context, "chen.jing"), duty.event, "Mr Li did not")
        erasure.erase(context, who(context, "root"), "鄂F·12345", "asked for")
        change = stored(context, duty).event_changes[0]
        assert "Li" not in change.reason + change.answer
