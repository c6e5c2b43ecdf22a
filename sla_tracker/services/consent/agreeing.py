"""Use cases of agreements: propose, accept, refuse, counter, withdraw.

Only the heads of the two departments, or their deputies in office, propose and decide, and nobody does so on both
sides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

from sla_tracker.domain.consent.agreement import (
    PROPOSAL_WORDS,
    AgreedParts,
    Agreement,
    NewObligation,
    Proposal,
    ProposalState,
    decided,
)
from sla_tracker.domain.consent.applied import is_between, limits_of, trigger_name
from sla_tracker.domain.consent.checks import days_problems, limit_problems, parts_problems
from sla_tracker.domain.duties.transitions import LONGEST_NOTE, reason_given
from sla_tracker.domain.people import Actor
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, Overtaken, Phrase, Refused, SlaError, UsageError, Who
from sla_tracker.services.access import Right
from sla_tracker.services.authoring.ids import free_id, spelled_id
from sla_tracker.services.consent.lost_turns import lost_turns
from sla_tracker.services.consent.parties import Parties, created_parties, must_have_head, parties_between
from sla_tracker.services.consent.standing import agreement_between, as_of, declared_of, declared_parts
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.lookup.references import existing, new_id
from sla_tracker.services.ports import Reading, Writing
from sla_tracker.value_class import dataclass

NEVER = datetime.min.replace(tzinfo=UTC)
LISTED_BY = "sla agree list"  # the command that shows the references of agreements
LONGEST_TITLE = 80  # characters of the title of a new obligation, as on screens


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsDraft:
    """Terms that a head proposes.

    The days are the first and last that they apply to, both included.
    """

    parts: AgreedParts
    first_on: date
    last_on: date | None = None
    note: str = ""


def propose(context: ServiceContext, actor: Actor, parties: Parties, draft: TermsDraft) -> Agreement:
    """Propose terms of an obligation to the other department's head.

    Raises Overtaken while another proposal about it is open.
    """

    def work(tx: Writing, now: datetime) -> Agreement:
        known = agreement_between(context, tx, parties.obligation.id, *parties.sides, now)
        if known is not None and known.open is not None:
            raise _still_open(known, known.open, actor)
        agreement = known or Agreement(
            id=new_id(now),
            obligation=parties.obligation.id,
            provider=parties.provider,
            consumer=parties.consumer,
            title=parties.obligation.title,
        )
        return _put_proposal(context, tx, actor, replace(agreement, ended_at=None), parties, draft, now)

    return context.write(actor, Verb.PROPOSED_AGREEMENT, work, draft.note)


def propose_new(
    context: ServiceContext,
    actor: Actor,
    created: NewObligation,
    provider: str,
    consumer: str,
    draft: TermsDraft,
) -> Agreement:
    """Propose an obligation that no plugin declares.

    It exists once the other head accepts.
    """
    title = created.title.zh or created.title.en
    if not title.strip() or len(title) > LONGEST_TITLE:
        raise UsageError(
            N_("A new obligation needs a title of 1 to {limit} characters."), limit=LONGEST_TITLE
        )
    owing, owed = (context.catalogue.department(one).id for one in (provider, consumer))
    if owing == owed:
        raise Refused(N_("An agreement joins two departments; name another one than your own."))

    def work(tx: Writing, now: datetime) -> Agreement:
        taken = {*context.declared.obligations, *(one.obligation for one in tx.find(Agreement))}
        agreement = Agreement(
            id=new_id(now),
            obligation=free_id(spelled_id(created.title.en, created.title.zh) or "agreed", taken),
            provider=owing,
            consumer=owed,
            title=created.title,
            created=created,
        )
        return _put_proposal(
            context, tx, actor, agreement, _parties_when_created(agreement, draft), draft, now
        )

    return context.write(actor, Verb.PROPOSED_AGREEMENT, work, draft.note)


def counter(
    context: ServiceContext, actor: Actor, agreement_id: str, number: int, draft: TermsDraft
) -> Agreement:
    """Replace the open proposal by another one; the first counts as answered by it."""

    def work(tx: Writing, now: datetime) -> Agreement:
        agreement, _proposal = _to_decide(context, tx, actor, agreement_id, number, now)
        answered = decided(
            agreement, ProposalState.COUNTERED, by=actor.id, department=actor.department, now=now
        )
        return _put_proposal(context, tx, actor, answered, _parties(context, answered, draft), draft, now)

    return context.write(actor, Verb.COUNTERED_AGREEMENT, work, draft.note)


def accept(context: ServiceContext, actor: Actor, agreement_id: str, number: int) -> Agreement:
    """Accept the open proposal of that number; its terms apply from its first day on.

    Raises Overtaken if another one is open by now, Refused if its first day has passed.
    """

    def work(tx: Writing, now: datetime) -> Agreement:
        agreement, proposal = _to_decide(context, tx, actor, agreement_id, number, now)
        today = now.astimezone(context.settings.zone).date()
        if not proposal.can_begin(today):
            raise Refused(
                N_(
                    "Proposal {number} begins on {day}, which has passed: an agreement begins on the day it is "
                    "accepted at the earliest. Propose a later first day instead."
                ),
                number=proposal.number,
                day=proposal.first_on,
            )
        _parties(context, agreement, None)
        accepted = decided(
            agreement,
            ProposalState.ACCEPTED,
            by=actor.id,
            department=actor.department,
            now=now,
            declared=declared_parts(declared_of(context, agreement)),
        )
        tx.put(accepted)
        return accepted

    return context.write(actor, Verb.ACCEPTED_AGREEMENT, work)


def refuse(context: ServiceContext, actor: Actor, agreement_id: str, number: int, reason: str) -> Agreement:
    """Refuse the open proposal, with a reason."""

    def work(tx: Writing, now: datetime) -> Agreement:
        agreement, _proposal = _to_decide(context, tx, actor, agreement_id, number, now)
        refused = decided(
            agreement,
            ProposalState.REFUSED,
            by=actor.id,
            department=actor.department,
            now=now,
            answer=reason_given(reason),
        )
        tx.put(refused)
        return refused

    return context.write(actor, Verb.REFUSED_AGREEMENT, work, reason)


def withdraw(context: ServiceContext, actor: Actor, agreement_id: str) -> Agreement:
    """Withdraw the open proposal of the actor's own department."""

    def work(tx: Writing, now: datetime) -> Agreement:
        agreement = as_of(context, existing(tx, Agreement, agreement_id), now)
        _require(context, actor, agreement, now)
        proposal = _open(agreement)
        if proposal.proposed_from != actor.department:
            raise Refused(N_("The other department has proposed this; accept it, refuse it or counter it."))
        withdrawn = decided(
            agreement, ProposalState.WITHDRAWN, by=actor.id, department=actor.department, now=now
        )
        tx.put(withdrawn)
        return withdrawn

    return context.write(actor, Verb.WITHDREW_AGREEMENT, work)


def _put_proposal(
    context: ServiceContext,
    tx: Writing,
    actor: Actor,
    agreement: Agreement,
    parties: Parties,
    draft: TermsDraft,
    now: datetime,
) -> Agreement:
    """Store an agreement with a new open proposal of the actor.

    Raises UsageError for impossible terms.
    """
    _require(context, actor, agreement, now)
    must_have_head(context, parties.other_than(actor.department), now)
    for problem in _problems(context, parties, draft, now):
        raise problem
    for lost in lost_turns(context, parties, agreement, draft.parts, draft.first_on):
        raise Refused(
            N_(
                "No duty would open for the turn of {day}: by these terms it falls on {new}, before their first day, "
                "{first}. Let them begin on {new} at the latest, or after {day}."
            ),
            day=lost.present_on,
            new=lost.proposed_on,
            first=draft.first_on,
        )
    proposal = Proposal(
        number=len(agreement.proposals) + 1,
        parts=draft.parts,
        first_on=draft.first_on,
        last_on=draft.last_on,
        note=draft.note.strip(),
        proposed_at=now,
        proposed_by=actor.id,
        proposed_from=actor.department,
    )
    changed = replace(agreement, proposals=(*agreement.proposals, proposal))
    tx.put(changed)
    return changed


def _problems(
    context: ServiceContext, parties: Parties, draft: TermsDraft, now: datetime
) -> Iterator[SlaError]:
    today = now.astimezone(context.settings.zone).date()
    yield from days_problems(draft.first_on, draft.last_on, today)
    yield from parts_problems(draft.parts)
    if len(draft.note) > LONGEST_NOTE:
        yield UsageError(N_("A note has 1 to {limit} characters."), limit=LONGEST_NOTE)
    declared = parties.obligation.declared
    by_trigger = {one: limits_of(draft.parts, one, declared) for one in declared}
    for limit in draft.parts.limits:
        if not any(limit in found for found in by_trigger.values()):
            yield UsageError(
                N_("“{title}” has no trigger {name}; it has {known}."),
                title=parties.obligation.title,
                name=limit.trigger,
                known=", ".join(trigger_name(one) for one in declared),
            )
    for trigger, found in by_trigger.items():
        for named in found:
            yield from limit_problems(named, trigger, context.calendars)


def _parties(context: ServiceContext, agreement: Agreement, draft: TermsDraft | None) -> Parties:
    """Return the parties of an agreement; raises Refused if its obligation is gone."""
    found = parties_between(context, agreement.obligation, *agreement.sides)
    if found is None and agreement.created is not None and is_between(context.declared, agreement):
        return _parties_when_created(agreement, draft)
    if found is None:
        raise Refused(
            N_("“{title}” does not join these departments any more, so nothing can be agreed about it."),
            title=agreement.title,
        )
    return found


def _parties_when_created(agreement: Agreement, draft: TermsDraft | None) -> Parties:
    """Return the parties of an obligation that exists only once it is agreed."""
    first = agreement.open
    if draft is not None:
        first = Proposal(
            number=0,
            parts=draft.parts,
            first_on=draft.first_on,
            proposed_at=NEVER,
            proposed_by="",
            proposed_from="",
        )
    assert first is not None
    return created_parties(agreement, first)


def _to_decide(
    context: ServiceContext, tx: Reading, actor: Actor, agreement_id: str, number: int, now: datetime
) -> tuple[Agreement, Proposal]:
    """Return an agreement and its open proposal, which the actor may decide.

    Raises Overtaken if the proposal that was seen is not open any more.
    """
    agreement = as_of(context, existing(tx, Agreement, agreement_id), now)
    _require(context, actor, agreement, now)
    proposal = agreement.open
    if proposal is None or proposal.number != number:
        raise _changed_meanwhile(agreement, number)
    if proposal.proposed_by == actor.id:
        raise Refused(N_("You have proposed this yourself; nobody stands on both sides of an agreement."))
    if proposal.proposed_from == actor.department:
        raise Refused(N_("Your own department has proposed this; the head of the other one decides."))
    return agreement, proposal


def _changed_meanwhile(agreement: Agreement, number: int) -> SlaError:
    """Return the error of a decision about a proposal that is not open: who was first."""
    seen = next((one for one in agreement.proposals if one.number == number), None)
    if seen is None:
        return UsageError(
            N_("There is no proposal {number} of “{title}”."), number=number, title=agreement.title
        )
    if seen.state is ProposalState.LAPSED:
        return Refused(
            N_("Proposal {number} of “{title}” lapsed on {at}: nobody decided within 20 workdays."),
            number=number,
            title=agreement.title,
            at=seen.decided_at,
        )
    return Overtaken(
        N_("Proposal {number} of “{title}” was already {state} by {by} at {at}; nothing was changed."),
        number=number,
        title=agreement.title,
        state=Phrase(PROPOSAL_WORDS[seen.state]),
        by=Who(seen.decided_by),
        at=seen.decided_at,
    )


def _open(agreement: Agreement) -> Proposal:
    """Return the open proposal; raises Refused for none."""
    proposal = agreement.open
    if proposal is None:
        raise Refused(N_("No proposal about “{title}” is open."), title=agreement.title)
    return proposal


def _still_open(agreement: Agreement, proposal: Proposal, actor: Actor) -> SlaError:
    if proposal.proposed_from == actor.department:
        return Overtaken(
            N_(
                "{by} has proposed {ref} about “{title}” at {at}; withdraw that first: sla agree withdraw {ref}"
            ),
            by=Who(proposal.proposed_by),
            ref=agreement.reference,
            title=agreement.title,
            at=proposal.proposed_at,
        )
    return Overtaken(
        N_(
            "{by} has proposed {ref} about “{title}” at {at}; accept it, refuse it or counter it: "
            "sla agree show {ref}"
        ),
        by=Who(proposal.proposed_by),
        ref=agreement.reference,
        title=agreement.title,
        at=proposal.proposed_at,
    )


def _require(context: ServiceContext, actor: Actor, agreement: Agreement, now: datetime) -> None:
    context.require(actor, Right.AGREE, now, provider=agreement.provider, consumer=agreement.consumer)
