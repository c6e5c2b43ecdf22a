"""Formats duties, people and departments as lines, in the words of wording/."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sla_tracker.cli import output
from sla_tracker.cli.formats.due_list import RowContext, duty_cells, duty_columns
from sla_tracker.cli.formats.text_table import Span, Tone
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.reference import reference_of
from sla_tracker.errors import N_, SlaError, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.services.queries.duties import DutyDetail, DutyRow, row_of
from sla_tracker.services.queries.next_workdays import next_workdays
from sla_tracker.wording.checkpoints import checkpoint_of, footer
from sla_tracker.wording.duties import (
    format_moment,
    format_period,
    format_short_notice,
    person_word,
    text_of,
    weekday_word,
)
from sla_tracker.wording.event_changes import Reader
from sla_tracker.wording.limits import marked


def row_context_of(invocation: Invocation) -> RowContext:
    """Return the instant, zone and names by which an invocation shows rows."""
    context = invocation.context
    now = invocation.now()
    return RowContext(
        at=now,
        zone=invocation.zone,
        departments={id: department.name for id, department in context.catalogue.departments.items()},
        people={id: person.name for id, person in context.people.items()},
        next_workdays=next_workdays(context, now),
    )


def moment_word(invocation: Invocation, at: datetime) -> str:
    """Return a day with its weekday and time, such as `11-20 Fri 18:00`."""
    day, _, clock = format_moment(at, invocation.now(), invocation.zone).partition(" ")
    return f"{day} {weekday_word(at.astimezone(invocation.zone).date())} {clock}"


def short_notice_line(invocation: Invocation, found: DutyDetail) -> str:
    """Return who gave a duty too little notice, or the empty text."""
    given = found.short_notice
    if given is None:
        return ""
    return format_short_notice(
        person_word(invocation.context.people, given.by), moment_word(invocation, given.at)
    )


def reader_of(invocation: Invocation) -> Reader:
    """Return the names and the time for sentences about event changes."""
    context = invocation.context
    names = {id: department.name for id, department in context.catalogue.departments.items()}
    return Reader(departments=names, people=context.people, now=invocation.now(), zone=invocation.zone)


def duty_table(invocation: Invocation, rows: Iterable[DutyRow], indent: str = "") -> None:
    """Print duties of several departments as a table."""
    row_context = row_context_of(invocation)
    cells = [duty_cells(row_context, row, side="both") for row in rows]
    output.table(duty_columns(both_sides=True), cells, indent)


def report_end(invocation: Invocation) -> None:
    """Print the last line of every report: the checkpoint for `sla verify --anchor`."""
    said = footer(invocation.context.store, invocation.now(), invocation.zone)
    if said:
        output.line(Span(said, Tone.QUIET))


def anchor_document(invocation: Invocation) -> str | None:
    """Return the same checkpoint with the whole hash; None for an unchained store."""
    anchor = checkpoint_of(invocation.context.store)
    return None if anchor is None else str(anchor)


def period_word(row: DutyRow | Duty) -> str:
    """Return the period that a duty covers."""
    return format_period(row.period_start, row.period_end)


def duty_line(invocation: Invocation, duty: Duty) -> str:
    """Return one duty in a sentence: reference, title, subject, due."""
    row = row_of(invocation.context, duty, invocation.now())
    about = row.subject or period_word(row)
    parts = [duty.reference, text_of(duty.title), *([about] if about else [])]
    when = marked(moment_word(invocation, row.due_at), provisional=row.provisional)
    return "{}  ·  {}".format(" ".join(parts), _("due {when}", when=when))


def event_line(invocation: Invocation, event: Event) -> str:
    """Return one event in a sentence: reference, kind, subject, time."""
    return f"{event_reference(event)} {text_of(event.title)} {event.subject}  ·  {moment_word(invocation, event.at)}"


def event_reference(event: Event) -> str:
    """Return the short reference that people type for an event."""
    return reference_of(event.id)


def pairs(given: Sequence[str]) -> dict[str, str]:
    """Return `name=value` texts as a mapping; a bare name is a tick.

    Raises UsageError for a text without a name.
    """
    found: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not name.strip():
            raise UsageError(N_("“{text}” names no field; write it like name=value."), text=text)
        found[name.strip()] = value if equals else "yes"
    return found


def raise_last_failure(failures: Sequence[SlaError]) -> None:
    """Raise the last of several failures after printing the others."""
    for failure in failures[:-1]:
        output.message(failure.sentence(), Tone.ALARM)
    if failures:
        raise failures[-1]
