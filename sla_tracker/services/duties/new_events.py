"""Opens the duties of many events that are registered in one transaction.

What all of them have in common is looked up once: which obligations an event type triggers and since when, the names of
the triggers, which months are closed, and the deadline of each time. `creation` does the same for one event.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from sla_tracker.domain.agreements.obligation import Obligation, OnEvent
from sla_tracker.domain.agreements.occurrences import Granted, granted_by
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.event import Event
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.creation import with_event
from sla_tracker.services.duties.current_deadline import in_open_month
from sla_tracker.services.duties.keys import TriggerKeys
from sla_tracker.services.duties.saving import save_duty
from sla_tracker.services.ports import Writing
from sla_tracker.services.turns.new_duty import duty_from, in_force_since

Trigger = tuple[Obligation, OnEvent, date, str]
"""An obligation, its trigger, the first day whose dues are kept, and the key of its duties without the event's id."""
Circumstances = tuple[int, datetime, str, str, tuple[tuple[str, str], ...]]


class EventOpener:
    """Opens the duties of events that one transaction registers at one instant."""

    def __init__(self, context: ServiceContext, tx: Writing, now: datetime) -> None:
        self._context, self._tx, self._now = context, tx, now
        self._keys = TriggerKeys(tx)
        self._triggers: dict[str, list[Trigger]] = {}
        self._granted: dict[Circumstances, Granted | None] = {}
        self._open_months: set[str] = set()

    def open(self, event: Event) -> Iterator[Duty]:
        """Open and yield the duties of an event that was registered just now.

        No existing duty is looked for, because the event is new.
        """
        for place, (obligation, trigger, since, key) in enumerate(self._triggered_by(event.type)):
            granted = self._grant(place, obligation, trigger, event)
            if granted is None or granted.rule_due_on < since:
                continue
            duty = duty_from(
                self._context, obligation, trigger, f"{key}{event.id}", granted.deadline, self._now
            )
            yield self._saved(with_event(duty, event, granted))

    def _triggered_by(self, event_type: str) -> list[Trigger]:
        if event_type not in self._triggers:
            self._triggers[event_type] = [
                (
                    obligation,
                    trigger,
                    in_force_since(self._context, self._tx, obligation),
                    self._keys.key_of(obligation, trigger, ""),
                )
                for obligation, trigger in self._context.catalogue.opened_by(event_type)
            ]
        return self._triggers[event_type]

    def _grant(self, place: int, obligation: Obligation, trigger: OnEvent, event: Event) -> Granted | None:
        """Return the deadline of an event by a trigger.

        All events with the same time and fields have the same deadline.
        """
        fields = tuple(event.fields.items()) if trigger.condition is not None else ()
        same = (place, event.at, event.type, event.registered_from, fields)
        if same not in self._granted:
            self._granted[same] = granted_by(obligation, trigger, event, self._context.calendar_of)
        return self._granted[same]

    def _saved(self, duty: Duty) -> Duty:
        if duty.month not in self._open_months:
            duty = in_open_month(self._tx, duty)
            self._open_months.add(duty.month)
        # Nothing waits for such a duty, and it waits for nothing: its deadline is the one that was granted.
        if not duty.terms.depends_on and not self._context.catalogue.dependents(duty.obligation):
            self._tx.put(duty)
            return duty
        return save_duty(self._context, self._tx, duty)
