"""The filter input above a list."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input

from sla_tracker.i18n import gettext as _
from sla_tracker.tui.text_content import plain, width


class FilterLine(Horizontal):
    """A labelled filter input, so that a filtered list shows it; hidden until opened."""

    DEFAULT_CSS = """
    FilterLine { height: 1; background: $panel; color: $accent; text-style: bold; }
    FilterLine > Input { width: 1fr; height: 1; border: none; padding: 0; background: $panel; }
    FilterLine > Input:focus { border: none; }
    """

    def __init__(self, placeholder: str, present: str = "") -> None:
        """Show the filter that the list has already; without one it is hidden."""
        super().__init__(id="filterline")
        self.input = Input(present, placeholder=placeholder, compact=True, id="filter")
        self.display = bool(present)

    def compose(self) -> ComposeResult:
        """Return the input; the label is drawn by `render`."""
        self.input.styles.margin = (0, 0, 0, width(self._word))
        yield self.input

    @property
    def _word(self) -> str:
        return f" {_('Filter')} "

    def render(self) -> Content:
        """Return the label."""
        return plain(self._word)
