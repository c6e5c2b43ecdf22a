"""Record on a duty of a change of its event: who, what, and whether it counts."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sla_tracker.value_class import dataclass


class EventChangeKind(StrEnum):
    """What was done to the event."""

    CORRECTED = "corrected"
    MOVED = "moved"
    CANCELLED = "cancelled"
    NO_LONGER_OPENS = "no_longer_opens"


class ChangeEffect(StrEnum):
    """When a change counts for the duty."""

    AT_ONCE = "at_once"
    UNLESS_OBJECTED = "unless_objected"
    WHEN_CONFIRMED = "when_confirmed"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTime:
    """The time of an event, when it was set, by whom and from which department."""

    at: datetime
    set_at: datetime
    set_by: str
    set_from: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventChange:
    """One change of an event, as it concerns one duty.

    `department` is that of the person who made it, `registered_from` the department that registered the event.
    `before` is the time that the duty counted from, `new_at` the event's time after the change. A change that takes
    the place of one still open to an objection has that one's `before`: what nobody has agreed to settles nothing. An
    objection has the same meaning as one to a hold: the change counts only if the consumer's head confirms it;
    `objected_at` is None in records of older versions. `superseded` means that a later change took its place before
    anybody decided.
    """

    kind: EventChangeKind
    effect: ChangeEffect
    at: datetime
    by: str
    department: str
    registered_from: str
    before: EventTime
    new_at: datetime
    reason: str = ""
    objected_by: str = ""
    objected_at: datetime | None = None
    objection: str = ""
    confirmed: bool | None = None
    confirmed_by: str = ""
    confirmed_at: datetime | None = None
    answer: str = ""
    superseded: bool = False

    @property
    def is_pending(self) -> bool:
        """Return whether the change still awaits a confirmation or refusal."""
        awaits = self.effect is ChangeEffect.WHEN_CONFIRMED or bool(self.objected_by)
        return awaits and self.confirmed is None and not self.superseded

    @property
    def sets_time(self) -> bool:
        """Return whether the change is about the event's time."""
        return self.kind in {EventChangeKind.CORRECTED, EventChangeKind.MOVED}

    @property
    def new_time(self) -> EventTime:
        """Return the event's time after the change."""
        return EventTime(at=self.new_at, set_at=self.at, set_by=self.by, set_from=self.department)

    @property
    def can_be_objected(self) -> bool:
        """Return whether the consumer may still object to the change, as to a hold."""
        return (
            self.effect is ChangeEffect.UNLESS_OBJECTED
            and not self.objected_by
            and self.confirmed is None
            and not self.superseded
        )
