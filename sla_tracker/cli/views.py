"""How duties, people and departments read on a line; all words come from desk/words.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sla_tracker.cli.session import Session
from sla_tracker.cli.table import Column, Span, Tone
from sla_tracker.core.duty import Duty
from sla_tracker.core.event import Event
from sla_tracker.desk.desk import Desk
from sla_tracker.desk.queries import Bucket, DutyRow, row_of
from sla_tracker.desk.words import (
    due_in_words,
    moment_in_words,
    person_word,
    text_of,
    weekday_word,
)
from sla_tracker.errors import N_, SlaError, UsageError
from sla_tracker.locale import gettext as _

TONES: Mapping[Bucket, Tone] = {
    Bucket.OVERDUE: Tone.ALARM,
    Bucket.TODAY: Tone.WARNING,
    Bucket.DELIVERED: Tone.GOOD,
    Bucket.ON_HOLD: Tone.QUIET,
}


def department_word(desk: Desk, id: str) -> str:
    """Return a department's name, or the id of one that is gone."""
    known = desk.catalogue.departments.get(id)
    return text_of(known.name) if known else id


def moment_word(session: Session, at: datetime) -> str:
    """Return a day with its weekday and time, such as `11-20 Fri 18:00`."""
    day, _, clock = moment_in_words(at, session.now(), session.zone).partition(" ")
    return f"{day} {weekday_word(at.astimezone(session.zone).date())} {clock}"


def duty_columns(*, both_sides: bool) -> list[Column]:
    """Return the columns of a list of duties."""
    return [
        Column(heading=_("Ref")),
        Column(heading=_("Due")),
        Column(),
        Column(heading=_("Duty"), flexible=True),
        Column(heading=_("About"), flexible=True),
        Column(heading=_("From → to") if both_sides else _("Other side"), flexible=True),
        Column(heading=_("Who")),
        Column(heading=_("Remarks"), flexible=True),
    ]


def duty_cells(session: Session, row: DutyRow, *, side: str) -> list[Span]:
    """Return one duty as cells; `side` says which department is named: `provider`, `consumer` or both."""
    desk = session.desk
    provider, consumer = department_word(desk, row.provider), department_word(desk, row.consumer)
    tone = TONES.get(row.bucket, Tone.PLAIN)
    return [
        Span(row.reference or "·", Tone.QUIET),
        Span(moment_word(session, row.due_at), tone),
        Span("" if row.planned else due_in_words(row.due_at, session.now(), session.zone), tone),
        Span(text_of(row.title)),
        Span(row.subject or period_word(row)),
        Span({"provider": provider, "consumer": consumer}.get(side, f"{provider} → {consumer}"), Tone.QUIET),
        Span(person_word(desk.people, row.assignee) if row.assignee else "", Tone.QUIET),
        Span(_(", ").join(remarks(row)), Tone.QUIET),
    ]


def period_word(row: DutyRow | Duty) -> str:
    """Return the period a duty is about: a month by its name, anything else by its first and last day."""
    start, end = row.period_start, row.period_end
    if start is None or end is None:
        return ""
    if start.day == 1 and (end.year, end.month, end.day) == (
        start.year + start.month // 12,
        start.month % 12 + 1,
        1,
    ):
        return f"{start:%Y-%m}"
    return f"{start:%Y-%m-%d} … {end:%Y-%m-%d}"


def remarks(row: DutyRow) -> list[str]:
    """Return what else has to be known about a duty on its line."""
    said = [
        (row.planned, _("planned")),
        (row.provisional, _("provisional")),
        (row.assumed, _("assumed")),
        (row.returned, _("returned")),
        (row.opened_late, _("opened late")),
        (row.short_notice, _("short notice")),
    ]
    found = [word for holds, word in said if holds]
    if row.evidence_asked and row.evidence_done:
        found.append(_("evidence {done}/{asked}", done=row.evidence_done, asked=row.evidence_asked))
    return found


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
    from sla_tracker.cli import output

    for failure in failures[:-1]:
        output.tell(failure.sentence(), Tone.ALARM)
    if failures:
        raise failures[-1]
