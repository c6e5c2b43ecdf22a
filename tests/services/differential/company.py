"""The company of the random histories: its obligations, its clock, and what it changes in calendar and lists."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

from sla_tracker.domain.agreements.conditions import Condition
from sla_tracker.domain.agreements.obligation import Obligation, OnEvent, OnRequest, Recurring
from sla_tracker.domain.deadlines.due import DayOfMonth, InDays, InWorkdays, InWorkingTime
from sla_tracker.domain.people import Actor
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.work_calendar import DayRule, DayStatus, Layer
from sla_tracker.services.context import COMPANY
from sla_tracker.services.duties import scheduler
from sla_tracker.services.ports import Store
from sla_tracker.testing.company import ZONE, a_calendar, a_context, an_actor, an_obligation, set_clock
from tests.services.differential import model as models
from tests.services.differential.days import Rule, month_after, month_of
from tests.services.differential.event_model import OF_EVENT, ON_CONDITION, EventModel
from tests.services.differential.parts import Duty

START = datetime(2026, 11, 2, 8, 30)  # noqa: DTZ001 - the model's wall clock
MINUTE = timedelta(minutes=1)
STAFF = {"sales": "wang.fang", "service": "liu.yang", "warehouse": "ma.chao"}
HEADS = {"sales": "li.na", "service": "zhou.min", "warehouse": "wu.di"}
CLERK, HEAD, ADMINISTRATOR = "chen.jing", "sun.hua", "root"
SIDES = STAFF | {"finance": CLERK}
COPY, ANSWER = Rule("workdays", 2), Rule("minutes", 120)


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
            triggers=(
                OnEvent(
                    event_type=kind,
                    due=program_rule(rule),
                    condition=Condition(field="cash", equals="yes") if id == ON_CONDITION else None,
                ),
            ),
        )
        for kind, terms in OF_EVENT.items()
        for id, (provider, rule, waits_for, target) in terms.items()
    ]
    return [
        *found,
        an_obligation("copy", triggers=(OnRequest(due=program_rule(COPY), answer=program_rule(ANSWER)),)),
        an_obligation("list", provider="warehouse", triggers=(Recurring(due=DayOfMonth(day=list_day)),)),
        an_obligation(
            "margin",
            provider="service",
            depends_on=("list",),
            triggers=(Recurring(due=DayOfMonth(day=10)),),
        ),
    ]


class Company:
    """The program and the model side by side; `log` says what was done, for whoever mends what it found."""

    def __init__(self, seed: int, store: Store) -> None:
        self.chance = Random(seed)
        self.now = START
        self.list_day, self.target = 5, Fraction(19, 20)
        self.changes = 0
        self.context = a_context(
            now=self.at(START), store=store, obligations=obligations(5), in_force_from=date(2026, 11, 1)
        )
        self.model = EventModel()
        self.since = {"list": START, "margin": START}
        self.log: list[str] = []

    def at(self, moment: datetime) -> datetime:
        return moment.replace(tzinfo=ZONE)

    def local(self, instant: datetime) -> datetime:
        return instant.astimezone(ZONE).replace(tzinfo=None)

    def who(self, person: str) -> Actor:
        return an_actor(self.context, person)

    def said(self, what: str, id: str = "") -> None:
        self.log.append(f"{what} {id[-6:]}".strip())

    # --- time

    def wait(self) -> None:
        """Let time pass: to a moment at which something happens, or by chance."""
        later = [one for one in self._moments() if self.now < one < self.now + timedelta(days=40)]
        if later:
            self.now = self.chance.choice(later)
            self.said(f"{self.now:%m-%d %H:%M}")
            set_clock(self.context, self.at(self.now))
            if self.chance.random() < 0.85:  # else time passes without the program, until somebody acts
                self.tick()

    def _moments(self) -> list[datetime]:
        chance, days = self.chance, self.model.days
        moments = [self.now + MINUTE * chance.randint(1, 60 * 24 * chance.choice((1, 3, 12)))]
        moments += [self.now + MINUTE * chance.randint(1, 70)]
        for duty in self.model.duties.values():
            if duty.live:
                moments += [self.model.due(duty, self.now), duty.base]
                moments += [duty.verdict_by] if duty.verdict_by else []
        moments += [one.answer_by for one in self.model.requests]
        moments += [one.registered_at + timedelta(hours=1) for one in self.model.events.values()]
        moments += [one.time.at for one in self.model.events.values()]
        day = days.following(self.now.date())
        moments += [days.close(day), datetime.combine(day, time(8, 30)), datetime.combine(day, time(12))]
        first = date.fromisoformat(f"{month_after(month_of(self.now.date()))}-01")
        moments += [datetime.combine(first, time()), datetime.combine(day + timedelta(days=1), time())]
        return [one + MINUTE * chance.choice((-1, 0, 0, 1)) for one in moments]

    def tick(self) -> None:
        set_clock(self.context, self.at(self.now))
        done = scheduler.tick(self.context)
        self.model.silence(self.now, self.model.duties.values())
        expected = self.open_turns()
        opened = {(duty.obligation, str(duty.period_start)): duty.id for duty in done.opened}
        wanted = {(duty.obligation, period): duty for period, duty in expected}
        assert opened.keys() == wanted.keys(), (sorted(opened), sorted(wanted))
        for key, id in opened.items():
            self.model.duties[id] = wanted[key]

    def open_turns(self) -> list[tuple[str, Duty]]:
        """Return the recurring duties that open now, each with the first day of its period."""
        found = []
        months = [month_of(START.date())]
        while months[-1] <= month_of(self.now.date()):
            months.append(month_after(months[-1]))
        for obligation, day, waits_for, provider in (
            ("list", self.list_day, "", "warehouse"),
            ("margin", 10, "list", "service"),
        ):
            for month in months:
                if any(
                    one.obligation == obligation and one.turn == month for one in self.model.duties.values()
                ):
                    continue
                rule = Rule("day", day)
                nominal, due = rule.due_in(month, self.model.days)
                opens = datetime.combine(self.model.days.shift(due.date(), -models.OPENS_BEFORE), time())
                if opens > self.now or due < self.since[obligation] or month in self.model.closed:
                    continue
                duty = self.made(obligation, provider, rule, nominal, due)
                duty.turn, duty.waits_for = month, waits_for
                self.model.place(duty)
                before = date.fromisoformat(f"{month}-01") - timedelta(days=1)
                found.append((f"{month_of(before)}-01", duty))
        return found

    def made(
        self,
        obligation: str,
        provider: str,
        rule: Rule,
        nominal: date,
        base: datetime,
        target: Fraction | None = None,
    ) -> Duty:
        """Return a duty that opens now."""
        return Duty(
            obligation=obligation,
            provider=provider,
            consumer="finance",
            rule=rule,
            target=self.target if target is None else target,
            opened=self.now,
            nominal=nominal,
            base=base,
            month=month_of(nominal),
        )

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
        self.said(f"calendar {day} {'worked' if self.model.days.works(day) else 'closed'}")
        self.tick()
        self.model.follow_calendar(self.now)

    def change_list(self) -> None:
        """Change the day of the list: nothing whose period has a duty opens again."""
        before, self.list_day = self.list_day, self.chance.choice((3, 5, 8))
        self.changes += 1
        changed = {one.id: one for one in obligations(self.list_day)}
        catalogue = replace(self.context.catalogue, obligations=changed, digest=f"change {self.changes}")
        self.context = replace(self.context, declared=catalogue)
        if self.list_day != before:
            self.since["list"] = max(self.since["list"], self.now)
        self.said(f"list on {self.list_day}")
        self.tick()

    def change_target(self) -> None:
        self.target = Fraction(self.chance.choice((80, 90, 95)), 100)
        target = Decimal(self.target.numerator) / self.target.denominator
        self.context = replace(self.context, settings=replace(self.context.settings, target=target))
