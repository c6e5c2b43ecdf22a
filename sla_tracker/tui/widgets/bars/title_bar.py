"""The first line: company, acting person, warnings, and the time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from textual.reactive import reactive

from sla_tracker.domain.clean import clean
from sla_tracker.i18n import gettext as _
from sla_tracker.tui.text_content import fit, width
from sla_tracker.tui.widgets.bars.bar import Bar, Label, cells_of
from sla_tracker.wording.duties import text_of

if TYPE_CHECKING:
    from sla_tracker.tui.view_context import ViewContext

LONGEST_NAME = 24
LONGEST_PERSON = 40
SHORTEST_NAME = 10


class TitleBar(Bar):
    """Shows company, person, warning marks, running work and the clock."""

    DEFAULT_CSS = """
    TitleBar { background: $panel; color: $muted; }
    """

    doing: reactive[str] = reactive("")
    lost: reactive[bool] = reactive(False)

    def __init__(self, view_context: ViewContext, now: Callable[[], datetime]) -> None:
        super().__init__(id="masthead")
        self.view_context = view_context
        self.now = now

    def labels(self) -> Sequence[Label]:
        """Return the labels of the first line.

        Marks and running work always show; the day and the company's full name only where they fit.
        """
        place = self.view_context
        person = Label(f" {_cut(place.who, LONGEST_PERSON)} ", "$foreground")
        marks = list(self._marks())
        doing = [Label(f"⋯ {self.doing} ", "$accent")] if self.doing else []
        clock = f" {place.clock(self.now())} "
        cells_left = self.size.width - cells_of([person, *marks, *doing]) - len(marks)
        if cells_left < width(clock) + SHORTEST_NAME:
            clock = clock[-len(" 00:00 ") :]
        company = text_of(place.company) or "SLA Tracker"
        longest = min(LONGEST_NAME, max(SHORTEST_NAME, cells_left - width(clock)) - 2)
        found = [Label(f" {_cut(company, longest)} "), person]
        for mark in marks:
            found += [mark, Label(" ")]
        return [*found, *doing, Label(clock, "", right=True)]

    def _marks(self) -> Iterator[Label]:
        """Yield warning marks, the most urgent first.

        A demonstration does not mark acting for another person.
        """
        place = self.view_context
        if self.lost:
            yield Label(_(" STORE NOT REACHABLE "), "reverse bold $error")
        if place.reads_only:
            yield Label(_(" READ ONLY "), "reverse bold $accent")
        if place.demonstration:
            yield Label(_(" DEMONSTRATION "), "reverse $accent")
        elif place.as_login:
            said = _(" TRIAL: {login} acts ", login=_cut(clean(place.as_login), LONGEST_NAME))
            yield Label(said, "reverse $accent")
        elif place.trial:
            yield Label(_(" TRIAL "), "reverse $accent")


def _cut(text: str, cells: int) -> str:
    return fit(text, min(width(text), cells))
