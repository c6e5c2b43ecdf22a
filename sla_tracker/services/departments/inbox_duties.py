"""Lists what waits for a department about duties, such as decisions and causes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from sla_tracker.domain.duties.duty import LIVE, OWED, Duty, State
from sla_tracker.domain.duties.event_change import EventChange
from sla_tracker.domain.duties.event_changes import deciding_departments, objectable_change, pending_change
from sla_tracker.domain.duties.holds_and_waivers import pending_holds
from sla_tracker.domain.people import SYSTEM, Actor
from sla_tracker.domain.reminders.policy import PAPERS_WORKDAYS
from sla_tracker.domain.time.instants import following, preceding
from sla_tracker.services.access import Right, may
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments.inbox_entry import InboxEntry, InboxKind, LimitKind
from sla_tracker.services.duties.current_deadline import is_in_closed_month
from sla_tracker.services.event_claims import may_decide
from sla_tracker.services.open_requests.field_changes import objectable_field_changes, pending_field_changes
from sla_tracker.services.ports import Reading

TOLD_WITHIN = timedelta(days=14)  # how long a change of an event is listed for the other side
RATED_WITHIN = timedelta(days=14)  # how long after acceptance a rating is asked for
MAX_ROWS_PER_KIND = 30  # entries of causes, and of ratings, that are listed at once
# Months of judged duties in which a decision is looked for; one that is older blocks the closing of its month.
MONTHS_BACK, MONTHS_AHEAD = 3, 12


def entries_of_duties(
    context: ServiceContext, tx: Reading, actor: Actor, now: datetime
) -> Iterator[InboxEntry]:
    """Yield what waits for the actor's department about duties owed by it or to it."""
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
            yield replace(
                entry, limit_at=limit_at, limit_kind=LimitKind.OWN, late=not duty.papers and now > limit_at
            )


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
        limit_kind=LimitKind.DUE if duty.is_live else LimitKind.OWN,
    )
