"""The list of views in order; a new view is one new line here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from sla_tracker.errors import N_
from sla_tracker.value_class import dataclass

if TYPE_CHECKING:
    from textual.screen import Screen

SCREENS = "sla_tracker.tui.screens"


@dataclass(frozen=True, slots=True)
class View:
    """A view: digit, title, short title for narrow screens, and place in the code.

    The place is `module:class` below `screens`.
    """

    key: str
    id: str
    title: str
    short: str
    screen: str

    def open(self) -> Screen[None]:
        """Return a new screen of the view."""
        return self.load()()

    def load(self) -> type[Screen[None]]:
        """Import the view's screen class, on first use."""
        module, _, name = self.screen.partition(":")
        return cast("type[Screen[None]]", getattr(import_module(f"{SCREENS}.{module}"), name))


VIEWS = (
    View("1", "duties", N_("My duties"), N_("Mine"), "my_duties:DutiesScreen"),
    View("2", "owed", N_("Owed to us"), N_("Owed"), "owed:OwedScreen"),
    View("3", "levels", N_("Service levels"), N_("Levels"), "service_levels:LevelsScreen"),
    View("4", "events", N_("Events and requests"), N_("Events"), "events:EventsScreen"),
    View("5", "complaints", N_("Inbox"), N_("Inbox"), "inbox:InboxScreen"),
    View("6", "reminders", N_("Reminders"), N_("Reminders"), "reminders:RemindersScreen"),
    View("7", "plugins", N_("Plugins"), N_("Plugins"), "plugins:PluginsScreen"),
)
FIRST, OWED = VIEWS[:2]
