"""Where plugins are written: what the doors ask for while somebody begins, checks, compares and takes over one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.obligation import Obligation
from sla_tracker.domain.agreements.occurrences import Occurrence
from sla_tracker.domain.text import Text
from sla_tracker.errors import SlaError
from sla_tracker.services.authoring.difference import Difference, Kind, Shift
from sla_tracker.services.authoring.draft import Draft
from sla_tracker.services.authoring.preview import Example

DRAFT_MARK = "_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check of one plugin has shown, among the deployment's others.

    `coming` are the duties the calendar opens from `today` until `until`, `examples` what events and requests would
    open now; both carry the steps that say why. `catalogue` names the departments they are between.
    """

    name: str
    problems: Sequence[SlaError] = ()
    warnings: Sequence[str] = ()
    contributed: Mapping[str, int] = field(default_factory=dict)
    obligations: Sequence[Obligation] = ()
    coming: Sequence[Occurrence] = ()
    examples: Sequence[Example] = ()
    catalogue: Catalogue = field(default_factory=Catalogue)
    until: date = date.max

    @property
    def is_good(self) -> bool:
        """Say whether the plugin could be taken into use as it is."""
        return not self.problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What taking over changed plugins would change: the plugins by name, what is declared, and the duties ahead.

    `problems` are what would keep one of them from working.
    """

    plugins: Mapping[str, Kind] = field(default_factory=dict)
    differences: Sequence[Difference] = ()
    shifts: Sequence[Shift] = ()
    problems: Sequence[SlaError] = ()
    before: Catalogue = field(default_factory=Catalogue)
    after: Catalogue = field(default_factory=Catalogue)

    @property
    def is_empty(self) -> bool:
        """Say whether nothing would be different."""
        return not (self.plugins or self.differences or self.shifts or self.problems)


class PluginWorkshop(Protocol):
    """The plugins of one deployment, as those who write them need it; only `save` and `take` take one into use."""

    @property
    def folder(self) -> Path:
        """Return the plugin folder."""

    @property
    def language(self) -> str:
        """Return the language of the deployment's settings, or the empty text."""

    @property
    def zone(self) -> ZoneInfo:
        """Return the deployment's zone."""

    @property
    def catalogue(self) -> Catalogue:
        """Return what the plugins in use declare."""

    def now(self) -> datetime:
        """Return the present instant."""

    def find(self, named: str) -> Path:
        """Return the plugin file that a path or a bare name means; raises NotFound with the names there are."""

    def check(self, file: Path) -> Checked:
        """Check a plugin file among the others; Python in it is run."""

    def check_draft(self, draft: Draft) -> Checked:
        """Check what somebody is filling in, as if it were written already."""

    def drafts(self) -> Sequence[Path]:
        """Return the files of the plugin folder that are not in use because their names begin with an underscore."""

    def changes(self, files: Sequence[Path]) -> Changes:
        """Return what taking these files over would change."""

    def changes_on_disk(self) -> Changes:
        """Return what reading settings and plugins again would change."""

    def begin(self, department: str, name: Text, consumer: str, consumer_name: Text | None) -> Path:
        """Write a new checklist that is not in use yet and return its place.

        Raises UsageError for an id that is none or a consumer that nobody declares, Refused where a file is in the
        way.
        """

    def save(self, draft: Draft) -> Path:
        """Write what was filled in as a checklist in use; raises PluginError with all its problems, or Refused."""

    def take(self, file: Path) -> Path:
        """Put a plugin file into the plugin folder, in use, in the place of the one with its name.

        Raises PluginError with all its problems.
        """
