"""What is said to whom and when about a duty: the steps of a reminder policy, its hours, its channels.

A policy is the deployment's business, not part of a duty's frozen terms: a changed one counts from the next pass on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import StrEnum

from sla_tracker.domain.people import Person
from sla_tracker.domain.time.work_hours import Segment

TERMINAL = "terminal"
GROUP_MARK = "@"
USUAL_SPAN = Segment(8 * 60, 20 * 60)


class Anchor(StrEnum):
    """What a step counts from; each lasts only while somebody still has to act towards it."""

    OPENING = "opening"
    DUE = "due"
    ANSWER = "answer"
    VERDICT = "verdict"


class Level(StrEnum):
    """Whom a step reaches; each is one further up than the one before it."""

    ASSIGNEE = "assignee"
    DEPARTMENT = "department"
    HEAD = "head"
    CONSUMER = "consumer"
    CONSUMER_HEAD = "consumer-head"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnWorkday:
    """The n-th workday after the anchor's day (before it when negative, the day itself when 0) at a clock time."""

    workdays: int
    at: time


@dataclass(frozen=True, slots=True, kw_only=True)
class InWorkingHours:
    """So much working time after the anchor, or before it when negative."""

    span: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class EveryWorkday:
    """Every workday after the anchor's day at a clock time, at most so many times."""

    most: int
    at: time


When = OnWorkday | InWorkingHours | EveryWorkday


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderStep:
    """One step of a policy; `id` is stored with what was sent, `channels` empty means the recipient's own."""

    id: str
    when: When
    anchor: Anchor = Anchor.DUE
    level: Level = Level.ASSIGNEE
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedHours:
    """When somebody may be disturbed: a span of the local day, both ends included, on closed days too or not."""

    span: Segment = USUAL_SPAN
    closed_days: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The steps for one duty and the hours in which they are taken."""

    steps: tuple[ReminderStep, ...]
    hours: AllowedHours = AllowedHours()


DEFAULT_STEPS = (
    ReminderStep(
        id="opened",
        when=InWorkingHours(span=timedelta(0)),
        anchor=Anchor.OPENING,
        channels=(TERMINAL,),
    ),
    ReminderStep(id="three-days-before", when=OnWorkday(workdays=-3, at=time(9))),
    ReminderStep(id="on-the-day", when=OnWorkday(workdays=0, at=time(9))),
    ReminderStep(id="two-hours-before", when=InWorkingHours(span=timedelta(hours=-2))),
    ReminderStep(id="overdue", when=EveryWorkday(most=5, at=time(9))),
    ReminderStep(id="overdue-head", when=OnWorkday(workdays=1, at=time(9)), level=Level.HEAD),
    ReminderStep(
        id="overdue-consumer-head", when=OnWorkday(workdays=3, at=time(9)), level=Level.CONSUMER_HEAD
    ),
    ReminderStep(id="answer-soon", when=InWorkingHours(span=timedelta(hours=-1)), anchor=Anchor.ANSWER),
    ReminderStep(
        id="verdict-soon",
        when=OnWorkday(workdays=-1, at=time(9)),
        anchor=Anchor.VERDICT,
        level=Level.CONSUMER,
    ),
)
DEFAULT_POLICY = Policy(steps=DEFAULT_STEPS)


class Reach(StrEnum):
    """Whom one message of a channel reaches: a person without an address, one by an address, a whole group."""

    HERE = "here"
    ADDRESS = "address"
    GROUP = "group"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTerms:
    """What planning has to know of a channel; a group's `departments` are those it belongs to, empty means all."""

    name: str
    kind: str
    reach: Reach
    departments: tuple[str, ...] = ()

    def address_of(self, person: Person) -> str:
        """Return the person's address on this channel, by its name or else its kind; empty without one."""
        addresses = person.addresses or {}
        return addresses.get(self.name) or addresses.get(self.kind, "")

    def serves(self, department: str) -> bool:
        """Say whether a group channel belongs to a department."""
        return not self.departments or department in self.departments


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """What a person prefers: own channels, and everything of a day in one digest at a local time."""

    channels: tuple[str, ...] = ()
    digest_at: time | None = None


IN_TERMINAL = ChannelTerms(name=TERMINAL, kind=TERMINAL, reach=Reach.HERE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """All that a deployment decides about reminders.

    `obligations` and `departments` are the deployment's own changes, which go before those that plugins declare.
    From `together_from` messages to one recipient on, or when two are later than `late_after`, they become one digest.
    """

    default: Policy = DEFAULT_POLICY
    departments: Mapping[str, Policy] = field(default_factory=dict)
    obligations: Mapping[str, Policy] = field(default_factory=dict)
    channels: Mapping[str, ChannelTerms] = field(default_factory=lambda: {TERMINAL: IN_TERMINAL})
    usual_channels: tuple[str, ...] = (TERMINAL,)
    preferences: Mapping[str, Preference] = field(default_factory=dict)
    together_from: int = 4
    late_after: timedelta = timedelta(hours=1)
    subject: str = ""
    body: str = ""

    def preference_of(self, person: str) -> Preference:
        """Return what a person prefers; nothing in particular by default."""
        return self.preferences.get(person, _NO_PREFERENCE)


_NO_PREFERENCE = Preference()
USUAL_POLICIES = Policies()
