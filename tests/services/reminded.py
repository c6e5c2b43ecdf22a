"""A company whose people have mail addresses, and ways to look at what was sent to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.people import Person
from sla_tracker.domain.reminders.policy import Policies, Policy, ReminderStep
from sla_tracker.domain.reminders.reminder import Reminder, ReminderState
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Act
from sla_tracker.testing.channels import a_channel, some_channels
from sla_tracker.testing.company import PEOPLE, a_context, a_duty

ADDRESSED = tuple(replace(person, addresses={"mail": f"{person.id}@example.com"}) for person in PEOPLE)


def a_reminding_context(
    *duties: Duty,
    now: str = "2026-11-16 17:00",
    steps: Iterable[ReminderStep] | None = None,
    people: Iterable[Person] = ADDRESSED,
    policies: dict[str, Any] | None = None,
    **given: Any,
) -> ServiceContext:
    """Build a context that sends all reminders by mail, with some duties and nothing that the calendar opens."""
    usual: dict[str, Any] = {"channels": some_channels(a_channel()), "usual_channels": ("mail",)}
    if steps is not None:
        usual["default"] = Policy(steps=tuple(steps))
    reminders = Policies(**(usual | (policies or {})))
    context = a_context(now=now, people=people, reminders=reminders, **({"obligations": ()} | given))
    keep(context, *duties)
    return context


def keep(context: ServiceContext, *values: object) -> None:
    """Store values as they are."""

    def work(tx: Any) -> None:
        for value in values:
            tx.put(value)

    context.store.write(Act(what="kept", by="test", at=context.now()), work)


def duties(n: int, **changes: Any) -> list[Duty]:
    """Build duties that differ in nothing but their ids."""
    return [a_duty(id=f"01932f00-0000-7000-8000-{number:012x}", **changes) for number in range(1, n + 1)]


def reminders(context: ServiceContext, *states: ReminderState) -> list[Reminder]:
    """Return all stored reminders, or those in some states, by key."""
    found = context.store.read(lambda tx: tx.find(Reminder))
    return sorted((one for one in found if not states or one.state in states), key=lambda one: one.id)
