"""The page of a month's end: what is open, by whom, a checklist, closing and reopening."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import PurePath
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content

from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.services.months.month_end import CheckKind, MonthEnd
from sla_tracker.services.queries.rows import Bucket, DutyRow
from sla_tracker.tui import keys
from sla_tracker.tui.calls import months
from sla_tracker.tui.calls.months import MonthEndLoaded
from sla_tracker.tui.screens.subject import SubjectScreen
from sla_tracker.tui.stylesheet import STYLES
from sla_tracker.tui.text_content import plain, row
from sla_tracker.tui.widgets.cards.facts import Fact
from sla_tracker.tui.widgets.lists.sections import Section
from sla_tracker.wording.figures.month_end import KIND_WORDS, check_texts, month_state, progress_word


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
        self.sheet.show(list(self._checklist(message.found)))
        self.lay_out()

    def lay_out(self) -> None:
        """Show the open duties grouped by what they wait for."""
        sections: list[Section] = []
        for kind, rows in groupby(self._found.rows if self._found else (), key=lambda one: one[0]):
            start = sections[-1].end if sections else 0
            tone = "overdue" if kind is CheckKind.OVERDUE else "week"
            sections.append(Section(_(KIND_WORDS[kind]), start, start + len(list(rows)), tone))
        self.list.show(self._rows, sections)

    def _checklist(self, found: MonthEnd) -> Iterator[Fact]:
        context = self.gateway.deployment.context
        state = month_state(context, found, self.now())
        heading = row(plain(f"{found.month}  ", "bold $primary"), plain(state))
        yield Fact("", row(heading, plain(f"   {progress_word(found)}", "$muted")))
        for check in found.checks:
            what, left, preparers, reviewers = check_texts(check, self.view_context.department)
            if not check.count:
                yield Fact("", plain(what, "$success"))
                continue
            by = _(
                "{left} left: {preparers}; reviewed by {reviewers}",
                left=left,
                preparers=preparers,
                reviewers=reviewers,
            )
            yield Fact("", row(plain(what, "bold $error"), plain(f"   {by}", "$muted")))

    def action_close_month(self) -> None:
        """Close the month, with or without marking what is overdue as missed."""
        from sla_tracker.tui.dialogs.prompts import PickDialog

        found = self._found
        if found is None:
            return
        if found.is_closed:
            self.sla.show_message(_("{month} is closed already.", month=found.month))
            return
        overdue = sum(kind is CheckKind.OVERDUE for kind, _row in found.rows)
        options = [("close", _("Close it"))]
        if overdue:
            options.append(
                (
                    "missed",
                    ngettext(
                        "Close it, and mark {n} overdue duty as missed",
                        "Close it, and mark {n} overdue duties as missed",
                        overdue,
                    ),
                )
            )
        title = _("Close {month}: its figures do not change any more", month=found.month)
        self.app.push_screen(PickDialog(title, options, self._close))

    def _close(self, how: str) -> None:
        call = months.close(self._month, with_missed=how == "missed")
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
            )
        )

    def action_report(self) -> None:
        """Write the month's report."""
        from sla_tracker.tui.dialogs.report import ReportDialog

        self.app.push_screen(ReportDialog(self._month))


def _ids(rows: Sequence[DutyRow]) -> list[str]:
    return [row.id for row in rows]
