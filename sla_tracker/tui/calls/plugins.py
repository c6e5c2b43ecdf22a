"""What the terminal asks about plugins that are written or changed, and what it hears."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import sla_tracker.services as use_cases
from sla_tracker.i18n import gettext as _
from sla_tracker.services.access import Right
from sla_tracker.tui.messages import Done, GatewayMessage

if TYPE_CHECKING:
    from sla_tracker.services.authoring.draft import Draft
    from sla_tracker.services.authoring.workshop import Changes, Checked
    from sla_tracker.services.deployment import OpenDeployment


class DraftChecked(GatewayMessage):
    """What somebody is filling in was checked."""

    def __init__(self, checked: Checked) -> None:
        super().__init__()
        self.checked = checked


class PluginsCompared(GatewayMessage):
    """Somebody looked whether settings, plugin files or imported calendars are what they were when they were read."""

    def __init__(self, changes: Changes, *, is_changed: bool) -> None:
        super().__init__()
        self.changes = changes
        self.is_changed = is_changed

    def again(self) -> PluginsCompared:
        """Return the same to be told once more."""
        return PluginsCompared(self.changes, is_changed=self.is_changed)


class PluginsTaken(Done):
    """Settings and plugins were read again; everything shown has to be built anew."""

    undoable = False

    def __init__(self, saved: Path | None = None) -> None:
        super().__init__()
        self.saved = saved

    def sentence(self) -> str:
        """Return what has happened."""
        if self.saved is not None:
            return _("Saved and in use: {file}", file=self.saved.name)
        return _("Settings and plugins were read again.")


def check_draft(draft: Draft) -> Callable[[OpenDeployment], DraftChecked]:
    """Check what somebody is filling in."""
    return lambda deployment: DraftChecked(deployment.workshop.check_draft(draft))


def save_draft(draft: Draft) -> Callable[[OpenDeployment], PluginsTaken]:
    """Write what was filled in into the plugin folder and take it into use."""

    def call(deployment: OpenDeployment) -> PluginsTaken:
        deployment.context.require(deployment.actor, Right.ADMINISTER, deployment.context.now())
        saved = deployment.workshop.save(draft)
        deployment.reload()
        use_cases.duties.scheduler.tick(deployment.context)
        return PluginsTaken(saved)

    return call


def look_for_changes() -> Callable[[OpenDeployment], PluginsCompared]:
    """Look at what reading settings and plugins again would change."""
    return lambda deployment: PluginsCompared(
        deployment.workshop.changes_on_disk(), is_changed=deployment.plugins_changed()
    )


def take_over() -> Callable[[OpenDeployment], PluginsTaken]:
    """Read settings and plugins again."""

    def call(deployment: OpenDeployment) -> PluginsTaken:
        deployment.reload()
        use_cases.duties.scheduler.tick(deployment.context)
        return PluginsTaken()

    return call


class PluginWatch:
    """Looks whether plugin files changed, and says so once; whoever puts it off takes them over in view 7."""

    def __init__(self) -> None:
        self._said = False

    def look(self, deployment: OpenDeployment) -> PluginsCompared | None:
        """Return what changed since it was read, if that was not said yet."""
        if not deployment.plugins_changed():
            self._said = False
            return None
        if self._said:
            return None
        self._said = True
        return look_for_changes()(deployment)
