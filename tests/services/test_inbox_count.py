"""The count of the inbox, kept by the duties that change, is that of the whole inbox."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from sla_tracker.domain.people import Actor
from sla_tracker.errors import SlaError
from sla_tracker.services import events
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import complaints, inbox_count
from sla_tracker.services.departments.inbox import inbox_entries
from sla_tracker.services.departments.inbox_count import InboxCount
from sla_tracker.services.departments.inbox_entry import OPTIONAL, InboxEntry
from sla_tracker.services.duties import holds, operations, waivers
from sla_tracker.testing.company import a_context, an_actor, local, set_clock

PEOPLE = ("wang.fang", "li.na", "sun.hua", "wu.di", "root")


def whole(context: ServiceContext, person: str) -> int:
    entries = inbox_entries(context, an_actor(context, person))
    return sum(entry.mine and entry.kind not in OPTIONAL for entry in entries)


def acts_on(context: ServiceContext, id: str, event: str) -> list[Callable[[], object]]:
    """Return what people may do about a duty; many of these are refused."""
    wang, head = an_actor(context, "wang.fang"), an_actor(context, "sun.hua")
    return [
        lambda: waivers.ask(context, wang, id, code="force_majeure", reason="please"),
        lambda: waivers.refuse(context, head, id, "no"),
        lambda: holds.hold(context, wang, id, waits_for="consumer", reason="waits"),
        lambda: holds.object_to(context, head, id, "we wait for nothing"),
        lambda: holds.refuse(context, an_actor(context, "li.na"), id),
        lambda: operations.deliver(context, wang, id, {"sheet": "yes"}),
        lambda: operations.accept(context, head, id),
        lambda: events.move(context, wang, event, local("2026-11-27 10:00"), "later"),
        lambda: events.cancel(context, wang, event, "not sold"),
        lambda: complaints.lodge(context, head, "sales", "late again"),
    ]


def opened(context: ServiceContext, plate: str) -> list[tuple[str, str]]:
    made = events.register(
        context, an_actor(context, "wang.fang"), "vehicle-delivered", subject=plate,
        at=local("2026-11-18 10:00"), fields={"cash": "no"},
    )  # fmt: skip
    return [(duty.id, made.event.id) for duty in made.opened]


def test_a_count_kept_by_what_changes_is_that_of_the_whole_inbox(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(4)
    context = a_context(now="2026-11-19 09:00")
    duties = [one for number in range(6) for one in opened(context, f"鄂F·{number:05}")]
    counts = {person: InboxCount() for person in PEOPLE}
    wholes = []

    def counting(among: ServiceContext, actor: Actor) -> list[InboxEntry]:
        if among.store is context.store:
            wholes.append(actor.id)
        return inbox_entries(among, actor)

    monkeypatch.setattr(inbox_count, "inbox_entries", counting)
    for person in PEOPLE:
        counts[person].count(context, an_actor(context, person))
    numbers, done, seen = set(), 0, context.store.sequence()
    for step in range(120):
        try:
            chance.choice(acts_on(context, *chance.choice(duties)))()
            done += 1
        except SlaError:
            continue
        touched = context.store.touched(seen)
        seen = context.store.sequence()
        for person, count in counts.items():
            count.note(touched)
            if step % 3 == 0:
                continue  # what was noted is counted later
            number = count.count(context, an_actor(context, person))
            assert number == whole(context, person), (step, person)
            numbers.add(number)
    assert done >= 15
    assert len(numbers) > 3
    assert sorted(wholes) == sorted(PEOPLE)  # all of it once


def test_another_day_other_rights_and_a_closed_month_count_all_of_it() -> None:
    context = a_context(now="2026-11-19 09:00")
    duty, _event = opened(context, "鄂F·00001")[0]
    count = InboxCount()
    head = an_actor(context, "sun.hua")
    waivers.ask(context, an_actor(context, "wang.fang"), duty, code="force_majeure", reason="please")
    assert count.count(context, head) == whole(context, "sun.hua") == 1
    # Nothing was noted, so that only a whole reading finds what comes now.
    waivers.refuse(context, head, duty, "no")
    assert count.count(context, head) == 1
    count.note(frozenset({("months", "2026-10")}))
    assert count.count(context, head) == 0
    waivers.ask(context, an_actor(context, "wang.fang"), duty, code="force_majeure", reason="again")
    set_clock(context, "2026-11-20 09:00")
    assert count.count(context, head) == whole(context, "sun.hua")
