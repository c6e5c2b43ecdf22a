"""Calls about figures: months, the details of a cell, the rows behind a number.

Their messages are defined here too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from sla_tracker.domain.measures.beside import Beside
from sla_tracker.domain.measures.comparisons.forecast import Forecast
from sla_tracker.domain.measures.comparisons.league import LeagueRow
from sla_tracker.domain.measures.date_range import MONTHS_OF_YEAR, month_range
from sla_tracker.domain.measures.figure_rows import DetailFigure, OpenedFigure
from sla_tracker.domain.measures.outcome import Outcome
from sla_tracker.services.deployment import OpenDeployment
from sla_tracker.services.months import service_levels, view
from sla_tracker.services.months.figure_source import Standing
from sla_tracker.services.months.forecast import readable_forecasts
from sla_tracker.services.months.league import league_of
from sla_tracker.services.months.opened_rows import may_know_people, rows_behind
from sla_tracker.services.queries.duties import row_of
from sla_tracker.services.queries.rows import DutyRow
from sla_tracker.tui.messages import GatewayMessage
from sla_tracker.tui.messages.loaded import LevelsLoaded
from sla_tracker.value_class import dataclass
from sla_tracker.wording.figures.opened_texts import OpenedTexts, opened_texts

Call = Callable[[OpenDeployment], GatewayMessage]


class BesideLoaded(GatewayMessage):
    """The measures beside a rate were read; None for a month closed without them."""

    def __init__(self, asked: tuple[str, str, str], beside: Beside | None) -> None:
        super().__init__()
        self.asked = asked
        self.beside = beside


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparisons:
    """The league of a month; of the present one also what is expected until its end, by department."""

    league: tuple[LeagueRow, ...] = ()
    forecasts: tuple[Forecast, ...] = ()


NO_COMPARISONS = Comparisons()


class ComparisonsLoaded(GatewayMessage):
    """The league and the forecasts of a month were read."""

    def __init__(self, month: str, comparisons: Comparisons) -> None:
        super().__init__()
        self.month = month
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


def beside(month: str, provider: str, consumer: str) -> Call:
    """Compute verdict times, request times and causes of a month.

    For a provider, or for a pair of provider and consumer.
    """
    asked = (month, provider, consumer)
    return lambda deployment: BesideLoaded(
        asked, service_levels.beside(deployment.context, month_range(month), provider, consumer)
    )


def comparisons(month: str) -> Call:
    """Compute the league of a month, and the forecasts if it is the present one."""

    def call(deployment: OpenDeployment) -> ComparisonsLoaded:
        context, dates = deployment.context, month_range(month)
        is_present = dates == service_levels.present_month(context)
        found = Comparisons(
            league=league_of(context, dates).rows,
            forecasts=readable_forecasts(context, deployment.actor) if is_present else (),
        )
        return ComparisonsLoaded(month, found)

    return call


def open_rows(month: str, figure: OpenedFigure) -> Call:
    """Read the rows that a figure of a month counts."""

    def call(deployment: OpenDeployment) -> RowsOpened:
        context, actor = deployment.context, deployment.actor
        opened = rows_behind(context, actor, month_range(month), figure)
        rows = []
        for one in opened.rows:
            row = row_of(context, one.duty, opened.standing.now)
            is_told = row.assignee == actor.id or may_know_people(context, actor, one.duty)
            rows.append(ShownRow(row=row if is_told else replace(row, assignee=""), outcome=one.outcome))
        return RowsOpened(opened.standing, rows)

    return call


def open_detail_rows(month: str, figure: DetailFigure) -> Call:
    """Read the rows of a figure of a month that counts no duties."""
    return lambda deployment: DetailRowsOpened(
        opened_texts(deployment.context, deployment.actor, month_range(month), figure)
    )
