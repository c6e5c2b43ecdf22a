"""Forecasts the misses of the present month, by department."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from sla_tracker.domain.duties.duty import OWED, Duty
from sla_tracker.domain.measures.comparisons.forecast import (
    CLOSED_MONTHS,
    Between,
    Forecast,
    Odds,
    expected_misses,
    odds_of,
)
from sla_tracker.domain.measures.date_range import month_range
from sla_tracker.domain.measures.month import preceding
from sla_tracker.domain.measures.outcome import Outcome, outcome_of
from sla_tracker.domain.measures.scorecard import TargetShare, allowed_misses, score
from sla_tracker.domain.people import Actor
from sla_tracker.errors import N_, Forbidden
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.scheduler import planned
from sla_tracker.services.months.figure_source import last_closed
from sla_tracker.services.ports import Reading
from sla_tracker.services.queries.reading import reads_all_duties
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True)
class Ahead:
    """A duty that may still be missed, and its target."""

    between: Between
    target: Decimal


def forecasts(context: ServiceContext, provider: str = "") -> tuple[Forecast, ...]:
    """Return the forecasts of the present month, of one department or of all that owe something.

    Events and requests still to come are not guessed.
    """
    now = context.now()
    month = f"{now.astimezone(context.settings.zone):%Y-%m}"
    whose = {"provider": provider} if provider else {}

    def work(tx: Reading) -> tuple[list[Duty], Odds]:
        closed = last_closed(tx, preceding(month), CLOSED_MONTHS)
        return tx.find(Duty, month=month, **whose), odds_of(one for kept in closed for one in kept.figures)

    duties, odds = context.store.read(work)
    ahead = [*_open_ahead(context, duties), *_planned_ahead(context, month_range(month).last_on, month)]
    owing = {duty.provider for duty in duties} | {one.between[0] for one in ahead}
    return tuple(
        forecast_of(context, id, month, duties, [one for one in ahead if one.between[0] == id], odds)
        for id in sorted(owing)
        if provider in ("", id)
    )


def readable_forecasts(context: ServiceContext, actor: Actor, provider: str = "") -> tuple[Forecast, ...]:
    """Return the forecasts that a reader may have: of every department, or of the own one.

    Who reads what concerns the own department only would count the other departments' duties in part. Raises Forbidden
    for another department then.
    """
    if reads_all_duties(context.store):
        return forecasts(context, provider)
    own = actor.department
    if provider not in ("", own):
        raise Forbidden(
            N_("You read your own department's duties only, so that there is no forecast of another one.")
        )
    return forecasts(context, own) if own else ()


def forecast_of(
    context: ServiceContext,
    provider: str,
    month: str,
    duties: Iterable[Duty],
    ahead: Sequence[Ahead],
    odds: Odds,
) -> Forecast:
    """Return the forecast of one department from the duties of a month."""
    own = [duty for duty in duties if duty.provider == provider]
    so_far = score(own, now=context.now(), target=context.settings.target)
    targets = [*so_far.targets, *(TargetShare(target=one.target, valid=1) for one in ahead)]
    return Forecast(
        provider=provider,
        month=month,
        used=so_far.bad,
        allowed=allowed_misses(targets),
        ahead=len(ahead),
        expected=expected_misses([odds.of(one.between) for one in ahead]),
    )


def _open_ahead(context: ServiceContext, duties: Iterable[Duty]) -> Iterable[Ahead]:
    now = context.now()
    for duty in duties:
        if duty.state in OWED and outcome_of(duty, now) is Outcome.PENDING:
            own = duty.terms.target
            yield Ahead(
                (duty.provider, duty.consumer, duty.obligation),
                context.settings.target if own is None else own,
            )


def _planned_ahead(context: ServiceContext, last_on: date, month: str) -> Iterable[Ahead]:
    for occurrence in planned(context, last_on):
        obligation = occurrence.obligation
        if f"{occurrence.deadline.nominal_on:%Y-%m}" == month:
            yield Ahead(
                (obligation.provider, obligation.consumer, obligation.id),
                context.settings.target if obligation.target is None else obligation.target,
            )
