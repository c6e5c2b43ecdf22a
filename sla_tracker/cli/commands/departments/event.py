"""`sla event`: registers, corrects, moves, cancels and lists business events."""

from __future__ import annotations

import click

from sla_tracker.cli import output
from sla_tracker.cli.answers import asked_for, confirm_doubt, explaining_missing, understood
from sla_tracker.cli.commands.imports.events import event_import_command
from sla_tracker.cli.completion import complete_event_types, complete_events
from sla_tracker.cli.formats.documents import (
    duty_document,
    event_document,
    event_type_document,
    registered_document,
)
from sla_tracker.cli.formats.duty_lines import (
    duty_line,
    duty_table,
    event_line,
    event_reference,
    moment_word,
    pairs,
    reader_of,
)
from sla_tracker.cli.formats.fact_lines import print_facts
from sla_tracker.cli.formats.list_files import to_dated_file, write_list_file
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.cli.grammar import Command, Group, argument, as_json, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.duties.event import Event
from sla_tracker.errors import N_, NeedsConfirmation, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import bracketed, paired
from sla_tracker.services import event_claims, events
from sla_tracker.services.events import Registered
from sla_tracker.services.lookup.references import find_duty, find_event, find_event_to_read
from sla_tracker.services.queries.duties import row_of, rows_of_event
from sla_tracker.wording.duties import person_word, text_of
from sla_tracker.wording.facts.event_facts import event_facts
from sla_tracker.wording.lists.duties import event_list, event_state_word
from sla_tracker.wording.withheld import format_nothing_opened

REFERENCE = N_("The event's reference, as sla event list shows it.")
FIELD = N_("A field of the event, such as cash=yes. May be repeated.")
DUTY = N_("Only for this duty of the event, by its reference; all of them when left out.")
REASON = N_("Why; kept on record.")
INDENT = "  "


@click.group("event", cls=Group)
def event_command() -> None:
    """Hold the commands about events."""


event_command.add_command(event_import_command)


@event_command.command("types", cls=Command, help=N_("List the kinds of events and what each asks for."))
@as_json
@click.pass_obj
def types_command(invocation: Invocation, as_json: bool) -> None:
    """List the kinds of events."""
    known = list(invocation.context.catalogue.event_types.values())
    if as_json:
        output.document(event_types=[event_type_document(one) for one in known])
        return
    rows = [
        (
            Span(one.id),
            Span(text_of(one.title)),
            Span(text_of(one.subject)),
            Span(_("planned") if one.planned else "", Tone.QUIET),
            Span(
                _(", ").join(bracketed(field.id, text_of(field.label)) for field in one.fields),
                Tone.QUIET,
            ),
        )
        for one in known
    ]
    headings = (_("Kind"), _("Event"), _("About"), "", _("Fields"))
    flexible, last = {_("Event"), _("About"), _("Fields")}, _("Fields")
    output.table(
        [
            Column(heading=heading, flexible=heading in flexible, spare=int(heading == last))
            for heading in headings
        ],
        rows,
    )


@event_command.command(
    "add",
    cls=Command,
    help=N_("Register an event and open the duties of all departments concerned."),
)
@argument(
    "kind",
    metavar="KIND",
    help=N_("The kind of event (sla event types)."),
    shell_complete=complete_event_types,
)
@argument("subject", metavar="SUBJECT", help=N_("The vehicle, contract or person it is about."))
@option(
    "--at",
    metavar="TIME",
    help=N_("When it happened (now, when left out) or is planned: yesterday 16:40, 11-20 9:00."),
)
@option("-f", "--field", "fields", metavar="NAME=VALUE", multiple=True, help=FIELD)
@option("--again", is_flag=True, help=N_("Register it even if it seems to be there already."))
@as_json
@click.pass_obj
def add_command(
    invocation: Invocation,
    kind: str,
    subject: str,
    at: str | None,
    fields: tuple[str, ...],
    again: bool,
    as_json: bool,
) -> None:
    """Register an event."""
    context = invocation.context
    event_type = invocation.context.catalogue.event_type(kind)
    if at is None and event_type.planned:
        raise UsageError(N_("“{title}” is planned: say when with --at."), title=event_type.title)
    when = invocation.moment(at, future=event_type.planned) if at else None
    given = understood(invocation, event_type.fields, pairs(fields))
    if invocation.may_ask:
        given |= asked_for(
            invocation, events.fields_asked(context, event_type, when or invocation.now()), given
        )
    try:
        with explaining_missing(event_type.fields, "-f"):
            found = events.register(
                context, invocation.actor, event_type.id, subject=subject, at=when, fields=given, again=again
            )
    except NeedsConfirmation as doubt:
        confirm_doubt(invocation, doubt)
        found = events.register(
            context, invocation.actor, event_type.id, subject=subject, at=when, fields=given, again=True
        )
    _report(invocation, _("Registered"), found, as_json=as_json, is_new=True)


@event_command.command("list", cls=Command, help=N_("List events, latest first."))
@option("--cancelled", is_flag=True, help=N_("Cancelled ones too."))
@to_dated_file
@as_json
@click.pass_obj
def list_command(invocation: Invocation, cancelled: bool, file: str | None, as_json: bool) -> None:
    """List events."""
    found = events.listed(invocation.context, cancelled=cancelled)
    document = {"events": [event_document(event) for event in found]}
    if file:
        write_list_file(invocation, event_list(invocation.context, _("Events"), found), file, document)
        return
    if as_json:
        output.document(**document)
        return
    if not found:
        output.message(_("No event is registered yet; sla event add registers one."))
        return
    rows = [
        (
            Span(event_reference(event), Tone.QUIET),
            Span(moment_word(invocation, event.at)),
            Span(text_of(event.title)),
            Span(event.subject),
            Span(person_word(invocation.context.people, event.registered_by), Tone.QUIET),
            Span(event_state_word(event), Tone.WARNING),
        )
        for event in found
    ]
    headings = (_("Ref"), _("When"), _("Event"), _("About"), _("By"), "")
    flexible = {_("Event"), _("About")}
    output.table([Column(heading=heading, flexible=heading in flexible) for heading in headings], rows)


@event_command.command("show", cls=Command, help=N_("Show one event and the duties it opened."))
@argument("reference", metavar="REF", help=REFERENCE, shell_complete=complete_events)
@as_json
@click.pass_obj
def show_command(invocation: Invocation, reference: str, as_json: bool) -> None:
    """Show one event."""
    context = invocation.context
    event, archive = find_event_to_read(context, reference)
    rows = rows_of_event(context, event.id, invocation.now())
    if as_json:
        shown = {**event_document(event), "archive": archive or None}
        output.document(event=shown, duties=[duty_document(row) for row in rows])
        return
    output.line(Span(event_line(invocation, event), Tone.HEADING))
    kind = context.catalogue.event_types.get(event.type)
    print_facts(event_facts(event, kind, reader_of(invocation), archive=archive), INDENT)
    duty_table(invocation, rows, INDENT)


@event_command.command("correct", cls=Command, help=N_("Put a mistyped subject, time or field right."))
@argument("reference", metavar="REF", help=REFERENCE, shell_complete=complete_events)
@option("--subject", metavar="SUBJECT", help=N_("What it is really about."))
@option("--at", metavar="TIME", help=N_("When it really happened."))
@option("-f", "--field", "fields", metavar="NAME=VALUE", multiple=True, help=FIELD)
@option("--reason", metavar="TEXT", default="", help=REASON)
@as_json
@click.pass_obj
def correct_command(
    invocation: Invocation,
    reference: str,
    subject: str | None,
    at: str | None,
    fields: tuple[str, ...],
    reason: str,
    as_json: bool,
) -> None:
    """Correct an event."""
    if subject is None and at is None and not fields:
        raise UsageError(N_("Say what was wrong: --subject, --at or --field."))
    event = _event(invocation, reference)
    known = invocation.context.catalogue.event_type(event.type)
    found = events.correct(
        invocation.context,
        invocation.actor,
        event.id,
        subject=subject,
        at=invocation.moment(at, future=event.planned) if at else None,
        fields=understood(invocation, known.fields, pairs(fields)),
        reason=reason,
    )
    _report(invocation, _("Corrected"), found, as_json=as_json)


@event_command.command("move", cls=Command, help=N_("Reschedule a planned event; its open duties follow."))
@argument("reference", metavar="REF", help=REFERENCE, shell_complete=complete_events)
@option("--at", metavar="TIME", required=True, help=N_("The new time: Friday 9:00, tomorrow 9:00."))
@option("--reason", metavar="TEXT", default="", help=REASON)
@as_json
@click.pass_obj
def move_command(invocation: Invocation, reference: str, at: str, reason: str, as_json: bool) -> None:
    """Reschedule an event."""
    event = _event(invocation, reference)
    found = events.move(
        invocation.context, invocation.actor, event.id, invocation.moment(at, future=True), reason
    )
    _report(invocation, _("Moved"), found, as_json=as_json)


@event_command.command("cancel", cls=Command, help=N_("Cancel an event and the duties it opened."))
@argument("reference", metavar="REF", help=REFERENCE, shell_complete=complete_events)
@option("--reason", metavar="TEXT", required=True, help=REASON)
@as_json
@click.pass_obj
def cancel_command(invocation: Invocation, reference: str, reason: str, as_json: bool) -> None:
    """Cancel an event."""
    found = events.cancel(invocation.context, invocation.actor, _event(invocation, reference).id, reason)
    _report(invocation, _("Cancelled"), found, as_json=as_json)


@event_command.command(
    "confirm",
    cls=Command,
    help=N_(
        "Confirm what a department changed about an event of its own duties; the time or the cancelling counts then."
    ),
)
@argument("reference", metavar="REF", help=REFERENCE, shell_complete=complete_events)
@option("--duty", metavar="REF", help=DUTY)
@as_json
@click.pass_obj
def confirm_command(invocation: Invocation, reference: str, duty: str | None, as_json: bool) -> None:
    """Confirm a claimed change of an event."""
    event, duty_id = _event(invocation, reference), _duty_id(invocation, duty)
    found = event_claims.confirm(invocation.context, invocation.actor, event.id, duty_id=duty_id)
    _report(invocation, _("Confirmed"), found, as_json=as_json)


@event_command.command(
    "refuse",
    cls=Command,
    help=N_("Refuse what a department changed about an event of its own duties; their due times stay."),
)
@argument("reference", metavar="REF", help=REFERENCE, shell_complete=complete_events)
@option("--duty", metavar="REF", help=DUTY)
@option("--reason", metavar="TEXT", required=True, help=REASON)
@as_json
@click.pass_obj
def refuse_command(
    invocation: Invocation, reference: str, duty: str | None, reason: str, as_json: bool
) -> None:
    """Refuse a claimed change of an event."""
    event, duty_id = _event(invocation, reference), _duty_id(invocation, duty)
    found = event_claims.refuse(invocation.context, invocation.actor, event.id, reason, duty_id=duty_id)
    _report(invocation, _("Refused"), found, as_json=as_json)


@event_command.command(
    "object",
    cls=Command,
    help=N_(
        "Object to a department's move of an event of its own duty; then it counts only if your head confirms it."
    ),
)
@argument("reference", metavar="REF", help=N_("The duty's reference, as sla due shows it."))
@option("--reason", metavar="TEXT", required=True, help=REASON)
@as_json
@click.pass_obj
def object_command(invocation: Invocation, reference: str, reason: str, as_json: bool) -> None:
    """Object to the move of a duty's event."""
    duty = find_duty(invocation.context, reference)
    changed = event_claims.object_to(invocation.context, invocation.actor, duty.id, reason)
    if as_json:
        output.document(duty=duty_document(row_of(invocation.context, changed, invocation.now())))
        return
    output.line(paired(_("Objected"), duty_line(invocation, changed)))


def _duty_id(invocation: Invocation, reference: str | None) -> str:
    return find_duty(invocation.context, reference).id if reference else ""


def _event(invocation: Invocation, reference: str) -> Event:
    return find_event(invocation.context, reference)


def _report(
    invocation: Invocation, done: str, found: Registered, *, as_json: bool, is_new: bool = False
) -> None:
    """Print what an act on an event did to the event and to duties."""
    groups = (
        (_("Opens"), found.opened),
        (_("Moves"), found.moved),
        (_("Cancels"), found.cancelled),
        (_("To be confirmed"), found.claimed),
    )
    if as_json:
        output.document(**registered_document(invocation.context, found, invocation.now()))
        return
    output.line(paired(done, event_line(invocation, found.event)))
    for word, duties in groups:
        for duty in duties:
            output.line(INDENT, Span(paired(word, duty_line(invocation, duty))))
    if found.claimed:
        output.message(
            _("Nobody moves a deadline of his own: until another side confirms it, the old due time counts.")
        )
    if not (found.opened or found.moved or found.cancelled or found.claimed):
        output.message(_("No duty changes by it."))
        if is_new:
            output.message(format_nothing_opened(invocation.context, found), Tone.QUIET)
