"""View 2: the duties that the department is owed, deliveries to judge first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from sla_tracker.domain.duties.duty import State
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.services.queries.duties import DutyRow
from sla_tracker.services.queries.rows import Bucket
from sla_tracker.tui import keys
from sla_tracker.tui.calls import duties
from sla_tracker.tui.keyboard.effects import KeyEffect
from sla_tracker.tui.messages.loaded import BoardLoaded
from sla_tracker.tui.messages.session import PreviewLoaded
from sla_tracker.tui.screens.base.month_beside import MonthBesideScreen

OWN_WORK = frozenset({"evidence", "take", "assign", "take_back", "hold"})


class OwedScreen(MonthBesideScreen):
    """Lists duties owed by others, deliveries awaiting a verdict on top."""

    VIEW = "owed"
    BINDINGS: ClassVar[list[BindingType]] = [
        keys.key("duty.judge", "enter", "primary", N_("Open or judge"), effect=KeyEffect.OPENS)
    ]
    shows_figure = False

    def body(self) -> ComposeResult:
        """Show providers as the other party."""
        yield from super().body()
        self.list.party = lambda row: row.provider
        self.list.party_always = True
        self.list.party_head = N_("Provider")
        self.counts.with_pool = False

    def read(self) -> None:
        """Read what the department is owed."""
        self.gateway.load(self, "board", duties.board_of_owed(), _("reading duties"))

    @on(PreviewLoaded)
    def _show_first(self, message: PreviewLoaded) -> None:
        """Show the first view's likely rows, then open the deployment unless it is open."""
        self._rows = message.rows
        self.lay_out()
        self.sla.rows_shown()
        if not self.gateway.has_deployment:
            self.call_after_refresh(self.gateway.begin)

    @on(BoardLoaded)
    def _read_beside(self, message: BoardLoaded) -> None:
        """Read levels and month after the rows are drawn, because they take longer."""
        board = message.board
        if self._board is None or not board.is_update_of(self._board):
            self.call_after_refresh(self._after_rows)
            return
        if board.changed and any(row.bucket is Bucket.OVERDUE for row in (*board.gone, *board.come)):
            self.gateway.pace(self, "escalations", self.read_escalations)
        if self.has_month_overview and not board.is_same_by_day:
            self.gateway.pace(self, "month", self.read_month)

    def _after_rows(self) -> None:
        self.sla.rows_shown()
        self.read_escalations()
        if self.has_month_overview:
            self.read_month()

    def chosen(self, rows: Sequence[DutyRow]) -> Sequence[DutyRow]:
        """Return all rows, those to judge first."""
        return sorted(rows, key=lambda row: row.state is not State.DELIVERED)

    def order_of(self, row: DutyRow) -> tuple[object, ...]:
        """Return the key of that order."""
        return row.state is not State.DELIVERED, *super().order_of(row)

    def empty(self) -> Content:
        """Return the text for no duties, with what to do next."""
        return Content(
            _(
                "Nobody owes your department anything now.\n{events} registers an event or asks for something.",
                events=self.sla.key_word("app.view_4"),
            )
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable actions that only the provider may take."""
        return action not in OWN_WORK and super().check_action(action, parameters)
