"""What random histories against an independent model found (tests/faults/test_differential.py)."""

from __future__ import annotations

import pytest

from sla_tracker.domain.agreements.obligation import Obligation, OnEvent
from sla_tracker.domain.deadlines.due import InDays, InWorkdays
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.event_changes import pending_change
from sla_tracker.domain.duties.request import RequestState
from sla_tracker.errors import IllegalTransition
from sla_tracker.services import event_claims, events, requests
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import handovers
from sla_tracker.services.departments.inbox import inbox_entries
from sla_tracker.services.departments.inbox_entry import InboxKind
from sla_tracker.services.duties import operations
from sla_tracker.services.lookup.archives import archived_duty
from sla_tracker.services.lookup.references import existing
from sla_tracker.services.months.archive import close_and_seal, reopen_and_unseal
from sla_tracker.testing.company import OBLIGATIONS, a_context, an_obligation, local, set_clock
from tests.services.acts import TICKED, live, opened, stored, stored_request, who


def only(*ids: str) -> list[Obligation]:
    return [one for one in OBLIGATIONS if one.id in ids]


def handed_over(context: ServiceContext, duty: Duty, within: int = 3) -> Duty:
    """Let sales hand a duty over to service."""
    offer = handovers.offer(
        context, who(context, "wang.fang"), duty.id, "service", reason="theirs", within=within
    )
    return handovers.consent(context, who(context, "zhou.min"), offer.id)[1]


def cash_slip(context: ServiceContext) -> Duty:
    """Register a vehicle paid in cash after 17:00; sales owes the slip by the next morning."""
    set_clock(context, "2026-11-19 18:30")
    return opened(context, "2026-11-19 17:10", cash="yes")["cash-slip"]


class TestHandedOver:
    def test_its_request_stays_until_the_last_duty_of_it_is_sealed(self) -> None:
        context = a_context(obligations=only("invoice-copy"), now="2026-11-25 10:00")
        request, duty = requests.ask(context, who(context, "chen.jing"), "invoice-copy", text="of May")
        linked = handed_over(context, duty, within=9)
        set_clock(context, "2026-12-02 10:00")
        close_and_seal(context, who(context, "root"), "2026-11")
        found = archived_duty(context.store, duty.id)
        assert found is not None
        assert found.request == stored_request(context, request)
        requests.answer(context, who(context, "liu.yang"), linked.id, "tomorrow")
        operations.deliver(context, who(context, "liu.yang"), linked.id)
        assert stored_request(context, request).state is RequestState.SETTLED

    def test_it_claims_no_time_because_its_clock_is_its_own(self, context: ServiceContext) -> None:
        duty = opened(context, "2026-11-17 10:00")["decoration-sheet"]
        set_clock(context, "2026-11-20 15:30")
        events.correct(context, who(context, "wang.fang"), duty.event, at=local("2026-11-20 13:55"))
        assert pending_change(stored(context, duty)) is not None
        linked = handed_over(context, duty)
        assert pending_change(stored(context, linked)) is None

    def test_whether_it_is_owed_is_still_decided_on(self, context: ServiceContext) -> None:
        slip = cash_slip(context)
        set_clock(context, "2026-11-23 09:00")
        events.correct(context, who(context, "wang.fang"), slip.event, fields={"cash": "no"})
        linked = handed_over(context, slip)
        event_claims.confirm(context, who(context, "chen.jing"), slip.event)
        assert stored(context, linked).state is State.CANCELLED

    def test_it_goes_with_the_condition_of_its_event_and_comes_back(self, context: ServiceContext) -> None:
        slip = cash_slip(context)
        linked = handed_over(context, slip)
        events.correct(context, who(context, "chen.jing"), slip.event, fields={"cash": "no"})
        assert stored(context, linked).state is State.CANCELLED
        events.correct(context, who(context, "chen.jing"), slip.event, fields={"cash": "yes"})
        assert [duty.state for duty in live(context, "cash-slip") if duty.provider == "sales"] == [
            State.HANDED_OVER,
            State.OPEN,
        ]


def a_receipt(now: str, signed_at: str) -> tuple[ServiceContext, Duty]:
    """Register a signing as finance; the receipt of service the day after waits for the deed of the workday before."""
    signed = "settlement-scheduled"
    deed = an_obligation("deed", triggers=(OnEvent(event_type=signed, due=InWorkdays(workdays=-1)),))
    receipt = an_obligation(
        "receipt",
        provider="service",
        depends_on=("deed",),
        triggers=(OnEvent(event_type=signed, due=InDays(days=1)),),
    )
    context = a_context(obligations=(deed, receipt), now=now)
    done = events.register(context, who(context, "chen.jing"), signed, subject="1", at=local(signed_at))
    (waiting,) = (duty for duty in done.opened if duty.obligation == "receipt")
    return context, waiting


class TestChangesOfAnEvent:
    def test_what_is_overdue_was_so_before_the_change(self) -> None:
        """The new due of what a duty waits for must not make that duty overdue within the same move."""
        context, receipt = a_receipt("2026-11-02 08:50", "2026-11-04 10:00")
        set_clock(context, "2026-11-06 10:00")
        assert not stored(context, receipt).is_overdue(context.now())
        events.move(context, who(context, "liu.yang"), receipt.event, local("2026-11-16 10:00"))
        assert stored(context, receipt).due_at == local("2026-11-17 18:00")

    def test_who_waited_for_an_accepted_duty_follows_its_new_time(self) -> None:
        """Accepted while the consumer's objection to a move waits, the deed follows the consumer's own move."""
        context, receipt = a_receipt("2026-11-02 09:14", "2026-11-06 19:55")
        head, wang = who(context, "sun.hua"), who(context, "wang.fang")
        events.move(context, head, receipt.event, local("2026-11-02 08:30"))
        (deed,) = live(context, "deed")
        set_clock(context, "2026-11-03 17:59")
        operations.deliver(context, who(context, "liu.yang"), receipt.id)
        events.move(context, wang, receipt.event, local("2026-11-10 00:48"))
        operations.deliver(context, wang, deed.id)
        event_claims.object_to(context, who(context, "chen.jing"), deed.id, "no")
        operations.accept(context, who(context, "chen.jing"), deed.id)
        events.move(context, head, receipt.event, local("2026-11-08 01:36"))
        assert stored(context, deed).due_at == local("2026-11-06 18:00")
        assert stored(context, receipt).excuses == ()

    def test_what_it_waited_for_an_archived_duty_is_clipped_at_its_new_start(self) -> None:
        context, receipt = a_receipt("2026-12-01 12:01", "2026-12-01 02:33")
        close_and_seal(context, who(context, "root"), "2026-11", mark_missed=True)
        assert stored(context, receipt).due_at == local("2026-12-03 12:00")
        set_clock(context, "2026-12-02 17:00")
        events.move(context, who(context, "chen.jing"), receipt.event, local("2026-11-28 13:54"))
        late = stored(context, receipt)
        assert (late.opened_late, late.due_at) == (True, local("2026-12-02 18:00"))
        events.move(context, who(context, "chen.jing"), receipt.event, local("2026-12-01 02:33"))
        assert stored(context, receipt).due_at == local("2026-12-03 12:00")

    def test_a_time_takes_no_claim_away_that_a_duty_is_not_owed(self, context: ServiceContext) -> None:
        slip = cash_slip(context)
        set_clock(context, "2026-11-23 09:00")
        events.correct(context, who(context, "wang.fang"), slip.event, fields={"cash": "no"})
        events.correct(context, who(context, "chen.jing"), slip.event, at=local("2026-11-19 17:30"))
        event_claims.confirm(context, who(context, "chen.jing"), slip.event)
        assert stored(context, slip).state is State.CANCELLED

    @pytest.mark.parametrize("decide", [event_claims.confirm, event_claims.refuse])
    def test_silence_is_applied_before_a_decision(self, context: ServiceContext, decide: object) -> None:
        duty = opened(context, "2026-11-17 10:00")["decoration-sheet"]
        set_clock(context, "2026-11-20 15:30")
        events.correct(context, who(context, "wang.fang"), duty.event, at=local("2026-11-20 13:55"))
        operations.deliver(context, who(context, "wang.fang"), duty.id, TICKED)
        set_clock(context, "2026-11-27 09:00")
        reason = {} if decide is event_claims.confirm else {"reason": "no"}
        decide(context, who(context, "chen.jing"), duty.event, **reason)  # type: ignore[operator]
        assert stored(context, duty).state is State.ACCEPTED

    def test_after_silence_accepted_there_is_nothing_to_object_to(self) -> None:
        context = a_context(obligations=only("settlement-papers"), now="2026-11-17 10:00")
        done = events.register(
            context,
            who(context, "chen.jing"),
            "settlement-scheduled",
            subject="2211",
            at=local("2026-11-26 15:00"),
        )
        (duty,) = done.opened
        events.move(context, who(context, "wang.fang"), done.event.id, local("2026-12-03 10:00"), "ill")
        operations.deliver(context, who(context, "wang.fang"), duty.id)
        set_clock(context, "2026-11-27 09:00")
        with pytest.raises(IllegalTransition):
            event_claims.object_to(context, who(context, "chen.jing"), duty.id, "not so")

    def test_a_wait_goes_on_that_the_own_delivery_cut_off(self) -> None:
        """Delivered while it waits, it keeps its excuse when what it waited for goes on in another department."""
        context, receipt = a_receipt("2026-11-20 10:00", "2026-11-30 10:00")
        (deed,) = live(context, "deed")
        set_clock(context, "2026-12-02 10:00")
        operations.deliver(context, who(context, "liu.yang"), receipt.id)
        set_clock(context, "2026-12-03 10:00")
        offer = handovers.offer(context, who(context, "wang.fang"), deed.id, "warehouse", reason="theirs")
        handovers.consent(context, who(context, "wu.di"), offer.id)
        close_and_seal(context, who(context, "root"), "2026-11")
        events.correct(context, who(context, "chen.jing"), receipt.event, subject="2")
        assert not stored(context, receipt).is_late(context.now())

    def test_a_claim_ends_when_its_condition_holds_again_also_while_it_is_delivered(
        self, context: ServiceContext
    ) -> None:
        slip, chen = cash_slip(context), who(context, "chen.jing")
        set_clock(context, "2026-11-23 09:00")
        events.correct(context, who(context, "wang.fang"), slip.event, fields={"cash": "no"})
        operations.deliver(context, who(context, "wang.fang"), slip.id)
        events.correct(context, chen, slip.event, fields={"cash": "yes"})
        operations.return_(context, chen, slip.id, "the wrong sum")
        assert pending_change(stored(context, slip)) is None

    def test_refusing_a_time_cancels_nothing_of_an_event_that_was_cancelled(
        self, context: ServiceContext
    ) -> None:
        """The time goes back to what it was; that the duties are owed was just confirmed by the refusal."""
        found = opened(context, "2026-11-17 10:00")
        sheet, order = found["decoration-sheet"], found["order-sheet"]
        set_clock(context, "2026-11-20 18:30")
        wang = who(context, "wang.fang")
        events.correct(context, wang, sheet.event, at=local("2026-11-20 13:55"))
        operations.deliver(context, wang, sheet.id, TICKED)
        events.cancel(context, wang, sheet.event, "sold back")
        event_claims.refuse(
            context, who(context, "chen.jing"), sheet.event, "neither is so", duty_id=sheet.id
        )
        assert stored(context, order).state is State.OPEN
        assert pending_change(stored(context, order)) is not None
        event_claims.refuse(context, who(context, "chen.jing"), sheet.event, "it is owed")
        assert stored(context, order).state is State.OPEN

    def test_a_time_that_was_confirmed_is_not_claimed_again_by_another_change(
        self, context: ServiceContext
    ) -> None:
        """For one duty it was confirmed, for another it still waits; then only the subject is corrected."""
        duty = opened(context, "2026-11-17 10:00")["decoration-sheet"]
        set_clock(context, "2026-11-20 15:30")
        events.correct(context, who(context, "wang.fang"), duty.event, at=local("2026-11-20 13:55"))
        event_claims.confirm(context, who(context, "chen.jing"), duty.event, duty_id=duty.id)
        events.correct(context, who(context, "chen.jing"), duty.event, subject="鄂F·9")
        event = context.store.read(lambda tx: existing(tx, Event, duty.event))
        assert any(pending_change(one) for one in live(context, "order-sheet"))
        assert event.before_claim is None

    def test_a_claim_on_what_was_accepted_stays_in_the_inbox(self, context: ServiceContext) -> None:
        duty = opened(context, "2026-11-17 10:00")["decoration-sheet"]
        set_clock(context, "2026-11-20 15:30")
        events.correct(context, who(context, "wang.fang"), duty.event, at=local("2026-11-20 13:55"))
        operations.deliver(context, who(context, "wang.fang"), duty.id, TICKED)
        operations.accept(context, who(context, "chen.jing"), duty.id)
        entries = inbox_entries(context, who(context, "chen.jing"))
        assert (InboxKind.EVENT, duty.id, True) in [(one.kind, one.id, one.mine) for one in entries]


def test_a_delivery_taken_back_takes_no_earlier_answer_with_it(context: ServiceContext) -> None:
    request, duty = requests.ask(context, who(context, "chen.jing"), "invoice-copy", text="of May")
    wang = who(context, "wang.fang")
    operations.deliver(context, wang, duty.id)
    first = context.now()
    operations.return_(context, who(context, "chen.jing"), duty.id, "the wrong one")
    set_clock(context, "2026-11-20 16:00")
    operations.deliver(context, wang, duty.id)
    operations.take_back(context, wang, duty.id)
    kept = stored_request(context, request)
    assert (kept.state, kept.answered_at) == (RequestState.ANSWERED, first)


def test_a_duty_of_a_month_opened_again_comes_back_with_its_condition() -> None:
    context = a_context(obligations=only("cash-slip"))
    slip = cash_slip(context)
    operations.deliver(context, who(context, "wang.fang"), slip.id)
    operations.accept(context, who(context, "chen.jing"), slip.id)
    set_clock(context, "2026-12-02 10:00")
    close_and_seal(context, who(context, "root"), "2026-11")
    reopen_and_unseal(context, who(context, "root"), "2026-11", "a wrong sum")
    operations.reopen(context, who(context, "sun.hua"), slip.id, "not paid in cash")
    for cash in ("no", "yes"):
        events.correct(context, who(context, "chen.jing"), slip.event, fields={"cash": cash})
    assert [duty.state for duty in live(context, "cash-slip")] == [State.CANCELLED, State.OPEN]
