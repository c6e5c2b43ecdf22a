"""View 2: the duties that the department is owed, deliveries to judge first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from sla_tracker.domain.duties.duty import State
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.services.queries.duties import DutyRow
from sla_tracker.tui import keys
from sla_tracker.tui.calls import duties
from sla_tracker.tui.screens.base.duty_actions import ActingScreen

OWN_WORK = frozenset({"evidence", "take", "assign", "take_back", "hold"})


class OwedScreen(ActingScreen):
    """Lists duties owed by others, deliveries awaiting a verdict on top."""

    VIEW = "owed"
    BINDINGS: ClassVar[list[BindingType]] = [keys.key("duty.judge", "enter", "primary", N_("Open or judge"))]
    shows_figure = False

    def body(self) -> ComposeResult:
        """Show providers as the other party."""
        yield from super().body()
        self.list.party = lambda row: row.provider
        self.list.party_always = True
        self.counts.with_pool = False

    def read(self) -> None:
        """Read what the department is owed."""
        self.gateway.load(self, "board", duties.board_of_owed(), _("reading duties"))

    def chosen(self, rows: Sequence[DutyRow]) -> Sequence[DutyRow]:
        """Return all rows, those to judge first."""
        return sorted(rows, key=lambda row: row.state is not State.DELIVERED)

    def empty(self) -> Content:
        """Return the text for no duties, with what to do next."""
        return Content(
            _("Nobody owes your department anything now.\n4 registers an event or asks for something.")
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable actions that only the provider may take."""
        return action not in OWN_WORK and super().check_action(action, parameters)
