"""The page of a month's end: what is open, by whom, a checklist, closing it.

A closed month is reopened on this page, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import groupby
from pathlib import PurePath
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content

from sla_tracker.domain.checklist import POINT_WORDS, CheckKind, Part
from sla_tracker.errors import N_, Refused
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.services.months.closing import must_be_over
from sla_tracker.services.months.month_end import MonthEnd
from sla_tracker.services.months.signatures import open_points
from sla_tracker.services.queries.rows import Bucket, DutyRow
from sla_tracker.tui import keys
from sla_tracker.tui.calls import months
from sla_tracker.tui.calls.months import MonthEndLoaded
from sla_tracker.tui.screens.subject import SubjectScreen
from sla_tracker.tui.stylesheet import STYLES
from sla_tracker.tui.text_content import plain, row, width
from sla_tracker.tui.widgets.cards.facts import Fact
from sla_tracker.tui.widgets.lists.sections import Section
from sla_tracker.wording.figures.month_end import (
    CHECK_WORDS,
    check_line,
    check_sign,
    month_state,
    progress_word,
    signature_text,
)


class Closing(StrEnum):
    """How a month is closed."""

    PLAIN = "close"
    WITH_MISSED = "missed"


class MonthEndScreen(SubjectScreen):
    """Lists what blocks the closing of a month; esc returns to view 3."""

    CSS_PATH: ClassVar[list[str | PurePath]] = [*SubjectScreen.CSS_PATH, STYLES / "month_end.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = keys.MONTH_END

    def __init__(self, month: str) -> None:
        super().__init__("")
        self._month = month
        self._found: MonthEnd | None = None

    def read(self) -> None:
        """Read what is left to do."""
        self.gateway.load(self, "month_end", months.load_month_end(self._month), _("reading the month"))

    @on(MonthEndLoaded)
    def _take_month_end(self, message: MonthEndLoaded) -> None:
        self._found = message.found
        self._rows = [found for _kind, found in message.found.rows]
        self.list.empty = Content(_("Nothing is open in this month."))
        self._show_checklist()
        self.show_read()

    def on_resize(self) -> None:
        """Say the points of the checklist in the words that the new width has room for."""
        super().on_resize()
        self._show_checklist()

    def _show_checklist(self) -> None:
        """Show the checklist in words for which there is room.

        If one point does not fit in a line, all points have their short names.
        """
        if self._found is None:
            return
        facts = list(self._checklist(self._found, CHECK_WORDS))
        if any(width(fact.content.plain) > self.size.width - 2 for fact in facts[1:]):
            facts = list(self._checklist(self._found, POINT_WORDS))
        self.sheet.show(facts)

    def lay_out(self) -> None:
        """Show the open duties grouped by what they wait for."""
        sections: list[Section] = []
        for kind, rows in groupby(self._found.rows if self._found else (), key=lambda one: one[0]):
            start = sections[-1].end if sections else 0
            tone = "overdue" if kind is CheckKind.OVERDUE else "week"
            sections.append(Section(_(POINT_WORDS[kind]), start, start + len(list(rows)), tone))
        self.list.show(self._rows, sections)

    def _checklist(self, found: MonthEnd, words: Mapping[CheckKind, str]) -> Iterator[Fact]:
        context = self.gateway.deployment.context
        state = month_state(context, found, self.now())
        heading = row(plain(f"{found.month}  ", "bold $primary"), plain(state))
        yield Fact("", row(heading, plain(f"   {progress_word(found)}", "$muted")))
        for check in found.checks:
            what = f"{check_sign(check)} {_(words[check.kind])}"
            tone = "bold $error" if check.count else "$success"
            said = check_line(context, check, self.now())
            yield Fact("", row(plain(what, tone), plain(f"   {said}", "$muted")))

    def action_close_month(self) -> None:
        """Close the month, with or without marking what is overdue as missed."""
        from sla_tracker.tui.dialogs.prompts import PickDialog

        found = self._found
        if found is None:
            return
        if found.is_closed:
            self.sla.show_message(_("{month} is closed already.", month=found.month))
            return
        if not self._is_over():
            return
        overdue = sum(kind is CheckKind.OVERDUE for kind, _row in found.rows)
        options: list[tuple[str, str]] = [(Closing.PLAIN, _("Close it"))]
        if overdue:
            options.append(
                (
                    Closing.WITH_MISSED,
                    ngettext(
                        "Close it, and mark {n} overdue duty as missed",
                        "Close it, and mark {n} overdue duties as missed",
                        overdue,
                    ),
                )
            )
        title = _("Close {month}: its figures do not change any more", month=found.month)
        self.app.push_screen(PickDialog(title, options, self._close))

    def _is_over(self) -> bool:
        """Return whether the month is over; if not, say from when on it will be."""
        try:
            must_be_over(self.gateway.deployment.context, self._month, self.now())
        except Refused as problem:
            self.sla.show_error(problem)
            return False
        return True

    def _close(self, how: str) -> None:
        call = months.close(self._month, with_missed=how == Closing.WITH_MISSED)
        self.gateway.act(self, call, _("closing the month"))

    def action_reopen_month(self) -> None:
        """Open a closed month again, with a reason."""
        from sla_tracker.tui.dialogs.prompts import TextDialog

        if self._found is None or not self._found.is_closed:
            self.sla.show_message(_("This month is not closed."))
            return
        title = _("Open {month} again: why?", month=self._month)
        reopen = lambda reason: months.reopen(self._month, reason)
        self.app.push_screen(TextDialog(title, _("Open again"), _("It needs a reason."), reopen))

    def action_mark_missed(self) -> None:
        """Mark the overdue duty under the cursor, or the marked ones, as missed."""
        from sla_tracker.tui.dialogs.prompts import TextDialog

        rows = [one for one in self.list.marked_rows() if one.id and one.bucket is Bucket.OVERDUE]
        if not rows:
            self.sla.show_message(_("Only what is overdue is marked as missed."))
            return
        self.app.push_screen(
            TextDialog(
                ngettext("{n} duty was missed: why?", "{n} duties were missed: why?", len(rows)),
                _("Mark as missed"),
                _("It needs a reason."),
                lambda reason: months.mark_as_missed(_ids(rows), reason),
                draft_of=" ".join(_ids(rows)),
            )
        )

    def action_sign(self) -> None:
        """Sign a point of the checklist, or take the own signature back."""
        from sla_tracker.tui.dialogs.prompts import PickDialog

        if self._found is None:
            return
        if self._found.is_closed:
            self.sla.show_message(_("{month} is closed already.", month=self._month))
            return
        if not self._is_over():
            return
        options = list(self._signable(self._found))
        if not options:
            self.sla.show_message(
                _("There is nothing to sign: a point is signed when nothing of it is left.")
            )
            return
        self.app.push_screen(
            PickDialog(_("Sign the checklist of {month}", month=self._month), options, self._sign)
        )

    def _signable(self, found: MonthEnd) -> Iterator[tuple[str, str]]:
        """Yield what the person may sign now, and then what they may take back."""
        context, actor = self.gateway.deployment.context, self.gateway.deployment.actor
        words = {
            Part.PREPARED: N_("{point}: sign as prepared"),
            Part.REVIEWED: N_("{point}: sign as reviewed; prepared: {who}"),
            None: N_("{point}: take my signature back"),
        }
        for part, text in words.items():
            for check in open_points(found, actor, part):
                who = signature_text(context, check.prepared, self.now())
                yield f"{part or ''}/{check.kind}", _(text, point=_(POINT_WORDS[check.kind]), who=who)

    def _sign(self, chosen: str) -> None:
        part, _slash, point = chosen.partition("/")
        call = months.sign(self._month, CheckKind(point), Part(part) if part else None)
        self.gateway.act(self, call, _("signing"))

    def action_report(self) -> None:
        """Write the month's report."""
        from sla_tracker.tui.dialogs.report import ReportDialog

        self.app.push_screen(ReportDialog(self._month))


def _ids(rows: Sequence[DutyRow]) -> list[str]:
    return [row.id for row in rows]
