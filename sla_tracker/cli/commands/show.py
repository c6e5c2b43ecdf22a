"""`sla show`: one duty with its terms, evidence and history."""

from __future__ import annotations

from datetime import datetime

import click

from sla_tracker.cli import output
from sla_tracker.cli.completing import complete_duties
from sla_tracker.cli.documents import detail_document
from sla_tracker.cli.duelist import TONES, remarks
from sla_tracker.cli.grammar import Command, argument, as_json
from sla_tracker.cli.session import Session
from sla_tracker.cli.table import Column, Span, Tone
from sla_tracker.cli.views import department_word, moment_word, period_word, short_notice_line
from sla_tracker.core.duty import OWED, Delivery, Duty, State
from sla_tracker.core.explanation import explain_line
from sla_tracker.core.people import SYSTEM
from sla_tracker.desk.desk import find_duty
from sla_tracker.desk.guide import pieces
from sla_tracker.desk.queries import DutyDetail, detail
from sla_tracker.desk.sidewords import sides_in_words
from sla_tracker.desk.words import (
    act_word,
    bracketed,
    due_in_words,
    hold_in_words,
    opened_word,
    paired,
    person_word,
    reason_in_words,
    state_word,
    text_of,
    value_in_words,
)
from sla_tracker.errors import N_
from sla_tracker.locale import gettext as _
from sla_tracker.locale import language

INDENT = "  "


@click.command("show", cls=Command, help=N_("Show one duty: its terms, evidence, deliveries and history."))
@argument(
    "reference",
    metavar="REF",
    help=N_("The duty's reference, as sla due shows it."),
    shell_complete=complete_duties,
)
@as_json
@click.pass_obj
def show_command(session: Session, reference: str, as_json: bool) -> None:
    """Show one duty."""
    duty = find_duty(session.desk, reference)
    found = detail(session.desk, duty.id)
    if found is None:
        return
    if as_json:
        output.document(duty=detail_document(found))
        return
    _print(session, found)


def _print(session: Session, found: DutyDetail) -> None:
    duty = found.duty
    output.line(
        Span(text_of(duty.title), Tone.HEADING), Span(f"  {duty.obligation} · {duty.reference}", Tone.QUIET)
    )
    output.table([Column(), Column()], _facts(session, found))
    if duty.terms.evidence:
        output.line(Span(_("Evidence"), Tone.HEADING))
        output.table([Column(), Column(), Column()], _evidence(duty), INDENT)
    for number, delivery in enumerate(duty.deliveries, 1):
        _print_delivery(session, number, delivery)
    if duty.accepted_at is not None:
        output.line(INDENT, Span(_accepted(session, duty, duty.accepted_at), Tone.GOOD))
    if duty.notes:
        output.line(Span(_("Notes"), Tone.HEADING))
        for note in duty.notes:
            output.line(
                INDENT,
                Span(
                    f"{moment_word(session, note.at)} "
                    + paired(person_word(session.desk.people, note.by), note.text)
                ),
            )
    _print_history(session, found)
    if found.guide:
        output.line(Span(_("Guide"), Tone.HEADING))
        output.text("".join(piece for piece, _stressed in pieces(found.guide.get(language()))))


def _facts(session: Session, found: DutyDetail) -> list[tuple[Span, Span]]:
    duty, desk, row = found.duty, session.desk, found.row
    owed = duty.state in OWED
    away = f"  {due_in_words(duty.due_at, session.now(), session.zone)}" if owed else ""
    parties = f"{department_word(desk, duty.provider)} → {department_word(desk, duty.consumer)}"
    said = [
        (_("From → to"), parties, Tone.PLAIN),
        (_("About"), duty.subject or period_word(duty), Tone.PLAIN),
        (_("Text"), found.request.text if found.request else "", Tone.PLAIN),
        (_("Answer"), found.request.answer if found.request else "", Tone.PLAIN),
        (_("State"), state_word(duty.state), TONES.get(row.bucket, Tone.PLAIN)),
        (_("Due"), moment_word(session, duty.due_at) + away, TONES.get(row.bucket, Tone.PLAIN)),
        (_("Because"), explain_line(duty.deadline.steps, lang=language(), zone=session.zone), Tone.QUIET),
        (_("Opened"), f"{moment_word(session, duty.opened_at)} {opened_word(duty.terms.opened)}", Tone.PLAIN),
        (
            _("Who"),
            person_word(desk.people, duty.assignee) if duty.assignee else _("not taken yet"),
            Tone.PLAIN,
        ),
        (_("Answer due"), moment_word(session, row.answer_due_at) if row.answer_due_at else "", Tone.PLAIN),
        (_("Verdict by"), _verdict_by(session, duty), Tone.PLAIN),
        (_("Handed over to"), _linked(session, duty.handed_to), Tone.PLAIN),
        (_("Handed over from"), _linked(session, duty.handed_from), Tone.PLAIN),
        (_("Waiting for"), _waiting_for(session, duty), Tone.WARNING),
        (_("Short notice"), short_notice_line(session, found), Tone.WARNING),
        *((label, said, Tone.PLAIN) for label, said in sides_in_words(duty, session.desk.people)),
        (_("Remarks"), _(", ").join(remarks(row)), Tone.QUIET),
    ]
    return [(Span(name, Tone.QUIET), Span(value, tone)) for name, value, tone in said if value]


def _verdict_by(session: Session, duty: Duty) -> str:
    """Return till when a verdict is awaited; after it only the verdict counts."""
    if duty.state is not State.DELIVERED or duty.accept_by_at is None:
        return ""
    return moment_word(session, duty.accept_by_at)


def _linked(session: Session, id: str) -> str:
    """Return the department and the reference of the duty at the other end of a hand-over."""
    other = session.desk.store.read(lambda tx: tx.get(Duty, id)) if id else None
    return f"{department_word(session.desk, other.provider)} {other.reference}" if other else ""


def _accepted(session: Session, duty: Duty, at: datetime) -> str:
    when = moment_word(session, at)
    if duty.accepted_by == SYSTEM:
        return _("accepted by silence at {when}", when=when)
    return _("accepted by {who} at {when}", who=person_word(session.desk.people, duty.accepted_by), when=when)


def _waiting_for(session: Session, duty: Duty) -> str:
    hold, desk = duty.holding, session.desk
    if hold is None:
        return ""
    names = {id: one.name for id, one in desk.catalogue.departments.items()}
    return hold_in_words(hold, names, desk.people)


def _evidence(duty: Duty) -> list[tuple[Span, Span, Span]]:
    last = duty.delivery
    given = duty.draft if duty.state in OWED or last is None else last.evidence
    return [
        (
            Span("[x]" if field.id in given else "[ ]"),
            Span(bracketed(text_of(field.label), field.id) + ("" if field.required else " " + _("optional"))),
            Span(value_in_words(field, given[field.id]) if field.id in given else ""),
        )
        for field in duty.terms.evidence
    ]


def _print_delivery(session: Session, number: int, delivery: Delivery) -> None:
    people = session.desk.people
    output.line(Span(_("Delivery {number}", number=number), Tone.HEADING))
    lines = [f"{moment_word(session, delivery.at)} {person_word(people, delivery.by)}"]
    if delivery.note:
        lines.append(delivery.note)
    if delivery.claimed_at is not None:
        claimed = moment_word(session, delivery.claimed_at)
        confirmed = _("confirmed") if delivery.claim_confirmed else _("not confirmed")
        lines.append(_("claims {when}, {confirmed}", when=claimed, confirmed=confirmed))
    if delivery.returned_at is not None:
        who = person_word(people, delivery.returned_by)
        when = moment_word(session, delivery.returned_at)
        lines.append(_("returned by {who} at {when}: {reason}", who=who, when=when, reason=delivery.reason))
    for one in lines:
        output.line(INDENT, Span(one))


def _print_history(session: Session, found: DutyDetail) -> None:
    output.line(Span(_("History"), Tone.HEADING))
    rows = [
        (
            Span(moment_word(session, change.act.at), Tone.QUIET),
            Span(act_word(change.act.what)),
            Span(person_word(session.desk.people, change.act.by)),
            Span(reason_in_words(change.act), Tone.QUIET),
        )
        for change in found.history
    ]
    output.table([Column(), Column(), Column(), Column(flexible=True)], rows, INDENT)
