"""Shows the present month below the card of a list, on large enough screens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from sla_tracker.tui.calls import duties
from sla_tracker.tui.messages.loaded import MonthLoaded
from sla_tracker.tui.screens.base.duty_actions import ActingScreen

if TYPE_CHECKING:
    from sla_tracker.tui.widgets.month.month_grid import MonthGrid
    from sla_tracker.tui.widgets.month.month_overview import MonthOverview

# Smallest screen in cells and lines that shows the month overview.
WIDE, TALL = 100, 34


class MonthBesideScreen(ActingScreen):
    """A list of duties with the card and, below it, the month overview."""

    VERTICAL_BREAKPOINTS = [(0, "-low"), (18, "-high"), (TALL, "-tall")]

    def beside_list(self) -> ComposeResult:
        """Return the card; the month overview is mounted below it on large screens."""
        self.month_overview: MonthOverview | None = None
        with Vertical(id="side"):
            yield self.card

    @property
    def has_month_overview(self) -> bool:
        """Return whether the screen is large enough for the month."""
        return self.app.size.width >= WIDE and self.app.size.height >= TALL

    def on_resize(self) -> None:
        """Read the month once the screen is large enough for it."""
        if self.has_month_overview and self.month_overview is None and self._rows is not None:
            self.read_month()

    def read_month(self) -> None:
        """Read the present month."""
        self.gateway.load(self, "month", duties.month(self.today().replace(day=1)), beside=True)

    @on(MonthLoaded)
    def _show_month(self, message: MonthLoaded) -> None:
        if self.month_overview is None:
            from sla_tracker.tui.widgets.month.month_overview import MonthOverview

            self.month_overview = MonthOverview(self.today(), self.app.size.height)
            self.query_one("#side").mount(self.month_overview)
        self.month_overview.show(self.today(), message.plan, self.view_context.zone)

    def on_month_grid_day_chosen(self, message: MonthGrid.DayChosen) -> None:
        """Open the calendar at the day that was clicked."""
        self.sla.open_calendar(message.day)
