"""The page with the rows behind a figure that counts no duties, over view 3."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from sla_tracker.domain.measures.date_range import DateRange
from sla_tracker.domain.measures.figure_rows import DetailFigure
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.tui import keys
from sla_tracker.tui.calls import figures
from sla_tracker.tui.calls.figures import DetailRowsOpened
from sla_tracker.tui.screens.base.view_screen import ViewScreen
from sla_tracker.tui.stylesheet import STYLES
from sla_tracker.tui.text_content import fit, plain, row, width
from sla_tracker.tui.widgets.cards.facts import Fact, FactSheet
from sla_tracker.tui.widgets.lists.line_list import LineList
from sla_tracker.tui.widgets.lists.line_painter import Piece

Texts = tuple[str, ...]
WIDEST, GAP = 24, 2  # cells of a column and behind it


class TextRows(LineList[Texts]):
    """Lists rows of texts in columns as wide as their longest text.

    On a narrow screen the last columns are cut.
    """

    headings: Texts = ()

    def key_of(self, row: Texts) -> str:
        """Return the whole row."""
        return "\n".join(row)

    def heads(self, cells: int) -> Iterable[Piece]:
        """Return the names of the columns."""
        return self._columns(self.headings, cells, "muted")

    def pieces(self, row: Texts, cells: int) -> Iterable[Piece]:
        """Return the row's texts."""
        return self._columns(row, cells, "")

    def _columns(self, texts: Texts, cells: int, style: str) -> Iterable[Piece]:
        left = cells
        for place, text in enumerate(texts):
            taken = min(left, self._width(place) + GAP)
            yield fit(text, taken), style
            left -= taken
        yield " " * left, ""

    def _width(self, place: int) -> int:
        longest = max((width(one[place]) for one in (self.headings, *self.rows)), default=0)
        return min(WIDEST, longest)


class DetailRowsScreen(ViewScreen):
    """Lists what a figure counts; esc returns to view 3."""

    VIEW = "levels"
    CSS_PATH: ClassVar[list[str | PurePath]] = [STYLES / "subject.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [keys.key("page.back", "escape", "back", N_("Back"))]
    AUTO_FOCUS = "#detail-rows"

    def __init__(self, dates: DateRange, figure: DetailFigure) -> None:
        super().__init__()
        self._dates = dates
        self._figure = figure

    def body(self) -> ComposeResult:
        """Return the heading and the rows."""
        self.sheet = FactSheet(id="subject-facts")
        self.list = TextRows(id="detail-rows")
        self.list.empty = Content(_("Nothing is counted here."))
        yield self.sheet
        yield self.list

    def read(self) -> None:
        """Read the rows."""
        self.gateway.load(self, "figure", figures.open_detail_rows(self._dates, self._figure), _("reading"))

    @on(DetailRowsOpened)
    def _take(self, message: DetailRowsOpened) -> None:
        opened = message.opened
        said = row(plain(opened.heading, "bold $primary"), plain(f"   {opened.standing}", "$muted"))
        self.sheet.show([Fact("", said)])
        self.list.headings = opened.headings
        self.list.show(opened.rows)

    def action_back(self) -> None:
        """Return to the view below."""
        self.dismiss()
