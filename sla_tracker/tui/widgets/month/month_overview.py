"""A small month grid below the duty card, for high screens."""

from __future__ import annotations

from datetime import date, tzinfo

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from sla_tracker.i18n import gettext as _
from sla_tracker.services.months.view import MonthPlan
from sla_tracker.tui.text_content import plain
from sla_tracker.tui.widgets.month.month_grid import MonthGrid


class MonthOverview(Vertical):
    """Shows the present month; a click or the calendar's key opens the calendar."""

    DEFAULT_CSS = """
    MonthOverview { height: auto; background: $surface; border-top: solid $rule; padding: 0 1; }
    MonthOverview > Static { color: $muted; text-style: bold; }
    MonthOverview > MonthGrid { padding: 0; }
    """

    def __init__(self, today: date) -> None:
        super().__init__(id="month_overview")
        self.grid = MonthGrid(today)
        self.grid.can_focus = False

    def compose(self) -> ComposeResult:
        """Return a heading and the month."""
        yield Static(plain(_("This month, by us and to us   c calendar")))
        yield self.grid

    def show(self, today: date, plan: MonthPlan, zone: tzinfo) -> None:
        """Show the duties due on each day of the present month."""
        self.grid.today = today
        self.grid.set_reactive(MonthGrid.chosen_on, today)
        self.grid.show_plan(plan, zone)
