"""Sends planned reminders: claim in one transaction, send, record in another.

Sending happens between the transactions, so that a slow channel never holds the store's lock.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import field, replace
from datetime import datetime, timedelta

from sla_tracker.domain.reminders.allowed_hours import next_allowed
from sla_tracker.domain.reminders.reminder import TO_SEND, Reminder, ReminderState, department_told
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, StoreError
from sla_tracker.services.consent.notice_mail import note_notices, notice_messages
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.scheduler import tick
from sla_tracker.services.duties.scheduling.batches import chunked
from sla_tracker.services.months.budget_warnings import note_warnings, warning_messages
from sla_tracker.services.months.report_mail import send_reports
from sla_tracker.services.ports import Writing
from sla_tracker.services.reminders.division import divided
from sla_tracker.services.reminders.head_messages import send_to_heads
from sla_tracker.services.reminders.leases import (
    MOST_TOGETHER,
    Batch,
    Message,
    Notifiers,
    batches,
    claim,
    closed,
    count_only,
    ready,
)
from sla_tracker.services.reminders.messages import Outcome, RemindedDuty, Result, failed
from sla_tracker.services.reminders.planner import plan_in_batches
from sla_tracker.services.reminders.policies import policy_of
from sla_tracker.services.reminders.schedule import ReminderSchedule
from sla_tracker.value_class import dataclass

POOL = 8  # messages sent at the same time
# Between two attempts of one message; after the last it counts as failed.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720))
SAVE_PAUSES = (0.2, 1.0, 5.0)  # seconds between attempts to save results in an unavailable store


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Counts of one pass.

    `deferred` reminders wait for a channel that asked for a pause.

    `counted` ones were not named in a message that told their number.
    """

    planned: int = 0
    sent: int = 0
    failed: int = 0
    unknown: int = 0
    deferred: int = 0
    dropped: int = 0
    folded: int = 0
    counted: int = 0


@dataclass(slots=True)
class _Tally:
    """Counts of one pass, and the channels that asked for a pause with its end."""

    counts: dict[str, int] = field(default_factory=dict)
    paused_until_at: dict[str, datetime] = field(default_factory=dict)

    def add(self, what: str, n: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + n

    def add_outcome(self, message: Message, outcome: Outcome) -> None:
        """Count what became of a message's reminders, and of those that it only counts."""
        self.add(outcome.result.value, len(message.reminded))
        if message.counted and outcome.result is Result.SENT:
            self.add(ReminderState.COUNTED.value, len(message.counted))


def run_once(
    context: ServiceContext,
    channels: Notifiers,
    *,
    stop: threading.Event | None = None,
    pool: int = POOL,
    schedule: ReminderSchedule | None = None,
) -> Round:
    """Run one pass: tick, plan reminders, send them; safe on several machines at once.

    `stop` ends it after the messages being sent. Raises StoreError when the store is unavailable; nothing is lost.
    """
    tick(context)
    tally = _Tally()
    for planned in plan_in_batches(context, schedule):
        tally.add("planned", len(planned))
    stopped = stop or threading.Event()
    with ThreadPoolExecutor(max_workers=pool, thread_name_prefix="reminder") as workers:
        for batch in batches(context.store.read(lambda tx: ready(context, tx, channels))):
            if stopped.is_set():
                break
            wanted = [one.id for one in batch.ready if one.channel not in tally.paused_until_at]
            messages, ended = claim(context, channels, wanted) if wanted else ([], [])
            for reminder in ended:
                tally.add(reminder.state.value)
            counted = _counting_others(context, messages, batch, tally)
            _send_all(context, channels, divided(context, channels, counted), workers, tally, stopped)
    if not stopped.is_set():
        if schedule is None or schedule.is_time_to_forecast(context.now()):
            note_warnings(context)
        note_notices(context)
        send_to_heads(context, channels, [*warning_messages(context), *notice_messages(context)])
        send_reports(context, channels)
    return Round(**tally.counts)


def _counting_others(
    context: ServiceContext, messages: Sequence[Message], batch: Batch, tally: _Tally
) -> list[Message]:
    """Return the messages of each recipient and channel.

    The last new message says how many reminders were too many.
    """
    too_many: dict[tuple[str, str], list[str]] = {}
    for one in batch.too_many:
        too_many.setdefault((one.recipient, one.channel), []).append(one.id)
    found: list[Message] = []
    for message in reversed(messages):
        first = message.reminded[0].reminder
        others = [] if first.attempts else too_many.pop((first.recipient, message.channel), [])
        for ids in chunked(others, MOST_TOGETHER):
            count_only(context, ids)
            tally.add(ReminderState.COUNTED.value, len(ids))
        found.append(replace(message, others=len(others)))
    return found[::-1]


def _send_all(
    context: ServiceContext,
    channels: Notifiers,
    messages: Sequence[Message],
    workers: ThreadPoolExecutor,
    tally: _Tally,
    stopped: threading.Event,
) -> None:
    """Send messages in parallel, the parts of one in their order.

    Each result is recorded as soon as it is there.
    """
    parts: dict[str, list[Message]] = {}
    for message in messages:
        parts.setdefault(message.part_of or message.id, []).append(message)

    def send_in_order(these: Sequence[Message]) -> list[tuple[Message, Outcome]]:
        return [(message, _send(context, channels, message, tally, stopped)) for message in these]

    running = {workers.submit(send_in_order, these) for these in parts.values()}
    try:
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            results = [result for future in done for result in future.result()]
            _store_results(context, results, stopped)
            for message, outcome in results:
                tally.add_outcome(message, outcome)
    finally:
        for future in running:  # results cannot be recorded: send no more
            future.cancel()


def _send(
    context: ServiceContext, channels: Notifiers, message: Message, tally: _Tally, stopped: threading.Event
) -> Outcome:
    now = context.now()
    until = tally.paused_until_at.get(message.channel)
    if stopped.is_set() or (until is not None and now < until):
        return Outcome(result=Result.DEFERRED, pause=until - now if until else timedelta(0))
    try:
        letter = context.letter_of(
            context,
            message.id,
            message.reminded,
            now,
            repeat=message.repeat,
            unsaid=message.unsaid,
            one_line=message.one_line,
        )
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


def _store_results(
    context: ServiceContext, results: Sequence[tuple[Message, Outcome]], stopped: threading.Event
) -> None:
    """Record the results; retries on StoreError, because the messages have been sent."""

    def work(tx: Writing, now: datetime) -> None:
        for message, outcome in results:
            for reminded in (*message.reminded, *message.counted):
                stored = tx.get(Reminder, reminded.reminder.id)
                if stored is None or not _counts(stored, message, outcome):
                    continue
                if outcome.result is Result.SENT and reminded in message.counted:
                    tx.put(closed(stored, ReminderState.COUNTED))
                else:
                    tx.put(_with_outcome(context, stored, reminded, outcome, now))

    for pause in (*SAVE_PAUSES, None):
        try:
            context.write(None, Verb.SENT_REMINDERS, work)
            return
        except StoreError:
            if pause is None:
                raise
            stopped.wait(pause)


def _counts(stored: Reminder, message: Message, outcome: Outcome) -> bool:
    """Tell whether a result still counts: the lease is ours, or the message was sent."""
    if stored.state is ReminderState.SENDING and stored.claimed_by == message.claim:
        return True
    return outcome.result is Result.SENT and stored.state in TO_SEND


def _with_outcome(
    context: ServiceContext, stored: Reminder, reminded: RemindedDuty, outcome: Outcome, now: datetime
) -> Reminder:
    if outcome.result is Result.SENT:
        sent = closed(stored, ReminderState.SENT)
        return replace(sent, sent_at=now, problem="", problem_values={})
    released = replace(
        stored,
        claimed_by="",
        claimed_until_at=None,
        problem=outcome.problem or stored.problem,
        problem_values=dict(outcome.values) if outcome.problem else stored.problem_values,
    )
    match outcome.result:
        case Result.DEFERRED:
            may_have_arrived = reminded.reminder.state is ReminderState.SENDING
            previous_state = ReminderState.UNKNOWN if may_have_arrived else reminded.reminder.state
            send_at = _allowed_from(context, reminded, now + (outcome.pause or timedelta(0)))
            return replace(released, state=previous_state, attempts=stored.attempts - 1, send_at=send_at)
        case Result.UNKNOWN:
            released = replace(released, state=ReminderState.UNKNOWN, unknowns=stored.unknowns + 1)
        case _:
            released = replace(released, state=ReminderState.RETRYING)
    if outcome.final or stored.attempts > len(PAUSES):
        final = ReminderState.UNKNOWN if released.unknowns else ReminderState.FAILED
        return replace(released, state=final, send_at=None)
    pause = PAUSES[min(stored.attempts, len(PAUSES)) - 1]
    return replace(released, send_at=_allowed_from(context, reminded, now + pause))


def _allowed_from(context: ServiceContext, reminded: RemindedDuty, at: datetime) -> datetime:
    department = department_told(reminded.duty, reminded.reminder)
    calendar = context.calendar_of_recipient(reminded.reminder.recipient, department)
    return next_allowed(policy_of(context, reminded.duty).hours, at, calendar)
