"""`sla show`: prints one duty with its terms, evidence and history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import click

from sla_tracker.cli import output
from sla_tracker.cli.completion import complete_duties
from sla_tracker.cli.formats.documents import detail_document
from sla_tracker.cli.formats.due_list import TONES, remarks
from sla_tracker.cli.formats.duty_lines import (
    moment_word,
    reader_of,
)
from sla_tracker.cli.formats.fact_lines import FACT_TONES
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.cli.grammar import Command, argument, as_json
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.duties.duty import OWED, Delivery, Duty
from sla_tracker.domain.people import SYSTEM
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import language
from sla_tracker.i18n.punctuation import bracketed, paired
from sla_tracker.services.guide import pieces
from sla_tracker.services.lookup.references import find_duty_to_read
from sla_tracker.services.queries.duties import DutyDetail, detail
from sla_tracker.wording.duties import (
    format_value,
    not_reviewed_word,
    person_word,
    text_of,
)
from sla_tracker.wording.facts.change_facts import history_facts
from sla_tracker.wording.facts.duty_facts import further_facts, standing_facts, urgent_facts
from sla_tracker.wording.facts.fact import FactTone, StatedFact

INDENT = "  "


@click.command("show", cls=Command)
@argument(
    "reference",
    metavar="REF",
    help=N_("The duty's reference, as sla due shows it."),
    shell_complete=complete_duties,
)
@as_json
@click.pass_obj
def show_command(invocation: Invocation, reference: str, as_json: bool) -> None:
    """Show one duty."""
    duty = find_duty_to_read(invocation.context, reference)
    found = detail(invocation.context, duty.id)
    if found is None:
        return
    if as_json:
        output.document(duty=detail_document(found))
        return
    _print(invocation, found)


def _print(invocation: Invocation, found: DutyDetail) -> None:
    duty = found.duty
    output.line(
        Span(text_of(duty.title), Tone.HEADING), Span(f"  {duty.obligation} · {duty.reference}", Tone.QUIET)
    )
    output.table([Column(), Column()], _facts(invocation, found))
    if duty.terms.evidence:
        output.line(Span(_("Evidence"), Tone.HEADING))
        output.table([Column(), Column(), Column()], _evidence(duty), INDENT)
    for number, delivery in enumerate(duty.deliveries, 1):
        _print_delivery(invocation, number, delivery)
    if duty.accepted_at is not None:
        output.line(INDENT, Span(_accepted(invocation, duty, duty.accepted_at), Tone.GOOD))
    if duty.notes:
        output.line(Span(_("Notes"), Tone.HEADING))
        for note in duty.notes:
            output.line(
                INDENT,
                Span(
                    f"{moment_word(invocation, note.at)} "
                    + paired(person_word(invocation.context.people, note.by), note.text)
                ),
            )
    _print_history(invocation, found)
    if found.guide:
        output.line(Span(_("Guide"), Tone.HEADING))
        output.text("".join(piece for piece, _stressed in pieces(found.guide.get(language()))))


def _facts(invocation: Invocation, found: DutyDetail) -> list[tuple[Span, Span]]:
    row = found.row
    timed = TONES.get(row.bucket, Tone.PLAIN)
    said = [
        (one.label, one.text, timed if one.is_timed else Tone.QUIET if one.is_quiet else Tone.PLAIN)
        for one in standing_facts(found, reader_of(invocation), language())
    ]
    said += [(one.label, one.text, FACT_TONES[one.tone]) for one in _shared(invocation, found)]
    said.append((_("Remarks"), _(", ").join(remarks(row, invocation.zone)), Tone.QUIET))
    return [(Span(name, Tone.QUIET), Span(value, tone)) for name, value, tone in said if value]


def _shared(invocation: Invocation, found: DutyDetail) -> Iterator[StatedFact]:
    """Yield the facts that the card of the terminal shows too."""
    reader = reader_of(invocation)
    yield from urgent_facts(found, reader)
    known = invocation.context.catalogue.obligations.get(found.duty.obligation)
    for one in further_facts(found, known, reader):
        if one.label == _("Opened"):
            when = moment_word(invocation, found.duty.opened_at)
            one = replace(one, text=f"{when} {one.text}", tone=FactTone.PLAIN)
        yield one


def _accepted(invocation: Invocation, duty: Duty, at: datetime) -> str:
    when = moment_word(invocation, at)
    if duty.accepted_by == SYSTEM:
        return _("accepted by silence at {when}", when=when)
    return _(
        "accepted by {who} at {when}", who=person_word(invocation.context.people, duty.accepted_by), when=when
    )


def _evidence(duty: Duty) -> list[tuple[Span, Span, Span]]:
    last = duty.delivery
    given = duty.draft if duty.state in OWED or last is None else last.evidence
    return [
        (
            Span("[x]" if field.id in given else "[ ]"),
            Span(bracketed(text_of(field.label), field.id) + ("" if field.required else " " + _("optional"))),
            Span(format_value(field, given[field.id]) if field.id in given else ""),
        )
        for field in duty.terms.evidence
    ]


def _print_delivery(invocation: Invocation, number: int, delivery: Delivery) -> None:
    people = invocation.context.people
    output.line(Span(_("Delivery {number}", number=number), Tone.HEADING))
    lines = [f"{moment_word(invocation, delivery.at)} {person_word(people, delivery.by)}"]
    if delivery.note:
        lines.append(delivery.note)
    if delivery.claimed_at is not None:
        claimed = moment_word(invocation, delivery.claimed_at)
        confirmed = _("confirmed") if delivery.claim_confirmed else _("not confirmed")
        lines.append(_("claims {when}, {confirmed}", when=claimed, confirmed=confirmed))
    if delivery.not_reviewed:
        lines.append(not_reviewed_word(delivery))
    if delivery.returned_at is not None:
        who = person_word(people, delivery.returned_by)
        when = moment_word(invocation, delivery.returned_at)
        lines.append(_("returned by {who} at {when}: {reason}", who=who, when=when, reason=delivery.reason))
    for one in lines:
        output.line(INDENT, Span(one))


def _print_history(invocation: Invocation, found: DutyDetail) -> None:
    output.line(Span(_("History"), Tone.HEADING))
    rows = [
        (
            Span(moment_word(invocation, change.at), Tone.QUIET),
            Span(change.what),
            Span(change.who),
            Span(change.reason, Tone.QUIET),
        )
        for change in history_facts(found.duty, found.history, reader_of(invocation))
    ]
    output.table([Column(), Column(), Column(), Column(flexible=True)], rows, INDENT)
