"""How duties, people and departments read on a line; all words come from desk/words.py."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sla_tracker.cli import output
from sla_tracker.cli.duelist import Sight, duty_cells, duty_columns
from sla_tracker.cli.session import Session
from sla_tracker.cli.table import Span, Tone
from sla_tracker.core.duty import Duty
from sla_tracker.core.event import Event
from sla_tracker.desk.anchoring import anchor_of, footer
from sla_tracker.desk.desk import Desk
from sla_tracker.desk.queries import DutyDetail, DutyRow, row_of
from sla_tracker.desk.words import (
    moment_in_words,
    period_in_words,
    person_word,
    short_notice_in_words,
    text_of,
    weekday_word,
)
from sla_tracker.errors import N_, SlaError, UsageError
from sla_tracker.locale import gettext as _


def department_word(desk: Desk, id: str) -> str:
    """Return a department's name, or the id of one that is gone."""
    known = desk.catalogue.departments.get(id)
    return text_of(known.name) if known else id


def sight_of(session: Session) -> Sight:
    """Return what the rows of this session are looked at with."""
    desk = session.desk
    return Sight(
        at=session.now(),
        zone=session.zone,
        departments={id: department.name for id, department in desk.catalogue.departments.items()},
        people={id: person.name for id, person in desk.people.items()},
    )


def moment_word(session: Session, at: datetime) -> str:
    """Return a day with its weekday and time, such as `11-20 Fri 18:00`."""
    day, _, clock = moment_in_words(at, session.now(), session.zone).partition(" ")
    return f"{day} {weekday_word(at.astimezone(session.zone).date())} {clock}"


def short_notice_line(session: Session, found: DutyDetail) -> str:
    """Return who gave a duty too little time, or the empty text."""
    given = found.short_notice
    if given is None:
        return ""
    return short_notice_in_words(person_word(session.desk.people, given.by), moment_word(session, given.at))


def duty_table(session: Session, rows: Iterable[DutyRow], indent: str = "") -> None:
    """Write duties of several departments in columns."""
    sight = sight_of(session)
    cells = [duty_cells(sight, row, side="both") for row in rows]
    output.table(duty_columns(both_sides=True), cells, indent)


def report_end(session: Session) -> None:
    """Write the line that every report ends with: how far the store went, for `sla verify --anchor`."""
    said = footer(session.desk.store, session.now(), session.zone)
    if said:
        output.line(Span(said, Tone.QUIET))


def anchor_document(session: Session) -> str | None:
    """Return the same for a JSON document, with the whole hash; None where nothing is chained."""
    anchor = anchor_of(session.desk.store)
    return None if anchor is None else str(anchor)


def period_word(row: DutyRow | Duty) -> str:
    """Return the period a duty is about."""
    return period_in_words(row.period_start, row.period_end)


def duty_line(session: Session, duty: Duty) -> str:
    """Return one duty in a sentence: reference, title, subject, due."""
    row = row_of(session.desk, duty, session.now())
    about = row.subject or period_word(row)
    parts = [duty.reference, text_of(duty.title), *([about] if about else [])]
    return "{}  ·  {}".format(" ".join(parts), _("due {when}", when=moment_word(session, duty.due_at)))


def event_line(session: Session, event: Event) -> str:
    """Return one event in a sentence: reference, kind, subject, time."""
    return f"{event_reference(event)} {text_of(event.title)} {event.subject}  ·  {moment_word(session, event.at)}"


def event_reference(event: Event) -> str:
    """Return the short name that people type for an event."""
    return event.id[-6:]


def pairs(given: Sequence[str]) -> dict[str, str]:
    """Return `name=value` texts as a mapping; a bare name is a tick. Raises UsageError for one without a name."""
    found: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not name.strip():
            raise UsageError(N_("“{text}” names no field; write it like name=value."), text=text)
        found[name.strip()] = value if equals else "yes"
    return found


def failures_told(failures: Sequence[SlaError]) -> None:
    """Raise the last of several failures after telling the others."""
    for failure in failures[:-1]:
        output.tell(failure.sentence(), Tone.ALARM)
    if failures:
        raise failures[-1]
