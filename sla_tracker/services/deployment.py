"""What surrounds a desk, as terminal and commands see it: the deployment, who acts in it, its plugins and health."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext

if TYPE_CHECKING:
    from sla_tracker.domain.people import Actor
    from sla_tracker.services.authoring.workshop import PluginWorkshop
    from sla_tracker.services.context import ServiceContext
    from sla_tracker.services.reminders.messages import Channels


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginRow:
    """One plugin as people see it: `state` is active, offered, refused or quarantined; `reason` says why not active.

    `warnings` are what it warned of while it was loaded, `slow` the seconds of each hook that took long.
    """

    name: str
    origin: str
    state: str
    version: str = ""
    reason: str = ""
    traceback: str = ""
    digest: str = ""
    contributed: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    warnings: Sequence[str] = ()
    slow: Mapping[str, float] = field(default_factory=dict)

    @property
    def slow_hooks(self) -> str:
        """Return the hooks that took long and the seconds of each, in the reader's language; empty when none did."""
        each = (
            _("{hook} {seconds} s", hook=hook, seconds=f"{seconds:.1f}")
            for hook, seconds in self.slow.items()
        )
        return _(", ").join(each)


def missing_plugins(rows: Sequence[PluginRow]) -> tuple[str, ...]:
    """Return one alarm that names the plugins that are wanted and do not work; nothing when all do."""
    names = [row.name for row in rows if row.state in {"refused", "quarantined"}]
    if not names:
        return ()
    return (
        ngettext(
            "Plugin {plugins} does not work; its departments and obligations are missing here. sla doctor says why.",
            "Plugins {plugins} do not work; their departments and obligations are missing here. sla doctor says why.",
            len(names),
            plugins=_(", ").join(names),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One result of a check-up: what was looked at, whether it is well, what is so, and what to do about it."""

    about: str
    well: bool
    sentence: str
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What a copy of the store holds, counted on both sides: changes, values by kind, and a digest of all of it.

    `settings` are the lines that make the copy the deployment's store.
    """

    changes: int
    values: Mapping[str, int]
    digest: str
    settings: Sequence[str] = ()


class OpenDeployment(Protocol):
    """A deployment that has been opened: its desk, the person who acts, and the rooms around it."""

    @property
    def folder(self) -> Path:
        """Return the deployment's folder."""

    @property
    def context(self) -> ServiceContext:
        """Return the desk; always the present one, also after the plugins were read again."""

    @property
    def actor(self) -> Actor:
        """Return who acts."""

    @property
    def keymap(self) -> Mapping[str, str]:
        """Return the deployment's own keys by binding id."""

    @property
    def reads_only(self) -> bool:
        """Say whether the store may be read and not written by this login; known once it is open."""

    @property
    def workshop(self) -> PluginWorkshop:
        """Return where its plugins are written, checked and compared."""

    def begin(self) -> None:
        """Open the store if that was left for later, and bring it up to the present; raises StoreError."""

    def alarms(self) -> Sequence[str]:
        """Return what everybody who opens the deployment must be told at once, in the reader's language."""

    def plugins(self) -> Sequence[PluginRow]:
        """Return every plugin offered, enabled or refused."""

    def plugins_changed(self) -> bool:
        """Say whether plugin files differ from what was read."""

    def reload(self) -> None:
        """Read configuration and plugins again; raises ConfigError and keeps the present desk when they are wrong."""

    def check_up(self) -> Sequence[Finding]:
        """Look at everything that can be wrong with the deployment."""

    def channels(self) -> Channels:
        """Set up the channels on which reminders leave, and say what is wrong with the others."""

    def saved_filters(self) -> Mapping[str, str]:
        """Return the filters that the present login has named, by name."""

    def save_filter(self, name: str, text: str) -> None:
        """Keep a filter under a name for the present login; an empty text takes it away."""

    def forget(self) -> None:
        """Take away what the present login keeps of the content beside the store: something was erased from it."""

    def close(self) -> None:
        """Release the store."""
