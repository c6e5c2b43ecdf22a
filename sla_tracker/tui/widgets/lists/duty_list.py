"""The list widget of duties, grouped by urgency."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sla_tracker.domain.clean import clean
from sla_tracker.domain.duties.states import OWED, State
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import language
from sla_tracker.services.queries.rows import Bucket, DutyRow
from sla_tracker.tui.text_content import fit, width
from sla_tracker.tui.widgets.lists.line_list import LineList
from sla_tracker.tui.widgets.lists.sections import Section
from sla_tracker.wording.duties import (
    bucket_word,
    format_due,
    format_moment,
    format_standing,
    state_word,
    text_of,
)
from sla_tracker.wording.times import format_moment_short

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
TONES = {
    Bucket.OVERDUE: "overdue",
    Bucket.TODAY: "today",
    Bucket.THIS_WEEK: "week",
    Bucket.LATER: "later",
    Bucket.ON_HOLD: "held",
    Bucket.DELIVERED: "delivered",
    Bucket.CLOSED: "closed",
}
DUE_CELLS = {"zh_CN": 12, "en": 16}
DUE_AT_CELLS = 12
TITLE_CELLS = {"zh_CN": 26, "en": 32}
PERSON_CELLS = {"zh_CN": 6, "en": 9}
PARTY_CELLS = {"zh_CN": 8, "en": 12}


@dataclass(frozen=True, slots=True)
class Columns:
    """The width of each column in cells; 0 leaves it out."""

    title: int
    subject: int
    party: int
    person: int
    evidence: int
    due: int
    due_at: int


def columns_for(cells: int, lang: str, *, party: bool = False) -> Columns:
    """Return the column widths.

    Title and due get theirs first, then subject, person, evidence and party.

    The exact time shows only where the title stays readable. With `party` the other department replaces the person.
    """
    due = DUE_CELLS[lang]
    subject = 0 if cells < 46 else 13 if cells < 90 else 18
    person = (PARTY_CELLS if party else PERSON_CELLS)[lang] if cells >= 60 else 0
    evidence = 5 if cells >= 72 else 0
    other = 12 if cells >= 100 and not party else 0
    shown = (subject, person, evidence, other)
    title = cells - 2 - due - sum(shown) - sum(map(bool, shown)) - 2
    due_at = DUE_AT_CELLS if title - DUE_AT_CELLS > TITLE_CELLS[lang] else 0
    title -= due_at + bool(due_at)
    return Columns(max(4, title), subject, other, person, evidence, due, due_at)


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

    def show_buckets(self, rows: Sequence[DutyRow]) -> None:
        """Show rows sorted by bucket, each bucket under its heading."""
        self.show(rows, sections_of(rows))

    def key_of(self, row: DutyRow) -> str:
        """Return the duty's id; for a planned one, obligation and due time."""
        return row.id or f"{row.obligation}@{row.due_at.isoformat()}"

    def pieces(self, row: DutyRow, cells: int) -> Iterable[Piece]:
        """Return the line of one duty."""
        columns = columns_for(cells, language(), party=self.party_always)
        tone = TONES[row.bucket]
        yield f"{symbol_of(row)} ", tone
        title, subject = columns.title, columns.subject
        if subject and not row.subject:
            title, subject = title + 1 + subject, 0
        yield from title_pieces(row, title)
        if subject:
            yield " " + fit(clean(row.subject), subject), ""
        if columns.party:
            yield " " + fit(self.view_context.department(self.party(row)), columns.party), "muted"
        if columns.person:
            text, whose = self._person(row)
            yield " " + fit(text, columns.person), whose
        if columns.evidence:
            yield " " + fit(evidence_count(row), columns.evidence), "muted"
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


def flags_of(row: DutyRow) -> list[str]:
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
    return said


def title_pieces(row: DutyRow, cells: int) -> Iterable[Piece]:
    """Return the title followed by its flags, together `cells` wide."""
    flags = "".join(f" {flag}" for flag in flags_of(row))
    cells_left = cells - width(flags)
    if cells_left < 8:
        yield fit(text_of(row.title), cells), ""
        return
    title = text_of(row.title)
    taken = min(width(title), cells_left)
    yield fit(title, taken), ""
    yield flags, "flag"
    yield " " * (cells_left - taken), ""


def sections_of(rows: Sequence[DutyRow]) -> list[Section]:
    """Return one section per bucket; the rows must be sorted by bucket.

    The ends of sections are found by bisection.
    """
    sections: list[Section] = []
    start = 0
    while start < len(rows):
        bucket = rows[start].bucket
        end = _end_of(rows, bucket, start)
        sections.append(Section(bucket_word(bucket), start, end, TONES[bucket]))
        start = end
    return sections


def _end_of(rows: Sequence[DutyRow], bucket: Bucket, start: int) -> int:
    low, high = start, len(rows)
    while low < high:
        middle = (low + high) // 2
        if rows[middle].bucket is bucket:
            low = middle + 1
        else:
            high = middle
    return low
