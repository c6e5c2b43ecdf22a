"""The list widget of events and requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.request import Request
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import language
from sla_tracker.tui.text_content import fit, width
from sla_tracker.tui.view_context import ViewContext
from sla_tracker.tui.widgets.lists.line_list import LineList
from sla_tracker.tui.widgets.lists.line_painter import Piece
from sla_tracker.tui.widgets.lists.sections import Section
from sla_tracker.value_class import dataclass
from sla_tracker.wording.times import format_moment_short

WHEN_CELLS, OPEN_CELLS, WHO_CELLS = 13, 4, 10
# Who registered it is shown beside a title of this width at least, and up to that width beside an uncut one.
SHORT_TITLE, LONGEST_TITLE = 12, 40
STATE_CELLS = {"zh_CN": 8, "en": 9}


@dataclass(frozen=True, slots=True)
class HappenedRow:
    """One line: an event or request, its undelivered duties and its departments."""

    id: str
    at: datetime
    title: str
    subject: str
    state: str
    tone: str
    who: str
    open_duties: int = 0
    departments: frozenset[str] = frozenset()
    event: Event | None = None
    request: Request | None = None


class HappenedList(LineList[HappenedRow]):
    """Lists events and requests."""

    def __init__(self, view_context: ViewContext, now: Callable[[], datetime]) -> None:
        super().__init__(id="happened")
        self.view_context = view_context
        self.now = now
        self._subject = self._title = self._who = 0

    def key_of(self, row: HappenedRow) -> str:
        """Return the id."""
        return row.id

    def _columns(self, cells: int) -> tuple[int, int, int, int, int]:
        """Return the widths of title, subject, open duties, state and who."""
        state = STATE_CELLS[language()] if cells >= 50 else 0
        subject = min(self._subject, 18 if cells >= 72 else 13)
        shown = (subject, OPEN_CELLS, state)
        title = cells - WHEN_CELLS - sum(shown) - sum(map(bool, shown)) - 1
        who = self._who if self._who and title - self._who > max(SHORT_TITLE, self._title) else 0
        title -= who + bool(who)
        return max(6, title), subject, OPEN_CELLS, state, who

    def show(self, rows: Sequence[HappenedRow], sections: Iterable[Section] = ()) -> None:
        """Replace the rows, and make the columns as wide as their texts."""
        self._subject = max((width(row.subject) for row in rows), default=0)
        self._title = min(LONGEST_TITLE, max((width(row.title) for row in rows), default=0))
        self._who = WHO_CELLS if any(row.who for row in rows) else 0
        self.repaint_rows()
        super().show(rows, sections)

    def heads(self, cells: int) -> Iterable[Piece]:
        """Return the names of the columns."""
        title, *others = self._columns(cells)
        yield fit(_("When"), WHEN_CELLS) + fit(_("What"), title), "muted"
        names = (_("Subject"), _("Open"), _("State"), _("By"))
        for name, taken in zip(names, others, strict=True):
            if taken:
                yield " " + fit(name, taken), "muted"
        yield " ", "muted"

    def pieces(self, row: HappenedRow, cells: int) -> Iterable[Piece]:
        """Return time, title, subject, undelivered duties, state, who."""
        title, subject, open_duties, state, who = self._columns(cells)
        yield (
            fit(format_moment_short(row.at, self.now(), self.view_context.zone), WHEN_CELLS),
            "muted",
        )
        yield fit(row.title, title), ""
        if subject:
            yield " " + fit(row.subject, subject), "strong"
        yield " " + fit(f"○ {row.open_duties}" if row.open_duties else "", open_duties), "week"
        if state:
            yield " " + fit(row.state, state), row.tone
        if who:
            yield " " + fit(row.who, who), "muted"
        yield " ", ""
