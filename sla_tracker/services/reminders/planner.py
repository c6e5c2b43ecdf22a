"""Plans reminders and lists them: each person's, the outbox, and a preview."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sla_tracker.domain.agreements.occurrences import Occurrence
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.people import Actor
from sla_tracker.domain.reminders.due_reminders import (
    ReminderInputs,
    ReminderTurn,
    due_reminders,
    limit_of,
    turns,
)
from sla_tracker.domain.reminders.policy import TERMINAL, Anchor, Level, Reach, ReminderStep
from sla_tracker.domain.reminders.policy_toml import unknown_channels
from sla_tracker.domain.reminders.recipients import Recipient, may_be_reminded
from sla_tracker.domain.reminders.reminder import TO_SEND, Reminded, Reminder, ReminderState, topic_of
from sla_tracker.domain.reminders.timing import Timing, message_turns
from sla_tracker.domain.text import Text
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import SlaError
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.current_deadline import as_of
from sla_tracker.services.duties.scheduler import planned_opening
from sla_tracker.services.duties.scheduling.batches import chunked
from sla_tracker.services.ports import Reading, Writing
from sla_tracker.services.reminders.news import Occasion, news_reminders
from sla_tracker.services.reminders.preparation import Prepared, prepared, sent_when
from sla_tracker.services.reminders.schedule import (
    REMINDED_STATES,
    ReminderSchedule,
    reminder_inputs,
    stands,
)
from sla_tracker.services.turns.new_duty import duty_from
from sla_tracker.value_class import dataclass

# Duties planned in one transaction: about 20 ms of writing, and a line of less than 1 MB.
BATCH = 100


def plan(context: ServiceContext, schedule: ReminderSchedule | None = None) -> tuple[Reminder, ...]:
    """Store every reminder that has fallen due; returns them. See `plan_in_batches`."""
    return tuple(reminder for found in plan_in_batches(context, schedule) for reminder in found)


def plan_in_batches(
    context: ServiceContext, schedule: ReminderSchedule | None = None
) -> Iterator[tuple[Reminder, ...]]:
    """Store every reminder that has fallen due, some duties at a time.

    Yields the reminders of each transaction. Safe in many processes at once and after any time without a run, because
    planned reminders are found by their key. Pass the same `schedule` again to read only what changed since the last
    call.
    """
    schedule = schedule or ReminderSchedule()
    schedule.refresh(context)
    inputs = reminder_inputs(context)
    for ids in chunked(schedule.concerned(context.now()), BATCH):
        found = _plan_batch(context, ids, inputs)
        if found:
            yield found
    for told in chunked(schedule.news(), BATCH):
        found = _plan_news(context, told, inputs)
        schedule.settle_news(told)
        if found:
            yield found
    for ids in chunked(schedule.pointless(), BATCH):
        _drop(context, ids, inputs)
        schedule.settle(ids)


def _plan_batch(context: ServiceContext, ids: Sequence[str], inputs: ReminderInputs) -> tuple[Reminder, ...]:
    """Compute the reminders of some duties, then store them.

    The reminders are computed before the transaction, so that the store's lock is held for writing only. A duty that
    was changed in between is computed again inside.
    """
    now = context.now()

    def prepare(tx: Reading) -> tuple[int, list[Prepared]]:
        found = (prepared(context, tx, id, inputs, now) for id in ids)
        return tx.sequence, [one for one in found if one is not None]

    sequence, found = context.store.read(prepare)
    if not found:
        return ()

    def work(tx: Writing, _now: datetime) -> tuple[Reminder, ...]:
        stored: list[Reminder] = []
        for one in found:
            is_current = tx.is_unchanged_since(sequence) or (
                tx.get(Duty, one.duty.id) == one.duty and tx.get(Reminded, one.duty.id) == one.known
            )
            present = one if is_current else prepared(context, tx, one.duty.id, inputs, now)
            if present is not None:
                for value in (present.noted, *present.reminders):
                    tx.put(value)
                stored += present.reminders
        return tuple(stored)

    return context.write(None, Verb.REMINDED, work)


def _plan_news(
    context: ServiceContext, told: Sequence[Occasion], inputs: ReminderInputs
) -> tuple[Reminder, ...]:
    """Store the messages of some news; writes nothing where nobody is told."""
    now = context.now()

    def prepare(tx: Reading) -> tuple[int, list[tuple[Occasion, tuple[Duty, list[Reminder]]]]]:
        found = ((one, news_reminders(context, tx, one, inputs, now)) for one in told)
        return tx.sequence, [(one, news) for one, news in found if news is not None]

    sequence, wanted = context.store.read(prepare)
    if not wanted:
        return ()

    def work(tx: Writing, _now: datetime) -> tuple[Reminder, ...]:
        stored: list[Reminder] = []
        for occasion, news in wanted:
            is_current = tx.is_unchanged_since(sequence)
            found = news if is_current else news_reminders(context, tx, occasion, inputs, now)
            if found is None:
                continue
            duty, reminders = found
            known = tx.get(Reminded, duty.id) or Reminded(id=duty.id)
            tx.put(replace(known, turns={**known.turns, occasion.turn: occasion.at}))
            for reminder in reminders:
                tx.put(reminder)
            stored += reminders
        return tuple(stored)

    return context.write(None, Verb.REMINDED, work)


def _drop(context: ServiceContext, ids: Sequence[str], inputs: ReminderInputs) -> None:
    """End shown reminders that no longer apply."""

    def work(tx: Writing, _now: datetime) -> None:
        for id in ids:
            reminder = tx.get(Reminder, id)
            if (
                reminder is not None
                and reminder.state is ReminderState.SENT
                and not stands(tx, reminder, inputs)
            ):
                tx.put(replace(reminder, state=ReminderState.DROPPED))

    context.write(None, Verb.REMINDED, work)


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
    """One reminder that will be sent if nothing changes.

    `id` is empty if the duty is not open yet.
    """

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
        rows = [_inbox_row(context, tx, reminders, at) for reminders in unread.values()]
        return tuple(sorted((row for row in rows if row), key=lambda row: (row.due_at, row.duty)))

    return context.store.read(work)


def _inbox_row(
    context: ServiceContext, tx: Reading, reminders: list[Reminder], now: datetime
) -> ReminderRow | None:
    last = max(reminders, key=lambda reminder: reminder.fell_due_at)
    duty = tx.get(Duty, last.duty)
    if duty is None:
        return None
    due_at = limit_of(as_of(context, duty, now), last.anchor)
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

    return context.write(actor, Verb.READ_REMINDERS, work)


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
    """Return the reminders of the next days, with planned duties, if nothing changes.

    Of several steps of a duty to one recipient at the same time only the last is sent.
    """
    now = context.now()
    until = now + timedelta(days=days)
    inputs = reminder_inputs(context)
    duties = context.store.read(lambda tx: tx.find(Duty, state=REMINDED_STATES))
    # Duties open, and remind, before they are due.
    ahead = [_future_duty(context, occurrence) for occurrence in planned_opening(context, until)]
    rows = [row for duty in (*duties, *ahead) for row in _preview_of(context, duty, inputs, now, until)]
    return tuple(sorted(rows, key=lambda row: (row.at, row.recipient, row.channel, row.reference)))


def _preview_of(
    context: ServiceContext, duty: Duty, inputs: ReminderInputs, now: datetime, until: datetime
) -> Iterable[PreviewRow]:
    messages = message_turns(duty, turns(duty, inputs), inputs)
    rows = (
        _preview_row(context, as_of(context, duty, now), due.turn, due.recipient, messages.get(due.turn.key))
        for due in due_reminders(duty, inputs, since=now, until=until)
        if due.recipient.channel == TERMINAL or due.turn.key in messages
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


def _preview_row(
    context: ServiceContext, duty: Duty, turn: ReminderTurn, recipient: Recipient, timing: Timing | None
) -> PreviewRow:
    at = turn.at
    if timing is not None and recipient.channel != TERMINAL:
        at, _ = sent_when(context, duty, turn, timing, recipient, turn.at)
    return PreviewRow(
        at=at,
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

    The time lies in the past for an attempt that is due but not allowed at this hour.
    """
    schedule = schedule or ReminderSchedule()
    schedule.refresh(context)
    served = tuple(channels)

    def next_try(tx: Reading) -> datetime | None:
        waiting = tx.each(Reminder, state=TO_SEND, channel=served) if served else ()
        tries = (reminder.claimed_until_at or reminder.send_at for reminder in waiting)
        return min((at for at in tries if at is not None), default=None)

    ahead = (schedule.next_at(context.now()), context.store.read(next_try))
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
    """Return the providers in which no person and no group can be reminded today."""
    today = context.now().astimezone(context.settings.zone).date()
    members = {person.department for person in context.people.values() if may_be_reminded(person, today)}
    groups = [terms for terms in context.settings.reminders.channels.values() if terms.reach is Reach.GROUP]
    owing = dict.fromkeys(obligation.provider for obligation in context.catalogue.in_force())
    return tuple(id for id in owing if id not in members and not any(terms.serves(id) for terms in groups))
