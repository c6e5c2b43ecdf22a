"""Protocol for writing plugins: create, check, compare and install them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date, datetime
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.obligation import Obligation
from sla_tracker.domain.agreements.occurrences import Occurrence
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.errors import SlaError
from sla_tracker.services.authoring.difference import Difference, Kind, Shift
from sla_tracker.services.authoring.draft import Draft
from sla_tracker.services.authoring.edit import ChecklistEdit, OpenedChecklist
from sla_tracker.services.authoring.joins import Join
from sla_tracker.services.authoring.preview import Example
from sla_tracker.services.authoring.settings_editor import SettingsEditor
from sla_tracker.services.authoring.unclear import BegunList
from sla_tracker.value_class import dataclass

DRAFT_MARK = "_"  # a plugin file whose name begins with it is not loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """Result of checking one plugin together with the deployment's others.

    `coming` are the recurring duties from today until `until`, `examples` the duties that events and requests would
    open now; both contain the calculation steps. `joins` are the recurring duties that wait for others. `catalogue` has
    the names of their departments.
    """

    name: str
    problems: Sequence[SlaError] = ()
    warnings: Sequence[str] = ()
    contributed: Mapping[str, int] = field(default_factory=dict)
    obligations: Sequence[Obligation] = ()
    coming: Sequence[Occurrence] = ()
    examples: Sequence[Example] = ()
    joins: Sequence[Join] = ()
    catalogue: Catalogue = field(default_factory=Catalogue)
    until: date = date.max

    @property
    def is_good(self) -> bool:
        """Tell whether the plugin can be installed as it is."""
        return not self.problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Tells what installing changed plugins would change.

    `problems` would keep a plugin from working.
    """

    plugins: Mapping[str, Kind] = field(default_factory=dict)
    differences: Sequence[Difference] = ()
    shifts: Sequence[Shift] = ()
    problems: Sequence[SlaError] = ()
    before: Catalogue = field(default_factory=Catalogue)
    after: Catalogue = field(default_factory=Catalogue)

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing would change."""
        return not (self.plugins or self.differences or self.shifts or self.problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedEdit:
    """What saving an edit would change.

    `edit` is the one to save: it goes by the file as it is now. `overtaken` says that somebody has changed the file
    since the form was opened.
    """

    edit: ChecklistEdit
    file: Path
    packaged: bool
    changes: Changes
    overtaken: bool = False


class PluginWorkshop(Protocol):
    """The plugin-writing commands of a deployment.

    Only `save` and `take` install a plugin.
    """

    @property
    def folder(self) -> Path:
        """Return the plugin folder."""

    @property
    def language(self) -> str:
        """Return the language of the deployment's settings; empty if it sets none."""

    @property
    def zone(self) -> ZoneInfo:
        """Return the deployment's time zone."""

    @property
    def catalogue(self) -> Catalogue:
        """Return everything that the installed plugins declare."""

    def now(self) -> datetime:
        """Return the present instant."""

    def find(self, named: str) -> Path:
        """Return the plugin file of a path or bare name; raises NotFound with known names."""

    def check(self, file: Path, until: date | None = None, together: Sequence[Path] = ()) -> Checked:
        """Check a plugin file together with the others; this runs its Python code.

        The files `together` are to come into use with it, as departments do that owe each other. `until` is the last
        day of the duties that are listed, left out a year from now.
        """

    def calendars_with(self, file: Path) -> Mapping[str, WorkCalendar]:
        """Return the working calendars as they would be with a plugin file.

        The file may supply national days. This runs its Python code.
        """

    def check_draft(self, draft: Draft) -> Checked:
        """Check a draft as if it were written already."""

    def drafts(self) -> Sequence[Path]:
        """Return the files of the plugin folder whose names begin with an underscore."""

    def changes(self, files: Sequence[Path]) -> Changes:
        """Return what installing these files would change."""

    def changes_on_disk(self) -> Changes:
        """Return what reloading settings and plugins from disk would change."""

    def begin(self, department: str, name: Text, consumer: str, consumer_name: Text | None) -> Path:
        """Write a new checklist as a draft file and return its path.

        Raises UsageError for an invalid id or an undeclared consumer, Refused if the file exists.
        """

    def begin_from(
        self, named: str, department: str, name: Text, *, consumer: str = "", sheet: str = ""
    ) -> BegunList:
        """Write a draft file from a department's own list, and return what was read.

        The list is in a sheet. What was not read is returned, too. `named` is the caller's file, `consumer` who is owed
        where the list does not say it. Raises UsageError for a file that cannot be read, an invalid id or a list
        without headings, Refused if the draft exists.
        """

    def open_checklist(self, plugin: str) -> OpenedChecklist:
        """Return a checklist in use for a form.

        Raises Refused for a plugin that is code, NotFound.
        """

    def check_edit(self, edit: ChecklistEdit) -> Checked:
        """Check an edit as if it were written already."""

    def compare_edit(self, edit: ChecklistEdit) -> ComparedEdit:
        """Return what saving an edit would change, by the file as it is now.

        Raises Overtaken when somebody has changed the same obligation, Refused when the file cannot be changed so.
        """

    def save_edit(self, edit: ChecklistEdit) -> Path:
        """Write an edit and return its file.

        Raises PluginError, Refused, Overtaken when the file has changed.
        """

    def settings_editor(self) -> SettingsEditor:
        """Return the editor of the settings, which name the plugins in use."""

    def save(self, draft: Draft) -> Path:
        """Write a draft as an installed checklist; raises PluginError or Refused."""

    def take(self, files: Sequence[Path]) -> Sequence[Path]:
        """Install plugin files together and return their new paths.

        Those of the same names are replaced. Raises PluginError with all problems, and installs none then.
        """
