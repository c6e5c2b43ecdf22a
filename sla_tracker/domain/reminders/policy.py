"""Reminder policies: which steps remind whom, when and on which channels.

A policy belongs to the deployment, not to a duty's frozen terms: a change applies from the next planning run on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import time, timedelta
from enum import StrEnum

from sla_tracker.domain.people import Person
from sla_tracker.domain.time.work_hours import DAY_MINUTES, Segment
from sla_tracker.value_class import dataclass

TERMINAL = "terminal"
GROUP_MARK = "@"  # prefix of a recipient that is a department
USUAL_SPAN = Segment(8 * 60, 20 * 60)  # 08:00 to 20:00, in minutes of the day


class Anchor(StrEnum):
    """Instant that a step counts from.

    It applies while somebody still has to act for it.
    """

    OPENING = "opening"
    DUE = "due"
    ANSWER = "answer"
    VERDICT = "verdict"
    UPDATE = "update"
    PAPERS = "papers"


class Level(StrEnum):
    """Whom a step reaches, from the assignee up."""

    ASSIGNEE = "assignee"
    DEPARTMENT = "department"
    HEAD = "head"
    CONSUMER = "consumer"
    CONSUMER_HEAD = "consumer-head"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnWorkday:
    """A clock time on the n-th workday after the anchor's day.

    A negative n lies before that day, 0 is the day itself.
    """

    workdays: int
    at: time


@dataclass(frozen=True, slots=True, kw_only=True)
class InWorkingHours:
    """A span of working time after the anchor, or before it when negative."""

    span: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class EveryWorkday:
    """A clock time on every workday after the anchor's day, at most `most` times."""

    most: int
    at: time


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeUsed:
    """A share of a duty's time that is used up, from 1 to 100 percent.

    The time runs from the event, the request or the opening to the due, in the unit of the rule, and stands still with
    the duty's clock. For limits of hours, which are too short for steps in days.
    """

    percent: int


When = OnWorkday | InWorkingHours | EveryWorkday | TimeUsed


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderStep:
    """One step of a policy.

    `id` is stored with each reminder; empty `channels` means the recipient's own.
    """

    id: str
    when: When
    anchor: Anchor = Anchor.DUE
    level: Level = Level.ASSIGNEE
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedHours:
    """Hours in which messages may be sent: a span of the local day, ends included.

    `closed_days` allows them on closed days too.
    """

    span: Segment = USUAL_SPAN
    closed_days: bool = False

    @property
    def is_of_one_day(self) -> bool:
        """Return whether the span ends on the day on which it begins."""
        return self.span.closes <= DAY_MINUTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The steps for one duty and the hours in which messages may be sent."""

    steps: tuple[ReminderStep, ...]
    hours: AllowedHours = AllowedHours()


PAPERS_WORKDAYS = 20  # workdays without any paper after which the consumer is asked to withdraw
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
    ReminderStep(id="update-soon", when=InWorkingHours(span=timedelta(minutes=-30)), anchor=Anchor.UPDATE),
    ReminderStep(
        id="papers", when=EveryWorkday(most=3, at=time(9)), anchor=Anchor.PAPERS, level=Level.CONSUMER
    ),
    ReminderStep(
        id="papers-withdraw",
        when=OnWorkday(workdays=PAPERS_WORKDAYS, at=time(9)),
        anchor=Anchor.PAPERS,
        level=Level.CONSUMER,
    ),
)
DEFAULT_POLICY = Policy(steps=DEFAULT_STEPS)


class Reach(StrEnum):
    """Whom a channel reaches: this user (HERE), one person (ADDRESS) or a GROUP."""

    HERE = "here"
    ADDRESS = "address"
    GROUP = "group"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTerms:
    """The properties of a channel that planning needs.

    `departments` are those that a group channel belongs to; empty means all.
    """

    name: str
    kind: str
    reach: Reach
    departments: tuple[str, ...] = ()

    def address_of(self, person: Person) -> str:
        """Return the person's address for this channel, or empty.

        An address for the channel's name comes before one for its kind.
        """
        addresses = person.addresses or {}
        return addresses.get(self.name) or addresses.get(self.kind, "")

    def serves(self, department: str) -> bool:
        """Return whether a group channel belongs to a department."""
        return not self.departments or department in self.departments


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """A person's preferences: own channels, and one daily digest at a local time."""

    channels: tuple[str, ...] = ()
    digest_at: time | None = None


IN_TERMINAL = ChannelTerms(name=TERMINAL, kind=TERMINAL, reach=Reach.HERE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """All settings of a deployment about reminders.

    `obligations` and `departments` hold the deployment's own policies, which take precedence over those of plugins.
    `together_from` or more messages to one recipient at one moment become one, and so do two or more when one of them
    is later than `late_after`. A recipient gets at most `messages_a_day`; what can wait comes at `digest_at`.
    """

    default: Policy = DEFAULT_POLICY
    departments: Mapping[str, Policy] = field(default_factory=dict)
    obligations: Mapping[str, Policy] = field(default_factory=dict)
    channels: Mapping[str, ChannelTerms] = field(default_factory=lambda: {TERMINAL: IN_TERMINAL})
    usual_channels: tuple[str, ...] = (TERMINAL,)
    preferences: Mapping[str, Preference] = field(default_factory=dict)
    together_from: int = 2
    late_after: timedelta = timedelta(hours=1)
    messages_a_day: int = 5
    digest_at: time = time(9)
    subject: str = ""
    body: str = ""

    def preference_of(self, person: str) -> Preference:
        """Return a person's preferences; the default ones when there are none."""
        return self.preferences.get(person, _NO_PREFERENCE)


_NO_PREFERENCE = Preference()
USUAL_POLICIES = Policies()
