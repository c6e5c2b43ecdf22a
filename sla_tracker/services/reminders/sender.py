"""Sends what was planned: claimed in one transaction, sent outside the lock, its result recorded in another."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sla_tracker.domain.reminders.allowed_hours import next_allowed
from sla_tracker.domain.reminders.recipients import department_of
from sla_tracker.domain.reminders.reminder import TO_SEND, Reminder, ReminderState
from sla_tracker.errors import N_, StoreError
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.scheduler import tick
from sla_tracker.services.ports import Writing
from sla_tracker.services.reminders.leases import Message, Notifiers, batches, claim, closed, ready
from sla_tracker.services.reminders.messages import Outcome, RemindedDuty, Result, failed
from sla_tracker.services.reminders.planner import plan
from sla_tracker.services.reminders.schedule import ReminderSchedule, policy_of

POOL = 8
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720))
RECORD_PAUSES = (0.2, 1.0, 5.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one pass did, in reminders; `deferred` ones wait because their channel asked for a pause."""

    planned: int = 0
    sent: int = 0
    failed: int = 0
    unknown: int = 0
    deferred: int = 0
    dropped: int = 0
    folded: int = 0


@dataclass(slots=True)
class _Tally:
    """Counts of one pass, and which channels asked to be left alone until when."""

    counts: dict[str, int] = field(default_factory=dict)
    paused_until_at: dict[str, datetime] = field(default_factory=dict)

    def add(self, what: str, n: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + n


def run_once(
    context: ServiceContext,
    channels: Notifiers,
    *,
    stop: threading.Event | None = None,
    pool: int = POOL,
    schedule: ReminderSchedule | None = None,
) -> Round:
    """Open what has come due, plan what has to be said, and send it; safe to run on several machines at once.

    `stop` ends it after the letters that are being sent. Raises StoreError when the store is away; nothing is lost.
    """
    tick(context)
    tally = _Tally()
    tally.add("planned", len(plan(context, schedule)))
    stopped = stop or threading.Event()
    with ThreadPoolExecutor(max_workers=pool, thread_name_prefix="reminder") as workers:
        for batch in batches(context.store.read(lambda tx: ready(context, tx, channels))):
            if stopped.is_set():
                break
            wanted = [one.id for one in batch if one.channel not in tally.paused_until_at]
            messages, ended = claim(context, channels, wanted) if wanted else ([], [])
            for reminder in ended:
                tally.add(reminder.state.value)
            _send_all(context, channels, messages, workers, tally, stopped)
    return Round(**tally.counts)


def _send_all(
    context: ServiceContext,
    channels: Notifiers,
    messages: Sequence[Message],
    workers: ThreadPoolExecutor,
    tally: _Tally,
    stopped: threading.Event,
) -> None:
    """Send the messages with a bounded pool; whatever has come back while the last results were written is next."""
    running: dict[Future[Outcome], Message] = {
        workers.submit(_send, context, channels, message, tally, stopped): message for message in messages
    }
    try:
        while running:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            results = [(running.pop(future), future.result()) for future in done]
            _conclude(context, results, stopped)
            for message, outcome in results:
                tally.add(outcome.result.value, len(message.told))
    finally:
        for future in running:  # what could not be written down is not added to
            future.cancel()


def _send(
    context: ServiceContext, channels: Notifiers, message: Message, tally: _Tally, stopped: threading.Event
) -> Outcome:
    now = context.now()
    until = tally.paused_until_at.get(message.channel)
    if stopped.is_set() or (until is not None and now < until):
        return Outcome(result=Result.DEFERRED, pause=until - now if until else timedelta(0))
    try:
        letter = context.letter_of(context, message.id, message.told, now, repeat=message.repeat)
        outcome = channels[message.channel].send(letter)
    except Exception as reason:
        return failed(
            N_("The channel {channel} broke: {reason}."),
            channel=message.channel,
            reason=type(reason).__name__,
        )
    if outcome.pause is not None:
        tally.paused_until_at[message.channel] = now + outcome.pause
    return outcome


def _conclude(
    context: ServiceContext, results: Sequence[tuple[Message, Outcome]], stopped: threading.Event
) -> None:
    """Write down what became of the messages; a store that is away is given some time, for they have been sent."""

    def work(tx: Writing, now: datetime) -> None:
        for message, outcome in results:
            for told in message.told:
                stored = tx.get(Reminder, told.reminder.id)
                if stored is not None and _counts(stored, message, outcome):
                    tx.put(_concluded(context, stored, told, outcome, now))

    for pause in (*RECORD_PAUSES, None):
        try:
            context.write(None, "sent_reminders", work)
            return
        except StoreError:
            if pause is None:
                raise
            stopped.wait(pause)


def _counts(stored: Reminder, message: Message, outcome: Outcome) -> bool:
    """Say whether a result still counts: the claim is ours, or it was sent for certain, whoever holds it now."""
    if stored.state is ReminderState.SENDING and stored.claimed_by == message.claim:
        return True
    return outcome.result is Result.SENT and stored.state in TO_SEND


def _concluded(
    context: ServiceContext, stored: Reminder, told: RemindedDuty, outcome: Outcome, now: datetime
) -> Reminder:
    if outcome.result is Result.SENT:
        sent = closed(stored, ReminderState.SENT)
        return replace(sent, sent_at=now, problem="", problem_values={})
    free = replace(
        stored,
        claimed_by="",
        claimed_until_at=None,
        problem=outcome.problem or stored.problem,
        problem_values=dict(outcome.values) if outcome.problem else stored.problem_values,
    )
    match outcome.result:
        case Result.DEFERRED:
            doubtful = told.reminder.state is ReminderState.SENDING
            before = ReminderState.UNKNOWN if doubtful else told.reminder.state
            send_at = _allowed_from(context, told, now + (outcome.pause or timedelta(0)))
            return replace(free, state=before, attempts=stored.attempts - 1, send_at=send_at)
        case Result.UNKNOWN:
            free = replace(free, state=ReminderState.UNKNOWN, unknowns=stored.unknowns + 1)
        case _:
            free = replace(free, state=ReminderState.RETRYING)
    if outcome.final or stored.attempts > len(PAUSES):
        final = ReminderState.UNKNOWN if free.unknowns else ReminderState.FAILED
        return replace(free, state=final, send_at=None)
    pause = PAUSES[min(stored.attempts, len(PAUSES)) - 1]
    return replace(free, send_at=_allowed_from(context, told, now + pause))


def _allowed_from(context: ServiceContext, told: RemindedDuty, at: datetime) -> datetime:
    calendar = context.calendar_of(department_of(told.duty, told.reminder.level))
    return next_allowed(policy_of(context, told.duty).hours, at, calendar)
