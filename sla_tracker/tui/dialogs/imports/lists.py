"""Takes a list over: asks for file and columns, shows each row, then imports."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Select, Static

from sla_tracker.domain.clean import clean
from sla_tracker.domain.imports.run import ImportKind, ImportRun, ListReading
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.services.imports.rows import ImportPlan
from sla_tracker.tui.calls.imports import ListPlanned, plan_list, take_list
from sla_tracker.tui.dialogs.dialog import Dialog, asked
from sla_tracker.tui.dialogs.imports.plan import Confirmed, ImportPlanDialog
from sla_tracker.tui.text_content import plain
from sla_tracker.wording.duties import text_of
from sla_tracker.wording.parse_date import FIRST_YEAR, LAST_YEAR, parse_year

HEADINGS = {
    ImportKind.EVENTS: N_("Take events over from a list"),
    ImportKind.REQUESTS: N_("Ask for what a list names"),
    ImportKind.PAST: N_("Take finished duties of the past over from a list"),
}


class ImportDialog(Dialog):
    """Asks for the file of a list and how its columns are called.

    `names` are remembered ways of reading such lists. With `run`, an import that was broken off, it asks only for the
    file.
    """

    def __init__(self, kind: ImportKind, *, names: Sequence[str] = (), run: ImportRun | None = None) -> None:
        super().__init__()
        self._kind, self._names, self._run = kind, tuple(names), run
        self._decided = Confirmed()

    def heading(self) -> Content:
        """Return the title."""
        if self._run is not None:
            return plain(_("Go on with {file}", file=clean(self._run.file)))
        return plain(_(HEADINGS[self._kind]))

    def confirmation(self) -> str:
        """Return the confirm button's label."""
        return _("Read the list")

    def body(self) -> ComposeResult:
        """Return file, kind and columns; doubts are asked about when the list is read."""
        said = (
            _("A workbook, CSV or JSON lines. Nothing is written before you have seen every row.")
            if self._run is None
            else _("Name the same file; its rows that were taken over are not taken twice.")
        )
        yield Static(plain(said, "$muted"))
        self.file = Input(placeholder=_("~/deliveries.xlsx"), compact=True)
        yield asked(_("File *"), self.file)
        if self._run is None:
            yield from self._ways_of_reading()

    def _ways_of_reading(self) -> ComposeResult:
        options = [(plain(text), id) for id, text in self._abouts()]
        self.kind: Select[str] = Select(options, prompt=_("as the list says"), compact=True)
        yield asked(_("Kind of event") if self._kind is ImportKind.EVENTS else _("Obligation"), self.kind)
        if self._names:
            named = [(plain(name), name) for name in self._names]
            self.named: Select[str] = Select(named, prompt=_("by its headings"), compact=True)
            yield asked(_("Read as"), self.named)
        examples = {
            ImportKind.EVENTS: "subject=车牌号,at=C",
            ImportKind.REQUESTS: "obligation=B,subject=合同号",
        }
        placeholder = examples.get(self._kind, "due=应交日期,delivered=D")
        self.columns = Input(placeholder=placeholder, compact=True)
        yield asked(_("Columns"), self.columns)
        self.sheet = Input(placeholder=_("the first one with such a list"), compact=True)
        yield asked(_("Sheet"), self.sheet)
        self.year = Input(placeholder=_("of dates without one"), max_length=4, compact=True)
        yield asked(_("Year"), self.year)

    def _abouts(self) -> list[tuple[str, str]]:
        """Return what all rows of a list can be about, by id."""
        catalogue = self.view_context.catalogue
        if self._kind is ImportKind.EVENTS:
            return [(one.id, text_of(one.title)) for one in catalogue.event_types.values()]
        asked = [one for one, _trigger in catalogue.on_request()]
        owed = asked if self._kind is ImportKind.REQUESTS else catalogue.obligations.values()
        return [*{one.id: text_of(one.title) for one in owed}.items()]

    def on_mount(self) -> None:
        """Focus the file."""
        super().on_mount()
        self.file.focus()

    def action_confirm(self) -> None:
        """Read the list and show what becomes of each row."""
        self._decided = Confirmed()
        if self._run is not None:
            self._read(ListReading())
            return
        columns: dict[str, str] = {}
        for part in self.columns.value.replace("，", ",").split(","):
            name, equals, heading = part.partition("=")
            if not equals and part.strip():
                problem = _(
                    "“{text}” names no column; write it like subject=C.", text=clean(part.strip(), limit=40)
                )
                self.say_problem(problem)
                self.columns.focus()
                return
            if equals:
                columns[name.strip()] = heading.strip()
        written = self.year.value.strip()
        year = parse_year(written)
        if written and year is None:
            self.say_problem(
                _("A year from {first} to {last}, such as 2026.", first=FIRST_YEAR, last=LAST_YEAR)
            )
            self.year.focus()
            return
        reading = ListReading(
            about="" if self.kind.is_blank() else str(self.kind.value),
            columns=columns,
            sheet=self.sheet.value.strip(),
            year=year,
        )
        self._read(reading, str(self.named.value) if self._names and not self.named.is_blank() else "")

    def _read(self, reading: ListReading, named: str = "") -> None:
        self.say_problem("")
        call = plan_list(self._kind, self.file.value.strip(), reading, named, self._run)
        self.sla.gateway.load(self, "plan", call, _("reading the list"), opens=True)

    def _read_again(self, reading: ListReading, decided: Confirmed) -> None:
        self._decided = decided
        self._read(reading)

    @on(ListPlanned)
    def _show_plan(self, message: ListPlanned) -> None:
        take = partial(self._take, message.plan)
        self.app.push_screen(
            ImportPlanDialog(
                message.plan,
                message.lines,
                message.run,
                decided=self._decided,
                take=take,
                read_again=self._read_again,
            )
        )

    def _take(self, plan: ImportPlan[Any], decided: Confirmed) -> None:
        call = take_list(plan, update=decided.update, name=decided.name, run=self._run)
        self.do(call, _("taking the list over"))
