"""An independent model of duties, excuses, closings and figures; shares no code with the program."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction

from tests.services.differential.days import Days, Rule, month_after, month_of, with_excuses
from tests.services.differential.parts import Asked, Delivery, Duty, Happening, Moment

OPENS_BEFORE = 5
VERDICT_DAYS = 3


@dataclass
class Model:
    """The whole company."""

    days: Days = field(default_factory=Days)
    duties: dict[str, Duty] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    kept: dict[str, object] = field(default_factory=dict)
    events: dict[str, Happening] = field(default_factory=dict)
    requests: list[Asked] = field(default_factory=list)

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
        if duty.happening is not None and not duty.own_clock and not duty.late_opened:
            return min(duty.counted.at, duty.opened)
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
        return duty.frozen if duty.frozen is not None else self.running_due(duty, now)

    def running_due(self, duty: Duty, now: datetime) -> datetime:
        spans = [(start, now if end is None else end) for start, end in self.excuses(duty)]
        return with_excuses(duty.base, spans, self.days)

    def standing_due(self, duty: Duty) -> datetime:
        """Return the due instant without what a running excuse will add."""
        if duty.frozen is not None:
            return duty.frozen
        ended = [(start, end) for start, end in self.excuses(duty) if end is not None]
        return with_excuses(duty.base, ended, self.days)

    def stands_still(self, duty: Duty, now: datetime) -> bool:
        if not duty.owed:
            return False
        running = [start for start, end in self.excuses(duty) if end is None and start <= now]
        due = self.standing_due(duty)
        return any(self.days.between(start, due) > timedelta() for start in running)

    def late(self, duty: Duty, now: datetime) -> bool:
        if duty.state in {"delivered", "accepted"}:
            assert duty.standing is not None
            return duty.standing.counts_at > self.due(duty, now)
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

    def deliver(self, duty: Duty, now: datetime, claimed: datetime | None = None) -> None:
        duty.deliveries.append(Delivery(now, claimed))
        duty.state = "delivered"
        duty.verdict_by = self.days.close(self.days.shift(now.date(), VERDICT_DAYS))
        if duty.request is not None and not duty.request.sealed:
            if duty.request.answered is None:
                duty.request.answered, duty.request.answering = now, duty.standing
            duty.request.state = "settled"

    def earliest_claim(self, duty: Duty) -> datetime:
        """Return since when a delivery may have been made: its event, its period, or its opening."""
        if duty.happening is not None:
            precedes = duty.rule.precedes and not duty.own_clock
            return duty.happening.registered_at if precedes else duty.happening.time.at
        if duty.turn:
            before = date.fromisoformat(f"{duty.turn}-01") - timedelta(days=1)
            return datetime.combine(before.replace(day=1), time())
        return duty.opened

    def silence(self, now: datetime, duties: Iterable[Duty]) -> None:
        for duty in duties:
            if duty.is_silent(now) and not duty.sealed:
                assert duty.verdict_by is not None
                self.accept(duty, duty.verdict_by)

    def accept(self, duty: Duty, at: datetime, *, confirm: bool = False) -> None:
        duty.frozen = self.due(duty, at)
        duty.state, duty.closed = "accepted", at
        assert duty.standing is not None
        duty.standing.confirmed = confirm

    def take_back(self, duty: Duty) -> None:
        gone = duty.deliveries.pop()
        duty.state, duty.verdict_by = "open", None
        asked = duty.request
        if asked is not None and not asked.sealed:
            asked.state = "answered"
            if asked.answering is gone:
                asked.answered, asked.answering, asked.state = None, None, "asked"

    def give_back(self, duty: Duty, now: datetime) -> None:
        assert duty.standing is not None
        self._back(duty, now)

    def _back(self, duty: Duty, now: datetime) -> None:
        if (last := duty.standing) is not None:
            last.returned, last.confirmed = now, False
        if duty.request is not None and duty.request.state == "settled":
            duty.request.state = "answered"
        duty.state, duty.closed, duty.frozen, duty.verdict_by = "open", None, None, None

    def reopen(self, duty: Duty, now: datetime) -> None:
        self._back(duty, now)
        self._follow(duty, now, keep_later=True)
        duty.month = self.open_month(duty.month)

    def hand_over(self, duty: Duty, taker: str, within: int, now: datetime) -> Duty:
        self.finish(duty, "handed_over", now)
        rule = Rule("workdays", within)
        nominal, base = rule.due(now, self.days)
        taken = [one for one in duty.changes if one.about != "time"]
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
            happening=duty.happening,
            changes=[replace(one) for one in taken],
            request=duty.request,
            turn=duty.turn,
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
        if duty.turn and not duty.own_clock:
            return duty.rule.due_in(duty.turn, self.days)
        if duty.happening is None or duty.own_clock:
            return duty.rule.due(duty.opened, self.days)
        return self.granted(duty, duty.counted)[:2]

    def granted(self, duty: Duty, moment: Moment) -> tuple[date, datetime, bool, bool]:
        """Return what a time of its event gives a duty: day, instant, whether opened late, whether short notice."""
        nominal, due = duty.rule.due(moment.at, self.days)
        if duty.rule.precedes:
            return nominal, due, False, due < max(duty.opened, moment.set_at)
        if duty.opened_from == duty.provider:
            return nominal, due, False, False
        if duty.opened - moment.at < timedelta(minutes=1):
            return nominal, due, False, False
        later = self.grace(duty.rule, due, nominal, duty.opened)
        return *later, later != (nominal, due), False

    def grace(self, rule: Rule, due: datetime, nominal: date, registered: datetime) -> tuple[date, datetime]:
        """Return the close of the first workday after a late registration from outside, if it is later."""
        day = self.days.shift(registered.date(), 1)
        close = self.days.close(day)
        if rule.due(registered, self.days)[1] > due and due < close:
            return day, close
        return nominal, due

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
        self.silence(now, own)
        overdue = [one for one in own if one.owed and self.late(one, now)] if missed else []
        if any((one.live or one.is_objected_to) and one not in overdue for one in own):
            return False
        for one in overdue:
            self.finish(one, "missed", now)
        self.closed.add(month)
        self.kept[month] = self.figures(month, now), self.answers(month, now)
        for one in own:
            one.sealed = True
        self._seal_others(month)
        return True

    def _seal_others(self, month: str) -> None:
        """Seal the events up to a month, and the requests, whose last duty is sealed."""
        for id, event in self.events.items():
            left = [one for one in self.duties.values() if one.event == id and not one.sealed]
            if not event.sealed and not left and month_of(event.time.at.date()) <= month:
                event.sealed = month
        for asked in self.requests:
            own = [one for one in self.duties.values() if one.request is asked]
            if not asked.sealed and all(one.sealed for one in own):
                asked.sealed = month

    def open_again(self, month: str) -> None:
        self.closed.remove(month)
        for one in self.duties.values():
            if one.month == month:
                one.sealed = False
        others: list[Happening | Asked] = [*self.events.values(), *self.requests]
        for other in others:
            other.sealed = "" if other.sealed == month else other.sealed

    def figures(self, month: str, now: datetime) -> dict[tuple[str, str, str], tuple[object, ...]]:
        """Return good, valid, waived and allowed misses of each provider, consumer and obligation."""
        groups: dict[tuple[str, str, str], list[Duty]] = {}
        for one in self.duties.values():
            if one.month == month:
                groups.setdefault((one.provider, one.consumer, one.obligation), []).append(one)
        return {key: self._figure(group, now) for key, group in groups.items()}

    def answers(self, month: str, now: datetime) -> dict[str, tuple[int, int, int, int]]:
        """Return how many requests each provider got, answered in time, should have answered, and saw withdrawn."""
        found: dict[str, tuple[int, int, int, int]] = {}
        for one in self.requests:
            gone, is_asked = one.state == "withdrawn", one.month == month
            is_known = one.answered is not None or now > one.answer_by
            is_judged = not gone and is_known and self._answer_month(one) == month
            in_time = is_judged and one.answered is not None and one.answered <= one.answer_by
            if is_asked or is_judged:
                asked, well, judged, withdrawn = found.get(one.provider, (0, 0, 0, 0))
                found[one.provider] = (
                    asked + is_asked,
                    well + in_time,
                    judged + is_judged,
                    withdrawn + (gone and is_asked),
                )
        return found

    def _answer_month(self, asked: Asked) -> str:
        """Return the month of an answer's limit, at the latest that of the duty with which the request is sealed."""
        own = [one.month for one in self.duties.values() if one.request is asked]
        return min(month_of(asked.answer_by.date()), asked.sealed or own[-1])

    def _figure(self, group: list[Duty], now: datetime) -> tuple[object, ...]:
        good = valid = waived = short = 0
        allowed = Fraction()
        for one in group:
            late = self.late(one, now)
            waived += one.state == "waived"
            done = one.state in {"delivered", "accepted"}
            if one.state in {"waived", "cancelled"} or (one.state == "handed_over" and not late):
                continue
            short += one.short
            if one.short or not (late or done):
                continue
            valid += 1
            good += not late
            allowed += 1 - one.target
        return good, valid, waived, short, allowed.numerator // allowed.denominator
