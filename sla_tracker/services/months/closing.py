"""Closes and reopens months; the figures of a closed month are stored and fixed."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time

from sla_tracker.domain.checklist import Checklist
from sla_tracker.domain.duties import transitions
from sla_tracker.domain.duties.duty import OWED, Duty, State
from sla_tracker.domain.measures.measured_level import measured_levels
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.measures.scorecard import figures
from sla_tracker.domain.people import Actor
from sla_tracker.domain.time.instants import following
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, IllegalTransition, Overtaken, Refused, UsageError, Who
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.claimed_times import end_claim
from sla_tracker.services.duties.saving import accept_by_silence, save_duty, settle_silence
from sla_tracker.services.months.closing_blockers import must_be_settled, unsettled
from sla_tracker.services.months.details import archived_requests, details_source
from sla_tracker.services.ports import Reading, Writing
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A closed month, and the duties that closing it marked as missed."""

    month: Month
    missed: tuple[Duty, ...]


def close(context: ServiceContext, actor: Actor, month_id: str, *, mark_missed: bool = False) -> Closed:
    """Close a month that is over and store its figures.

    Raises Incomplete, with a way out for each, while verdicts or objections are pending or duties are owed;
    `mark_missed` marks the overdue ones as missed. Raises Overtaken when it is closed already, Refused when it is not
    over, or open while its duties lie in its archive.
    """
    check_month(month_id)
    is_sealed = month_id in context.store.seals()
    archived = archived_requests(context.store, month_id)

    def delivered(tx: Reading) -> list[Duty]:
        return tx.find(Duty, month=month_id, state=State.DELIVERED)

    settle_silence(context, delivered)

    def work(tx: Writing, now: datetime) -> Closed:
        context.require(actor, Right.CLOSE_PERIOD, now)
        must_be_over(context, month_id, now)
        known = tx.get(Month, month_id)
        _must_be_open(known)
        if is_sealed:
            raise Refused(
                N_(
                    "{month} was opened again, but its duties still lie in the archive, because that was interrupted: "
                    "sla period reopen {month} brings them back."
                ),
                month=month_id,
            )
        list(accept_by_silence(context, tx, delivered(tx), now))
        missed = _missed(context, tx, month_id, now) if mark_missed else ()
        must_be_settled(context, tx, month_id, unsettled(tx, month_id), now)
        duties = _with_targets(context, tx, month_id)
        month = Month(
            id=month_id,
            closed_at=now,
            closed_by=actor.id,
            figures=figures(duties, now=now, target=context.settings.target),
            details=details_source(context, tx, month_id, duties, archived, now).kept(),
            levels=measured_levels(duties),
            target=context.settings.target,
            answers_by_limit=True,
            # Kept, so that what was sent about an earlier closing is sent again about this one.
            reopened_at=known.reopened_at if known is not None else None,
            reopened_by=known.reopened_by if known is not None else "",
            reason=known.reason if known is not None else "",
        )
        tx.put(month)
        for event_id in {duty.event for duty in duties if duty.event_changes}:
            end_claim(tx, event_id)
        return Closed(month=month, missed=missed)

    return context.write(actor, Verb.CLOSED_MONTH, work)


def _must_be_open(month: Month | None) -> None:
    """Raise Overtaken for a month that is closed."""
    if month is not None and month.closed:
        raise Overtaken(
            N_("{month} was already closed by {by} at {at}."),
            month=month.id,
            by=Who(month.closed_by),
            at=month.closed_at,
        )


def reopened(
    tx: Writing, by: str, month_id: str, reason: str, now: datetime, *, even_open: bool = False
) -> Month:
    """Put a closed month as open again, with a reason, and return it.

    Raises IllegalTransition if it is not closed; `even_open` takes an open one, too.
    """
    known = tx.get(Month, month_id)
    if known is None or not (known.closed or even_open):
        raise IllegalTransition(N_("{month} is not closed."), month=month_id)
    month = replace(
        known,
        closed=False,
        reopened_at=now,
        reopened_by=by,
        reason=transitions.reason_given(reason),
        index=None,
    )
    tx.put(month)
    if tx.get(Checklist, month_id) is not None:  # what was signed is looked at again
        tx.put(Checklist(id=month_id))
    return month


def closed_months(context: ServiceContext) -> list[Month]:
    """Return the closed months, latest first."""
    found = context.store.read(lambda tx: tx.find(Month, closed=True))
    return sorted(found, key=lambda month: month.id, reverse=True)


def _missed(context: ServiceContext, tx: Writing, month_id: str, now: datetime) -> tuple[Duty, ...]:
    return tuple(
        save_duty(context, tx, transitions.missed(duty, now=now))
        for duty in tx.find(Duty, month=month_id, state=OWED)
        if duty.is_overdue(now)
    )


def _with_targets(context: ServiceContext, tx: Writing, month_id: str) -> list[Duty]:
    """Return a month's duties, each with a target.

    Duties without a target get the deployment's of today and keep it.
    """
    duties = []
    for duty in tx.find(Duty, month=month_id):
        if duty.terms.target is None:
            duty = replace(duty, terms=replace(duty.terms, target=context.settings.target))
            tx.put(duty)
        duties.append(duty)
    return duties


def must_be_over(context: ServiceContext, month_id: str, now: datetime) -> None:
    """Raise Refused while a month is not over."""
    ends_at = over_at(context, month_id)
    if now < ends_at:
        raise Refused(
            N_("{month} is not over yet; it can be signed and closed from {at}."), month=month_id, at=ends_at
        )


def over_at(context: ServiceContext, month_id: str) -> datetime:
    """Return the start of the next month in local time."""
    first = date.fromisoformat(f"{following(month_id)}-01")
    return datetime.combine(first, time(), context.settings.zone).astimezone(UTC)


def check_month(month_id: str) -> str:
    """Return the month if it is written YYYY-MM; raises UsageError."""
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", month_id):
        raise UsageError(N_("“{month}” is not a month; write it like 2026-10."), month=month_id)
    return month_id
