"""Limits of requests that have passed or were kept stand, whatever the calendar becomes afterwards."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from sla_tracker.domain.agreements.fields import Choice, Field, FieldKind
from sla_tracker.domain.agreements.obligation import OnRequest
from sla_tracker.domain.agreements.request_terms import Limit
from sla_tracker.domain.deadlines.due import InWorkdays
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.calendar_layers import DayRule, DayStatus, Layer
from sla_tracker.services import requests
from sla_tracker.services.context import COMPANY, ServiceContext
from sla_tracker.services.duties.scheduler import tick
from sla_tracker.services.open_requests import field_changes
from sla_tracker.testing.company import a_context, an_obligation, local, set_clock
from tests.services.acts import stored, stored_request, who
from tests.services.stores import Stores

PRIORITY = Field(
    id="priority",
    kind=FieldKind.CHOICE,
    label=Text("优先级", "Priority"),
    choices=tuple(Choice(id=id, label=Text(id, id)) for id in ("P1", "P2", "P3")),
)
ASKED = an_obligation(
    "asked",
    title=Text("询问", "Asked"),
    triggers=(
        OnRequest(
            due=InWorkdays(workdays=5),
            answer=InWorkdays(workdays=1),
            fields=(PRIORITY,),
            limits_by="priority",
            limits=(Limit(values=("P1",), due=InWorkdays(workdays=4), answer=InWorkdays(workdays=1)),),
        ),
    ),
)


def with_days(context: ServiceContext, status: DayStatus, *days: str) -> ServiceContext:
    rule = DayRule(status=status, name=Text(zh="改", en="Changed"))
    layer = Layer(name="company", days={date.fromisoformat(day): rule for day in days})
    calendar = context.calendars[COMPANY].with_layer(layer)
    return replace(context, calendars={**context.calendars, COMPANY: calendar})


@pytest.fixture
def company(stores: Stores) -> Iterator[ServiceContext]:
    """Return the company on each kind of store, on Friday 2026-11-20 at 10:00."""
    with stores.opened() as store:
        yield a_context(now="2026-11-20 10:00", store=store, obligations=(ASKED,))


def asked(context: ServiceContext) -> Duty:
    given = {"priority": "P2"}
    return requests.ask(context, who(context, "chen.jing"), "asked", subject="A", fields=given)[1]


def change(context: ServiceContext, duty: Duty, to: str, at: str) -> Duty:
    set_clock(context, at)
    return field_changes.change_fields(
        context, who(context, "chen.jing"), duty.id, {"priority": to}, "whole floor"
    )


def test_an_answer_limit_that_has_passed_is_not_moved_by_a_holiday_made_later(
    company: ServiceContext,
) -> None:
    duty = asked(company)
    limit = duty.answer_due_at
    assert limit == local("2026-11-23 18:00")
    company = with_days(company, DayStatus.CLOSED, "2026-11-23", "2026-11-24")
    changed = change(company, duty, "P1", "2026-11-25 10:00")
    assert changed.answer_due_at == limit
    assert stored_request(company, company.store.read(lambda tx: tx.find(Request))[0]).answer_due_at == limit


def test_an_answer_that_was_in_time_is_not_missed_by_a_make_up_day_made_later(
    company: ServiceContext,
) -> None:
    duty = asked(company)
    change(company, duty, "P1", "2026-11-20 11:00")
    set_clock(company, "2026-11-23 16:00")
    requests.answer(company, who(company, "wang.fang"), duty.id, "on it")
    company = with_days(company, DayStatus.USUAL, "2026-11-21")
    changed = change(company, duty, "P3", "2026-11-23 17:00")
    assert changed.answer_due_at == local("2026-11-23 18:00")
    assert changed.answered_at is not None
    assert changed.answered_at <= changed.answer_due_at


def test_a_limit_with_time_to_act_is_not_made_earlier_by_a_longer_one(company: ServiceContext) -> None:
    duty = asked(company)
    urgent = change(company, duty, "P1", "2026-11-20 11:00")
    assert urgent.due_at == local("2026-11-26 18:00")
    # Two make-up days: by today's calendar it was due at the close of the day before yesterday.
    set_clock(company, "2026-11-26 09:00")
    company = with_days(company, DayStatus.USUAL, "2026-11-21", "2026-11-22")
    tick(company)
    assert stored(company, duty).due_at == urgent.due_at
    longer = change(company, duty, "P3", "2026-11-26 10:00")
    assert longer.due_at == urgent.due_at
