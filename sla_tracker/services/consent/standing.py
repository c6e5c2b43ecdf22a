"""Tells how agreements stand: what is open, applies, is assumed, no longer fits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum

from sla_tracker.domain.agreements.known_triggers import kind_of
from sla_tracker.domain.agreements.obligation import Obligation, OnRequest, Trigger, assumed_parts
from sla_tracker.domain.agreements.request_terms import Limit
from sla_tracker.domain.consent.agreement import (
    AgreedLimit,
    AgreedParts,
    Agreement,
    Proposal,
    ProposalState,
    TermPart,
    version_on,
    versions_of,
)
from sla_tracker.domain.consent.applied import is_between, limit_of, limits_of, trigger_name
from sla_tracker.domain.consent.limit_rows import declared_rows, parts_set
from sla_tracker.domain.consent.notice import Contradiction
from sla_tracker.domain.deadlines.due import InWorkdays, deadline_after
from sla_tracker.domain.deadlines.rules import can_roll, roll_of
from sla_tracker.services.consent.parties import Parties, all_parties, created_parties
from sla_tracker.services.context import COMPANY, ServiceContext
from sla_tracker.services.ports import Reading
from sla_tracker.value_class import dataclass

LAPSES_AFTER = InWorkdays(workdays=20)


class TermsState(StrEnum):
    """How an obligation between two departments is settled.

    An obligation has the state of its most strongly settled part.
    """

    AGREED = "agreed"
    EXPIRED = "expired"
    ASSUMED = "assumed"
    DECLARED = "declared"
    PROPOSED = "proposed"


def lapses_at(context: ServiceContext, proposal: Proposal) -> datetime:
    """Return when a proposal lapses that nobody decides.

    It lapses at the close of the 20th workday after its day, by the company's calendar.
    """
    return deadline_after(LAPSES_AFTER, proposal.proposed_at, context.calendars[COMPANY]).due_at


def as_of(context: ServiceContext, agreement: Agreement, now: datetime) -> Agreement:
    """Return an agreement as it stands at an instant.

    A proposal that is stored as open may have lapsed by then.
    """
    proposal = agreement.open
    if proposal is None:
        return agreement
    ends_at = lapses_at(context, proposal)
    if now <= ends_at:
        return agreement
    lapsed = replace(proposal, state=ProposalState.LAPSED, decided_at=ends_at)
    return replace(
        agreement, proposals=tuple(lapsed if one is proposal else one for one in agreement.proposals)
    )


def agreement_between(
    context: ServiceContext, tx: Reading, obligation: str, provider: str, consumer: str, now: datetime
) -> Agreement | None:
    """Return the agreement of an obligation and two departments as of now.

    Returns None before any proposal.
    """
    found = tx.find(Agreement, obligation=obligation, provider=provider, consumer=consumer)
    return as_of(context, found[0], now) if found else None


def agreements_of(context: ServiceContext, department: str = "") -> list[Agreement]:
    """Return the agreements of a department, or all, as of now.

    Agreements with an open proposal come first; both groups are sorted by title.
    """
    now = context.now()
    found = context.store.read(lambda tx: tx.find(Agreement))
    own = [as_of(context, one, now) for one in found if not department or department in one.sides]
    return sorted(own, key=lambda one: (one.open is None, one.title.zh, one.provider, one.consumer, one.id))


def declared_of(context: ServiceContext, agreement: Agreement) -> Obligation | None:
    """Return the obligation of an agreement as plugin and settings have it.

    None if neither declares it.
    """
    bound = context.declared.bound(agreement.obligation)
    return next((one for one in bound if one.provider == agreement.provider), None)


def declared_parts(obligation: Obligation | None) -> AgreedParts:
    """Return what plugin and settings say of the parts that can be agreed."""
    if obligation is None:
        return AgreedParts()
    return AgreedParts(
        limits=tuple(limit for one in obligation.declared for limit in _limits_as_they_are(one)),
        target=obligation.target,
    )


def _limits_as_they_are(trigger: Trigger) -> Iterator[AgreedLimit]:
    """Yield the limits of a trigger, then those of each row that a field chooses."""
    request = trigger if isinstance(trigger, OnRequest) else None
    usual = Limit(
        due=trigger.due,
        answer=request.answer if request else None,
        earliest=request.earliest if request else None,
    )
    for value, one in (("", usual), *declared_rows(trigger)):
        yield AgreedLimit(
            trigger=trigger_name(trigger),
            value=value,
            due=one.due,
            answer=one.answer,
            earliest=one.earliest,
            roll=roll_of(one.due) if can_roll(one.due) else None,
            target=one.target,
        )


def present_parts(parties: Parties, on: date) -> AgreedParts:
    """Return limits and target as they are on a day, for a proposal to begin with.

    A proposal of only these changes nothing.
    """
    found = tuple(
        limit
        for one in present_triggers(parties, on)
        for limit in _limits_as_they_are(_for_consumer(one, parties))
    )
    agreed = [one.version.target for one in present_triggers(parties, on) if one.version is not None]
    target = next((one for one in agreed if one is not None), parties.obligation.target)
    return AgreedParts(limits=found, target=target)


def _for_consumer(trigger: Trigger, parties: Parties) -> Trigger:
    return trigger.for_consumer(parties.consumer) if isinstance(trigger, OnRequest) else trigger


def present_triggers(parties: Parties, on: date) -> tuple[Trigger, ...]:
    """Return each declared trigger as it is on a day for a consumer.

    Where an agreed version applies on that day, it replaces the declared one.
    """
    obligation, found = parties.obligation, []
    for place, declared in enumerate(obligation.declared):
        versions = [
            one
            for one in obligation.triggers
            if one.version is not None
            and one.version.place == place
            and _is_for(one, parties.consumer)
            and obligation.validity_of(one).has(on)
        ]
        found.append(versions[0] if versions else declared)
    return tuple(found)


def _is_for(trigger: Trigger, consumer: str) -> bool:
    condition = trigger.condition if isinstance(trigger, OnRequest) else None
    return condition is None or not condition.asked_by or consumer in condition.asked_by


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyTerms:
    """An obligation between two departments and how it stands on a day.

    The day is today, or the one on which an agreed version begins. `assumed` are the parts that nobody has agreed,
    `set_by_admin` those of them that the settings set; `version` is the agreed one that applies, `agreement` the record
    of it and of its proposals. `is_only_proposed` says of a new obligation that it exists only once the open proposal
    is accepted.
    """

    parties: Parties
    on: date
    assumed: tuple[str, ...] = ()
    set_by_admin: tuple[str, ...] = ()
    agreement: Agreement | None = None
    version: Proposal | None = None
    is_only_proposed: bool = False

    @property
    def standing(self) -> TermsState:
        """Return how it stands; what is partly assumed counts as assumed."""
        if self.is_only_proposed:
            return TermsState.PROPOSED
        if self.assumed:
            return TermsState.ASSUMED
        if self.version is None:
            return TermsState.DECLARED
        return TermsState.EXPIRED if is_expired(self.version, self.on) else TermsState.AGREED


def is_expired(version: Proposal, on: date) -> bool:
    """Return whether a version goes on after its last day."""
    return version.last_on is not None and version.last_on < on


def party_terms(context: ServiceContext, department: str = "") -> list[PartyTerms]:
    """Return how everything between a department, or all, and others stands today."""
    now = context.now()
    on = now.astimezone(context.settings.zone).date()
    agreements = agreements_of(context, department)
    by_sides = {(one.obligation, *one.sides): one for one in agreements}
    existing = [
        _terms_of(parties, by_sides.get((parties.obligation.id, *parties.sides)), on)
        for parties in all_parties(context)
        if not department or department in parties.sides
    ]
    return [*existing, *(_only_proposed(one, on) for one in agreements if _is_only_proposed(context, one))]


def terms_between(context: ServiceContext, agreement: Agreement) -> PartyTerms | None:
    """Return how the obligation of an agreement stands.

    None if it does not join its departments any more.
    """
    found = party_terms(context, agreement.provider)
    return next((one for one in found if one.agreement and one.agreement.id == agreement.id), None)


def _is_only_proposed(context: ServiceContext, agreement: Agreement) -> bool:
    return agreement.open is not None and agreement.obligation not in context.catalogue.obligations


def _only_proposed(agreement: Agreement, on: date) -> PartyTerms:
    assert agreement.open is not None
    parties = created_parties(agreement, agreement.open)
    return PartyTerms(parties=parties, on=on, agreement=agreement, is_only_proposed=True)


def _terms_of(parties: Parties, agreement: Agreement | None, today: date) -> PartyTerms:
    stands = versions_of(agreement) if agreement is not None and agreement.ended_at is None else ()
    on = max([today, *(one.first_on for one in stands)])
    triggers = present_triggers(parties, on)
    version = version_on(agreement, on) if agreement is not None and stands else None
    return PartyTerms(
        parties=parties,
        on=on,
        assumed=tuple(dict.fromkeys(part for one in triggers for part in assumed_parts(one))),
        set_by_admin=tuple(dict.fromkeys(part for one in triggers for part in one.set_by_admin)),
        agreement=agreement,
        version=version,
    )


def assumed_terms(context: ServiceContext, department: str) -> list[PartyTerms]:
    """Return what is only assumed between a department and others."""
    return [one for one in party_terms(context, department) if one.standing is TermsState.ASSUMED]


def contradictions(context: ServiceContext, agreements: Iterable[Agreement]) -> Iterator[Contradiction]:
    """Yield where plugins and settings by now differ from what was agreed.

    The agreement stands nevertheless.
    """
    today = context.now().astimezone(context.settings.zone).date()
    for agreement in agreements:
        obligation = declared_of(context, agreement)
        found = versions_of(agreement)
        version = version_on(agreement, today) or (found[-1] if found else None)
        if (
            obligation is None
            or version is None
            or version.declared is None
            or agreement.ended_at is not None
        ):
            continue
        for trigger in obligation.declared:
            yield from _trigger_contradictions(agreement, version, trigger, obligation)
        if version.parts.target not in {None, obligation.target} and (
            version.declared.target != obligation.target
        ):
            yield Contradiction(
                agreement=agreement,
                version=version,
                trigger="",
                part=TermPart.TARGET,
                agreed=version.parts.target,
                declared=obligation.target,
            )


def _trigger_contradictions(
    agreement: Agreement, version: Proposal, trigger: Trigger, obligation: Obligation
) -> Iterator[Contradiction]:
    known = {one.value: one for one in _limits_as_they_are(trigger)}
    for agreed in limits_of(version.parts, trigger, obligation.declared):
        before = limit_of(version.declared or AgreedParts(), trigger, obligation.declared, agreed.value)
        now = known.get(agreed.value)
        if before is None or now is None:
            continue
        for part in parts_set(agreed):
            said, was, says = (getattr(one, part.value) for one in (agreed, before, now))
            if says not in (said, was):
                yield Contradiction(
                    agreement=agreement,
                    version=version,
                    trigger=kind_of(trigger).value,
                    value=agreed.value,
                    part=part,
                    agreed=said,
                    declared=says,
                )


def ended_if_vanished(context: ServiceContext, agreement: Agreement, now: datetime) -> Agreement | None:
    """Return an agreement as ended now, if no plugin declares its obligation any more.

    The plugin would have to declare it between these two departments. None if it goes on, has ended already, or if a
    plugin that may declare it is missing.
    """
    is_in_force = agreement.ended_at is None and bool(versions_of(agreement))
    if not (is_in_force and context.plugins.is_complete) or is_between(context.declared, agreement):
        return None
    return replace(as_of(context, agreement, now), ended_at=now)
