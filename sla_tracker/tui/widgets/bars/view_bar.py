"""The second line: the views and the digits that open them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, cast

from sla_tracker.i18n import gettext as _
from sla_tracker.tui.text_content import width
from sla_tracker.tui.views import VIEWS, View
from sla_tracker.tui.widgets.bars.bar import Bar, Label

if TYPE_CHECKING:
    from sla_tracker.tui.app_base import BaseApp


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
            found = [label for view in VIEWS for label in self._labels(view, name(view))]
            if sum(width(label.text) for label in found) <= self.size.width:
                break
        return found

    def _digit(self, view: View) -> str:
        """Return the key that opens a view, which the key map may have moved."""
        return cast("BaseApp", self.app).key_word(f"app.view_{view.key}")

    def _badge(self, view: str) -> str:
        """Return the number of what waits in a view; nothing when nothing does."""
        number = getattr(self.app, "waiting", {}).get(view, 0)
        return f" {number}" if number else ""

    def _labels(self, view: View, name: str) -> Iterator[Label]:
        """Yield digit, name and number of a view, each in its weight."""
        is_present = view.id == self.present
        present = "bold reverse $primary" if is_present else ""
        action = f"app.view('{view.id}')"
        yield Label(f" {self._digit(view)} ", present or "$primary", action)
        yield Label(name, present or "$foreground", action)
        yield Label(f"{self._badge(view.id)} ", present or "bold $accent", action)
