"""A consumer asks: two clocks, a wish, an answer, a withdrawal, and what no obligation covers."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.duties.request import Request, RequestState
from sla_tracker.domain.duties.transitions import LONGEST_NOTE
from sla_tracker.domain.measures.date_range import month_range
from sla_tracker.domain.measures.request_counts import RequestCounts, RequestSet, count_requests
from sla_tracker.errors import Forbidden, IllegalTransition, NeedsConfirmation, NotFound, Refused, UsageError
from sla_tracker.services import requests
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import handovers
from sla_tracker.services.duties import holds, operations, waivers
from sla_tracker.services.months.opened_details import open_requests
from sla_tracker.services.ports import Store
from sla_tracker.testing.company import a_context, local, set_clock
from tests.services.acts import rolled_to, stored, stored_request, who


def ask(context: ServiceContext, **given: object) -> tuple[Request, Duty]:
    """Ask for an invoice's copy, of May where nothing else is said."""
    said = given if {"subject", "text"} & given.keys() else {**given, "text": "the one of May"}
    return requests.ask(context, who(context, "chen.jing"), "invoice-copy", **said)  # type: ignore[arg-type]


class TestAsking:
    def test_both_clocks_start_now(self, context: ServiceContext) -> None:
        request, duty = ask(context, subject="合同 2211", text="the one of May")
        assert (duty.request, request.duty) == (duty.request, duty.id)
        assert (duty.due_at, duty.answer_due_at) == (local("2026-11-25 18:00"), local("2026-11-20 18:00"))
        assert (duty.provider, duty.consumer, duty.subject_key) == ("sales", "finance", "合同2211")

    def test_the_same_within_the_hour_is_doubted_while_it_is_open(self, context: ServiceContext) -> None:
        ask(context, subject="合同 2211")
        set_clock(context, "2026-11-20 14:59")
        with pytest.raises(NeedsConfirmation, match="合同 2211"):
            ask(context, subject="合同2211", text="another text")
        ask(context, subject="合同 2212")
        ask(context, subject="合同 2211", again=True)
        set_clock(context, "2026-11-20 15:58")
        with pytest.raises(NeedsConfirmation):
            ask(context, subject="合同 2211")
        set_clock(context, "2026-11-20 15:59")
        ask(context, subject="合同 2211")

    def test_what_was_withdrawn_or_names_nothing_is_asked_for_again(self, context: ServiceContext) -> None:
        first, _duty = ask(context, subject="合同 2211")
        requests.withdraw(context, who(context, "chen.jing"), first.id, "mistyped")
        assert ask(context, subject="合同 2211")[0].id != first.id
        assert ask(context)[0].id != ask(context)[0].id

    @pytest.mark.parametrize(
        ("wanted", "due"),
        [
            (local("2026-12-01 10:00"), "2026-12-01 10:00"),
            (date(2026, 12, 1), "2026-12-01 18:00"),
            (local("2026-11-21 10:00"), "2026-11-25 18:00"),
        ],
    )
    def test_wanted_later_moves_the_due_wanted_earlier_does_not(
        self, context: ServiceContext, wanted: object, due: str
    ) -> None:
        assert ask(context, wanted_at=wanted)[1].due_at == local(due)

    def test_a_text_has_a_longest_length(self, context: ServiceContext) -> None:
        assert len(ask(context, text="x" * LONGEST_NOTE)[0].text) == LONGEST_NOTE
        with pytest.raises(UsageError, match="at most"):
            ask(context, text="x" * (LONGEST_NOTE + 1))

    def test_what_cannot_be_asked_for(self, context: ServiceContext) -> None:
        chen = who(context, "chen.jing")
        with pytest.raises(Refused, match="cannot be asked for"):
            requests.ask(context, chen, "decoration-sheet")
        with pytest.raises(NotFound):
            requests.ask(context, chen, "moon")
        with pytest.raises(Forbidden, match="Finance"):
            requests.ask(context, who(context, "liu.yang"), "invoice-copy", text="May")
        with pytest.raises(UsageError, match="200"):
            ask(context, subject="x" * 201)

    @pytest.mark.parametrize("subject", ["", "  "])
    def test_what_says_neither_of_what_nor_what_exactly_is_refused(
        self, context: ServiceContext, subject: str
    ) -> None:
        with pytest.raises(UsageError, match="Say what “Copy of an invoice” is asked for"):
            ask(context, subject=subject, text=" ")
        assert context.store.read(lambda tx: tx.find(Request)) == []
        assert ask(context, subject="合同 2211", text="")[0].subject == "合同 2211"
        assert ask(context, subject="", text="May")[0].text == "May"


class TestAnswering:
    def test_the_answer_stops_its_clock_only(self, context: ServiceContext) -> None:
        request, duty = ask(context)
        set_clock(context, "2026-11-20 16:00")
        answered = requests.answer(context, who(context, "wang.fang"), duty.id, "on Monday")
        assert (answered.answered_at, answered.assignee, answered.due_at) == (
            context.now(),
            "wang.fang",
            duty.due_at,
        )
        assert stored_request(context, request).state is RequestState.ANSWERED
        with pytest.raises(IllegalTransition, match="answered"):
            requests.answer(context, who(context, "wang.fang"), duty.id, "again")

    def test_only_the_provider_answers_and_only_what_was_asked(self, context: ServiceContext) -> None:
        _, duty = ask(context)
        with pytest.raises(Forbidden):
            requests.answer(context, who(context, "chen.jing"), duty.id, "x")
        rolled_to(context, "2026-11-20 14:00")
        other = context.store.read(lambda tx: tx.find(Duty, obligation="commission-list"))[0]
        with pytest.raises(Refused, match="nothing to answer"):
            requests.answer(context, who(context, "wang.fang"), other.id, "x")

    def test_who_gave_it_away_no_longer_answers(self, context: ServiceContext) -> None:
        request, duty = ask(context)
        offer = handovers.offer(context, who(context, "wang.fang"), duty.id, "warehouse", reason="theirs")
        given, taken = handovers.consent(context, who(context, "wu.di"), offer.id)
        with pytest.raises(Refused, match=f"handed over; .* answers it now .{taken.reference}"):
            requests.answer(context, who(context, "wang.fang"), given.id, "we gave it away")
        assert stored_request(context, request).state is RequestState.ASKED
        answered = requests.answer(context, who(context, "ma.chao"), taken.id, "on Monday")
        assert answered.answered_at == context.now()
        assert stored_request(context, request).state is RequestState.ANSWERED

    def test_on_hold_the_answer_clock_runs_on(self, context: ServiceContext) -> None:
        _, duty = ask(context)
        holds.hold(context, who(context, "wang.fang"), duty.id, waits_for="finance", reason="number?")
        set_clock(context, "2026-11-23 10:30")
        resumed = holds.resume(context, who(context, "wang.fang"), duty.id)
        assert (resumed.due_at, resumed.answer_due_at) == (
            local("2026-11-26 16:00"),
            local("2026-11-20 18:00"),
        )


class TestSettling:
    def test_a_delivery_settles_and_answers(self, context: ServiceContext) -> None:
        request, duty = ask(context)
        done = operations.deliver(context, who(context, "wang.fang"), duty.id)
        now = stored_request(context, request)
        assert (now.state, now.settled_at, now.answered_at, done.answered_at) == (
            RequestState.SETTLED,
            *[context.now()] * 3,
        )

    def test_taking_back_opens_both_clocks_again(self, context: ServiceContext) -> None:
        request, duty = ask(context)
        operations.deliver(context, who(context, "wang.fang"), duty.id)
        back = operations.take_back(context, who(context, "wang.fang"), duty.id)
        assert (stored_request(context, request).state, back.answered_at) == (RequestState.ASKED, None)

    def test_taking_back_the_only_answer_after_its_limit_needs_a_confirmation(
        self, context: ServiceContext
    ) -> None:
        _request, duty = ask(context)
        operations.deliver(context, who(context, "wang.fang"), duty.id)
        assert duty.answer_due_at is not None
        set_clock(context, duty.answer_due_at + timedelta(minutes=1))
        assert context.now() < duty.due_at
        with pytest.raises(NeedsConfirmation):
            operations.take_back(context, who(context, "wang.fang"), duty.id)
        set_clock(context, duty.answer_due_at)
        operations.take_back(context, who(context, "wang.fang"), duty.id)

    def test_a_return_leaves_it_answered(self, context: ServiceContext) -> None:
        request, duty = ask(context)
        operations.deliver(context, who(context, "wang.fang"), duty.id)
        set_clock(context, "2026-11-20 15:00")
        back = operations.return_(context, who(context, "chen.jing"), duty.id, "the wrong one")
        assert stored_request(context, request).state is RequestState.ANSWERED
        assert back.answered_at == local("2026-11-20 14:00")
        operations.deliver(context, who(context, "wang.fang"), duty.id)
        assert stored_request(context, request).settled_at == local("2026-11-20 15:00")

    def test_a_waiver_ends_the_request_too(self, context: ServiceContext) -> None:
        request, duty = ask(context)
        waivers.waive(context, who(context, "sun.hua"), duty.id, code="not_needed", reason="found it")
        assert stored_request(context, request).state is RequestState.WITHDRAWN


class TestWithdrawing:
    def test_its_duty_is_cancelled(self, context: ServiceContext) -> None:
        request, duty = ask(context)
        requests.withdraw(context, who(context, "sun.li"), request.id, "found it")
        assert stored(context, duty).state is State.CANCELLED
        with pytest.raises(IllegalTransition, match="withdrawn"):
            requests.withdraw(context, who(context, "sun.li"), request.id, "again")

    def test_also_after_it_was_handed_over(self, context: ServiceContext) -> None:
        request, duty = ask(context)
        offer = handovers.offer(context, who(context, "wang.fang"), duty.id, "service", reason="theirs")
        _, linked = handovers.consent(context, who(context, "zhou.min"), offer.id)
        requests.withdraw(context, who(context, "chen.jing"), request.id, "")
        assert stored(context, linked).state is State.CANCELLED
        assert stored(context, duty).state is State.HANDED_OVER

    def test_what_was_delivered_is_judged_not_withdrawn(self, context: ServiceContext) -> None:
        request, duty = ask(context)
        operations.deliver(context, who(context, "wang.fang"), duty.id)
        with pytest.raises(IllegalTransition, match="settled"):
            requests.withdraw(context, who(context, "chen.jing"), request.id, "x")

    def test_only_those_who_asked(self, context: ServiceContext) -> None:
        request, _ = ask(context)
        with pytest.raises(Forbidden, match="Finance"):
            requests.withdraw(context, who(context, "wang.fang"), request.id, "x")


class TestUncovered:
    def ask(self, context: ServiceContext) -> Request:
        return requests.ask_uncovered(context, who(context, "chen.jing"), "service", text="Fix the printer")

    def test_it_has_no_clock_and_no_duty(self, context: ServiceContext) -> None:
        request = self.ask(context)
        assert (request.duty, request.answer_due_at, request.state) == ("", None, RequestState.ASKED)
        assert context.store.read(lambda tx: tx.find(Duty)) == []

    def test_the_provider_answers_and_the_consumer_settles(self, context: ServiceContext) -> None:
        request = self.ask(context)
        with pytest.raises(Forbidden):
            requests.answer_uncovered(context, who(context, "wang.fang"), request.id, "x")
        assert (
            requests.answer_uncovered(context, who(context, "liu.yang"), request.id, "tomorrow").answer
            == "tomorrow"
        )
        with pytest.raises(Forbidden):
            requests.settle_uncovered(context, who(context, "liu.yang"), request.id)
        settled = requests.settle_uncovered(context, who(context, "chen.jing"), request.id)
        assert settled.state is RequestState.SETTLED

    def test_a_covered_one_is_settled_by_its_duty(self, context: ServiceContext) -> None:
        request, _ = ask(context)
        with pytest.raises(Refused, match="settled by its duty"):
            requests.settle_uncovered(context, who(context, "chen.jing"), request.id)

    def test_it_goes_to_another_department_and_says_something(self, context: ServiceContext) -> None:
        with pytest.raises(Refused, match="another department"):
            requests.ask_uncovered(context, who(context, "chen.jing"), "finance", text="x")
        with pytest.raises(UsageError, match="what you ask for"):
            requests.ask_uncovered(context, who(context, "chen.jing"), "service", text=" ")


def test_requests_are_listed_and_counted(any_store: Store) -> None:
    context = a_context(store=any_store)
    early, duty = ask(context)
    late, _ = ask(context)
    pending, _ = ask(context)
    gone, _ = ask(context)
    apart = requests.ask_uncovered(context, who(context, "chen.jing"), "service", text="Fix the printer")
    requests.answer(context, who(context, "wang.fang"), duty.id, "soon")
    requests.withdraw(context, who(context, "chen.jing"), gone.id, "found it")
    set_clock(context, "2026-11-20 18:01")
    requests.answer(context, who(context, "wang.fang"), late.duty, "sorry")
    found = open_requests(context, month_range("2026-11"), RequestSet.ASKED).rows
    assert count_requests(found) == RequestCounts(
        asked=5, answered_well=1, answer_judged=3, withdrawn=1, uncovered=1
    )
    sales = [one.id for one in requests.concerning(context, "sales")]
    assert sorted(sales) == sorted((early.id, late.id, pending.id, gone.id))
    everybody = {*sales, apart.id}
    for department in ("finance", ""):
        assert {one.id for one in requests.concerning(context, department)} == everybody
    assert requests.concerning(context, "loan") == []
    set_clock(context, "2026-11-23 09:00")
    latest, _ = ask(context, again=True)
    assert requests.concerning(context, "sales")[0].id == latest.id
