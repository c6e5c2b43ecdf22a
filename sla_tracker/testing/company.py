"""A small company for tests: departments, people, obligations, ServiceContext.

Working hours are Monday to Friday 08:30-12:00 and 13:30-18:00, Asia/Shanghai, without holidays; the clock moves only
when it is set.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.clocks import CalendarLookup
from sla_tracker.domain.agreements.conditions import Condition
from sla_tracker.domain.agreements.fields import Choice, Field, FieldKind
from sla_tracker.domain.agreements.obligation import (
    Department,
    Obligation,
    OnEvent,
    OnRequest,
    Recurring,
)
from sla_tracker.domain.deadlines.due import (
    AtEvent,
    DayOfMonth,
    InDays,
    InWorkdays,
    InWorkingTime,
    deadline_after,
)
from sla_tracker.domain.duties.duty import Duty, Opened, Terms
from sla_tracker.domain.duties.event import EventType
from sla_tracker.domain.people import Actor, Person, Role
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.domain.time.work_hours import WeeklyHours
from sla_tracker.services.context import COMPANY, ServiceContext, Settings
from sla_tracker.services.ports import Store
from sla_tracker.storage.memory import MemoryStore
from sla_tracker.testing.clock import FakeClock
from sla_tracker.wording.reminders import letter_of

ZONE = ZoneInfo("Asia/Shanghai")
NOW = "2026-11-20 14:00"
IN_FORCE_FROM = date(2026, 11, 1)
HOURS = ("08:30-12:00", "13:30-18:00")

DEPARTMENTS = (
    Department(id="sales", name=Text(zh="销售部", en="Sales")),
    Department(id="service", name=Text(zh="售后部", en="Service")),
    Department(id="warehouse", name=Text(zh="仓库", en="Warehouse")),
    Department(id="finance", name=Text(zh="财务部", en="Finance")),
)

PEOPLE = (
    Person(id="wang.fang", name="王芳", department="sales", deputy="zhao.lei"),
    Person(id="zhao.lei", name="赵磊", department="sales"),
    Person(id="li.na", name="李娜", department="sales", role=Role.HEAD),
    Person(id="liu.yang", name="刘洋", department="service"),
    Person(id="zhou.min", name="周敏", department="service", role=Role.HEAD),
    Person(id="ma.chao", name="马超", department="warehouse"),
    Person(id="wu.di", name="吴迪", department="warehouse", role=Role.HEAD),
    Person(id="chen.jing", name="陈静", department="finance"),
    Person(id="sun.li", name="孙丽", department="finance"),
    Person(id="sun.hua", name="孙华", department="finance", role=Role.HEAD),
    Person(id="guest", name="来访", department="finance", role=Role.READER),
    Person(id="root", name="系统管理员", department="", role=Role.ADMIN),
)

EVENT_TYPES = (
    EventType(
        id="vehicle-delivered",
        title=Text(zh="车辆交付", en="Vehicle delivered"),
        subject=Text(zh="车牌", en="Plate"),
        fields=(
            Field(
                id="cash",
                kind=FieldKind.CHOICE,
                label=Text(zh="有现金", en="Cash"),
                required=False,
                choices=(
                    Choice(id="yes", label=Text(zh="是", en="Yes")),
                    Choice(id="no", label=Text(zh="否", en="No")),
                ),
            ),
        ),
    ),
    EventType(
        id="settlement-scheduled",
        title=Text(zh="结算安排", en="Settlement scheduled"),
        subject=Text(zh="合同", en="Contract"),
        planned=True,
    ),
)


def an_obligation(id: str = "sheet", **terms: Any) -> Obligation:
    """Build an obligation of sales to finance, due three days after a delivery.

    `terms` override the defaults.
    """
    given: dict[str, Any] = {
        "title": Text(zh=f"约定 {id}", en=id.replace("-", " ").capitalize()),
        "provider": "sales",
        "consumer": "finance",
        "triggers": (OnEvent(event_type="vehicle-delivered", due=InDays(days=3)),),
    }
    return Obligation(id=id, **(given | terms))


OBLIGATIONS = (
    an_obligation(
        "decoration-sheet",
        title=Text(zh="装饰单", en="Decoration sheet"),
        evidence=(
            Field(id="sheet", kind=FieldKind.TICK, label=Text(zh="装饰单", en="Decoration sheet")),
            Field(id="amount", kind=FieldKind.NUMBER, label=Text(zh="金额", en="Amount"), required=False),
        ),
        guide=Text(
            zh="# 装饰单\n\n交车后三日内送财务部。", en="# Decoration sheet\n\nTo finance within three days."
        ),
    ),
    an_obligation(
        "order-sheet",
        title=Text(zh="订车单", en="Order sheet"),
        triggers=(OnEvent(event_type="vehicle-delivered", due=InDays(days=0)),),
    ),
    an_obligation(
        "cash-slip",
        title=Text(zh="现金缴款单", en="Cash slip"),
        triggers=(
            OnEvent(
                event_type="vehicle-delivered",
                due=InWorkdays(workdays=1, at=time(12)),
                condition=Condition(after=time(17), field="cash"),
            ),
        ),
    ),
    an_obligation(
        "handover-check",
        title=Text(zh="交车检查", en="Hand-over check"),
        provider="service",
        consumer="sales",
        triggers=(OnEvent(event_type="vehicle-delivered", due=InWorkdays(workdays=1)),),
    ),
    an_obligation(
        "settlement-papers",
        title=Text(zh="结算资料", en="Settlement papers"),
        triggers=(OnEvent(event_type="settlement-scheduled", due=InWorkdays(workdays=-1)),),
    ),
    an_obligation(
        "settlement-present",
        title=Text(zh="到场结算", en="Be at the settlement"),
        triggers=(OnEvent(event_type="settlement-scheduled", due=AtEvent()),),
    ),
    an_obligation(
        "commission-list",
        title=Text(zh="提成表", en="Commission list"),
        triggers=(Recurring(due=DayOfMonth(day=5)),),
    ),
    an_obligation(
        "stock-list",
        title=Text(zh="库存表", en="Stock list"),
        provider="warehouse",
        triggers=(Recurring(due=DayOfMonth(day=3)),),
    ),
    an_obligation(
        "parts-margin",
        title=Text(zh="配件毛利表", en="Parts margin"),
        provider="service",
        triggers=(Recurring(due=DayOfMonth(day=4)),),
        depends_on=("stock-list",),
    ),
    an_obligation(
        "invoice-copy",
        title=Text(zh="发票复印件", en="Copy of an invoice"),
        triggers=(OnRequest(due=InWorkdays(workdays=3), answer=InWorkingTime(span=timedelta(hours=4))),),
    ),
)


def local(text: str) -> datetime:
    """Read a local time of the company, `2026-11-20 14:00`, as a UTC instant."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


@cache  # a calendar does not change, and building the years that are asked of it takes milliseconds
def a_calendar() -> WorkCalendar:
    """Return the company's calendar, without holidays."""
    week = WeeklyHours.parse({day: list(HOURS) for day in ("mon", "tue", "wed", "thu", "fri")})
    return WorkCalendar(zone=ZONE, weekly=week)


def always(calendar: WorkCalendar) -> CalendarLookup:
    """Return a lookup that finds one calendar for every department and name."""
    return lambda department, named="": calendar


def a_context(
    *,
    now: datetime | str = NOW,
    store: Store | None = None,
    obligations: Iterable[Obligation] = OBLIGATIONS,
    people: Iterable[Person] = PEOPLE,
    calendars: Mapping[str, WorkCalendar] | None = None,
    **settings: Any,
) -> ServiceContext:
    """Build a ServiceContext of the company at an instant.

    Its store is in memory by default. `settings` override the defaults.
    """
    duties = {obligation.id: obligation for obligation in obligations}
    given: dict[str, Any] = {
        "name": "Trial",
        "zone": ZONE,
        "in_force_from": IN_FORCE_FROM,
        "target": Decimal("0.95"),
        "language": "en",
        "complaint_judge": "warehouse",
        "closing_departments": ("finance",),
    }
    return ServiceContext(
        store=MemoryStore() if store is None else store,
        clock=FakeClock(local(now) if isinstance(now, str) else now),
        declared=Catalogue(
            departments={department.id: department for department in DEPARTMENTS},
            obligations=duties,
            event_types={event_type.id: event_type for event_type in EVENT_TYPES},
            digest=str(sorted(duties)),
        ),
        calendars={COMPANY: a_calendar(), **(calendars or {})},
        people={person.id: person for person in people},
        settings=Settings(**(given | settings)),
        letter_of=letter_of,
    )


def an_actor(context: ServiceContext, person: str, via: str = "test") -> Actor:
    """Build the actor of a person of the company."""
    return Actor(person=context.person(person), via=via)


def set_clock(context: ServiceContext, at: datetime | str) -> None:
    """Set the context's clock; raises TypeError unless it is a FakeClock."""
    if not isinstance(context.clock, FakeClock):
        raise TypeError("Only a FakeClock can be set.")
    context.clock.set(local(at) if isinstance(at, str) else at)


def a_duty(**changes: Any) -> Duty:
    """Build an open duty of sales to finance.

    The duty was opened on 2026-11-16 at 16:40 and is due on 2026-11-19 at 18:00.
    """
    opened_at = local("2026-11-16 16:40")
    rule = InDays(days=3)
    deadline = deadline_after(rule, opened_at, a_calendar())
    duty = Duty(
        id="01932f00-0000-7000-8000-000000abcdef",
        key="sheet/0/event",
        obligation="sheet",
        title=Text(zh="装饰单", en="Decoration sheet"),
        provider="sales",
        consumer="finance",
        terms=Terms(due=rule, opened=Opened.ON_EVENT),
        opened_at=opened_at,
        deadline=deadline,
        due_at=deadline.due_at,
        month="2026-11",
    )
    return replace(duty, **changes)
