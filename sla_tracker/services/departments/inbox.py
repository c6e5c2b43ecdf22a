"""Lists what waits for a department, such as complaints, waivers and offers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum

from sla_tracker.domain.agreements.obligation import Obligation
from sla_tracker.domain.agreements.versions import last_day
from sla_tracker.domain.consent.agreement import Agreement, version_on
from sla_tracker.domain.duties.complaint import Complaint
from sla_tracker.domain.duties.duty import LIVE, OWED, Duty, State
from sla_tracker.domain.duties.event_change import EventChange
from sla_tracker.domain.duties.event_changes import deciding_departments, objectable_change, pending_change
from sla_tracker.domain.duties.handover import Offer, ShiftNote
from sla_tracker.domain.duties.holds_and_waivers import pending_holds
from sla_tracker.domain.measures.comparisons.forecast import Forecast
from sla_tracker.domain.people import SYSTEM, Actor, Role
from sla_tracker.domain.reminders.policy import PAPERS_WORKDAYS
from sla_tracker.domain.time.instants import following, preceding
from sla_tracker.services.access import Right, may
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import complaints, handovers, shift_notes, surveys
from sla_tracker.services.duties.current_deadline import as_of, is_in_closed_month
from sla_tracker.services.event_claims import may_decide
from sla_tracker.services.months.budget_warnings import warned_forecast
from sla_tracker.services.months.closing import over_at
from sla_tracker.services.open_requests.field_changes import objectable_field_changes, pending_field_changes
from sla_tracker.services.ports import Reading
from sla_tracker.value_class import dataclass

TOLD_WITHIN = timedelta(days=14)  # how long a change of an event is listed for the other side
RATED_WITHIN = timedelta(days=14)  # how long after acceptance a rating is asked for
ENDING_WITHIN = 20  # workdays before its last day from which heads are told of an obligation that ends
MAX_ROWS_PER_KIND = 30  # entries of causes, and of ratings, that are listed at once
# Months of judged duties in which a decision is looked for; one that is older blocks the closing of its month.
MONTHS_BACK, MONTHS_AHEAD = 3, 12


class InboxKind(StrEnum):
    """Kind of an inbox entry, in the order of the list.

    What needs a decision comes first, then what needs a word.
    """

    COMPLAINT = "complaint"
    WAIVER = "waiver"
    HOLD = "hold"
    FIELD = "field"
    EVENT = "event"
    OFFER = "offer"
    AGREEMENT = "agreement"
    NOTE = "note"
    PAPERS = "papers"
    CAUSE = "cause"
    BUDGET = "budget"
    ENDING = "ending"
    TERMS = "terms"
    DECIDED = "decided"
    SURVEY = "survey"
    RATING = "rating"


# What people may answer, but nobody waits for.
OPTIONAL = frozenset({InboxKind.SURVEY, InboxKind.RATING})


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxEntry:
    """One entry between two departments.

    `mine` tells that the person can act on it now. `about` is the complaint, duty, offer or note itself, the obligation
    that ends, or the forecast of misses that the head was warned of; None for a survey, which is about the department
    `against`.
    """

    kind: InboxKind
    id: str
    origin: str
    against: str
    about: Complaint | Duty | Offer | ShiftNote | Obligation | Forecast | Agreement | None
    limit_at: datetime | None
    late: bool
    mine: bool
    duty: Duty | None = None

    @property
    def stage(self) -> int:
        """Return the place in the list: the person's turn, another's turn, optional."""
        return 2 if self.kind in OPTIONAL else 1 - self.mine


def inbox_entries(context: ServiceContext, actor: Actor, *, ended: bool = False) -> list[InboxEntry]:
    """Return the inbox of the actor's department.

    What the person can decide comes first, by kind and soonest limit; then what somebody else has to do, and ratings
    last. `ended` adds the complaints that are settled.
    """
    now = context.now()
    acting = context.acting(actor, now)
    found = [
        *_complaint_entries(context, acting, now, ended=ended),
        *context.store.read(lambda tx: list(_entries_of_duties(context, tx, acting, now))),
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
        key=lambda one: (one.stage, order.index(one.kind), one.limit_at is None, one.limit_at or now, one.id),
    )


def _as_of(context: ServiceContext, entry: InboxEntry, now: datetime) -> InboxEntry:
    """Return the entry with its duty and limit as they are now.

    The limit is the duty's due time.
    """
    if entry.duty is None:
        return entry
    duty = as_of(context, entry.duty, now)
    return replace(
        entry,
        duty=duty,
        about=duty if entry.about is entry.duty else entry.about,
        limit_at=duty.due_at if entry.limit_at == entry.duty.due_at else entry.limit_at,
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


def _entries_of_duties(
    context: ServiceContext, tx: Reading, actor: Actor, now: datetime
) -> Iterator[InboxEntry]:
    zone = context.settings.zone
    judged = tx.find(
        Duty,
        consumer=actor.department,
        state=(State.ACCEPTED, State.HANDED_OVER),
        month=_months_to_decide(now, zone),
    )
    judged = [duty for duty in judged if _is_undecided(duty) and not is_in_closed_month(tx, duty)]
    live = [
        *tx.find(Duty, state=LIVE, provider=actor.department),
        *tx.find(Duty, state=LIVE, consumer=actor.department),
    ]
    yield from _decided_by_consumer(actor, [*live, *judged])
    yield from _duty_entries(tx, actor, now, zone)
    yield from _event_entries(tx, actor, now, live, judged)
    yield from _request_entries(context, actor, now, [*live, *judged])


def _months_to_decide(now: datetime, zone: tzinfo) -> tuple[str, ...]:
    month = f"{now.astimezone(zone):%Y-%m}"
    for _ in range(MONTHS_BACK):
        month = preceding(month)
    found = [month]
    for _ in range(MONTHS_BACK + MONTHS_AHEAD):
        found.append(following(found[-1]))
    return tuple(found)


def _is_undecided(duty: Duty) -> bool:
    """Tell whether somebody still has to decide on what a judged duty is judged by."""
    return bool(pending_change(duty) or pending_holds(duty) or pending_field_changes(duty))


def _decided_by_consumer(actor: Actor, duties: Iterable[Duty]) -> Iterator[InboxEntry]:
    """Yield duties on which the head of the consumer decides.

    These duties are owed to the actor's department, with a waiver asked for or a hold objected to.
    """
    for duty in duties:
        if duty.consumer != actor.department:
            continue
        if duty.state in OWED and duty.waiver is not None and duty.waiver.granted is None:
            yield _duty_entry(InboxKind.WAIVER, duty, mine=may(actor, Right.WAIVE, **_parties(duty)))
        if pending_holds(duty):
            yield _duty_entry(InboxKind.HOLD, duty, mine=may(actor, Right.CONFIRM_HOLD, **_parties(duty)))


def _duty_entries(tx: Reading, actor: Actor, now: datetime, zone: tzinfo) -> Iterator[InboxEntry]:
    """Yield what was late or returned without a cause, or accepted without a rating."""
    months = _late_months(now, zone)
    owed = tx.find(Duty, provider=actor.department, month=months)
    unexplained = [duty for duty in owed if duty.asks_cause(now)]
    for duty in unexplained[:MAX_ROWS_PER_KIND]:
        yield _duty_entry(InboxKind.CAUSE, duty, mine=may(actor, Right.EXPLAIN, **_parties(duty)))
    judged = tx.find(Duty, consumer=actor.department, month=months, state=State.ACCEPTED)
    unrated = [duty for duty in judged if duty.rating is None and _is_ratable(duty, now)]
    for duty in unrated[-MAX_ROWS_PER_KIND:]:
        yield _duty_entry(InboxKind.RATING, duty, mine=may(actor, Right.JUDGE, **_parties(duty)))


def _late_months(now: datetime, zone: tzinfo) -> tuple[str, ...]:
    """Return the months of duties that may lately have been accepted."""
    return tuple(f"{at.astimezone(zone):%Y-%m}" for at in (now, now - RATED_WITHIN))


def _event_entries(
    tx: Reading, actor: Actor, now: datetime, own: Sequence[Duty], judged: Sequence[Duty]
) -> Iterator[InboxEntry]:
    """Yield duties whose event a department changed.

    What needs a decision comes first, then what the other side is told.
    """
    # A department that only registered the event is no party of the duty; only live ones are searched for it, because
    # they are few.
    registered = [duty for duty in tx.find(Duty, state=LIVE) if _is_registered_by(duty, actor.department)]
    # Accepted before anybody decided, a duty still waits for it: it is judged by the time.
    for duty in {duty.id: duty for duty in (*own, *registered, *judged)}.values():
        change = pending_change(duty)
        parties = (duty.provider, *deciding_departments(duty, change)) if change else ()
        if change is not None and actor.department in parties:
            yield _duty_entry(InboxKind.EVENT, duty, mine=may_decide(actor, duty, change))
    told = [duty for duty in own if duty.event_changes and not pending_change(duty)]
    for party in ("provider", "consumer"):
        told += tx.find(Duty, state=State.CANCELLED, **{party: actor.department})
    for duty in {duty.id: duty for duty in told}.values():
        if duty.event_changes and _is_told(duty, duty.event_changes[-1], actor, now):
            objectable = objectable_change(duty) is not None
            may_object = objectable and may(actor, Right.OBJECT, **_parties(duty))
            yield _duty_entry(InboxKind.EVENT, duty, mine=may_object)


def _request_entries(
    context: ServiceContext, actor: Actor, now: datetime, duties: Iterable[Duty]
) -> Iterator[InboxEntry]:
    """Yield requests with changed fields, and open ones that wait for papers.

    The actor's department has to give these papers.
    """
    for duty in duties:
        last = duty.field_changes[-1] if duty.field_changes else None
        if pending_field_changes(duty):
            yield _duty_entry(InboxKind.FIELD, duty, mine=may(actor, Right.CONFIRM_HOLD, **_parties(duty)))
        elif last is not None and last.side != actor.department and now - last.at <= TOLD_WITHIN:
            objectable = bool(objectable_field_changes(duty))
            yield _duty_entry(
                InboxKind.FIELD, duty, mine=objectable and may(actor, Right.OBJECT, **_parties(duty))
            )
        if duty.state in OWED and duty.missing_papers and duty.consumer == actor.department:
            entry = _duty_entry(InboxKind.PAPERS, duty, mine=may(actor, Right.TICK_PAPER, **_parties(duty)))
            limit_at = papers_limit(context, duty)
            yield replace(entry, limit_at=limit_at, late=not duty.papers and now > limit_at)


def papers_limit(context: ServiceContext, duty: Duty) -> datetime:
    """Return when a consumer who has given no paper is asked to withdraw.

    It is the close of the PAPERS_WORKDAYS-th workday after the duty's opening.
    """
    calendar = context.calendar_of(duty.consumer)
    return calendar.close_of(calendar.shift_workdays(calendar.local_date(duty.opened_at), PAPERS_WORKDAYS))


def _is_registered_by(duty: Duty, department: str) -> bool:
    return any(change.registered_from == department for change in duty.event_changes)


def _is_told(duty: Duty, change: EventChange, actor: Actor, now: datetime) -> bool:
    """Tell whether the other side lately made a change that counts."""
    is_other = change.department != actor.department and not change.superseded
    is_party = actor.department in {duty.provider, duty.consumer}
    return is_party and is_other and now - change.at <= TOLD_WITHIN


def _is_ratable(duty: Duty, now: datetime) -> bool:
    accepted_at = duty.accepted_at
    return accepted_at is not None and duty.accepted_by != SYSTEM and now - accepted_at <= RATED_WITHIN


def _parties(duty: Duty) -> dict[str, str]:
    return {"provider": duty.provider, "consumer": duty.consumer}


def _duty_entry(kind: InboxKind, duty: Duty, *, mine: bool) -> InboxEntry:
    return InboxEntry(
        kind=kind,
        id=duty.id,
        origin=duty.provider,
        against=duty.consumer,
        about=duty,
        limit_at=duty.due_at if duty.is_live else None,
        late=False,
        mine=mine,
        duty=duty,
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
