"""A duty goes to another department with its consent: a linked duty with its own clock."""

from __future__ import annotations

import pytest

from sla_tracker.domain.duties.duty import Duty, Opened, State
from sla_tracker.domain.duties.handover import Offer, OfferState
from sla_tracker.domain.measures.outcome import Outcome, outcome_of
from sla_tracker.errors import Forbidden, IllegalTransition, Overtaken, Refused, UsageError
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import handovers
from sla_tracker.services.duties import operations
from sla_tracker.services.lookup.references import existing
from sla_tracker.testing.company import local, set_clock
from tests.services.acts import TICKED, delivered, sheet, stored, who


def offered(context: ServiceContext, **given: int) -> Offer:
    duty = sheet(context)
    return handovers.offer(
        context, who(context, "wang.fang"), duty.id, "service", reason="the car is there", **given
    )


def test_until_it_is_agreed_nothing_changes(context: ServiceContext) -> None:
    offer = offered(context)
    duty = context.store.read(lambda tx: existing(tx, Duty, offer.duty))
    assert (duty.state, duty.provider) == (State.OPEN, "sales")
    assert handovers.pending(context, "service") == handovers.pending(context, "sales") == [offer]


def test_agreed_it_has_a_clock_of_its_own(context: ServiceContext) -> None:
    offer = offered(context, within=2)
    set_clock(context, "2026-11-23 09:00")
    given, linked = handovers.consent(context, who(context, "zhou.min"), offer.id)
    assert (given.state, given.handed_to) == (State.HANDED_OVER, linked.id)
    assert (linked.provider, linked.consumer, linked.handed_from) == ("service", "finance", given.id)
    assert (linked.due_at, linked.terms.opened) == (local("2026-11-25 18:00"), Opened.HAND_OVER)
    assert (linked.event, linked.subject, linked.terms.evidence) == (
        given.event,
        given.subject,
        given.terms.evidence,
    )
    done = operations.deliver(context, who(context, "liu.yang"), linked.id, TICKED)
    assert not operations.accept(context, who(context, "chen.jing"), done.id).is_late(context.now())
    assert handovers.pending(context, "service") == []


def test_handed_over_late_it_stays_late(context: ServiceContext) -> None:
    offer = offered(context)
    set_clock(context, "2026-11-24 09:00")
    given, linked = handovers.consent(context, who(context, "zhou.min"), offer.id)
    assert outcome_of(given, context.now()) is Outcome.MISSED
    assert outcome_of(linked, context.now()) is Outcome.PENDING


def test_refused_it_stays_where_it_is(context: ServiceContext) -> None:
    offer = offered(context)
    refused = handovers.refuse(context, who(context, "zhou.min"), offer.id, "no room")
    assert (refused.state, refused.answer) == (OfferState.REFUSED, "no room")
    with pytest.raises(Overtaken, match="refused"):
        handovers.consent(context, who(context, "zhou.min"), offer.id)


def test_it_can_be_taken_back_until_it_is_decided(context: ServiceContext) -> None:
    offer = offered(context)
    assert handovers.withdraw(context, who(context, "li.na"), offer.id).state is OfferState.WITHDRAWN
    with pytest.raises(Overtaken, match="withdrawn"):
        handovers.consent(context, who(context, "zhou.min"), offer.id)


def test_what_was_delivered_meanwhile_is_not_taken_over(context: ServiceContext) -> None:
    offer = offered(context)
    operations.deliver(context, who(context, "wang.fang"), offer.duty, TICKED)
    with pytest.raises(Overtaken, match="already delivered"):
        handovers.consent(context, who(context, "zhou.min"), offer.id)
    assert handovers.pending(context, "service") == [offer]


@pytest.mark.parametrize("taker", ["sales", "finance"])
def test_it_goes_to_a_third_department(context: ServiceContext, taker: str) -> None:
    duty = sheet(context)
    with pytest.raises(Refused, match="third department"):
        handovers.offer(context, who(context, "wang.fang"), duty.id, taker, reason="x")


def test_it_is_offered_to_one_at_a_time(context: ServiceContext) -> None:
    offer = offered(context)
    with pytest.raises(Overtaken, match="already offered to Service"):
        handovers.offer(context, who(context, "wang.fang"), offer.duty, "warehouse", reason="x")


@pytest.mark.parametrize("within", [0, 61])
def test_the_days_are_within_reason(context: ServiceContext, within: int) -> None:
    with pytest.raises(UsageError, match="1 to 60"):
        offered(context, within=within)


def test_only_what_is_owed_is_offered(context: ServiceContext) -> None:
    with pytest.raises((IllegalTransition, Overtaken)):
        handovers.offer(context, who(context, "wang.fang"), delivered(context).id, "service", reason="x")


def test_the_owing_department_offers_and_the_other_consents(context: ServiceContext) -> None:
    duty = sheet(context)
    with pytest.raises(Forbidden, match="Sales"):
        handovers.offer(context, who(context, "chen.jing"), duty.id, "service", reason="x")
    offer = handovers.offer(context, who(context, "wang.fang"), duty.id, "service", reason="x")
    for person in ("liu.yang", "li.na", "sun.hua"):
        with pytest.raises(Forbidden, match="Service"):
            handovers.consent(context, who(context, person), offer.id)
        with pytest.raises(Forbidden, match="Service"):
            handovers.refuse(context, who(context, person), offer.id, "x")
    with pytest.raises(Forbidden, match="Sales"):
        handovers.withdraw(context, who(context, "zhou.min"), offer.id)
    assert stored(context, duty).state is State.OPEN
