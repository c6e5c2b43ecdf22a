"""An independent model of duties, excuses, closings and figures; shares no code with the program.

Time is the company's local wall clock, naive. A deadline with excuses is found by walking through the working time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from fractions import Fraction

DAY = timedelta(days=1)
SHIFTS = ((time(8, 30), time(12)), (time(13, 30), time(18)))
CLOSE = time(18)
OPENS_BEFORE = 5
VERDICT_DAYS = 3

Span = tuple[datetime, datetime]


@dataclass
class Days:
    """The company's calendar: Monday to Friday, with days that were changed."""

    changed: dict[date, bool] = field(default_factory=dict)

    def works(self, day: date) -> bool:
        return self.changed.get(day, day.weekday() < 5)

    def close(self, day: date) -> datetime:
        return datetime.combine(day, CLOSE)

    def shift(self, day: date, workdays: int) -> date:
        step = DAY if workdays > 0 else -DAY
        left = abs(workdays)
        while left:
            day += step
            left -= self.works(day)
        return day

    def following(self, day: date) -> date:
        while not self.works(day):
            day += DAY
        return day

    def shifts(self, since: datetime) -> Iterator[Span]:
        """Yield the stretches of working time that end after an instant."""
        day = since.date()
        while True:
            if self.works(day):
                for opens, closes in SHIFTS:
                    if (end := datetime.combine(day, closes)) > since:
                        yield max(since, datetime.combine(day, opens)), end
            day += DAY

    def between(self, a: datetime, b: datetime) -> timedelta:
        total = timedelta()
        if b <= a:
            return total
        for start, end in self.shifts(a):
            if start >= b:
                return total
            total += min(end, b) - start
        return total

    def after(self, since: datetime, span: timedelta) -> datetime:
        for start, end in self.shifts(since):
            if end - start >= span:
                return start + span
            span -= end - start
        raise AssertionError


@dataclass(frozen=True)
class Rule:
    """When something is due: a number of days, workdays or working minutes, or a day of the month."""

    kind: str
    number: int

    def due(self, anchor: datetime, days: Days) -> tuple[date, datetime]:
        """Return nominal day and instant, counted from an event or request."""
        on = anchor.date()
        if self.kind == "minutes":
            due = days.after(anchor, timedelta(minutes=self.number))
            return due.date(), due
        if self.kind == "workdays":
            on = days.shift(on, self.number)
            return on, days.close(on)
        nominal = on + DAY * self.number
        return nominal, days.close(days.following(nominal))

    def due_in(self, month: str, days: Days) -> tuple[date, datetime]:
        nominal = date.fromisoformat(f"{month}-{self.number:02}")
        return nominal, days.close(days.following(nominal))


def month_of(day: date) -> str:
    return day.isoformat()[:7]


def month_after(month: str) -> str:
    return month_of(date.fromisoformat(f"{month}-01") + DAY * 31)


def with_excuses(base: datetime, excuses: list[Span], days: Days) -> datetime:
    """Return the instant at which the working time up to `base` is used up, excuses left out.

    Walks from the first excuse through the working time; it stands still inside an excuse while any is left.
    """
    excuses = sorted(one for one in excuses if one[0] < one[1])
    if not excuses:
        return base
    since = excuses[0][0]
    left = days.between(since, base)
    if not left:
        return base
    united: list[list[datetime]] = []
    for start, end in excuses:
        if united and start <= united[-1][1]:
            united[-1][1] = max(end, united[-1][1])
        else:
            united.append([start, end])
    due = base
    for place, (start, end) in enumerate(united):
        if place:
            left -= days.between(united[place - 1][1], start)
            if left <= timedelta():
                return due
        if days.between(start, end):
            due = days.after(end, left)
    return due


@dataclass
class Delivery:
    at: datetime
    returned: datetime | None = None


@dataclass
class Hold:
    start: datetime
    end: datetime | None = None
    objected: bool = False
    confirmed: bool | None = None

    @property
    def counts(self) -> bool:
        return self.confirmed is True or (not self.objected and self.confirmed is None)


@dataclass
class Duty:
    """What one duty should look like."""

    obligation: str
    provider: str
    consumer: str
    rule: Rule
    target: Fraction
    opened: datetime
    nominal: date
    base: datetime
    month: str
    event: str = ""
    turn: str = ""
    subject: str = ""
    clock: datetime | None = None
    outside: datetime | None = None
    late_opened: bool = False
    waits_for: str = ""
    own_clock: bool = False
    state: str = "open"
    deliveries: list[Delivery] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    closed: datetime | None = None
    verdict_by: datetime | None = None
    frozen: datetime | None = None
    linked: Duty | None = None
    sealed: bool = False
    carried: bool = False

    @property
    def owed(self) -> bool:
        return self.state in {"open", "held"}

    @property
    def live(self) -> bool:
        return self.owed or self.state == "delivered"

    @property
    def standing(self) -> Delivery | None:
        last = self.deliveries[-1] if self.deliveries else None
        return last if last is not None and last.returned is None else None

    def undelivered(self) -> list[tuple[datetime, datetime | None]]:
        """Return when somebody may have waited for this duty, its hand-over included."""
        return self._undelivered(self.base)

    def _undelivered(self, since: datetime) -> list[tuple[datetime, datetime | None]]:
        found: list[tuple[datetime, datetime | None]] = []
        for one in self.deliveries:
            if one.at > since:
                found.append((since, one.at))
            if one.returned is None:
                return found
            since = max(since, one.returned)
        if self.linked is not None:
            return found + self.linked._undelivered(since)
        if self.closed is None or self.closed > since:
            found.append((since, self.closed))
        return found


@dataclass
class Model:
    """The whole company."""

    days: Days = field(default_factory=Days)
    duties: dict[str, Duty] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    kept: dict[str, object] = field(default_factory=dict)

    def open_month(self, month: str) -> str:
        while month in self.closed:
            month = month_after(month)
        return month

    def place(self, duty: Duty) -> None:
        own = month_of(duty.nominal)
        duty.month = self.open_month(own)
        duty.carried = duty.month != own

    # --- deadlines

    def prerequisites(self, duty: Duty) -> list[Duty]:
        if not duty.waits_for:
            return []
        return [
            one
            for one in self.duties.values()
            if one.obligation == duty.waits_for
            and not one.own_clock
            and ((duty.event and one.event == duty.event) or (duty.turn and one.turn == duty.turn))
        ]

    def clock_start(self, duty: Duty) -> datetime:
        if duty.clock is not None and not duty.late_opened:
            return min(duty.clock, duty.opened)
        if duty.turn and not duty.own_clock:
            first = self.days.shift(duty.base.date(), -OPENS_BEFORE)
            return min(duty.opened, datetime.combine(first, time()))
        return duty.opened

    def excuses(self, duty: Duty) -> list[tuple[datetime, datetime | None]]:
        found: list[tuple[datetime, datetime | None]] = [
            (hold.start, hold.end) for hold in duty.holds if hold.counts
        ]
        found += [(one.at, one.returned) for one in duty.deliveries if one.returned is not None]
        begins = self.clock_start(duty)
        for other in self.prerequisites(duty):
            for start, end in other.undelivered():
                clipped = max(start, begins)
                if end is None or clipped < end:
                    found.append((clipped, end))
        standing = duty.standing
        done = standing.at if standing is not None else duty.closed
        if done is None:
            return found
        return [(start, done if end is None else min(end, done)) for start, end in found if start < done]

    def due(self, duty: Duty, now: datetime) -> datetime:
        """Return the due instant, running excuses counted up to now."""
        if duty.frozen is not None:
            return duty.frozen
        spans = [(start, now if end is None else end) for start, end in self.excuses(duty)]
        return with_excuses(duty.base, spans, self.days)

    def stands_still(self, duty: Duty, now: datetime) -> bool:
        if not duty.owed:
            return False
        running = [start for start, end in self.excuses(duty) if end is None and start <= now]
        ended = [(start, end) for start, end in self.excuses(duty) if end is not None]
        due = with_excuses(duty.base, ended, self.days)
        return any(self.days.between(start, due) > timedelta() for start in running)

    def late(self, duty: Duty, now: datetime) -> bool:
        if duty.state in {"delivered", "accepted"}:
            assert duty.standing is not None
            return duty.standing.at > self.due(duty, now)
        if duty.state == "handed_over":
            assert duty.closed is not None
            return duty.closed > self.due(duty, now)
        if duty.state == "missed":
            return True
        return duty.owed and now > self.due(duty, now) and not self.stands_still(duty, now)

    # --- acts

    def finish(self, duty: Duty, state: str, now: datetime) -> None:
        for hold in duty.holds:
            hold.end = hold.end or now
        duty.state, duty.closed = state, now
        duty.frozen = self.due(duty, now)

    def deliver(self, duty: Duty, now: datetime) -> None:
        duty.deliveries.append(Delivery(now))
        duty.state = "delivered"
        duty.verdict_by = self.days.close(self.days.shift(now.date(), VERDICT_DAYS))

    def silence(self, now: datetime) -> None:
        for duty in self.duties.values():
            if duty.state == "delivered" and duty.verdict_by is not None and now > duty.verdict_by:
                self.accept(duty, duty.verdict_by)

    def accept(self, duty: Duty, at: datetime) -> None:
        duty.frozen = self.due(duty, at)
        duty.state, duty.closed = "accepted", at

    def give_back(self, duty: Duty, now: datetime) -> None:
        assert duty.standing is not None
        duty.standing.returned = now
        duty.state, duty.closed, duty.frozen, duty.verdict_by = "open", None, None, None

    def reopen(self, duty: Duty, now: datetime) -> None:
        if duty.standing is not None:
            duty.standing.returned = now
        duty.state, duty.closed, duty.frozen, duty.verdict_by = "open", None, None, None
        self._follow(duty, now, keep_later=True)
        duty.month = self.open_month(duty.month)

    def hand_over(self, duty: Duty, taker: str, within: int, now: datetime) -> Duty:
        self.finish(duty, "handed_over", now)
        rule = Rule("workdays", within)
        nominal, base = rule.due(now, self.days)
        duty.linked = Duty(
            obligation=duty.obligation,
            provider=taker,
            consumer=duty.consumer,
            rule=rule,
            target=duty.target,
            opened=now,
            nominal=nominal,
            base=base,
            month="",
            event=duty.event,
            turn=duty.turn,
            subject=duty.subject,
            waits_for=duty.waits_for,
            own_clock=True,
        )
        self.place(duty.linked)
        return duty.linked

    # --- calendars

    def follow_calendar(self, now: datetime) -> None:
        for duty in self.duties.values():
            if duty.live and not duty.sealed:
                self._follow(duty, now, keep_later=duty.state == "delivered")

    def fresh(self, duty: Duty) -> tuple[date, datetime]:
        """Return nominal day and instant by the duty's rule on the calendar of today."""
        if duty.own_clock:
            return duty.rule.due(duty.opened, self.days)
        if duty.turn:
            return duty.rule.due_in(duty.turn, self.days)
        assert duty.clock is not None
        nominal, due = duty.rule.due(duty.clock, self.days)
        if duty.outside is not None:
            return self.grace(duty.rule, due, nominal, duty.outside)
        return nominal, due

    def grace(self, rule: Rule, due: datetime, nominal: date, registered: datetime) -> tuple[date, datetime]:
        """Return the close of the first workday after a late registration from outside, if it is later."""
        day = self.days.shift(registered.date(), 1)
        close = self.days.close(day)
        if rule.due(registered, self.days)[1] > due and due < close:
            return day, close
        return nominal, due

    def retime(self, duty: Duty, clock: datetime, now: datetime) -> None:
        """Let an owed duty follow the corrected time of its event; others are judged by the time they had."""
        if not duty.owed or duty.own_clock:
            return
        duty.clock = clock
        plain = duty.rule.due(clock, self.days)
        duty.nominal, due = self.fresh(duty)
        duty.late_opened = (duty.nominal, due) != plain
        soonest = self.days.close(self.days.shift(now.date(), 1))
        duty.base = max(due, min(duty.base, soonest))
        self.place(duty)

    def _follow(self, duty: Duty, now: datetime, *, keep_later: bool) -> None:
        nominal, due = self.fresh(duty)
        soonest = self.days.close(self.days.shift(now.date(), 1))
        floor = duty.base if keep_later else min(duty.base, soonest)
        due = max(due, floor)
        if due != duty.base:
            duty.nominal, duty.base = nominal, due
            self.place(duty)

    # --- months

    def close(self, month: str, now: datetime, *, missed: bool) -> bool:
        """Close a month unless something is pending; what has become missed stays so only if it closes."""
        own = [one for one in self.duties.values() if one.month == month and not one.sealed]
        overdue = [one for one in own if one.owed and self.late(one, now)] if missed else []
        if any(one.live and one not in overdue for one in own):
            return False
        for one in overdue:
            self.finish(one, "missed", now)
        self.closed.add(month)
        self.kept[month] = self.figures(month, now)
        for one in own:
            one.sealed = True
        return True

    def open_again(self, month: str) -> None:
        self.closed.remove(month)
        for one in self.duties.values():
            if one.month == month:
                one.sealed = False

    def figures(self, month: str, now: datetime) -> dict[tuple[str, str, str], tuple[object, ...]]:
        """Return good, valid, waived and allowed misses of each provider, consumer and obligation."""
        groups: dict[tuple[str, str, str], list[Duty]] = {}
        for one in self.duties.values():
            if one.month == month:
                groups.setdefault((one.provider, one.consumer, one.obligation), []).append(one)
        return {key: self._figure(group, now) for key, group in groups.items()}

    def _figure(self, group: list[Duty], now: datetime) -> tuple[object, ...]:
        good = valid = waived = 0
        allowed = Fraction()
        for one in group:
            late = self.late(one, now)
            waived += one.state == "waived"
            done = one.state in {"delivered", "accepted"}
            if one.state in {"waived", "cancelled"} or not (late or done):
                continue
            valid += 1
            good += not late
            allowed += 1 - one.target
        return good, valid, waived, allowed.numerator // allowed.denominator
