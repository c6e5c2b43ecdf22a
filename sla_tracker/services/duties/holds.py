"""Use cases of holds: hold, resume, object, and decide as the consumer's head."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from difflib import SequenceMatcher

from sla_tracker.domain.duties import holds_and_waivers
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.people import Actor
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, NeedsConfirmation, NotFound, Refused
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.actions import DutyAction, apply
from sla_tracker.services.duties.claimed_times import must_be_in_open_month
from sla_tracker.services.duties.current_deadline import excused
from sla_tracker.services.ports import Writing

LIKENESS = 0.8  # least difflib ratio at which a text is taken for a mistyped name
LONGEST_SHORT_NAME = 4  # characters; Chinese names have two to four


def hold(
    context: ServiceContext, actor: Actor, duty_id: str, *, waits_for: str, reason: str, again: bool = False
) -> Duty:
    """Put a duty on hold, with the party it waits for and the reason.

    A known department or person is stored by id; any other party, such as a bank, as typed. Raises Refused for the
    duty's own department and its people, and NeedsConfirmation for what is almost a known name, unless `again`.
    """
    party = _id_of(context, waits_for)

    def step(_tx: Writing, duty: Duty, now: datetime) -> Duty:
        held = holds_and_waivers.held(duty, waits_for=party, reason=reason, by=actor.id, now=now)
        _must_be_somebody_else(context, duty, party)
        if not again:
            _ask_if_mistyped(context, party)
        return held

    return apply(context, actor, duty_id, DutyAction(Right.HOLD, Verb.HELD, step, reason))


def _id_of(context: ServiceContext, waits_for: str) -> str:
    for find in (context.catalogue.department, context.person):
        with suppress(NotFound):
            return find(waits_for.strip()).id
    return waits_for


def _must_be_somebody_else(context: ServiceContext, duty: Duty, party: str) -> None:
    person = context.people.get(party)
    if duty.provider == party or (person is not None and person.department == duty.provider):
        raise Refused(
            N_(
                "A duty is on hold only for somebody outside its own department, and {party} is not; what one's own "
                "people have not done stops no clock."
            ),
            party=context.party(party),
        )


def _ask_if_mistyped(context: ServiceContext, party: str) -> None:
    """Raise NeedsConfirmation when a party is probably a mistyped name.

    A name is probably mistyped when it is unknown and a known one is almost the same.
    """
    departments, people = context.catalogue.departments, context.people
    if party in departments or party in people:
        return
    names = {name: id for id, one in departments.items() for name in (id, one.name.zh, one.name.get("en"))}
    names |= {name: id for id, one in people.items() for name in (id, one.name)}
    meant = next((name for name in names if _is_nearly(party.strip().casefold(), name.casefold())), "")
    if meant:
        raise NeedsConfirmation(
            N_(
                "“{typed}” is neither a department nor a person here. Did you mean “{meant}”? Wait for it as typed?"
            ),
            typed=party,
            meant=meant,
        )


def _is_nearly(typed: str, name: str) -> bool:
    """Return whether a text is probably a mistyped name.

    In a short text a single different letter makes another name.
    """
    wrong = sum(one != other for one, other in zip(typed, name, strict=False))
    if len(typed) == len(name) <= LONGEST_SHORT_NAME:
        return wrong <= 1 < len(name)
    return SequenceMatcher(None, typed, name).ratio() >= LIKENESS


def resume(context: ServiceContext, actor: Actor, duty_id: str) -> Duty:
    """End a hold; its working time is added to the deadline."""
    return apply(context, actor, duty_id, resume_action())


def resume_action() -> DutyAction:
    """Return the action of ending a hold."""
    return DutyAction(
        Right.HOLD, Verb.RESUMED, lambda _tx, duty, now: holds_and_waivers.resumed(duty, now=now)
    )


def object_to(
    context: ServiceContext, actor: Actor, duty_id: str, reason: str, *, began_at: datetime | None = None
) -> Duty:
    """Object to the hold that began then, else to the latest without an objection.

    The hold then excuses nothing unless the consumer's head confirms it.
    """

    def step(_tx: Writing, duty: Duty, _now: datetime) -> Duty:
        return holds_and_waivers.objected(duty, reason=reason, by=actor.id, began_at=began_at)

    return apply(context, actor, duty_id, DutyAction(Right.OBJECT, Verb.OBJECTED, step, reason))


def confirm(context: ServiceContext, actor: Actor, duty_id: str, *, began_at: datetime | None = None) -> Duty:
    """Confirm a hold after an objection; it counts from its beginning.

    Without `began_at` the earliest hold that waits for a decision is meant, as in `refuse`.
    """
    return _judge(context, actor, duty_id, Verb.CONFIRMED_HOLD, began_at)


def refuse(context: ServiceContext, actor: Actor, duty_id: str, *, began_at: datetime | None = None) -> Duty:
    """Refuse a hold after an objection; it excuses nothing."""
    return _judge(context, actor, duty_id, Verb.REFUSED_HOLD, began_at)


def _judge(
    context: ServiceContext, actor: Actor, duty_id: str, what: Verb, began_at: datetime | None
) -> Duty:
    confirmed = what is Verb.CONFIRMED_HOLD

    def step(tx: Writing, duty: Duty, _now: datetime) -> Duty:
        judged = holds_and_waivers.hold_judged(duty, confirmed=confirmed, by=actor.id, began_at=began_at)
        if duty.is_live:
            return judged
        # Nobody acts on it any more, so saving leaves its deadline alone; but it is judged by it.
        must_be_in_open_month(tx, duty)
        return excused(context, tx, judged) if confirmed else judged

    return apply(context, actor, duty_id, DutyAction(Right.CONFIRM_HOLD, what, step))
