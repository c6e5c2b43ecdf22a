"""A small model of duties, requests and complaints that shares no code with the program.

Time is the company's local wall clock in half hours; a deadline is found by walking from half hour to half hour.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

HALF = timedelta(minutes=30)
MORNING = (time(8, 30), time(12))
AFTERNOON = (time(13, 30), time(18))
VERDICT_DAYS = 3


def is_workday(day: date) -> bool:
    return day.weekday() < 5


def works(moment: datetime) -> bool:
    """Say whether the half hour that begins now is worked."""
    at = moment.time()
    return is_workday(moment.date()) and any(opens <= at < closes for opens, closes in (MORNING, AFTERNOON))


def workday_close(day: date, workdays: int) -> datetime:
    while workdays:
        day += timedelta(days=1)
        workdays -= is_workday(day)
    return datetime.combine(day, AFTERNOON[1])


def days_close(day: date, days: int) -> datetime:
    day += timedelta(days=days)
    while not is_workday(day):
        day += timedelta(days=1)
    return datetime.combine(day, AFTERNOON[1])


@dataclass
class Span:
    """A hold, or what lay with the consumer; `counts` may change afterwards."""

    start: datetime
    end: datetime | None = None
    counts: bool = True
    objected: bool = False
    judged: bool = False

    def covers(self, moment: datetime) -> bool:
        return self.counts and self.start <= moment and (self.end is None or moment < self.end)


@dataclass
class ModelDuty:
    """What one duty should look like."""

    opened: datetime
    base_due: datetime
    asked: bool = False
    state: str = "open"
    holds: list[Span] = field(default_factory=list)
    lying: list[Span] = field(default_factory=list)
    delivered: datetime | None = None
    returned: bool = False
    answered: datetime | None = None
    answer_due: datetime | None = None
    answered_by_hand: bool = False

    def due(self, now: datetime) -> datetime:
        """Walk through the half hours: each worked one without an excuse uses up what was left at the opening."""
        left = sum(works(self.opened + HALF * n) for n in range((self.base_due - self.opened) // HALF))
        moment, due = self.opened, self.base_due
        stop = self.delivered or now
        spent = 0
        while spent < left:
            excused = moment < stop and any(span.covers(moment) for span in (*self.holds, *self.lying))
            if works(moment) and not excused:
                spent += 1
                due = moment + HALF
            moment += HALF
        return due

    def is_late(self, now: datetime) -> bool:
        return (self.delivered or now) > self.due(now)

    def limit(self) -> datetime | None:
        return workday_close(self.delivered.date(), VERDICT_DAYS) if self.delivered else None

    def silence(self, now: datetime) -> None:
        limit = self.limit()
        if self.state == "delivered" and limit is not None and now > limit:
            self.state = "accepted"

    def deliver(self, now: datetime) -> bool:
        if self.state != "open":
            return False
        self.state, self.delivered = "delivered", now
        self.answered = self.answered or (now if self.asked else None)
        return True

    def take_back(self, now: datetime) -> bool:
        if self.state != "delivered":
            return False
        if self.answered == self.delivered and not self.answered_by_hand and not self.lying:
            self.answered = None
        self.state, self.delivered = "open", None
        return True

    def accept(self, now: datetime) -> bool:
        return self._move("delivered", "accepted")

    def send_back(self, now: datetime) -> bool:
        return self.state == "delivered" and self._reject(now)

    def reopen(self, now: datetime) -> bool:
        return self.state == "accepted" and self._reject(now)

    def _reject(self, now: datetime) -> bool:
        assert self.delivered is not None
        self.lying.append(Span(self.delivered, now))
        self.state, self.delivered, self.returned = "open", None, True
        return True

    def hold(self, now: datetime) -> bool:
        if not self._move("open", "held"):
            return False
        self.holds.append(Span(now))
        return True

    def resume(self, now: datetime) -> bool:
        if not self._move("held", "open"):
            return False
        self.holds[-1].end = now
        return True

    def object_to(self, now: datetime) -> bool:
        free = [hold for hold in self.holds if not hold.objected]
        if self.state not in {"open", "held", "delivered"} or not free:
            return False
        free[-1].objected, free[-1].counts = True, False
        return True

    def judge_hold(self, now: datetime, confirmed: bool) -> bool:
        waiting = [hold for hold in self.holds if hold.objected and not hold.judged]
        if self.state not in {"open", "held", "delivered", "accepted"} or not waiting:
            return False
        waiting[0].judged, waiting[0].counts = True, confirmed
        return True

    def waive(self, now: datetime) -> bool:
        return self._end(now, "waived")

    def cancel(self, now: datetime) -> bool:
        return self._end(now, "cancelled")

    def answer(self, now: datetime) -> bool:
        if not self.asked or self.answered or self.state in {"cancelled", "waived", "delivered", "accepted"}:
            return False
        self.answered, self.answered_by_hand = now, True
        return True

    def _move(self, before: str, after: str) -> bool:
        if self.state != before:
            return False
        self.state = after
        return True

    def _end(self, now: datetime, state: str) -> bool:
        if self.state not in {"open", "held"}:
            return False
        if self.state == "held":
            self.holds[-1].end = now
        self.state = state
        return True

    def counts(self, now: datetime) -> str:
        """Say how it counts: good, bad, pending, waived, or not at all."""
        if self.state in {"cancelled", "waived"}:
            return self.state
        if self.is_late(now):
            return "bad"
        return "good" if self.delivered else "pending"


STEPS = ("record", "judge", "name", "analyse", "propose", "approve", "carry_out", "evaluate")


@dataclass
class ModelComplaint:
    """How many steps were taken, and whether it has ended."""

    taken: int = 1
    state: str = "running"

    def step(self, stage: str, yes: bool) -> bool:
        if self.state != "running" or STEPS[self.taken] != stage:
            return False
        if stage == "judge" and not yes:
            self.state = "unfounded"
        elif stage == "approve" and not yes:
            self.taken = STEPS.index("propose")
        elif stage == "evaluate":
            self.state = "closed"
        else:
            self.taken += 1
        return True
