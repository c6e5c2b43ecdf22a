"""Bars: lines of labels, some clickable.

Labels that do not fit are dropped from the end.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.events import Click
from textual.widget import Widget

from sla_tracker.tui.text_content import lines, plain, row, width
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True)
class Label:
    """One label: text, style, click action; `right` puts it at the right edge.

    A `tied` label belongs to the one before it: when both do not fit, neither is shown.
    """

    text: str
    style: str = ""
    action: str = ""
    right: bool = False
    tied: bool = False


class Bar(Widget):
    """Draws labels on one line; drops left labels from the end when it is narrow."""

    DEFAULT_CSS = """
    Bar { height: 1; width: 1fr; text-wrap: nowrap; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._places: list[list[tuple[int, int, str]]] = []

    def labels(self) -> Sequence[Label]:
        """Return the labels from left to right, including those at the right edge."""
        raise NotImplementedError

    def rows(self) -> Sequence[Sequence[Label]]:
        """Return the labels of each line; most bars have one line."""
        return [self.labels()]

    def render(self) -> Content:
        """Return the lines."""
        self._places = []
        return lines(*(self._line(labels) for labels in self.rows()))

    def _line(self, labels: Sequence[Label]) -> Content:
        right = _kept([label for label in labels if label.right], self.size.width)
        left = _kept([label for label in labels if not label.right], self.size.width - cells_of(right))
        gap = Label(" " * max(0, self.size.width - cells_of(left) - cells_of(right)))
        places: list[tuple[int, int, str]] = []
        found: list[Content] = []
        x = 0
        for label in (*left, gap, *right):
            places.append((x, x + width(label.text), label.action))
            x += width(label.text)
            found.append(plain(label.text, label.style))
        self._places.append(places)
        return row(*found)

    async def on_click(self, event: Click) -> None:
        """Run the action of the label under the mouse."""
        for start, end, action in self._places[event.y] if 0 <= event.y < len(self._places) else ():
            if start <= event.x < end and action:
                event.stop()
                await self.run_action(action)


def cells_of(labels: Sequence[Label]) -> int:
    """Return the total width of labels in cells."""
    return sum(width(label.text) for label in labels)


def _kept(labels: Sequence[Label], cells: int) -> list[Label]:
    kept: list[Label] = []
    for place, label in enumerate(labels):
        cells -= width(label.text)
        follows = place + 1 < len(labels) and labels[place + 1].tied
        if cells < (width(labels[place + 1].text) if follows else 0):
            break
        kept.append(label)
    return kept
