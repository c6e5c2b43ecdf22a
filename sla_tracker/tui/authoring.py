"""What the terminal asks about plugins that are written or changed, and what it hears."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import sla_tracker.desk as use_cases
from sla_tracker.desk.access import Right
from sla_tracker.locale import gettext as _
from sla_tracker.tui.messages import Done, Told

if TYPE_CHECKING:
    from sla_tracker.desk.authoring.bench import Changes, Checked
    from sla_tracker.desk.authoring.draft import Draft
    from sla_tracker.desk.house import House


class DraftChecked(Told):
    """What somebody is filling in was checked."""

    def __init__(self, checked: Checked) -> None:
        super().__init__()
        self.checked = checked


class PluginsCompared(Told):
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


def check_draft(draft: Draft) -> Callable[[House], DraftChecked]:
    """Check what somebody is filling in."""
    return lambda house: DraftChecked(house.bench.check_draft(draft))


def save_draft(draft: Draft) -> Callable[[House], PluginsTaken]:
    """Write what was filled in into the plugin folder and take it into use."""

    def call(house: House) -> PluginsTaken:
        house.desk.require(house.actor, Right.ADMINISTER, house.desk.now())
        saved = house.bench.save(draft)
        house.reload()
        use_cases.rollover.roll_over(house.desk)
        return PluginsTaken(saved)

    return call


def look_for_changes() -> Callable[[House], PluginsCompared]:
    """Look at what reading settings and plugins again would change."""
    return lambda house: PluginsCompared(house.bench.changes_on_disk(), is_changed=house.plugins_changed())


def take_over() -> Callable[[House], PluginsTaken]:
    """Read settings and plugins again."""

    def call(house: House) -> PluginsTaken:
        house.reload()
        use_cases.rollover.roll_over(house.desk)
        return PluginsTaken()

    return call


class PluginWatch:
    """Looks whether plugin files changed, and says so once; whoever puts it off takes them over in view 7."""

    def __init__(self) -> None:
        self._said = False

    def look(self, house: House) -> PluginsCompared | None:
        """Return what changed since it was read, if that was not said yet."""
        if not house.plugins_changed():
            self._said = False
            return None
        if self._said:
            return None
        self._said = True
        return look_for_changes()(house)
