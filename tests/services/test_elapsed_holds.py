"""A hold on an elapsed limit: the start-up cache moves the due time as the program does."""

from datetime import timedelta

import pytest

from sla_tracker.domain.agreements.obligation import OnRequest
from sla_tracker.domain.deadlines.due import InElapsedTime
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.quickstart.cache_file import moving_due_at
from sla_tracker.quickstart.cache_writer import due_course
from sla_tracker.services import requests
from sla_tracker.services.duties import holds
from sla_tracker.services.duties.current_deadline import due_now
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
