"""The dialog that writes the report of a range into a file."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Static

from sla_tracker.i18n import gettext as _
from sla_tracker.tui.calls import months
from sla_tracker.tui.dialogs.dialog import Dialog, asked
from sla_tracker.tui.text_content import plain
from sla_tracker.wording.figures.report_forms import REPORT_FORMS


class ReportDialog(Dialog):
    """Asks for a range and a file name."""

    def __init__(self, month: str) -> None:
        super().__init__()
        self._month = month

    def heading(self) -> Content:
        """Return the title."""
        return plain(_("Report"))

    def confirmation(self) -> str:
        """Return the confirm button's label."""
        return _("Write")

    def body(self) -> ComposeResult:
        """Return the inputs for range and file."""
        forms = ", ".join(f".{form}" for form in REPORT_FORMS)
        yield Static(plain(_("The suffix says the form: {forms}", forms=forms), "$muted"))
        self.dates = Input(self._month, placeholder="2026-Q3", compact=True)
        yield asked(_("Range *"), self.dates)
        self.file = Input(f"sla-{self._month}.html", placeholder="~/sla.html", compact=True)
        yield asked(_("File *"), self.file)

    def on_mount(self) -> None:
        """Focus the range."""
        super().on_mount()
        self.dates.focus()

    def action_confirm(self) -> None:
        """Write the report, or say what is missing."""
        dates, file = self.dates.value.strip(), self.file.value.strip()
        if not dates or not file:
            self.say_problem(_("A range and a file name are needed."))
            return
        self.do(months.write_report(dates, file), _("writing the report"))
