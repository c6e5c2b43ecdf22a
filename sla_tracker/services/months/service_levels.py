"""Computes a month's rates by department, pair, obligation or person, with details."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.measures.causes import CauseRow, pareto
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.measures.scorecard import Figure, Score, combined, figures, score
from sla_tracker.domain.measures.verdict_times import VerdictTimes, verdict_times
from sla_tracker.errors import NotFound
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.months import archive
from sla_tracker.services.months.closing import check_month
from sla_tracker.services.ports import Reading
from sla_tracker.services.requests import RequestCounts, count_requests


class By(StrEnum):
    """Grouping of a month's rates."""

    DEPARTMENT = "department"
    PAIR = "pair"
    OBLIGATION = "obligation"
    PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Details shown next to a rate.

    `verdicts` are the consumer's times to a verdict, `requests` the provider's answers to requests, `settled` the rate
    of duties opened by requests, `causes` why duties were late or returned.
    """

    verdicts: VerdictTimes = field(default_factory=VerdictTimes)
    requests: RequestCounts = field(default_factory=RequestCounts)
    settled: Score = field(default_factory=Score)
    causes: tuple[CauseRow, ...] = ()


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
    """The rates of one month; without details for a closed one, as its duties are archived."""

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
    kept = context.store.read(lambda tx: tx.get(Month, month_id))
    closed = kept is not None and kept.closed
    if by is By.PERSON:
        return ServiceLevels(month=month_id, closed=closed, rows=_by_person(context, month_id))
    duties = [] if closed else _duties(context, month_id)
    now, target = context.now(), context.settings.target
    found = kept.figures if kept is not None and closed else figures(duties, now=now, target=target)
    if by is By.OBLIGATION:
        rows = tuple(
            ServiceLevel(
                provider=one.provider, consumer=one.consumer, obligation=one.obligation, score=one.score
            )
            for one in found
        )
        return ServiceLevels(month=month_id, closed=closed, rows=rows)
    if by is By.PAIR:
        return ServiceLevels(month=month_id, closed=closed, rows=_by_pair(found, target))
    asked = [] if closed else _requests(context, month_id)
    concerned = {one.provider for one in found} | {one.provider for one in asked}
    concerned |= {duty.consumer for duty in duties if duty.deliveries}
    return ServiceLevels(
        month=month_id,
        closed=closed,
        rows=tuple(
            ServiceLevel(
                provider=provider,
                score=combined((one.score for one in found if one.provider == provider), target),
                beside=None if closed else _beside(context, duties, asked, provider, "", now),
            )
            for provider in sorted(concerned)
        ),
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
    """Return the details of a department's rate, or of a pair's; None for a closed month."""
    kept = context.store.read(lambda tx: tx.get(Month, month_id))
    if kept is not None and kept.closed:
        return None
    duties, asked = _duties(context, month_id), _requests(context, month_id)
    return _beside(context, duties, asked, provider, consumer, context.now())


def causes(context: ServiceContext, month_id: str = "", *, provider: str = "") -> tuple[CauseRow, ...]:
    """Return the causes of a month's late, missed or returned duties, by frequency.

    Of one provider or of all. Reads the archive of a closed month; raises UsageError for an invalid month.
    """
    month_id = check_month(month_id or present_month(context))
    found = _with_archived(context, month_id)
    return pareto((duty for duty in found if provider in ("", duty.provider)), now=context.now())


def _beside(
    context: ServiceContext,
    duties: Iterable[Duty],
    asked: Iterable[Request],
    provider: str,
    consumer: str,
    now: datetime,
) -> Beside:
    """Return the details of a row.

    For a department alone the verdicts are those that it gave as a consumer; for a pair, those of the consumer.
    """
    all_duties = list(duties)
    own = [duty for duty in all_duties if duty.provider == provider and consumer in ("", duty.consumer)]
    judged = own if consumer else [duty for duty in all_duties if duty.consumer == provider]
    received = [one for one in asked if one.provider == provider and consumer in ("", one.consumer)]
    return Beside(
        verdicts=verdict_times(judged, context.calendar_of),
        requests=count_requests(received, now=now),
        settled=score((duty for duty in own if duty.request), now=now, target=context.settings.target),
        causes=pareto(own, now=now),
    )


def _by_person(context: ServiceContext, month_id: str) -> tuple[ServiceLevel, ...]:
    groups: dict[tuple[str, str], list[Duty]] = {}
    for duty in _with_archived(context, month_id):
        delivered_by = duty.delivery.by if duty.delivery else ""
        groups.setdefault((duty.provider, duty.assignee or delivered_by), []).append(duty)
    now, target = context.now(), context.settings.target
    return tuple(
        ServiceLevel(provider=provider, person=person, score=score(group, now=now, target=target))
        for (provider, person), group in sorted(groups.items())
    )


def _duties(context: ServiceContext, month_id: str) -> Sequence[Duty]:
    return context.store.read(lambda tx: tx.find(Duty, month=month_id))


def _with_archived(context: ServiceContext, month_id: str) -> Sequence[Duty]:
    try:
        return archive.duties_of(context, month_id)
    except NotFound:
        return ()


def _requests(context: ServiceContext, month_id: str) -> list[Request]:
    zone = context.settings.zone

    def work(tx: Reading) -> list[Request]:
        found = tx.find(Request)
        return [one for one in found if f"{one.requested_at.astimezone(zone):%Y-%m}" == month_id]

    return context.store.read(work)
