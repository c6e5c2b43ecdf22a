"""What is kept about a subject and tied to it, in words and as a list for files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Protocol

from sla_tracker.domain.clean import clean
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.reference import reference_of
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.queries.list_content import DatedEntry, ListCell, ListContent
from sla_tracker.services.queries.rows import DutyRow
from sla_tracker.services.subjects.ties import Tie
from sla_tracker.wording.duties import bucket_word, department_word, text_of
from sla_tracker.wording.lists.duties import duty_entries, event_entries, event_state_word
from sla_tracker.wording.times import format_moment


class About(Protocol):
    """The events and duties of one subject."""

    @property
    def events(self) -> Sequence[Event]:
        """Return the events, by time."""

    @property
    def duties(self) -> Sequence[DutyRow]:
        """Return the duties of all departments, by due time."""


def format_tie(tie: Tie, now: datetime, zone: tzinfo) -> str:
    """Return a tied subject with the word for it, the event that ties it, and to what."""
    return _(
        "{subject} ({what}), tied to {through} by “{title}” {when}",
        subject=clean(tie.subject),
        what=text_of(tie.what),
        through=clean(tie.through),
        title=text_of(tie.event.title),
        when=format_moment(tie.event.at, now, zone),
    )


def format_more_ties(count: int) -> str:
    """Return how many tied subjects are not named."""
    return ngettext("{n} more subject is tied to it.", "{n} more subjects are tied to it.", count)


def subject_list(context: ServiceContext, subject: str, about: Sequence[About]) -> ListContent:
    """Return events and duties of a subject and of those tied to it, by time."""
    lines = [(event.at, _about_event(context, event)) for one in about for event in one.events]
    lines += [(row.due_at, _about_duty(context, row)) for one in about for row in one.duties]

    def entries() -> Iterator[DatedEntry]:
        for one in about:
            yield from event_entries(context, one.events)
            yield from duty_entries(context, one.duties)

    headings = (
        _("Ref"),
        _("When"),
        _("Kind"),
        _("Title"),
        _("About"),
        _("Provider"),
        _("Consumer"),
        _("State"),
    )
    return ListContent(
        id="subject",
        title=subject,
        headings=headings,
        rows=tuple(cells for _at, cells in sorted(lines, key=lambda line: line[0])),
        entries=entries,
    )


def _about_event(context: ServiceContext, event: Event) -> tuple[ListCell, ...]:
    at = event.at.astimezone(context.settings.zone)
    first = (reference_of(event.id), at, _("Event"), text_of(event.title), event.subject)
    return (*first, "", "", event_state_word(event))


def _about_duty(context: ServiceContext, row: DutyRow) -> tuple[ListCell, ...]:
    due_at = row.due_at.astimezone(context.settings.zone)
    sides = department_word(context, row.provider), department_word(context, row.consumer)
    return (
        row.reference,
        due_at,
        _("Duty"),
        text_of(row.title),
        row.subject,
        *sides,
        bucket_word(row.bucket),
    )
