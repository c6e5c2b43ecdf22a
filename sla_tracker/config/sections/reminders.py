"""`[reminders]`: default policy and channels, and those of departments and people."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import time
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema
from pydantic import Field as Key

from sla_tracker.config.sections.base import Section
from sla_tracker.domain.reminders.policy import (
    DEFAULT_POLICY,
    USUAL_POLICIES,
    ChannelTerms,
    Policies,
    Policy,
    Preference,
)
from sla_tracker.domain.reminders.policy_toml import (
    POLICY_KEYS,
    PolicyError,
    local_time,
    policy_from_table,
    unknown_channels,
)
from sla_tracker.domain.reminders.template import template_problems
from sla_tracker.domain.toml_reader import Key as Place
from sla_tracker.domain.toml_reader import unknown_name
from sla_tracker.errors import N_, SlaError, UsageError, Wrong

_ANYTHING: dict[str, object] = {"type": "object", "properties": {key: {} for key in POLICY_KEYS}}
PolicyTable = Annotated[dict[str, object], WithJsonSchema(_ANYTHING)]


def _clock(written: str) -> str:
    if local_time(written) is None:
        raise Wrong(UsageError(N_("Write a time of day like 08:30.")))
    return written


Clock = Annotated[str, AfterValidator(_clock)]


def clock_of(written: str) -> time:
    """Return a checked time of day."""
    return time.fromisoformat(written.rjust(5, "0"))


class PreferenceTable(Section):
    """What one person prefers: own channels, everything of a day in one digest."""

    channels: list[str] = Key(default_factory=list)
    digest_at: Clock | None = None

    def preference(self) -> Preference:
        """Return the preference that the table describes."""
        digest_at = clock_of(self.digest_at) if self.digest_at else None
        return Preference(channels=tuple(self.channels), digest_at=digest_at)


class ReminderSection(Section):
    """Reminders: the usual channels, hours and steps, and who differs from them.

    From `together_from` messages to one recipient at one moment on, they go out as one. Messages beyond
    `messages_a_day` wait for `digest_at`. `subject` and `body` replace the program's words.
    """

    channels: list[str] = Key(default_factory=lambda: list(USUAL_POLICIES.usual_channels))
    together_from: Annotated[int, Key(ge=2, le=1000)] = USUAL_POLICIES.together_from
    messages_a_day: Annotated[int, Key(ge=1, le=1000)] = USUAL_POLICIES.messages_a_day
    digest_at: Clock = f"{USUAL_POLICIES.digest_at:%H:%M}"
    subject: str = ""
    body: str = ""
    hours: str | None = None
    closed_days: bool | None = None
    steps: list[object] | None = None
    departments: dict[str, PolicyTable] = Key(default_factory=dict)
    obligations: dict[str, PolicyTable] = Key(default_factory=dict)
    people: dict[str, PreferenceTable] = Key(default_factory=dict)

    def policies(self, channels: Mapping[str, ChannelTerms]) -> Policies:
        """Return the reminder policies of the deployment.

        Raises PolicyError for a wrong table.
        """
        default = policy_from_table(self._usual(), DEFAULT_POLICY)
        return Policies(
            default=default,
            departments={id: policy_from_table(table, default) for id, table in self.departments.items()},
            obligations={id: policy_from_table(table, default) for id, table in self.obligations.items()},
            channels=channels,
            usual_channels=tuple(self.channels),
            preferences={id: table.preference() for id, table in self.people.items()},
            together_from=self.together_from,
            messages_a_day=self.messages_a_day,
            digest_at=clock_of(self.digest_at),
            subject=self.subject,
            body=self.body,
        )

    def _usual(self) -> dict[str, object]:
        given = {"hours": self.hours, "closed_days": self.closed_days, "steps": self.steps}
        return {key: value for key, value in given.items() if value is not None}

    def tables(self) -> Iterator[tuple[Place, Mapping[str, object]]]:
        """Yield every policy's table with its key path."""
        yield ("reminders",), self._usual()
        for id, table in self.departments.items():
            yield ("reminders", "departments", id), table
        for id, table in self.obligations.items():
            yield ("reminders", "obligations", id), table


def reminder_problems(
    section: ReminderSection, channels: Collection[str], people: Collection[str]
) -> Iterator[tuple[Place, SlaError]]:
    """Yield the errors of reminders, such as unknown channels and people."""
    for place, table in section.tables():
        yield from _table_problems(place, table, channels)
    for name in section.channels:
        if name not in channels:
            yield ("reminders", "channels"), unknown_name(name, channels)
    for id, preference in section.people.items():
        if id not in people:
            yield ("reminders", "people", id), unknown_name(id, people)
        for name in preference.channels:
            if name not in channels:
                yield ("reminders", "people", id, "channels"), unknown_name(name, channels)
    for key, template in (("subject", section.subject), ("body", section.body)):
        for problem in template_problems(template, key):
            yield ("reminders", key), problem


def _table_problems(
    place: Place, table: Mapping[str, object], channels: Collection[str]
) -> Iterator[tuple[Place, SlaError]]:
    try:
        policy: Policy = policy_from_table(table)
    except PolicyError as error:
        for problem in error.problems:
            yield place, problem
    else:
        for problem in unknown_channels(policy, tuple(channels)):
            yield place, problem
