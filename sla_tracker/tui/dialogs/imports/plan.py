"""Shows what becomes of each row of a list before it is taken over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Select, Static

from sla_tracker.domain.imports.run import DateOrder, ImportRun, ListReading
from sla_tracker.i18n import gettext as _
from sla_tracker.services.imports.rows import ImportPlan, RowFate
from sla_tracker.tui.dialogs.dialog import Dialog, asked
from sla_tracker.tui.text_content import lines, plain
from sla_tracker.tui.widgets.forms.tick import Tick
from sla_tracker.value_class import dataclass
from sla_tracker.wording.imports.sentences import column_word, format_counts, format_repeats


def _order_select(column: str) -> Select[str]:
    """Return the choice of which number of the dates in a column comes first.

    Its name is the column.
    """
    orders = [(_("day first"), DateOrder.DAY_FIRST.value), (_("month first"), DateOrder.MONTH_FIRST.value)]
    return Select(orders, prompt=_("which number comes first?"), name=column, compact=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """What somebody decided about a plan.

    `update` takes corrections over too; the reading is remembered under `name`, if there is one.
    """

    update: bool
    name: str


class ImportPlanDialog(Dialog):
    """Shows what becomes of each row of a list; confirming takes the certain ones.

    `take` is called then, and `read_again` when somebody answers a doubt about dates or about rows that repeat another.
    """

    KEEPS_DRAFT = False

    def __init__(
        self,
        plan: ImportPlan[Any],
        shown: Sequence[str],
        run: ImportRun | None,
        *,
        take: Callable[[Confirmed], None],
        read_again: Callable[[ListReading], None],
    ) -> None:
        super().__init__()
        self._plan, self._shown, self._run = plan, shown, run
        self._take, self._read_again = take, read_again

    def heading(self) -> Content:
        """Return the title."""
        return plain(f"{self._plan.read.file}: {format_counts(self._plan.counts)}")

    def confirmation(self) -> str:
        """Return the confirm button's label; none where there is nothing to take over."""
        return _("Take it over") if self._takes() else ""

    def _takes(self) -> bool:
        return bool(
            self._plan.with_fate(RowFate.NEW)
            or self._plan.with_fate(RowFate.CHANGED)
            or self._run is not None
        )

    def cells(self) -> int:
        """Return the width of the longest line."""
        return max((plain(line).cell_length for line in self._shown), default=0)

    def body(self) -> ComposeResult:
        """Return how the list was read and the fate of its rows."""
        if self._plan.with_fate(RowFate.CHANGED):
            self.update_box = Tick(plain(_("make the corrections too")), False, compact=True)
            yield self.update_box
        for question in self._plan.read.questions:
            if question.option == "dates":
                yield asked(column_word(self._plan.read, question.column), _order_select(question.column))
        repeats = sum(row.repeats for row in self._plan.rows)
        if repeats:
            yield Static(plain(format_repeats(repeats), "$warning"))
            yield Tick(plain(_("take rows too that repeat another one")), False, compact=True, id="again")
        if self._plan.read.hidden_rows and not self._plan.read.reading.hidden:
            yield Tick(plain(_("take hidden rows too")), False, compact=True, id="hidden-rows")
        if self._takes() and self._run is None:
            self.remembered = Input(
                placeholder=_("a name for this way of reading; may stay empty"), compact=True
            )
            yield asked(_("Remember as"), self.remembered)
        yield Static(lines(*(plain(line) for line in self._shown)))

    @on(Select.Changed)
    def _order_chosen(self, message: Select.Changed) -> None:
        if message.select.is_blank() or message.select.name is None:
            return
        reading = self._plan.read.reading
        order = DateOrder(str(message.value))
        self._anew(replace(reading, dates_of={**reading.dates_of, message.select.name: order}))

    @on(Tick.Changed, "#again")
    def _repeats_taken(self) -> None:
        self._anew(replace(self._plan.read.reading, again=True))

    @on(Tick.Changed, "#hidden-rows")
    def _hidden_taken(self) -> None:
        self._anew(replace(self._plan.read.reading, hidden=True))

    def _anew(self, reading: ListReading) -> None:
        """Read the list by what was answered now."""
        self.dismiss()
        self._read_again(reading)

    def action_confirm(self) -> None:
        """Take the certain rows over."""
        if not self._takes():
            return
        update = bool(self._plan.with_fate(RowFate.CHANGED)) and self.update_box.value
        name = self.remembered.value.strip() if self._run is None else ""
        self.dismiss()
        self._take(Confirmed(update=update, name=name))
