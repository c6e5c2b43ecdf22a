"""Objections to moves of an event: no further move of the provider's takes one away."""

from __future__ import annotations

import pytest

from sla_tracker.domain.duties.event_change import ChangeEffect
from sla_tracker.errors import IllegalTransition, Incomplete, Overtaken
from sla_tracker.services import event_claims, events
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments.inbox_entry import InboxKind
from sla_tracker.services.duties import operations
from sla_tracker.services.months import closing
from sla_tracker.testing.company import OBLIGATIONS, a_context, local, set_clock
from sla_tracker.wording.event_changes import Reader, format_event_changes
from tests.services.acts import stored, who
from tests.services.test_event_claims import correct, due, last_effect, mine, planned


@pytest.mark.parametrize("second", ["2026-12-21 10:01", "2026-12-22 10:00", "2026-12-15 10:00"])
def test_a_further_move_takes_no_objection_away(context: ServiceContext, second: str) -> None:
    papers = planned(context)["settlement-papers"]
    first, wang, chen = due(context, papers), who(context, "wang.fang"), who(context, "chen.jing")
    events.move(context, wang, papers.event, local("2026-12-21 10:00"))
    events.move(context, wang, papers.event, local(second))
    moved = due(context, papers)
    assert moved > first
    assert (InboxKind.EVENT, papers.id, True) in mine(context, "chen.jing")
    event_claims.object_to(context, chen, papers.id, "not later than that")
    assert due(context, papers) == first
    with pytest.raises(Overtaken):
        event_claims.object_to(context, chen, papers.id, "again")
    event_claims.confirm(context, who(context, "sun.hua"), papers.event)
    assert due(context, papers) == moved


def test_moved_back_there_is_nothing_left_to_object_to(context: ServiceContext) -> None:
    papers = planned(context)["settlement-papers"]
    first = due(context, papers)
    for at in ("2026-12-21 10:00", "2026-11-26 15:00"):
        events.move(context, who(context, "wang.fang"), papers.event, local(at))
    assert due(context, papers) == first
    with pytest.raises(IllegalTransition, match="no objection now"):
        event_claims.object_to(context, who(context, "chen.jing"), papers.id, "no")


def test_what_the_consumer_moved_itself_settles_it(context: ServiceContext) -> None:
    papers = planned(context)["settlement-papers"]
    events.move(context, who(context, "wang.fang"), papers.event, local("2026-12-21 10:00"))
    events.move(context, who(context, "chen.jing"), papers.event, local("2026-12-21 10:01"))
    with pytest.raises(IllegalTransition, match="no objection now"):
        event_claims.object_to(context, who(context, "chen.jing"), papers.id, "no")


def test_moved_on_when_overdue_the_first_move_can_be_objected_to(context: ServiceContext) -> None:
    papers = planned(context)["settlement-papers"]
    first = due(context, papers)
    events.move(context, who(context, "wang.fang"), papers.event, local("2026-12-03 10:00"))
    set_clock(context, "2026-12-02 19:00")
    events.move(context, who(context, "wang.fang"), papers.event, local("2026-12-10 10:00"))
    assert last_effect(context, papers) is ChangeEffect.NEVER
    event_claims.object_to(context, who(context, "chen.jing"), papers.id, "no")
    assert due(context, papers) == first
    # What the head confirms is the move that was objected to, not where the event is now.
    event_claims.confirm(context, who(context, "sun.hua"), papers.event)
    assert due(context, papers) == local("2026-12-02 18:00")


def test_a_claim_beside_it_is_decided_on_first(context: ServiceContext) -> None:
    papers = planned(context)["settlement-papers"]
    first = due(context, papers)
    events.move(context, who(context, "wang.fang"), papers.event, local("2026-12-03 10:00"))
    set_clock(context, "2026-11-23 09:00")
    correct(context, papers, "2026-12-10 10:00")
    assert last_effect(context, papers) is ChangeEffect.WHEN_CONFIRMED
    chen = who(context, "chen.jing")
    with pytest.raises(IllegalTransition, match="decide on that first"):
        event_claims.object_to(context, chen, papers.id, "no")
    event_claims.refuse(context, chen, papers.event, "no", duty_id=papers.id)
    assert due(context, papers) == local("2026-12-02 18:00")
    event_claims.object_to(context, chen, papers.id, "nor that")
    assert due(context, papers) == first


def test_a_confirmed_claim_settles_the_move_before_it(context: ServiceContext) -> None:
    papers = planned(context)["settlement-papers"]
    events.move(context, who(context, "wang.fang"), papers.event, local("2026-12-03 10:00"))
    set_clock(context, "2026-11-23 09:00")
    correct(context, papers, "2026-12-10 10:00")
    event_claims.confirm(context, who(context, "chen.jing"), papers.event)
    with pytest.raises(IllegalTransition, match="no objection now"):
        event_claims.object_to(context, who(context, "chen.jing"), papers.id, "no")


def test_a_cancelling_that_is_refused_leaves_the_objection(context: ServiceContext) -> None:
    papers = planned(context)["settlement-papers"]
    first = due(context, papers)
    events.move(context, who(context, "wang.fang"), papers.event, local("2026-12-03 10:00"))
    set_clock(context, "2026-12-02 19:00")
    events.cancel(context, who(context, "wang.fang"), papers.event, "not sold")
    event_claims.refuse(context, who(context, "chen.jing"), papers.event, "it is", duty_id=papers.id)
    event_claims.object_to(context, who(context, "chen.jing"), papers.id, "no")
    assert due(context, papers) == first


def test_after_an_objection_a_further_move_waits_for_a_confirmation(context: ServiceContext) -> None:
    papers = planned(context)["settlement-papers"]
    first = due(context, papers)
    events.move(context, who(context, "wang.fang"), papers.event, local("2026-12-21 10:00"))
    event_claims.object_to(context, who(context, "chen.jing"), papers.id, "no")
    events.move(context, who(context, "wang.fang"), papers.event, local("2026-12-21 10:01"))
    assert due(context, papers) == first
    assert last_effect(context, papers) is ChangeEffect.WHEN_CONFIRMED
    event_claims.confirm(context, who(context, "chen.jing"), papers.event)
    assert due(context, papers) == local("2026-12-18 18:00")


def test_each_move_says_from_which_time_it_was_made(context: ServiceContext) -> None:
    papers = planned(context)["settlement-papers"]
    for at in ("2026-12-21 10:00", "2026-12-22 10:00"):
        events.move(context, who(context, "wang.fang"), papers.event, local(at))
    catalogue, zone = context.catalogue, context.settings.zone
    names = {id: one.name for id, one in catalogue.departments.items()}
    reader = Reader(departments=names, people=context.people, now=context.now(), zone=zone)
    told = list(format_event_changes(stored(context, papers), reader))
    assert "11-26 15:00 to 12-21 10:00. A later change took its place." in told[0]
    assert "12-21 10:00 to 12-22 10:00. It counts unless Finance objects." in told[1]


def test_an_objection_that_nobody_decided_on_blocks_closing() -> None:
    context = a_context(obligations=[one for one in OBLIGATIONS if one.id == "settlement-papers"])
    papers = planned(context)["settlement-papers"]
    events.move(context, who(context, "wang.fang"), papers.event, local("2026-11-27 15:00"))
    set_clock(context, "2026-11-26 09:00")
    operations.deliver(context, who(context, "wang.fang"), papers.id)
    event_claims.object_to(context, who(context, "chen.jing"), papers.id, "no")
    operations.accept(context, who(context, "chen.jing"), papers.id)
    set_clock(context, "2026-12-02 09:00")
    with pytest.raises(Incomplete, match="2026-11") as refused:
        closing.close(context, who(context, "sun.hua"), "2026-11")
    assert f"sla event confirm {papers.event[-6:]}" in refused.value.problems[0].sentence()
    event_claims.confirm(context, who(context, "sun.hua"), papers.event)
    assert not closing.close(context, who(context, "sun.hua"), "2026-11").month.figures[0].score.bad
