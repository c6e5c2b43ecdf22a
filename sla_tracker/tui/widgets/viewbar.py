"""The second line: the views and the digits that open them."""

from __future__ import annotations

from collections.abc import Sequence

from sla_tracker.locale import gettext as _
from sla_tracker.tui.views import VIEWS
from sla_tracker.tui.widgets.bar import Bar, Label

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
        """Return one label a view; the names of the others go when there is no room for them."""
        full = [self._label(view.id, f" {view.key} {_(view.title)}{self._badge(view.id)} ") for view in VIEWS]
        if sum(len(label.text.encode("gbk", "replace")) for label in full) <= self.size.width:
            return full
        return [
            self._label(
                view.id,
                f" {view.key} {_(view.title if view.id == self.present else view.short)}{self._badge(view.id)} ",
            )
            for view in VIEWS
        ]

    def _badge(self, view: str) -> str:
        """Return how many duties a person was reminded of and has not looked at, behind the name of their view."""
        unread = getattr(self.app, "unread_duties", 0) if view == REMINDERS else 0
        return f" ●{unread}" if unread else ""

    def _label(self, view: str, text: str) -> Label:
        style = "bold reverse $primary" if view == self.present else ""
        return Label(text, style, f"app.view('{view}')")
