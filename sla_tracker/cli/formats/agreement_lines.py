"""Prints agreements: how terms stand, what is proposed, and who decided what."""

from __future__ import annotations

from collections.abc import Iterable

from sla_tracker.cli import output
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.agreements.obligation import Trigger
from sla_tracker.domain.consent.agreement import Agreement, Proposal
from sla_tracker.domain.consent.applied import created_triggers
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import paired
from sla_tracker.services.consent.parties import Parties, parties_between
from sla_tracker.services.consent.standing import (
    PartyTerms,
    TermsState,
    contradictions,
    lapses_at,
    party_terms,
    present_triggers,
    terms_between,
)
from sla_tracker.wording.consent.agreement_words import (
    format_begun,
    format_contradiction,
    format_created,
    format_days,
    format_decision,
    format_limits,
    format_parts,
    format_settled,
)
from sla_tracker.wording.duties import department_word, person_word, text_of

TONES = {
    TermsState.AGREED: Tone.GOOD,
    TermsState.EXPIRED: Tone.WARNING,
    TermsState.ASSUMED: Tone.WARNING,
    TermsState.DECLARED: Tone.QUIET,
    TermsState.PROPOSED: Tone.WARNING,
}


def print_terms(invocation: Invocation, found: Iterable[PartyTerms]) -> None:
    """Print how terms stand, as a table."""
    columns = [
        Column(_("Ref")),
        Column(_("Obligation"), flexible=True),
        Column(_("From → to")),
        Column(_("Limit"), flexible=True),
        Column(_("How it stands"), flexible=True),
    ]
    context, rows = invocation.context, []
    for one in found:
        agreement = one.agreement
        said = format_settled(one, context.people, invocation.zone)
        if agreement is not None and agreement.open is not None:
            said = _("proposal {n} is open; {said}", n=agreement.open.number, said=said)
        rows.append(
            (
                Span(agreement.reference if agreement else "–", Tone.QUIET),
                Span(text_of(one.parties.obligation.title)),
                Span(between(invocation, *one.parties.sides), Tone.QUIET),
                Span(format_limits(present_triggers(one.parties, one.on))),
                Span(said, TONES[one.standing]),
            )
        )
    output.table(columns, rows)


def print_before_any(invocation: Invocation, parties: Parties) -> None:
    """Print the present terms of an obligation about which nothing was proposed yet."""
    terms = next(one for one in party_terms(invocation.context, parties.provider) if one.parties == parties)
    output.line(
        Span(text_of(parties.obligation.title), Tone.HEADING),
        Span("  " + between(invocation, *parties.sides), Tone.QUIET),
    )
    output.line(paired(_("Limit"), format_limits(present_triggers(parties, terms.on))))
    output.line(format_settled(terms, invocation.context.people, invocation.zone))


def print_agreement(invocation: Invocation, agreement: Agreement) -> None:
    """Print an agreement: what applies, what is proposed, and who decided what."""
    context = invocation.context
    output.line(Span(agreement_heading(invocation, agreement), Tone.HEADING))
    print_created(invocation, agreement)
    if agreement.ended_at is not None:
        day = agreement.ended_at.astimezone(invocation.zone).date()
        output.message(
            _("Ended on {day}: no plugin declares this obligation between them any more.", day=f"{day}"),
            Tone.WARNING,
        )
    for found in contradictions(context, [agreement]):
        output.message(format_contradiction(found), Tone.WARNING)
    if (terms := terms_between(context, agreement)) is not None:
        output.line(format_settled(terms, context.people, invocation.zone))
    declared = declared_triggers(invocation, agreement)
    for proposal in agreement.proposals:
        print_proposal(invocation, proposal, declared)
    if (waiting := agreement.open) is not None and (begun := format_begun(waiting, invocation.today())):
        output.message(
            _(
                "Proposal {n}: {begun} sla agree counter {ref} {n} --from DAY",
                n=waiting.number,
                begun=begun,
                ref=agreement.reference,
            ),
            Tone.WARNING,
        )
    elif waiting is not None:
        at = lapses_at(context, waiting).astimezone(invocation.zone)
        output.message(
            _(
                "Proposal {n} is open until {day}: sla agree accept {ref} {n}, or refuse, or counter.",
                n=waiting.number,
                day=f"{at:%Y-%m-%d %H:%M}",
                ref=agreement.reference,
            )
        )


def print_created(invocation: Invocation, agreement: Agreement) -> None:
    """Print the terms of the obligation that an agreement created, a line each."""
    for term in format_created(agreement.created, invocation.context.catalogue, typed_names=True):
        output.line("     " + paired(term.full_label, term.text))


def print_proposal(invocation: Invocation, proposal: Proposal, declared: Iterable[Trigger]) -> None:
    """Print one proposal with its terms."""
    people = invocation.context.people
    output.line(
        Span(
            _(
                "{n}. proposed by {who} on {day}",
                n=proposal.number,
                who=person_word(people, proposal.proposed_by),
                day=f"{proposal.proposed_at.astimezone(invocation.zone):%Y-%m-%d}",
            )
        ),
        Span("  " + format_decision(proposal, people, invocation.zone), Tone.QUIET),
    )
    for term in format_parts(proposal.parts, declared, typed_names=True):
        output.line("     " + paired(term.full_label, term.text))
    output.line("     " + format_days(proposal.first_on, proposal.last_on))
    if proposal.note:
        output.line("     " + paired(_("Note"), proposal.note))


def declared_triggers(invocation: Invocation, agreement: Agreement) -> tuple[Trigger, ...]:
    """Return what opens the obligation of an agreement.

    The obligation may exist only once the agreement is made.
    """
    parties = parties_between(invocation.context, agreement.obligation, *agreement.sides)
    if parties is not None:
        return parties.obligation.declared
    created = agreement.created
    return () if created is None else created_triggers(created)


def agreement_heading(invocation: Invocation, agreement: Agreement) -> str:
    """Return reference, title and departments of an agreement."""
    sides = between(invocation, *agreement.sides)
    return f"{agreement.reference}  {text_of(agreement.title)}  {sides}"


def between(invocation: Invocation, provider: str, consumer: str) -> str:
    """Return the names of provider and consumer."""
    context = invocation.context
    return f"{department_word(context, provider)} → {department_word(context, consumer)}"
