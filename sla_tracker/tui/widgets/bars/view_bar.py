"""The second line: the views and the digits that open them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sla_tracker.i18n import gettext as _
from sla_tracker.tui.text_content import width
from sla_tracker.tui.views import VIEWS, View
from sla_tracker.tui.widgets.bars.bar import Bar, Label

REMINDERS = "reminders"


class ViewBar(Bar):
    """Shows every view, the present one marked by form and colour."""

    DEFAULT_CSS = """
    ViewBar { background: $surface; color: $muted; }
    """

    def __init__(self, present: str) -> None:
        super().__init__(id="viewbar")
        self.present = present

    def labels(self) -> Sequence[Label]:
        """Return one label per view: title, else short title, else only the digit."""
        ways: tuple[Callable[[View], str], ...] = (
            lambda view: _(view.title),
            lambda view: _(view.title if view.id == self.present else view.short),
            lambda view: _(view.short),
            lambda view: _(view.short) if view.id == self.present else "",
        )
        found: list[Label] = []
        for name in ways:
            found = [
                self._label(view.id, f" {view.key} {name(view)}{self._badge(view.id)} ") for view in VIEWS
            ]
            if sum(width(label.text) for label in found) <= self.size.width:
                break
        return found

    def _badge(self, view: str) -> str:
        """Return the number of duties with unread reminders, for the reminders view."""
        unread = getattr(self.app, "unread_duties", 0) if view == REMINDERS else 0
        return f" ●{unread}" if unread else ""

    def _label(self, view: str, text: str) -> Label:
        style = "bold reverse $primary" if view == self.present else ""
        return Label(text, style, f"app.view('{view}')")
