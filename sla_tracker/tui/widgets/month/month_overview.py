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

# The lines of a screen on which the month may have two lines a week.
ROOMY = 44


class MonthOverview(Vertical):
    """Shows the present month on a screen of so many lines.

    A click or the calendar's key opens the calendar.
    """

    DEFAULT_CSS = """
    MonthOverview { height: auto; background: $surface; border-top: solid $rule; padding: 0 1; }
    MonthOverview > Static { color: $muted; text-style: bold; }
    MonthOverview > MonthGrid { padding: 0; }
    """

    def __init__(self, today: date, lines: int) -> None:
        super().__init__(id="month_overview")
        self.grid = MonthGrid(today)
        self.grid.is_compact = lines < ROOMY
        self.grid.can_focus = False

    def compose(self) -> ComposeResult:
        """Return a heading and the month."""
        yield Static(plain(_("This month, by us and to us   c calendar")))
        yield self.grid

    def on_resize(self) -> None:
        """Give each week one line on a screen that has none to spare."""
        is_compact = self.screen.size.height < ROOMY
        if is_compact != self.grid.is_compact:
            self.grid.is_compact = is_compact
            self.grid.refresh(layout=True)

    def show(self, today: date, plan: MonthPlan, zone: tzinfo) -> None:
        """Show the duties due on each day of the present month."""
        self.grid.today = today
        self.grid.set_reactive(MonthGrid.chosen_on, today)
        self.grid.show_plan(plan, zone)
