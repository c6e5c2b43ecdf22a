"""Every step that the table lists is possible, and no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from sla_tracker.domain.agreements.fields import Field, FieldKind
from sla_tracker.domain.duties import holds_and_waivers, transitions
from sla_tracker.domain.duties.duty import OWED, Delivery, Duty, Hold, State, Waiver
from sla_tracker.domain.duties.transitions import TRANSITIONS, Move
from sla_tracker.domain.people import SYSTEM
from sla_tracker.domain.text import Text
from sla_tracker.errors import IllegalTransition, Incomplete, Overtaken, Refused, UsageError
from sla_tracker.testing.company import a_duty, local

NOW = local("2026-11-18 10:00")
LIMIT = local("2026-11-23 18:00")
SHEET = Field(id="sheet", kind=FieldKind.TICK, label=Text(zh="装饰单", en="Decoration sheet"))


def in_state(state: State) -> Duty:
    """Build a duty in a state, with what a duty in that state has."""
    delivery = Delivery(at=local("2026-11-17 09:00"), by="wang.fang")
    hold = Hold(start_at=local("2026-11-17 09:00"), by="wang.fang", waits_for="finance", reason="contract")
    match state:
        case State.HELD:
            return a_duty(state=state, holds=(hold,))
        case State.DELIVERED:
            return a_duty(state=state, deliveries=(delivery,), accept_by_at=LIMIT)
        case State.ACCEPTED:
            return a_duty(
                state=state, deliveries=(delivery,), accepted_at=NOW, accepted_by="chen.jing", closed_at=NOW
            )
        case State.OPEN:
            return a_duty()
        case _:
            return a_duty(state=state, closed_at=NOW)


STEPS: dict[Move, Callable[[Duty], Duty]] = {
    Move.DELIVER: lambda duty: transitions.delivered(duty, {}, by="wang.fang", now=NOW, accept_by_at=LIMIT),
    Move.WITHDRAW: transitions.withdrawn,
    Move.ACCEPT: lambda duty: transitions.accepted(duty, by="chen.jing", now=NOW),
    Move.RETURN: lambda duty: transitions.returned(duty, "unsigned", by="chen.jing", now=NOW),
    Move.HOLD: lambda duty: holds_and_waivers.held(
        duty, waits_for="finance", reason="contract", by="wang.fang", now=NOW
    ),
    Move.RESUME: lambda duty: holds_and_waivers.resumed(duty, now=NOW),
    Move.WAIVE: lambda duty: holds_and_waivers.waived(
        duty, code="agreed", reason="not needed", by="sun.hua", now=NOW
    ),
    Move.CANCEL: lambda duty: transitions.cancelled(duty, now=NOW),
    Move.MISS: lambda duty: transitions.missed(duty, now=NOW),
    Move.REOPEN: lambda duty: transitions.reopened(duty, "wrong sum", by="sun.hua", now=NOW),
    Move.HAND_OVER: lambda duty: transitions.handed_over(duty, to="another", now=NOW),
}

ALL = [(state, move) for state in State for move in Move]
REFUSED = [pair for pair in ALL if pair not in TRANSITIONS]


def test_the_table_is_the_one_that_was_agreed() -> None:
    assert {state: {move for from_, move in TRANSITIONS if from_ is state} for state in State} == {
        State.OPEN: {Move.DELIVER, Move.HOLD, Move.WAIVE, Move.CANCEL, Move.MISS, Move.HAND_OVER},
        State.HELD: {Move.RESUME, Move.WAIVE, Move.CANCEL, Move.MISS, Move.HAND_OVER},
        State.DELIVERED: {Move.WITHDRAW, Move.ACCEPT, Move.RETURN},
        State.ACCEPTED: {Move.REOPEN},
        State.MISSED: {Move.REOPEN},
        State.WAIVED: set(),
        State.CANCELLED: set(),
        State.HANDED_OVER: set(),
    }


@pytest.mark.parametrize(("state", "move"), TRANSITIONS, ids=str)
def test_a_listed_step_leads_where_the_table_says(state: State, move: Move) -> None:
    assert STEPS[move](in_state(state)).state is TRANSITIONS[state, move]


@pytest.mark.parametrize(("state", "move"), REFUSED, ids=str)
def test_a_step_that_is_not_listed_is_refused_with_a_sentence(state: State, move: Move) -> None:
    with pytest.raises(Refused) as refusal:
        STEPS[move](in_state(state))
    assert isinstance(refusal.value, IllegalTransition | Overtaken)
    if state is State.MISSED:
        assert "reopen it first (sla reopen " in refusal.value.sentence()
    assert "abcdef" in refusal.value.sentence()
    assert "{" not in refusal.value.sentence()


@pytest.mark.parametrize("state", State)
def test_only_what_is_owed_changes_hands_or_takes_evidence(state: State) -> None:
    duty = in_state(state)
    if state in OWED:
        assert transitions.assigned(duty, "zhao.lei").assignee == "zhao.lei"
        assert transitions.drafted(duty, {}).draft == {}
        return
    steps: list[Callable[[], Duty]] = [
        lambda: transitions.assigned(duty, "zhao.lei"),
        lambda: transitions.drafted(duty, {}),
        lambda: holds_and_waivers.waiver_asked(duty, code="agreed", reason="x", by="wang.fang", now=NOW),
    ]
    for step in steps:
        with pytest.raises(Refused):
            step()


def test_who_was_first_is_named() -> None:
    with pytest.raises(Overtaken, match=r"already delivered by wang\.fang at 2026-11-17"):
        STEPS[Move.HOLD](in_state(State.DELIVERED))
    with pytest.raises(Overtaken, match=r"already accepted by chen\.jing"):
        STEPS[Move.WITHDRAW](in_state(State.ACCEPTED))
    with pytest.raises(Overtaken, match=r"on hold since .* by wang\.fang"):
        STEPS[Move.DELIVER](in_state(State.HELD))
    with pytest.raises(Overtaken, match="taken back or returned"):
        STEPS[Move.ACCEPT](in_state(State.OPEN))


class TestEvidence:
    duty = replace(a_duty(), terms=replace(a_duty().terms, evidence=(SHEET,)))

    def test_what_is_missing_is_named_and_nothing_is_delivered(self) -> None:
        with pytest.raises(Incomplete, match="Decoration sheet") as refusal:
            STEPS[Move.DELIVER](self.duty)
        assert len(refusal.value.problems) == 1

    def test_what_was_ticked_before_counts(self) -> None:
        ticked = transitions.drafted(self.duty, {"sheet": "yes"})
        assert STEPS[Move.DELIVER](ticked).deliveries[0].evidence == {"sheet": "yes"}
        assert transitions.drafted(ticked, {"sheet": " "}).draft == {}

    def test_taking_back_and_returning_keep_it_as_the_draft(self) -> None:
        delivered = STEPS[Move.DELIVER](transitions.drafted(self.duty, {"sheet": "yes"}))
        assert delivered.draft == {}
        assert transitions.withdrawn(delivered).draft == {"sheet": "yes"}
        assert STEPS[Move.RETURN](delivered).draft == {"sheet": "yes"}

    def test_a_value_that_no_field_allows_is_refused(self) -> None:
        with pytest.raises(Incomplete, match="no field “colour”"):
            transitions.drafted(self.duty, {"colour": "red"})


class TestClaims:
    def deliver(self, claimed_at: datetime, earliest_at: datetime, duty: Duty | None = None) -> Duty:
        return transitions.delivered(
            duty or a_duty(),
            {},
            by="wang.fang",
            now=NOW,
            accept_by_at=LIMIT,
            claimed_at=claimed_at,
            earliest_at=earliest_at,
        )

    def test_a_claim_may_lie_before_the_registration_but_not_before_the_event(self) -> None:
        event_at = local("2026-11-16 09:00")
        assert self.deliver(event_at, event_at).deliveries[0].claimed_at == event_at
        with pytest.raises(UsageError, match="must lie between"):
            self.deliver(event_at - timedelta(seconds=1), event_at)
        with pytest.raises(UsageError, match="must lie between"):
            self.deliver(NOW + timedelta(seconds=1), event_at)

    def test_a_claim_never_lies_before_the_last_return(self) -> None:
        back = transitions.returned(in_state(State.DELIVERED), "unsigned", by="chen.jing", now=NOW)
        with pytest.raises(UsageError, match="must lie between"):
            self.deliver(NOW - timedelta(hours=1), local("2026-11-16 09:00"), back)

    def test_a_claim_counts_only_when_a_person_confirms_it(self) -> None:
        claimed_at = local("2026-11-17 09:00")
        delivered = self.deliver(claimed_at, claimed_at)
        plain = transitions.accepted(delivered, by="chen.jing", now=NOW)
        confirmed = transitions.accepted(delivered, by="chen.jing", now=NOW, confirm_claim=True)
        silent = transitions.accepted(delivered, by=SYSTEM, now=LIMIT, confirm_claim=True)
        assert [duty.deliveries[0].counts_at for duty in (plain, confirmed, silent)] == [NOW, claimed_at, NOW]


class TestSilence:
    def test_a_verdict_at_the_limit_still_counts(self) -> None:
        duty = in_state(State.DELIVERED)
        assert transitions.by_silence(duty, LIMIT) == duty

    def test_a_moment_later_silence_has_accepted_at_the_limit(self) -> None:
        duty = transitions.by_silence(in_state(State.DELIVERED), LIMIT + timedelta(days=9))
        assert (duty.state, duty.accepted_at, duty.accepted_by) == (State.ACCEPTED, LIMIT, SYSTEM)
        assert duty.closed_at == LIMIT

    @pytest.mark.parametrize("state", [state for state in State if state is not State.DELIVERED])
    def test_silence_judges_deliveries_only(self, state: State) -> None:
        duty = in_state(state)
        assert transitions.by_silence(duty, LIMIT + timedelta(days=9)) == duty


def test_nobody_judges_their_own_delivery() -> None:
    with pytest.raises(IllegalTransition, match="delivered by you"):
        transitions.accepted(in_state(State.DELIVERED), by="wang.fang", now=NOW)


def test_a_return_keeps_the_delivery_with_its_reason() -> None:
    back = STEPS[Move.RETURN](in_state(State.DELIVERED))
    assert back.was_returned
    assert back.delivered_at is None
    assert (back.deliveries[0].returned_at, back.deliveries[0].reason) == (NOW, "unsigned")


@pytest.mark.parametrize("reason", ["", "  \n", "x" * (transitions.LONGEST_NOTE + 1)])
def test_a_return_without_a_reason_is_refused(reason: str) -> None:
    with pytest.raises(UsageError, match="reason"):
        transitions.returned(in_state(State.DELIVERED), reason, by="chen.jing", now=NOW)


def test_reopening_counts_as_a_return_and_forgets_verdict_and_rating() -> None:
    duty = STEPS[Move.REOPEN](in_state(State.ACCEPTED))
    assert duty.was_returned
    assert (duty.accepted_at, duty.accepted_by, duty.closed_at, duty.rating) == (None, "", None, None)


def test_reopening_what_was_missed_keeps_its_earlier_return() -> None:
    returned = STEPS[Move.RETURN](in_state(State.DELIVERED))
    missed = transitions.missed(returned, now=LIMIT)
    again = transitions.reopened(missed, "still needed", by="sun.hua", now=LIMIT)
    assert again.deliveries == returned.deliveries


@pytest.mark.parametrize("move", [Move.WAIVE, Move.CANCEL, Move.MISS, Move.HAND_OVER])
def test_whatever_ends_a_duty_ends_its_hold(move: Move) -> None:
    assert STEPS[move](in_state(State.HELD)).holds[0].end_at == NOW


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001])
def test_a_note_has_a_text(text: str) -> None:
    with pytest.raises(UsageError, match="1 to 4000"):
        transitions.noted(a_duty(), text, by="wang.fang", now=NOW)


def test_a_note_may_be_written_in_every_state() -> None:
    for state in State:
        assert transitions.noted(in_state(state), " seen ", by="wang.fang", now=NOW).notes[-1].text == "seen"


class TestHolds:
    held = in_state(State.HELD)

    def test_a_hold_counts_until_somebody_objects(self) -> None:
        assert self.held.holds[0].counts
        assert not holds_and_waivers.objected(self.held, reason="we gave it", by="chen.jing").holds[0].counts

    @pytest.mark.parametrize("confirmed", [True, False])
    def test_the_head_decides_on_an_objection(self, confirmed: bool) -> None:
        objected = holds_and_waivers.objected(self.held, reason="we gave it", by="chen.jing")
        judged = holds_and_waivers.hold_judged(objected, confirmed=confirmed, by="sun.hua")
        assert judged.holds[0].counts is confirmed
        with pytest.raises(Overtaken, match=r"sun\.hua"):
            holds_and_waivers.hold_judged(judged, confirmed=not confirmed, by="sun.hua")
        with pytest.raises(Overtaken, match=r"chen\.jing"):
            holds_and_waivers.objected(judged, reason="again", by="sun.li")

    def test_a_hold_nobody_objects_to_needs_no_verdict(self) -> None:
        with pytest.raises(IllegalTransition, match="Nobody has objected"):
            holds_and_waivers.hold_judged(self.held, confirmed=True, by="sun.hua")

    @pytest.mark.parametrize("state", [State.OPEN, State.ACCEPTED, State.MISSED])
    def test_there_must_be_a_hold_that_still_matters(self, state: State) -> None:
        with pytest.raises(IllegalTransition, match="no hold"):
            holds_and_waivers.objected(in_state(state), reason="what", by="chen.jing")


class TestWaivers:
    asked = holds_and_waivers.waiver_asked(a_duty(), code="agreed", reason="fire", by="wang.fang", now=NOW)

    def test_asking_changes_no_state(self) -> None:
        assert self.asked.state is State.OPEN
        with pytest.raises(Overtaken, match=r"already asked"):
            holds_and_waivers.waiver_asked(self.asked, code="agreed", reason="fire", by="zhao.lei", now=NOW)

    def test_a_granted_request_waives_the_duty(self) -> None:
        granted = holds_and_waivers.waiver_granted(self.asked, answer=" ok ", by="sun.hua", now=NOW)
        assert granted.state is State.WAIVED
        assert granted.waiver == Waiver(
            asked_at=NOW,
            asked_by="wang.fang",
            code="agreed",
            reason="fire",
            granted=True,
            decided_at=NOW,
            decided_by="sun.hua",
            answer="ok",
        )

    def test_refusing_leaves_it_owed_and_one_may_ask_again(self) -> None:
        refused = holds_and_waivers.waiver_refused(self.asked, answer="no", by="sun.hua", now=NOW)
        assert refused.state is State.OPEN
        with pytest.raises(Overtaken, match="already decided"):
            holds_and_waivers.waiver_granted(refused, answer="", by="sun.hua", now=NOW)
        again = holds_and_waivers.waiver_asked(refused, code="agreed", reason="fire", by="wang.fang", now=NOW)
        assert again.waiver is not None
        assert again.waiver.granted is None

    def test_there_must_be_a_wish_to_decide_on(self) -> None:
        with pytest.raises(IllegalTransition, match="Nobody has asked"):
            holds_and_waivers.waiver_granted(a_duty(), answer="", by="sun.hua", now=NOW)

    def test_what_was_delivered_meanwhile_is_not_waived(self) -> None:
        delivered = STEPS[Move.DELIVER](self.asked)
        with pytest.raises(Overtaken, match="already delivered"):
            holds_and_waivers.waiver_granted(delivered, answer="", by="sun.hua", now=NOW)
