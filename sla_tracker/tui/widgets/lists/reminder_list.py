"""The list widget of unread reminders."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from sla_tracker.domain.clean import clean
from sla_tracker.domain.reminders.policy import Anchor, Level
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import language
from sla_tracker.services.reminders.planner import ReminderRow
from sla_tracker.tui.text_content import fit, width
from sla_tracker.tui.view_context import ViewContext
from sla_tracker.tui.widgets.lists.line_list import LineList
from sla_tracker.tui.widgets.lists.line_painter import Piece
from sla_tracker.tui.widgets.lists.sections import Section
from sla_tracker.wording.duties import format_due, text_of
from sla_tracker.wording.times import format_moment_short

ASKED = {
    Anchor.OPENING: N_("to deliver"),
    Anchor.DUE: N_("to deliver"),
    Anchor.ANSWER: N_("to answer"),
    Anchor.VERDICT: N_("to judge"),
    Anchor.UPDATE: N_("to tell how it stands"),
    Anchor.PAPERS: N_("to bring papers"),
}
WHEN_CELLS = 12
DUE_CELLS = 15
LONGEST_SUBJECT = 18
# The least room for a title beside when, and beside what is asked.
SHORT_TITLE, LONG_TITLE = 16, 60
ASKED_CELLS = {"zh_CN": 7, "en": 11}


class ReminderList(LineList[ReminderRow]):
    """Lists the duties with unread reminders."""

    def __init__(self, view_context: ViewContext, now: Callable[[], datetime]) -> None:
        super().__init__(id="inbox")
        self.view_context = view_context
        self.now = now
        self._title = self._subject = 0

    def key_of(self, row: ReminderRow) -> str:
        """Return duty and anchor, the key by which a newer reminder replaces an older."""
        return f"{row.duty}/{row.anchor}"

    def show(self, rows: Sequence[ReminderRow], sections: Iterable[Section] = ()) -> None:
        """Replace the reminders, and make the columns as wide as their texts."""
        self._title = max((width(text_of(row.title)) for row in rows), default=0)
        self._subject = min(LONGEST_SUBJECT, max((width(clean(row.subject)) for row in rows), default=0))
        self.repaint_rows()
        super().show(rows, sections)

    def _columns(self, cells: int) -> tuple[int, int, int, int]:
        """Return the widths of when, what is asked, title and subject.

        The title gets its room before what is asked, and before when.
        """
        room = cells - 2 - DUE_CELLS - 2
        subject = self._subject if cells >= 54 else 0
        room -= subject + bool(subject)
        least = min(self._title, SHORT_TITLE)
        when = WHEN_CELLS if room - WHEN_CELLS >= least else 0
        room -= when
        asked = ASKED_CELLS[language()]
        asked = asked if cells >= 54 and room - asked >= min(self._title, LONG_TITLE) else 0
        return when, asked, max(4, room - asked), subject

    def heads(self, cells: int) -> Iterable[Piece]:
        """Return the names of the columns."""
        when, asked, title, subject = self._columns(cells)
        yield "  " + fit(_("Reminded"), when) + fit(_("Wanted"), asked) + fit(_("Duty"), title), "muted"
        yield (" " + fit(_("Subject"), subject) if subject else ""), "muted"
        yield " " + fit(_("Due"), DUE_CELLS) + " ", "muted"

    def pieces(self, row: ReminderRow, cells: int) -> Iterable[Piece]:
        """Return when reminded, what is asked, title, subject, how urgent."""
        when, asked, title, subject = self._columns(cells)
        tone = "overdue" if row.overdue else "today"
        now, zone = self.now(), self.view_context.zone
        yield ("! " if row.level in {Level.HEAD, Level.CONSUMER_HEAD} else "  "), "flag"
        yield fit(format_moment_short(row.reminded_at, now, zone), when), "muted"
        yield fit(_(ASKED[row.anchor]), asked), ""
        yield fit(text_of(row.title), title), ""
        if subject:
            yield " " + fit(clean(row.subject), subject), "strong"
        yield " " + fit(format_due(row.due_at, now, zone), DUE_CELLS) + " ", tone
