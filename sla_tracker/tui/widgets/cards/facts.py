"""A sheet of facts: labels at the left, wrapped values at the right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise, zip_longest

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from sla_tracker.tui.text_content import fit, lines, plain, row, several, width
from sla_tracker.tui.text_wrapping import wrapped
from sla_tracker.value_class import dataclass
from sla_tracker.wording.facts.fact import FactTone, StatedFact

WIDEST_LABEL = 18
USUAL = "$muted"  # the style of labels
GAP, LEAST_COLUMN = 3, 32  # cells between two columns, and the narrowest that is wrapped


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact; a fact without a label takes the whole width.

    A fact without label and text is a blank line. `style` is the style of the label.
    """

    label: str
    content: Content
    style: str = USUAL


FACT_STYLES: Mapping[FactTone, str] = {
    FactTone.PLAIN: "",
    FactTone.STRONG: "bold",
    FactTone.QUIET: "$muted",
    FactTone.NOTICE: "$accent",
    FactTone.WAITING: "$hold",
    FactTone.WARNING: "$warning",
    FactTone.ALARM: "$error",
}


def painted(facts: Iterable[StatedFact]) -> Iterator[Fact]:
    """Yield facts as the terminal shows them."""
    for one in facts:
        yield Fact(one.label, several(one.text, FACT_STYLES[one.tone]))


class FactSheet(Widget):
    """Draws facts; its height follows from its width."""

    DEFAULT_CSS = """
    FactSheet { height: auto; width: 1fr; text-wrap: nowrap; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._facts: tuple[Fact, ...] = ()

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Return the facts shown now."""
        return self._facts

    def show(self, facts: Sequence[Fact]) -> None:
        """Replace the facts."""
        self._facts = tuple(facts)
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines the facts take."""
        return len(fact_lines(self._facts, width))

    def render(self) -> Content:
        """Return the facts as one text."""
        return lines(*fact_lines(self._facts, self.content_size.width))


class FactColumns(Widget):
    """Draws several groups of facts side by side, in as many columns as fit."""

    DEFAULT_CSS = """
    FactColumns { height: auto; width: 1fr; text-wrap: nowrap; }
    """

    def __init__(self, groups: Sequence[Sequence[Fact]]) -> None:
        super().__init__()
        self._groups = tuple(tuple(group) for group in groups if group)

    def widest_within(self, cells: int) -> int:
        """Return how many of so many cells the columns take."""
        return sum(_widths(self._packed(cells), cells)) if self._groups else 0

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the height of the longest column."""
        return len(self._lines(width))

    def render(self) -> Content:
        """Return the columns as one text."""
        return lines(*self._lines(self.content_size.width))

    def _lines(self, cells: int) -> list[Content]:
        columns = self._packed(cells)
        widths = [min(cells, taken) for taken in _widths(columns, cells)]
        drawn = [fact_lines(column, taken) for column, taken in zip(columns, widths, strict=True)]
        return [
            row(*(_padded(line or Content(""), taken) for line, taken in zip(across, widths, strict=True)))
            for across in zip_longest(*drawn)
        ]

    def _packed(self, cells: int) -> list[tuple[Fact, ...]]:
        """Return the groups in columns that fit, cut so that the longest is shortest."""
        count = len(self._groups)
        possible = [
            [_joined(self._groups[start:end]) for start, end in pairwise((0, *cuts, count))]
            for columns in range(1, count + 1)
            for cuts in combinations(range(1, count), columns - 1)
        ]
        fitting = [columns for columns in possible if sum(_widths(columns, cells)) <= cells]

        def height(columns: list[tuple[Fact, ...]]) -> int:
            sizes = zip(columns, _widths(columns, cells), strict=True)
            return max(len(fact_lines(column, taken)) for column, taken in sizes)

        return min(fitting or possible[:1], key=height)


def _joined(groups: Sequence[tuple[Fact, ...]]) -> tuple[Fact, ...]:
    blank = Fact("", Content(""))
    return tuple(fact for group in groups for fact in (*group, blank))[:-1]


def _widths(columns: Sequence[Sequence[Fact]], cells: int) -> list[int]:
    """Return the width of each column with the gap after it.

    Columns that are too wide are wrapped; their number stays.
    """
    gaps = [GAP] * (len(columns) - 1) + [0]
    natural = [natural_cells(column) for column in columns]
    share = max(LEAST_COLUMN, (cells - sum(gaps)) // len(columns))
    if sum(natural) + sum(gaps) > cells:
        natural = [min(taken, share) for taken in natural]
    return [taken + gap for taken, gap in zip(natural, gaps, strict=True)]


def _padded(line: Content, cells: int) -> Content:
    return row(line, plain(" " * max(0, cells - line.cell_length)))


def natural_cells(facts: Sequence[Fact]) -> int:
    """Return the width in which no fact has to be wrapped."""
    indent = _indent(facts, 10 * WIDEST_LABEL)
    return max(
        (
            line.cell_length + (indent if fact.label else 0)
            for fact in facts
            for line in fact.content.split("\n", allow_blank=True)
        ),
        default=0,
    )


def _indent(facts: Sequence[Fact], cells: int) -> int:
    """Return the width of the labels.

    Usual ones are cut on a narrow sheet, those of another style never.
    """
    widest = min(WIDEST_LABEL, max(10, cells // 3))
    usual = min(widest, max((width(fact.label) for fact in facts), default=0) + 2)
    return max(usual, max((width(fact.label) + 2 for fact in facts if fact.style != USUAL), default=0))


def fact_lines(facts: Sequence[Fact], cells: int) -> list[Content]:
    """Return the lines of a sheet of facts that is so many cells wide."""
    indent = _indent(facts, cells)
    found: list[Content] = []
    for fact in facts:
        if not fact.label:
            found.extend(wrapped(fact.content, cells))
            continue
        for number, line in enumerate(wrapped(fact.content, cells - indent)):
            label = fit(fact.label, indent - 1) + " " if number == 0 else " " * indent
            found.append(row(plain(label, fact.style), line))
    return found
