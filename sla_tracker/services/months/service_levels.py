"""Computes a month's rates with details.

By department, pair, obligation or person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.measures.beside import Beside, DetailsSource
from sla_tracker.domain.measures.causes import CauseRow, pareto
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.measures.scorecard import Figure, Score, combined, figures, score
from sla_tracker.errors import NotFound
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.months import archive
from sla_tracker.services.months.closing import check_month
from sla_tracker.services.months.details import details_source


class By(StrEnum):
    """Grouping of a month's rates."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLevels:
    """The rates of one month; without details for one closed before they were kept."""

    month: str
    closed: bool
    rows: tuple[ServiceLevel, ...]


def present_month(context: ServiceContext) -> str:
    """Return the current month (YYYY-MM) in the deployment's time zone."""
    return f"{context.now().astimezone(context.settings.zone):%Y-%m}"


def levels(context: ServiceContext, month_id: str = "", *, by: By = By.DEPARTMENT) -> ServiceLevels:
    """Return a month's rates; for a closed month the ones stored on closing.

    Rates by person are computed from the archive, because the stored figures name no persons. Raises UsageError for an
    invalid month.
    """
    month_id = check_month(month_id or present_month(context))
    kept = _kept(context, month_id)
    source = None if kept is not None else _source(context, month_id)
    if by is By.PERSON:
        rows = _by_person(context, month_id, kept)
    elif by is By.DEPARTMENT:
        rows = _by_department(context, kept, source)
    else:
        found = _figures(kept, source)
        rows = _by_pair(found, _target(context, kept)) if by is By.PAIR else _by_obligation(found)
    return ServiceLevels(month=month_id, closed=kept is not None, rows=rows)


def _kept(context: ServiceContext, month_id: str) -> Month | None:
    """Return a month if it is closed."""
    known = context.store.read(lambda tx: tx.get(Month, month_id))
    return known if known is not None and known.closed else None


def _target(context: ServiceContext, kept: Month | None) -> Decimal:
    """Return the deployment's target, in a closed month that of its closing."""
    return context.settings.target if kept is None or kept.target is None else kept.target


def _source(context: ServiceContext, month_id: str) -> DetailsSource:
    now = context.now()
    return context.store.read(
        lambda tx: details_source(context, tx, month_id, tx.find(Duty, month=month_id), now)
    )


def _figures(kept: Month | None, source: DetailsSource | None) -> tuple[Figure, ...]:
    if source is not None:
        return figures(source.duties, now=source.now, target=source.target)
    return () if kept is None else kept.figures


def _by_obligation(found: Iterable[Figure]) -> tuple[ServiceLevel, ...]:
    return tuple(
        ServiceLevel(provider=one.provider, consumer=one.consumer, obligation=one.obligation, score=one.score)
        for one in found
    )


def _by_department(
    context: ServiceContext, kept: Month | None, source: DetailsSource | None
) -> tuple[ServiceLevel, ...]:
    found, target = _figures(kept, source), _target(context, kept)
    if source is not None:
        details = {
            provider: source.beside(provider) for provider, consumer in source.parties() if not consumer
        }
    else:
        details = (
            {} if kept is None else {one.provider: one.beside for one in kept.details if not one.consumer}
        )
    return tuple(
        ServiceLevel(
            provider=provider,
            score=combined((one.score for one in found if one.provider == provider), target),
            beside=details.get(provider),
        )
        for provider in sorted({*details, *(one.provider for one in found)})
    )


def _by_pair(found: Iterable[Figure], target: Decimal) -> tuple[ServiceLevel, ...]:
    groups: dict[tuple[str, str], list[Score]] = {}
    for figure in found:
        groups.setdefault((figure.provider, figure.consumer), []).append(figure.score)
    return tuple(
        ServiceLevel(provider=provider, consumer=consumer, score=combined(scores, target))
        for (provider, consumer), scores in sorted(groups.items())
    )


def beside(context: ServiceContext, month_id: str, provider: str, consumer: str = "") -> Beside | None:
    """Return the details of a department's rate, or of a pair's.

    For a closed month the ones kept.

    None for a month that was closed before details were kept.
    """
    kept = _kept(context, month_id)
    if kept is None:
        return _source(context, month_id).beside(provider, consumer)
    if not kept.details:
        return None
    found = (one.beside for one in kept.details if (one.provider, one.consumer) == (provider, consumer))
    return next(found, Beside())


def causes(context: ServiceContext, month_id: str = "", *, provider: str = "") -> tuple[CauseRow, ...]:
    """Return the causes of a month's late, missed or returned duties, by frequency.

    Of one provider or of all. Reads the archive of a closed month; raises UsageError for an invalid month.
    """
    month_id = check_month(month_id or present_month(context))
    found = _with_archived(context, month_id)
    return pareto((duty for duty in found if provider in ("", duty.provider)), now=context.now())


def _by_person(context: ServiceContext, month_id: str, kept: Month | None) -> tuple[ServiceLevel, ...]:
    groups: dict[tuple[str, str], list[Duty]] = {}
    for duty in map(_with_target_of(kept), _with_archived(context, month_id)):
        delivered_by = duty.delivery.by if duty.delivery else ""
        groups.setdefault((duty.provider, duty.assignee or delivered_by), []).append(duty)
    now, target = context.now(), _target(context, kept)
    return tuple(
        ServiceLevel(provider=provider, person=person, score=score(group, now=now, target=target))
        for (provider, person), group in sorted(groups.items())
    )


def _with_target_of(kept: Month | None) -> Callable[[Duty], Duty]:
    """Return a function that gives a target to duties without one.

    It is the figure of the duty's month.
    """
    targets = {
        (one.provider, one.consumer, one.obligation): one.score.target
        for one in (kept.figures if kept else ())
    }

    def with_target(duty: Duty) -> Duty:
        target = targets.get((duty.provider, duty.consumer, duty.obligation))
        if duty.terms.target is not None or target is None:
            return duty
        return replace(duty, terms=replace(duty.terms, target=target))

    return with_target


def _with_archived(context: ServiceContext, month_id: str) -> Sequence[Duty]:
    try:
        return archive.duties_of(context, month_id)
    except NotFound:
        return ()
