"""A bare Textual app (header, footer, empty table) for comparison; imports nothing of sla_tracker."""

from __future__ import annotations

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.widgets import DataTable, Footer, Header


class BareApp(App[None]):
    BINDINGS: ClassVar[list[BindingType]] = [("q", "quit", "Quit")]
    TITLE = "bare-frame"

    def compose(self) -> ComposeResult:
        yield Header()
        yield DataTable[str]()
        yield Footer()


if __name__ == "__main__":
    BareApp().run()
