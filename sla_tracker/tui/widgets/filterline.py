"""The line above a list in which one types what to look for."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Static

from sla_tracker.locale import gettext as _
from sla_tracker.tui.content import plain


class FilterLine(Horizontal):
    """Names itself, so that a list that is filtered says so; closed until it is asked for."""

    DEFAULT_CSS = """
    FilterLine { height: 1; background: $panel; }
    FilterLine > Static { width: auto; color: $accent; text-style: bold; padding: 0 1; }
    FilterLine > Input { width: 1fr; height: 1; border: none; padding: 0; background: $panel; }
    FilterLine > Input:focus { border: none; }
    """

    def __init__(self, placeholder: str) -> None:
        super().__init__(id="filterline")
        self.input = Input(placeholder=placeholder, compact=True, id="filter")
        self.display = False

    def compose(self) -> ComposeResult:
        """Return the word and the place to type."""
        yield Static(plain(_("Filter")))
        yield self.input
