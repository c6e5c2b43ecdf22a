"""Asks whether a printed list goes to a file or to this machine's printer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, Input, Static

from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.tui import keys
from sla_tracker.tui.dialogs.dialog import Dialog, asked
from sla_tracker.tui.printing import printer, to_file, to_printer
from sla_tracker.tui.text_content import plain


class PrintDialog(Dialog):
    """Asks for a file name, and again before an existing file is overwritten."""

    BINDINGS = keys.PRINT

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__()
        self._lines = lines
        self._again = False

    def heading(self) -> Content:
        """Return the title."""
        return plain(_("Print the list"))

    def confirmation(self) -> str:
        """Return the confirm button's label."""
        return _("Write")

    def body(self) -> ComposeResult:
        """Return the list's length and the input for the file name."""
        said = ngettext(
            "{n} line, as the list shows it now.", "{n} lines, as the list shows it now.", len(self._lines)
        )
        yield Static(plain(said, "$muted"))
        today = self.now().astimezone(self.view_context.zone).date()
        self.file = Input(f"sla-{today}.txt", placeholder="~/sla.txt", compact=True)
        yield asked(_("File *"), self.file)

    def further_buttons(self) -> Iterator[Button]:
        """Yield the printer button, if there is a printer."""
        if printer():
            yield self.button(_("To the printer"), "printer", "print.printer")

    def on_mount(self) -> None:
        """Focus the file name."""
        super().on_mount()
        self.file.focus()

    @on(Input.Changed)
    def _other(self) -> None:
        self._again = False

    def doubt(self) -> None:
        """Make the next confirmation overwrite the file."""
        self._again = True

    @on(Input.Submitted)
    def action_confirm(self) -> None:
        """Write to the file."""
        self.do(to_file(self._lines, self.file.value.strip(), again=self._again), _("writing the list"))

    @on(Button.Pressed, "#printer")
    def action_to_printer(self) -> None:
        """Print the list."""
        if printer():
            self.do(to_printer(self._lines), _("printing"))
