"""Settings of `[fiscal]`, `[people_figures]` and `[reports]`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import Field as Key

from sla_tracker.config.sections.base import Section
from sla_tracker.domain.measures.fiscal_calendar import CALENDAR_YEAR, FiscalCalendar
from sla_tracker.domain.people import Role
from sla_tracker.domain.reminders.policy import IN_TERMINAL, ChannelTerms
from sla_tracker.domain.toml_reader import Key as Place
from sla_tracker.domain.toml_reader import unknown_name
from sla_tracker.errors import N_, SlaError, UsageError
from sla_tracker.services.access import ReadingRule
from sla_tracker.services.context import ReportMail


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
    """`[people_figures]`: figures about people; they need an agreement and its day."""

    enabled: bool = False
    since: date | None = None
    agreed_with: str = ""

    def shown_since(self) -> date | None:
        """Return the first day of which figures about people are shown, None for no day."""
        return self.since if self.enabled else None


class ReportSection(Section):
    """`[reports]`: who is mailed the month's report, as what, on which workday after."""

    to: list[str] = Key(default_factory=list)
    form: Literal["html", "xlsx", "pdf", "md", "csv", "zip"] = "html"
    workday: Annotated[int, Key(ge=1, le=20)] = 3
    channel: str = "mail"

    def mail(self, terms: Mapping[str, ChannelTerms]) -> ReportMail:
        """Return the rule that the table describes, with the terms of its channel."""
        own = terms.get(self.channel, IN_TERMINAL)
        return ReportMail(
            to=tuple(self.to), form=self.form, workday=self.workday, channel=self.channel, terms=own
        )


def report_problems(
    reports: ReportSection, kinds: Mapping[str, str], people: Mapping[str, Role], reading: ReadingRule
) -> Iterator[tuple[Place, SlaError]]:
    """Yield what contradicts other settings in `[reports]`.

    `kinds` are those of the channels. Where people read what concerns their department only, a report of all goes to
    administrators only.
    """
    for place, id in enumerate(reports.to):
        if id not in people:
            yield ("reports", "to", place), unknown_name(id, people)
        elif reading is ReadingRule.OWN and people[id] is not Role.ADMIN:
            message = N_('With reading = "own" the report of all departments goes to administrators only.')
            yield ("reports", "to", place), UsageError(message)
    if reports.to and kinds.get(reports.channel) != "mail":
        message = N_("Reports go by mail: name a channel of the kind mail that [notify] has.")
        yield ("reports", "channel"), UsageError(message)


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
