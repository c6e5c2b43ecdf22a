"""A hold on an elapsed limit: the start-up cache moves the due time as the program does."""

from datetime import timedelta

import pytest

from sla_tracker.domain.agreements.obligation import OnRequest
from sla_tracker.domain.deadlines.due import DueRule, InElapsedTime, InWorkingTime
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.quickstart.cache_file import moving_due_at
from sla_tracker.quickstart.cache_writer import due_course
from sla_tracker.services import requests
from sla_tracker.services.duties import holds
from sla_tracker.services.duties.current_deadline import due_now
from sla_tracker.services.months.opened_rows import counted_row
from sla_tracker.testing.company import a_context, an_actor, an_obligation, local, set_clock


@pytest.mark.parametrize("minutes", [0, 1, 239, 240, 300, 500, 899])
def test_a_hold_moves_an_elapsed_limit_through_lunch_and_night(minutes: int) -> None:
    trigger = OnRequest(due=InElapsedTime(elapsed=timedelta(hours=24)))
    context = a_context(now="2026-12-03 08:30", obligations=(an_obligation("copy", triggers=(trigger,)),))
    asker = next(one for one in context.people.values() if one.department == "finance")
    _request, duty = requests.ask(context, an_actor(context, asker.id), "copy", subject="A")
    set_clock(context, "2026-12-03 09:00")
    holds.hold(context, an_actor(context, "wang.fang"), duty.id, waits_for="finance", reason="away")
    duty = context.store.read(lambda tx: tx.find(Duty, obligation="copy"))[0]
    course = due_course(context, duty.id, context.now())
    now = context.now() + timedelta(minutes=minutes)
    assert moving_due_at(course, now) == due_now(context, duty, now).due_at
    assert due_now(context, duty, now).due_at == local("2026-12-04 08:30") + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("rule", "hours"),
    [(InElapsedTime(elapsed=timedelta(hours=24)), 63), (InWorkingTime(span=timedelta(hours=8)), 0)],
)
def test_the_row_of_a_figure_measures_excused_time_by_the_clock_of_the_limit(
    rule: DueRule, hours: int
) -> None:
    copy = an_obligation("copy", triggers=(OnRequest(due=rule),))
    context = a_context(now="2026-11-20 17:00", obligations=(copy,))
    _request, duty = requests.ask(context, an_actor(context, "chen.jing"), "copy", subject="A")
    set_clock(context, "2026-11-20 18:00")
    holds.hold(context, an_actor(context, "wang.fang"), duty.id, waits_for="the bank", reason="closed")
    set_clock(context, "2026-11-23 09:00")
    held = holds.resume(context, an_actor(context, "wang.fang"), duty.id)
    half = timedelta(minutes=30 if not hours else 0)  # Monday from 08:30 to 09:00
    assert counted_row(context, held, context.now()).excused == timedelta(hours=hours) + half
