"""The time line of a subject: its events and duties on one axis, with today."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, tzinfo

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from sla_tracker.i18n import gettext as _
from sla_tracker.tui.text_content import lines, plain, row, width
from sla_tracker.value_class import dataclass
from sla_tracker.wording.duties import format_day, weekday_word

AXIS, NOW_SIGN = "─", "┃"
# Signs that lie above one another in the same cell, at most.
MOST_STACKED = 3
MARGIN = 1


@dataclass(frozen=True, slots=True)
class Point:
    """One event or duty on the axis; `on_axis` for events, duties stand above it."""

    at: datetime
    sign: str
    style: str
    on_axis: bool = False


class TimeLine(Widget):
    """Draws points along an axis as wide as the widget; its height follows from them."""

    DEFAULT_CSS = """
    TimeLine { height: auto; width: 1fr; text-wrap: nowrap; background: $surface; }
    """

    def __init__(self, zone: tzinfo, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._zone = zone
        self._points: Sequence[Point] = ()
        self._now: datetime | None = None

    def show(self, points: Iterable[Point], now: datetime) -> None:
        """Replace the points."""
        self._points, self._now = sorted(points, key=lambda point: point.at), now
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines; none without points."""
        return len(self._lines(width))

    def render(self) -> Content:
        """Return the lines: stacked duties, the axis with events and today, the days."""
        return lines(*self._lines(self.content_size.width))

    def _lines(self, cells: int) -> list[Content]:
        if not self._points or self._now is None or cells <= 2 * MARGIN + 1:
            return []
        now = self._now
        start = min(self._points[0].at, now)
        length = (max(self._points[-1].at, now) - start).total_seconds() or 1.0

        def place_of(instant: datetime) -> int:
            share = (instant - start).total_seconds() / length
            return MARGIN + int(share * (cells - 2 * MARGIN - 1))

        axis: dict[int, tuple[str, str]] = {place_of(now): (NOW_SIGN, "bold $primary")}
        stacked: list[dict[int, tuple[str, str]]] = []
        for point in self._points:
            place = place_of(point.at)
            if point.on_axis:
                axis[place] = (point.sign, point.style)
                continue
            level = next((one for one in stacked if place not in one), None)
            if level is None and len(stacked) < MOST_STACKED:
                level = {}
                stacked.append(level)
            if level is not None:
                level[place] = (point.sign, point.style)
        drawn = [_drawn(level, cells, " ", "") for level in reversed(stacked)]
        return [*drawn, _drawn(axis, cells, AXIS, "$rule"), self._days(place_of, cells, now)]

    def _days(self, place_of: Callable[[datetime], int], cells: int, now: datetime) -> Content:
        """Return the line of days: today in its place, the others where room is left."""
        today = now.astimezone(self._zone).date()
        wanted = [(place_of(now), _("today"), "bold $primary")]
        for point in self._points:
            day = point.at.astimezone(self._zone).date()
            if day != today:
                wanted.append((place_of(point.at), f"{format_day(day, today)} {weekday_word(day)}", "$muted"))
        taken: list[tuple[int, int, str, str]] = []
        for place, said, style in wanted:
            first = max(0, min(place, cells - width(said)))
            last = first + width(said)
            if all(last < start or end < first for start, end, _said, _style in taken):
                taken.append((first, last, said, style))
        found, reached = Content(""), 0
        for first, last, said, style in sorted(taken):
            found = row(found, plain(" " * (first - reached)), plain(said, style))
            reached = last
        return found


def _drawn(signs: dict[int, tuple[str, str]], cells: int, between: str, style: str) -> Content:
    """Return a line with signs at their places and one character between them."""
    parts: list[Content] = []
    reached = 0
    for place in sorted(signs):
        sign, tone = signs[place]
        parts += [plain(between * (place - reached), style), plain(sign, tone)]
        reached = place + width(sign)
    return row(*parts, plain(between * (cells - reached), style))
