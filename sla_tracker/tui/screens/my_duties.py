"""View 1: the duties that the person, or the department, owes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import on
from textual.content import Content

from sla_tracker.domain.people import Role
from sla_tracker.domain.stored_kinds import StoredKind
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.services.queries.rows import Bucket, Scope
from sla_tracker.tui import keys
from sla_tracker.tui.calls import duties
from sla_tracker.tui.first_view import first_scope, in_scope, is_quiet, opens_on_owed
from sla_tracker.tui.messages.loaded import AssumedCounted, BoardLoaded, LevelsLoaded, ReceivedLoaded
from sla_tracker.tui.messages.session import PreviewLoaded, StoreChanged
from sla_tracker.tui.screens.base.month_beside import MonthBesideScreen

if TYPE_CHECKING:
    from sla_tracker.services.queries.rows import DutyRow

# In the order of the key that switches.
SCOPE_WORDS = {Scope.MINE: N_("Mine and pool"), Scope.OURS: N_("My department"), Scope.POOL: N_("Pool")}


class DutiesScreen(MonthBesideScreen):
    """Lists the duties owed."""

    VIEW = "duties"
    BINDINGS = keys.MINE

    def __init__(self) -> None:
        super().__init__()
        self._scope: Scope | None = None
        """None until the key chooses one."""

    @property
    def _chosen_scope(self) -> Scope:
        return self._scope or first_scope(self.view_context.me)

    @property
    def scope(self) -> str:
        """Return whose duties are shown, in words."""
        return _(SCOPE_WORDS[self._chosen_scope])

    def read(self) -> None:
        """Read what the department owes."""
        self.gateway.load(self, "board", duties.board_of_mine(), _("reading duties"))

    @on(PreviewLoaded)
    def _show_preview(self, message: PreviewLoaded) -> None:
        """Show the preview rows if there are any, then open the deployment."""
        department = self.view_context.me.department
        own = [row for row in message.rows if row.provider == department]
        received = [row for row in message.rows if row.consumer == department and row.provider != department]
        if opens_on_owed(self.chosen(own), received):
            self.sla.open_owed_first(received)
            return
        if own:
            self._rows = own
            self.lay_out()
            self.sla.rows_shown()
        self.call_after_refresh(self.gateway.begin)

    @on(BoardLoaded)
    def _read_beside(self, message: BoardLoaded) -> None:
        """Read figures and month after the rows are drawn, because they take longer.

        Where only some rows were exchanged, the last figure is known, and the others are read again only where an
        earlier one changed.
        """
        board = message.board
        if self.sla.is_starting and is_quiet(self.chosen(board.rows)):
            self.gateway.load(self, "received", duties.received())
            return
        if self._board is None or not board.is_update_of(self._board):
            self.call_after_refresh(self._read_trend)
            return
        if board.changed and any(row.bucket is Bucket.OVERDUE for row in (*board.gone, *board.come)):
            self.gateway.pace(self, "escalations", self.read_escalations)
        self.counts.trend = (*self.counts.trend[:-1], board.score.on_time_ratio)
        if any(month < board.month for month in board.refigured):
            self.gateway.pace(self, "trend", self._read_levels)
        if self.has_month_overview and not board.is_same_by_day:
            self.gateway.pace(self, "month", self.read_month)

    @on(ReceivedLoaded)
    def _choose_view(self, message: ReceivedLoaded) -> None:
        """Open the view of what the person is owed, if more waits there than here."""
        if opens_on_owed(self.chosen(self._rows or []), message.board.rows):
            self.sla.open_owed_first(message.board.rows)
        self._read_trend()

    def _read_trend(self) -> None:
        self.sla.rows_shown()
        self.read_escalations()
        self._read_levels()
        self._count_assumed()
        if self.has_month_overview:
            self.read_month()

    def _read_levels(self) -> None:
        self.gateway.load(self, "trend", duties.levels(self.view_context.me.department), beside=True)

    def _count_assumed(self) -> None:
        """Count what nobody has agreed, for heads, who can agree it."""
        if self.view_context.me.role is Role.HEAD:
            from sla_tracker.tui.calls import agreements

            self.gateway.load(self, "assumed", agreements.count_assumed(), beside=True)

    @on(AssumedCounted)
    def _show_assumed(self, message: AssumedCounted) -> None:
        self.counts.assumed = message.count

    @on(StoreChanged)
    def _count_again(self, message: StoreChanged) -> None:
        if message.touched is not None and message.touches_kind(StoredKind.AGREEMENTS):
            self._count_assumed()

    def action_agreements(self) -> None:
        """Open the page of what is agreed with other departments or only assumed."""
        from sla_tracker.tui.screens.agreements import AgreementsScreen

        self.app.push_screen(AgreementsScreen(only_assumed=self.counts.assumed > 0))

    @on(LevelsLoaded)
    def _show_trend(self, message: LevelsLoaded) -> None:
        # Imported late, because the first frame does not need it.
        from sla_tracker.domain.measures.scorecard import combined

        mine = self.view_context.me.department
        own = [
            combined((figure.score for figure in month.figures if figure.provider == mine), month.target)
            for month in message.months
        ]
        self.counts.trend = tuple(score.on_time_ratio for score in own)
        self.counts.past = tuple(message.past)

    def chosen(self, rows: Sequence[DutyRow]) -> Sequence[DutyRow]:
        """Return the rows of the scope."""
        return in_scope(rows, self._chosen_scope, self.view_context.me.id)

    def action_scope(self) -> None:
        """Switch to the next scope."""
        scopes = list(SCOPE_WORDS)
        self._scope = scopes[(scopes.index(self._chosen_scope) + 1) % len(scopes)]
        self.lay_out()

    def lay_out(self) -> None:
        """Show the scope and its rows."""
        self.counts.scope = self.scope
        super().lay_out()
        counts = self.counts.counts
        if self._rows is not None and counts is not None:
            self.sla.show_waiting({self.VIEW: counts.overdue + counts.today})

    def empty(self) -> Content:
        """Return the text for no duties, with what to do next."""
        key_word = self.sla.key_word
        if not self.view_context.me.department:
            return Content(
                _(
                    "You may read everything, and owe nothing.\n{owed} shows what departments are owed.",
                    owed=key_word("app.view_2"),
                )
            )
        if self._chosen_scope is Scope.MINE:
            return Content(
                _(
                    "Nothing of yours is due.\n"
                    "{owed} shows what your department is owed, {scope} what it owes, "
                    "{events} registers what has happened.",
                    owed=key_word("app.view_2"),
                    scope=key_word("list.scope"),
                    events=key_word("app.view_4"),
                )
            )
        return Content(
            _(
                "Nothing is owed here.\n{scope} shows other duties, {calendar} the calendar of what is coming.",
                scope=key_word("list.scope"),
                calendar=key_word("list.calendar"),
            )
        )
