"""Base of screens and dialogs that checks the minimum size.

Widgets are composed once, on the stack, and drawn with wide characters whole; a screen that is too small shows one
sentence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Generic

from textual.content import Content
from textual.notifications import Notification
from textual.screen import Screen, ScreenResultType
from textual.widget import Widget

from sla_tracker.i18n import gettext as _
from sla_tracker.tui.screens.base.whole_characters import WholeCharacters
from sla_tracker.tui.text_content import plain

NARROWEST, LOWEST = 30, 6


class TooSmall(Widget):
    """Covers a screen with one sentence; focus and input below it are kept."""

    DEFAULT_CSS = """
    TooSmall { layer: sentence; position: absolute; offset: 0 0; width: 100%; height: 100%; background: $background; }
    """

    def render(self) -> Content:
        """Return the sentence."""
        size, least = f"{self.app.size.width} × {self.app.size.height}", f"{NARROWEST} × {LOWEST}"
        return plain(_("This window is too small: {size}, at least {least}.", size=size, least=least))


class MinimumSizeScreen(Screen[ScreenResultType], Generic[ScreenResultType]):
    """Base of screens and dialogs; below the smallest size only a sentence is shown."""

    DEFAULT_CSS = """
    MinimumSizeScreen { layers: default sentence; }
    MinimumSizeScreen.-crumbs { overflow: hidden; }
    """

    def __init__(self, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._compositor = WholeCharacters()

    async def mount_composed_widgets(self, widgets: list[Widget]) -> None:
        """Mount the widgets once the screen, which some ask for, is on the stack.

        From Python 3.12 on a screen's task runs at once, before Textual has put the screen on the stack and read its
        style sheet; at the first wait Textual does both.
        """
        await asyncio.sleep(0)
        await super().mount_composed_widgets(widgets)

    def on_screen_suspend(self) -> None:
        """Hide the messages, which the dialog above shows; Textual shows them again."""
        for messages in self.query_children("ToastRack"):
            messages.display = False

    def notices_shown(self, notices: Sequence[Notification]) -> Sequence[Notification]:
        """Return those of all notices that the screen shows while it is in front."""
        return notices

    def on_resize(self) -> None:
        """Show or remove the sentence."""
        is_small = self.size.width < NARROWEST or self.size.height < LOWEST
        self.set_class(is_small, "-crumbs")
        covers = self.query_children(TooSmall)
        if is_small and not covers:
            self.mount(TooSmall())
        elif covers and not is_small:
            covers.remove()
