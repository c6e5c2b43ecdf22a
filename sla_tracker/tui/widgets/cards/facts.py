"""A sheet of facts: labels at the left, wrapped values at the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from sla_tracker.tui.text_content import fit, lines, plain, row, width
from sla_tracker.tui.text_wrapping import wrapped

WIDEST_LABEL = 18


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact; a fact without a label takes the whole width.

    An empty one is a blank line.
    """

    label: str
    content: Content


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
        return len(self._lines(width))

    def render(self) -> Content:
        """Return the facts as one text."""
        return lines(*self._lines(self.content_size.width))

    def _lines(self, cells: int) -> list[Content]:
        widest = min(WIDEST_LABEL, max(10, cells // 3))
        indent = min(widest, max((width(fact.label) for fact in self._facts), default=0) + 2)
        found: list[Content] = []
        for fact in self._facts:
            if not fact.label:
                found.extend(wrapped(fact.content, cells))
                continue
            for number, line in enumerate(wrapped(fact.content, cells - indent)):
                label = fit(fact.label, indent - 1) + " " if number == 0 else " " * indent
                found.append(row(plain(label, "$muted"), line))
        return found
