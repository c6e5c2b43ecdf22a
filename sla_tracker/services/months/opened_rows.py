"""Opens a figure: returns the duties that it is counted from, as rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sla_tracker.domain.deadlines.duty_clock import clock_of
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.measures.beside import Beside
from sla_tracker.domain.measures.causes import CauseTrend, pareto, trends
from sla_tracker.domain.measures.date_range import DateRange, figure_day
from sla_tracker.domain.measures.figure_rows import OpenedFigure
from sla_tracker.domain.measures.matrix import ALL
from sla_tracker.domain.measures.outcome import Outcome, outcome_of
from sla_tracker.domain.people import Actor, Role
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.current_deadline import calendar_of
from sla_tracker.services.months.figure_source import Standing, duties_in, standing_of
from sla_tracker.services.months.people_levels import responsible
from sla_tracker.services.months.service_levels import beside
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRow:
    """One duty behind a figure.

    `excused` is the time that excuses added to its limit, by its own clock: working time, or elapsed time. `by` is who
    answers for it (`responsible`); empty for a reader outside both departments.
    """

    duty: Duty
    outcome: Outcome
    excused: timedelta
    by: str = ""

    @property
    def delivered_at(self) -> datetime | None:
        """Return the instant by which the delivery counts, None without one."""
        last = self.duty.delivery
        return None if last is None or last.returned_at is not None else last.counts_at


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedRows:
    """The rows of a figure in a range, misses first."""

    standing: Standing
    rows: tuple[FigureRow, ...]


def rows_behind(context: ServiceContext, actor: Actor, dates: DateRange, figure: OpenedFigure) -> OpenedRows:
    """Return the rows that a figure of a range is counted from.

    Rated duties are among them only as far as the reader may see ratings.
    """
    standing = standing_of(context, dates)
    duties = figure.of(duties_in(context, standing), standing.now)
    if figure.is_of_ratings:
        duties = [duty for duty in duties if may_open_rating(actor, duty)]
    return OpenedRows(
        standing=standing,
        rows=tuple(row_behind(context, actor, duty, standing.now) for duty in duties),
    )


def row_behind(context: ServiceContext, actor: Actor, duty: Duty, now: datetime) -> FigureRow:
    """Return a duty as the row of a figure.

    It names who worked on the duty only to readers who may know.
    """
    by = responsible(context, duty)
    is_told = by == actor.id or may_know_people(context, actor, duty)
    return replace(counted_row(context, duty, now), by=by if is_told else "")


def counted_row(context: ServiceContext, duty: Duty, now: datetime) -> FigureRow:
    """Return a duty as the row of a figure, without who worked on it."""
    excused = timedelta()
    if duty.granted is not None:
        clock = clock_of(duty.terms.due, calendar_of(context, duty))
        excused = clock.between(duty.granted.due_at, duty.due_at)
    return FigureRow(duty=duty, outcome=outcome_of(duty, now), excused=max(excused, timedelta()))


@dataclass(frozen=True, slots=True, kw_only=True)
class CellDetails:
    """What stands beside the rate of a cell of the matrix.

    `beside` is None for a month closed before it was kept; of a total over all providers it has causes only. `trends`
    are the causes by the months of a range that has several, `rated` counts the ratings that the reader may open.
    """

    beside: Beside | None = None
    trends: tuple[CauseTrend, ...] = ()
    rated: int = 0


def cell_details(
    context: ServiceContext, actor: Actor, dates: DateRange, provider: str, consumer: str
) -> CellDetails:
    """Return the details of a provider's rate, or of a pair's.

    ALL in place of one of them is a total. A closed month's are those kept, so that its archive is read only for causes
    of a total, trends and ratings.
    """
    reads_ratings = bool(actor.department) and actor.department in {provider, consumer}
    has_trend = len(dates.months) > 1
    if provider != ALL and not has_trend and not reads_ratings:
        return CellDetails(beside=beside(context, dates, provider, consumer))
    standing = standing_of(context, dates)
    duties = duties_in(context, standing)
    own = [duty for duty in duties if provider in (ALL, duty.provider) and consumer in (ALL, duty.consumer)]
    causes = pareto(own, now=standing.now)
    found: Beside | None = Beside(causes=causes)
    if provider != ALL:
        found = beside(context, dates, provider, consumer, duties)
    return CellDetails(
        beside=found,
        trends=trends(own, [one.cause for one in causes], dates.months, now=standing.now)
        if has_trend
        else (),
        rated=sum(may_open_rating(actor, duty) for duty in own),
    )


def may_open_rating(actor: Actor, duty: Duty) -> bool:
    """Return whether a reader is the rated department's head or gave the rating."""
    if duty.rating is None:
        return False
    is_head = actor.role is Role.HEAD and actor.department == duty.provider
    return is_head or duty.rating.by == actor.id


def may_know_people(context: ServiceContext, actor: Actor, duty: Duty) -> bool:
    """Return whether a reader is told who worked on a duty behind a figure.

    The duty's two departments are told; everybody else only where figures about people were agreed, from that day on.
    """
    if actor.department and actor.department in {duty.provider, duty.consumer}:
        return True
    since = context.settings.people_figures_since
    return since is not None and figure_day(duty) >= since
