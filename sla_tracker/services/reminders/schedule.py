"""When every duty next has to be spoken of: computed once, then kept up with what changes. Nothing of it is stored."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.reminders.due_reminders import ReminderInputs, still_stands, turns
from sla_tracker.domain.reminders.policy import TERMINAL, Policy
from sla_tracker.domain.reminders.reminder import Reminded, Reminder, ReminderState
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.current_deadline import calendar_of
from sla_tracker.services.ports import Reading

SPOKEN_OF = (State.OPEN, State.DELIVERED)
FOLLOWED = ("duties", "reminded")


def reminder_inputs(context: ServiceContext) -> ReminderInputs:
    """Return what reminders depend on besides the duty."""
    return ReminderInputs(
        duty_calendar=lambda duty: calendar_of(context, duty),
        department_calendar=context.calendar_of,
        people=context.people,
        policies=context.settings.reminders,
        policy_of=lambda duty: policy_of(context, duty),
    )


def policy_of(context: ServiceContext, duty: Duty) -> Policy:
    """Return the policy for a duty: of its obligation, else of its provider, else the usual one.

    At each level the deployment's own goes before what a plugin declares.
    """
    policies = context.settings.reminders
    obligation = context.catalogue.obligations.get(duty.obligation)
    department = context.catalogue.departments.get(duty.provider)
    return (
        policies.obligations.get(duty.obligation)
        or (obligation.reminders if obligation else None)
        or policies.departments.get(duty.provider)
        or (department.reminders if department else None)
        or policies.default
    )


def stands(tx: Reading, reminder: Reminder, around: ReminderInputs) -> bool:
    """Say whether a reminder still has a point."""
    duty = tx.get(Duty, reminder.duty)
    return duty is not None and still_stands(duty, reminder, around.duty_calendar(duty))


class ReminderSchedule:
    """Knows the next unplanned turn of every live duty, and which shown reminders have lost their point.

    The first look reads every live duty; later ones read what was touched since. Another desk (settings or plugins
    were read again) begins anew.
    """

    def __init__(self) -> None:
        self._context: ServiceContext | None = None
        self._sequence = 0
        self._next: dict[str, datetime] = {}
        self._pointless: set[str] = set()

    def refresh(self, context: ServiceContext) -> None:
        """Follow the store; raises StoreError."""
        sequence = context.store.sequence()
        if context is self._context and sequence == self._sequence:
            return
        if context is self._context and sequence > self._sequence:
            changes = context.store.changes(self._sequence)
            touched = {id for change in changes for kind, id in change.touched if kind in FOLLOWED}
            context.store.read(lambda tx: self._read_again(context, tx, touched))
        else:
            context.store.read(lambda tx: self._read_all(context, tx))
        self._context, self._sequence = context, sequence

    def concerned(self, now: datetime) -> list[str]:
        """Return the duties of which something has to be planned now."""
        return [id for id, at in self._next.items() if at <= now]

    def pointless(self) -> list[str]:
        """Return the terminal's reminders that nobody needs any more."""
        return sorted(self._pointless)

    def next_at(self, now: datetime) -> datetime | None:
        """Return when the next turn comes after now, or None."""
        return min((at for at in self._next.values() if at > now), default=None)

    def _read_all(self, context: ServiceContext, tx: Reading) -> None:
        around = reminder_inputs(context)
        self._next.clear()
        for duty in tx.find(Duty, state=SPOKEN_OF):
            self._note(tx, duty, around)
        shown = tx.find(Reminder, state=ReminderState.SENT, channel=TERMINAL)
        self._pointless = _without_point(tx, shown, around)

    def _read_again(self, context: ServiceContext, tx: Reading, touched: set[str]) -> None:
        around = reminder_inputs(context)
        for id in touched:
            self._next.pop(id, None)
            duty = tx.get(Duty, id)
            if duty is not None and duty.state in SPOKEN_OF:
                self._note(tx, duty, around)
            shown = tx.find(Reminder, duty=id, state=ReminderState.SENT, channel=TERMINAL)
            self._pointless |= _without_point(tx, shown, around)

    def _note(self, tx: Reading, duty: Duty, around: ReminderInputs) -> None:
        known = tx.get(Reminded, duty.id)
        for turn in turns(duty, around):
            if known is None or turn.key not in known.turns:
                self._next[duty.id] = turn.at
                return

    def settle(self, ids: Iterable[str]) -> None:
        """Forget reminders that have been dropped."""
        self._pointless.difference_update(ids)


def _without_point(tx: Reading, shown: Iterable[Reminder], around: ReminderInputs) -> set[str]:
    return {reminder.id for reminder in shown if not stands(tx, reminder, around)}
