"""Use cases of events: register (opens duties), correct, move, cancel, list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from enum import Enum, auto

from sla_tracker.domain.agreements.fields import Field, filled, problems_with
from sla_tracker.domain.agreements.occurrences import can_open_at
from sla_tracker.domain.duties import event as steps
from sla_tracker.domain.duties.duty import OWED, Duty, State
from sla_tracker.domain.duties.event import Event, EventState, EventType
from sla_tracker.domain.duties.event_change import EventChangeKind
from sla_tracker.domain.duties.event_changes import pending_change, time_of
from sla_tracker.domain.duties.subject import problem_with_subject, subject_key
from sla_tracker.domain.duties.ties import tied_keys
from sla_tracker.domain.people import Actor
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, Incomplete, NeedsConfirmation, SlaError, UsageError
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.claimed_times import is_time_claimed
from sla_tracker.services.duties.creation import concerned, open_for_event
from sla_tracker.services.duties.keys import obligation_of, provider_of
from sla_tracker.services.duties.saving import accept_by_silence, save_duty, settle_silence
from sla_tracker.services.duties.withheld import Withheld, withheld_by
from sla_tracker.services.event_changes import EventEdit, follow, has_passed_due, is_untouched
from sla_tracker.services.lookup.references import existing, must_not_be_sealed, new_id
from sla_tracker.services.ports import Reading, Writing
from sla_tracker.services.subjects.doubts import ask_if_mistyped
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """An event, and the duties that the use case opened, moved and cancelled.

    `claimed` are duties of the actor's own department for which another side has to confirm the change. `withheld` are
    the obligations that a registered event does not open, and why.
    """

    event: Event
    opened: tuple[Duty, ...] = ()
    moved: tuple[Duty, ...] = ()
    cancelled: tuple[Duty, ...] = ()
    claimed: tuple[Duty, ...] = ()
    withheld: tuple[Withheld, ...] = ()


EventWork = Callable[[Writing, datetime], Registered]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a change of an event would do: its duties before, and the changes."""

    before: tuple[Duty, ...]
    found: Registered


def register(
    context: ServiceContext,
    actor: Actor,
    type_id: str,
    *,
    subject: str,
    at: datetime | None = None,
    fields: Mapping[str, str] | None = None,
    again: bool = False,
) -> Registered:
    """Register an event and open the duties that it triggers in all departments.

    Without a time it happens at the instant of its registration. Raises Incomplete with missing fields, UsageError for
    an impossible time or a planned event without one, and NeedsConfirmation when an event of the same type, subject and
    day exists or the subject looks mistyped, unless `again`.
    """
    event_type = context.catalogue.event_type(type_id)
    if at is None and event_type.planned:
        raise UsageError(N_("“{title}” is planned: say when."), title=event_type.title)
    given = filled(fields or {})
    now = context.now()
    context.require(actor, Right.REGISTER_EVENT, now)
    check_event(context, event_type, subject, at or now, given, now)
    if not again:
        _ask_if_among(context, sealed_events(context, at or now), event_type, subject, at or now)

    def work(tx: Writing, now: datetime) -> Registered:
        if not again:
            known = tx.find(Event, type=event_type.id, subject_key=subject_key(subject))
            _ask_if_among(context, known, event_type, subject, at or now)
            ask_if_mistyped(context, tx, event_type, subject)
        event = new_event(actor, event_type, now, subject=subject, at=at or now, fields=given)
        tx.put(event)
        opened = tuple(open_for_event(context, tx, event, now))
        return Registered(event=event, opened=opened, withheld=tuple(withheld_by(context, tx, event)))

    return context.write(actor, Verb.REGISTERED_EVENT, work)


def new_event(
    actor: Actor,
    event_type: EventType,
    now: datetime,
    *,
    subject: str,
    at: datetime,
    fields: Mapping[str, str],
) -> Event:
    """Return an event that an actor registers now; it is not stored yet."""
    return Event(
        id=new_id(now),
        type=event_type.id,
        title=event_type.title,
        planned=event_type.planned,
        subject=subject.strip(),
        subject_key=subject_key(subject),
        at=at,
        registered_at=now,
        registered_by=actor.id,
        registered_from=actor.department,
        time_set_at=now,
        time_set_by=actor.id,
        time_set_from=actor.department,
        fields=dict(fields),
        tied=tied_keys(event_type, fields),
    )


def correct(
    context: ServiceContext,
    actor: Actor,
    event_id: str,
    *,
    subject: str | None = None,
    at: datetime | None = None,
    fields: Mapping[str, str] | None = None,
    reason: str = "",
) -> Registered:
    """Correct an event's subject, time or fields.

    Undelivered duties follow, as far as nobody has to agree first (`event_changes`); those whose condition holds only
    now are opened as if registered at the correction.
    """
    prepare_change(context, event_id)
    is_untouched = _untouched(context, actor, event_id)

    def work(tx: Writing, now: datetime) -> Registered:
        event, duties = _to_change(context, tx, actor, event_id, now)
        event_type = context.catalogue.event_type(event.type)
        changed = steps.corrected(
            event,
            subject=(event.subject if subject is None else subject).strip(),
            at=event.at if at is None else at,
            fields=filled({**event.fields, **(fields or {})}),
            now=now,
            by=actor.person,
        )
        check_event(context, event_type, changed.subject, changed.at, changed.fields, now)
        changed = replace(changed, tied=tied_keys(event_type, changed.fields))
        edit = EventEdit(
            kind=EventChangeKind.CORRECTED,
            before=event,
            after=changed,
            actor=actor,
            now=now,
            reason=reason,
            is_typing_error=is_untouched(tx) and not has_passed_due(duties, now),
        )
        return update_duties(context, tx, edit)

    return context.write(actor, Verb.CORRECTED_EVENT, work, reason)


def _untouched(context: ServiceContext, actor: Actor, event_id: str) -> Callable[[Reading], bool]:
    """Return a test whether the actor's department may still correct its registration.

    The history is read before the transaction; what was committed since makes the answer no.
    """

    def read(tx: Reading) -> tuple[Event, list[Duty], int]:
        return existing(tx, Event, event_id), tx.find(Duty, event=event_id), tx.sequence

    event, duties, sequence = context.store.read(read)
    alone = is_untouched(context, actor, event, duties)
    return lambda tx: alone and tx.is_unchanged_since(sequence)


def move(context: ServiceContext, actor: Actor, event_id: str, at: datetime, reason: str = "") -> Registered:
    """Reschedule a planned event.

    Undelivered duties follow, except where somebody has to agree first.
    """
    prepare_change(context, event_id)
    return context.write(actor, Verb.MOVED_EVENT, _moving(context, actor, event_id, at, reason), reason)


def preview_move(context: ServiceContext, actor: Actor, event_id: str, at: datetime) -> Preview:
    """Return what would follow from rescheduling a planned event; changes nothing."""
    return _tried(context, actor, Verb.MOVED_EVENT, event_id, _moving(context, actor, event_id, at, ""))


def _moving(context: ServiceContext, actor: Actor, event_id: str, at: datetime, reason: str) -> EventWork:
    def work(tx: Writing, now: datetime) -> Registered:
        event, _duties = _to_change(context, tx, actor, event_id, now)
        changed = steps.rescheduled(event, at=at, now=now, by=actor.person)
        check_time(changed.title, planned=True, at=at, now=now)
        kind = EventChangeKind.MOVED
        edit = EventEdit(kind=kind, before=event, after=changed, actor=actor, now=now, reason=reason)
        return update_duties(context, tx, edit)

    return work


def cancel(context: ServiceContext, actor: Actor, event_id: str, reason: str) -> Registered:
    """Cancel an event and its undelivered duties, with a reason.

    An overdue duty of the actor's own side stays owed until its consumer confirms.
    """
    if not reason.strip():
        raise UsageError(N_("Cancelling an event needs a reason."))
    prepare_change(context, event_id)
    return context.write(actor, Verb.CANCELLED_EVENT, _cancelling(context, actor, event_id, reason), reason)


def preview_cancel(context: ServiceContext, actor: Actor, event_id: str) -> Preview:
    """Return what would go with an event that is cancelled; changes nothing."""
    return _tried(context, actor, Verb.CANCELLED_EVENT, event_id, _cancelling(context, actor, event_id, ""))


def _cancelling(context: ServiceContext, actor: Actor, event_id: str, reason: str) -> EventWork:
    def work(tx: Writing, now: datetime) -> Registered:
        event, _duties = _to_change(context, tx, actor, event_id, now)
        changed = steps.cancelled(event, reason=reason.strip())
        kind = EventChangeKind.CANCELLED
        edit = EventEdit(kind=kind, before=event, after=changed, actor=actor, now=now, reason=reason)
        return update_duties(context, tx, edit)

    return work


class _Tried(Exception):
    """Ends the transaction of a preview, so that nothing of it is stored."""

    def __init__(self, found: Registered) -> None:
        super().__init__()
        self.found = found


def _tried(context: ServiceContext, actor: Actor, what: Verb, event_id: str, work: EventWork) -> Preview:
    """Run a change with the rules that it is made with, and roll it back."""
    must_not_be_sealed(context, Event, event_id)
    before = context.store.read(lambda tx: tuple(tx.find(Duty, event=event_id)))

    def trial(tx: Writing, now: datetime) -> Registered:
        raise _Tried(work(tx, now))

    try:
        context.write(actor, what, trial)
    except _Tried as tried:
        return Preview(before=before, found=tried.found)
    raise AssertionError  # the trial always raises


def _to_change(
    context: ServiceContext, tx: Writing, actor: Actor, event_id: str, now: datetime
) -> tuple[Event, list[Duty]]:
    """Return an event that the actor may change, and its duties.

    Deliveries that silence has accepted by now are stored as accepted first.
    """
    event = existing(tx, Event, event_id)
    _require_change(context, tx, actor, event, now)
    list(accept_by_silence(context, tx, tx.find(Duty, event=event.id), now))
    return event, tx.find(Duty, event=event.id)


def prepare_change(context: ServiceContext, event_id: str) -> None:
    """Store what time did to an event's duties before it is changed.

    Raises Refused for an archived event.
    """
    must_not_be_sealed(context, Event, event_id)
    settle_silence(context, lambda tx: tx.find(Duty, event=event_id))


def update_duties(context: ServiceContext, tx: Writing, edit: EventEdit) -> Registered:
    """Store a changed event; move, cancel and open its duties."""
    tx.put(edit.after)  # before its duties: saving them reads the event
    found: dict[_Outcome, list[Duty]] = {outcome: [] for outcome in _Outcome}
    known = tx.find(Duty, event=edit.after.id)
    edit = replace(edit, overdue=frozenset(duty.id for duty in known if duty.is_overdue(edit.now)))
    for id in [duty.id for duty in known]:
        # Read anew, because one that waits for another of the event changed together with that.
        duty = existing(tx, Duty, id)
        followed = follow(context, tx, duty, edit)
        if followed == duty:
            continue
        saved = save_duty(context, tx, followed)
        if duty.state in OWED or duty.event_changes != saved.event_changes:
            found[_outcome(duty, saved)].append(saved)
    event = _with_claim(tx, edit)
    tx.put(event)
    opened: list[Duty] = []
    if event.state is not EventState.CANCELLED:
        late = replace(event, time_set_at=edit.now, time_set_from=edit.actor.department)
        opened = open_for_event(context, tx, late, edit.now, already=concerned(context, tx, edit.before))
    return Registered(
        event=event,
        opened=tuple(opened),
        moved=tuple(found[_Outcome.MOVED]),
        cancelled=tuple(found[_Outcome.CANCELLED]),
        claimed=tuple(found[_Outcome.CLAIMED]),
    )


class _Outcome(Enum):
    """What became of a duty whose event changed."""

    MOVED = auto()
    CANCELLED = auto()
    CLAIMED = auto()


def _outcome(before: Duty, after: Duty) -> _Outcome:
    if after.state is State.CANCELLED:
        return _Outcome.CANCELLED
    is_claimed = after.event_changes != before.event_changes and pending_change(after)
    return _Outcome.CLAIMED if is_claimed else _Outcome.MOVED


def _with_claim(tx: Reading, edit: EventEdit) -> Event:
    """Return the changed event.

    While a duty's claim about its time is pending, it keeps the time before as well.
    """
    is_claimed = is_time_claimed(tx, tx.find(Duty, event=edit.after.id))
    before = edit.before.before_claim
    if before is None and time_of(edit.before) != time_of(edit.after):
        before = time_of(edit.before)
    return replace(edit.after, before_claim=before if is_claimed else None)


def _require_change(context: ServiceContext, tx: Reading, actor: Actor, event: Event, now: datetime) -> None:
    """Raise Forbidden unless the actor may change the event.

    The registering department may, and every provider or consumer of its duties, also of those in archives.
    """
    duties = tx.find(Duty, event=event.id)
    parties = {party for duty in duties for party in (duty.provider, duty.consumer)}
    for key in event.sealed:
        sealed = context.catalogue.owed_by(obligation_of(key), provider_of(key))
        parties |= {sealed.provider, sealed.consumer} if sealed else set()
    if actor.department in {event.registered_from, *parties}:
        context.require(actor, Right.REGISTER_EVENT, now)
        return
    consumer = duties[0].consumer if duties else ""
    context.require(actor, Right.CHANGE_EVENT, now, provider=event.registered_from, consumer=consumer)


def fields_asked(context: ServiceContext, event_type: EventType, at: datetime) -> tuple[Field, ...]:
    """Return the fields of an event type; those that a condition needs are required.

    Only conditions of triggers that can open a duty at this time count.
    """
    needed = {
        trigger.condition.field
        for obligation, trigger in context.catalogue.opened_by(event_type.id)
        if trigger.condition is not None
        and trigger.condition.field
        and can_open_at(obligation, trigger, at, context.calendar_of)
    }
    return tuple(
        replace(field, required=True) if field.id in needed else field for field in event_type.fields
    )


def check_event(
    context: ServiceContext,
    event_type: EventType,
    subject: str,
    at: datetime,
    fields: Mapping[str, str],
    now: datetime,
) -> None:
    """Raise Incomplete with everything that is wrong with an event.

    Raises UsageError for an impossible time.
    """
    problems = tuple(
        problem for _column, problem in problems_of_event(context, event_type, subject, at, fields)
    )
    if problems:
        raise Incomplete(N_("“{title}” cannot be registered yet:"), problems, title=event_type.title)
    check_time(event_type.title, planned=event_type.planned, at=at, now=now)


def problems_of_event(
    context: ServiceContext, event_type: EventType, subject: str, at: datetime, fields: Mapping[str, str]
) -> Iterator[tuple[str, SlaError]]:
    """Yield what is wrong with an event's subject and fields.

    Each problem comes with its field's id, or "" for the subject.
    """
    if (wrong := problem_with_subject(subject, event_type.subject)) is not None:
        yield "", wrong
    asked = fields_asked(context, event_type, at)
    for field in asked:
        yield from ((field.id, problem) for problem in problems_with((field,), _only(fields, field.id)))
    known = {field.id for field in asked}
    unknown = {name: value for name, value in fields.items() if name not in known}
    yield from (("", problem) for problem in problems_with(asked, unknown, complete=False))


def _only(fields: Mapping[str, str], id: str) -> dict[str, str]:
    return {id: fields[id]} if id in fields else {}


def check_time(title: object, *, planned: bool, at: datetime, now: datetime) -> None:
    """Raise UsageError for something that has happened and yet lies ahead."""
    if not planned and at > now:
        raise UsageError(
            N_("“{title}” is something that has happened, but {at} lies ahead (now {now})."),
            title=title,
            at=at,
            now=now,
        )


def sealed_events(context: ServiceContext, at: datetime) -> Iterator[Event]:
    """Yield the events in archives of the month of a time and later ones.

    Earlier archives are not read, because no event is sealed before its month.
    """
    month = f"{_day(context, at):%Y-%m}"
    for name in sorted(name for name in context.store.seals() if name >= month):
        yield from (value for value in context.store.sealed(name) if isinstance(value, Event))


def _ask_if_among(
    context: ServiceContext, known: Iterable[Event], event_type: EventType, subject: str, at: datetime
) -> None:
    """Raise NeedsConfirmation when a known event looks the same.

    Such an event is active and has the same type, subject and day.
    """
    wanted = (event_type.id, subject_key(subject), EventState.ACTIVE, _day(context, at))
    for other in known:
        if (other.type, other.subject_key, other.state, _day(context, other.at)) == wanted:
            raise NeedsConfirmation(
                N_(
                    "“{title}” about {subject} on that day was already registered by {by} at {at}. Register it again?"
                ),
                title=event_type.title,
                subject=other.subject,
                by=context.name_of(other.registered_by),
                at=other.registered_at,
            )


def _day(context: ServiceContext, instant: datetime) -> date:
    return instant.astimezone(context.settings.zone).date()


def listed(context: ServiceContext, *, cancelled: bool = False) -> list[Event]:
    """Return the active events, and with `cancelled` the cancelled ones, latest first."""
    states = (EventState.ACTIVE, EventState.CANCELLED) if cancelled else (EventState.ACTIVE,)
    return context.store.read(
        lambda tx: sorted(tx.find(Event, state=tuple(states)), key=lambda event: event.at, reverse=True)
    )
