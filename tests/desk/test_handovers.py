"""A duty goes to another department with its consent: a linked duty with its own clock."""

from __future__ import annotations

import pytest

from sla_tracker.core.duty import Duty, Opened, State
from sla_tracker.core.handover import Offer, OfferState
from sla_tracker.core.scorecard import is_good
from sla_tracker.desk import duties, handovers
from sla_tracker.desk.desk import Desk, existing
from sla_tracker.errors import Forbidden, IllegalTransition, Overtaken, Refused, UsageError
from sla_tracker.testing.company import local, set_clock
from tests.desk.acts import TICKED, delivered, sheet, stored, who


def offered(desk: Desk, **given: int) -> Offer:
    duty = sheet(desk)
    return handovers.offer(
        desk, who(desk, "wang.fang"), duty.id, "service", reason="the car is there", **given
    )


def test_until_it_is_agreed_nothing_changes(desk: Desk) -> None:
    offer = offered(desk)
    duty = desk.store.read(lambda tx: existing(tx, Duty, offer.duty))
    assert (duty.state, duty.provider) == (State.OPEN, "sales")
    assert handovers.pending(desk, "service") == handovers.pending(desk, "sales") == [offer]


def test_agreed_it_has_a_clock_of_its_own(desk: Desk) -> None:
    offer = offered(desk, within=2)
    set_clock(desk, "2026-11-23 09:00")
    given, linked = handovers.consent(desk, who(desk, "zhou.min"), offer.id)
    assert (given.state, given.handed_to) == (State.HANDED_OVER, linked.id)
    assert (linked.provider, linked.consumer, linked.handed_from) == ("service", "finance", given.id)
    assert (linked.due_at, linked.terms.opened) == (local("2026-11-25 18:00"), Opened.HAND_OVER)
    assert (linked.event, linked.subject, linked.terms.evidence) == (
        given.event,
        given.subject,
        given.terms.evidence,
    )
    done = duties.deliver(desk, who(desk, "liu.yang"), linked.id, TICKED)
    assert not duties.accept(desk, who(desk, "chen.jing"), done.id).is_late(desk.now())
    assert handovers.pending(desk, "service") == []


def test_handed_over_late_it_stays_late(desk: Desk) -> None:
    offer = offered(desk)
    set_clock(desk, "2026-11-24 09:00")
    given, linked = handovers.consent(desk, who(desk, "zhou.min"), offer.id)
    assert is_good(given, desk.now()) is False
    assert is_good(linked, desk.now()) is None


def test_refused_it_stays_where_it_is(desk: Desk) -> None:
    offer = offered(desk)
    refused = handovers.refuse(desk, who(desk, "zhou.min"), offer.id, "no room")
    assert (refused.state, refused.answer) == (OfferState.REFUSED, "no room")
    with pytest.raises(Overtaken, match="refused"):
        handovers.consent(desk, who(desk, "zhou.min"), offer.id)


def test_it_can_be_taken_back_until_it_is_decided(desk: Desk) -> None:
    offer = offered(desk)
    assert handovers.withdraw(desk, who(desk, "li.na"), offer.id).state is OfferState.WITHDRAWN
    with pytest.raises(Overtaken, match="withdrawn"):
        handovers.consent(desk, who(desk, "zhou.min"), offer.id)


def test_what_was_delivered_meanwhile_is_not_taken_over(desk: Desk) -> None:
    offer = offered(desk)
    duties.deliver(desk, who(desk, "wang.fang"), offer.duty, TICKED)
    with pytest.raises(Overtaken, match="already delivered"):
        handovers.consent(desk, who(desk, "zhou.min"), offer.id)
    assert handovers.pending(desk, "service") == [offer]


@pytest.mark.parametrize("taker", ["sales", "finance"])
def test_it_goes_to_a_third_department(desk: Desk, taker: str) -> None:
    duty = sheet(desk)
    with pytest.raises(Refused, match="third department"):
        handovers.offer(desk, who(desk, "wang.fang"), duty.id, taker, reason="x")


def test_it_is_offered_to_one_at_a_time(desk: Desk) -> None:
    offer = offered(desk)
    with pytest.raises(Overtaken, match="already offered to Service"):
        handovers.offer(desk, who(desk, "wang.fang"), offer.duty, "warehouse", reason="x")


@pytest.mark.parametrize("within", [0, 61])
def test_the_days_are_within_reason(desk: Desk, within: int) -> None:
    with pytest.raises(UsageError, match="1 to 60"):
        offered(desk, within=within)


def test_only_what_is_owed_is_offered(desk: Desk) -> None:
    with pytest.raises((IllegalTransition, Overtaken)):
        handovers.offer(desk, who(desk, "wang.fang"), delivered(desk).id, "service", reason="x")


def test_who_may(desk: Desk) -> None:
    duty = sheet(desk)
    with pytest.raises(Forbidden, match="Sales"):
        handovers.offer(desk, who(desk, "chen.jing"), duty.id, "service", reason="x")
    offer = handovers.offer(desk, who(desk, "wang.fang"), duty.id, "service", reason="x")
    for person in ("liu.yang", "li.na", "sun.hua"):
        with pytest.raises(Forbidden, match="Service"):
            handovers.consent(desk, who(desk, person), offer.id)
        with pytest.raises(Forbidden, match="Service"):
            handovers.refuse(desk, who(desk, person), offer.id, "x")
    with pytest.raises(Forbidden, match="Sales"):
        handovers.withdraw(desk, who(desk, "zhou.min"), offer.id)
    assert stored(desk, duty).state is State.OPEN
