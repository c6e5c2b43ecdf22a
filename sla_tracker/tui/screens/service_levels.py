"""View 3: the matrix of who owes whom, and the figures of one of its cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content

from sla_tracker.domain.measures.date_range import DateRange, month_range, range_after, range_before
from sla_tracker.domain.measures.figure_rows import OpenedFigure
from sla_tracker.domain.measures.matrix import matrix_of
from sla_tracker.i18n import gettext as _
from sla_tracker.tui import keys
from sla_tracker.tui.calls import figures
from sla_tracker.tui.calls.figures import (
    NO_COMPARISONS,
    NO_DETAILS,
    BesideLoaded,
    ComparisonsLoaded,
    RangeLoaded,
)
from sla_tracker.tui.messages.loaded import LevelsLoaded
from sla_tracker.tui.screens.base.view_screen import ViewScreen
from sla_tracker.tui.stylesheet import STYLES
from sla_tracker.tui.widgets.figures.cell_figures import CellFigures, figure_lines
from sla_tracker.tui.widgets.figures.figure_list import FigureLine, FigureList
from sla_tracker.tui.widgets.figures.matrix_grid import MatrixGrid
from sla_tracker.tui.widgets.figures.month_chart import MonthChart
from sla_tracker.tui.widgets.lists.line_list import LineList
from sla_tracker.wording.figures.ranges import short_standing

if TYPE_CHECKING:
    from sla_tracker.services.months.opened_rows import CellDetails
    from sla_tracker.services.months.view import MonthFigures, RangeFigures
    from sla_tracker.tui.calls.figures import Asked, Comparisons


class LevelsScreen(ViewScreen):
    """The matrix of a range, beside the figures, months and causes of one cell."""

    VIEW = "levels"
    CSS_PATH = STYLES / "levels.tcss"
    BINDINGS = keys.LEVELS
    AUTO_FOCUS = "#matrix"

    def __init__(self) -> None:
        super().__init__()
        self._months: Sequence[MonthFigures] = ()
        self._range: DateRange | None = None
        self._ranges: dict[str, RangeFigures] = {}
        self._details: dict[Asked, CellDetails] = {}
        self._comparisons: dict[str, Comparisons] = {}
        self._is_worst_first = False

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
        """Read the figures of the last months, and of the range shown if it is none."""
        self.gateway.load(self, "levels", figures.last_year(), _("adding up"))

    @on(LevelsLoaded)
    def _take(self, message: LevelsLoaded) -> None:
        self._months = message.months
        self._ranges, self._details, self._comparisons = {}, {}, {}
        if self._range is None and self._months:
            self._range = month_range(self._months[-1].id)
        self._show_range()

    @on(RangeLoaded)
    def _take_range(self, message: RangeLoaded) -> None:
        self._ranges[message.found.standing.dates.id] = message.found
        self._show_range()

    def _show_range(self) -> None:
        """Show the chosen range; it is read first unless it is one of the last months."""
        if self._range is not None and self._shown is None:
            self.gateway.load(self, "range", figures.range_figures(self._range), _("adding up"))
        self.lay_out()

    @property
    def _shown(self) -> MonthFigures | None:
        """Return the figures of the chosen range, None while they are not read."""
        if self._range is None:
            return None
        if self._range.id in self._ranges:
            return self._ranges[self._range.id].figures
        return next((one for one in self._months if one.id == self._range.id), None)

    def _heading(self, shown: MonthFigures) -> str:
        heading = (
            shown.heading()
            if shown.id not in self._ranges
            else short_standing(shown.id, is_final=shown.closed)
        )
        return _("{range} · worst first", range=heading) if self._is_worst_first else heading

    def lay_out(self) -> None:
        """Show the chosen range once it is read."""
        shown = self._shown
        if shown is not None:
            self.matrix.show(
                matrix_of(shown.figures, shown.target),
                self._heading(shown),
                is_worst_first=self._is_worst_first,
            )

    def _choose_range(self, dates: DateRange) -> None:
        self._range = dates
        self._show_range()

    def action_step(self, step: int) -> None:
        """Go to the range before or after, not beyond the present day."""
        if self._range is None:
            return
        fiscal = self.gateway.deployment.context.settings.fiscal
        found = range_before(self._range, fiscal) if step < 0 else range_after(self._range, fiscal)
        today = self.today()
        if found.first_on > today:
            self.sla.show_message(_("No figures lie ahead."))
        elif found.last_on < self._range.first_on and not self._has_figures_before(found):
            self.sla.show_message(_("There are no figures before."))
        else:
            self._choose_range(found)

    def _has_figures_before(self, dates: DateRange) -> bool:
        """Return whether a range may have figures.

        A range has none if it ends before the month of the first day of the deployment.
        """
        return dates.last_on >= self.gateway.deployment.context.settings.in_force_from.replace(day=1)

    def action_range(self) -> None:
        """Ask for another range."""
        from sla_tracker.tui.dialogs.range import RangeDialog

        if self._range is not None:
            self.app.push_screen(RangeDialog(self._range, self._choose_range))

    def action_worst_first(self) -> None:
        """Put the lowest rate first, or the own department again."""
        self._is_worst_first = not self._is_worst_first
        self.lay_out()

    def action_month_end(self) -> None:
        """Open the page of the end of the last month of the range that has begun."""
        from sla_tracker.tui.screens.month_end import MonthEndScreen

        if self._range is not None:
            this = f"{self.now().astimezone(self.view_context.zone):%Y-%m}"
            self.app.push_screen(MonthEndScreen(min(self._range.months[-1], this)))

    def action_report(self) -> None:
        """Write a report, of this range unless another one is named."""
        from sla_tracker.tui.dialogs.report import ReportDialog

        if self._range is not None:
            self.app.push_screen(ReportDialog(self._range.id))

    @on(MatrixGrid.Highlighted)
    def _show_figures(self) -> None:
        current, shown, dates = self.matrix.current, self._shown, self._range
        if current is None or shown is None or dates is None:
            self.figures.show([])
            self.chart.show([])
            return
        asked = (dates.id, *current)
        if asked not in self._details:
            self.gateway.load(self, "beside", figures.beside(dates, *current), beside=True)
        cell = CellFigures(
            shown=shown,
            dates=dates,
            months=self._ranges[dates.id].months if dates.id in self._ranges else self._months,
            provider=current[0],
            consumer=current[1],
            details=self._details.get(asked, NO_DETAILS),
            comparisons=self._comparisons.get(dates.id, NO_COMPARISONS),
        )
        lines, sections = figure_lines(cell, self.view_context)
        self.figures.show(lines, sections)
        self.chart.show(lines)
        if dates.id not in self._comparisons:
            self.gateway.load(self, "comparisons", figures.comparisons(dates), _("adding up"))

    @on(BesideLoaded)
    def _take_beside(self, message: BesideLoaded) -> None:
        self._details[message.asked] = message.details
        self._show_figures()

    @on(ComparisonsLoaded)
    def _take_comparisons(self, message: ComparisonsLoaded) -> None:
        self._comparisons[message.dates.id] = message.comparisons
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
        dates = line.dates or (month_range(line.month) if line.month else self._range)
        if dates is None:
            return
        if isinstance(line.figure, OpenedFigure):
            from sla_tracker.tui.screens.figure_rows import FigureRowsScreen

            self.app.push_screen(FigureRowsScreen(dates, line.figure))
            return
        from sla_tracker.tui.screens.detail_rows import DetailRowsScreen

        self.app.push_screen(DetailRowsScreen(dates, line.figure))

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
