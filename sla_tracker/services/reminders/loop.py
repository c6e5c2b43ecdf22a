"""Runs the reminder loop: a pass when a reminder is due or the store has changed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from sla_tracker.errors import SlaError
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.reminders.leases import Notifiers
from sla_tracker.services.reminders.planner import next_moment
from sla_tracker.services.reminders.schedule import ReminderSchedule
from sla_tracker.services.reminders.sender import Round, run_once

LOOK_SECONDS = 2.0  # between two checks of the clock and of the last commit's number
LONGEST_SLEEP = timedelta(hours=1)  # between two passes
SETTLING = timedelta(seconds=10)  # least time between two passes caused by other people's commits
RETRY = timedelta(seconds=60)  # after a pass that failed or left something due


class Waking:
    """Decides when to run the next pass: reminder due, new commits, or clock set back."""

    def __init__(self) -> None:
        self._next_at: datetime | None = None
        self._looked_at: datetime | None = None
        self._sequence = -1
        self.schedule = ReminderSchedule()

    def is_time(self, context: ServiceContext) -> bool:
        """Tell whether a pass is due; cheap: reads the clock and the last commit's number."""
        now = context.now()
        if self._looked_at is None or self._next_at is None or now < self._looked_at or now >= self._next_at:
            return True
        return now - self._looked_at >= SETTLING and context.store.sequence() != self._sequence

    def begin(self, context: ServiceContext) -> None:
        """Note the start of a pass, so that commits made during it count as new."""
        self._sequence = context.store.sequence()
        self._looked_at = context.now()

    def end(self, context: ServiceContext, channels: Iterable[str] = ()) -> datetime:
        """Note the end of a pass over these channels; returns the latest time of the next."""
        now = context.now()
        found = next_moment(context, channels, self.schedule)
        midnight = _midnight_after(context, now)
        wanted = min(midnight, now + LONGEST_SLEEP, found or midnight)
        self._next_at = wanted if wanted > now else now + RETRY
        return self._next_at

    def rest(self, context: ServiceContext) -> None:
        """Postpone the next pass by RETRY after an error."""
        now = context.now()
        self._looked_at, self._next_at = now, now + RETRY


def watch(
    present: Callable[[], tuple[ServiceContext, Notifiers]],
    stop: threading.Event,
    *,
    report: Callable[[Round], None],
    show_error: Callable[[SlaError], None],
    look_seconds: float = LOOK_SECONDS,
) -> None:
    """Send reminders until `stop` is set.

    `present` returns the current context and channels, also after settings changed. Short waits against the wall clock
    instead of one long sleep, so that a suspended machine, a clock that was set and a store that is back are noticed.
    """
    waking = Waking()
    while not stop.is_set():
        context, channels = present()
        try:
            if waking.is_time(context):
                waking.begin(context)
                report(run_once(context, channels, stop=stop, schedule=waking.schedule))
                waking.end(context, channels)
        except SlaError as reason:
            waking.rest(context)
            show_error(reason)
        stop.wait(look_seconds)


def _midnight_after(context: ServiceContext, now: datetime) -> datetime:
    calendar = context.calendar_of("")
    return calendar.instant_of(calendar.local_date(now) + timedelta(days=1), datetime.min.time())
