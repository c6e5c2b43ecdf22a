"""The call that reads the duties an event opened.

An event opens all of them when it is registered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sla_tracker.services.queries import duties
from sla_tracker.tui.messages import GatewayMessage

if TYPE_CHECKING:
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
