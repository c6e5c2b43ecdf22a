"""Decides when a reminder is sent: at once or in the digest, once a day and duty."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.reminders.allowed_hours import at_clock
from sla_tracker.domain.reminders.due_reminders import ReminderInputs, ReminderTurn, limit_of
from sla_tracker.domain.reminders.policy import Anchor, Level, TimeUsed
from sla_tracker.domain.reminders.recipients import department_of
from sla_tracker.domain.reminders.reminder import topic_of
from sla_tracker.value_class import dataclass

ESCALATIONS = frozenset({Level.HEAD, Level.CONSUMER_HEAD})
Topic = tuple[Anchor, Level, tuple[str, ...], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When a turn's message is sent; `in_digest` ones wait for the day's digest."""

    at: datetime
    in_digest: bool


def timing_of(duty: Duty, turn: ReminderTurn, inputs: ReminderInputs) -> Timing:
    """Return when a turn's message is sent to recipients without an own digest.

    An escalation is sent at once, and so is a step before a limit that is over by the next digest.
    """
    calendar = inputs.department_calendar(department_of(duty, turn.step.level))
    digest_at = at_clock(inputs.policies.digest_at, turn.at, inputs.policy_of(duty).hours, calendar)
    limit = limit_of(duty, turn.step.anchor)
    if turn.step.level in ESCALATIONS or turn.at <= limit <= digest_at:
        return Timing(at=turn.at, in_digest=False)
    return Timing(at=digest_at, in_digest=True)


def topic_of_turn(turn: ReminderTurn) -> Topic:
    """Return what a turn is about; each step in percent is a topic of its own."""
    percent = turn.step.when.percent if isinstance(turn.step.when, TimeUsed) else 0
    return topic_of(turn.step.anchor), turn.step.level, turn.step.channels, percent


def message_turns(duty: Duty, turns: Iterable[ReminderTurn], inputs: ReminderInputs) -> dict[str, Timing]:
    """Return the turns of a duty that become messages, by key, with their timing.

    The terminal shows all turns. Of the turns of one topic, level and channels that would be sent on one day only one
    is: on the first such day the first, so that the duty is known early, later the last, because a duty that was
    delivered meanwhile needs none.
    """
    sent: dict[Topic, dict[date, list[tuple[ReminderTurn, Timing]]]] = {}
    for turn in turns:
        timing = timing_of(duty, turn, inputs)
        on = inputs.department_calendar(department_of(duty, turn.step.level)).local_date(timing.at)
        topic = topic_of_turn(turn)
        sent.setdefault(topic, {}).setdefault(on, []).append((turn, timing))
    chosen: dict[str, Timing] = {}
    for days in sent.values():
        for number, on in enumerate(sorted(days)):
            at = (max if number else min)(timing.at for _, timing in days[on])
            turn, timing = next(one for one in reversed(days[on]) if one[1].at == at)
            chosen[turn.key] = timing
    return chosen
