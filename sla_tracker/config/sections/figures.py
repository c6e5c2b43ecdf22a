"""`[fiscal]` and `[people_figures]`: fiscal years, and figures about people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

from pydantic import Field as Key

from sla_tracker.config.sections.base import Section
from sla_tracker.domain.measures.fiscal_calendar import CALENDAR_YEAR, FiscalCalendar
from sla_tracker.domain.toml_reader import Key as Place
from sla_tracker.errors import N_, SlaError, UsageError


class FiscalSection(Section):
    """`[fiscal]`: the month that a fiscal year begins with, or a first day and weeks.

    Without any of them the fiscal year is the calendar year.
    """

    first: date | None = None
    pattern: Literal["4-4-5", "4-5-4", "5-4-4"] | None = None
    month: Annotated[int, Key(ge=1, le=12)] | None = None

    def calendar(self) -> FiscalCalendar:
        """Return the rule that the table describes."""
        if self.first is not None and self.pattern is not None:
            weeks = tuple(int(one) for one in self.pattern.split("-"))
            return FiscalCalendar(first_on=self.first, pattern=weeks)
        return CALENDAR_YEAR if self.month is None else FiscalCalendar(month=self.month)


class PeopleFiguresSection(Section):
    """`[people_figures]`: figures about people, which need an agreement and its first day."""

    enabled: bool = False
    since: date | None = None
    agreed_with: str = ""

    def shown_since(self) -> date | None:
        """Return the first day of which figures about people are shown, None for no day."""
        return self.since if self.enabled else None


def figure_problems(fiscal: FiscalSection, people: PeopleFiguresSection) -> Iterator[tuple[Place, SlaError]]:
    """Yield what contradicts itself or is missing in the sections about figures."""
    by_weeks = (fiscal.first is not None) + (fiscal.pattern is not None)
    if by_weeks == 1:
        missing = N_('Write both first and pattern, such as first = 2026-12-28 and pattern = "4-4-5".')
        yield ("fiscal",), UsageError(missing)
    elif by_weeks and fiscal.month is not None:
        twice = N_("Write either month, or first and pattern: a year begins in one way only.")
        yield ("fiscal", "month"), UsageError(twice)
    if people.enabled and (people.since is None or not people.agreed_with.strip()):
        agreed = N_(
            "Figures about people need since, the first day, and agreed_with, whom it was agreed with."
        )
        yield ("people_figures", "enabled"), UsageError(agreed)
