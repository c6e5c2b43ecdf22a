"""Returns what is due on the days of a month, and the figures of the last months."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date, timedelta
from decimal import Decimal

from sla_tracker.domain.duties.duty import LIVE, Duty
from sla_tracker.domain.duties.states import State
from sla_tracker.domain.measures.date_range import MONTHS_OF_YEAR, DateRange
from sla_tracker.domain.measures.measured_level import MeasuredLevel, measured_levels
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.measures.scorecard import Figure, figures
from sla_tracker.domain.time.calendar_layers import DayRule
from sla_tracker.domain.time.instants import months_later
from sla_tracker.i18n import gettext as _
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.lookup.archives import archived_due_between
from sla_tracker.services.months.figure_source import Standing, duties_in, figures_in, levels_in, standing_of
from sla_tracker.services.ports import Reading
from sla_tracker.services.queries.duties import planned_rows, row_of
from sla_tracker.services.queries.rows import DutyRow
from sla_tracker.value_class import dataclass

MONTHS_SHOWN = 6  # months in the trend, the current one included


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthPlan:
    """The duties due in a month, its closed days, and its exceptional days.

    `rules` holds the exceptional days with their names. `provisional` tells that the calendar of that year is not final
    yet.
    """

    first_on: date
    rows: Sequence[DutyRow]
    closed: frozenset[date]
    provisional: bool
    rules: Mapping[date, DayRule] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """The figures of one month and the target; fixed if the month is closed."""

    id: str
    figures: tuple[Figure, ...]
    target: Decimal
    closed: bool = False
    levels: tuple[MeasuredLevel, ...] = ()

    def heading(self) -> str:
        """Return the month, marked if it is closed."""
        return _("{month} (closed)", month=self.id) if self.closed else self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeFigures:
    """The figures of a range, and those of the months up to its end."""

    standing: Standing
    figures: MonthFigures
    months: Sequence[MonthFigures]


def figures_of_range(context: ServiceContext, dates: DateRange) -> RangeFigures:
    """Return the figures of a range.

    Closed months that lie in it as a whole give those of their closing.
    """
    standing = standing_of(context, dates)
    whole = {month.id for month in standing.whole}
    duties = duties_in(context, standing, [id for id in dates.months if id not in whole])
    this = f"{context.now().astimezone(context.settings.zone):%Y-%m}"
    return RangeFigures(
        standing=standing,
        figures=MonthFigures(
            dates.id,
            figures_in(context, standing, duties),
            standing.target,
            standing.is_final,
            levels_in(context, standing, duties),
        ),
        months=months_until(context, min(dates.months[-1], this), MONTHS_OF_YEAR),
    )


def month_plan(context: ServiceContext, department: str, first_on: date) -> MonthPlan:
    """Return what a department owes and is owed in a month.

    Archived and planned duties are included.
    """
    last_on = first_on.replace(day=monthrange(first_on.year, first_on.month)[1])
    calendar = context.calendar_of(department)
    now = context.now()
    # A duty counts in the month of its nominal day. Rolling can move its due day into a month beside it, and an excuse
    # into any later one; closed months hold nothing here, so that only open ones are read.
    months = tuple(month_before(first_on, back) for back in range(-1, MONTHS_OF_YEAR + 1))

    def work(tx: Reading) -> list[Duty]:
        own = {
            duty.id: duty
            for side in ("provider", "consumer")
            for where in ({"month": months}, {"state": tuple(LIVE)})
            for duty in tx.find(Duty, **where, **{side: department})
        }
        return list(own.values())

    archived = archived_due_between(context.store, first_on, last_on, calendar.zone)
    kept = [duty for duty in archived if department in {duty.provider, duty.consumer}]
    rows = [
        row_of(context, duty, now)
        for duty in (*kept, *context.store.read(work))
        if duty.state is not State.CANCELLED
    ]
    ahead = [row for row in planned_rows(context, last_on, now) if department in {row.provider, row.consumer}]
    shown = [row for row in (*rows, *ahead) if first_on <= calendar.local_date(row.due_at) <= last_on]
    return MonthPlan(
        first_on=first_on,
        rows=sorted(shown, key=lambda row: row.due_at),
        closed=frozenset(calendar.closed_days(first_on, last_on)),
        rules={
            day: rule
            for day in (first_on + timedelta(days=away) for away in range(last_on.day))
            if (rule := calendar.rule_on(day)) is not None
        },
        provisional=calendar.is_provisional(first_on),
    )


def last_months(
    context: ServiceContext, provider: str = "", months: int = MONTHS_SHOWN
) -> list[MonthFigures]:
    """Return the figures of the last months, oldest first, of all or one provider.

    Closed months have their stored figures. Months before the first one with figures are left out.
    """
    this = context.now().astimezone(context.settings.zone).date()
    return months_until(context, f"{this:%Y-%m}", months, provider)


def months_until(context: ServiceContext, last: str, months: int, provider: str = "") -> list[MonthFigures]:
    """Return the figures of so many months up to one (YYYY-MM), as `last_months` does."""
    whose = {"provider": provider} if provider else {}
    now, target = context.now(), context.settings.target
    ids = [month_before(date.fromisoformat(f"{last}-01"), back) for back in reversed(range(months))]

    def work(tx: Reading) -> list[MonthFigures]:
        found = []
        for id in ids:
            kept = tx.get(Month, id)
            closed = kept is not None and kept.closed
            if kept and closed:
                own = tuple(one for one in kept.figures if provider in ("", one.provider))
                levels = tuple(one for one in kept.levels if provider in ("", one.provider))
            else:
                duties = tx.find(Duty, month=id, **whose)
                own, levels = figures(duties, now=now, target=target), measured_levels(duties)
            kept_target = kept.target if kept is not None and closed else None
            found.append(
                MonthFigures(id, own, target if kept_target is None else kept_target, closed, levels)
            )
        return found

    shown = context.store.read(work)
    first = next((place for place, month in enumerate(shown) if month.figures), len(shown) - 1)
    return shown[first:]


def past_before(context: ServiceContext, provider: str, shown: Sequence[MonthFigures]) -> tuple[Decimal, ...]:
    """Return a provider's imported rates of the months before its first figures.

    Only months that the trend shows are among them.
    """
    from sla_tracker.services.imports.past_months import past_months  # few deployments have an imported past

    missing = MONTHS_SHOWN - len(shown)
    if missing <= 0 or not provider or not shown:
        return ()
    first = date.fromisoformat(f"{shown[0].id}-01")
    ids = tuple(month_before(first, back) for back in range(1, missing + 1))
    return tuple(one.ratio for one in past_months(context, provider, ids))


def month_before(day: date, back: int) -> str:
    """Return the month (YYYY-MM) `back` months before that of a day."""
    return months_later(day.replace(day=1), -back).isoformat()[:7]
