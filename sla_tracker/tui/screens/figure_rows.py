"""The page of the duties behind a figure, over view 3."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from textual import on
from textual.content import Content

from sla_tracker.domain.measures.date_range import DateRange
from sla_tracker.domain.measures.figure_rows import OpenedFigure
from sla_tracker.domain.measures.outcome import Outcome
from sla_tracker.domain.people import Role
from sla_tracker.i18n import gettext as _
from sla_tracker.tui.calls import figures
from sla_tracker.tui.calls.figures import RowsOpened, ShownRow
from sla_tracker.tui.screens.subject import SubjectScreen
from sla_tracker.tui.text_content import plain, row
from sla_tracker.tui.widgets.cards.facts import Fact
from sla_tracker.tui.widgets.lists.sections import Section
from sla_tracker.wording.figures.ranges import standing_word
from sla_tracker.wording.figures.rows import figure_heading, outcome_heading

TONES = {Outcome.MISSED: "overdue", Outcome.GOOD: "good"}


class FigureRowsScreen(SubjectScreen):
    """Lists the duties that a figure counts, with the two departments' contacts."""

    def __init__(self, dates: DateRange, figure: OpenedFigure) -> None:
        super().__init__("")
        self._dates = dates
        self._figure = figure
        self._shown: Sequence[ShownRow] = ()

    def read(self) -> None:
        """Read the rows."""
        call = figures.open_rows(self._dates, self._figure)
        self.gateway.load(self, "figure", call, _("reading"))

    @on(RowsOpened)
    def _take_rows(self, message: RowsOpened) -> None:
        self._shown = sorted(message.rows, key=lambda one: one.outcome is not Outcome.MISSED)
        self._rows = [one.row for one in self._shown]
        self.list.empty = Content(_("No duty is counted here."))
        self.sheet.show(list(self._heading(message)))
        self.show_read()

    def lay_out(self) -> None:
        """Show the duties grouped by how they count."""
        sections: list[Section] = []
        for outcome, rows in groupby(self._shown, key=lambda one: one.outcome):
            start = sections[-1].end if sections else 0
            end = start + len(list(rows))
            sections.append(Section(outcome_heading(outcome), start, end, TONES.get(outcome, "week")))
        self.list.show(self._rows, sections)

    def _heading(self, message: RowsOpened) -> Iterator[Fact]:
        said = figure_heading(self.gateway.deployment.context, self._figure, len(message.rows))
        yield Fact(
            "", row(plain(said, "bold $primary"), plain(f"   {standing_word(message.standing)}", "$muted"))
        )
        for id in filter(None, (self._figure.provider, self._figure.consumer)):
            yield Fact(self.view_context.department(id), plain(self._contacts(id), "$muted"))

    def _contacts(self, department: str) -> str:
        """Return a department's heads and their deputies."""
        heads = [
            person
            for person in self.view_context.here(self.now())
            if person.department == department and person.role is Role.HEAD
        ]
        said = []
        for head in heads:
            name = self.view_context.person(head.id)
            deputy = self.view_context.person(head.deputy) if head.deputy else ""
            said.append(_("{name}, deputy {deputy}", name=name, deputy=deputy) if deputy else name)
        return _("contact: {names}", names=_(", ").join(said)) if said else _("no head is named")
