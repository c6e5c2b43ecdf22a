"""The plugin workshop of a session of the service."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from sla_tracker.deployment.plugin_workshop import CHECKLIST, LARGEST_PLUGIN_BYTES, PYTHON, DeploymentWorkshop
from sla_tracker.domain.text import Text
from sla_tracker.errors import N_, Forbidden, UsageError
from sla_tracker.services.authoring.draft import Draft
from sla_tracker.services.authoring.edit import ChecklistEdit
from sla_tracker.services.authoring.settings_editor import SettingsEditor
from sla_tracker.services.authoring.unclear import BegunList
from sla_tracker.services.ports import CallerFiles
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedWorkshop(DeploymentWorkshop):
    """The plugin workshop of a session.

    Code of a caller never runs in it, and only administrators install.
    """

    files: CallerFiles
    must_administer: Callable[[], None]
    check_by_caller: Callable[[], None] | None = None

    def find(self, named: str) -> Path:
        """Return a plugin file of the plugin folder, or a copy of the caller's checklist."""
        if os.sep not in named and not named.endswith((CHECKLIST, PYTHON)):
            return DeploymentWorkshop.find(self, named)
        if not named.endswith(CHECKLIST):
            if self.check_by_caller is not None:
                self.check_by_caller()
            raise Forbidden(
                N_(
                    "{file} is code, and code of a caller does not run in the service. Whoever looks after it puts the "
                    'file into the plugin folder and allows it: python = ["{name}"] under [plugins].'
                ),
                file=named,
                name=Path(named).name,
            )
        try:
            with self.files.read(named) as stream:
                content = stream.read(LARGEST_PLUGIN_BYTES + 1)
        except (OSError, ValueError) as error:
            raise UsageError(N_("{file} cannot be read: {reason}"), file=named, reason=error) from error
        copy = Path(tempfile.mkdtemp()) / Path(named).name
        copy.write_bytes(content)
        return copy

    def begin(self, department: str, name: Text, consumer: str, consumer_name: Text | None) -> Path:
        """Write a new checklist draft, for an administrator."""
        self.must_administer()
        return DeploymentWorkshop.begin(self, department, name, consumer, consumer_name)

    def begin_from(
        self, named: str, department: str, name: Text, *, consumer: str = "", sheet: str = ""
    ) -> BegunList:
        """Write a draft from the caller's list, for an administrator."""
        self.must_administer()
        return DeploymentWorkshop.begin_from(self, named, department, name, consumer=consumer, sheet=sheet)

    def _open(self, named: str) -> BinaryIO:
        """Open a file through the process of the caller."""
        return self.files.read(named)

    def save(self, draft: Draft) -> Path:
        """Write a draft as a checklist in use, for an administrator."""
        self.must_administer()
        return DeploymentWorkshop.save(self, draft)

    def settings_editor(self) -> SettingsEditor:
        """Return the editor of the settings; it reads files through the caller."""
        from sla_tracker.deployment.settings.editing import FileEditor

        return FileEditor(self.deployment, self.files)

    def save_edit(self, edit: ChecklistEdit) -> Path:
        """Write an edit of a checklist in use, for an administrator."""
        self.must_administer()
        return DeploymentWorkshop.save_edit(self, edit)

    def take(self, files: Sequence[Path]) -> Sequence[Path]:
        """Install plugin files, for an administrator."""
        self.must_administer()
        return DeploymentWorkshop.take(self, files)
