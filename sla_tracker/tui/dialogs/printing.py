"""Asks whether a printed list goes to a file or to this machine's printer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, Input, Select, Static

from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.services.queries.rows import DutyRow
from sla_tracker.tui import keys
from sla_tracker.tui.dialogs.dialog import Dialog, asked
from sla_tracker.tui.printing import TEXT, printer, to_file, to_printer
from sla_tracker.tui.text_content import plain

FORM_WORDS = {
    TEXT: N_("Text for paper (.txt)"),
    "xlsx": N_("Excel workbook (.xlsx)"),
    "csv": N_("CSV for other programs (.csv)"),
    "json": N_("JSON for programs (.json)"),
    "ics": N_("Calendar (.ics)"),
    "md": N_("Markdown (.md)"),
    "html": N_("Page for browsers (.html)"),
    "pdf": N_("PDF (.pdf)"),
}


class PrintDialog(Dialog):
    """Asks for a file name, and again before an existing file is overwritten."""

    BINDINGS = keys.PRINT

    def __init__(self, lines: Sequence[str], rows: Sequence[DutyRow]) -> None:
        super().__init__()
        self._lines, self._rows = lines, rows

    def heading(self) -> Content:
        """Return the title."""
        return plain(_("Print the list"))

    def confirmation(self) -> str:
        """Return the confirm button's label."""
        return _("Write")

    def body(self) -> ComposeResult:
        """Return the list's length and the input for the file name."""
        said = ngettext(
            "{n} duty, as the list shows it now.", "{n} duties, as the list shows it now.", len(self._rows)
        )
        yield Static(plain(said, "$muted"))
        today = self.today()
        self.file = Input(f"sla-{today}.txt", placeholder="~/sla.txt", compact=True)
        yield asked(_("File *"), self.file)
        options = [(_(word), form) for form, word in FORM_WORDS.items()]
        self.form: Select[str] = Select(options, value=TEXT, allow_blank=False, compact=True)
        yield asked(_("Form"), self.form)

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
        """Show the form that the name ends in."""
        form = PurePath(self.file.value.strip()).suffix.lower().removeprefix(".")
        if form in FORM_WORDS and form != self.form.value:
            with self.prevent(Select.Changed):
                self.form.value = form

    @on(Select.Changed)
    def _end_in_form(self) -> None:
        """End the name in the chosen form."""
        name = PurePath(self.file.value.strip())
        if name.name and name.suffix.lower() != f".{self.form.value}":
            self.file.value = str(name.with_suffix(f".{self.form.value}"))

    @on(Input.Submitted)
    def action_confirm(self) -> None:
        """Write to the file."""
        self.do(
            to_file(self._lines, self._rows, self.file.value.strip(), again=self.insists),
            _("writing the list"),
        )

    @on(Button.Pressed, "#printer")
    def action_to_printer(self) -> None:
        """Print the list."""
        if printer():
            self.do(to_printer(self._lines, self._rows), _("printing"))
