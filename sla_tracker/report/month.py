"""Contents of a monthly report.

These are service levels, causes of lateness, and the checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sla_tracker.domain.measures.date_range import DateRange, Unit
from sla_tracker.i18n import gettext as _
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.months.figure_source import standing_of
from sla_tracker.services.months.service_levels import By, causes, levels
from sla_tracker.wording.checkpoints import footer
from sla_tracker.wording.duties import person_word
from sla_tracker.wording.figures.levels import cause_headings, cause_texts, level_headings, level_texts
from sla_tracker.wording.figures.ranges import range_word, standing_word


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table of a report."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthReport:
    """A month's figures as texts.

    `standing` says whether the month is closed; `ending` is the store's checkpoint, empty where it has none.
    """

    title: str
    standing: str
    sheets: tuple[Sheet, ...]
    ending: str


def month_report(context: ServiceContext, dates: DateRange) -> MonthReport:
    """Return the report of a range.

    A closed month has the figures of its closing. The causes of a closed month are read from its archive. Raises
    StoreError.
    """
    return MonthReport(
        title=_("Service levels in {month}", month=range_word(dates)),
        standing=_standing(context, dates),
        sheets=tuple(sheet for sheet in _sheets(context, dates) if sheet.rows),
        ending=footer(context.store, context.now(), context.settings.zone),
    )


def _standing(context: ServiceContext, dates: DateRange) -> str:
    standing = standing_of(context, dates)
    if dates.unit is not Unit.MONTH:
        return standing_word(standing)
    kept = standing.kept.get(dates.id)
    if kept is None:
        return _("The month is open: the figures are those of now.")
    return _(
        "The month was closed on {day} by {person}; its figures do not change any more.",
        day=f"{kept.closed_at.astimezone(context.settings.zone):%Y-%m-%d}",
        person=person_word(context.people, kept.closed_by),
    )


def _sheets(context: ServiceContext, dates: DateRange) -> Iterator[Sheet]:
    titles = {
        By.DEPARTMENT: _("By department"),
        By.PAIR: _("Who to whom"),
        By.OBLIGATION: _("By obligation"),
    }
    for by, title in titles.items():
        rows = tuple(level_texts(context, level, by) for level in levels(context, dates, by=by).rows)
        yield Sheet(title=title, headings=level_headings(by), rows=rows)
    rows = tuple(cause_texts(cause) for cause in causes(context, dates))
    yield Sheet(title=_("Causes of what was late or returned"), headings=cause_headings(), rows=rows)
