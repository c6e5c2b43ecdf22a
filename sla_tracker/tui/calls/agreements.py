"""Calls about agreements between departments. Their messages are defined here too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from sla_tracker.domain.consent.agreement import Agreement, Proposal
from sla_tracker.domain.consent.notice import Contradiction
from sla_tracker.domain.duties.states import Decision
from sla_tracker.domain.measures.date_range import DateRange, free_range
from sla_tracker.i18n import gettext as _
from sla_tracker.services.consent import agreeing
from sla_tracker.services.consent.agreeing import TermsDraft
from sla_tracker.services.consent.drafts import starting_parts
from sla_tracker.services.consent.parties import Parties
from sla_tracker.services.consent.replay import Replay, replay_parts
from sla_tracker.services.consent.standing import (
    PartyTerms,
    agreements_of,
    assumed_terms,
    contradictions,
    party_terms,
    present_parts,
)
from sla_tracker.services.deployment import OpenDeployment
from sla_tracker.services.queries.list_content import form_of
from sla_tracker.services.queries.new_files import write_new_file
from sla_tracker.tui.calls.departments import StatementRecorded, said
from sla_tracker.tui.messages import GatewayMessage
from sla_tracker.tui.messages.loaded import AssumedCounted
from sla_tracker.value_class import dataclass
from sla_tracker.wording.consent.parse_new import TypedObligation, new_obligation
from sla_tracker.wording.consent.parse_terms import TypedTerms, changed_parts, parse_first_day
from sla_tracker.wording.lists.agreements import agreement_list
from sla_tracker.wording.parse_time import parse_until

Call = Callable[[OpenDeployment], GatewayMessage]


class TermsLoaded(GatewayMessage):
    """How everything between the department and others stands was read."""

    def __init__(self, rows: Sequence[PartyTerms], against: Sequence[Contradiction]) -> None:
        super().__init__()
        self.rows = rows
        self.against = against


class ReplayLoaded(GatewayMessage):
    """The past was judged by other terms."""

    def __init__(self, replay: Replay) -> None:
        super().__init__()
        self.replay = replay


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedProposal:
    """What a person typed into the form of a proposal."""

    terms: TypedTerms
    first: str = ""
    last: str = ""
    note: str = ""


def load_terms() -> Call:
    """Read how everything between the actor's department and others stands."""

    def call(deployment: OpenDeployment) -> TermsLoaded:
        context, own = deployment.context, deployment.actor.department
        return TermsLoaded(
            party_terms(context, own), tuple(contradictions(context, agreements_of(context, own)))
        )

    return call


def propose(parties: Parties, typed: TypedProposal) -> Call:
    """Propose terms; as they are if nothing was typed."""

    def act(deployment: OpenDeployment) -> object:
        draft = draft_of(deployment, parties, typed)
        return agreeing.propose(deployment.context, deployment.actor, parties, draft)

    return said(_("Proposed; the other head decides."), act, undoable=False)


def counter(agreement: Agreement, seen: Proposal, parties: Parties, typed: TypedProposal) -> Call:
    """Answer a proposal with another one, which begins with its terms."""

    def act(deployment: OpenDeployment) -> object:
        draft = draft_of(deployment, parties, typed, seen)
        return agreeing.counter(deployment.context, deployment.actor, agreement.id, seen.number, draft)

    return said(_("Proposed; the other head decides."), act, undoable=False)


def draft_of(
    deployment: OpenDeployment, parties: Parties, typed: TypedProposal, seen: Proposal | None = None
) -> TermsDraft:
    """Return what was typed as a draft; raises UsageError for what is not understood."""
    context = deployment.context
    today = context.now().astimezone(context.settings.zone).date()
    first_on = seen.first_on if seen and not typed.first else parse_first_day(typed.first, today)
    last_on = seen.last_on if seen else None
    if typed.last:
        last_on = parse_until(typed.last, today)
    base = (
        seen.parts if seen else starting_parts(context, parties, first_on, as_they_are=typed.terms.is_empty)
    )
    parts = changed_parts(base, typed.terms, parties.obligation.declared)
    return TermsDraft(parts=parts, first_on=first_on, last_on=last_on, note=typed.note)


def propose_new(new: TypedObligation, provider: str, consumer: str, typed: TypedProposal) -> Call:
    """Propose an obligation that no plugin declares."""

    def act(deployment: OpenDeployment) -> object:
        context = deployment.context
        today = context.now().astimezone(context.settings.zone).date()
        created, parts = new_obligation(new, typed.terms, context.catalogue.event_types)
        draft = TermsDraft(
            parts=parts,
            first_on=parse_first_day(typed.first, today),
            last_on=parse_until(typed.last, today) if typed.last else None,
            note=typed.note,
        )
        return agreeing.propose_new(context, deployment.actor, created, provider, consumer, draft)

    return said(_("Proposed; the other head decides."), act, undoable=False)


def decide(agreement: Agreement, number: int, verdict: str, words: str) -> Call:
    """Accept or refuse the proposal of that number."""

    def act(deployment: OpenDeployment) -> object:
        context, actor = deployment.context, deployment.actor
        if verdict == Decision.YES:
            return agreeing.accept(context, actor, agreement.id, number)
        return agreeing.refuse(context, actor, agreement.id, number, words)

    agreed = _("Agreed: duties opened from its first day on go by it.")
    return said(agreed if verdict == Decision.YES else _("Refused."), act, undoable=False)


def withdraw(agreement: Agreement) -> Call:
    """Withdraw the open proposal of the own department."""
    gone = lambda deployment: agreeing.withdraw(deployment.context, deployment.actor, agreement.id)
    return said(_("The proposal is withdrawn."), gone, undoable=False)


def replay_row(row: PartyTerms) -> Call:
    """Judge the past by the open proposal of a row, or by its terms as they are."""
    waiting = row.agreement.open if row.agreement else None

    def call(deployment: OpenDeployment) -> ReplayLoaded:
        parts = waiting.parts if waiting else present_parts(row.parties, row.on)
        return ReplayLoaded(replay_parts(deployment.context, row.parties, parts, _this_year(deployment)))

    return call


def replay_typed(parties: Parties, typed: TypedProposal, seen: Proposal | None) -> Call:
    """Judge the past by what was typed into a form."""

    def call(deployment: OpenDeployment) -> ReplayLoaded:
        parts = draft_of(deployment, parties, typed, seen).parts
        return ReplayLoaded(replay_parts(deployment.context, parties, parts, _this_year(deployment)))

    return call


def _this_year(deployment: OpenDeployment) -> DateRange:
    """Return the days of twelve months until today."""
    context = deployment.context
    today = context.now().astimezone(context.settings.zone).date()
    return free_range(date(today.year - 1, today.month, 1), today)


def count_assumed() -> Call:
    """Count what nobody has agreed between the actor's department and others."""
    return lambda deployment: AssumedCounted(
        len(assumed_terms(deployment.context, deployment.actor.department))
    )


def write_page(other: str, file: str) -> Call:
    """Write the terms between the own department and another one into a new file."""

    def call(deployment: OpenDeployment) -> StatementRecorded:
        context, own = deployment.context, deployment.actor.department
        rows = [one for one in party_terms(context, own) if other in ("", *one.parties.sides)]
        content = agreement_list(context, rows, *(one for one in (own, other) if one))
        written = deployment.list_file(content, form_of(file, content.forms))
        place = write_new_file(deployment.files, file, written)
        return StatementRecorded(_("The agreements are in {file}.", file=place), undoable=False)

    return call
