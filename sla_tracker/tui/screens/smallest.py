"""What every screen does when there is no room for it: it says so, instead of showing crumbs."""

from __future__ import annotations

from typing import Generic

from textual.content import Content
from textual.screen import Screen, ScreenResultType
from textual.widget import Widget

from sla_tracker.locale import gettext as _
from sla_tracker.tui.content import plain

NARROWEST, LOWEST = 30, 6


class TooSmall(Widget):
    """Covers a screen with one sentence; what lies under it keeps its focus and what was typed."""

    DEFAULT_CSS = """
    TooSmall { layer: sentence; position: absolute; offset: 0 0; width: 100%; height: 100%; background: $background; }
    """

    def render(self) -> Content:
        """Return the sentence."""
        size, least = f"{self.app.size.width} × {self.app.size.height}", f"{NARROWEST} × {LOWEST}"
        return plain(_("This window is too small: {size}, at least {least}.", size=size, least=least))


class RoomyScreen(Screen[ScreenResultType], Generic[ScreenResultType]):
    """Base of screens and dialogs; below the smallest size only a sentence is shown."""

    DEFAULT_CSS = """
    RoomyScreen { layers: default sentence; }
    RoomyScreen.-crumbs { overflow: hidden; }
    """

    def on_resize(self) -> None:
        """Put the sentence over the screen, or take it away."""
        is_small = self.size.width < NARROWEST or self.size.height < LOWEST
        self.set_class(is_small, "-crumbs")
        covers = self.query_children(TooSmall)
        if is_small and not covers:
            self.mount(TooSmall())
        elif covers and not is_small:
            covers.remove()
