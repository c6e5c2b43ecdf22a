"""The list widget of duties, grouped by urgency."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from sla_tracker.domain.clean import clean
from sla_tracker.domain.duties.states import OWED, State
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import language
from sla_tracker.services.queries.rows import Bucket, DutyRow
from sla_tracker.tui.text_content import fit, width
from sla_tracker.tui.widgets.lists.duty_columns import (
    EVIDENCE_CELLS,
    USED_CELLS,
    WIDEST,
    Columns,
    Needs,
    columns_for,
)
from sla_tracker.tui.widgets.lists.duty_groups import TONES, sections_of
from sla_tracker.tui.widgets.lists.line_list import LineList
from sla_tracker.tui.widgets.lists.sections import Section
from sla_tracker.wording.duties import (
    format_due,
    format_moment,
    format_standing,
    state_word,
    text_of,
)
from sla_tracker.wording.times import format_moment_short, format_progress

if TYPE_CHECKING:
    from sla_tracker.tui.view_context import ViewContext
    from sla_tracker.tui.widgets.lists.line_painter import Piece

SYMBOLS = {
    Bucket.OVERDUE: "●",
    Bucket.TODAY: "◐",
    Bucket.THIS_WEEK: "○",
    Bucket.LATER: "·",
    Bucket.ON_HOLD: "‖",
    Bucket.DELIVERED: "»",
    Bucket.CLOSED: "✓",
}
CLOSED_SYMBOLS = {
    State.ACCEPTED: "✓",
    State.WAIVED: "◇",
    State.CANCELLED: "–",
    State.MISSED: "✗",
    State.HANDED_OVER: "→",
}

# The levels of a step in percent that stand above the department.
ESCALATED = {"head": 1, "consumer-head": 2}
# Rows whose texts are measured for the widths of the columns; measuring all of a long list would take too long.
MEASURED_ROWS = 300


class DutyList(LineList[DutyRow]):
    """Lists duty rows by bucket; the party shown is the other department."""

    def __init__(
        self, view_context: ViewContext, now: Callable[[], datetime], *, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self.view_context = view_context
        self.now = now
        self.party: Callable[[DutyRow], str] = lambda row: row.consumer
        self.party_always = False
        self.party_head = N_("Customer")
        self.levels: Mapping[str, int] = {}
        self._needs = WIDEST
        self._orders = ""

    def show_buckets(self, rows: Sequence[DutyRow], places: Sequence[int] | None = None) -> None:
        """Show rows sorted by bucket, each bucket under its heading."""
        self.show(rows, sections_of(rows, self.view_context, self.now()), places=places)

    def show_sorted(self, rows: Sequence[DutyRow], order: str) -> None:
        """Show rows in one order without headings; the head of the column says which."""
        self.show(rows, (), order)

    def show(
        self,
        rows: Sequence[DutyRow],
        sections: Iterable[Section] = (),
        order: str = "",
        *,
        places: Sequence[int] | None = None,
    ) -> None:
        """Replace the rows, and make the columns as wide as their texts.

        With `places`, only the rows there differ from those before, and only they are measured.
        """
        some = None if places is None else self._measured([rows[place] for place in places])
        needs = self._needs if some is not None and some.fit_in(self._needs) else self._measured(rows)
        if (needs, order) != (self._needs, self._orders):
            self._needs, self._orders = needs, order
            super().repaint_rows()
        self._show(rows, sections, places)

    def repaint_rows(self) -> None:
        """Repaint all lines; the words for times may have become wider or narrower."""
        self._needs = self._measured(self.rows)
        super().repaint_rows()

    def show_levels(self, levels: Mapping[str, int], asked: Collection[str]) -> None:
        """Show to which level each of the duties asked about was escalated."""
        levels = {id: level for id, level in self.levels.items() if id not in asked} | dict(levels)
        if levels != self.levels:
            self.levels = levels
            self.show(self.rows, self.sections, self._orders)
            self.repaint_rows()

    def _measured(self, rows: Sequence[DutyRow]) -> Needs:
        some = rows[:MEASURED_ROWS]
        place = self.view_context

        def widest(texts: Iterable[str], head: str) -> int:
            longest = max(map(width, set(texts)), default=0)
            return max(longest, width(_(head)) + 2) if longest else 0

        people = {self._person(row)[0] for row in some} if not self.party_always else set()
        return Needs(
            title=widest(
                (text_of(row.title) + _flag_text(row, self.view_context.zone) for row in some), "Duty"
            ),
            subject=min(18, widest((clean(row.subject) for row in some), "Subject")),
            party=min(12, widest((place.department(self.party(row)) for row in some), self.party_head)),
            person=min(12, widest(people, "With")),
            evidence=EVIDENCE_CELLS if any(row.evidence_asked for row in some) else 0,
            used=USED_CELLS + max((*map(self._level_of, some), *self.levels.values()), default=0),
            due=widest((self._due(row, beside=False) for row in some), "Due"),
        )

    def _level_of(self, row: DutyRow) -> int:
        """Return the level to which a duty was escalated.

        The level is 0 for none, 1 for the head, 2 for the customer's head.
        """
        return max(self.levels.get(row.id, 0), ESCALATED.get(row.escalated_to, 0))

    def heads(self, cells: int) -> Iterable[Piece]:
        """Return the names of the columns; an arrow marks the one sorted by."""
        columns = self._columns(cells)
        names = (
            (_("Duty"), columns.title + 2, "title"),
            (_("Subject"), columns.subject, "subject"),
            (_(self.party_head), columns.party, ""),
            (_(self.party_head) if self.party_always else _("With"), columns.person, "person"),
            (_("Given"), columns.evidence, ""),
            (_("Used"), columns.used, ""),
            (_("Due"), columns.due, "due"),
            ("", columns.due_at, ""),
        )
        for name, taken, order in names:
            if taken:
                said = f"{name} ▾" if order and order == self._orders else name
                yield ("" if order == "title" else " ") + fit(said, taken), "muted"
        yield " ", "muted"

    def _columns(self, cells: int) -> Columns:
        return columns_for(cells, language(), party=self.party_always, needs=self._needs)

    def key_of(self, row: DutyRow) -> str:
        """Return the duty's id; for a planned one, obligation and due time."""
        return row.id or f"{row.obligation}@{row.due_at.isoformat()}"

    def pieces(self, row: DutyRow, cells: int) -> Iterable[Piece]:
        """Return the line of one duty."""
        columns = self._columns(cells)
        tone = TONES[row.bucket]
        yield f"{symbol_of(row)} ", tone
        title, subject = columns.title, columns.subject
        if subject and not row.subject:
            title, subject = title + 1 + subject, 0
        yield from title_pieces(row, title, self.view_context.zone)
        if subject:
            yield " " + fit(clean(row.subject), subject), ""
        if columns.party:
            yield " " + fit(self.view_context.department(self.party(row)), columns.party), "muted"
        if columns.person:
            text, whose = self._person(row)
            yield " " + fit(text, columns.person), whose
        if columns.evidence:
            yield " " + fit(evidence_count(row), columns.evidence), "muted"
        if columns.used:
            level = "↑" * self._level_of(row)
            yield " " + fit(used_time(row, self.view_context, self.now()) + level, columns.used), tone
        yield " " + fit(self._due(row, beside=bool(columns.due_at)), columns.due), tone
        if columns.due_at:
            yield (
                " "
                + fit(format_moment_short(row.due_at, self.now(), self.view_context.zone), columns.due_at),
                "muted",
            )
        yield " ", ""

    def _person(self, row: DutyRow) -> Piece:
        if self.party_always:
            return self.view_context.department(self.party(row)), "muted"
        if row.assignee:
            return self.view_context.person(row.assignee), "muted"
        return (_("pool"), "flag") if row.state in OWED and not row.planned else ("", "")

    def _due(self, row: DutyRow, *, beside: bool) -> str:
        zone = self.view_context.zone
        if row.state is State.DELIVERED:
            return format_standing(row, self.now(), zone)
        if row.bucket in (Bucket.ON_HOLD, Bucket.CLOSED):
            if beside:
                return state_word(row.state)
            said = format_moment(row.due_at, self.now(), zone)
        else:
            said = format_due(row.due_at, self.now(), zone)
        return f"~{said}" if row.provisional else said


def symbol_of(row: DutyRow) -> str:
    """Return the sign of a row's state; signs differ in shape, not only in colour."""
    if row.planned:
        return "◌"
    return CLOSED_SYMBOLS.get(row.state, SYMBOLS[row.bucket])


def evidence_count(row: DutyRow) -> str:
    """Return given and required evidence, such as 1/3."""
    return f"{row.evidence_done}/{row.evidence_asked}" if row.evidence_asked else ""


def used_time(row: DutyRow, place: ViewContext, now: datetime) -> str:
    """Return how much of an open duty's time is used up, as four cells; else "".

    It is counted by the limit's own clock, so nothing is said until the calendar is known.
    """
    if row.state is not State.OPEN or row.opened_at is None or row.planned:
        return ""
    clock = place.clock_of(row)
    if clock is None:
        return ""
    opened_at = row.opened_at
    whole, gone = row.due_at - opened_at, now - opened_at
    counted = clock.between(opened_at, max(opened_at, row.due_at))
    if counted:
        whole, gone = counted, clock.between(opened_at, max(opened_at, now))
    full = USED_CELLS if now > row.due_at or not whole else min(USED_CELLS - 1, USED_CELLS * gone // whole)
    return "▰" * max(0, full) + "▱" * (USED_CELLS - max(0, full))


def flags_of(row: DutyRow, zone: tzinfo) -> list[str]:
    """Return a row's remarks, one word each."""
    said = []
    if row.returned and row.state in OWED:
        said.append(_("returned"))
    if row.opened_late:
        said.append(_("opened late"))
    if row.short_notice:
        said.append(_("short notice"))
    if row.planned:
        said.append(_("planned"))
    if row.percent_used:
        said.append(_("{n} % used", n=row.percent_used))
    return [*said, *format_progress(row, zone)]


def title_pieces(row: DutyRow, cells: int, zone: tzinfo) -> Iterable[Piece]:
    """Return the title followed by its flags, together `cells` wide."""
    flags = _flag_text(row, zone)
    cells_left = cells - width(flags)
    if cells_left < 8:
        yield fit(text_of(row.title), cells), ""
        return
    title = text_of(row.title)
    taken = min(width(title), cells_left)
    yield fit(title, taken), ""
    yield flags, "flag"
    yield " " * (cells_left - taken), ""


def _flag_text(row: DutyRow, zone: tzinfo) -> str:
    return "".join(f" {flag}" for flag in flags_of(row, zone))
