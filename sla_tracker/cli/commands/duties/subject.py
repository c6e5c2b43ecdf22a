"""`sla subject`: prints all duties and events of one vehicle, contract or person."""

from __future__ import annotations

import click

from sla_tracker.cli import output
from sla_tracker.cli.formats.documents import duty_document, event_document, words
from sla_tracker.cli.formats.duty_lines import duty_table, event_line
from sla_tracker.cli.formats.list_files import to_dated_file, write_list_file
from sla_tracker.cli.formats.text_table import Span, Tone
from sla_tracker.cli.grammar import Command, argument, as_json
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.duties.event import EventState
from sla_tracker.domain.duties.subject import problem_with_subject
from sla_tracker.errors import N_, NotFound
from sla_tracker.i18n import gettext as _
from sla_tracker.services.queries.duties import AboutSubject, about_subject
from sla_tracker.services.subjects.ties import TiedSubject, about_tied, ties_of
from sla_tracker.wording.lists.subjects import format_more_ties, format_tie, subject_list

INDENT = "  "


@click.command(
    "subject",
    cls=Command,
)
@argument(
    "subject",
    metavar="SUBJECT",
    help=N_("A plate, contract or name; dots, blanks, capitals and full width make no difference."),
)
@to_dated_file
@as_json
@click.pass_obj
def subject_command(invocation: Invocation, subject: str, file: str | None, as_json: bool) -> None:
    """Show everything about one subject."""
    if (wrong := problem_with_subject(subject)) is not None:
        raise wrong
    found = about_subject(invocation.context, subject, invocation.now())
    ties = ties_of(invocation.context, subject)
    tied = about_tied(invocation.context, ties, invocation.now())
    if not found.events and not found.duties and not tied:
        raise NotFound(N_("Nothing is kept about “{subject}”."), subject=subject)
    document = {
        "events": [event_document(event) for event in found.events],
        "duties": [duty_document(row) for row in found.duties],
        "tied": [_tied_document(one) for one in tied],
        "tied_left_off": ties.left_off,
    }
    if file:
        content = subject_list(invocation.context, subject, [found, *tied])
        write_list_file(invocation, content, file, document)
        return
    if as_json:
        output.document(**document)
        return
    _print_own(invocation, found)
    for one in tied:
        output.line(Span(format_tie(one.tie, invocation.now(), invocation.zone), Tone.HEADING))
        for event in one.events:
            output.line(INDENT, event_line(invocation, event))
        duty_table(invocation, one.duties, INDENT)
    if ties.left_off:
        output.message(format_more_ties(ties.left_off))


def _print_own(invocation: Invocation, found: AboutSubject) -> None:
    if found.events:
        output.line(Span(_("Events"), Tone.HEADING))
        for event in found.events:
            gone = "  ·  " + _("cancelled") if event.state is EventState.CANCELLED else ""
            output.line(INDENT, event_line(invocation, event), Span(gone, Tone.WARNING))
    if found.duties:
        output.line(Span(_("Duties of all departments"), Tone.HEADING))
        duty_table(invocation, found.duties, INDENT)


def _tied_document(one: TiedSubject) -> dict[str, object]:
    return {
        "subject": one.tie.subject,
        "what": words(one.tie.what),
        "through": one.tie.through,
        "event": event_document(one.tie.event),
        "events": [event_document(event) for event in one.events],
        "duties": [duty_document(row) for row in one.duties],
    }
