"""The dialog that writes the report of a range into a file."""

from __future__ import annotations

from textual import on
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
        super().__init__(draft_of=month)
        self._month = month
        self._named_after = month  # the range that was typed when the file's name was last looked at

    def heading(self) -> Content:
        """Return the title."""
        return plain(_("Report"))

    def confirmation(self) -> str:
        """Return the confirm button's label."""
        return _("Write")

    def body(self) -> ComposeResult:
        """Return the inputs for range and file."""
        forms = _(", ").join(f".{form}" for form in REPORT_FORMS)
        yield Static(plain(_("The suffix says the form: {forms}", forms=forms), "$muted"))
        self.dates = Input(self._month, placeholder="2026-Q3", compact=True)
        yield asked(_("Range *"), self.dates)
        self.file = Input(_file_of(self._month), placeholder="~/sla.html", compact=True)
        yield asked(_("File *"), self.file)

    def on_mount(self) -> None:
        """Focus the range."""
        super().on_mount()
        self.dates.focus()

    @on(Input.Changed)
    def _name_after_range(self) -> None:
        """Let the file's name follow the range until somebody types another name."""
        before, self._named_after = self._named_after, self.dates.value
        if before != self._named_after and self.file.value == _file_of(before):
            self.file.value = _file_of(self._named_after)

    def action_confirm(self) -> None:
        """Write the report, or say what is missing."""
        dates, file = self.dates.value.strip(), self.file.value.strip()
        if not dates or not file:
            self.say_problem(_("A range and a file name are needed."))
            return
        self.do(months.write_report(dates, file), _("writing the report"))


def _file_of(dates: str) -> str:
    """Return the name of a report's file, without what parts folders or words."""
    return f"sla-{'-'.join(dates.replace('/', ' ').split())}.html"
