"""Lists of duties and of events for files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sla_tracker.domain.duties.event import Event, EventState
from sla_tracker.domain.duties.states import State
from sla_tracker.domain.reference import reference_of
from sla_tracker.i18n import gettext as _
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.queries.list_content import DatedEntry, EntryEnd, ListCell, ListContent
from sla_tracker.services.queries.rows import DutyRow
from sla_tracker.wording.duties import bucket_word, department_word, format_period, person_word, text_of

DONE = frozenset({State.ACCEPTED, State.CANCELLED, State.HANDED_OVER, State.MISSED, State.WAIVED})


def duty_list(context: ServiceContext, title: str, rows: Sequence[DutyRow]) -> ListContent:
    """Return a list of duties, planned ones too."""
    headings = (
        *(_("Ref"), _("Due"), _("Group"), _("Duty"), _("About"), _("Provider"), _("Consumer"), _("Who")),
        _("Limit assumed"),
        _("Date provisional"),
    )
    return ListContent(
        id="duties",
        title=title,
        headings=headings,
        rows=tuple(_duty_cells(context, row) for row in rows),
        entries=lambda: duty_entries(context, rows),
        duties=tuple(rows),
    )


def event_list(context: ServiceContext, title: str, found: Sequence[Event]) -> ListContent:
    """Return a list of events."""
    headings = (
        _("Ref"),
        _("When"),
        _("Event"),
        _("About"),
        _("By"),
        _("Registered"),
        _("State"),
        _("Reason"),
    )
    return ListContent(
        id="events",
        title=title,
        headings=headings,
        rows=tuple(_event_cells(context, event) for event in found),
        entries=lambda: event_entries(context, found),
    )


def event_state_word(event: Event) -> str:
    """Return the word for a cancelled event or a claimed time; else nothing."""
    if event.state is EventState.CANCELLED:
        return _("cancelled")
    return _("claimed") if event.before_claim is not None else ""


def _duty_cells(context: ServiceContext, row: DutyRow) -> tuple[ListCell, ...]:
    yes = _("yes")
    return (
        row.reference,
        row.due_at.astimezone(context.settings.zone),
        bucket_word(row.bucket),
        text_of(row.title),
        row.subject or format_period(row.period_start, row.period_end),
        department_word(context, row.provider),
        department_word(context, row.consumer),
        context.name_of(row.assignee) if row.assignee else "",
        yes if row.assumed else "",
        yes if row.provisional else "",
    )


def _event_cells(context: ServiceContext, event: Event) -> tuple[ListCell, ...]:
    zone = context.settings.zone
    return (
        reference_of(event.id),
        event.at.astimezone(zone),
        text_of(event.title),
        event.subject,
        person_word(context.people, event.registered_by),
        event.registered_at.astimezone(zone),
        event_state_word(event),
        event.reason,
    )


def duty_entries(context: ServiceContext, rows: Sequence[DutyRow]) -> Iterator[DatedEntry]:
    """Yield what a calendar shows of duties."""
    for row in rows:
        changes = context.store.history(row.id) if row.id else []
        between = f"{department_word(context, row.provider)} → {department_word(context, row.consumer)}"
        described = (
            between,
            format_period(row.period_start, row.period_end),
            context.name_of(row.assignee) if row.assignee else "",
            _("provisional") if row.provisional else "",
            row.reference,
        )
        yield DatedEntry(
            key=row.key,
            at=row.due_at,
            title=" ".join(filter(None, (text_of(row.title), row.subject))),
            description="\n".join(filter(None, described)),
            changed_at=changes[-1].act.at if changes else context.now(),
            sequence=changes[-1].sequence if changes else 0,
            end=_end_of(row.state),
        )


def _end_of(state: State) -> EntryEnd | None:
    """Return how a duty in a state ended for who had to do it.

    Only accepted duties count as completed.
    """
    if state not in DONE:
        return None
    return EntryEnd.COMPLETED if state is State.ACCEPTED else EntryEnd.CANCELLED


def event_entries(context: ServiceContext, found: Sequence[Event]) -> Iterator[DatedEntry]:
    """Yield what a calendar shows of events."""
    for event in found:
        changes = context.store.history(event.id)
        described = (
            person_word(context.people, event.registered_by),
            event_state_word(event),
            event.reason,
            reference_of(event.id),
        )
        yield DatedEntry(
            key=f"event:{event.id}",
            at=event.at,
            title=" ".join(filter(None, (text_of(event.title), event.subject))),
            description="\n".join(filter(None, described)),
            changed_at=changes[-1].act.at if changes else event.registered_at,
            sequence=changes[-1].sequence if changes else 0,
            end=EntryEnd.CANCELLED if event.state is EventState.CANCELLED else None,
        )
