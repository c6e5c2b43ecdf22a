"""Calls that check, save and re-read plugins, and their messages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import sla_tracker.services as use_cases
from sla_tracker.i18n import gettext as _
from sla_tracker.tui.messages import Done, GatewayMessage

if TYPE_CHECKING:
    from sla_tracker.services.authoring.draft import Draft
    from sla_tracker.services.authoring.edit import ChecklistEdit, OpenedChecklist
    from sla_tracker.services.authoring.workshop import Changes, Checked, ComparedEdit
    from sla_tracker.services.deployment import OpenDeployment


class DraftChecked(GatewayMessage):
    """A drafted checklist was checked."""

    def __init__(self, checked: Checked) -> None:
        super().__init__()
        self.checked = checked


class PluginsCompared(GatewayMessage):
    """Settings, plugin files and calendars were compared with those in use.

    `asked` tells whether a key asked for the comparison.
    """

    def __init__(self, changes: Changes, *, is_changed: bool, asked: bool = False) -> None:
        super().__init__()
        self.changes = changes
        self.is_changed = is_changed
        self.asked = asked

    def again(self) -> PluginsCompared:
        """Return a copy that can be posted once more."""
        return PluginsCompared(self.changes, is_changed=self.is_changed)


class ChecklistOpened(GatewayMessage):
    """A checklist was read for the form that changes it."""

    def __init__(self, checklist: OpenedChecklist) -> None:
        super().__init__()
        self.checklist = checklist


class EditCompared(GatewayMessage):
    """What an edit would change was computed."""

    def __init__(self, compared: ComparedEdit) -> None:
        super().__init__()
        self.compared = compared


class PluginsTaken(Done):
    """Settings and plugins were read again; every view has to be rebuilt."""

    undoable = False

    def __init__(self, saved: Path | None = None) -> None:
        super().__init__()
        self.saved = saved

    def sentence(self) -> str:
        """Return what was done."""
        if self.saved is not None:
            return _("Saved and in use: {file}", file=self.saved.name)
        return _("Settings and plugins were read again.")


DraftCheck = Callable[["OpenDeployment"], DraftChecked]


def check_draft(draft: Draft) -> DraftCheck:
    """Check a drafted checklist."""
    return lambda deployment: DraftChecked(deployment.workshop.check_draft(draft))


def open_checklist(plugin: str) -> Callable[[OpenDeployment], ChecklistOpened]:
    """Read a checklist for the form that changes it."""
    return lambda deployment: ChecklistOpened(deployment.workshop.open_checklist(plugin))


def check_edit(edit: ChecklistEdit) -> DraftCheck:
    """Check an edited checklist."""
    return lambda deployment: DraftChecked(deployment.workshop.check_edit(edit))


def compare_edit(edit: ChecklistEdit) -> Callable[[OpenDeployment], EditCompared]:
    """Compute what saving an edited checklist would change."""
    return lambda deployment: EditCompared(deployment.workshop.compare_edit(edit))


def save_edit(edit: ChecklistEdit) -> Callable[[OpenDeployment], PluginsTaken]:
    """Write an edited checklist and take it into use."""
    return _saving(lambda deployment: deployment.workshop.save_edit(edit))


def enable(plugin: str) -> Callable[[OpenDeployment], PluginsTaken]:
    """Take an installed plugin into use, and note that on record."""

    def call(deployment: OpenDeployment) -> PluginsTaken:
        from sla_tracker.services.authoring.settings_editor import change_settings

        editor = deployment.workshop.settings_editor()
        change = editor.with_plugin(plugin)
        change_settings(deployment.context, deployment.actor, editor, change, f"plugins.enabled {plugin}")
        deployment.reload()
        use_cases.duties.scheduler.tick(deployment.context)
        return PluginsTaken()

    return call


def save_draft(draft: Draft) -> Callable[[OpenDeployment], PluginsTaken]:
    """Write a drafted checklist into the plugin folder and take it into use."""
    return _saving(lambda deployment: deployment.workshop.save(draft))


def _saving(save: Callable[[OpenDeployment], Path]) -> Callable[[OpenDeployment], PluginsTaken]:
    def call(deployment: OpenDeployment) -> PluginsTaken:
        deployment.context.require(
            deployment.actor, use_cases.access.Right.ADMINISTER, deployment.context.now()
        )
        saved = save(deployment)
        deployment.reload()
        use_cases.duties.scheduler.tick(deployment.context)
        return PluginsTaken(saved)

    return call


def look_for_changes(*, asked: bool = False) -> Callable[[OpenDeployment], PluginsCompared]:
    """Compute what reading settings and plugins again would change."""
    return lambda deployment: PluginsCompared(
        deployment.workshop.changes_on_disk(), is_changed=deployment.plugins_changed(), asked=asked
    )


def take_over() -> Callable[[OpenDeployment], PluginsTaken]:
    """Read settings and plugins again."""

    def call(deployment: OpenDeployment) -> PluginsTaken:
        deployment.reload()
        use_cases.duties.scheduler.tick(deployment.context)
        return PluginsTaken()

    return call


class PluginWatch:
    """Reports changed plugin files once; postponed ones are applied in view 7."""

    def __init__(self) -> None:
        self._said = False

    def look(self, deployment: OpenDeployment) -> PluginsCompared | None:
        """Return the changes of plugin files that were not reported yet, or None."""
        if not deployment.plugins_changed():
            self._said = False
            return None
        if self._said:
            return None
        self._said = True
        return look_for_changes()(deployment)
