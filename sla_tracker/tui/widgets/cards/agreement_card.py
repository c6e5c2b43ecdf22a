"""Facts of the terms between two departments: in force, proposed and decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sla_tracker.domain.agreements.obligation import Trigger
from sla_tracker.domain.clean import clean
from sla_tracker.domain.consent.agreement import Agreement, Proposal, ProposalState
from sla_tracker.domain.consent.notice import Contradiction
from sla_tracker.i18n import gettext as _
from sla_tracker.services.consent.standing import PartyTerms, present_parts
from sla_tracker.tui.text_content import plain, several
from sla_tracker.tui.view_context import ViewContext
from sla_tracker.tui.widgets.cards.duty_card import BLANK
from sla_tracker.tui.widgets.cards.facts import Fact
from sla_tracker.wording.consent.agreement_words import (
    format_contradiction,
    format_created,
    format_days,
    format_decision,
    format_parts,
    format_settled,
)
from sla_tracker.wording.duties import text_of


def terms_facts(row: PartyTerms, against: Sequence[Contradiction], place: ViewContext) -> Iterator[Fact]:
    """Yield title, departments, present terms, the open proposal, and earlier ones."""
    parties, agreement = row.parties, row.agreement
    provider, consumer = parties.sides
    yield Fact("", plain(text_of(parties.obligation.title), "bold"))
    yield Fact("", plain(f"{place.department(provider)} → {place.department(consumer)}", "$primary"))
    declared = parties.obligation.declared
    for term in format_created(agreement.created if agreement else None, place.catalogue):
        yield Fact(term.label, plain(term.full_text))
    for term in format_parts(present_parts(parties, row.on), declared):
        yield Fact(term.label, plain(term.full_text))
    yield Fact(_("Terms"), plain(format_settled(row, place.people, place.zone)))
    for found in against:
        if agreement is not None and found.agreement.id == agreement.id:
            yield Fact("!", plain(format_contradiction(found), "$warning"))
    if agreement is None:
        return
    for proposal in reversed(agreement.proposals):
        yield BLANK
        yield from proposal_facts(proposal, place, declared)


def agreement_facts(agreement: Agreement, place: ViewContext) -> Iterator[Fact]:
    """Yield title, departments and proposals of an agreement, the latest first."""
    yield Fact("", plain(text_of(agreement.title), "bold"))
    provider, consumer = agreement.sides
    yield Fact("", plain(f"{place.department(provider)} → {place.department(consumer)}", "$primary"))
    for term in format_created(agreement.created, place.catalogue):
        yield Fact(term.label, plain(term.full_text))
    for proposal in reversed(agreement.proposals):
        yield BLANK
        yield from proposal_facts(proposal, place)


def proposal_facts(
    proposal: Proposal, place: ViewContext, declared: Sequence[Trigger] = ()
) -> Iterator[Fact]:
    """Yield a proposal: who proposed what, for which days, and what became of it."""
    day = f"{proposal.proposed_at.astimezone(place.zone):%Y-%m-%d}"
    said = _(
        "Proposal {n} of {who}, {day}", n=proposal.number, who=place.person(proposal.proposed_by), day=day
    )
    is_open = proposal.state is ProposalState.OPEN
    yield Fact("", plain(said, "bold $accent" if is_open else "bold"))
    for term in format_parts(proposal.parts, declared):
        yield Fact(term.label, plain(term.full_text))
    yield Fact(_("Days"), plain(format_days(proposal.first_on, proposal.last_on)))
    if proposal.note:
        yield Fact(_("Note"), several(clean(proposal.note, lines=True)))
    yield Fact(_("State"), plain(format_decision(proposal, place.people, place.zone), "$muted"))
