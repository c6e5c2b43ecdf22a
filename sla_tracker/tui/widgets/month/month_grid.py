"""A month as a grid of days, each with the number of duties due."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from sla_tracker.domain.time.instants import months_later
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.services.months.view import MonthPlan
from sla_tracker.services.queries.rows import Bucket, DutyRow
from sla_tracker.tui.text_content import fit, lines, plain, row, width
from sla_tracker.wording.duties import weekday_word

WEEK = 7
FIRST_MONDAY = date(2026, 6, 1)
SIGNS = (
    ("late", "●", N_("overdue"), "bold $error"),
    ("owed", "○", N_("to deliver"), "$primary"),
    ("planned", "◌", N_("planned"), "$muted"),
    ("done", "✓", N_("delivered"), "$success"),
)
TODAY = ("•", N_("today"), "$muted")


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLoad:
    """Counts of a day's duties: late, owed, planned, done."""

    late: int = 0
    owed: int = 0
    planned: int = 0
    done: int = 0


class MonthGrid(Widget, can_focus=True):
    """Shows one month; arrows move by days and weeks, page keys by months."""

    DEFAULT_CSS = """
    MonthGrid { height: auto; width: 1fr; text-wrap: nowrap; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "move(-1)", N_("Day before"), id="month.left", show=False),
        Binding("right,l", "move(1)", N_("Day after"), id="month.right", show=False),
        Binding("up,k", "move(-7)", N_("Week before"), id="month.up", show=False),
        Binding("down,j", "move(7)", N_("Week after"), id="month.down", show=False),
        Binding("pageup,p", "month(-1)", N_("Month before"), id="month.previous"),
        Binding("pagedown,n", "month(1)", N_("Month after"), id="month.next"),
    ]

    chosen_on: reactive[date] = reactive(FIRST_MONDAY)

    class DayChosen(Message):
        """The cursor moved to another day."""

        def __init__(self, day: date) -> None:
            super().__init__()
            self.day = day

    def __init__(self, today: date, chosen: date | None = None) -> None:
        super().__init__(id="month")
        self.today = today
        self.loads: Mapping[date, DayLoad] = {}
        self.closed: frozenset[date] = frozenset()
        self.provisional = False
        self.set_reactive(MonthGrid.chosen_on, chosen or today)

    def show_plan(self, plan: MonthPlan, zone: tzinfo) -> None:
        """Show the duties due on each day of the month."""
        self.loads, self.closed, self.provisional = loads_of(plan.rows, zone), plan.closed, plan.provisional
        self.refresh(layout=True)

    def watch_chosen_on(self, day: date) -> None:
        """Post DayChosen."""
        self.refresh(layout=True)
        self.post_message(self.DayChosen(day))

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """Return the height: two lines per week, a heading, and the legend."""
        return 3 + 2 * self._weeks + len(self._legend(width))

    @property
    def _first_shown(self) -> date:
        first = self.chosen_on.replace(day=1)
        return first - timedelta(days=first.weekday())

    @property
    def _weeks(self) -> int:
        first = self.chosen_on.replace(day=1)
        return (first.weekday() + monthrange(first.year, first.month)[1] + WEEK - 1) // WEEK

    def render(self) -> Content:
        """Return the month."""
        cells = max(4, self.content_size.width // WEEK)
        title = f"{self.chosen_on:%Y-%m}{' ~' if self.provisional else ''}"
        weekdays = [
            plain(fit(weekday_word(FIRST_MONDAY + timedelta(days=day)), cells), "$muted")
            for day in range(WEEK)
        ]
        found = [plain(title, "bold $primary"), row(*weekdays)]
        for week in range(self._weeks):
            days = [self._first_shown + timedelta(days=week * WEEK + day) for day in range(WEEK)]
            found.append(row(*(self._number(day, cells) for day in days)))
            found.append(row(*(self._load(day, cells) for day in days)))
        return lines(*found, plain(""), *self._legend(self.content_size.width))

    def _legend(self, cells_left: int) -> list[Content]:
        parts = [
            plain(f" {sign} {_(word)} ", style)
            for sign, word, style in (*((sign, word, style) for _kind, sign, word, style in SIGNS), TODAY)
        ]
        found = [Content("")]
        for part in parts:
            if found[-1] and found[-1].cell_length + part.cell_length > cells_left:
                found.append(Content(""))
            found[-1] = row(found[-1], part)
        return found

    def _number(self, day: date, cells: int) -> Content:
        text = f"[{day.day}]" if day == self.chosen_on else f" {day.day}"
        if day.month != self.chosen_on.month:
            return plain(" " * cells)
        if day == self.today:
            text += TODAY[0]
        style = "$muted italic" if day in self.closed else "$foreground"
        if day == self.chosen_on:
            style = "bold reverse"
        return row(plain(text, style), plain(" " * (cells - width(text))))

    def _load(self, day: date, cells: int) -> Content:
        load = self.loads.get(day)
        if load is None or day.month != self.chosen_on.month:
            return plain(" " * cells)
        parts = [
            plain(f"{sign}{getattr(load, kind)}", style)
            for kind, sign, _word, style in SIGNS
            if getattr(load, kind)
        ]
        for between, most in ((" ", cells - 1), ("", cells)):  # the next day begins with a blank
            said = row(plain(" "), Content(between).join(parts))
            if said.cell_length <= most:
                return row(said, plain(" " * (cells - said.cell_length)))
        while len(parts) > 1 and row(*parts).cell_length > cells - 2:
            parts.pop()
        said = row(plain(" "), *parts, plain("…", "$muted"))
        return row(said, plain(" " * (cells - said.cell_length)))

    def action_move(self, days: int) -> None:
        """Move the cursor by days."""
        self.chosen_on += timedelta(days=days)

    def action_month(self, step: int) -> None:
        """Move the cursor by a month, to the same day or the month's last."""
        self.chosen_on = months_later(self.chosen_on, step)

    def on_click(self, event: Click) -> None:
        """Choose the day under the mouse."""
        place = event.get_content_offset(self)
        if place is None or place.y < 2:
            return
        cells = max(4, self.content_size.width // WEEK)
        day = self._first_shown + timedelta(days=(place.y - 2) // 2 * WEEK + min(WEEK - 1, place.x // cells))
        if day == self.chosen_on:
            self.post_message(self.DayChosen(day))
        self.chosen_on = day


def loads_of(rows: Sequence[DutyRow], zone: tzinfo) -> dict[date, DayLoad]:
    """Count the duties due on each day."""
    counted: dict[date, Counter[str]] = {}
    for shown in rows:
        kind = "planned" if shown.planned else KINDS.get(shown.bucket, "owed")
        counted.setdefault(shown.due_at.astimezone(zone).date(), Counter())[kind] += 1
    return {day: DayLoad(**kinds) for day, kinds in counted.items()}


KINDS = {Bucket.OVERDUE: "late", Bucket.DELIVERED: "done", Bucket.CLOSED: "done"}
