"""Reads what the figures of a range are counted from: closed months and duties."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.measures.beside import Beside, DetailsSource
from sla_tracker.domain.measures.date_range import DateRange, figure_day
from sla_tracker.domain.measures.measured_level import MeasuredLevel, measured_levels, summed_levels
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.measures.request_counts import CountedRequest, RequestCounts, added
from sla_tracker.domain.measures.scorecard import Figure, Score, combined, figures
from sla_tracker.domain.time.instants import preceding
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.months import archive
from sla_tracker.services.months.details import archived_requests, counted_requests, month_of
from sla_tracker.services.open_requests.update_clock import updates_of
from sla_tracker.services.ports import Reading
from sla_tracker.value_class import dataclass

MOST_BACK = 36  # months looked back through for closed ones: some in between may never have been closed


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A range and those of its months that are closed, by id.

    `now` is the time at which it was read.
    """

    dates: DateRange
    kept: Mapping[str, Month]
    now: datetime
    target: Decimal

    @property
    def open_months(self) -> tuple[str, ...]:
        """Return the months of the range that are not closed yet."""
        return tuple(month for month in self.dates.months if month not in self.kept)

    @property
    def is_final(self) -> bool:
        """Return whether every month that the range touches is closed."""
        return not self.open_months

    @property
    def whole(self) -> tuple[Month, ...]:
        """Return the closed months that lie in the range with all their days."""
        return tuple(month for id, month in self.kept.items() if self.dates.covers(id))


def standing_of(context: ServiceContext, dates: DateRange) -> Standing:
    """Return a range with its closed months.

    The target of a single closed month is the one that it was closed with.
    """
    months = context.store.read(lambda tx: [tx.get(Month, id) for id in dates.months])
    kept = {month.id: month for month in months if month is not None and month.closed}
    own = {month.target for month in kept.values()} if len(kept) == len(dates.months) else set()
    target = own.pop() if len(own) == 1 else None
    return Standing(
        dates=dates,
        kept=kept,
        now=context.now(),
        target=context.settings.target if target is None else target,
    )


def last_closed(tx: Reading, until: str, count: int) -> tuple[Month, ...]:
    """Return so many closed months up to one (YYYY-MM, included), oldest first."""
    found: list[Month] = []
    month = until
    for _number in range(MOST_BACK):
        kept = tx.get(Month, month)
        if kept is not None and kept.closed:
            found.append(kept)
            if len(found) == count:
                break
        month = preceding(month)
    return tuple(reversed(found))


def duties_in(
    context: ServiceContext, standing: Standing, months: Sequence[str] | None = None
) -> tuple[Duty, ...]:
    """Return the duties that lie in a range, from archives too; of some months or all.

    Duties without a target in their terms get that of their closed month's figures.
    """
    wanted = standing.dates.months if months is None else months
    with_target = {id: _with_target_of(month) for id, month in standing.kept.items()}
    return tuple(
        with_target[duty.month](duty) if duty.month in with_target else duty
        for duty in archive.duties_in_months(context, wanted)
        if standing.dates.holds(figure_day(duty))
    )


def figures_in(
    context: ServiceContext, standing: Standing, duties: Sequence[Duty] | None = None
) -> tuple[Figure, ...]:
    """Return the scores of a range by provider, consumer and obligation.

    A closed month that lies in the range as a whole gives the figures it was closed with. `duties` are those of the
    range where they were read already.
    """
    whole = standing.whole
    rest = tuple(id for id in standing.dates.months if id not in {month.id for month in whole})
    own = (
        duties_in(context, standing, rest)
        if duties is None
        else [duty for duty in duties if duty.month in rest]
    )
    counted = figures(own, now=standing.now, target=standing.target)
    return summed([*(one for month in whole for one in month.figures), *counted], standing.target)


def levels_in(
    context: ServiceContext, standing: Standing, duties: Sequence[Duty] | None = None
) -> tuple[MeasuredLevel, ...]:
    """Return the levels of a range's measured obligations.

    Months closed as a whole give the levels of their closing.
    """
    whole = standing.whole
    rest = tuple(id for id in standing.dates.months if id not in {month.id for month in whole})
    own = duties_in(context, standing, rest) if duties is None else duties
    counted = measured_levels(duty for duty in own if duty.month in rest)
    return summed_levels([*(one for month in whole for one in month.levels), *counted])


def summed(parts: Iterable[Figure], target: Decimal) -> tuple[Figure, ...]:
    """Return one figure for each provider, consumer and obligation."""
    groups: dict[tuple[str, str, str], list[Score]] = {}
    for one in parts:
        groups.setdefault((one.provider, one.consumer, one.obligation), []).append(one.score)
    return tuple(
        Figure(
            provider=provider,
            consumer=consumer,
            obligation=obligation,
            score=scores[0] if len(scores) == 1 else combined(scores, target),
        )
        for (provider, consumer, obligation), scores in sorted(groups.items())
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeDetails:
    """Details beside the rates of a range.

    Counted from its duties, and from the requests of months that did not keep their counts; `kept` are the others'.
    """

    source: DetailsSource
    kept: Mapping[tuple[str, str], Sequence[RequestCounts]] = field(default_factory=dict)

    def parties(self) -> tuple[tuple[str, str], ...]:
        """Return every department that acted in the range, and every pair."""
        return tuple(sorted({*self.source.parties(), *self.kept}, key=lambda one: (one[1] != "", one)))

    def beside(self, provider: str, consumer: str = "") -> Beside:
        """Return the details of a department's rate, or of a pair's."""
        found = self.source.beside(provider, consumer)
        return replace(found, requests=added((found.requests, *self.kept.get((provider, consumer), ()))))


def details_in(
    context: ServiceContext, standing: Standing, duties: Sequence[Duty] | None = None
) -> RangeDetails:
    """Return the details of a range; reads the archives of its closed months.

    `duties` are those of the range where they were read already.
    """
    kept: dict[tuple[str, str], list[RequestCounts]] = {}
    whole = [month for month in standing.whole if month.details]
    for month in whole:
        for one in month.details:
            kept.setdefault((one.provider, one.consumer), []).append(one.beside.requests)
    counted = tuple(id for id in standing.dates.months if id not in {month.id for month in whole})
    source = DetailsSource(
        duties=tuple(duties_in(context, standing) if duties is None else duties),
        requests=tuple(requests_in(context, standing, counted)),
        counts_day=partial(_counts_day, standing, counted),
        now=standing.now,
        target=standing.target,
        calendar_of=context.calendar_of,
        updates_of=lambda duty: updates_of(context, duty, standing.now),
    )
    return RangeDetails(source=source, kept=kept)


def requests_in(context: ServiceContext, standing: Standing, months: Sequence[str]) -> list[CountedRequest]:
    """Return the requests that count in a range and in some of its months.

    Archived ones are included.
    """
    if not months:
        return []
    archived = archived_requests(context.store, months[0])
    counts_day = partial(_counts_day, standing, months)
    return context.store.read(
        lambda tx: list(counted_requests(context, tx, archived, counts_day, standing.now))
    )


def _counts_day(standing: Standing, months: Sequence[str], day: date) -> bool:
    """Return whether a day lies in the range and in one of these months."""
    return standing.dates.holds(day) and month_of(day) in months


def _with_target_of(kept: Month) -> Callable[[Duty], Duty]:
    """Return a function that gives a target to duties of a closed month without one."""
    targets = {(one.provider, one.consumer, one.obligation): one.score.target for one in kept.figures}

    def with_target(duty: Duty) -> Duty:
        target = targets.get((duty.provider, duty.consumer, duty.obligation))
        if duty.terms.target is not None or target is None:
            return duty
        return replace(duty, terms=replace(duty.terms, target=target))

    return with_target
