"""The departments that a duty concerns, which are read without the rest of it."""

from __future__ import annotations

from sla_tracker.domain.duties.event_change import EventChange
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyParties:
    """Who owes a duty, who is owed it, and the changes of its event, as they are stored with the duty."""

    id: str
    provider: str
    consumer: str
    event_changes: tuple[EventChange, ...] = ()

    @property
    def departments(self) -> frozenset[str]:
        """Return the departments that see something of the duty.

        Who only registered an event has its changes in the inbox.
        """
        registered = (change.registered_from for change in self.event_changes)
        return frozenset((self.provider, self.consumer, *registered))
