"""Protocol for changing the settings of a deployment, and the record of a change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from sla_tracker.domain.agreements.roster import ROSTER_ID, Roster, new_roster
from sla_tracker.domain.people import Actor
from sla_tracker.domain.verbs import Verb
from sla_tracker.services.access import Right
from sla_tracker.services.authoring.unclear import UnclearCell
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.imports.rows import RowFate
from sla_tracker.services.ports import Writing
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One value of the settings before and after a change, as TOML.

    `before` or `after` is None where the settings do not have it.
    """

    key: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsChange:
    """New text of the settings that passed every check, and what it changes.

    `digest` is the SHA-256 of the text that it was made from.
    """

    text: str
    digest: str
    changes: Sequence[ValueChange]

    @property
    def written_digest(self) -> str:
        """Return the SHA-256 of the new text."""
        return sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """One row of a list of people: whom it means, what it says, what is not certain."""

    row: int
    id: str
    values: Mapping[str, object]
    fate: RowFate
    unclear: Sequence[UnclearCell] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleList:
    """A list of people as read from a sheet.

    `used` has the cell of each heading, by key.
    """

    sheet: str
    used: Mapping[str, str]
    unused: Sequence[str] = ()
    rows: Sequence[PersonRow] = ()

    def with_fate(self, fate: RowFate) -> Sequence[PersonRow]:
        """Return the rows of one fate."""
        return [row for row in self.rows if row.fate is fate]


class SettingsEditor(Protocol):
    """Changes the settings file of a deployment; its comments and its order stay.

    What returns a SettingsChange writes nothing yet, and raises ConfigError with every problem that the new settings
    would have, also with the plugins in use.
    """

    def with_value(self, key: str, typed: str) -> SettingsChange:
        """Return the settings with a value set, written as TOML or as a plain text."""

    def without_value(self, key: str) -> SettingsChange:
        """Return the settings without a value, so that its default holds; raises NotFound."""

    def with_plugin(self, plugin: str) -> SettingsChange:
        """Return the settings with an installed plugin in use, too."""

    def with_people(
        self, added: Sequence[Mapping[str, object]], changed: Mapping[str, Mapping[str, object]]
    ) -> SettingsChange:
        """Return the settings with people added, and values of others changed, by id.

        A changed value None is taken away. Raises NotFound for an id that nobody has.
        """

    def read_people(self, named: str) -> PeopleList:
        """Return the people in a file of the caller (CSV, XLSX).

        Raises UsageError, ConfigError.
        """

    def write(self, change: SettingsChange) -> None:
        """Write a change of the settings file.

        Raises Overtaken where the file has changed since, Forbidden, Refused.
        """

    def differences(self, other: str) -> Sequence[ValueChange]:
        """Return what differs from other settings.

        `other` is a file or a shipped name, "" the last good settings. Raises NotFound, ConfigError.
        """


def change_settings(
    context: ServiceContext, actor: Actor, editor: SettingsEditor, change: SettingsChange, what: str
) -> None:
    """Write a change of the settings and record it, both or neither.

    What is written counts at once: the right is asked for before, and the file is written once the store takes the
    record. Raises Forbidden and what `SettingsEditor.write` raises.
    """
    context.require(actor, Right.ADMINISTER, context.now())
    is_written = False

    def work(tx: Writing, _now: datetime) -> None:
        nonlocal is_written
        roster = tx.get(Roster, ROSTER_ID) or new_roster()
        tx.put(replace(roster, settings_file=change.written_digest))
        if not is_written:  # a server may have a transaction run again
            editor.write(change)
            is_written = True

    context.write(actor, Verb.CHANGED_SETTINGS, work, reason=what)
