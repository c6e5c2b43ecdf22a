"""An answer to a request counts in the month of its limit, once, whatever comes after the month was closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from sla_tracker.domain.agreements.obligation import OnRequest
from sla_tracker.domain.deadlines.due import InDays, InWorkdays
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.measures.beside import Beside
from sla_tracker.domain.measures.date_range import free_range, month_range
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.measures.request_counts import RequestCounts, RequestSet
from sla_tracker.domain.verbs import Verb
from sla_tracker.services import requests
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import operations
from sla_tracker.services.lookup.references import existing
from sla_tracker.services.months import archive
from sla_tracker.services.months.opened_details import open_requests
from sla_tracker.services.months.service_levels import levels
from sla_tracker.services.ports import Store
from sla_tracker.testing.company import a_context, an_obligation, set_clock
from tests.figures.figure_numbers import number_of_requests
from tests.services.acts import who

TWO_WORKDAYS = OnRequest(due=InWorkdays(workdays=10), answer=InWorkdays(workdays=2))
ENDS = free_range(date(2026, 11, 30), date(2026, 12, 1)), free_range(date(2026, 12, 2), date(2026, 12, 4))


def asked(context: ServiceContext, at: str = "2026-11-30 17:00", subject: str = "PC") -> tuple[Request, Duty]:
    set_clock(context, at)
    return requests.ask(context, who(context, "chen.jing"), "fix", subject=subject)


def closed(context: ServiceContext, month: str, at: str) -> None:
    set_clock(context, at)
    archive.close_and_seal(context, who(context, "sun.hua"), month, mark_missed=True)


def counted(context: ServiceContext, month: str) -> tuple[int, int, int, int]:
    """Return asked, answered in time, answers due and withdrawn of a month; each opens as many rows as it says."""
    for dates in (month_range(month), *ENDS):
        beside = next((row.beside for row in levels(context, dates).rows if row.provider == "sales"), None)
        for one in RequestSet:
            rows = open_requests(context, dates, one, provider="sales").rows
            assert len(rows) == number_of_requests((beside or Beside()).requests, one), (dates.id, one)
    found = {
        one: open_requests(context, month_range(month), one, provider="sales").rows for one in RequestSet
    }
    return (
        len(found[RequestSet.ASKED]),
        len(found[RequestSet.ANSWERED]),
        len(found[RequestSet.ANSWERS_DUE]),
        len(found[RequestSet.WITHDRAWN]),
    )


@pytest.fixture
def context(any_store: Store) -> ServiceContext:
    return a_context(store=any_store, obligations=(an_obligation("fix", triggers=(TWO_WORKDAYS,)),))


@pytest.mark.parametrize(("answered", "well"), [("2026-12-01 14:00", 1), ("2026-12-07 09:00", 0)])
def test_one_that_is_answered_after_its_month_was_closed_counts_in_the_next(
    context: ServiceContext, answered: str, well: int
) -> None:
    request, duty = asked(context)
    closed(context, "2026-11", "2026-12-01 09:00")
    set_clock(context, answered)
    requests.answer(context, who(context, "wang.fang"), duty.id, "it comes")
    assert request.answer_due_at is not None
    assert counted(context, "2026-11") == (1, 0, 0, 0)
    assert counted(context, "2026-12") == (0, well, 1, 0)
    operations.deliver(context, who(context, "wang.fang"), duty.id)
    operations.accept(context, who(context, "chen.jing"), duty.id)
    closed(context, "2026-12", "2027-01-04 09:00")
    assert counted(context, "2026-11") == (1, 0, 0, 0)
    assert counted(context, "2026-12") == (0, well, 1, 0)
    archive.reopen_and_unseal(context, who(context, "sun.hua"), "2026-11", "a sum")
    archive.close_and_seal(context, who(context, "sun.hua"), "2026-11")
    assert counted(context, "2026-11") == (1, 0, 0, 0)  # though the request lies in December's archive


def withdraw(context: ServiceContext, request: Request, duty: Duty) -> None:
    requests.withdraw(context, who(context, "chen.jing"), request.id, "found it")


def answer(context: ServiceContext, request: Request, duty: Duty) -> None:
    requests.answer(context, who(context, "wang.fang"), duty.id, "late")


@pytest.mark.parametrize("act", [withdraw, answer])
def test_what_happens_after_the_closing_changes_no_row_of_the_month(
    context: ServiceContext, act: Callable[[ServiceContext, Request, Duty], None]
) -> None:
    request, duty = asked(context, "2026-11-24 10:00")
    closed(context, "2026-11", "2026-12-01 09:00")  # the answer was due on the 26th
    assert counted(context, "2026-11") == (1, 0, 1, 0)
    set_clock(context, "2026-12-02 09:00")
    act(context, request, duty)
    assert counted(context, "2026-11") == (1, 0, 1, 0)


def test_a_delivery_that_is_taken_back_later_stays_the_answer_of_a_closed_month(
    context: ServiceContext,
) -> None:
    _request, duty = asked(context, "2026-11-24 10:00")
    set_clock(context, "2026-11-25 10:00")
    operations.deliver(context, who(context, "wang.fang"), duty.id)
    set_clock(context, "2026-11-26 10:00")
    operations.take_back(context, who(context, "wang.fang"), duty.id, insists=True)
    assert counted(context, "2026-11") == (1, 0, 0, 0)
    operations.deliver(context, who(context, "wang.fang"), duty.id)
    closed(context, "2026-11", "2026-12-01 09:00")
    assert counted(context, "2026-11") == (1, 1, 1, 0)
    operations.take_back(context, who(context, "wang.fang"), duty.id, insists=True)
    assert counted(context, "2026-11") == (1, 1, 1, 0)


def test_a_limit_beyond_the_month_of_its_duty_counts_in_that_month(any_store: Store) -> None:
    """Wednesday's request is due on Thursday, answered by Monday: it is sealed with its duty."""
    fix = an_obligation("fix", triggers=(OnRequest(due=InDays(days=1), answer=InWorkdays(workdays=4)),))
    context = a_context(store=any_store, obligations=(fix,))
    _request, duty = asked(context, "2026-11-25 10:00")
    operations.deliver(context, who(context, "wang.fang"), duty.id)
    operations.accept(context, who(context, "chen.jing"), duty.id)
    closed(context, "2026-11", "2026-12-01 09:00")
    assert counted(context, "2026-11") == (1, 1, 1, 0)
    assert counted(context, "2026-12") == (0, 0, 0, 0)


def test_a_month_that_an_older_version_closed_keeps_what_it_counted_and_nothing_is_lost(
    context: ServiceContext,
) -> None:
    """It counted answers of the requests made in it, as far as they were known; the others count by their limit."""
    _late, unknown = asked(context)
    _early, known = asked(context, subject="Printer")
    requests.answer(context, who(context, "wang.fang"), known.id, "at once")
    closed(context, "2026-11", "2026-12-01 09:00")
    month = context.store.read(lambda tx: existing(tx, Month, "2026-11"))
    as_then = RequestCounts(asked=2, answered_well=1, answer_judged=1)
    older = tuple(replace(one, beside=replace(one.beside, requests=as_then)) for one in month.details)
    kept = replace(month, details=older, answers_by_limit=False)
    context.write(None, Verb.CLOSED_MONTH, lambda tx, _now: tx.put(kept))
    set_clock(context, "2026-12-03 09:00")
    requests.answer(context, who(context, "wang.fang"), unknown.id, "late")
    assert counted(context, "2026-11") == (2, 1, 1, 0)
    assert counted(context, "2026-12") == (0, 0, 1, 0)
