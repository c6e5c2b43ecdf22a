"""Protocol of an open deployment, as front ends use it, and its result types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.value_class import dataclass

if TYPE_CHECKING:
    from sla_tracker.domain.imports.run import ImportKind, ListReading
    from sla_tracker.domain.measures.date_range import DateRange
    from sla_tracker.domain.people import Actor
    from sla_tracker.domain.text import Text
    from sla_tracker.services.authoring.workshop import PluginWorkshop
    from sla_tracker.services.context import ServiceContext
    from sla_tracker.services.form_drafts import FormDraft
    from sla_tracker.services.imports.inbox import TakenFile
    from sla_tracker.services.imports.rows import ReadList
    from sla_tracker.services.ports import CallerFiles, NewsSource
    from sla_tracker.services.queries.list_content import ListContent
    from sla_tracker.services.reminders.messages import Channels
    from sla_tracker.services.web_access.tokens import WebAccess


class PluginState(StrEnum):
    """Whether a plugin is active, and if not, why."""

    ACTIVE = "active"
    OFFERED = "offered"  # found, but not enabled by the settings
    REFUSED = "refused"  # not trusted or not allowed; none of its code was run
    QUARANTINED = "quarantined"  # loaded and then failed


class Origin(StrEnum):
    """Where a plugin comes from."""

    ENTRY_POINT = "entry_point"
    PYTHON_FILE = "python_file"
    CHECKLIST = "checklist"


BROKEN_STATES = frozenset({PluginState.REFUSED, PluginState.QUARANTINED})
"""States of plugins that are enabled by the settings and do not work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """One declaration of a plugin for display; an obligation has its parties."""

    title: Text
    provider: str = ""
    consumer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginRow:
    """One plugin for display.

    `contributed` counts its declarations by kind, `declares` names departments, event types and obligations. `reason`
    says why it is not active, `warnings` were raised while loading, `slow` has the seconds of each slow hook.
    """

    name: str
    origin: Origin
    state: PluginState
    version: str = ""
    reason: str = ""
    traceback: str = ""
    digest: str = ""
    contributed: Mapping[str, int] = field(default_factory=dict)
    declares: Mapping[str, Sequence[Declaration]] = field(default_factory=dict)
    seconds: float = 0.0
    warnings: Sequence[str] = ()
    slow: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_broken(self) -> bool:
        """Return whether the plugin is enabled by the settings but not active."""
        return self.state in BROKEN_STATES

    @property
    def slow_hooks(self) -> str:
        """Return the slow hooks with their seconds, as text; empty when there are none."""
        each = (
            _("{hook} {seconds} s", hook=hook, seconds=f"{seconds:.1f}")
            for hook, seconds in self.slow.items()
        )
        return _(", ").join(each)


def missing_plugins(rows: Sequence[PluginRow]) -> tuple[str, ...]:
    """Return one alarm naming the enabled plugins that do not work; empty if all do."""
    names = [row.name for row in rows if row.is_broken]
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
    """One result of a health check: subject, whether it is well, result, advice."""

    about: str
    well: bool
    sentence: str
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSetUp:
    """A database that was set up: the number of migrations that were new.

    `had_logins` is whether people had logins of their own before; `reading_kept` whether the settings then say by which
    rule they read. `admitted` are logins that may use it only now, `expelled` those that may not any more.
    """

    migrations: int
    had_logins: bool = False
    reading_kept: bool = False
    admitted: tuple[str, ...] = ()
    expelled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """A verified copy of the store: number of changes, values by kind, SHA-256 digest.

    `settings` are the settings lines that make the copy the deployment's store.
    """

    changes: int
    values: Mapping[str, int]
    digest: str
    settings: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BackedUp:
    """The file of a backup, its last change, and what it holds.

    Settings, plugins and calendars that it does not hold are named, too.
    """

    file: Path
    changes: int
    files: Sequence[str] = ()
    left_out: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A restored backup: its last change, and the files that were missing or differed.

    `put_back` says whether those files were written; otherwise they are as they were.
    """

    changes: int
    files: Mapping[str, str] = field(default_factory=dict)
    put_back: bool = False


class OpenDeployment(Protocol):
    """An open deployment: ServiceContext, acting person, plugins, health checks."""

    @property
    def folder(self) -> Path:
        """Return the deployment's folder."""

    @property
    def context(self) -> ServiceContext:
        """Return the current ServiceContext; a new one after each `reload`."""

    @property
    def actor(self) -> Actor:
        """Return the acting person."""

    @property
    def keymap(self) -> Mapping[str, str]:
        """Return the deployment's key bindings by binding id."""

    @property
    def reads_only(self) -> bool:
        """Tell whether this login can only read the store; known once it is open."""

    @property
    def workshop(self) -> PluginWorkshop:
        """Return the commands that write, check and compare plugins."""

    @property
    def files(self) -> CallerFiles:
        """Return the files and the printer of the calling login."""

    def read_list(self, kind: ImportKind, file: str, reading: ListReading) -> ReadList[Any]:
        """Return what a list of the calling login holds, read as one kind of list.

        The list is CSV, XLSX or JSON lines. Raises UsageError where it cannot be read, or where it is not certain what
        its columns are.
        """

    def begin(self, waiting: Callable[[str], None] | None = None) -> None:
        """Open the store if it is not open yet, and run `tick`; raises StoreError.

        `waiting` is told who holds the store, whenever that takes over two seconds.
        """

    def alarms(self) -> Sequence[str]:
        """Return the warnings that every user must see on opening, translated."""

    def missing_plugins(self) -> Sequence[str]:
        """Return the alarm that names enabled plugins that do not work, if there are any."""

    def plugins(self) -> Sequence[PluginRow]:
        """Return every plugin: offered, active, refused or quarantined."""

    def plugins_changed(self) -> bool:
        """Tell whether plugin files changed since they were loaded."""

    def reload(self) -> None:
        """Reload configuration and plugins; on ConfigError the present context stays."""

    def check_up(self) -> Sequence[Finding]:
        """Run all health checks of the deployment."""

    def channels(self) -> Channels:
        """Create the notification channels; returns the working and the broken ones."""

    @property
    def does_chores(self) -> bool:
        """Return whether an open terminal opens what comes due and plans reminders.

        Otherwise the service does both.
        """

    def news(self) -> NewsSource | None:
        """Return what tells of commits by others; None where the store has to be asked."""

    @property
    def web_access(self) -> WebAccess:
        """Return the passwords and tokens for HTTP, and the calendar feeds."""

    @property
    def web_url(self) -> str:
        """Return the address of the pages in the browser; empty for none."""

    @property
    def takes_passwords(self) -> bool:
        """Return whether people log in to those pages with passwords."""

    def saved_filters(self) -> Mapping[str, str]:
        """Return the current login's saved filters by name."""

    def save_filter(self, name: str, text: str) -> None:
        """Save a filter under a name for the current login; an empty text deletes it."""

    def form_drafts(self) -> Mapping[str, FormDraft]:
        """Return what the acting person left in forms of the terminal, by the form."""

    def change_form_drafts(self, changed: Mapping[str, FormDraft | None]) -> None:
        """Keep what the acting person left in forms; None forgets it. Raises Refused."""

    def report(self, dates: DateRange, form: str) -> bytes:
        """Return the report of a range as `md`, `html`, `xlsx`, `csv`, `zip` or `pdf`.

        Raises StoreError, and Refused for a PDF without a browser.
        """

    def list_file(self, content: ListContent, form: str, *, todo: bool = False) -> bytes:
        """Return a list as a file of a form.

        The forms are `xlsx`, `csv`, `ics`, `md`, `html`, `pdf`; duties also have `json`. With `todo` a calendar holds
        tasks instead of events. Raises as `report` does.
        """

    def take_inbox(self) -> Sequence[TakenFile]:
        """Take over the lists in the inbox folder, as the account of the settings.

        Raises Refused where the settings name no folder or it cannot be used, Forbidden, StoreError.
        """

    def erase_files(self, subjects: Sequence[str]) -> int:
        """Delete kept files that may hold data of subjects; return how many.

        The files of the inbox folder are such files, for example.
        """

    def forget(self) -> None:
        """Delete the current login's caches of store content, after an erasure."""

    def close(self) -> None:
        """Close the store."""
