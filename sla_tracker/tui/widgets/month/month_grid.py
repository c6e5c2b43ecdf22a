"""A month as a grid of days, each with the number of duties due."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta, tzinfo
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from sla_tracker.domain.clean import clean
from sla_tracker.domain.time.calendar_layers import DayRule, DayStatus
from sla_tracker.domain.time.instants import months_later
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.services.months.view import MonthPlan
from sla_tracker.services.queries.rows import Bucket, DutyRow
from sla_tracker.tui.text_content import fit, lines, plain, row, width
from sla_tracker.value_class import dataclass
from sla_tracker.wording.duties import text_of, weekday_word

WEEK = 7
FIRST_MONDAY = date(2026, 6, 1)
SIGNS = (
    ("late", "●", N_("overdue"), "bold $error"),
    ("owed", "○", N_("to deliver"), "$primary"),
    ("planned", "◌", N_("planned"), "$muted"),
    ("done", "✓", N_("delivered"), "$success"),
)
TODAY = ("•", N_("today"), "$muted")
OFF, WORKED = N_("off"), N_("make-up")  # a holiday, and a weekend's day that is worked
# Lines of a day: its number and counts; with more of them the duties are named, one a line.
LEAST_LINES, MOST_LINES = 2, 9
LINES_WITH_TITLES, CELLS_WITH_TITLES = 4, 9


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
        self.is_compact = False
        self.rules: Mapping[date, DayRule] = {}
        self._due: dict[date, list[DutyRow]] = {}
        self.set_reactive(MonthGrid.chosen_on, chosen or today)

    def show_plan(self, plan: MonthPlan, zone: tzinfo) -> None:
        """Show the duties due on each day of the month."""
        self.loads, self.closed, self.provisional = loads_of(plan.rows, zone), plan.closed, plan.provisional
        self.rules = plan.rules
        self._due = {}
        for shown in plan.rows:
            self._due.setdefault(shown.day_in(zone), []).append(shown)
        self.refresh(layout=True)

    def watch_chosen_on(self, day: date) -> None:
        """Post DayChosen."""
        self.refresh(layout=True)
        self.post_message(self.DayChosen(day))

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """Return the least height: a heading, one or two lines per week, and the legend."""
        least = 1 if self.is_compact else LEAST_LINES
        return 3 + least * self._weeks + len(self._legend(width))

    @property
    def _day_lines(self) -> int:
        """Return how many lines each day has."""
        if self.is_compact:
            return 1
        free = self.content_size.height - 3 - len(self._legend(self.content_size.width))
        return min(MOST_LINES, max(LEAST_LINES, free // self._weeks))

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
        weekdays = [
            plain(fit(f" {weekday_word(FIRST_MONDAY + timedelta(days=day))}", cells), "$muted")
            for day in range(WEEK)
        ]
        found = [self._title(), row(*weekdays)]
        for week in range(self._weeks):
            days = [self._first_shown + timedelta(days=week * WEEK + day) for day in range(WEEK)]
            blocks = [self._block(day, cells) for day in days]
            found += [row(*across) for across in zip(*blocks, strict=True)]
        return lines(*found, plain(""), *self._legend(self.content_size.width))

    def _title(self) -> Content:
        worked = monthrange(self.chosen_on.year, self.chosen_on.month)[1] - len(self.closed)
        said = f"  {ngettext('{n} workday', '{n} workdays', worked)}" if self.closed else ""
        month = f" {self.chosen_on:%Y-%m}{' ~' if self.provisional else ''}"
        return row(plain(month, "bold $primary"), plain(said, "$muted"))

    def _block(self, day: date, cells: int) -> list[Content]:
        """Return the lines of a day, each so many cells wide."""
        height = self._day_lines
        if day.month != self.chosen_on.month:
            return [plain(" " * cells)] * height
        if self.is_compact:
            return [self._number_and_load(day, cells)]
        found = [self._number(day, cells)]
        if height >= LINES_WITH_TITLES and cells >= CELLS_WITH_TITLES:
            if not self._has_room_for_name(day, cells):
                name, tone = self._mark(day)[1], self._tone_of(day)
                found.append(plain(fit(f" {name}", cells - 1) + " ", tone))
            found += self._titles(self._due.get(day, []), height - len(found), cells)
        else:
            found.append(self._load(day, cells))
        return [*found, *[plain(" " * cells)] * (height - len(found))]

    def _number_and_load(self, day: date, cells: int) -> Content:
        """Return a day on one line: its number, and how much is due most urgently."""
        number, style = self._number_of(day)
        load = self.loads.get(day) or DayLoad()
        said, tone = next(
            (
                (f"{sign}{getattr(load, kind)}", tone)
                for kind, sign, _word, tone in SIGNS
                if getattr(load, kind)
            ),
            (f" {self._mark(day)[0]}".rstrip(), "$muted"),
        )
        if width(number) + width(said) > cells:
            said = ""
        return row(
            plain(number, style), plain(said, tone), plain(" " * (cells - width(number) - width(said)))
        )

    def _number_of(self, day: date) -> tuple[str, str]:
        """Return a day's number and its style.

        The chosen day and today are marked by signs, too.
        """
        text = f"[{day.day}]" if day == self.chosen_on else f" {day.day} "
        if day == self.today:
            text = text.rstrip() + TODAY[0]
        if day == self.chosen_on:
            return text, "bold reverse"
        return text, "$muted italic" if day in self.closed else "$foreground"

    def _titles(self, rows: Sequence[DutyRow], height: int, cells: int) -> list[Content]:
        """Return the day's duties, one a line; the last line counts those without room."""
        shown = list(rows) if len(rows) <= height else list(rows)[: height - 1]
        found = []
        for one in shown:
            sign, style = next((sign, style) for kind, sign, _word, style in SIGNS if kind == kind_of(one))
            said = fit(f"{text_of(one.title)} {clean(one.subject)}", cells - 4)
            found.append(row(plain(f" {sign} ", style), plain(said, "$foreground"), plain(" ")))
        if len(shown) < len(rows):
            found.append(plain(fit(f"   +{len(rows) - len(shown)}", cells), "$muted"))
        return found

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
        """Return a day's number with a rule, and whether it is off or worked.

        An exceptional day's name is added if it has room.
        """
        text, style = self._number_of(day)
        mark, name = self._mark(day)
        if not mark or cells < width(text.rstrip()) + 1 + width(mark):
            return row(plain(text, style), plain("─" * (cells - width(text) - 1) + " ", "$rule"))
        said = f" {mark} {name}" if self._has_room_for_name(day, cells) else f" {mark}"
        left = cells - width(text.rstrip()) - width(said)
        return row(
            plain(text.rstrip(), style),
            plain(said, self._tone_of(day)),
            plain(" " * min(1, left) + "─" * (left - 2) + " " * (left > 1), "$rule"),
        )

    def _tone_of(self, day: date) -> str:
        return "$success" if day in self.closed else "$warning"

    def _has_room_for_name(self, day: date, cells: int) -> bool:
        """Return whether an exceptional day's name fits beside its number.

        Returns True for any other day.
        """
        mark, name = self._mark(day)
        number = self._number_of(day)[0].rstrip()
        return not mark or width(f"{number} {mark} {name}") < cells

    def _mark(self, day: date) -> tuple[str, str]:
        """Return how an exceptional day is marked, and its name."""
        rule = self.rules.get(day)
        if rule is None:
            return "", ""
        return _(OFF if rule.status is DayStatus.CLOSED else WORKED), text_of(rule.name)

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
        week = min(self._weeks - 1, (place.y - 2) // self._day_lines)
        day = self._first_shown + timedelta(days=week * WEEK + min(WEEK - 1, place.x // cells))
        if day == self.chosen_on:
            self.post_message(self.DayChosen(day))
        self.chosen_on = day


def loads_of(rows: Sequence[DutyRow], zone: tzinfo) -> dict[date, DayLoad]:
    """Count the duties due on each day."""
    counted: dict[date, Counter[str]] = {}
    for shown in rows:
        counted.setdefault(shown.day_in(zone), Counter())[kind_of(shown)] += 1
    return {day: DayLoad(**kinds) for day, kinds in counted.items()}


KINDS = {Bucket.OVERDUE: "late", Bucket.DELIVERED: "done", Bucket.CLOSED: "done"}


def kind_of(shown: DutyRow) -> str:
    """Return the field of DayLoad that counts a row."""
    return "planned" if shown.planned else KINDS.get(shown.bucket, "owed")
