"""Use cases of a duty: take, assign, fill in, deliver, accept, return, reopen, note."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time

from sla_tracker.core import transitions
from sla_tracker.core.duty import Duty
from sla_tracker.core.event import Event
from sla_tracker.core.people import Actor
from sla_tracker.core.rules import precedes_event
from sla_tracker.desk.access import Right
from sla_tracker.desk.desk import Desk, existing
from sla_tracker.desk.excuses import in_open_month
from sla_tracker.desk.keeping import keep
from sla_tracker.desk.ports import Reading, Writing
from sla_tracker.errors import N_, Incomplete, Overtaken, Refused, SlaError, UsageError

Step = Callable[[Writing, Duty, datetime], Duty]


def step_duty(
    desk: Desk, actor: Actor, right: Right, what: str, duty_id: str, step: Step, reason: str = ""
) -> Duty:
    """Run one step on one duty in one transaction, after asking whether the actor may.

    A verdict that silence has given in the meantime comes first, written down already or not.
    """
    return desk.write(
        actor, what, lambda tx, now: _stepped(desk, tx, actor, right, duty_id, step, now), reason
    )


def _stepped(
    desk: Desk, tx: Writing, actor: Actor, right: Right, duty_id: str, step: Step, now: datetime
) -> Duty:
    stored = existing(tx, Duty, duty_id)
    desk.require(actor, right, now, provider=stored.provider, consumer=stored.consumer)
    duty = transitions.by_silence(stored, now)
    changed = step(tx, duty, now)
    return keep(desk, tx, changed) if changed != stored else stored


def take(desk: Desk, actor: Actor, duty_id: str) -> Duty:
    """Take a duty from the department's pool, or as the deputy of somebody absent; raises Overtaken otherwise."""

    def step(_tx: Writing, duty: Duty, now: datetime) -> Duty:
        if duty.assignee and duty.assignee != actor.id and not _stands_in(desk, actor, duty.assignee, now):
            raise Overtaken(
                N_("“{title}” ({ref}) is already with {person}; their head can assign it to you."),
                title=duty.title,
                ref=duty.reference,
                person=desk.people[duty.assignee].name if duty.assignee in desk.people else duty.assignee,
            )
        return transitions.assigned(duty, actor.id)

    return step_duty(desk, actor, Right.TAKE, "took", duty_id, step)


def _stands_in(desk: Desk, actor: Actor, person_id: str, now: datetime) -> bool:
    person = desk.people.get(person_id)
    today = now.astimezone(desk.settings.zone).date()
    return person is not None and person.deputy == actor.id and person.is_away(today)


def release(desk: Desk, actor: Actor, duty_id: str) -> Duty:
    """Put one's own duty back into the department's pool."""

    def step(_tx: Writing, duty: Duty, now: datetime) -> Duty:
        _only_own(desk, actor, duty, now)
        return transitions.assigned(duty, "")

    return step_duty(desk, actor, Right.TAKE, "released", duty_id, step)


def assign(desk: Desk, actor: Actor, duty_id: str, person_id: str) -> Duty:
    """Assign a duty to a member of the provider; one's own may be passed on, others' takes the head."""
    person = desk.person(person_id)

    def step(_tx: Writing, duty: Duty, now: datetime) -> Duty:
        _only_own(desk, actor, duty, now)
        today = now.astimezone(desk.settings.zone).date()
        if person.department != duty.provider or (person.left_on and person.left_on <= today):
            raise Refused(
                N_("{person} is not in {department}, which owes this; choose one of its members."),
                person=person.name,
                department=desk.catalogue.department(duty.provider).name,
            )
        return transitions.assigned(duty, person.id)

    return step_duty(desk, actor, Right.TAKE, "assigned", duty_id, step)


def _only_own(desk: Desk, actor: Actor, duty: Duty, now: datetime) -> None:
    if duty.assignee != actor.id and not _stands_in(desk, actor, duty.assignee, now):
        desk.require(actor, Right.ASSIGN, now, provider=duty.provider, consumer=duty.consumer)


def fill_in(desk: Desk, actor: Actor, duty_id: str, evidence: Mapping[str, str]) -> Duty:
    """Keep evidence that is there already, without delivering yet; a blank value clears it."""
    return step_duty(
        desk,
        actor,
        Right.DELIVER,
        "filled_in",
        duty_id,
        lambda _tx, duty, _now: transitions.drafted(duty, evidence),
    )


def note(desk: Desk, actor: Actor, duty_id: str, text: str) -> Duty:
    """Write a note on a duty; both sides may."""
    return step_duty(
        desk,
        actor,
        Right.NOTE,
        "noted",
        duty_id,
        lambda _tx, duty, now: transitions.noted(duty, text, by=actor.id, now=now),
    )


def deliver(
    desk: Desk,
    actor: Actor,
    duty_id: str,
    evidence: Mapping[str, str] | None = None,
    *,
    note: str = "",
    claimed_at: datetime | None = None,
) -> Duty:
    """Deliver a duty with its evidence, complete.

    Raises Incomplete naming what is missing, Overtaken when somebody was first, and Refused when a plugin's
    review finds problems. The review runs before the transaction, on frozen values.
    """
    given = dict(evidence or {})
    _review(desk, duty_id, given)

    def step(tx: Writing, duty: Duty, now: datetime) -> Duty:
        verdict_calendar = desk.calendar_of(duty.consumer)
        limit = verdict_calendar.close_of(
            verdict_calendar.shift_workdays(verdict_calendar.local_date(now), duty.terms.accept_within)
        )
        return transitions.delivered(
            duty,
            given,
            by=actor.id,
            now=now,
            accept_by_at=limit,
            note=note,
            claimed_at=claimed_at,
            earliest_at=_earliest_claim(desk, tx, duty),
        )

    return step_duty(desk, actor, Right.DELIVER, "delivered", duty_id, step)


def _review(desk: Desk, duty_id: str, given: Mapping[str, str]) -> None:
    duty = desk.store.read(lambda tx: existing(tx, Duty, duty_id))
    problems = desk.review(duty, {**duty.draft, **given})
    if problems:
        raise Incomplete(
            N_("“{title}” cannot be delivered yet:"),
            tuple(UsageError(N_("{problem}"), problem=problem) for problem in problems),
            title=duty.title,
        )


def _earliest_claim(desk: Desk, tx: Reading, duty: Duty) -> datetime:
    """Return the instant before which nobody can have delivered: the event itself, or the period's first moment."""
    event = tx.get(Event, duty.event) if duty.event else None
    if event is not None:
        return event.registered_at if precedes_event(duty.terms.due) else event.at
    if duty.period_start is not None:
        return datetime.combine(duty.period_start, time(), desk.settings.zone).astimezone(UTC)
    return duty.opened_at


def take_back(desk: Desk, actor: Actor, duty_id: str) -> Duty:
    """Take back a delivery that nobody has judged yet."""
    return step_duty(
        desk, actor, Right.DELIVER, "took_back", duty_id, lambda _tx, duty, _now: transitions.withdrawn(duty)
    )


def accept(desk: Desk, actor: Actor, duty_id: str, *, confirm_claim: bool = False) -> Duty:
    """Accept a delivery; `confirm_claim` confirms the earlier time the provider claims, which makes it count."""
    return step_duty(
        desk, actor, Right.JUDGE, "accepted", duty_id, _acceptance(desk, actor, confirm_claim=confirm_claim)
    )


def _acceptance(desk: Desk, actor: Actor, *, confirm_claim: bool) -> Step:
    def step(tx: Writing, duty: Duty, now: datetime) -> Duty:
        last = duty.delivery
        claimed_at = last.claimed_at if last is not None else None
        if confirm_claim and (claimed_at is None or claimed_at < _earliest_claim(desk, tx, duty)):
            raise Refused(
                N_("“{title}” ({ref}) claims no earlier time that could be confirmed; accept it without."),
                title=duty.title,
                ref=duty.reference,
            )
        return transitions.accepted(duty, by=actor.id, now=now, confirm_claim=confirm_claim)

    return step


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What became of several deliveries accepted at once: those accepted, and by id what stood in the way."""

    accepted: tuple[Duty, ...]
    refused: tuple[tuple[str, SlaError], ...]


def accept_all(desk: Desk, actor: Actor, duty_ids: Iterable[str]) -> Judged:
    """Accept several deliveries in one transaction; what cannot be accepted is named and left as it is."""
    ids = tuple(dict.fromkeys(duty_ids))
    step = _acceptance(desk, actor, confirm_claim=False)

    def work(tx: Writing, now: datetime) -> Judged:
        done: list[Duty] = []
        refused: list[tuple[str, SlaError]] = []
        for duty_id in ids:
            try:
                done.append(_stepped(desk, tx, actor, Right.JUDGE, duty_id, step, now))
            except SlaError as problem:
                refused.append((duty_id, problem))
        return Judged(accepted=tuple(done), refused=tuple(refused))

    return desk.write(actor, "accepted", work)


def return_(desk: Desk, actor: Actor, duty_id: str, reason: str) -> Duty:
    """Return a delivery with a reason; the duty is open again, and the time it was held is excused."""

    def step(_tx: Writing, duty: Duty, now: datetime) -> Duty:
        return transitions.returned(duty, reason, by=actor.id, now=now)

    return step_duty(desk, actor, Right.JUDGE, "returned", duty_id, step, reason)


def reopen(desk: Desk, actor: Actor, duty_id: str, reason: str) -> Duty:
    """Open again what was accepted, by silence too, or missed; once its month is closed it counts in the next one."""

    def step(tx: Writing, duty: Duty, now: datetime) -> Duty:
        return in_open_month(tx, transitions.reopened(duty, reason, by=actor.id, now=now))

    return step_duty(desk, actor, Right.REOPEN, "reopened", duty_id, step, reason)
