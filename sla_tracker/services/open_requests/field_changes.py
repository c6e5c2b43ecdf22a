"""Use cases of a request's fields: change them, object, decide on an objection.

Changes are kept on record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sla_tracker.domain.agreements.fields import problems_with
from sla_tracker.domain.duties.duty import OWED, Duty, FieldChange
from sla_tracker.domain.duties.transitions import reason_given
from sla_tracker.domain.people import Actor
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, IllegalTransition, Incomplete, Overtaken, Refused, UsageError, Who
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.actions import DutyAction, apply
from sla_tracker.services.duties.current_deadline import due_now
from sla_tracker.services.open_requests.clocks import request_terms_of
from sla_tracker.services.open_requests.recounting import recounted
from sla_tracker.services.ports import Writing


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


def objectable_field_change(duty: Duty) -> FieldChange | None:
    """Return the last change, if it is one to which the consumer can object.

    It is if the provider's side made it.
    """
    last = duty.field_changes[-1] if duty.field_changes else None
    return last if last is not None and duty.is_live and last.side == duty.provider else None


def object_to_change(context: ServiceContext, actor: Actor, duty_id: str, reason: str) -> Duty:
    """Object to the provider's last change of a field, as the consumer.

    It counts only if the consumer's head confirms it; until then the limits are as before.
    """

    def step(tx: Writing, duty: Duty, _now: datetime) -> Duty:
        last = objectable_field_change(duty)
        if last is None:
            raise IllegalTransition(
                N_("“{title}” ({ref}) has no change of its provider to object to."),
                title=duty.title,
                ref=duty.reference,
            )
        if last.objected_by:
            raise Overtaken(
                N_("{by} has already objected to this change of “{title}” ({ref})."),
                by=Who(last.objected_by),
                title=duty.title,
                ref=duty.reference,
            )
        changed = replace(last, objected_by=actor.id, objection=reason_given(reason))
        return recounted(context, tx, _with_last(duty, changed))

    return apply(context, actor, duty_id, DutyAction(Right.OBJECT, Verb.OBJECTED_FIELD, step, reason))


def judge_change(context: ServiceContext, actor: Actor, duty_id: str, *, confirmed: bool) -> Duty:
    """Confirm or refuse a changed field that was objected to, as the consumer's head."""

    def step(tx: Writing, duty: Duty, _now: datetime) -> Duty:
        last = objectable_field_change(duty)
        if last is None or not last.objected_by:
            raise IllegalTransition(
                N_("Nobody has objected to a change of “{title}” ({ref})."),
                title=duty.title,
                ref=duty.reference,
            )
        if last.confirmed is not None:
            raise Overtaken(
                N_("{by} has already decided on this change of “{title}” ({ref})."),
                by=Who(last.confirmed_by),
                title=duty.title,
                ref=duty.reference,
            )
        changed = replace(last, confirmed=confirmed, confirmed_by=actor.id)
        return recounted(context, tx, _with_last(duty, changed))

    what = Verb.CONFIRMED_FIELD if confirmed else Verb.REFUSED_FIELD
    return apply(context, actor, duty_id, DutyAction(Right.CONFIRM_HOLD, what, step))


def _with_last(duty: Duty, change: FieldChange) -> Duty:
    return replace(duty, field_changes=(*duty.field_changes[:-1], change))
