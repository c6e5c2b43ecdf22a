"""`sla hand-over` and `sla shift`: offer duties to others, write shift notes."""

from __future__ import annotations

import click

from sla_tracker.cli import output
from sla_tracker.cli.completion import complete_departments, complete_owed, complete_people
from sla_tracker.cli.formats.department_documents import offer_document, shift_note_document
from sla_tracker.cli.formats.duty_lines import duty_line, moment_word
from sla_tracker.cli.formats.list_files import OutputForm, to_file
from sla_tracker.cli.formats.text_table import Tone
from sla_tracker.cli.grammar import Command, Group, argument, as_json, duty_reference, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.handover import Offer, OfferState, ShiftNote
from sla_tracker.domain.reference import reference_of
from sla_tracker.errors import N_, NotFound, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import paired
from sla_tracker.services.departments import handovers, shift_notes
from sla_tracker.services.lookup.references import existing, find_duty, resolve
from sla_tracker.services.ports import Reading
from sla_tracker.wording.duties import department_word, person_word
from sla_tracker.wording.lists.departments import note_list, offer_list

OFFER = N_("The reference of the duty, or of the offer.")
NOTE = N_("The reference of the note.")


@click.group("hand-over", cls=Group)
def hand_over_command() -> None:
    """Hold the commands about handing over."""


@hand_over_command.command("offer", cls=Command, help=N_("Ask a department to take a duty over."))
@duty_reference(complete_owed)
@option(
    "--to",
    "taker",
    metavar="DEPARTMENT",
    required=True,
    help=N_("Who is to take it."),
    shell_complete=complete_departments,
)
@option("--reason", metavar="TEXT", required=True, help=N_("Why; kept on record."))
@option(
    "--within",
    metavar="N",
    type=int,
    help=N_("Workdays they get from their consent on; else what the settings say."),
)
@click.pass_obj
def offer_command(
    invocation: Invocation, reference: str, taker: str, reason: str, within: int | None
) -> None:
    """Offer a duty."""
    duty = find_duty(invocation.context, reference)
    made = handovers.offer(invocation.context, invocation.actor, duty.id, taker, reason=reason, within=within)
    output.line(paired(_("Offered"), _offer_line(invocation, made)))


@hand_over_command.command("list", cls=Command, help=N_("List offers that nobody has decided on."))
@to_file
@as_json
@click.pass_obj
def offers_command(invocation: Invocation, file: str | None, as_json: bool) -> None:
    """List offers."""
    found = handovers.pending(invocation.context, invocation.actor.department)
    if file or as_json:
        document = {"offers": [offer_document(one) for one in found]}
        content = offer_list(invocation.context, found)
        OutputForm(file=file, as_json=as_json).write(invocation, content, document)
        return
    if not found:
        output.message(_("Nothing waits to be handed over."), Tone.GOOD)
    for one in found:
        output.line(_offer_line(invocation, one))


@hand_over_command.command("agree", cls=Command, help=N_("Take a duty over, as the department's head."))
@argument("reference", metavar="REF", help=OFFER)
@click.pass_obj
def agree_command(invocation: Invocation, reference: str) -> None:
    """Take a duty over."""
    _given, linked = handovers.consent(invocation.context, invocation.actor, _offer(invocation, reference).id)
    output.line(paired(_("Taken over"), duty_line(invocation, linked)))


@hand_over_command.command("refuse", cls=Command, help=N_("Refuse to take a duty over."))
@argument("reference", metavar="REF", help=OFFER)
@option("--answer", metavar="TEXT", required=True, help=N_("What to tell them."))
@click.pass_obj
def refuse_command(invocation: Invocation, reference: str, answer: str) -> None:
    """Refuse an offer."""
    made = handovers.refuse(invocation.context, invocation.actor, _offer(invocation, reference).id, answer)
    output.line(paired(_("Refused"), _offer_line(invocation, made)))


@hand_over_command.command("withdraw", cls=Command, help=N_("Take an offer back."))
@argument("reference", metavar="REF", help=OFFER)
@click.pass_obj
def withdraw_command(invocation: Invocation, reference: str) -> None:
    """Withdraw an offer."""
    made = handovers.withdraw(invocation.context, invocation.actor, _offer(invocation, reference).id)
    output.line(paired(_("Withdrawn"), _offer_line(invocation, made)))


@click.group("shift", cls=Group)
def shift_command() -> None:
    """Hold the commands of the shift log."""


WHOLE = N_("The whole department's duties, not only yours.")


@shift_command.command("draft", cls=Command, help=N_("Print a note made from the open duties, to be edited."))
@option("--department", "whole", is_flag=True, help=WHOLE)
@click.pass_obj
def draft_command(invocation: Invocation, whole: bool) -> None:
    """Draft a note."""
    text, _duties = shift_notes.draft(invocation.context, invocation.actor, whole_department=whole)
    output.text(text)


@shift_command.command("write", cls=Command, help=N_("Write a note; without a text, the draft as it is."))
@argument("text", metavar="[TEXT…]", nargs=-1, help=N_("The note."))
@option(
    "--to",
    "successor",
    metavar="PERSON",
    default="",
    help=N_("Who takes over."),
    shell_complete=complete_people,
)
@option("--department", "whole", is_flag=True, help=WHOLE)
@click.pass_obj
def write_command(invocation: Invocation, text: tuple[str, ...], successor: str, whole: bool) -> None:
    """Write a note."""
    words = (
        " ".join(text) or shift_notes.draft(invocation.context, invocation.actor, whole_department=whole)[0]
    )
    if not words:
        raise UsageError(
            N_("There is no open duty to write about; write the note yourself, or add --department.")
        )
    note = shift_notes.write(
        invocation.context, invocation.actor, words, successor=successor, whole_department=whole
    )
    _tell(invocation, note)


@shift_command.command("edit", cls=Command, help=N_("Change a note of yours until it is acknowledged."))
@argument("reference", metavar="REF", help=NOTE)
@argument("text", metavar="TEXT…", nargs=-1, required=True, help=N_("The note."))
@click.pass_obj
def edit_command(invocation: Invocation, reference: str, text: tuple[str, ...]) -> None:
    """Edit a note."""
    note = shift_notes.edit(
        invocation.context, invocation.actor, _note(invocation, reference).id, " ".join(text)
    )
    _tell(invocation, note)


@shift_command.command("acknowledge", cls=Command, help=N_("Say that you have read it and take over."))
@argument("reference", metavar="REF", help=NOTE)
@click.pass_obj
def acknowledge_command(invocation: Invocation, reference: str) -> None:
    """Acknowledge a note."""
    _tell(
        invocation,
        shift_notes.acknowledge(invocation.context, invocation.actor, _note(invocation, reference).id),
    )


@shift_command.command("list", cls=Command, help=N_("List notes that nobody has acknowledged."))
@option("--all", "everything", is_flag=True, help=N_("Acknowledged ones too."))
@to_file
@as_json
@click.pass_obj
def notes_command(invocation: Invocation, everything: bool, file: str | None, as_json: bool) -> None:
    """List notes."""
    find = shift_notes.listed if everything else shift_notes.unacknowledged
    found = find(invocation.context, invocation.actor.department)
    if file or as_json:
        document = {"notes": [shift_note_document(one) for one in found]}
        content = note_list(invocation.context, found)
        OutputForm(file=file, as_json=as_json).write(invocation, content, document)
        return
    if not found:
        output.message(_("Every shift note is acknowledged."), Tone.GOOD)
    for one in found:
        _tell(invocation, one)


def _offer(invocation: Invocation, reference: str) -> Offer:
    """Return the offer with this reference, or the open offer of this duty."""

    def work(tx: Reading) -> Offer:
        try:
            return resolve(tx, Offer, reference, "sla hand-over list")
        except NotFound:
            duty = resolve(tx, Duty, reference, "sla hand-over list")
            asked = tx.find(Offer, duty=duty.id, state=OfferState.ASKED)
            if not asked:
                raise
            return asked[0]

    return invocation.context.store.read(work)


def _offer_line(invocation: Invocation, made: Offer) -> str:
    duty = invocation.context.store.read(lambda tx: existing(tx, Duty, made.duty))
    between = f"{department_word(invocation.context, made.giver)} → {department_word(invocation.context, made.taker)}"
    return f"{reference_of(made.id)}  {between}  ·  {duty_line(invocation, duty)}  ·  {made.reason}"


def _note(invocation: Invocation, reference: str) -> ShiftNote:
    return invocation.context.store.read(lambda tx: resolve(tx, ShiftNote, reference, "sla shift list"))


def _tell(invocation: Invocation, note: ShiftNote) -> None:
    people = invocation.context.people
    to = person_word(people, note.successor) if note.successor else _("whoever comes next")
    state = (
        _("acknowledged by {person}", person=person_word(people, note.acknowledged_by))
        if note.acknowledged
        else _("not acknowledged")
    )
    head = f"{reference_of(note.id)}  {person_word(people, note.written_by)} → {to}"
    output.line(f"{head}  ·  {moment_word(invocation, note.written_at)}  ·  {state}")
    for line in note.text.splitlines():
        output.line(f"  {line}")
