"""The list widget of the inbox."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby

from sla_tracker.domain.agreements.obligation import Obligation
from sla_tracker.domain.clean import clean
from sla_tracker.domain.consent.agreement import Agreement
from sla_tracker.domain.duties.complaint import STAGE_WORDS, Complaint, Stage
from sla_tracker.domain.duties.handover import ShiftNote
from sla_tracker.domain.measures.comparisons.forecast import Forecast
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import paired
from sla_tracker.services.departments.inbox_entry import InboxEntry, InboxKind, Turn
from sla_tracker.tui.text_content import fit, width
from sla_tracker.tui.view_context import ViewContext
from sla_tracker.tui.widgets.lists.line_list import LineList
from sla_tracker.tui.widgets.lists.line_painter import Piece
from sla_tracker.tui.widgets.lists.sections import Section
from sla_tracker.wording.duties import format_moment, text_of
from sla_tracker.wording.figures.forecast import forecast_counts

LIMIT_CELLS = 11
LONGEST_SUBJECT = 18
SHORTEST_BETWEEN, LONGEST_BETWEEN = 14, 30

HEADINGS = {
    InboxKind.COMPLAINT: N_("Complaints"),
    InboxKind.WAIVER: N_("Waivers asked for"),
    InboxKind.HOLD: N_("Holds objected to"),
    InboxKind.FIELD: N_("Requests changed"),
    InboxKind.PAPERS: N_("Papers that we are asked for"),
    InboxKind.EVENT: N_("Events changed by the other side"),
    InboxKind.OFFER: N_("Hand-overs offered"),
    InboxKind.AGREEMENT: N_("Proposals to decide"),
    InboxKind.TERMS: N_("Agreements that no longer fit"),
    InboxKind.DECIDED: N_("Proposals decided, agreements ended"),
    InboxKind.NOTE: N_("Shift notes to acknowledge"),
    InboxKind.CAUSE: N_("Late or returned: why?"),
    InboxKind.RATING: N_("Accepted: how was it?"),
    InboxKind.SURVEY: N_("Surveys of this quarter"),
    InboxKind.BUDGET: N_("Allowed misses run out"),
    InboxKind.ENDING: N_("Ends soon, without a successor"),
}

TONES = {Turn.OWN: "today", Turn.NEWS: "week", Turn.OTHERS: "muted", Turn.OPTIONAL: "week"}


class EntryList(LineList[InboxEntry]):
    """Lists inbox entries."""

    def __init__(self, view_context: ViewContext, now: Callable[[], datetime]) -> None:
        super().__init__(id="matters")
        self.view_context = view_context
        self.now = now
        self._between = SHORTEST_BETWEEN
        self._subject = self._limit = 0

    def key_of(self, row: InboxEntry) -> str:
        """Return the entry's identity."""
        return f"{row.kind}/{row.id}"

    def show(self, rows: Sequence[InboxEntry], sections: Iterable[Section] = ()) -> None:
        """Replace the entries, and make the columns as wide as their texts."""
        longest = max((width(entry_departments(row, self.view_context)) for row in rows), default=0)
        self._between = min(LONGEST_BETWEEN, max(SHORTEST_BETWEEN, longest))
        subjects = [clean(row.duty.subject) for row in rows if row.duty is not None]
        self._subject = min(LONGEST_SUBJECT, max(map(width, subjects), default=0))
        self._limit = LIMIT_CELLS if any(row.limit_at or row.duty for row in rows) else 0
        self.repaint_rows()
        super().show(rows, sections)

    def _columns(self, cells: int) -> tuple[int, int, int, int]:
        """Return the widths of departments, text, subject and limit."""
        between = min(self._between, max(SHORTEST_BETWEEN, cells // 3 + 1))
        limit = self._limit if cells >= 50 else 0
        subject = self._subject if cells >= 60 else 0
        text = cells - 2 - between - 1 - limit - bool(limit) - subject - bool(subject) - 1
        return between, max(4, text), subject, limit

    def heads(self, cells: int) -> Iterable[Piece]:
        """Return the names of the columns."""
        between, text, subject, limit = self._columns(cells)
        yield "  " + fit(_("Between"), between), "muted"
        yield " " + fit(_("What"), text), "muted"
        if subject:
            yield " " + fit(_("Subject"), subject), "muted"
        if limit:
            yield " " + fit(_("Due"), limit), "muted"
        yield " ", "muted"

    def pieces(self, row: InboxEntry, cells: int) -> Iterable[Piece]:
        """Return whether it is the person's turn, the departments, the text, the limit."""
        between, text, subject, limit = self._columns(cells)
        place = self.view_context
        about = clean(row.duty.subject) if row.duty is not None else ""
        if subject and not about:
            text, subject = text + 1 + subject, 0
        yield ("◆ " if row.mine else "  "), "flag"
        yield fit(entry_departments(row, place), between), "muted"
        yield " " + fit(entry_text(row, place, with_subject=not subject), text), ""
        if subject:
            yield " " + fit(about, subject), "strong"
        if limit:
            when = format_moment(row.limit_at, self.now(), place.zone) if row.limit_at else ""
            yield " " + fit(when, limit), "overdue" if row.late else "muted"
        yield " ", ""


def entry_departments(row: InboxEntry, place: ViewContext) -> str:
    """Return the two departments of an entry, or the only one."""
    return " → ".join(dict.fromkeys((place.department(row.origin), place.department(row.against))))


def entry_text(row: InboxEntry, place: ViewContext, *, with_subject: bool = True) -> str:
    """Return an entry as one line."""
    match row.about:
        case Complaint(next=Stage() as stage):
            return f"{_(STAGE_WORDS[stage])} · {clean(row.about.text)}"
        case Complaint():
            return clean(row.about.text)
        case ShiftNote():
            return paired(place.person(row.about.written_by), clean(row.about.text))
        case Forecast() | None:
            return forecast_counts(row.about) if row.about else _("What do you expect, what do you get?")
    if row.duty is None:
        return text_of(row.about.title) if isinstance(row.about, Obligation | Agreement) else ""
    return f"{text_of(row.duty.title)} {clean(row.duty.subject) if with_subject else ''}".strip()


def entry_sections(rows: Sequence[InboxEntry]) -> Iterator[Section]:
    """Yield the groups of entries by turn and kind; what others have to do is one."""
    start = 0
    for (turn, kind), group in groupby(rows, key=_group_of):
        count = len(list(group))
        title = _(HEADINGS[kind]) if kind is not None else _("Others have to do the next step")
        yield Section(title, start, start + count, TONES[turn])
        start += count


def _group_of(row: InboxEntry) -> tuple[Turn, InboxKind | None]:
    return row.turn, None if row.turn is Turn.OTHERS else row.kind
