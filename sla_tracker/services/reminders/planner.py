"""Plans reminders and lists them: each person's, the outbox, and a preview."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sla_tracker.domain.agreements.occurrences import Occurrence
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.people import Actor
from sla_tracker.domain.reminders.allowed_hours import at_clock, next_allowed
from sla_tracker.domain.reminders.due_reminders import ReminderInputs, Turn, addressed, due_reminders, turns
from sla_tracker.domain.reminders.policy import TERMINAL, Anchor, Level, Reach, ReminderStep
from sla_tracker.domain.reminders.policy_toml import unknown_channels
from sla_tracker.domain.reminders.recipients import Recipient, department_of
from sla_tracker.domain.reminders.reminder import (
    TO_SEND,
    Reminded,
    Reminder,
    ReminderState,
    reminder_key,
    topic_of,
)
from sla_tracker.domain.text import Text
from sla_tracker.errors import SlaError
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.creation import duty_from
from sla_tracker.services.duties.scheduler import AHEAD, planned
from sla_tracker.services.ports import Reading, Writing
from sla_tracker.services.reminders.messages import limit_of
from sla_tracker.services.reminders.schedule import (
    REMINDED_STATES,
    ReminderSchedule,
    policy_of,
    reminder_inputs,
    stands,
)


def plan(context: ServiceContext, schedule: ReminderSchedule | None = None) -> tuple[Reminder, ...]:
    """Store every reminder that has fallen due, in one transaction; nothing if none has.

    Safe in many processes at once and after any time without a run, because planned reminders are found by their key.
    Pass the same `schedule` again to read only what changed since the last call.
    """
    schedule = schedule or ReminderSchedule()
    schedule.refresh(context)
    concerned, pointless = schedule.concerned(context.now()), schedule.pointless()
    if not concerned and not pointless:
        return ()
    found = context.write(
        None,
        "reminded",
        lambda tx, now: _store(context, tx, reminder_inputs(context), now, (concerned, pointless)),
    )
    schedule.settle(pointless)
    return found


def _new_turns(tx: Reading, duty: Duty, inputs: ReminderInputs, now: datetime) -> Iterator[Turn]:
    past = [turn for turn in turns(duty, inputs) if turn.at <= now]
    if past:
        known = tx.get(Reminded, duty.id)
        yield from (turn for turn in past if known is None or turn.key not in known.turns)


def _store(
    context: ServiceContext,
    tx: Writing,
    inputs: ReminderInputs,
    now: datetime,
    what: tuple[list[str], list[str]],
) -> tuple[Reminder, ...]:
    concerned, settled = what
    found: list[Reminder] = []
    for id in concerned:
        duty = tx.get(Duty, id)
        new_turns = list(_new_turns(tx, duty, inputs, now)) if duty else []
        if duty is None or not new_turns:
            continue
        known = tx.get(Reminded, id) or Reminded(id=id)
        tx.put(replace(known, turns={**known.turns, **{turn.key: turn.at for turn in new_turns}}))
        found += [
            _reminder(context, duty, turn, recipient, now)
            for turn in new_turns
            for recipient in addressed(duty, turn, inputs)
        ]
    for id in settled:
        reminder = tx.get(Reminder, id)
        if reminder is not None and reminder.state is ReminderState.SENT and not stands(tx, reminder, inputs):
            tx.put(replace(reminder, state=ReminderState.DROPPED))
    for reminder in found:
        tx.put(reminder)
    return tuple(found)


def _reminder(
    context: ServiceContext, duty: Duty, turn: Turn, recipient: Recipient, now: datetime
) -> Reminder:
    at_once = recipient.channel == TERMINAL
    return Reminder(
        id=reminder_key(duty.id, turn.key, recipient.id, recipient.channel),
        duty=duty.id,
        turn=turn.key,
        anchor=turn.step.anchor,
        level=turn.step.level,
        recipient=recipient.id,
        channel=recipient.channel,
        fell_due_at=turn.at,
        planned_at=now,
        send_at=None if at_once else _send_at(context, duty, turn.step.level, recipient, max(turn.at, now)),
        state=ReminderState.SENT if at_once else ReminderState.WAITING,
        sent_at=now if at_once else None,
        mentions=recipient.mentions,
        instead_of=recipient.instead_of,
    )


def _send_at(
    context: ServiceContext, duty: Duty, level: Level, recipient: Recipient, earliest: datetime
) -> datetime:
    hours = policy_of(context, duty).hours
    calendar = context.calendar_of(department_of(duty, level))
    digest_at = context.settings.reminders.preference_of(recipient.id).digest_at
    if digest_at is not None:
        return at_clock(digest_at, earliest, hours, calendar)
    return next_allowed(hours, earliest, calendar)


# --- what people see --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderRow:
    """One duty with unread reminders of a person; `ids` are those reminders."""

    ids: tuple[str, ...]
    duty: str
    reference: str
    title: Text
    subject: str
    provider: str
    consumer: str
    due_at: datetime
    overdue: bool
    anchor: Anchor
    level: Level
    reminded_at: datetime
    instead_of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """One reminder that waits to be sent or that failed."""

    id: str
    reference: str
    title: Text
    recipient: str
    channel: str
    state: ReminderState
    send_at: datetime | None
    attempts: int
    problem: str
    problem_values: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewRow:
    """One reminder that will be sent if nothing changes; `id` is empty if not open yet."""

    at: datetime
    id: str
    reference: str
    title: Text
    subject: str
    due_at: datetime
    recipient: str
    channel: str
    step: ReminderStep
    instead_of: str = ""


def my_reminders(
    context: ServiceContext, person: str, now: datetime | None = None
) -> tuple[ReminderRow, ...]:
    """Return a person's unread reminders, one row a duty, the most urgent first."""
    at = now or context.now()
    inputs = reminder_inputs(context)

    def work(tx: Reading) -> tuple[ReminderRow, ...]:
        unread: dict[tuple[str, Anchor], list[Reminder]] = {}
        for reminder in tx.find(Reminder, recipient=person, channel=TERMINAL, state=ReminderState.SENT):
            if stands(tx, reminder, inputs):
                unread.setdefault((reminder.duty, reminder.about), []).append(reminder)
        rows = [_inbox_row(tx, reminders, at) for reminders in unread.values()]
        return tuple(sorted((row for row in rows if row), key=lambda row: (row.due_at, row.duty)))

    return context.store.read(work)


def _inbox_row(tx: Reading, reminders: list[Reminder], now: datetime) -> ReminderRow | None:
    last = max(reminders, key=lambda reminder: reminder.fell_due_at)
    duty = tx.get(Duty, last.duty)
    if duty is None:
        return None
    due_at = limit_of(duty, last.anchor)
    return ReminderRow(
        ids=tuple(sorted(reminder.id for reminder in reminders)),
        duty=duty.id,
        reference=duty.reference,
        title=duty.title,
        subject=duty.subject,
        provider=duty.provider,
        consumer=duty.consumer,
        due_at=due_at,
        overdue=now > due_at,
        anchor=last.anchor,
        level=last.level,
        reminded_at=last.fell_due_at,
        instead_of=last.instead_of,
    )


def acknowledge(context: ServiceContext, actor: Actor, ids: Iterable[str]) -> int:
    """Mark the actor's own reminders as read; returns how many were unread."""

    def work(tx: Writing, _now: datetime) -> int:
        marked = 0
        for id in ids:
            reminder = tx.get(Reminder, id)
            if reminder and reminder.recipient == actor.id and reminder.state is ReminderState.SENT:
                tx.put(replace(reminder, state=ReminderState.READ))
                marked += 1
        return marked

    return context.write(actor, "read_reminders", work)


def outbox(context: ServiceContext) -> tuple[OutboxRow, ...]:
    """Return the reminders that wait to be sent or failed, the next first."""
    on_its_way = (*TO_SEND, ReminderState.FAILED)

    def work(tx: Reading) -> tuple[OutboxRow, ...]:
        found = tx.find(Reminder, state=on_its_way)
        return tuple(
            OutboxRow(
                id=reminder.id,
                reference=duty.reference,
                title=duty.title,
                recipient=reminder.recipient,
                channel=reminder.channel,
                state=reminder.state,
                send_at=reminder.send_at,
                attempts=reminder.attempts,
                problem=reminder.problem,
                problem_values=reminder.problem_values,
            )
            for reminder in sorted(found, key=lambda one: (one.send_at or one.fell_due_at, one.id))
            if (duty := tx.get(Duty, reminder.duty)) is not None
        )

    return context.store.read(work)


def preview(context: ServiceContext, days: int) -> tuple[PreviewRow, ...]:
    """Return the reminders of the next days if nothing changes, planned duties included.

    Of several steps of a duty to one recipient at the same time only the last is sent.
    """
    now = context.now()
    until = now + timedelta(days=days)
    inputs = reminder_inputs(context)
    duties = context.store.read(lambda tx: tx.find(Duty, state=REMINDED_STATES))
    last_day = (
        until.astimezone(context.settings.zone).date() + AHEAD
    )  # duties open, and remind, before they are due
    ahead = [
        _future_duty(context, occurrence)
        for occurrence in planned(context, last_day)
        if occurrence.opens_at <= until
    ]
    rows = [row for duty in (*duties, *ahead) for row in _preview_of(context, duty, inputs, now, until)]
    return tuple(sorted(rows, key=lambda row: (row.at, row.recipient, row.channel, row.reference)))


def _preview_of(
    context: ServiceContext, duty: Duty, inputs: ReminderInputs, now: datetime, until: datetime
) -> Iterable[PreviewRow]:
    rows = (
        _preview_row(context, duty, due.turn, due.recipient)
        for due in due_reminders(duty, inputs, since=now, until=until)
    )
    return {(row.at, row.recipient, row.channel, topic_of(row.step.anchor)): row for row in rows}.values()


def _future_duty(context: ServiceContext, occurrence: Occurrence) -> Duty:
    duty = duty_from(
        context,
        occurrence.obligation,
        occurrence.trigger,
        occurrence.key,
        occurrence.deadline,
        occurrence.opens_at,
    )
    return replace(duty, id="", period_start=occurrence.period_start, period_end=occurrence.period_end)


def _preview_row(context: ServiceContext, duty: Duty, turn: Turn, recipient: Recipient) -> PreviewRow:
    at_once = recipient.channel == TERMINAL
    return PreviewRow(
        at=turn.at if at_once else _send_at(context, duty, turn.step.level, recipient, turn.at),
        id=duty.id,
        reference=duty.reference,
        title=duty.title,
        subject=duty.subject,
        due_at=limit_of(duty, turn.step.anchor),
        recipient=recipient.id,
        channel=recipient.channel,
        step=turn.step,
        instead_of=recipient.instead_of,
    )


def next_moment(
    context: ServiceContext, channels: Iterable[str] = (), schedule: ReminderSchedule | None = None
) -> datetime | None:
    """Return when the next reminder falls due or is sent on these channels, or None.

    In the past for an attempt that is due but not allowed at this hour.
    """
    schedule = schedule or ReminderSchedule()
    schedule.refresh(context)
    served = tuple(channels)
    waiting = (
        context.store.read(lambda tx: tx.find(Reminder, state=TO_SEND, channel=served)) if served else []
    )
    tries = (reminder.claimed_until_at or reminder.send_at for reminder in waiting)
    ahead = (schedule.next_at(context.now()), *tries)
    return min((at for at in ahead if at is not None), default=None)


def channels_missing(context: ServiceContext) -> tuple[SlaError, ...]:
    """Return an error for each unknown channel in plugins' policies.

    Steps on such channels use the person's own channels instead.
    """
    departments, obligations = context.catalogue.departments.values(), context.catalogue.obligations.values()
    declared = (*(one.reminders for one in departments), *(one.reminders for one in obligations))
    policies = [policy for policy in declared if policy is not None]
    known = tuple(context.settings.reminders.channels)
    found = (problem for policy in policies for problem in unknown_channels(policy, known))
    return tuple({problem.sentence(): problem for problem in found}.values())


def nobody_reached(context: ServiceContext) -> tuple[str, ...]:
    """Return the providers in which no person and no group can be reminded."""
    members = {person.department for person in context.people.values() if person.left_on is None}
    groups = [terms for terms in context.settings.reminders.channels.values() if terms.reach is Reach.GROUP]
    owing = dict.fromkeys(obligation.provider for obligation in context.catalogue.in_force())
    return tuple(id for id in owing if id not in members and not any(terms.serves(id) for terms in groups))
