"""Computes when each duty needs its next reminder, and follows changes in memory."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.reminders.due_reminders import ReminderInputs, still_stands, turns
from sla_tracker.domain.reminders.policy import TERMINAL, Anchor
from sla_tracker.domain.reminders.recipients import members_of
from sla_tracker.domain.reminders.reminder import Reminded, Reminder, ReminderState
from sla_tracker.domain.stored_kinds import StoredKind
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.current_deadline import calendar_of
from sla_tracker.services.open_requests.update_clock import next_updates
from sla_tracker.services.ports import Change, Reading
from sla_tracker.services.reminders.news import NEWS_AGE, NEWS_TAIL, Occasion, occasions
from sla_tracker.services.reminders.policies import policy_of

REMINDED_STATES = (State.OPEN, State.DELIVERED)
BETWEEN_FORECASTS = timedelta(hours=1)
WATCHED_KINDS = (StoredKind.DUTIES, StoredKind.REMINDED)


def reminder_inputs(context: ServiceContext) -> ReminderInputs:
    """Return the calendars, people and policies that reminders are computed from."""
    return ReminderInputs(
        duty_calendar=lambda duty: calendar_of(context, duty),
        department_calendar=context.calendar_of,
        people=context.people,
        policies=context.settings.reminders,
        policy_of=lambda duty: policy_of(context, duty),
        members=members_of(context.people),
        next_updates=lambda duty: next_updates(context, duty, context.now()),
    )


def stands(tx: Reading, reminder: Reminder, inputs: ReminderInputs) -> bool:
    """Tell whether a reminder still applies to its duty."""
    duty = tx.get(Duty, reminder.duty)
    return duty is not None and applies(duty, reminder, inputs)


def applies(duty: Duty, reminder: Reminder, inputs: ReminderInputs) -> bool:
    """Tell whether a reminder still applies to a duty as it is."""
    updates = inputs.next_updates(duty) if reminder.anchor is Anchor.UPDATE else ()
    return still_stands(duty, reminder, inputs.duty_calendar(duty), updates)


class ReminderSchedule:
    """Cache of each live duty's next unplanned reminder, and of shown ones to end.

    Without it a pass would read every live duty. The first `refresh` reads all, later ones what was changed since. A
    new context (settings or plugins were reloaded) starts anew.
    """

    def __init__(self) -> None:
        self._context: ServiceContext | None = None
        self._sequence = 0
        self._next: dict[str, datetime] = {}
        self._news: dict[str, Occasion] = {}
        self._pointless: set[str] = set()
        self._forecast_at: datetime | None = None

    def is_time_to_forecast(self, now: datetime) -> bool:
        """Tell, and note, whether forecasts are due.

        Forecasts are due only once an hour, because they read a whole month.
        """
        last = self._forecast_at
        if last is not None and timedelta(0) <= now - last < BETWEEN_FORECASTS:
            return False
        self._forecast_at = now
        return True

    def refresh(self, context: ServiceContext) -> None:
        """Update the cache from the store; raises StoreError."""
        sequence = context.store.sequence()
        if context is self._context and sequence == self._sequence:
            return
        if context is self._context and sequence > self._sequence:
            changes = list(context.store.changes(self._sequence))
            self._note_news(context, changes)
            touched = {id for change in changes for kind, id in change.touched if kind in WATCHED_KINDS}
            context.store.read(lambda tx: self._read_again(context, tx, touched))
        else:
            context.store.read(lambda tx: self._read_all(context, tx))
            self._news.clear()
            self._note_news(context, context.store.changes(max(0, sequence - NEWS_TAIL)))
        self._context, self._sequence = context, sequence

    def concerned(self, now: datetime) -> list[str]:
        """Return the ids of duties with a reminder to plan now."""
        return [id for id, at in self._next.items() if at <= now]

    def news(self) -> list[Occasion]:
        """Return the news that nobody was told yet, oldest first."""
        return list(self._news.values())

    def settle_news(self, told: Iterable[Occasion]) -> None:
        """Forget news that was planned, or that concerns nobody."""
        for occasion in told:
            self._news.pop(f"{occasion.turn}/{occasion.touched}", None)

    def pointless(self) -> list[str]:
        """Return the ids of shown reminders that no longer apply."""
        return sorted(self._pointless)

    def next_at(self, now: datetime) -> datetime | None:
        """Return when the next reminder falls due after `now`, or None."""
        return min((at for at in self._next.values() if at > now), default=None)

    def _note_news(self, context: ServiceContext, changes: Iterable[Change]) -> None:
        since = context.now() - NEWS_AGE
        for occasion in occasions(changes):
            if occasion.at >= since:
                self._news[f"{occasion.turn}/{occasion.touched}"] = occasion

    def _read_all(self, context: ServiceContext, tx: Reading) -> None:
        inputs = reminder_inputs(context)
        self._next.clear()
        for duty in tx.each(Duty, state=REMINDED_STATES):
            self._note_next_turn(tx, duty, inputs)
        shown = tx.each(Reminder, state=ReminderState.SENT, channel=TERMINAL)
        self._pointless = _not_applicable(tx, shown, inputs)

    def _read_again(self, context: ServiceContext, tx: Reading, touched: set[str]) -> None:
        inputs = reminder_inputs(context)
        for id in touched:
            self._next.pop(id, None)
            duty = tx.get(Duty, id)
            if duty is not None and duty.state in REMINDED_STATES:
                self._note_next_turn(tx, duty, inputs)
            shown = tx.find(Reminder, duty=id, state=ReminderState.SENT, channel=TERMINAL)
            self._pointless |= _not_applicable(tx, shown, inputs)

    def _note_next_turn(self, tx: Reading, duty: Duty, inputs: ReminderInputs) -> None:
        known = tx.get(Reminded, duty.id)
        for turn in turns(duty, inputs):
            if known is None or turn.key not in known.turns:
                self._next[duty.id] = turn.at
                return

    def settle(self, ids: Iterable[str]) -> None:
        """Remove reminders that have been dropped from the cache."""
        self._pointless.difference_update(ids)


def _not_applicable(tx: Reading, shown: Iterable[Reminder], inputs: ReminderInputs) -> set[str]:
    return {reminder.id for reminder in shown if not stands(tx, reminder, inputs)}
