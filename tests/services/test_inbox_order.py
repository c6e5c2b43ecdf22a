"""The inbox: what the person decides first, what others do next, what nobody waits for last."""

from __future__ import annotations

from sla_tracker.services.departments import complaints
from sla_tracker.services.departments.inbox import inbox_entries
from sla_tracker.services.departments.inbox_entry import InboxKind
from sla_tracker.services.duties import operations
from sla_tracker.services.reminders.escalations import escalation_levels
from sla_tracker.testing.company import a_context, a_duty, an_actor, set_clock
from tests.services.reminded import keep


def test_decisions_come_first_then_what_others_do_and_ratings_last() -> None:
    context = a_context(now="2026-11-19 10:00")
    duties = [
        a_duty(id=f"01932f00-0000-7000-8000-{n:012x}", key=f"sheet/{n}", subject=f"HT-{n}") for n in range(2)
    ]
    keep(context, *duties)
    wang, chen = an_actor(context, "wang.fang"), an_actor(context, "chen.jing")
    for duty in duties:
        operations.deliver(context, wang, duty.id)
        operations.accept(context, chen, duty.id)
    complaints.lodge(context, chen, "sales", "Too late")
    found = inbox_entries(context, chen)
    assert [entry.turn for entry in found] == sorted(entry.turn for entry in found)
    assert found[0].kind is InboxKind.COMPLAINT
    assert {entry.kind for entry in found[-2:]} == {InboxKind.RATING}


def test_the_level_of_an_overdue_duty_follows_the_policy() -> None:
    duty = a_duty()
    context = a_context(now="2026-11-19 18:01")
    keep(context, duty)
    levels = []
    for now in ("2026-11-19 18:01", "2026-11-20 09:00", "2026-11-24 09:00"):
        set_clock(context, now)
        levels.append(escalation_levels(context, [duty.id, "unknown"]).get(duty.id, 0))
    assert levels == [0, 1, 2]
