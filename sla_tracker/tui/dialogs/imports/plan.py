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
from sla_tracker.services.imports.rows import Asked, ImportPlan, RowFate
from sla_tracker.tui.dialogs.dialog import Dialog, asked
from sla_tracker.tui.text_content import lines, plain
from sla_tracker.tui.widgets.forms.tick import Tick
from sla_tracker.value_class import dataclass
from sla_tracker.wording.imports.sentences import column_word, format_counts, format_repeats


def _order_select(column: str) -> Select[str]:
    """Return the choice of which number of a column's dates comes first.

    The column is the name of the choice.
    """
    orders = [(_("day first"), DateOrder.DAY_FIRST.value), (_("month first"), DateOrder.MONTH_FIRST.value)]
    return Select(orders, prompt=_("which number comes first?"), name=column, compact=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """What somebody decided about a plan.

    `update` takes corrections over too; the reading is remembered under `name`, if there is one.
    """

    update: bool = False
    name: str = ""


class ImportPlanDialog(Dialog):
    """Shows what becomes of each row of a list; confirming takes the certain ones.

    `take` is called then, and `read_again` when somebody answers a doubt about dates or about rows that repeat another:
    with what was decided until then, from which the next such dialog goes on.
    """

    KEEPS_DRAFT = False

    def __init__(
        self,
        plan: ImportPlan[Any],
        shown: Sequence[str],
        run: ImportRun | None,
        *,
        decided: Confirmed,
        take: Callable[[Confirmed], None],
        read_again: Callable[[ListReading, Confirmed], None],
    ) -> None:
        super().__init__()
        self._plan, self._shown, self._run, self._decided = plan, shown, run, decided
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
        reading = self._plan.read.reading
        if self._asks_for_corrections:
            box = Tick(plain(_("make the corrections too")), self._decided.update, compact=True, id="update")
            yield box
        for question in self._plan.read.questions:
            if question.option is Asked.DATES:
                yield asked(column_word(self._plan.read, question.column), _order_select(question.column))
        repeats = sum(row.repeats for row in self._plan.rows)
        if repeats:
            yield Static(plain(format_repeats(repeats), "$warning"))
        if repeats or reading.again:
            again = _("take rows too that repeat another one")
            yield Tick(plain(again), reading.again, compact=True, id="again")
        if self._plan.read.hidden_rows or reading.hidden:
            yield Tick(plain(_("take hidden rows too")), reading.hidden, compact=True, id="hidden-rows")
        if self._takes() and self._run is None:
            hint = _("a name for this way of reading; may stay empty")
            self.remembered = Input(self._decided.name, placeholder=hint, compact=True, id="remembered")
            yield asked(_("Remember as"), self.remembered)
        yield Static(lines(*(plain(line) for line in self._shown)))

    @on(Select.Changed)
    def _order_chosen(self, message: Select.Changed) -> None:
        if message.select.is_blank() or message.select.name is None:
            return
        reading = self._plan.read.reading
        order = DateOrder(str(message.value))
        self._anew(replace(reading, dates_of={**reading.dates_of, message.select.name: order}))

    @property
    def _asks_for_corrections(self) -> bool:
        """Return whether corrections wait for a decision.

        An import that is continued keeps the decision with which it began.
        """
        is_decided = self._run is not None and self._run.update
        return bool(self._plan.with_fate(RowFate.CHANGED)) and not is_decided

    @property
    def decided(self) -> Confirmed:
        """Return what is decided now; what is not asked about stays as it was before."""
        ticks, names = self.query("#update").results(Tick), self.query("#remembered").results(Input)
        return Confirmed(
            update=next((tick.value for tick in ticks), self._decided.update),
            name=next((name.value.strip() for name in names), self._decided.name),
        )

    @on(Tick.Changed, "#again")
    def _repeats_taken(self, message: Tick.Changed) -> None:
        self._anew(replace(self._plan.read.reading, again=message.value))

    @on(Tick.Changed, "#hidden-rows")
    def _hidden_taken(self, message: Tick.Changed) -> None:
        self._anew(replace(self._plan.read.reading, hidden=message.value))

    def _anew(self, reading: ListReading) -> None:
        """Read the list by what was answered now."""
        decided = self.decided
        self.dismiss()
        self._read_again(reading, decided)

    def action_confirm(self) -> None:
        """Take the certain rows over."""
        if not self._takes():
            return
        decided = self.decided
        self.dismiss()
        self._take(decided)
