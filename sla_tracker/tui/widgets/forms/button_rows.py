"""Buttons side by side, in a further row where they do not fit."""

from __future__ import annotations

from itertools import pairwise

from textual.containers import Container
from textual.geometry import Offset, Size
from textual.layout import ArrangeResult, WidgetPlacement
from textual.layouts.horizontal import HorizontalLayout
from textual.widget import Widget


class RowsLayout(HorizontalLayout):
    """Places widgets of one line in as many rows as they need, each at the right."""

    name = "rows"

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        """Return the places of the widgets."""
        placed = list(super().arrange(parent, children, size, greedy))
        starts = [0]
        for number, one in enumerate(placed):
            if number > starts[-1] and one.region.right > placed[starts[-1]].region.x + size.width:
                starts.append(number)
        found: list[WidgetPlacement] = []
        for y, (start, end) in enumerate(pairwise((*starts, len(placed)))):
            row = placed[start:end]
            by = size.width - row[-1].region.right
            found += [one._replace(region=one.region.translate(Offset(by, y))) for one in row]
        return found


class ButtonRows(Container):
    """Holds compact buttons."""

    DEFAULT_CSS = """
    ButtonRows { height: auto; width: 1fr; }
    """

    @property
    def layout(self) -> RowsLayout:
        """Return the layout; Textual's styles know its own layouts only."""
        return RowsLayout()
