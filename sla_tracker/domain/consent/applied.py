"""Applies agreements to the obligations that plugins declare, day by day.

Each declared trigger is valid until the day before the first agreed version; each version is a trigger of its own,
valid from its first day to the day before the next one's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

from sla_tracker.digests import sha256
from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.conditions import Condition
from sla_tracker.domain.agreements.known_triggers import kind_of
from sla_tracker.domain.agreements.obligation import (
    EVERY,
    AssumedPart,
    Obligation,
    OnEvent,
    OnRequest,
    Recurring,
    Trigger,
    TriggerKind,
)
from sla_tracker.domain.agreements.request_terms import BY_CONSUMER, Limit
from sla_tracker.domain.consent.agreed_version import AgreedVersion, TriggerVersion
from sla_tracker.domain.consent.agreement import (
    AgreedLimit,
    AgreedParts,
    Agreement,
    NewObligation,
    NewTrigger,
    Proposal,
    TermPart,
    versions_of,
)
from sla_tracker.domain.consent.limit_rows import declared_rows, parts_set, row_of, values_of, with_rows
from sla_tracker.domain.deadlines.calendar_rules import RecurringRule
from sla_tracker.domain.deadlines.due_rule import DueRule, Roll
from sla_tracker.domain.deadlines.rules import AtEvent, can_roll, roll_of, with_roll
from sla_tracker.domain.time.instants import ONE_DAY


def with_agreements(catalogue: Catalogue, agreements: Iterable[Agreement]) -> Catalogue:
    """Return the catalogue with what departments have agreed.

    Returns the given catalogue if nothing applies.
    """
    obligations, variants = dict(catalogue.obligations), dict(catalogue.variants)
    applied = []
    for one in sorted(agreements, key=lambda agreement: agreement.id):
        versions = () if one.ended_at is not None else versions_of(one)
        if not versions:
            continue
        if one.obligation not in obligations and one.created is not None and is_between(catalogue, one):
            obligations[one.obligation] = created_obligation(one, versions[0])
        bound = _bound(replace(catalogue, obligations=obligations, variants=variants), one)
        if bound is None:
            continue
        agreed = with_versions(bound, one, versions)
        if bound.is_shared:
            variants[one.obligation, one.provider] = agreed
        else:
            obligations[one.obligation] = agreed
        applied += [f"{one.id}/{version.number}" for version in versions]
    if not applied:
        return catalogue
    digest = sha256(" ".join((catalogue.digest, *applied)).encode()).hexdigest()
    return replace(catalogue, obligations=obligations, variants=variants, digest=digest)


def _bound(catalogue: Catalogue, agreement: Agreement) -> Obligation | None:
    """Return the obligation as it binds the agreement's provider.

    None if it no longer joins the two.
    """
    found = next(
        (one for one in catalogue.bound(agreement.obligation) if one.provider == agreement.provider), None
    )
    if found is None or found.retired or agreement.consumer not in found.owed_to(catalogue.departments):
        return None
    return found


def is_between(catalogue: Catalogue, agreement: Agreement) -> bool:
    """Return whether an agreement's obligation is owed between its two departments.

    An obligation that the agreement itself creates is, as long as both departments exist.
    """
    if agreement.created is not None:
        return {agreement.provider, agreement.consumer} <= catalogue.departments.keys()
    return _bound(catalogue, agreement) is not None


def created_obligation(agreement: Agreement, first: Proposal) -> Obligation:
    """Return the obligation that an agreement has created, no version applied yet."""
    created = agreement.created
    assert created is not None
    return Obligation(
        id=agreement.obligation,
        title=created.title,
        provider=agreement.provider,
        consumer=agreement.consumer,
        triggers=created_triggers(created, first.parts.limits),
        evidence=created.evidence,
        valid_from_on=first.first_on,
    )


def created_triggers(created: NewObligation, limits: Sequence[AgreedLimit] = ()) -> tuple[Trigger, ...]:
    """Return the triggers of a new obligation, each with its proposed limit."""
    usual = {one.trigger: one for one in limits if not one.value}
    return tuple(_created_trigger(created, one, usual) for one in created.opened_by)


def _created_trigger(created: NewObligation, new: NewTrigger, limits: Mapping[str, AgreedLimit]) -> Trigger:
    name = f"{new.trigger}:{new.id}" if new.id else new.trigger
    limit = limits.get(name, AgreedLimit(trigger=name))
    due: DueRule = limit.due or AtEvent()
    condition = new.condition.as_condition() if new.condition is not None else None
    if new.trigger == TriggerKind.ON_EVENT:
        return OnEvent(id=new.id, event_type=new.event_type, due=due, condition=condition)
    if new.trigger == TriggerKind.ON_REQUEST:
        return OnRequest(
            id=new.id,
            due=due,
            answer=limit.answer,
            fields=created.fields,
            limits_by=(created.limits_by if not new.id else "") or BY_CONSUMER,
            condition=condition,
        )
    return Recurring(id=new.id, due=due, about=new.about)


def with_proposed_rows(trigger: Trigger, parts: AgreedParts) -> Trigger:
    """Return the trigger of a new obligation with the proposed rows of limits.

    With these rows it can be shown and checked.
    """
    if not isinstance(trigger, OnRequest):
        return trigger
    rows = [
        Limit(
            values=(one.value,),
            due=one.due or trigger.due,
            answer=one.answer or trigger.answer,
            earliest=one.earliest,
            target=one.target,
        )
        for one in parts.limits
        if one.value in values_of(trigger)
    ]
    return with_rows(trigger, rows) if rows else trigger


def trigger_name(trigger: Trigger) -> str:
    """Return the name by which agreements refer to a trigger.

    The name is the kind, with the trigger's id if it has one.
    """
    kind = kind_of(trigger)
    return f"{kind}:{trigger.id}" if trigger.id else kind.value


def limit_of(
    parts: AgreedParts, trigger: Trigger, triggers: Sequence[Trigger], value: str = ""
) -> AgreedLimit | None:
    """Return what is agreed about a trigger or a row of its limits, or None.

    A limit without an id means the only trigger of its kind, so that an id given later changes nothing.
    """
    found = limits_of(parts, trigger, triggers)
    return next((one for one in found if one.value == value), None)


def limits_of(parts: AgreedParts, trigger: Trigger, triggers: Sequence[Trigger]) -> tuple[AgreedLimit, ...]:
    """Return all that is agreed about a trigger, rows of its limits included.

    `limit_of` says which trigger is meant.
    """
    name, kind = trigger_name(trigger), kind_of(trigger)
    alone = len({one.id for one in triggers if kind_of(one) == kind}) == 1
    return tuple(
        one
        for one in parts.limits
        if one.trigger == name or (alone and one.trigger.partition(":")[0] == kind)
    )


def with_versions(obligation: Obligation, agreement: Agreement, versions: Sequence[Proposal]) -> Obligation:
    """Return an obligation with the agreed versions of its triggers.

    Each is valid from its first day.
    """
    declared = [one for one in obligation.triggers if one.version is None]
    triggers: list[Trigger] = [one for one in obligation.triggers if one.version is not None]
    for place, trigger in enumerate(declared):
        spans = tuple(_spans(versions))
        if not any(
            version.parts.target is not None or limits_of(version.parts, trigger, declared)
            for version, _last_on in spans
        ):
            triggers.append(trigger)
            continue
        made = [
            _narrowed(agreed_trigger(trigger, version, declared, agreement, place), version.first_on, last_on)
            for version, last_on in spans
        ]
        if obligation.consumer in {"", EVERY}:
            # Each consumer has versions of its own. They stand first: the first that takes a request counts.
            asked = (_asked_by(one, agreement.consumer) for one in made)
            triggers += [*asked, trigger]
        else:
            triggers += [_narrowed(trigger, None, spans[0][0].first_on - ONE_DAY), *made]
    return replace(obligation, triggers=tuple(triggers))


def _spans(versions: Iterable[Proposal]) -> Iterator[tuple[Proposal, date | None]]:
    """Yield the versions that apply on some day, each with its last day.

    A later version replaces the earlier ones from its first day on.
    """
    found: list[Proposal] = []
    for version in versions:
        found = [one for one in found if one.first_on < version.first_on]
        found.append(version)
    yield from ((one, other.first_on - ONE_DAY) for one, other in pairwise(found))
    yield found[-1], None


def parts_of(version: Proposal, trigger: Trigger, declared: Sequence[Trigger]) -> tuple[TermPart, ...]:
    """Return the parts that a version sets of a trigger.

    They hold for everything that no row of its limits names.
    """
    parts = parts_set(limit_of(version.parts, trigger, declared))
    return parts if version.parts.target is None else (*parts, TermPart.TARGET)


def agreed_trigger(
    trigger: Trigger, version: Proposal, declared: Sequence[Trigger], agreement: Agreement, place: int
) -> Trigger:
    """Return a declared trigger as a version changes it, part by part and row by row."""
    parts = parts_of(version, trigger, declared)
    limit = limit_of(version.parts, trigger, declared) or AgreedLimit(trigger=trigger_name(trigger))
    named = parts
    if isinstance(trigger, OnRequest):
        trigger = _agreed_request(trigger, limit, agreement.consumer)
        trigger = _with_agreed_rows(trigger, version, declared)
        named = _agreed_in_every_row(trigger, parts)
    settled = {*named, AssumedPart.DAY} if TermPart.DUE in named else {*named}
    kept = AgreedVersion(
        agreement=agreement.id,
        version=version.number,
        agreed_at=version.decided_at or version.proposed_at,
        proposed_by=version.proposed_by,
        accepted_by=version.decided_by,
        first_on=version.first_on,
        last_on=version.last_on,
        parts=tuple(part.value for part in parts),
    )
    return replace(
        trigger,
        due=_agreed_rule(trigger.due, limit),
        assumed=tuple(part for part in trigger.assumed if part not in settled),
        set_by_admin=tuple(part for part in trigger.set_by_admin if part not in settled),
        agreed=(*trigger.agreed, AssumedPart.ROLL.value) if TermPart.ROLL in named else trigger.agreed,
        version=TriggerVersion(agreed=kept, place=place, target=version.parts.target),
    )


def _agreed_request(trigger: OnRequest, limit: AgreedLimit, consumer: str) -> OnRequest:
    """Return a trigger with the agreed times of its requests.

    The times hold for requests that no row of its limits names.
    """
    if limit.due is None and limit.answer is None and limit.earliest is None:
        return trigger
    own = trigger.for_consumer(consumer)
    return replace(own, answer=limit.answer or own.answer, earliest=limit.earliest or own.earliest)


def _with_agreed_rows(trigger: OnRequest, version: Proposal, declared: Sequence[Trigger]) -> OnRequest:
    """Return a trigger with the rows of its limits that a version sets.

    Each row is marked with what is agreed in it.
    """
    rows, own = [], {value for value, _row in declared_rows(trigger)}
    for value in values_of(trigger):
        limit = limit_of(version.parts, trigger, declared, value)
        if limit is None and value not in own:
            continue
        row, parts = row_of(trigger, value), parts_set(limit)
        if version.parts.target is not None and row.target is None and TermPart.TARGET not in parts:
            parts = (*parts, TermPart.TARGET)
        limit = limit or AgreedLimit(trigger="")
        rows.append(
            replace(
                row,
                values=(value,),
                due=_agreed_rule(row.due, limit),
                answer=limit.answer or row.answer,
                earliest=limit.earliest or row.earliest,
                target=row.target if limit.target is None else limit.target,
                agreed=tuple(part.value for part in parts),
            )
        )
    return with_rows(trigger, rows) if rows else trigger


def _agreed_in_every_row(trigger: OnRequest, parts: Sequence[TermPart]) -> tuple[TermPart, ...]:
    """Return the parts that are agreed in every row of a trigger's limits.

    They also have to be agreed for everything that no row names.
    """
    rows = [row.agreed for _value, row in declared_rows(trigger)]
    return tuple(part for part in parts if all(part.value in agreed for agreed in rows))


def _agreed_rule(declared: DueRule, limit: AgreedLimit) -> DueRule:
    """Return the rule with the agreed limit and roll.

    Roll and exceptions that are not agreed stay as declared.
    """
    rule = limit.due or declared
    if isinstance(rule, RecurringRule) and isinstance(declared, RecurringRule) and limit.due is not None:
        rule = replace(rule, left_out=declared.left_out, moved=declared.moved)
    roll = limit.roll or (roll_of(declared) if limit.due is not None else None)
    return with_roll(rule, roll) if roll is not None and can_take(rule, roll) else rule


def can_take(rule: DueRule, roll: Roll) -> bool:
    """Return whether a rule can have a roll: only a calendar's turn can be skipped."""
    return can_roll(rule) and (roll is not Roll.SKIP or isinstance(rule, RecurringRule))


def _asked_by(trigger: Trigger, consumer: str) -> Trigger:
    assert isinstance(trigger, OnRequest)  # only what is asked for has several consumers
    return replace(trigger, condition=replace(trigger.condition or Condition(), asked_by=(consumer,)))


def _narrowed(trigger: Trigger, first_on: date | None, last_on: date | None) -> Trigger:
    """Return a trigger valid only from a day until another; None changes nothing."""
    firsts = [day for day in (trigger.valid_from_on, first_on) if day is not None]
    lasts = [day for day in (trigger.valid_until_on, last_on) if day is not None]
    first, last = max(firsts, default=None), min(lasts, default=None)
    if first is not None and last is not None and last < first:
        last = first - ONE_DAY  # never valid; its place in the list stays
    return replace(trigger, valid_from_on=first, valid_until_on=last)
