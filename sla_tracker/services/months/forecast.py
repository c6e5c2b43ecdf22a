"""Forecasts the misses of the present month, by department."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from sla_tracker.domain.agreements.clocks import clock_for
from sla_tracker.domain.agreements.obligation import Recurring
from sla_tracker.domain.deadlines.named_days import last_due_of
from sla_tracker.domain.deadlines.rules import AfterDuty
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
from sla_tracker.domain.measures.outcome import Outcome, outcome_of
from sla_tracker.domain.measures.scorecard import TargetShare, allowed_misses, score
from sla_tracker.domain.people import Actor
from sla_tracker.domain.reference import reference_of
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.instants import preceding
from sla_tracker.errors import N_, Forbidden
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.scheduler import planned
from sla_tracker.services.months.figure_source import last_closed
from sla_tracker.services.ports import Reading
from sla_tracker.services.queries.reading import reads_all_duties
from sla_tracker.services.turns.new_duty import target_of
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """A duty that may still be missed: an open one, or a turn still to be opened.

    The calendar opens such turns. `duty` is the open one's id; `odds` are those that it is missed, None without enough
    closed cases.
    """

    between: Between
    title: Text
    due_at: datetime
    target: Decimal
    period_start: date | None = None
    period_end: date | None = None
    subject: str = ""
    duty: str = ""
    odds: Fraction | None = None

    @property
    def reference(self) -> str:
        """Return the reference of an open duty; empty for a planned turn."""
        return reference_of(self.duty)


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthAhead:
    """The duties of a month so far, and those ahead, to make forecasts of.

    `ahead` is in the order of the due times.
    """

    month: str
    now: datetime
    duties: tuple[Duty, ...]
    ahead: tuple[Ahead, ...]


def forecasts(context: ServiceContext, provider: str = "") -> tuple[Forecast, ...]:
    """Return the forecasts of the present month for one or all providers.

    Events and requests still to come are not guessed.
    """
    return forecasts_of(context, read_ahead(context, provider))


def forecasts_of(context: ServiceContext, found: MonthAhead) -> tuple[Forecast, ...]:
    """Return the forecasts that follow from what was read of a month."""
    owing = {duty.provider for duty in found.duties} | {one.between[0] for one in found.ahead}
    return tuple(_forecast_of(context, id, found) for id in sorted(owing))


def read_ahead(context: ServiceContext, provider: str = "") -> MonthAhead:
    """Return what the present month's forecasts are made of, for one or all providers."""
    now = context.now()
    month = f"{now.astimezone(context.settings.zone):%Y-%m}"
    whose = {"provider": provider} if provider else {}

    def work(tx: Reading) -> tuple[list[Duty], Odds]:
        closed = last_closed(tx, preceding(month), CLOSED_MONTHS)
        return tx.find(Duty, month=month, **whose), odds_of(one for kept in closed for one in kept.figures)

    duties, odds = context.store.read(work)
    ahead = [
        replace(one, odds=odds.of(one.between))
        for one in (
            *_open_ahead(context, duties),
            *_planned_ahead(context, month_range(month).last_on, month),
        )
        if provider in ("", one.between[0])
    ]
    ahead.sort(key=lambda one: (one.due_at, one.between))
    return MonthAhead(month=month, now=now, duties=tuple(duties), ahead=tuple(ahead))


def readable_forecasts(context: ServiceContext, actor: Actor, provider: str = "") -> tuple[Forecast, ...]:
    """Return the forecasts that a reader may have: all, or the own department's.

    Who reads only what concerns the own department would count the other departments' duties in part. Raises Forbidden
    for another department then.
    """
    whose = readable_provider(context, actor, provider)
    return () if whose is None else forecasts(context, whose)


def readable_provider(context: ServiceContext, actor: Actor, provider: str = "") -> str | None:
    """Return the department of which a reader may have the forecast.

    Returns "" for all and None for none. Raises Forbidden for another department where everybody reads what concerns
    the own one only.
    """
    if reads_all_duties(context.store):
        return provider
    own = actor.department
    if provider not in ("", own):
        raise Forbidden(
            N_("You read your own department's duties only, so that there is no forecast of another one.")
        )
    return own or None


def _forecast_of(context: ServiceContext, provider: str, found: MonthAhead) -> Forecast:
    """Return the forecast of one department."""
    own = [duty for duty in found.duties if duty.provider == provider]
    ahead = [one for one in found.ahead if one.between[0] == provider]
    so_far = score(own, now=found.now, target=context.settings.target)
    targets = [*so_far.targets, *(TargetShare(target=one.target, valid=1) for one in ahead)]
    return Forecast(
        provider=provider,
        month=found.month,
        used=so_far.bad,
        allowed=allowed_misses(targets),
        ahead=len(ahead),
        expected=expected_misses([one.odds for one in ahead]),
    )


def _open_ahead(context: ServiceContext, duties: Iterable[Duty]) -> Iterable[Ahead]:
    now = context.now()
    for duty in duties:
        if duty.state in OWED and outcome_of(duty, now) is Outcome.PENDING:
            own = duty.terms.target
            yield Ahead(
                between=(duty.provider, duty.consumer, duty.obligation),
                title=duty.title,
                due_at=duty.due_at,
                period_start=duty.period_start,
                period_end=duty.period_end,
                subject=duty.subject,
                duty=duty.id,
                target=context.settings.target if own is None else own,
            )


def _last_due_of(context: ServiceContext, last_on: date) -> date:
    """Return the last day on which a turn can be due whose day before roll is given."""
    rules = (
        clock_for(
            one, trigger.due.then if isinstance(trigger.due, AfterDuty) else trigger.due, context.calendar_of
        )
        for one in context.catalogue.in_force()
        for trigger in one.triggers
        if isinstance(trigger, Recurring)
    )
    return max((last_due_of(rule, last_on, calendar) for rule, calendar in rules), default=last_on)


def _planned_ahead(context: ServiceContext, last_on: date, month: str) -> Iterable[Ahead]:
    # One that is rolled out of the month counts in it.
    for occurrence in planned(context, _last_due_of(context, last_on)):
        obligation = occurrence.obligation
        if f"{occurrence.deadline.nominal_on:%Y-%m}" == month:
            yield Ahead(
                between=(obligation.provider, obligation.consumer, obligation.id),
                title=obligation.title,
                period_start=occurrence.period_start,
                period_end=occurrence.period_end,
                due_at=occurrence.deadline.due_at,
                target=target_of(obligation, occurrence.trigger, context.settings.target),
            )
