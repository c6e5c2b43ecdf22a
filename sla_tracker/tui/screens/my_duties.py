"""View 1: the duties that the person, or the department, owes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from sla_tracker.domain.duties.states import OWED
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.tui import keys
from sla_tracker.tui.calls import duties
from sla_tracker.tui.messages.loaded import BoardLoaded, LevelsLoaded, MonthLoaded
from sla_tracker.tui.messages.session import PreviewLoaded
from sla_tracker.tui.screens.base.duty_actions import ActingScreen

if TYPE_CHECKING:
    from sla_tracker.services.queries.rows import DutyRow
    from sla_tracker.tui.widgets.month.month_grid import MonthGrid
    from sla_tracker.tui.widgets.month.month_overview import MonthOverview

# Smallest screen in cells and lines that shows the month overview.
WIDE, TALL = 100, 40
SCOPES = ("mine", "department", "pool")
SCOPE_WORDS = {"mine": N_("Mine and pool"), "department": N_("My department"), "pool": N_("Pool")}


class DutiesScreen(ActingScreen):
    """Lists the duties owed; scope "mine" includes the pool."""

    VIEW = "duties"
    BINDINGS = keys.MINE
    VERTICAL_BREAKPOINTS = [(0, "-low"), (18, "-high"), (TALL, "-tall")]

    def __init__(self) -> None:
        super().__init__()
        self._scope = "mine"

    def beside_list(self) -> ComposeResult:
        """Return the card; the month overview is mounted below it on large screens."""
        self.month_overview: MonthOverview | None = None
        with Vertical(id="side"):
            yield self.card

    def _today(self) -> date:
        return self.now().astimezone(self.view_context.zone).date()

    @property
    def _has_month_overview(self) -> bool:
        return self.app.size.width >= WIDE and self.app.size.height >= TALL

    def on_resize(self) -> None:
        """Read the month once the screen is large enough for it."""
        if self._has_month_overview and self.month_overview is None and self._rows is not None:
            self._read_month()

    def _read_month(self) -> None:
        self.gateway.load(self, "month", duties.month(self._today().replace(day=1)))

    @on(MonthLoaded)
    def _show_month(self, message: MonthLoaded) -> None:
        if self.month_overview is None:
            from sla_tracker.tui.widgets.month.month_overview import MonthOverview

            self.month_overview = MonthOverview(self._today())
            self.query_one("#side").mount(self.month_overview)
        self.month_overview.show(self._today(), message.plan, self.view_context.zone)

    def on_month_grid_day_chosen(self, message: MonthGrid.DayChosen) -> None:
        """Open the calendar at the day that was clicked."""
        self.sla.open_calendar(message.day)

    def read(self) -> None:
        """Read what the department owes."""
        self.gateway.load(self, "board", duties.board_of_mine(), _("reading duties"))

    @on(PreviewLoaded)
    def _show_preview(self, message: PreviewLoaded) -> None:
        """Show the preview rows if there are any, then open the deployment."""
        if message.rows:
            self._rows = message.rows
            self.lay_out()
            self.sla.rows_shown()
        self.call_after_refresh(self.gateway.begin)

    @on(BoardLoaded)
    def _read_beside(self, message: BoardLoaded) -> None:
        """Read figures and month after the rows are drawn, because they take longer.

        Where only some rows were exchanged, the last figure is known, and the others are read again only for duties of
        earlier months.
        """
        board = message.board
        if self._board is None or not board.is_update_of(self._board):
            self.call_after_refresh(self._read_trend)
            return
        self.counts.trend = (*self.counts.trend[:-1], board.score.on_time_ratio)
        if any(month < board.month for month in board.changed.values()):
            self.gateway.pace(self, "trend", self._read_trend)
        if board.changed and self._has_month_overview:
            self.gateway.pace(self, "month", self._read_month)

    def _read_trend(self) -> None:
        self.sla.rows_shown()
        self.gateway.load(self, "trend", duties.levels(self.view_context.me.department))
        if self._has_month_overview:
            self._read_month()

    @on(LevelsLoaded)
    def _show_trend(self, message: LevelsLoaded) -> None:
        # Imported late, because the first frame does not need it.
        from sla_tracker.domain.measures.scorecard import combined

        mine = self.view_context.me.department
        own = [
            combined((figure.score for figure in month.figures if figure.provider == mine), month.target)
            for month in message.months
        ]
        self.counts.trend = tuple(score.on_time_ratio for score in own)

    def chosen(self, rows: Sequence[DutyRow]) -> Sequence[DutyRow]:
        """Return the rows of the scope."""
        me = self.view_context.me.id
        if self._scope == "mine":
            return [row for row in rows if row.assignee == me or (not row.assignee and row.state in OWED)]
        if self._scope == "pool":
            return [row for row in rows if not row.assignee and row.state in OWED]
        return rows

    def action_scope(self) -> None:
        """Switch to the next scope: mine, department, pool."""
        self._scope = SCOPES[(SCOPES.index(self._scope) + 1) % len(SCOPES)]
        self.lay_out()

    def lay_out(self) -> None:
        """Show the scope and its rows."""
        self.counts.scope = _(SCOPE_WORDS[self._scope])
        super().lay_out()

    def empty(self) -> Content:
        """Return the text for no duties, with what to do next."""
        if not self.view_context.me.department:
            return Content(_("You may read everything, and owe nothing.\n2 shows what departments are owed."))
        if self._scope == "mine":
            return Content(
                _(
                    "Nothing of yours is due.\n"
                    "2 shows what your department is owed, m what it owes, 4 registers what has happened."
                )
            )
        return Content(_("Nothing is owed here.\nm shows other duties, c the calendar of what is coming."))
