"""Departments, obligations and the triggers that open duties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal
from enum import StrEnum

from sla_tracker.domain.agreements.fields import Field
from sla_tracker.domain.deadlines.rules import DueRule, Roll, can_roll, roll_of
from sla_tracker.domain.reminders.policy import Policy
from sla_tracker.domain.text import Text


class About(StrEnum):
    """Period of a recurring duty: the one with its due date, or the one before."""

    PREVIOUS = "previous"
    CURRENT = "current"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Condition that an event must meet to open a duty.

    `after` is a local clock time that the event must be later than (17:00:00 itself is not after 17:00);
    `field` must hold `equals`.
    """

    after: time | None = None
    field: str = ""
    equals: str = "yes"

    def holds(self, local_time: time, fields: Mapping[str, str]) -> bool:
        """Return whether an event at this local time with these fields opens the duty."""
        return self.holds_at(local_time) and (not self.field or fields.get(self.field, "") == self.equals)

    def holds_at(self, local_time: time) -> bool:
        """Return whether an event at this local time can open the duty.

        The event's fields are ignored.
        """
        return self.after is None or local_time > self.after


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurring:
    """Trigger that opens a duty by the calendar.

    `standing` marks the recurring check of a lasting rule. `id` keeps the trigger known when its rule changes.
    """

    due: DueRule
    about: About = About.PREVIOUS
    standing: bool = False
    assumed: tuple[str, ...] = ()
    agreed: tuple[str, ...] = ()
    id: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnEvent:
    """Trigger that opens a duty when an event of its type meets the condition.

    `id` keeps the trigger known when its rule changes.
    """

    event_type: str
    due: DueRule
    condition: Condition | None = None
    assumed: tuple[str, ...] = ()
    agreed: tuple[str, ...] = ()
    id: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnRequest:
    """Trigger that opens a duty when the consumer requests it.

    `answer` is the due rule of the first answer, `due` that of the settlement. `id` keeps the trigger known when its
    rule changes.
    """

    due: DueRule
    answer: DueRule | None = None
    assumed: tuple[str, ...] = ()
    agreed: tuple[str, ...] = ()
    id: str = field(default="", repr=False)


Trigger = Recurring | OnEvent | OnRequest


def assumed_parts(trigger: Trigger) -> tuple[str, ...]:
    """Return the parts of a trigger that nobody has agreed.

    Where a due day moves that is no workday (`roll`) is assumed as long as nothing says otherwise: another roll than
    the usual one, or `agreed`.
    """
    said = (*trigger.assumed, *trigger.agreed)
    if "roll" not in said and can_roll(trigger.due) and roll_of(trigger.due) is Roll.FOLLOWING:
        return (*trigger.assumed, "roll")
    return trigger.assumed


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """A provider or consumer inside the company.

    `calendar` names its working calendar; empty means the company's. `reminders` replaces the deployment's default
    reminders for the duties that it owes. `renamed_from` are the ids that it had before.
    """

    id: str
    name: Text
    calendar: str = ""
    reminders: Policy | None = None
    renamed_from: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """One agreement of a provider with a consumer, from which duties are opened.

    `assumed` on a trigger names the parts that are assumed, not agreed (`due`, `answer`, `about`, `day`, `roll`);
    `agreed` those that are agreed although they look like a default (`roll`).
    `accept_within` and `opens_before` count workdays. `target` is the share of duties to be on time, 0..1;
    None takes the deployment's. `reminders` replaces the department's and the deployment's usual ones.
    `renamed_from` are the ids that it had before.
    """

    id: str
    title: Text
    provider: str
    consumer: str
    triggers: tuple[Trigger, ...]
    evidence: tuple[Field, ...] = ()
    guide: Text | None = None
    target: Decimal | None = None
    accept_within: int = 3
    opens_before: int = 5
    calendar: str = ""
    depends_on: tuple[str, ...] = ()
    retired: bool = False
    reminders: Policy | None = None
    renamed_from: tuple[str, ...] = field(default=(), repr=False)

    def trigger_of(self, kind: type[Trigger]) -> tuple[Trigger, ...]:
        """Return the obligation's triggers of one kind."""
        return tuple(trigger for trigger in self.triggers if isinstance(trigger, kind))

    @property
    def is_assumed(self) -> bool:
        """Return whether any figure of the obligation is assumed rather than agreed."""
        return any(assumed_parts(trigger) for trigger in self.triggers)
