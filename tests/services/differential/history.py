"""Plays one random history on the program and on the model, and compares both after every act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import partial
from random import Random

from sla_tracker.domain.agreements.obligation import Obligation, OnEvent, OnRequest, Recurring
from sla_tracker.domain.deadlines.due import DayOfMonth, InDays, InWorkdays, InWorkingTime
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.work_calendar import DayRule, DayStatus, Layer
from sla_tracker.errors import Incomplete
from sla_tracker.services import events, requests
from sla_tracker.services.archives import archived_duty
from sla_tracker.services.context import COMPANY
from sla_tracker.services.departments import handovers
from sla_tracker.services.duties import holds, operations, scheduler, waivers
from sla_tracker.services.months import archive
from sla_tracker.services.ports import Store
from sla_tracker.services.queries.duties import row_of
from sla_tracker.testing.company import ZONE, a_calendar, a_context, an_actor, an_obligation, set_clock
from tests.services.differential import model as models
from tests.services.differential.model import Model, Rule, month_of

START = datetime(2026, 11, 2, 8, 30)  # noqa: DTZ001 - the model's wall clock
MINUTE = timedelta(minutes=1)
STAFF = {"sales": "wang.fang", "service": "liu.yang", "warehouse": "ma.chao"}
HEADS = {"sales": "li.na", "service": "zhou.min", "warehouse": "wu.di"}
CLERK, HEAD, ADMINISTRATOR = "chen.jing", "sun.hua", "root"
OF_EVENT = {
    "papers": ("sales", Rule("days", 2), "", Fraction(9, 10)),
    "invoice": ("service", Rule("days", 4), "papers", Fraction(17, 20)),
    "slip": ("warehouse", Rule("minutes", 240), "", None),
}
COPY = Rule("workdays", 2)
MOST_EVENTS, MOST_ACTS = 4, 40


def program_rule(rule: Rule) -> InDays | InWorkdays | InWorkingTime:
    match rule.kind:
        case "days":
            return InDays(days=rule.number)
        case "workdays":
            return InWorkdays(workdays=rule.number)
    return InWorkingTime(span=timedelta(minutes=rule.number))


def obligations(list_day: int) -> list[Obligation]:
    """Return the obligations of the company; `list_day` is the day of month of the list."""
    found = [
        an_obligation(
            id,
            provider=provider,
            depends_on=(waits_for,) if waits_for else (),
            target=None if target is None else Decimal(target.numerator) / target.denominator,
            triggers=(OnEvent(event_type="vehicle-delivered", due=program_rule(rule)),),
        )
        for id, (provider, rule, waits_for, target) in OF_EVENT.items()
    ]
    return [
        *found,
        an_obligation("copy", triggers=(OnRequest(due=program_rule(COPY)),)),
        an_obligation("list", provider="warehouse", triggers=(Recurring(due=DayOfMonth(day=list_day)),)),
        an_obligation(
            "margin",
            provider="service",
            depends_on=("list",),
            triggers=(Recurring(due=DayOfMonth(day=10)),),
        ),
    ]


class History:
    """One random history; `log` says what was done, for whoever mends what it found."""

    def __init__(self, seed: int, store: Store) -> None:
        self.chance = Random(seed)
        self.now = START
        self.list_day, self.target = 5, Fraction(19, 20)
        self.changes = 0
        self.context = a_context(
            now=self.at(START), store=store, obligations=obligations(5), in_force_from=date(2026, 11, 1)
        )
        self.model = Model()
        self.since = {"list": START, "margin": START}
        self.events: dict[str, str] = {}
        self.times: dict[str, datetime] = {}
        self.log: list[str] = []

    def at(self, moment: datetime) -> datetime:
        return moment.replace(tzinfo=ZONE)

    def local(self, instant: datetime) -> datetime:
        return instant.astimezone(ZONE).replace(tzinfo=None)

    def who(self, person: str) -> object:
        return an_actor(self.context, person)

    def play(self) -> None:
        """Act at random until the end, comparing each time."""
        self.tick()
        for _ in range(self.chance.randint(10, MOST_ACTS)):
            self.chance.choice(self.acts())()
            self.compare()
        self.compare_archives()

    def acts(self) -> list[Callable[[], None]]:
        """Return what can be done now; time passes about every third time."""
        found: list[Callable[[], None]] = [self.wait] * 6
        if len(self.events) < MOST_EVENTS:
            found += [self.register] * 2
        found += [self.ask, self.change_calendar, self.change_list, self.change_target]
        found += [self.close_month] * 3
        if self.model.closed:
            found.append(self.open_again)
        for id, duty in self.model.duties.items():
            if not duty.sealed:
                found += self.acts_on(id, duty)
        for event in self.events:
            found += [
                partial(self.correct_subject, event),
                partial(self.correct_time, event),
            ]
            found += [partial(self.cancel, event)] if self.chance.random() < 0.2 else []
        return found

    def acts_on(self, id: str, duty: models.Duty) -> list[Callable[[], None]]:
        named = {
            "open": [self.deliver, self.deliver, self.hold, self.waive, self.hand_over],
            "held": [self.resume, self.resume, self.waive, self.hand_over],
            "delivered": [self.accept, self.give_back, self.take_back],
            "accepted": [self.reopen],
            "missed": [self.reopen],
        }.get(duty.state, [])
        hold = duty.holds[-1] if duty.holds and duty.live else None
        if hold is not None and not hold.objected:
            named.append(self.object_to)
        if hold is not None and hold.objected and hold.confirmed is None:
            named += [self.judge_hold] * 3
        return [partial(act, id, duty) for act in named]

    # --- time

    def wait(self) -> None:
        """Let time pass: to a moment at which something happens, or by chance."""
        chance, days = self.chance, self.model.days
        moments = [self.now + MINUTE * chance.randint(1, 60 * 24 * chance.choice((1, 3, 12)))]
        for duty in self.model.duties.values():
            if duty.live:
                moments += [self.model.due(duty, self.now), duty.base]
                moments += [duty.verdict_by] if duty.verdict_by else []
        day = days.following(self.now.date())
        moments += [days.close(day), datetime.combine(day, time(8, 30)), datetime.combine(day, time(12))]
        first = date.fromisoformat(f"{models.month_after(month_of(self.now.date()))}-01")
        moments += [datetime.combine(first, time()), datetime.combine(day + timedelta(days=1), time())]
        there = [one + MINUTE * chance.choice((-1, 0, 0, 1)) for one in moments]
        later = [one for one in there if self.now < one < self.now + timedelta(days=40)]
        if later:
            self.now = chance.choice(later)
            self.log.append(f"{self.now:%m-%d %H:%M}")
            self.tick()

    def tick(self) -> None:
        set_clock(self.context, self.at(self.now))
        done = scheduler.tick(self.context)
        self.model.silence(self.now)
        expected = self.open_turns()
        opened = {(duty.obligation, str(duty.period_start)): duty.id for duty in done.opened}
        wanted = {(duty.obligation, period): duty for period, duty in expected}
        assert opened.keys() == wanted.keys(), (sorted(opened), sorted(wanted))
        for key, id in opened.items():
            self.model.duties[id] = wanted[key]

    def open_turns(self) -> list[tuple[str, models.Duty]]:
        """Return the recurring duties that open now, each with the first day of its period."""
        found = []
        months = [month_of(self.now.date())]
        months.append(models.month_after(months[0]))
        first = date.fromisoformat(f"{months[0]}-01")
        months.append(month_of(first - timedelta(days=1)))
        for obligation, day, waits_for, provider in (
            ("list", self.list_day, "", "warehouse"),
            ("margin", 10, "list", "service"),
        ):
            for month in sorted(months):
                if any(
                    one.obligation == obligation and one.turn == month for one in self.model.duties.values()
                ):
                    continue
                rule = Rule("day", day)
                nominal, due = rule.due_in(month, self.model.days)
                opens = datetime.combine(self.model.days.shift(due.date(), -models.OPENS_BEFORE), time())
                if opens > self.now or due < self.since[obligation] or month in self.model.closed:
                    continue
                duty = self.made(obligation, provider, rule, nominal, due, None)
                duty.turn, duty.waits_for = month, waits_for
                self.model.place(duty)
                before = date.fromisoformat(f"{month}-01") - timedelta(days=1)
                found.append((f"{month_of(before)}-01", duty))
        return found

    # --- the company

    def change_calendar(self) -> None:
        """Close a workday or work on a closed one, soon."""
        day = self.now.date() + timedelta(days=self.chance.randint(1, 12))
        self.model.days.changed[day] = not self.model.days.works(day)
        name = Text(zh="变更", en="change")
        days = {
            on: DayRule(status=DayStatus.USUAL if works else DayStatus.CLOSED, name=name)
            for on, works in self.model.days.changed.items()
        }
        changed = a_calendar().with_layer(Layer(name="company", days=days))
        self.context = replace(self.context, calendars={COMPANY: changed})
        self.log.append(f"calendar {day} {'worked' if self.model.days.works(day) else 'closed'}")
        self.tick()
        self.model.follow_calendar(self.now)

    def change_list(self) -> None:
        """Change the day of the list: nothing whose period has a duty opens again."""
        self.list_day = self.chance.choice((3, 5, 8))
        self.changes += 1
        changed = {one.id: one for one in obligations(self.list_day)}
        catalogue = replace(self.context.catalogue, obligations=changed, digest=f"change {self.changes}")
        self.context = replace(self.context, catalogue=catalogue)
        self.since["list"] = max(self.since["list"], self.now)
        self.log.append(f"list on {self.list_day}")
        self.tick()

    def change_target(self) -> None:
        self.target = Fraction(self.chance.choice((80, 90, 95)), 100)
        target = Decimal(self.target.numerator) / self.target.denominator
        self.context = replace(self.context, settings=replace(self.context.settings, target=target))

    # --- openings

    def made(
        self,
        obligation: str,
        provider: str,
        rule: Rule,
        nominal: date,
        base: datetime,
        clock: datetime | None,
        target: Fraction | None = None,
    ) -> models.Duty:
        return models.Duty(
            obligation=obligation,
            provider=provider,
            consumer="finance",
            rule=rule,
            target=self.target if target is None else target,
            opened=self.now,
            nominal=nominal,
            base=base,
            month=month_of(nominal),
            clock=clock,
        )

    def register(self) -> None:
        """Register a vehicle, by who owes its papers or by who is owed them, now or late."""
        by, side = self.chance.choice(((STAFF["sales"], "sales"), (CLERK, "finance")))
        ago = self.chance.choice((0, 0, self.chance.randint(1, 60 * 24 * 5)))
        at = max(START, self.now - MINUTE * ago)
        done = events.register(
            self.context,
            an_actor(self.context, by),
            "vehicle-delivered",
            subject=f"V{len(self.events)}X",
            at=self.at(at),
        )
        self.events[done.event.id] = "active"
        self.times[done.event.id] = at
        self.log.append(f"{by} registers {at:%m-%d %H:%M}")
        assert {duty.obligation for duty in done.opened} == set(OF_EVENT)
        for stored in done.opened:
            provider, rule, waits_for, target = OF_EVENT[stored.obligation]
            nominal, due = rule.due(at, self.model.days)
            outside = None if provider == side else self.now
            if outside is not None:
                granted = self.model.grace(rule, due, nominal, outside)
            else:
                granted = (nominal, due)
            duty = self.made(stored.obligation, provider, rule, *granted, at, target)
            duty.outside, duty.late_opened = outside, granted != (nominal, due)
            duty.event, duty.waits_for = done.event.id, waits_for
            self.model.place(duty)
            self.model.duties[stored.id] = duty

    def ask(self) -> None:
        _, stored = requests.ask(
            self.context,
            an_actor(self.context, CLERK),
            "copy",
            text=f"copy {self.chance.random()}",
        )
        nominal, due = COPY.due(self.now, self.model.days)
        duty = self.made("copy", "sales", COPY, nominal, due, self.now)
        self.model.duties[stored.id] = duty
        self.log.append(f"asks {stored.reference}")

    # --- duties

    def did(self, what: str, id: str) -> None:
        self.log.append(f"{what} {id[-6:]}")

    def deliver(self, id: str, duty: models.Duty) -> None:
        self.did("deliver", id)
        operations.deliver(self.context, an_actor(self.context, STAFF[duty.provider]), id)
        self.model.deliver(duty, self.now)

    def accept(self, id: str, duty: models.Duty) -> None:
        self.did("accept", id)
        operations.accept(self.context, an_actor(self.context, CLERK), id)
        self.model.accept(duty, self.now)

    def give_back(self, id: str, duty: models.Duty) -> None:
        self.did("return", id)
        operations.return_(self.context, an_actor(self.context, CLERK), id, "unsigned")
        self.model.give_back(duty, self.now)

    def take_back(self, id: str, duty: models.Duty) -> None:
        self.did("take back", id)
        operations.take_back(self.context, an_actor(self.context, STAFF[duty.provider]), id)
        duty.deliveries.pop()
        duty.state, duty.verdict_by = "open", None

    def hold(self, id: str, duty: models.Duty) -> None:
        self.did("hold", id)
        actor = an_actor(self.context, STAFF[duty.provider])
        holds.hold(self.context, actor, id, waits_for="a bank", reason="no number")
        duty.holds.append(models.Hold(self.now))
        duty.state = "held"

    def resume(self, id: str, duty: models.Duty) -> None:
        self.did("resume", id)
        holds.resume(self.context, an_actor(self.context, STAFF[duty.provider]), id)
        duty.holds[-1].end, duty.state = self.now, "open"

    def object_to(self, id: str, duty: models.Duty) -> None:
        self.did("object", id)
        holds.object_to(self.context, an_actor(self.context, CLERK), id, "not so")
        duty.holds[-1].objected = True

    def judge_hold(self, id: str, duty: models.Duty) -> None:
        confirmed = self.chance.random() < 0.5
        self.did("confirm" if confirmed else "refuse", id)
        judge = holds.confirm if confirmed else holds.refuse
        judge(self.context, an_actor(self.context, HEAD), id)
        duty.holds[-1].confirmed = confirmed

    def waive(self, id: str, duty: models.Duty) -> None:
        if self.chance.random() < 0.7:
            return
        self.did("waive", id)
        waivers.waive(self.context, an_actor(self.context, HEAD), id, code="other", reason="x")
        self.model.finish(duty, "waived", self.now)

    def hand_over(self, id: str, duty: models.Duty) -> None:
        if self.chance.random() < 0.5:
            return
        taker = self.chance.choice([one for one in STAFF if one != duty.provider])
        within = self.chance.randint(1, 4)
        self.did(f"hand over to {taker} within {within}:", id)
        made = handovers.offer(
            self.context,
            an_actor(self.context, STAFF[duty.provider]),
            id,
            taker,
            reason="moved",
            within=within,
        )
        _, linked = handovers.consent(self.context, an_actor(self.context, HEADS[taker]), made.id)
        self.model.duties[linked.id] = self.model.hand_over(duty, taker, within, self.now)

    def reopen(self, id: str, duty: models.Duty) -> None:
        if self.chance.random() < 0.5:
            return
        self.did("reopen", id)
        operations.reopen(self.context, an_actor(self.context, HEAD), id, "a wrong sum")
        self.model.reopen(duty, self.now)

    # --- events

    def correct_subject(self, event: str) -> None:
        if self.events[event] != "active" or self._is_sealed(event):
            return
        self.log.append("correct the subject")
        subject = f"V{self.chance.randint(100, 10**9)}Y"
        events.correct(self.context, an_actor(self.context, CLERK), event, subject=subject, reason="typing")

    def correct_time(self, event: str) -> None:
        """Correct the time of an event as its consumer, which counts at once."""
        if self.events[event] != "active" or self._is_sealed(event):
            return
        at = max(START, self.now - MINUTE * self.chance.randint(0, 60 * 24 * 6))
        self.log.append(f"correct the time to {at:%m-%d %H:%M}")
        events.correct(self.context, an_actor(self.context, CLERK), event, at=self.at(at), reason="typing")
        if self.times[event] != at:
            self.times[event] = at
            for duty in self.model.duties.values():
                if duty.event == event and not duty.sealed:
                    self.model.retime(duty, at, self.now)

    def cancel(self, event: str) -> None:
        if self.events[event] != "active" or self._is_sealed(event):
            return
        self.log.append("cancel an event")
        events.cancel(self.context, an_actor(self.context, CLERK), event, "not sold")
        self.events[event] = "cancelled"
        for duty in self.model.duties.values():
            if duty.event == event and duty.owed and not duty.sealed:
                self.model.finish(duty, "cancelled", self.now)

    def _is_sealed(self, event: str) -> bool:
        return any(duty.event == event and duty.sealed for duty in self.model.duties.values())

    # --- months

    def close_month(self) -> None:
        """Close the earliest month that is over, or try to."""
        over = [month_of(START.date())]
        while over[-1] in self.model.closed:
            over.append(models.month_after(over[-1]))
        month = over[-1]
        if month_of(self.now.date()) <= month:
            return
        if self.chance.random() < 0.7:
            self.settle(month)
        missed = self.chance.random() < 0.8
        actor = an_actor(self.context, ADMINISTRATOR)
        try:
            archive.close_and_seal(self.context, actor, month, mark_missed=missed)
            closed = True
        except Incomplete:
            closed = False
        self.log.append(f"close {month} missed={missed}: {closed}")
        assert closed is self.model.close(month, self.now, missed=missed)

    def settle(self, month: str) -> None:
        """Bring what a month is still owed to an end, as people do before they close it."""
        for id, duty in list(self.model.duties.items()):
            if duty.month != month or duty.sealed:
                continue
            if duty.state == "held":
                self.resume(id, duty)
            if duty.owed and not (self.model.late(duty, self.now) and self.chance.random() < 0.6):
                self.deliver(id, duty)
            if duty.state == "delivered":
                self.accept(id, duty)
            self.compare()

    def open_again(self) -> None:
        month = max(self.model.closed)
        self.log.append(f"open {month} again")
        archive.reopen_and_unseal(self.context, an_actor(self.context, ADMINISTRATOR), month, "a sum")
        self.model.open_again(month)

    # --- comparing

    def compare(self) -> None:
        """Compare every duty that lies in the store."""
        for id, duty in self.model.duties.items():
            if not duty.sealed:
                stored = self.context.store.read(lambda tx, id=id: tx.get(Duty, id))  # type: ignore[misc]
                assert stored is not None, f"{id[-6:]} is gone"
                self.agree(id, stored, duty)

    def agree(self, id: str, stored: Duty, duty: models.Duty) -> None:
        now = self.at(self.now)
        base = self.local((stored.granted or stored.deadline).due_at)
        seen = (
            stored.state.value,
            stored.month,
            stored.carried,
            base,
            self.local(row_of(self.context, stored, now).due_at),
            stored.is_late(now),
        )
        wanted = (
            duty.state,
            duty.month,
            duty.carried,
            duty.base,
            self.model.due(duty, self.now),
            self.model.late(duty, self.now),
        )
        assert seen == wanted, f"{duty.obligation} {id[-6:]}: the program {seen}, the model {wanted}"

    def compare_archives(self) -> None:
        """Compare what closed months keep: their duties and their figures."""
        for id, duty in self.model.duties.items():
            if duty.sealed:
                found = archived_duty(self.context.store, id)
                assert found is not None, f"{id[-6:]} is in no archive"
                self.agree(id, found.duty, duty)
        for month in self.model.closed:
            kept = self.context.store.read(lambda tx, month=month: tx.get(Month, month))  # type: ignore[misc]
            assert kept is not None
            figures = {
                (one.provider, one.consumer, one.obligation): (
                    one.score.good,
                    one.score.valid,
                    one.score.waived,
                    one.score.budget,
                )
                for one in kept.figures
            }
            assert figures == self.model.kept[month]
