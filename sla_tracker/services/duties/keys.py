"""Finds the duty of a trigger and turn by today's keys or those of older versions."""

from __future__ import annotations

from sla_tracker.domain.agreements.known_triggers import KnownTrigger, recognised
from sla_tracker.domain.agreements.obligation import Obligation, OnEvent, Trigger
from sla_tracker.domain.agreements.occurrences import Occurrence, key_of
from sla_tracker.domain.agreements.roster import Roster
from sla_tracker.domain.deadlines.due import RecurringRule
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.event import Event
from sla_tracker.services.ports import Reading
from sla_tracker.services.turns.rosters import RosterReader

_OLD_PARTS = 3  # obligation, place of the trigger, and day, month, event or request


class TriggerKeys:
    """Keys of the duties of events and requests, by the triggers that the roster has."""

    def __init__(self, tx: Reading) -> None:
        self._tx = tx
        self._roster = RosterReader(tx)

    def key_of(self, obligation: Obligation, trigger: Trigger, cause: str) -> str:
        """Return the key of the duty that a trigger opens for an event or request."""
        return key_of(obligation, self._seen(obligation, trigger), cause)

    def opened_by(self, event: Event, obligation: Obligation, trigger: OnEvent) -> list[Duty]:
        """Return the live duties that a trigger opened for an event.

        Duties under an old key are found, too.
        """
        return [
            duty
            for duty in self._tx.find(Duty, event=event.id)
            if duty.obligation == obligation.id
            and is_of_provider(duty.key, obligation)
            and self._made(duty.key, duty.terms.due, obligation, trigger, duty.event)
        ]

    def trigger_of(self, duty: Duty, obligation: Obligation) -> OnEvent | None:
        """Return the trigger that opened a duty for an event.

        None when the obligation has it no longer.
        """
        for trigger in obligation.triggers:
            if isinstance(trigger, OnEvent) and self._made(
                duty.key, duty.terms.due, obligation, trigger, duty.event
            ):
                return trigger
        return None

    def is_sealed(self, event: Event, obligation: Obligation, trigger: OnEvent) -> bool:
        """Tell whether the duty that a trigger opened for an event lies in an archive."""
        return any(
            obligation_of(key) == obligation.id
            and is_of_provider(key, obligation)
            and self._made(key, None, obligation, trigger, event.id)
            for key in event.sealed
        )

    def _made(self, key: str, rule: object, obligation: Obligation, trigger: Trigger, cause: str) -> bool:
        """Tell whether a trigger made a key for a cause, whoever was the provider then."""
        if is_old(key):
            return _is_of(rule, key, obligation, trigger)
        return key.endswith(f"/{self._seen(obligation, trigger).name}/{cause}")

    def _seen(self, obligation: Obligation, trigger: Trigger) -> KnownTrigger:
        known = self._roster.triggers_of(obligation)
        place = next(place for place, one in enumerate(obligation.triggers) if one is trigger)
        return recognised(known, obligation)[place]


class OldDuties:
    """The live recurring duties of one obligation that have keys from before 0.2.

    Those keys name the place of the trigger in the list, and the day or month of its rule. The duties are read only
    when they are asked for, because most turns are found by their key.
    """

    def __init__(self, tx: Reading, obligation: Obligation, roster: Roster | None) -> None:
        self._tx, self._obligation = tx, obligation
        self._may_exist = roster is None or roster.old_keys
        self._found: list[Duty] | None = None

    def all(self) -> list[Duty]:
        """Return the duties."""
        if self._found is None:
            duties = self._tx.find(Duty, obligation=self._obligation.id) if self._may_exist else []
            self._found = [
                duty
                for duty in duties
                if duty.period_end is not None and is_old(duty.key) and self._is_owed_by(duty)
            ]
        return self._found

    def _is_owed_by(self, duty: Duty) -> bool:
        return not self._obligation.is_shared or duty.provider == self._obligation.provider

    def have(self, occurrence: Occurrence) -> bool:
        """Tell whether one of them is the duty of an occurrence."""
        return any(
            isinstance(duty.terms.due, RecurringRule)
            and duty.terms.due.turn((duty.granted or duty.deadline).nominal_on) == occurrence.turn
            and _is_of(duty.terms.due, duty.key, occurrence.obligation, occurrence.trigger)
            for duty in self.all()
        )


def is_opened(tx: Reading, occurrence: Occurrence, old: OldDuties) -> bool:
    """Tell whether the live store has the duty of an occurrence.

    A duty under an old key counts, too.
    """
    return bool(tx.find(Duty, key=occurrence.key)) or old.have(occurrence)


def obligation_of(key: str) -> str:
    """Return the obligation of a duty's key."""
    return key.partition("/")[0]


def provider_of(key: str) -> str:
    """Return the provider of a duty's key; empty for a key without one."""
    parts = key.split("/")
    return parts[1] if len(parts) > _OLD_PARTS else ""


def is_of_provider(key: str, obligation: Obligation) -> bool:
    """Tell whether a key belongs to the provider of what several departments owe.

    Where a single department owes the obligation, every key does: another one may have been the provider then.
    """
    return not obligation.is_shared or provider_of(key) == obligation.provider


def is_old(key: str) -> bool:
    """Tell whether a key was made by a version before 0.2."""
    parts = key.split("/")
    return len(parts) == _OLD_PARTS and parts[1].isdecimal()


def _is_of(rule: object, key: str, obligation: Obligation, trigger: Trigger) -> bool:
    """Tell whether a trigger opened the duty of an old key.

    The only trigger of its kind did; among several, the rule decides, else the place in the list.
    """
    place = obligation.place_of(trigger)
    declared = obligation.declared[place]
    rivals = [one for one in obligation.declared if _is_rival(one, declared)]
    if len(rivals) == 1:
        return True
    if any(one.due == rule for one in rivals):
        return declared.due == rule
    return key.split("/")[1] == str(place)


def _is_rival(one: Trigger, trigger: Trigger) -> bool:
    if isinstance(one, OnEvent) and isinstance(trigger, OnEvent):
        return one.event_type == trigger.event_type
    return type(one) is type(trigger)
