"""Computes the rates of a range by department, pair or obligation.

`people_levels` computes those by person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.measures.beside import Beside, KeptDetails
from sla_tracker.domain.measures.causes import CauseRow, CauseTrend, pareto, trends
from sla_tracker.domain.measures.date_range import DateRange, Unit, month_range
from sla_tracker.domain.measures.scorecard import Figure, Score, combined, rate_order
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.months.figure_source import Standing, details_in, duties_in, figures_in, standing_of
from sla_tracker.value_class import dataclass


class By(StrEnum):
    """Grouping of rates."""

    DEPARTMENT = "department"
    PAIR = "pair"
    OBLIGATION = "obligation"
    PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLevel:
    """One row of rates; empty fields are those that the rows are not grouped by."""

    provider: str
    score: Score
    consumer: str = ""
    obligation: str = ""
    person: str = ""
    beside: Beside | None = None

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Return what the row is grouped by, to find it in another range."""
        return (self.provider, self.consumer, self.obligation, self.person)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLevels:
    """The rates of a range and their total.

    Months closed before details were kept have no rates.
    """

    standing: Standing
    rows: tuple[ServiceLevel, ...]
    total: Score

    def worst_first(self) -> tuple[ServiceLevel, ...]:
        """Return the rows by their rate from the exact counts; unjudged ones last."""
        return tuple(sorted(self.rows, key=lambda row: (*rate_order(row.score), row.key)))


def present_month(context: ServiceContext) -> DateRange:
    """Return the current month in the deployment's time zone."""
    return month_range(f"{context.now().astimezone(context.settings.zone):%Y-%m}")


def levels(context: ServiceContext, dates: DateRange, *, by: By = By.DEPARTMENT) -> ServiceLevels:
    """Return the rates of a range.

    Whole closed months give the figures of their closing. Those by person are in `people_levels`.
    """
    standing = standing_of(context, dates)
    details = details_of_departments(context, standing) if by is By.DEPARTMENT else {}
    return grouped(standing, figures_in(context, standing), by, details)


def grouped(
    standing: Standing, found: Sequence[Figure], by: By, details: Mapping[str, Beside] = MappingProxyType({})
) -> ServiceLevels:
    """Return the figures of a range as rows; `details` are those of departments."""
    match by:
        case By.DEPARTMENT:
            rows = _by_department(standing, found, details)
        case By.PAIR:
            rows = _by_pair(standing, found)
        case _:
            rows = _by_obligation(found)
    total = combined((row.score for row in rows), standing.target)
    return ServiceLevels(standing=standing, rows=rows, total=total)


def _by_obligation(found: Iterable[Figure]) -> tuple[ServiceLevel, ...]:
    return tuple(
        ServiceLevel(provider=one.provider, consumer=one.consumer, obligation=one.obligation, score=one.score)
        for one in found
    )


def _by_department(
    standing: Standing, found: Sequence[Figure], details: Mapping[str, Beside]
) -> tuple[ServiceLevel, ...]:
    return tuple(
        ServiceLevel(
            provider=provider,
            score=combined((one.score for one in found if one.provider == provider), standing.target),
            beside=details.get(provider),
        )
        for provider in sorted({*details, *(one.provider for one in found)})
    )


def details_of_departments(
    context: ServiceContext, standing: Standing, duties: Sequence[Duty] | None = None
) -> dict[str, Beside]:
    """Return the details of each department in a range, of a closed month those kept."""
    kept = _kept_month(standing)
    if kept is not None:
        return {one.provider: one.beside for one in kept if not one.consumer}
    source = details_in(context, standing, duties)
    return {provider: source.beside(provider) for provider, consumer in source.parties() if not consumer}


def _kept_month(standing: Standing) -> tuple[KeptDetails, ...] | None:
    """Return the details of a single closed month, None for any other range."""
    month = standing.kept.get(standing.dates.id) if standing.dates.unit is Unit.MONTH else None
    return None if month is None else month.details


def _by_pair(standing: Standing, found: Iterable[Figure]) -> tuple[ServiceLevel, ...]:
    groups: dict[tuple[str, str], list[Score]] = {}
    for figure in found:
        groups.setdefault((figure.provider, figure.consumer), []).append(figure.score)
    return tuple(
        ServiceLevel(provider=provider, consumer=consumer, score=combined(scores, standing.target))
        for (provider, consumer), scores in sorted(groups.items())
    )


def beside(
    context: ServiceContext,
    dates: DateRange,
    provider: str,
    consumer: str = "",
    duties: Sequence[Duty] | None = None,
) -> Beside | None:
    """Return the details of a department's rate, or of a pair's.

    `duties` are those of the range where they were read. For a closed month the ones kept; None for one that was closed
    before details were kept.
    """
    standing = standing_of(context, dates)
    kept = _kept_month(standing)
    if kept is None:
        return details_in(context, standing, duties).beside(provider, consumer)
    if not kept:
        return None
    found = (one.beside for one in kept if (one.provider, one.consumer) == (provider, consumer))
    return next(found, Beside())


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseTable:
    """The causes of a range by frequency, and how often each was given in its months."""

    standing: Standing
    rows: tuple[CauseRow, ...]
    trends: tuple[CauseTrend, ...]


def cause_table(context: ServiceContext, dates: DateRange, *, provider: str = "") -> CauseTable:
    """Return the causes of a range's late, missed or returned duties, with trends.

    `provider` restricts them to one department. Reads the archives of closed months.
    """
    standing = standing_of(context, dates)
    found = [duty for duty in duties_in(context, standing) if provider in ("", duty.provider)]
    rows = pareto(found, now=standing.now)
    named = [row.cause for row in rows]
    return CauseTable(
        standing=standing, rows=rows, trends=trends(found, named, dates.months, now=standing.now)
    )


def causes(context: ServiceContext, dates: DateRange, *, provider: str = "") -> tuple[CauseRow, ...]:
    """Return the causes of a range's late, missed or returned duties, by frequency."""
    return cause_table(context, dates, provider=provider).rows
