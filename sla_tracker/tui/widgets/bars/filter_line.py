"""The filter input above a list."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input

from sla_tracker.i18n import gettext as _
from sla_tracker.tui.calls import pinyin
from sla_tracker.tui.text_content import plain, width


class FilterLine(Horizontal):
    """A labelled filter input, so that a filtered list shows it; hidden until opened."""

    DEFAULT_CSS = """
    FilterLine { height: 1; background: $panel; color: $accent; text-style: bold; }
    FilterLine > Input { width: 1fr; height: 1; border: none; padding: 0; background: $panel; }
    FilterLine > Input:focus { border: none; }
    FilterLine.-wrong, FilterLine.-wrong > Input { color: $error; }
    """

    def __init__(self, placeholder: str, present: str = "") -> None:
        """Show the filter that the list has already; without one it is hidden."""
        super().__init__(id="filterline")
        self.input = Input(present, placeholder=placeholder, compact=True, id="filter")
        self.display = bool(present)
        self._is_applied = True

    def compose(self) -> ComposeResult:
        """Return the input; the label is drawn by `render`."""
        self.input.styles.margin = (0, 0, 0, width(self._word))
        yield self.input

    def open(self) -> None:
        """Let the person type, and load what spells Chinese texts meanwhile."""
        self.display = True
        self.input.focus()
        pinyin.once_loaded(self.screen, lambda: None)

    def show_applied(self, is_applied: bool) -> None:
        """Show whether the list is filtered, or the filter could not be understood."""
        if is_applied != self._is_applied:
            self._is_applied = is_applied
            self.set_class(not is_applied, "-wrong")
            self.input.styles.margin = (0, 0, 0, width(self._word))
            self.refresh()

    @property
    def _word(self) -> str:
        return f" {_('Filter')} " if self._is_applied else f" {_('Not filtered')} "

    def render(self) -> Content:
        """Return the label."""
        return plain(self._word)
