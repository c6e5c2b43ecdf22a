"""`sla event`: business events, registered once for every department concerned."""

from __future__ import annotations

import click

from sla_tracker.cli import output
from sla_tracker.cli.answers import asked_for, meant_again, told_how, understood
from sla_tracker.cli.completing import complete_event_types, complete_events
from sla_tracker.cli.documents import duty_document, event_document, event_type_document
from sla_tracker.cli.grammar import Command, Group, argument, as_json, option
from sla_tracker.cli.session import Session
from sla_tracker.cli.table import Column, Span, Tone
from sla_tracker.cli.views import (
    duty_line,
    duty_table,
    event_line,
    event_reference,
    moment_word,
    pairs,
)
from sla_tracker.core.duty import Duty
from sla_tracker.core.event import Event, EventState
from sla_tracker.desk import events
from sla_tracker.desk.desk import resolve
from sla_tracker.desk.events import Registered
from sla_tracker.desk.queries import row_of
from sla_tracker.desk.words import bracketed, paired, person_word, text_of, value_in_words
from sla_tracker.errors import N_, Doubtful, UsageError
from sla_tracker.locale import gettext as _

REFERENCE = N_("The event's reference, as sla event list shows it.")
FIELD = N_("A field of the event, such as cash=yes. May be repeated.")
REASON = N_("Why; kept on record.")
INDENT = "  "


@click.group(
    "event", cls=Group, help=N_("Register, correct, move and cancel what has happened or is planned.")
)
def event_command() -> None:
    """Hold the commands about events."""


@event_command.command("types", cls=Command, help=N_("List the kinds of events and what each asks for."))
@as_json
@click.pass_obj
def types_command(session: Session, as_json: bool) -> None:
    """List the kinds of events."""
    known = list(session.desk.catalogue.event_types.values())
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
    help=N_("When it happened (now, when left out) or is planned: 昨天 16:40, 11-20 9:00."),
)
@option("-f", "--field", "fields", metavar="NAME=VALUE", multiple=True, help=FIELD)
@option("--again", is_flag=True, help=N_("Register it even if it seems to be there already."))
@as_json
@click.pass_obj
def add_command(
    session: Session,
    kind: str,
    subject: str,
    at: str | None,
    fields: tuple[str, ...],
    again: bool,
    as_json: bool,
) -> None:
    """Register an event."""
    desk = session.desk
    event_type = session.desk.catalogue.event_type(kind)
    if at is None and event_type.planned:
        raise UsageError(N_("“{title}” is planned: say when with --at."), title=event_type.title)
    when = session.moment(at, future=event_type.planned) if at else session.now()
    given = understood(session, event_type.fields, pairs(fields))
    if session.may_ask:
        given |= asked_for(session, events.fields_asked(desk, event_type, when), given)
    try:
        with told_how(event_type.fields, "-f"):
            found = events.register(
                desk, session.actor, event_type.id, subject=subject, at=when, fields=given, again=again
            )
    except Doubtful as doubt:
        meant_again(session, doubt)
        found = events.register(
            desk, session.actor, event_type.id, subject=subject, at=when, fields=given, again=True
        )
    _report(session, _("Registered"), found, as_json=as_json)


@event_command.command("list", cls=Command, help=N_("List events, latest first."))
@option("--cancelled", is_flag=True, help=N_("Cancelled ones too."))
@as_json
@click.pass_obj
def list_command(session: Session, cancelled: bool, as_json: bool) -> None:
    """List events."""
    found = events.listed(session.desk, cancelled=cancelled)
    if as_json:
        output.document(events=[event_document(event) for event in found])
        return
    if not found:
        output.tell(_("No event is registered yet; sla event add registers one."))
        return
    rows = [
        (
            Span(event_reference(event), Tone.QUIET),
            Span(moment_word(session, event.at)),
            Span(text_of(event.title)),
            Span(event.subject),
            Span(person_word(session.desk.people, event.registered_by), Tone.QUIET),
            Span(_("cancelled") if event.state is EventState.CANCELLED else "", Tone.WARNING),
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
def show_command(session: Session, reference: str, as_json: bool) -> None:
    """Show one event."""
    desk = session.desk
    event = _event(session, reference)
    duties = desk.store.read(lambda tx: tx.find(Duty, event=event.id))
    rows = sorted((row_of(desk, duty, session.now()) for duty in duties), key=lambda row: row.due_at)
    if as_json:
        output.document(event=event_document(event), duties=[duty_document(row) for row in rows])
        return
    output.line(Span(event_line(session, event), Tone.HEADING))
    known = desk.catalogue.event_types.get(event.type)
    for field in known.fields if known else ():
        if field.id in event.fields:
            output.line(
                INDENT, Span(paired(text_of(field.label), value_in_words(field, event.fields[field.id])))
            )
    registered = _(
        "registered by {who} at {when}",
        who=person_word(desk.people, event.registered_by),
        when=moment_word(session, event.registered_at),
    )
    output.line(INDENT, Span(registered, Tone.QUIET))
    if event.state is EventState.CANCELLED:
        output.line(INDENT, Span(_("cancelled: {reason}", reason=event.reason), Tone.WARNING))
    duty_table(session, rows, INDENT)


@event_command.command("correct", cls=Command, help=N_("Put a mistyped subject, time or field right."))
@argument("reference", metavar="REF", help=REFERENCE, shell_complete=complete_events)
@option("--subject", metavar="SUBJECT", help=N_("What it is really about."))
@option("--at", metavar="TIME", help=N_("When it really happened."))
@option("-f", "--field", "fields", metavar="NAME=VALUE", multiple=True, help=FIELD)
@option("--reason", metavar="TEXT", default="", help=REASON)
@as_json
@click.pass_obj
def correct_command(
    session: Session,
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
    event = _event(session, reference)
    known = session.desk.catalogue.event_type(event.type)
    found = events.correct(
        session.desk,
        session.actor,
        event.id,
        subject=subject,
        at=session.moment(at, future=event.planned) if at else None,
        fields=understood(session, known.fields, pairs(fields)),
        reason=reason,
    )
    _report(session, _("Corrected"), found, as_json=as_json)


@event_command.command("move", cls=Command, help=N_("Reschedule a planned event; its open duties follow."))
@argument("reference", metavar="REF", help=REFERENCE, shell_complete=complete_events)
@option("--at", metavar="TIME", required=True, help=N_("The new time: 周五 9:00, tomorrow 9:00."))
@option("--reason", metavar="TEXT", default="", help=REASON)
@as_json
@click.pass_obj
def move_command(session: Session, reference: str, at: str, reason: str, as_json: bool) -> None:
    """Reschedule an event."""
    event = _event(session, reference)
    found = events.move(session.desk, session.actor, event.id, session.moment(at, future=True), reason)
    _report(session, _("Moved"), found, as_json=as_json)


@event_command.command("cancel", cls=Command, help=N_("Cancel an event and the duties it opened."))
@argument("reference", metavar="REF", help=REFERENCE, shell_complete=complete_events)
@option("--reason", metavar="TEXT", required=True, help=REASON)
@as_json
@click.pass_obj
def cancel_command(session: Session, reference: str, reason: str, as_json: bool) -> None:
    """Cancel an event."""
    found = events.cancel(session.desk, session.actor, _event(session, reference).id, reason)
    _report(session, _("Cancelled"), found, as_json=as_json)


def _event(session: Session, reference: str) -> Event:
    return session.desk.store.read(lambda tx: resolve(tx, Event, reference, "sla event list"))


def _report(session: Session, done: str, found: Registered, *, as_json: bool) -> None:
    """Say what an act on an event did to it and to duties."""
    groups = (
        ("opened", _("Opens"), found.opened),
        ("moved", _("Moves"), found.moved),
        ("cancelled", _("Cancels"), found.cancelled),
    )
    if as_json:
        changed = {
            key: [duty_document(row_of(session.desk, duty, session.now())) for duty in duties]
            for key, _word, duties in groups
        }
        output.document(event=event_document(found.event), **changed)
        return
    output.line(paired(done, event_line(session, found.event)))
    for _key, word, duties in groups:
        for duty in duties:
            output.line(INDENT, Span(paired(word, duty_line(session, duty))))
    if not (found.opened or found.moved or found.cancelled):
        output.tell(_("No duty changes by it."))
        _say_too_early(session, found.event)


def _say_too_early(session: Session, event: Event) -> None:
    first = session.desk.settings.in_force_from
    if event.at.astimezone(session.zone).date() < first:
        output.tell(
            _("It lies before {day}, the first day whose duties are kept here.", day=first.isoformat()),
            Tone.QUIET,
        )
