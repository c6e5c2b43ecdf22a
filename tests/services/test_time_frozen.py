"""A duty keeps the terms it was opened with, whatever becomes of the plugin."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest

from sla_tracker.domain.agreements.obligation import Obligation, OnEvent
from sla_tracker.domain.deadlines.due import InDays
from sla_tracker.domain.duties.duty import State
from sla_tracker.domain.text import Text
from sla_tracker.errors import Refused
from sla_tracker.services import events
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import operations, scheduler
from sla_tracker.testing.company import OBLIGATIONS, a_context, local
from tests.services.acts import TICKED, opened, rolled_to, sheet, stored, who

SHEET = next(one for one in OBLIGATIONS if one.id == "decoration-sheet")


def with_obligations(context: ServiceContext, *changed: Obligation) -> ServiceContext:
    """Return the context as it is after plugins were changed: only these obligations are left."""
    catalogue = replace(context.catalogue, obligations={one.id: one for one in changed}, digest="changed")
    return replace(context, declared=catalogue)


def stricter() -> Obligation:
    return replace(
        SHEET,
        title=Text(zh="新装饰单", en="New sheet"),
        triggers=(OnEvent(event_type="vehicle-delivered", due=InDays(days=1, at=time(9))),),
        evidence=(),
        accept_within=1,
    )


def test_a_changed_plugin_changes_new_duties_only() -> None:
    context = a_context(obligations=[SHEET])
    before = sheet(context)
    after = with_obligations(context, stricter())
    scheduler.tick(after)
    assert stored(after, before) == before
    later = opened(after, subject="鄂F·67890")["decoration-sheet"]
    assert (later.title.en, later.due_at) == ("New sheet", local("2026-11-23 09:00"))


def test_the_evidence_and_the_days_for_a_verdict_stay_those_of_the_opening() -> None:
    context = a_context(obligations=[SHEET])
    before = sheet(context)
    after = with_obligations(context, stricter())
    with pytest.raises(Refused):
        operations.deliver(after, who(after, "wang.fang"), before.id, {})
    given = operations.deliver(after, who(after, "wang.fang"), before.id, TICKED)
    assert given.accept_by_at == local("2026-11-25 18:00")


def test_a_moved_event_is_computed_again_by_the_rule_of_the_opening() -> None:
    (papers,) = (one for one in OBLIGATIONS if one.id == "settlement-papers")
    context = a_context(obligations=[papers])
    done = events.register(
        context,
        who(context, "wang.fang"),
        "settlement-scheduled",
        subject="2211",
        at=local("2026-11-25 15:00"),
    )
    (duty,) = done.opened
    assert duty.due_at == local("2026-11-24 18:00")
    (trigger,) = papers.triggers
    assert isinstance(trigger, OnEvent)
    after = with_obligations(context, replace(papers, triggers=(replace(trigger, due=InDays(days=-7)),)))
    events.move(after, who(after, "wang.fang"), done.event.id, local("2026-11-27 15:00"), "later")
    assert stored(after, duty).due_at == local("2026-11-26 18:00")


def test_what_a_vanished_plugin_opened_is_finished_by_its_department() -> None:
    context = a_context(obligations=[SHEET])
    before = sheet(context)
    after = with_obligations(context)
    rolled_to(after, "2026-11-23 09:00")
    operations.deliver(after, who(after, "wang.fang"), before.id, TICKED)
    assert operations.accept(after, who(after, "chen.jing"), before.id).state is State.ACCEPTED


def test_a_renamed_department_leaves_its_open_duties_to_be_finished() -> None:
    context = a_context(obligations=[SHEET])
    before = sheet(context)
    departments = {
        id: replace(one, name=Text(zh="营销部", en="Marketing")) if id == "sales" else one
        for id, one in context.catalogue.departments.items()
    }
    after = replace(context, declared=replace(context.catalogue, departments=departments, digest="renamed"))
    scheduler.tick(after)
    assert stored(after, before) == before
    assert operations.deliver(after, who(after, "wang.fang"), before.id, TICKED).state is State.DELIVERED
