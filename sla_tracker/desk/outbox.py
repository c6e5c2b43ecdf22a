"""Sends what was planned: claimed in one transaction, sent outside the lock, its result recorded in another.

Whoever claims holds a reminder for a while; when the time has run out, its sender has died between sending and
recording, and nobody knows whether it arrived. Several machines may do this at once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby

from sla_tracker.core.bundling import bundled
from sla_tracker.core.duty import Duty
from sla_tracker.core.quiet import is_allowed, next_allowed
from sla_tracker.core.recipients import department_of
from sla_tracker.core.reminder import TO_SEND, Reminder, ReminderState
from sla_tracker.core.reminders import still_stands
from sla_tracker.desk.agenda import Agenda, policy_of
from sla_tracker.desk.desk import Desk, new_id
from sla_tracker.desk.excuses import calendar_of
from sla_tracker.desk.letters import Notifier, Outcome, Result, failed
from sla_tracker.desk.ports import Reading, Writing
from sla_tracker.desk.reminding import plan
from sla_tracker.desk.rollover import roll_over
from sla_tracker.desk.wording import Told, letter_of
from sla_tracker.errors import N_, StoreError

POOL = 8
BATCH = 160
LEASE = timedelta(minutes=10)
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720))
MOST_REPEATS = 1
RECORD_PAUSES = (0.2, 1.0, 5.0)

Notifiers = Mapping[str, Notifier]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    """Reminders claimed to be sent as one; `recognised` says whether a second one would be noticed by the channel."""

    id: str
    claim: str
    channel: str
    told: tuple[Told, ...]
    recognised: bool

    @property
    def repeat(self) -> bool:
        """Say whether it has to be marked: it may have arrived before, and the channel cannot tell."""
        return self.told[0].reminder.may_have_arrived and not self.recognised


@dataclass(slots=True)
class _Tally:
    """Counts of one pass, and which channels asked to be left alone until when."""

    counts: dict[str, int] = field(default_factory=dict)
    paused_until_at: dict[str, datetime] = field(default_factory=dict)

    def add(self, what: str, n: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + n


def run_once(
    desk: Desk,
    channels: Notifiers,
    *,
    stop: threading.Event | None = None,
    pool: int = POOL,
    agenda: Agenda | None = None,
) -> Round:
    """Open what has come due, plan what has to be said, and send it; safe to run on several machines at once.

    `stop` ends it after the letters that are being sent. Raises StoreError when the store is away; nothing is lost.
    """
    roll_over(desk)
    tally = _Tally()
    tally.add("planned", len(plan(desk, agenda)))
    stopped = stop or threading.Event()
    with ThreadPoolExecutor(max_workers=pool, thread_name_prefix="reminder") as workers:
        for batch in _batches(desk.store.read(lambda tx: _ready(desk, tx, channels))):
            if stopped.is_set():
                break
            wanted = [one.id for one in batch if one.channel not in tally.paused_until_at]
            claimed = _claim(desk, channels, wanted, tally) if wanted else []
            _send_all(desk, channels, claimed, workers, tally, stopped)
    return Round(**tally.counts)


# --- claiming ---------------------------------------------------------------------------------------------------------


def _ready(desk: Desk, tx: Reading, channels: Notifiers) -> list[Reminder]:
    """Return what may be sent now, in the order of recipient and channel."""
    now = desk.now()
    found = tx.find(Reminder, state=TO_SEND, channel=tuple(channels)) if channels else []
    ready = [
        one for one in found if _may_go(desk, tx, one, now) and channels[one.channel].serves(one.recipient)
    ]
    return sorted(ready, key=_address)


def _address(reminder: Reminder) -> tuple[str, str]:
    return reminder.recipient, reminder.channel


def _may_go(desk: Desk, tx: Reading, reminder: Reminder, now: datetime) -> bool:
    """Say whether a reminder's time has come: its own, or the end of a dead sender's claim, in allowed hours."""
    is_claimed = reminder.state is ReminderState.SENDING
    since = reminder.claimed_until_at if is_claimed else reminder.send_at
    if since is None or since > now:
        return False
    duty = tx.get(Duty, reminder.duty)
    if duty is None:
        return True
    calendar = desk.calendar_of(department_of(duty, reminder.level))
    return is_allowed(policy_of(desk, duty).hours, now, calendar)


def _batches(ready: list[Reminder]) -> Iterator[list[Reminder]]:
    """Yield about as many reminders as can be sent while a claim lasts, one recipient's never apart."""
    batch: list[Reminder] = []
    for _, reminders in groupby(ready, key=_address):
        batch += reminders
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _claim(desk: Desk, channels: Notifiers, ids: Sequence[str], tally: _Tally) -> list[_Message]:
    """Hold these reminders for a while, except those whose duty or a later step has overtaken them."""

    def work(tx: Writing, now: datetime) -> tuple[list[_Message], list[Reminder]]:
        found = [reminder for id in ids if (reminder := tx.get(Reminder, id)) is not None]
        ready = [one for one in found if one.state in TO_SEND and _may_go(desk, tx, one, now)]
        standing: list[Reminder] = []
        ended: list[Reminder] = []
        for one in ready:
            if _stands(desk, tx, one):
                standing.append(one)
            else:
                ended.append(_ended(one, ReminderState.DROPPED))
        messages: list[_Message] = []
        for message in _messages(desk, tx, channels, standing, now, ended):
            messages.append(message)
            for told in message.told:
                tx.put(_held(told, message, now))
        for reminder in ended:
            tx.put(reminder)
        return messages, ended

    messages, ended = desk.write(None, "claimed_reminders", work)
    for reminder in ended:
        tally.add(reminder.state.value)
    return messages


def _messages(
    desk: Desk,
    tx: Reading,
    channels: Notifiers,
    standing: list[Reminder],
    now: datetime,
    ended: list[Reminder],
) -> Iterator[_Message]:
    """Yield what is sent as one; what has been overtaken or has been repeated often enough goes to `ended`."""
    claim = new_id(now)
    for _, reminders in groupby(sorted(standing, key=_address), key=_address):
        bundles = bundled(reminders, desk.settings.reminders, now)
        ended += [_ended(one, ReminderState.FOLDED) for one in bundles.folded]
        for bundle in bundles.fresh:
            yield _message(tx, bundle, new_id(now), claim, channels)
        for bundle in bundles.again:
            message = _message(tx, bundle, bundle[0].message, claim, channels)
            if message.repeat and _doubts(bundle[0]) > MOST_REPEATS:
                ended += [_ended(one, ReminderState.UNKNOWN) for one in bundle]
            else:
                yield message


def _stands(desk: Desk, tx: Reading, reminder: Reminder) -> bool:
    duty = tx.get(Duty, reminder.duty)
    return duty is not None and still_stands(duty, reminder, calendar_of(desk, duty))


def _message(
    tx: Reading, reminders: Iterable[Reminder], id: str, claim: str, channels: Notifiers
) -> _Message:
    told = tuple(
        Told(reminder=reminder, duty=duty)
        for reminder in reminders
        if (duty := tx.get(Duty, reminder.duty)) is not None
    )
    channel = told[0].reminder.channel
    recognised = channels[channel].recognises
    return _Message(id=id, claim=claim, channel=channel, told=told, recognised=recognised)


def _doubts(reminder: Reminder) -> int:
    """Count the attempts that may have arrived; one whose sender died while sending is among them."""
    return reminder.unknowns + (reminder.state is ReminderState.SENDING)


def _held(told: Told, message: _Message, now: datetime) -> Reminder:
    return replace(
        told.reminder,
        state=ReminderState.SENDING,
        message=message.id,
        unknowns=_doubts(told.reminder),
        attempts=told.reminder.attempts + 1,
        claimed_by=message.claim,
        claimed_until_at=now + LEASE,
    )


def _ended(reminder: Reminder, state: ReminderState) -> Reminder:
    return replace(reminder, state=state, send_at=None, claimed_by="", claimed_until_at=None)


# --- sending ----------------------------------------------------------------------------------------------------------


def _send_all(
    desk: Desk,
    channels: Notifiers,
    messages: Sequence[_Message],
    workers: ThreadPoolExecutor,
    tally: _Tally,
    stopped: threading.Event,
) -> None:
    """Send the messages with a bounded pool; whatever has come back while the last results were written is next."""
    running: dict[Future[Outcome], _Message] = {
        workers.submit(_send, desk, channels, message, tally, stopped): message for message in messages
    }
    while running:
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        results = [(running.pop(future), future.result()) for future in done]
        _conclude(desk, results, stopped)
        for message, outcome in results:
            tally.add(outcome.result.value, len(message.told))


def _send(
    desk: Desk, channels: Notifiers, message: _Message, tally: _Tally, stopped: threading.Event
) -> Outcome:
    now = desk.now()
    until = tally.paused_until_at.get(message.channel)
    if stopped.is_set() or (until is not None and now < until):
        return Outcome(result=Result.DEFERRED, pause=until - now if until else timedelta(0))
    try:
        letter = letter_of(desk, message.id, message.told, now, repeat=message.repeat)
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


def _conclude(desk: Desk, results: Sequence[tuple[_Message, Outcome]], stopped: threading.Event) -> None:
    """Write down what became of the messages; a store that is away is given some time, for they have been sent."""

    def work(tx: Writing, now: datetime) -> None:
        for message, outcome in results:
            for told in message.told:
                stored = tx.get(Reminder, told.reminder.id)
                if stored is not None and _counts(stored, message, outcome):
                    tx.put(_concluded(desk, stored, told, outcome, now))

    for pause in (*RECORD_PAUSES, None):
        try:
            desk.write(None, "sent_reminders", work)
            return
        except StoreError:
            if pause is None:
                raise
            stopped.wait(pause)


def _counts(stored: Reminder, message: _Message, outcome: Outcome) -> bool:
    """Say whether a result still counts: the claim is ours, or it was sent for certain, whoever holds it now."""
    if stored.state is ReminderState.SENDING and stored.claimed_by == message.claim:
        return True
    return outcome.result is Result.SENT and stored.state in TO_SEND


def _concluded(desk: Desk, stored: Reminder, told: Told, outcome: Outcome, now: datetime) -> Reminder:
    if outcome.result is Result.SENT:
        sent = _ended(stored, ReminderState.SENT)
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
            send_at = _allowed_from(desk, told, now + (outcome.pause or timedelta(0)))
            return replace(free, state=before, attempts=stored.attempts - 1, send_at=send_at)
        case Result.UNKNOWN:
            free = replace(free, state=ReminderState.UNKNOWN, unknowns=stored.unknowns + 1)
        case _:
            free = replace(free, state=ReminderState.RETRYING)
    if outcome.final or stored.attempts > len(PAUSES):
        final = ReminderState.UNKNOWN if free.unknowns else ReminderState.FAILED
        return replace(free, state=final, send_at=None)
    pause = PAUSES[min(stored.attempts, len(PAUSES)) - 1]
    return replace(free, send_at=_allowed_from(desk, told, now + pause))


def _allowed_from(desk: Desk, told: Told, at: datetime) -> datetime:
    calendar = desk.calendar_of(department_of(told.duty, told.reminder.level))
    return next_allowed(policy_of(desk, told.duty).hours, at, calendar)
