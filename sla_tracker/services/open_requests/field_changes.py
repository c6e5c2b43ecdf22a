"""Use cases of a request's fields: change them, object, decide on an objection.

Every change is kept on record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sla_tracker.domain.agreements.fields import problems_with
from sla_tracker.domain.duties.duty import OWED, Duty, FieldChange
from sla_tracker.domain.duties.states import JUDGED_BY_DUE
from sla_tracker.domain.duties.transitions import reason_given
from sla_tracker.domain.people import Actor
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import (
    N_,
    IllegalTransition,
    Incomplete,
    Overtaken,
    Refused,
    SlaError,
    UsageError,
    Who,
)
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.actions import DutyAction, apply
from sla_tracker.services.duties.claimed_times import must_be_in_open_month
from sla_tracker.services.duties.current_deadline import due_now, is_in_closed_month
from sla_tracker.services.duties.saving import save_duty
from sla_tracker.services.open_requests.clocks import request_terms_of
from sla_tracker.services.open_requests.recounting import recounted
from sla_tracker.services.ports import Writing
from sla_tracker.services.turns.chains import chain_of


def change_fields(
    context: ServiceContext, actor: Actor, duty_id: str, values: Mapping[str, str], reason: str
) -> Duty:
    """Change fields of an open duty's request, with a reason; both sides are told.

    A shorter limit counts from now and never makes the due later. A longer one counts from the start of the clock, if
    the due has not passed yet. Raises Refused for a duty without such fields, Incomplete for wrong values.
    """

    def step(tx: Writing, duty: Duty, now: datetime) -> Duty:
        changes = tuple(_changes(context, actor, duty, values, reason, now))
        return recounted(context, tx, replace(duty, field_changes=(*duty.field_changes, *changes)))

    return apply(context, actor, duty_id, DutyAction(Right.CHANGE_REQUEST, Verb.CHANGED_FIELD, step, reason))


def _changes(
    context: ServiceContext, actor: Actor, duty: Duty, values: Mapping[str, str], reason: str, now: datetime
) -> list[FieldChange]:
    _must_be_open(duty)
    fields = request_terms_of(duty).fields
    if not fields:
        raise Refused(
            N_("“{title}” ({ref}) was asked for without fields that could be changed."),
            title=duty.title,
            ref=duty.reference,
        )
    given = {id: value.strip() for id, value in values.items()}
    required = [field for field in fields if field.required and given.get(field.id) == ""]
    problems = [
        *problems_with(fields, given, complete=False),
        *problems_with(required, {}),
    ]
    if problems:
        raise Incomplete(
            N_("The fields of “{title}” cannot be changed like this:"), tuple(problems), title=duty.title
        )
    changed = {id: value for id, value in given.items() if duty.fields.get(id, "") != value}
    if not changed:
        raise UsageError(N_("Nothing would change: “{title}” has these values already."), title=duty.title)
    answer_runs = duty.answered_at is None and (duty.answer_due_at is None or now <= duty.answer_due_at)
    return [
        FieldChange(
            field=id,
            old=duty.fields.get(id, ""),
            new=value,
            at=now,
            by=actor.id,
            side=actor.department,
            reason=reason_given(reason),
            moves_due=now <= due_now(context, duty, now).due_at,
            moves_answer=answer_runs,
        )
        for id, value in changed.items()
    ]


def _must_be_open(duty: Duty) -> None:
    if duty.state not in OWED or not duty.request:
        raise IllegalTransition(
            N_("“{title}” ({ref}) is no open request; its fields do not change any more."),
            title=duty.title,
            ref=duty.reference,
        )


def objectable_field_changes(duty: Duty) -> tuple[FieldChange, ...]:
    """Return the provider's changes to which the consumer can object now.

    These are the changes that choose the limits, the latest first, whatever was changed with them or since. Without any
    it is the last change, unless that one belongs to a change of the limits, which decides.
    """
    if not duty.is_live or not duty.field_changes:
        return ()
    limits_by, last = request_terms_of(duty).limits_by, duty.field_changes[-1]
    own = [one for one in duty.field_changes if one.side == duty.provider]
    limits = [one for one in own if one.field == limits_by]
    found = tuple(one for one in reversed(limits) if not one.objected_by)
    is_free = last.side == duty.provider and not last.objected_by
    return found or ((last,) if is_free and all(one.at != last.at for one in limits) else ())


def pending_field_changes(duty: Duty) -> tuple[FieldChange, ...]:
    """Return the changes with an objection to decide on, the earliest first.

    An objection is decided on after the verdict, too, because the delivery is judged by the limit, and after a
    hand-over, because who gave it is.
    """
    return tuple(one for one in duty.field_changes if one.is_pending) if duty.state in JUDGED_BY_DUE else ()


def object_to_change(
    context: ServiceContext, actor: Actor, duty_id: str, reason: str, *, shown: FieldChange | None = None
) -> Duty:
    """Object to the provider's change of a field, as the consumer.

    The change is the one `shown`, else the latest that chooses the limits. It counts only if the consumer's head
    confirms it; until then the limits are as before.
    """

    def step(tx: Writing, duty: Duty, _now: datetime) -> Duty:
        change = next((one for one in objectable_field_changes(duty) if _is_same(one, shown)), None)
        if change is None:
            raise _nothing_to_object_to(duty, shown)
        objected = replace(change, objected_by=actor.id, objection=reason_given(reason))
        return recounted(context, tx, _with_change(duty, change, objected))

    return apply(context, actor, duty_id, DutyAction(Right.OBJECT, Verb.OBJECTED_FIELD, step, reason))


def _nothing_to_object_to(duty: Duty, shown: FieldChange | None) -> SlaError:
    objected = [one for one in duty.field_changes if one.objected_by and _is_same(one, shown)]
    if duty.is_live and objected:
        return Overtaken(
            N_("{by} has already objected to this change of “{title}” ({ref})."),
            by=Who(objected[-1].objected_by),
            title=duty.title,
            ref=duty.reference,
        )
    return IllegalTransition(
        N_("“{title}” ({ref}) has no change of its provider to object to."),
        title=duty.title,
        ref=duty.reference,
    )


def judge_change(
    context: ServiceContext, actor: Actor, duty_id: str, *, confirmed: bool, shown: FieldChange | None = None
) -> Duty:
    """Confirm or refuse a changed field that was objected to, as the consumer's head.

    The change is the one `shown`, else the earliest. What was handed over since follows it.
    """

    def step(tx: Writing, duty: Duty, _now: datetime) -> Duty:
        change = next((one for one in pending_field_changes(duty) if _is_same(one, shown)), None)
        if change is None:
            raise _nothing_to_judge(duty, shown)
        decided = replace(change, confirmed=confirmed, confirmed_by=actor.id)
        judged = _with_change(duty, change, decided)
        if not duty.is_live:
            must_be_in_open_month(tx, duty)
        judged = recounted(context, tx, judged) if duty.is_live or confirmed else judged
        for taken in chain_of(tx, judged)[1:]:
            _follow(context, tx, taken, decided, judged)
        return judged

    what = Verb.CONFIRMED_FIELD if confirmed else Verb.REFUSED_FIELD
    return apply(context, actor, duty_id, DutyAction(Right.CONFIRM_HOLD, what, step))


def _follow(context: ServiceContext, tx: Writing, taken: Duty, decided: FieldChange, giver: Duty) -> None:
    """Store a decision with what was handed over; its fields and limits follow."""
    if is_in_closed_month(tx, taken):
        return
    others = [one for one in taken.field_changes if not _is_same(one, decided)]
    changes = tuple(sorted((*others, decided), key=lambda one: one.at))
    followed = recounted(context, tx, replace(taken, field_changes=changes))
    save_duty(context, tx, replace(followed, answer_due_at=giver.answer_due_at))


def _nothing_to_judge(duty: Duty, shown: FieldChange | None) -> SlaError:
    decided = [one for one in duty.field_changes if one.confirmed is not None and _is_same(one, shown)]
    if decided:
        return Overtaken(
            N_("{by} has already decided on this change of “{title}” ({ref})."),
            by=Who(decided[-1].confirmed_by),
            title=duty.title,
            ref=duty.reference,
        )
    return IllegalTransition(
        N_("Nobody has objected to a change of “{title}” ({ref})."),
        title=duty.title,
        ref=duty.reference,
    )


def _is_same(change: FieldChange, shown: FieldChange | None) -> bool:
    """Return whether a change is the one that was shown; any is where none was."""
    return shown is None or (change.field, change.at) == (shown.field, shown.at)


def _with_change(duty: Duty, old: FieldChange, new: FieldChange) -> Duty:
    return replace(duty, field_changes=tuple(new if one is old else one for one in duty.field_changes))
