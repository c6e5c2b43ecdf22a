"""What a change of an event would do is computed by the rules that it is made with, and nothing is stored."""

from __future__ import annotations

import pytest

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.people import Actor
from sla_tracker.errors import Forbidden, IllegalTransition
from sla_tracker.services import events
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import operations
from sla_tracker.services.ports import Store
from sla_tracker.testing.company import a_context, local
from sla_tracker.wording.event_changes import Reader, format_preview
from tests.services.acts import who


def scheduled(context: ServiceContext) -> events.Registered:
    return events.register(
        context,
        who(context, "chen.jing"),
        "settlement-scheduled",
        subject="HT-1",
        at=local("2026-11-26 15:00"),
    )


def reader_of(context: ServiceContext) -> Reader:
    names = {id: department.name for id, department in context.catalogue.departments.items()}
    return Reader(departments=names, people=context.people, now=context.now(), zone=context.settings.zone)


def dues(duties: tuple[Duty, ...]) -> dict[str, object]:
    return {duty.id: (duty.state, duty.due_at) for duty in duties}


def chen(context: ServiceContext) -> Actor:
    return who(context, "chen.jing")


def test_a_move_does_what_its_preview_says(any_store: Store) -> None:
    context = a_context(store=any_store)
    event = scheduled(context).event
    at, sequence = local("2026-12-03 10:00"), context.store.sequence()
    preview = events.preview_move(context, chen(context), event.id, at)
    assert context.store.sequence() == sequence
    assert context.store.read(lambda tx: tx.get(type(event), event.id)) == event
    assert format_preview(preview, reader_of(context)) == [
        "Settlement papers (Sales → Finance): 11-25 18:00 → 12-02 18:00",
        "Be at the settlement (Sales → Finance): 11-26 15:00 → 12-03 10:00",
    ]
    moved = events.move(context, chen(context), event.id, at)
    assert dues(moved.moved) == dues(preview.found.moved)


def test_a_cancelling_takes_along_what_its_preview_lists(any_store: Store) -> None:
    context = a_context(store=any_store)
    found = scheduled(context)
    papers = next(duty for duty in found.opened if duty.obligation == "settlement-papers")
    operations.deliver(context, who(context, "wang.fang"), papers.id)
    preview = events.preview_cancel(context, chen(context), found.event.id)
    assert format_preview(preview, reader_of(context)) == [
        "Be at the settlement (Sales → Finance): cancelled",
        "1 duty stays as it is.",
    ]
    cancelled = events.cancel(context, chen(context), found.event.id, "off")
    assert dues(cancelled.cancelled) == dues(preview.found.cancelled)


def test_where_another_side_confirms_the_preview_says_so() -> None:
    context = a_context()
    event = scheduled(context).event
    wang = who(context, "wang.fang")
    preview = events.preview_move(context, wang, event.id, local("2026-12-03 10:00"))
    moved = events.move(context, wang, event.id, local("2026-12-03 10:00"))
    assert len(preview.found.claimed) == len(moved.claimed)
    lines = format_preview(preview, reader_of(context))
    assert sum("until the other side confirms" in line for line in lines) == len(moved.claimed)


def test_what_would_be_refused_is_refused_in_the_preview() -> None:
    context = a_context()
    event = scheduled(context).event
    with pytest.raises(Forbidden):
        events.preview_cancel(context, who(context, "guest"), event.id)
    happened = events.register(
        context, chen(context), "vehicle-delivered", subject="A", at=context.now(), fields={"cash": "no"}
    )
    with pytest.raises(IllegalTransition):
        events.preview_move(context, chen(context), happened.event.id, local("2026-12-03 10:00"))
