"""Calls that read the duties of an event and what would follow from its change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sla_tracker.services import events
from sla_tracker.services.queries import duties
from sla_tracker.tui.messages import GatewayMessage
from sla_tracker.wording.event_changes import Reader, format_preview

if TYPE_CHECKING:
    from datetime import datetime

    from sla_tracker.domain.duties.event import Event
    from sla_tracker.services.deployment import OpenDeployment
    from sla_tracker.services.queries.rows import DutyRow
    from sla_tracker.tui.gateway import Call


class EventFollowed(GatewayMessage):
    """The duties of an event were read."""

    def __init__(self, event: Event, opened: tuple[DutyRow, ...]) -> None:
        super().__init__()
        self.event, self.opened = event, opened


def load_event_duties(event: Event) -> Call:
    """Read the duties that an event opened, by due time."""

    def call(deployment: OpenDeployment) -> EventFollowed:
        return EventFollowed(event, tuple(duties.rows_of_event(deployment.context, event.id)))

    return call


class EventPreviewed(GatewayMessage):
    """What would follow from a change of an event was computed.

    `at` is the new time, None for cancelling.
    """

    def __init__(self, at: datetime | None, lines: list[str]) -> None:
        super().__init__()
        self.at, self.lines = at, lines


def preview_move(event_id: str, at: datetime) -> Call:
    """Compute what would follow from rescheduling an event."""

    def call(deployment: OpenDeployment) -> EventPreviewed:
        preview = events.preview_move(deployment.context, deployment.actor, event_id, at)
        return EventPreviewed(at, format_preview(preview, _reader(deployment)))

    return call


def preview_cancel(event_id: str) -> Call:
    """Compute what would go with a cancelled event."""

    def call(deployment: OpenDeployment) -> EventPreviewed:
        preview = events.preview_cancel(deployment.context, deployment.actor, event_id)
        return EventPreviewed(None, format_preview(preview, _reader(deployment)))

    return call


def _reader(deployment: OpenDeployment) -> Reader:
    context = deployment.context
    departments = {id: department.name for id, department in context.catalogue.departments.items()}
    return Reader(
        departments=departments, people=context.people, now=context.now(), zone=context.settings.zone
    )
