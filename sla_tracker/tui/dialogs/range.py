"""The dialog that asks for the range whose figures view 3 shows."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Static

from sla_tracker.domain.measures.date_range import DateRange
from sla_tracker.errors import UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.tui.dialogs.dialog import Dialog, asked
from sla_tracker.tui.text_content import plain, several
from sla_tracker.wording.figures.parse_range import parse_range


class RangeDialog(Dialog):
    """Asks for a week, month, quarter, year, fiscal period, or for days from and to."""

    KEEPS_DRAFT = False

    def __init__(self, shown: DateRange, then: Callable[[DateRange], None]) -> None:
        super().__init__()
        self._shown = shown
        self._then = then

    def heading(self) -> Content:
        """Return the title."""
        return plain(_("Figures of another range"))

    def confirmation(self) -> str:
        """Return the confirm button's label."""
        return _("Show")

    def body(self) -> ComposeResult:
        """Return examples and the input."""
        said = _(
            "2026-W48 is a week, 2026-11 a month, 2026-Q3 a quarter,\n"
            "2026 a year, FY2026-P03 a fiscal period,\n"
            "2026-11-01..2026-11-15 days; or last week, this quarter"
        )
        yield Static(several(said, "$muted"), classes="hint")
        self.dates = Input(self._shown.id, placeholder="2026-Q3", compact=True)
        yield asked(_("Range *"), self.dates)

    def on_mount(self) -> None:
        """Focus the range."""
        super().on_mount()
        self.dates.focus()

    def action_confirm(self) -> None:
        """Show the range, or say why it is none."""
        today = self.today()
        fiscal = self.sla.gateway.deployment.context.settings.fiscal
        try:
            found = parse_range(self.dates.value.strip(), today, fiscal)
        except UsageError as error:
            self.say_problem(error.sentence())
            return
        self.dismiss()
        self._then(found)
