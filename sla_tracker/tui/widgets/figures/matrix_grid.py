"""The matrix of providers and consumers as a grid that the arrow keys walk."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click
from textual.geometry import Offset
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from sla_tracker.domain.measures.matrix import ALL, Matrix
from sla_tracker.domain.measures.scorecard import Score, rate_order
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.tui.text_content import fit, lines, plain, right, row
from sla_tracker.tui.view_context import ViewContext
from sla_tracker.tui.widgets.figures.signs import STYLES, sign_of, tone_of
from sla_tracker.wording.duties import percent_on_time
from sla_tracker.wording.figures.levels import left_word

NARROWEST_CELL, WIDEST_CELL = 12, 34  # cells of the screen
WITH_COUNTS = 21  # cells from which n of N stands beside the rate
WITH_LEFT = 33  # cells from which the misses left stand beside them
RATE_CELLS, LEFT_CELLS = 9, 11  # of sign and rate, and of the misses left
NAME_CELLS = (14, 26)  # least and most cells of a provider's name
HEADINGS = 2  # lines above the first provider


class MatrixGrid(Widget, can_focus=True):
    """Shows a rate for each provider (rows) and consumer (columns), and the totals."""

    DEFAULT_CSS = """
    MatrixGrid { height: auto; width: 1fr; text-wrap: nowrap; padding: 0 1; background: $background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1, 0)", N_("Provider above"), id="matrix.up", show=False),
        Binding("down,j", "move(1, 0)", N_("Provider below"), id="matrix.down", show=False),
        Binding("left,h", "move(0, -1)", N_("Consumer at the left"), id="matrix.left", show=False),
        Binding("right,l", "move(0, 1)", N_("Consumer at the right"), id="matrix.right", show=False),
        Binding("home,g", "move(-99, 0)", N_("First provider"), id="matrix.first", show=False),
        Binding("end,G", "move(99, 0)", N_("Last provider"), id="matrix.last", show=False),
    ]

    cursor: reactive[Offset] = reactive(Offset(0, 0))

    class Highlighted(Message):
        """The cursor moved to another cell, or its figures were replaced."""

    class Chosen(Message):
        """A cell was double-clicked, which means enter."""

    def __init__(self, view_context: ViewContext) -> None:
        super().__init__(id="matrix")
        self.view_context = view_context
        self.heading = ""
        self.empty = Content("")
        self._matrix = Matrix()
        self._providers: tuple[str, ...] = ()
        self._consumers: tuple[str, ...] = ()
        self._first = Offset(0, 0)

    def show(self, matrix: Matrix, heading: str, *, is_worst_first: bool = False) -> None:
        """Show another matrix; the cursor stays with its two departments.

        The reader's own department stands first, or the one with the lowest rate.
        At first it is on what the reader's own department owes, else on the first total.
        """
        before = self.current
        mine = self.view_context.me.department
        providers = sorted(matrix.providers, key=lambda id: (id != mine, id))
        if is_worst_first:
            providers.sort(key=lambda id: rate_order(matrix.cells[id, ALL]))
        self._matrix, self.heading = matrix, heading
        self._providers = (*providers, *([ALL] if len(providers) > 1 else []))
        self._consumers = (*matrix.consumers, *([ALL] if len(matrix.consumers) > 1 else []))
        wanted = before or (mine if mine in providers else (self._providers or ("",))[0], ALL)
        column = wanted[1] if wanted[1] in self._consumers else (self._consumers or ("",))[-1]
        place = Offset(
            self._consumers.index(column) if self._consumers else 0,
            self._providers.index(wanted[0]) if wanted[0] in self._providers else 0,
        )
        if place == self.cursor:
            self.post_message(self.Highlighted())
        self.cursor = place
        self.refresh(layout=True)

    @property
    def current(self) -> tuple[str, str] | None:
        """Return provider and consumer under the cursor, ALL for totals; None while empty."""
        if not self._providers or not self._consumers:
            return None
        return (self._providers[self.cursor.y], self._consumers[self.cursor.x])

    @property
    def score(self) -> Score | None:
        """Return the score under the cursor."""
        return None if self.current is None else self._matrix.cell(*self.current)

    def watch_cursor(self) -> None:
        """Repaint and post Highlighted."""
        self.refresh()
        self.post_message(self.Highlighted())

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """Return a line for each provider, and those above."""
        return HEADINGS + len(self._providers) if self._providers else 6

    @property
    def _name_cells(self) -> int:
        least, most = NAME_CELLS
        longest = max((plain(self._word(id)).cell_length for id in self._providers), default=least)
        return max(least, min(most, longest + 2, self.content_size.width // 3))

    @property
    def _columns(self) -> int:
        """Return how many consumers fit beside the names."""
        room = max(0, self.content_size.width - self._name_cells - 2)
        return max(1, min(len(self._consumers), room // NARROWEST_CELL))

    @property
    def _cell_cells(self) -> int:
        room = self.content_size.width - self._name_cells - 2
        return max(NARROWEST_CELL, min(WIDEST_CELL, room // self._columns))

    @property
    def _lines(self) -> int:
        """Return how many providers fit."""
        return max(1, self.content_size.height - HEADINGS)

    def _scroll_to_cursor(self) -> None:
        x = min(max(self._first.x, self.cursor.x - self._columns + 1), self.cursor.x)
        y = min(max(self._first.y, self.cursor.y - self._lines + 1), self.cursor.y)
        self._first = Offset(x, y)

    def render(self) -> Content:
        """Return the grid."""
        if not self._providers:
            return self.empty
        self._scroll_to_cursor()
        shown = self._consumers[self._first.x : self._first.x + self._columns]
        cells, name = self._cell_cells, self._name_cells
        more = "›" if self._first.x + len(shown) < len(self._consumers) else " "
        head = [
            plain(fit(_("from ↓   to →"), name), "$muted"),
            plain("‹" if self._first.x else " ", "$muted"),
        ]
        head += [
            plain(right(fit(self._word(id), cells - 2).rstrip(), cells - 1) + " ", "bold") for id in shown
        ]
        heading = fit(self.heading, self.content_size.width).rstrip()
        found = [plain(heading, "bold $primary"), row(*head, plain(more, "$muted"))]
        providers = self._providers[self._first.y : self._first.y + self._lines]
        for place, provider in enumerate(providers, self._first.y):
            here = place == self.cursor.y
            style = "bold" if here or provider == ALL else ""
            parts = [plain(fit(self._word(provider), name), style), plain(" ")]
            parts += [
                self._cell(provider, consumer, cells, is_current=here and at == self.cursor.x)
                for at, consumer in enumerate(shown, self._first.x)
            ]
            found.append(row(*parts))
        return lines(*found)

    def _word(self, id: str) -> str:
        return _("All") if id == ALL else self.view_context.department(id)

    def _cell(self, provider: str, consumer: str, cells: int, *, is_current: bool) -> Content:
        score = self._matrix.cell(provider, consumer)
        said = "·"
        if score is not None:
            said = f"{sign_of(score)} {percent_on_time(score)}"
            if cells >= WITH_COUNTS:
                counts, margin = f"{score.good}/{score.valid}", 6
                if cells >= WITH_LEFT:
                    counts, margin = f"{counts}  {right(left_word(score), LEFT_CELLS)}", 4
                said = f"{right(counts, cells - RATE_CELLS - margin)}  {right(said, RATE_CELLS)}"
        style = STYLES.get(tone_of(score), "$muted")
        if is_current:
            said = f"[{said.strip()}]" if cells < WITH_COUNTS else f"[{said}]"
            style = "bold reverse" if self.has_focus else "bold underline"
        else:
            said = f"{said} "
        return row(plain(" " * max(0, cells - plain(said).cell_length)), plain(said, style))

    def action_move(self, down: int, across: int) -> None:
        """Move the cursor, at most to the edge."""
        if self._providers:
            y = min(max(self.cursor.y + down, 0), len(self._providers) - 1)
            x = min(max(self.cursor.x + across, 0), len(self._consumers) - 1)
            self.cursor = Offset(x, y)

    def on_focus(self) -> None:
        """Repaint the cursor."""
        self.refresh()

    def on_blur(self) -> None:
        """Repaint the cursor."""
        self.refresh()

    def on_click(self, event: Click) -> None:
        """Move the cursor to the cell under the mouse; a double click chooses it."""
        place = event.get_content_offset(self)
        if place is None or not self._providers or place.y < HEADINGS:
            return
        y = self._first.y + place.y - HEADINGS
        x = self._first.x + max(0, place.x - self._name_cells - 1) // self._cell_cells
        if y < len(self._providers) and x < len(self._consumers):
            self.cursor = Offset(x, y)
            if event.chain == 2:
                self.post_message(self.Chosen())
