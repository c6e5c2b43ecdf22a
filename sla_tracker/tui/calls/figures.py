"""Calls about figures: ranges, the details of a cell, the rows behind a number.

The messages that they post are defined here, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from sla_tracker.domain.measures.comparisons.complaint_effect import ComplaintEffect, is_remedied
from sla_tracker.domain.measures.comparisons.forecast import Forecast
from sla_tracker.domain.measures.comparisons.league import LeagueRow
from sla_tracker.domain.measures.date_range import MONTHS_OF_YEAR, DateRange, compared_ranges
from sla_tracker.domain.measures.figure_rows import DetailFigure, OpenedFigure
from sla_tracker.domain.measures.outcome import Outcome
from sla_tracker.domain.measures.scorecard import Figure
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments.complaint_effects import complaint_effects
from sla_tracker.services.departments.complaint_figures import ComplaintFigures, complaint_figures
from sla_tracker.services.deployment import OpenDeployment
from sla_tracker.services.imports.past_months import PastMonth, past_months
from sla_tracker.services.months import service_levels, view
from sla_tracker.services.months.figure_source import Standing, figures_in, standing_of
from sla_tracker.services.months.forecast import readable_forecasts
from sla_tracker.services.months.league import league_of
from sla_tracker.services.months.opened_rows import CellDetails, cell_details, may_know_people, rows_behind
from sla_tracker.services.months.view import RangeFigures
from sla_tracker.services.queries.duties import row_of
from sla_tracker.services.queries.rows import DutyRow
from sla_tracker.tui.messages import GatewayMessage
from sla_tracker.tui.messages.loaded import LevelsLoaded
from sla_tracker.value_class import dataclass
from sla_tracker.wording.figures.opened_texts import OpenedTexts, opened_texts

Call = Callable[[OpenDeployment], GatewayMessage]


class RangeLoaded(GatewayMessage):
    """The figures of a range were computed."""

    def __init__(self, found: RangeFigures) -> None:
        super().__init__()
        self.found = found


Asked = tuple[str, str, str]
"""A range's id, a provider and a consumer."""


class BesideLoaded(GatewayMessage):
    """What stands beside a rate was read."""

    def __init__(self, asked: Asked, details: CellDetails) -> None:
        super().__init__()
        self.asked = asked
        self.details = details


@dataclass(frozen=True, slots=True, kw_only=True)
class PastFigures:
    """The figures of the range before, or of a year before."""

    dates: DateRange
    figures: tuple[Figure, ...]
    target: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparisons:
    """What a range is compared with: the ranges before it, the league, its complaints.

    For the present month it also has what is expected until its end, by department. `imported` is the imported past of
    the twelve months up to the end of the range. `effects` are those of complaints whose remedy is carried out.
    """

    past: tuple[PastFigures, ...] = ()
    league: tuple[LeagueRow, ...] = ()
    forecasts: tuple[Forecast, ...] = ()
    complaints: ComplaintFigures | None = None
    imported: tuple[PastMonth, ...] = ()
    effects: tuple[ComplaintEffect, ...] = ()


NO_COMPARISONS = Comparisons()
NO_DETAILS = CellDetails()


class ComparisonsLoaded(GatewayMessage):
    """What a range is compared with was read."""

    def __init__(self, dates: DateRange, comparisons: Comparisons) -> None:
        super().__init__()
        self.dates = dates
        self.comparisons = comparisons


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRow:
    """A duty behind a figure as a row of a list, and how it counts."""

    row: DutyRow
    outcome: Outcome


class RowsOpened(GatewayMessage):
    """The rows behind a figure were read, misses first."""

    def __init__(self, standing: Standing, rows: Sequence[ShownRow]) -> None:
        super().__init__()
        self.standing = standing
        self.rows = rows


class DetailRowsOpened(GatewayMessage):
    """The rows of a figure that counts no duties were read, as texts under headings."""

    def __init__(self, opened: OpenedTexts) -> None:
        super().__init__()
        self.opened = opened


def last_year() -> Call:
    """Compute the figures of the last twelve months between all departments."""
    return lambda deployment: LevelsLoaded(view.last_months(deployment.context, months=MONTHS_OF_YEAR))


def range_figures(dates: DateRange) -> Call:
    """Compute the figures of a range between all departments."""
    return lambda deployment: RangeLoaded(view.figures_of_range(deployment.context, dates))


def beside(dates: DateRange, provider: str, consumer: str) -> Call:
    """Compute verdict times, request times and causes of a range, for a cell.

    The cell is that of a provider and a consumer in the matrix.
    """
    asked = (dates.id, provider, consumer)
    return lambda deployment: BesideLoaded(
        asked, cell_details(deployment.context, deployment.actor, dates, provider, consumer)
    )


def comparisons(dates: DateRange) -> Call:
    """Compute what a range is compared with; forecasts for the present month."""

    def call(deployment: OpenDeployment) -> ComparisonsLoaded:
        context = deployment.context
        counted = complaint_figures(context, dates)
        is_present = dates == service_levels.present_month(context)
        found = Comparisons(
            past=tuple(_past(context, one) for one in compared_ranges(dates, context.settings.fiscal)),
            league=league_of(context, dates).rows,
            forecasts=readable_forecasts(context, deployment.actor) if is_present else (),
            complaints=counted,
            effects=complaint_effects(context, [one for one in counted.found if is_remedied(one)]),
            imported=tuple(past_months(context, months=_last_year_until(dates))),
        )
        return ComparisonsLoaded(dates, found)

    return call


def _last_year_until(dates: DateRange) -> list[str]:
    last_on = dates.last_on
    return [view.month_before(last_on, back) for back in range(MONTHS_OF_YEAR)]


def _past(context: ServiceContext, dates: DateRange) -> PastFigures:
    standing = standing_of(context, dates)
    return PastFigures(dates=dates, figures=figures_in(context, standing), target=standing.target)


def open_rows(dates: DateRange, figure: OpenedFigure) -> Call:
    """Read the rows that a figure of a range counts."""

    def call(deployment: OpenDeployment) -> RowsOpened:
        context, actor = deployment.context, deployment.actor
        opened = rows_behind(context, actor, dates, figure)
        rows = []
        for one in opened.rows:
            row = row_of(context, one.duty, opened.standing.now)
            is_told = row.assignee == actor.id or may_know_people(context, actor, one.duty)
            rows.append(ShownRow(row=row if is_told else replace(row, assignee=""), outcome=one.outcome))
        return RowsOpened(opened.standing, rows)

    return call


def open_detail_rows(dates: DateRange, figure: DetailFigure) -> Call:
    """Read the rows of a figure of a range that counts no duties."""
    return lambda deployment: DetailRowsOpened(
        opened_texts(deployment.context, deployment.actor, dates, figure)
    )
