"""View 3: the matrix of who owes whom, and the figures of one of its cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content

from sla_tracker.domain.measures.figure_rows import OpenedFigure
from sla_tracker.domain.measures.matrix import ALL, matrix_of
from sla_tracker.i18n import gettext as _
from sla_tracker.tui import keys
from sla_tracker.tui.calls import figures
from sla_tracker.tui.calls.figures import NO_COMPARISONS, BesideLoaded, ComparisonsLoaded
from sla_tracker.tui.messages.loaded import LevelsLoaded
from sla_tracker.tui.screens.base.view_screen import ViewScreen
from sla_tracker.tui.stylesheet import STYLES
from sla_tracker.tui.widgets.figures.cell_figures import CellFigures, figure_lines
from sla_tracker.tui.widgets.figures.figure_list import FigureLine, FigureList
from sla_tracker.tui.widgets.figures.matrix_grid import MatrixGrid
from sla_tracker.tui.widgets.figures.month_chart import MonthChart
from sla_tracker.tui.widgets.lists.line_list import LineList

if TYPE_CHECKING:
    from sla_tracker.domain.measures.beside import Beside
    from sla_tracker.services.months.view import MonthFigures
    from sla_tracker.tui.calls.figures import Comparisons


class LevelsScreen(ViewScreen):
    """The matrix of a month, beside the figures, months and causes of one cell."""

    VIEW = "levels"
    CSS_PATH = STYLES / "levels.tcss"
    BINDINGS = keys.LEVELS
    AUTO_FOCUS = "#matrix"

    def __init__(self) -> None:
        super().__init__()
        self._months: Sequence[MonthFigures] = ()
        self._month = ""
        self._beside: dict[tuple[str, str, str], Beside | None] = {}
        self._comparisons: dict[str, Comparisons] = {}

    def body(self) -> ComposeResult:
        """Return matrix and figures."""
        self.matrix = MatrixGrid(self.view_context)
        self.matrix.empty = Content(
            _("No duty has been judged yet.\nFigures appear with the first delivery.")
        )
        self.chart = MonthChart()
        self.figures = FigureList()
        with Horizontal(id="levels"):
            with Vertical(id="matrix-side"):
                yield self.matrix
                yield self.chart
            yield self.figures

    def read(self) -> None:
        """Read the figures of the last months."""
        self.gateway.load(self, "levels", figures.last_year(), _("adding up"))

    @on(LevelsLoaded)
    def _take(self, message: LevelsLoaded) -> None:
        self._months = message.months
        self._beside = {}
        self._comparisons = {}
        if self._month not in {month.id for month in self._months}:
            self._month = self._months[-1].id if self._months else ""
        self.lay_out()

    @property
    def _chosen(self) -> int:
        return next((place for place, one in enumerate(self._months) if one.id == self._month), -1)

    def lay_out(self) -> None:
        """Show the chosen month."""
        if self._months:
            month = self._months[self._chosen]
            self.matrix.show(matrix_of(month.figures, month.target), month.heading())

    def action_month(self, step: int) -> None:
        """Go to another month."""
        if self._months:
            place = min(max(self._chosen + step, 0), len(self._months) - 1)
            self._month = self._months[place].id
            self.lay_out()

    def action_month_end(self) -> None:
        """Open the page of the month's end."""
        from sla_tracker.tui.screens.month_end import MonthEndScreen

        if self._month:
            self.app.push_screen(MonthEndScreen(self._month))

    def action_report(self) -> None:
        """Write a report, of this month unless another range is named."""
        from sla_tracker.tui.dialogs.report import ReportDialog

        if self._month:
            self.app.push_screen(ReportDialog(self._month))

    @on(MatrixGrid.Highlighted)
    def _show_figures(self) -> None:
        current = self.matrix.current
        if current is None or not self._months:
            self.figures.show([])
            self.chart.show([])
            return
        asked = (self._month, *current)
        # What stands beside a rate is kept by provider: a total over all of them has none.
        if asked not in self._beside and current[0] != ALL:
            self.gateway.load(self, "beside", figures.beside(*asked), beside=True)
        cell = CellFigures(
            months=self._months,
            chosen=self._chosen,
            provider=current[0],
            consumer=current[1],
            beside=self._beside.get(asked),
            comparisons=self._comparisons.get(self._month, NO_COMPARISONS),
        )
        shown, sections = figure_lines(cell, self.view_context)
        self.figures.show(shown, sections)
        self.chart.show(shown)
        if cell.is_whole and self._month not in self._comparisons:
            self.gateway.load(self, "comparisons", figures.comparisons(self._month), _("adding up"))

    @on(BesideLoaded)
    def _take_beside(self, message: BesideLoaded) -> None:
        self._beside[message.asked] = message.beside
        self._show_figures()

    @on(ComparisonsLoaded)
    def _take_comparisons(self, message: ComparisonsLoaded) -> None:
        self._comparisons[message.month] = message.comparisons
        self._show_figures()

    def action_open(self) -> None:
        """Open the rows behind the cell or the figure under the cursor."""
        if self.figures.has_focus:
            self._open_line(self.figures.current)
        elif self.matrix.score is not None and self.figures.rows:
            self._open_line(self.figures.rows[0])

    def _open_line(self, line: FigureLine | None) -> None:
        if line is None or line.figure is None:
            self.sla.show_message(_("No duties stand behind this line."))
            return
        month = line.month or self._month
        if isinstance(line.figure, OpenedFigure):
            from sla_tracker.tui.screens.figure_rows import FigureRowsScreen

            self.app.push_screen(FigureRowsScreen(month, line.figure))
            return
        from sla_tracker.tui.screens.detail_rows import DetailRowsScreen

        self.app.push_screen(DetailRowsScreen(month, line.figure))

    @on(MatrixGrid.Chosen)
    @on(LineList.Chosen, "#figures")
    def _choose(self) -> None:
        self.action_open()

    @on(MonthChart.Chosen)
    def _open_month(self, message: MonthChart.Chosen) -> None:
        self._open_line(message.line)

    def action_other_side(self) -> None:
        """Move between the matrix and the figures of its cell."""
        (self.matrix if self.figures.has_focus else self.figures).focus()
