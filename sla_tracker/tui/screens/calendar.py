"""The calendar: a month with the duties due on each day, planned ones included."""

from __future__ import annotations

from datetime import date
from pathlib import PurePath
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content

from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.services.queries.duties import DutyRow
from sla_tracker.tui import keys
from sla_tracker.tui.calls import duties
from sla_tracker.tui.messages.loaded import MonthLoaded
from sla_tracker.tui.screens.subject import SubjectScreen
from sla_tracker.tui.stylesheet import STYLES
from sla_tracker.tui.widgets.cards.duty_card import DutyCard
from sla_tracker.tui.widgets.lists.duty_list import DutyList
from sla_tracker.tui.widgets.lists.sections import Section
from sla_tracker.tui.widgets.month.month_grid import MonthGrid


class CalendarScreen(SubjectScreen):
    """The month at the left, the chosen day's duties at the right."""

    CSS_PATH: ClassVar[list[str | PurePath]] = [STYLES / "duty_list.tcss", STYLES / "calendar.tcss"]
    AUTO_FOCUS = "#month"
    POINTLESS = SubjectScreen.POINTLESS - {"subject"} | {"calendar"}
    BINDINGS: ClassVar[list[BindingType]] = [
        keys.key("calendar.day", "enter,tab", "day", N_("Duties of the day"))
    ]

    def __init__(self, day: date | None = None) -> None:
        super().__init__("")
        self._day = day
        self._shown: date | None = None

    def body(self) -> ComposeResult:
        """Return month and day."""
        self.grid = MonthGrid(self.today(), self._day)
        self.list = DutyList(self.view_context, self.now, id="duties")
        self.list.empty = Content(_("Nothing is due on this day."))
        self.card = DutyCard(self.view_context, id="card")
        with Horizontal(id="beside"):
            yield self.grid
            with Vertical(id="day"):
                yield self.list
                yield self.card

    def read(self) -> None:
        """Read the month of the chosen day."""
        first = self.grid.chosen_on.replace(day=1)
        self.gateway.load(self, "month", duties.month(first), _("reading the month"))

    @on(MonthLoaded)
    def _take_month(self, message: MonthLoaded) -> None:
        self._shown = message.plan.first_on
        self._rows = message.plan.rows
        self.grid.show_plan(message.plan, self.view_context.zone)
        self.show_read()

    def _day_of(self, row: DutyRow) -> date:
        return row.day_in(self.view_context.zone)

    @on(MonthGrid.DayChosen)
    def _choose_day(self, message: MonthGrid.DayChosen) -> None:
        if self._shown != message.day.replace(day=1):
            self.read()
        self.lay_out()

    def lay_out(self) -> None:
        """Show the duties of the chosen day, once a month was read."""
        if self._shown is None:
            return
        day = self.grid.chosen_on
        rows = [row for row in self._rows if self._day_of(row) == day]
        self.set_class(not rows, "-empty")
        self.list.show(rows, [Section(f"{day:%Y-%m-%d}", 0, len(rows), "week")])

    def action_day(self) -> None:
        """Move from the month to the day's duties; there, run enter's action."""
        if self.list.has_focus:
            self.action_primary()
        else:
            self.list.focus()

    def action_back(self) -> None:
        """Move from the duties to the month, then close the calendar."""
        if self.list.has_focus:
            self.grid.focus()
        else:
            self.dismiss()
