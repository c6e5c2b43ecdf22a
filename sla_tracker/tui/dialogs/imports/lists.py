"""Takes events over from a list: file and columns, then what becomes of each row, then the import."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Select, Static

from sla_tracker.domain.duties.event import EventType
from sla_tracker.domain.imports.run import DateOrder, Reading
from sla_tracker.i18n import gettext as _
from sla_tracker.services.imports.rows import ImportPlan, RowFate
from sla_tracker.tui.calls.imports import ListPlanned, plan_list, take_list
from sla_tracker.tui.dialogs.dialog import Dialog, asked
from sla_tracker.tui.text_content import lines, plain
from sla_tracker.tui.widgets.forms.tick import Tick
from sla_tracker.wording.duties import text_of
from sla_tracker.wording.imports.sentences import format_counts, format_repeats


class ImportDialog(Dialog):
    """Asks for the file of a list and how its columns are called."""

    def __init__(self, types: Sequence[EventType]) -> None:
        super().__init__()
        self._types = types

    def heading(self) -> Content:
        """Return the title."""
        return plain(_("Take events over from a list"))

    def confirmation(self) -> str:
        """Return the confirm button's label."""
        return _("Read")

    def body(self) -> ComposeResult:
        """Return file, kind, columns, and the answers to doubts about dates."""
        said = _("A workbook, CSV or JSON lines. Nothing is written before you have seen every row.")
        yield Static(plain(said, "$muted"))
        self.file = Input(placeholder=_("~/deliveries.xlsx"), compact=True)
        yield asked(_("File *"), self.file)
        options = [(plain(text_of(one.title)), one.id) for one in self._types]
        self.kind: Select[str] = Select(options, prompt=_("as the list says"), compact=True)
        yield asked(_("Kind of event"), self.kind)
        self.columns = Input(placeholder="subject=车牌号,at=C", compact=True)
        yield asked(_("Columns"), self.columns)
        orders = [
            (_("day first"), DateOrder.DAY_FIRST.value),
            (_("month first"), DateOrder.MONTH_FIRST.value),
        ]
        self.dates: Select[str] = Select(orders, prompt=_("only if it is asked"), compact=True)
        yield asked(_("03/04/2026 is"), self.dates)
        self.year = Input(placeholder=_("of dates without one"), max_length=4, compact=True)
        yield asked(_("Year"), self.year)
        self.again = Tick(plain(_("take rows too that repeat another one")), False, compact=True)
        yield asked("", self.again)

    def on_mount(self) -> None:
        """Focus the file."""
        super().on_mount()
        self.file.focus()

    def action_confirm(self) -> None:
        """Read the list and show what becomes of each row."""
        columns: dict[str, str] = {}
        named = ""
        for part in self.columns.value.replace("，", ",").split(","):
            name, equals, heading = part.partition("=")
            if equals:
                columns[name.strip()] = heading.strip()
            elif part.strip():
                named = part.strip()
        year = self.year.value.strip()
        if year and not year.isdecimal():
            self.say_problem(_("“{text}” is no year, such as 2026.", text=year))
            self.year.focus()
            return
        reading = Reading(
            about="" if self.kind.is_blank() else str(self.kind.value),
            columns=columns,
            dates=None if self.dates.is_blank() else DateOrder(str(self.dates.value)),
            year=int(year) if year else None,
            again=self.again.value,
        )
        self.say_problem("")
        call = plan_list(self.file.value.strip(), reading, named)
        self.sla.gateway.load(self, "plan", call, _("reading the list"), opens=True)

    @on(ListPlanned)
    def _show_plan(self, message: ListPlanned) -> None:
        self.app.push_screen(ImportPlanDialog(message.plan, message.lines, self._take))

    def _take(self, plan: ImportPlan[Any], update: bool) -> None:
        self.do(take_list(plan, update=update), _("taking the list over"))


class ImportPlanDialog(Dialog):
    """Shows what becomes of each row of a list; confirming takes the certain ones over."""

    KEEPS_DRAFT = False

    def __init__(
        self, plan: ImportPlan[Any], shown: Sequence[str], then: Callable[[ImportPlan[Any], bool], None]
    ) -> None:
        super().__init__()
        self._plan, self._shown, self._then = plan, shown, then

    def heading(self) -> Content:
        """Return the title."""
        return plain(f"{self._plan.read.file}: {format_counts(self._plan.counts)}")

    def confirmation(self) -> str:
        """Return the confirm button's label; none where there is nothing to take over."""
        return _("Take it over") if self._takes() else ""

    def _takes(self) -> bool:
        return bool(self._plan.with_fate(RowFate.NEW) or self._plan.with_fate(RowFate.CHANGED))

    def cells(self) -> int:
        """Return the width of the longest line."""
        return max((plain(line).cell_length for line in self._shown), default=0)

    def body(self) -> ComposeResult:
        """Return how the list was read and the fate of its rows."""
        if self._plan.with_fate(RowFate.CHANGED):
            self.update_box = Tick(plain(_("make the corrections too")), False, compact=True)
            yield self.update_box
        yield Static(lines(*(plain(line) for line in self._shown)))
        repeats = sum(row.repeats for row in self._plan.rows)
        if repeats:
            yield Static(plain(format_repeats(repeats), "$warning"))

    def action_confirm(self) -> None:
        """Take the certain rows over."""
        if not self._takes():
            return
        update = bool(self._plan.with_fate(RowFate.CHANGED)) and self.update_box.value
        self.dismiss()
        self._then(self._plan, update)
