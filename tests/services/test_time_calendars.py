"""Whose calendar a deadline is computed with, and the month a duty counts in."""

from __future__ import annotations

from dataclasses import replace

from sla_tracker.domain.agreements.obligation import Obligation, OnEvent
from sla_tracker.domain.deadlines.due import InWorkdays
from sla_tracker.domain.duties.duty import State
from sla_tracker.domain.measures.scorecard import score
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.domain.time.work_hours import WeeklyHours
from sla_tracker.services.context import COMPANY, ServiceContext
from sla_tracker.services.duties import operations, scheduler
from sla_tracker.testing.company import DEPARTMENTS, ZONE, a_calendar, a_context, an_obligation, local
from tests.services.acts import TICKED, live, opened, rolled_to, stored, who

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")


def closing_at(hour: str, *days: str) -> WorkCalendar:
    """Return a calendar that closes at its own hour, so that a deadline shows whose it is."""
    return WorkCalendar(
        zone=ZONE, weekly=WeeklyHours.parse({day: [f"08:00-{hour}"] for day in days or WEEKDAYS})
    )


def next_workday(id: str, provider: str = "sales", calendar: str = "") -> Obligation:
    rule = OnEvent(event_type="vehicle-delivered", due=InWorkdays(workdays=1))
    return an_obligation(id, provider=provider, calendar=calendar, triggers=(rule,))


def a_divided_context() -> ServiceContext:
    context = a_context(
        obligations=[
            next_workday("of-the-company"),
            next_workday("of-the-department", provider="service"),
            next_workday("of-the-obligation", provider="service", calendar="night"),
            next_workday("by-name", provider="warehouse"),
        ],
        calendars={
            "service": closing_at("16:00"),
            "night": closing_at("22:00"),
            "yard": closing_at("15:00"),
        },
    )
    departments = {one.id: one for one in DEPARTMENTS}
    departments["warehouse"] = replace(departments["warehouse"], calendar="yard")
    return replace(context, declared=replace(context.catalogue, departments=departments))


def test_the_obligations_calendar_goes_before_the_providers_and_that_before_the_companys() -> None:
    dues = {
        id: duty.due_at.astimezone(ZONE).strftime("%a %H:%M")
        for id, duty in opened(a_divided_context()).items()
    }
    assert dues == {
        "of-the-company": "Mon 18:00",
        "of-the-department": "Mon 16:00",
        "of-the-obligation": "Mon 22:00",
        "by-name": "Mon 15:00",
    }


def test_the_consumers_calendar_is_the_one_of_its_verdict() -> None:
    calendars = {"finance": closing_at("12:00", "tue", "thu"), "sales": closing_at("20:00")}
    context = a_context(obligations=[an_obligation()], calendars=calendars)
    duty = opened(context)["sheet"]
    given = operations.deliver(context, who(context, "wang.fang"), duty.id, {})
    assert given.due_at == local("2026-11-23 20:00")
    assert given.accept_by_at == local("2026-12-01 12:00")  # Tue 24, Thu 26, Tue 1


def test_what_is_delivered_early_counts_for_its_own_month() -> None:
    context = a_context(now="2026-11-30 09:00")
    scheduler.tick(context)
    early = live(context, "commission-list")[-1]
    assert early.due_at == local("2026-12-07 18:00")
    operations.deliver(context, who(context, "wang.fang"), early.id, {})
    judged = operations.accept(context, who(context, "chen.jing"), early.id)
    assert (judged.month, judged.state) == ("2026-12", State.ACCEPTED)
    december = [one for one in live(context, "commission-list") if one.month == "2026-12"]
    figure = score(december, now=context.now(), target=context.settings.target)
    assert (figure.good, figure.valid) == (1, 1)


def test_an_event_may_be_registered_by_whoever_is_owed_or_owes_nothing() -> None:
    for person in ("chen.jing", "ma.chao", "liu.yang"):
        context = a_context()
        assert "decoration-sheet" in opened(context, by=person)


def test_silence_is_dated_at_the_limit_of_the_consumers_calendar() -> None:
    context = a_context(calendars={"finance": closing_at("12:00")})
    duty = opened(context)["decoration-sheet"]
    given = operations.deliver(context, who(context, "wang.fang"), duty.id, TICKED)
    rolled_to(context, "2027-01-04 09:00")
    judged = stored(context, given)
    assert (judged.accepted_at, judged.accepted_by) == (local("2026-11-25 12:00"), "system")


def test_the_companys_calendar_is_everybodys_who_has_none() -> None:
    context = a_context(calendars={COMPANY: a_calendar()})
    assert context.calendar_of("sales") is context.calendars[COMPANY]
    assert context.calendar_of("") is context.calendars[COMPANY]
