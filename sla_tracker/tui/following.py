"""What came of an event: the duties it opened; there are no others, because it opens all when it is registered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sla_tracker.core.duty import Duty
from sla_tracker.desk import queries
from sla_tracker.tui.messages import Told

if TYPE_CHECKING:
    from sla_tracker.core.event import Event
    from sla_tracker.desk.house import House
    from sla_tracker.desk.rows import DutyRow
    from sla_tracker.tui.gateway import Call


class EventFollowed(Told):
    """The duties of an event were read."""

    def __init__(self, event: Event, opened: tuple[DutyRow, ...]) -> None:
        super().__init__()
        self.event, self.opened = event, opened


def what_came_of(event: Event) -> Call:
    """Read what an event opened, the soonest due first."""

    def call(house: House) -> EventFollowed:
        desk, now = house.desk, house.desk.now()
        duties = desk.store.read(lambda tx: tx.find(Duty, event=event.id))
        opened = sorted((queries.row_of(desk, duty, now) for duty in duties), key=lambda row: row.due_at)
        return EventFollowed(event, tuple(opened))

    return call
