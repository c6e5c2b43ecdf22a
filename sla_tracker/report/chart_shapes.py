"""Shapes of a bar chart with a line, in the units of an SVG view box."""

from __future__ import annotations

from decimal import Decimal

from sla_tracker.report.model import Chart, Mark
from sla_tracker.value_class import dataclass

WIDTH, HEIGHT = 960, 300  # units of the view box
LEFT, BOTTOM, TOP = 48, 44, 28  # room for the scale, the labels and the texts above full bars
WIDEST_BAR = 64
MOST_LABELS = 16  # beside each other; of more every second, third … is shown
LETTER = 8.7  # units that a Latin letter of a label takes on paper, a Chinese one twice as many


@dataclass(frozen=True, slots=True, kw_only=True)
class BarShape:
    """One bar: its rectangle, its texts, and whether it keeps its target."""

    x: float
    y: float
    width: float
    height: float
    text: str
    label: str
    title: str
    mark: Mark
    opens: str = ""

    @property
    def middle(self) -> float:
        """Return the bar's middle from the left."""
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartShapes:
    """A chart's bars, the points of its line, and its scale as (y, text)."""

    id: str
    title: str
    line_title: str
    bars: tuple[BarShape, ...]
    points: str
    scale: tuple[tuple[float, str], ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT


def shapes_of(chart: Chart) -> ChartShapes:
    """Return the shapes of a chart whose ratios lie between 0 and 1."""
    step = (WIDTH - LEFT) / len(chart.bars)
    width = min(step * 0.7, WIDEST_BAR)
    every = -(-len(chart.bars) // MOST_LABELS)
    bars, points = [], []
    for place, bar in enumerate(chart.bars):
        x = LEFT + place * step + (step - width) / 2
        top = _height(bar.ratio or Decimal())
        label = _cut(bar.label, int(step * every / LETTER))
        bars.append(
            BarShape(
                x=round(x, 1),
                y=top,
                width=round(width, 1),
                height=round(HEIGHT - BOTTOM - top, 1),
                text=bar.text if every == 1 else "",
                label=label if place % every == 0 else "",
                title=f"{bar.label}: {bar.text}",
                mark=bar.mark,
                opens=bar.opens,
            )
        )
        if bar.line is not None:
            points.append(f"{x + width / 2:.1f},{_height(bar.line)}")
    return ChartShapes(
        id=chart.id,
        title=chart.title,
        line_title=chart.line_title,
        bars=tuple(bars),
        points=" ".join(points),
        scale=tuple((_height(Decimal(part) / 100), f"{part} %") for part in (0, 25, 50, 75, 100)),
    )


def _cut(label: str, cells: int) -> str:
    """Return a label that is no wider than so many Latin letters.

    The title of its bar shows the whole label.
    """
    used = 0
    for place, char in enumerate(label):
        used += 1 if char.isascii() else 2
        if used > cells:
            return f"{label[: max(1, place - 1)]}…"
    return label


def _height(ratio: Decimal) -> float:
    return round(float(HEIGHT - BOTTOM - ratio * (HEIGHT - BOTTOM - TOP)), 1)
