"""Lists what waits for a department, such as complaints, waivers and offers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

from sla_tracker.domain.agreements.obligation import Obligation
from sla_tracker.domain.agreements.versions import last_day
from sla_tracker.domain.consent.agreement import version_on
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.people import Actor, Role
from sla_tracker.services.access import Right, may
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import complaints, handovers, shift_notes, surveys
from sla_tracker.services.departments.inbox_duties import entries_of_duties
from sla_tracker.services.departments.inbox_entry import InboxEntry, InboxKind, LimitKind
from sla_tracker.services.duties.current_deadline import as_of
from sla_tracker.services.months.budget_warnings import warned_forecast
from sla_tracker.services.months.closing import over_at

ENDING_WITHIN = 20  # workdays before its last day from which heads are told of an obligation that ends


def inbox_entries(context: ServiceContext, actor: Actor, *, ended: bool = False) -> list[InboxEntry]:
    """Return the inbox of the actor's department.

    What the person can decide comes first, by kind and soonest limit; then what somebody else has to do, and ratings
    last. `ended` adds the complaints that are settled.
    """
    now = context.now()
    acting = context.acting(actor, now)
    found = [
        *_complaint_entries(context, acting, now, ended=ended),
        *context.store.read(lambda tx: list(entries_of_duties(context, tx, acting, now))),
        *_offer_entries(context, acting),
        *_note_entries(context, acting),
        *_survey_entries(context, acting),
        *_budget_entries(context, acting),
        *_ending_entries(context, acting, now),
        *_agreement_entries(context, acting, now),
    ]
    order = list(InboxKind)
    return sorted(
        (_as_of(context, one, now) for one in found),
        key=lambda one: (one.turn, order.index(one.kind), one.limit_at is None, one.limit_at or now, one.id),
    )


def _as_of(context: ServiceContext, entry: InboxEntry, now: datetime) -> InboxEntry:
    """Return the entry with its duty and the duty's due time as they are now."""
    if entry.duty is None:
        return entry
    duty = as_of(context, entry.duty, now)
    return replace(
        entry,
        duty=duty,
        about=duty if entry.about is entry.duty else entry.about,
        limit_at=duty.due_at if entry.limit_kind is LimitKind.DUE else entry.limit_at,
    )


def _complaint_entries(
    context: ServiceContext, actor: Actor, now: datetime, *, ended: bool
) -> Iterator[InboxEntry]:
    administers = actor.role is Role.ADMIN
    for one in complaints.listed(context, actor.department, ended=ended, unjudged=administers):
        yield InboxEntry(
            kind=InboxKind.COMPLAINT,
            id=one.id,
            origin=one.complainant,
            against=one.against,
            about=one,
            limit_at=one.due_at,
            late=one.is_escalated(now),
            mine=complaints.may_step(context, actor, one, now),
        )


def _offer_entries(context: ServiceContext, actor: Actor) -> Iterator[InboxEntry]:
    for one in handovers.pending(context, actor.department):
        duty = context.store.read(lambda tx, id=one.duty: tx.get(Duty, id))  # type: ignore[misc]
        yield InboxEntry(
            kind=InboxKind.OFFER,
            id=one.id,
            origin=one.giver,
            against=one.taker,
            about=one,
            limit_at=None if duty is None else duty.due_at,
            late=False,
            mine=may(actor, Right.CONSENT, provider=one.taker),
            duty=duty,
            limit_kind=LimitKind.DUE if duty is not None else LimitKind.OWN,
        )


def _note_entries(context: ServiceContext, actor: Actor) -> Iterator[InboxEntry]:
    for one in shift_notes.unacknowledged(context, actor.department):
        yield InboxEntry(
            kind=InboxKind.NOTE,
            id=one.id,
            origin=one.department,
            against=one.department,
            about=one,
            limit_at=None,
            late=False,
            mine=one.written_by == actor.id or one.successor in {"", actor.id},
        )


def _budget_entries(context: ServiceContext, actor: Actor) -> Iterator[InboxEntry]:
    """Yield the warning to a head about the misses that the department may still have.

    The warning says that no more are allowed, or that more are expected.
    """
    forecast = context.store.read(lambda tx: warned_forecast(context, tx, actor))
    if forecast is not None:
        yield InboxEntry(
            kind=InboxKind.BUDGET,
            id=f"{forecast.month}/{forecast.provider}",
            origin=forecast.provider,
            against=forecast.provider,
            about=forecast,
            limit_at=over_at(context, forecast.month),
            late=False,
            mine=False,
        )


def ending_soon(context: ServiceContext, today: date) -> Iterator[tuple[Obligation, date]]:
    """Yield the obligations that end within twenty workdays, with their last day.

    Obligations with a successor are left out.
    """
    for obligation in context.catalogue.in_force():
        last_on = last_day(obligation)
        if last_on is not None and last_on >= today:
            calendar = context.calendar_of(obligation.provider, obligation.calendar)
            if calendar.workdays_between(today, last_on) <= ENDING_WITHIN:
                yield obligation, last_on


def _ending_entries(context: ServiceContext, actor: Actor, now: datetime) -> Iterator[InboxEntry]:
    """Yield what soon ends between a head's department and another one."""
    if actor.role is not Role.HEAD:
        return
    for obligation, last_on in ending_soon(context, now.astimezone(context.settings.zone).date()):
        consumers = obligation.owed_to(tuple(context.catalogue.departments))
        if actor.department in (obligation.provider, *consumers):
            calendar = context.calendar_of(obligation.provider, obligation.calendar)
            yield InboxEntry(
                kind=InboxKind.ENDING,
                id=obligation.entry,
                origin=obligation.provider,
                against=actor.department if actor.department in consumers else consumers[0],
                about=obligation,
                limit_at=calendar.close_of(last_on),
                late=False,
                mine=False,
            )


def _agreement_entries(context: ServiceContext, actor: Actor, now: datetime) -> Iterator[InboxEntry]:
    """Yield what the actor's department and others have to agree on.

    Everybody gets open proposals; heads also get what no longer fits and what was decided. An agreement no longer fits
    when it has expired, or when plugin or settings say otherwise since. What the other side decided and what has ended
    is listed for some days, because in the terminal nothing else tells it.
    """
    # Loaded here: without any agreement nothing of it is needed.
    from sla_tracker.services.consent.notices import DECIDED, recent_notices
    from sla_tracker.services.consent.standing import agreements_of, contradictions, is_expired, lapses_at

    found = agreements_of(context, actor.department) if actor.department else []
    today = now.astimezone(context.settings.zone).date()
    against = {one.agreement.id for one in contradictions(context, found)}
    for one in found:
        may_agree = may(actor, Right.AGREE, provider=one.provider, consumer=one.consumer)
        proposal = one.open
        if proposal is not None:
            other = one.consumer if proposal.proposed_from == one.provider else one.provider
            yield InboxEntry(
                kind=InboxKind.AGREEMENT,
                id=one.id,
                origin=proposal.proposed_from,
                against=other,
                about=one,
                limit_at=lapses_at(context, proposal),
                late=False,
                mine=actor.department == other and may_agree,
            )
        version = version_on(one, today) if one.ended_at is None else None
        is_over = version is not None and is_expired(version, today)
        told = [notice for notice in recent_notices(context, one, now) if notice.kind in DECIDED]
        is_news = any(notice.department == actor.department for notice in told)
        for kind, applies in (
            (InboxKind.TERMS, is_over or one.id in against),
            (InboxKind.DECIDED, is_news),
        ):
            if may_agree and applies:
                yield InboxEntry(
                    kind=kind,
                    id=one.id,
                    origin=one.provider,
                    against=one.consumer,
                    about=one,
                    limit_at=None,
                    late=False,
                    mine=False,
                )


def _survey_entries(context: ServiceContext, actor: Actor) -> Iterator[InboxEntry]:
    if not may(actor, Right.SURVEY, consumer=actor.department) or not actor.department:
        return
    for provider in surveys.asked(context, actor):
        yield InboxEntry(
            kind=InboxKind.SURVEY,
            id=f"{surveys.quarter_now(context)}/{provider}",
            origin=actor.department,
            against=provider,
            about=None,
            limit_at=None,
            late=False,
            mine=True,
        )
