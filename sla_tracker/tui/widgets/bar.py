"""One line of labels, some of which can be clicked; what does not fit is left out from the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.events import Click
from textual.widget import Widget

from sla_tracker.tui.content import plain, width


@dataclass(frozen=True, slots=True)
class Label:
    """One label of a bar: text, style, and the action that a click on it runs; `right` puts it at the right edge."""

    text: str
    style: str = ""
    action: str = ""
    right: bool = False


class Bar(Widget):
    """Draws labels on one line; the rightmost are kept when it gets narrow, the left ones are cut from the end."""

    DEFAULT_CSS = """
    Bar { height: 1; width: 1fr; text-wrap: nowrap; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._places: list[tuple[int, int, str]] = []

    def labels(self) -> Sequence[Label]:
        """Return what to draw, from the left; those for the right edge too, from the left."""
        raise NotImplementedError

    def render(self) -> Content:
        """Return the line."""
        labels = self.labels()
        right = _kept([label for label in labels if label.right], self.size.width)
        left = _kept([label for label in labels if not label.right], self.size.width - _cells(right))
        self._places = []
        gap = Label(" " * max(0, self.size.width - _cells(left) - _cells(right)))
        line: list[Content] = []
        x = 0
        for label in (*left, gap, *right):
            self._places.append((x, x + width(label.text), label.action))
            x += width(label.text)
            line.append(plain(label.text, label.style))
        return Content("").join(line)

    async def on_click(self, event: Click) -> None:
        """Run the action of the label under the mouse."""
        for start, end, action in self._places:
            if start <= event.x < end and action:
                event.stop()
                await self.run_action(action)


def _cells(labels: Sequence[Label]) -> int:
    return sum(width(label.text) for label in labels)


def _kept(labels: Sequence[Label], cells: int) -> list[Label]:
    kept: list[Label] = []
    for label in labels:
        cells -= width(label.text)
        if cells < 0:
            break
        kept.append(label)
    return kept
