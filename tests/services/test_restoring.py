"""Undoing and doing again: with the right of the act, whole, and never so that a limit which passed seems kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sla_tracker.domain.agreements.obligation import OnEvent
from sla_tracker.domain.deadlines.due import InDays, InWorkdays
from sla_tracker.domain.duties.complaint import Stage
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.people import Actor, Role
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import Forbidden, Refused
from sla_tracker.services import events, requests, undo
from sla_tracker.services.access import ReadingRule, Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import shift_notes
from sla_tracker.services.departments.staffing import pass_duties_on
from sla_tracker.services.duties import holds, operations, ratings, waivers
from sla_tracker.services.open_requests import field_changes, progress
from sla_tracker.services.ports import Store
from sla_tracker.services.restoring.rights import RIGHTS
from sla_tracker.testing.company import a_context, an_obligation, set_clock
from sla_tracker.wording.undoing import explained
from tests.services.acts import TICKED, complaint_at, delivered, opened, sheet, step_complaint, stored, who
from tests.services.test_open_requests import EVERY, ask
from tests.services.test_reading import seen_by

PASSED = "has passed meanwhile"


def as_(
    context: ServiceContext, person: str, act: Callable[..., object], *args: object, **named: object
) -> Any:
    return act(context, who(context, person), *args, **named)


# --- limits that passed meanwhile -------------------------------------------------------------------------------------


def test_a_delivery_that_did_not_stand_at_the_due_is_not_done_again(any_store: Store) -> None:
    context = a_context(store=any_store)
    duty = sheet(context)  # due on Monday at 18:00
    set_clock(context, "2026-11-23 09:00")
    as_(context, "wang.fang", operations.deliver, duty.id, TICKED)
    set_clock(context, "2026-11-23 09:01")
    as_(context, "wang.fang", undo.undo)
    set_clock(context, "2026-11-23 18:00")
    as_(context, "wang.fang", undo.redo)
    as_(context, "wang.fang", undo.undo)
    set_clock(context, "2026-11-23 23:30")
    with pytest.raises(Refused, match=f"2026-11-23 10:00.*“Decoration sheet”.*{PASSED}"):
        as_(context, "wang.fang", undo.redo, insists=True)
    assert stored(context, duty).is_overdue(context.now())
    assert as_(context, "wang.fang", operations.deliver, duty.id, TICKED).is_late(context.now())


def test_one_that_stood_at_the_due_is(context: ServiceContext) -> None:
    duty = sheet(context)
    set_clock(context, "2026-11-23 09:00")
    as_(context, "wang.fang", operations.deliver, duty.id, TICKED)
    set_clock(context, "2026-11-23 18:01")
    for _twice in range(2):
        as_(context, "wang.fang", undo.undo, insists=True)
        as_(context, "wang.fang", undo.redo)
        assert not stored(context, duty).is_late(context.now())


def test_nor_is_taking_it_back_undone(context: ServiceContext) -> None:
    duty = sheet(context)
    set_clock(context, "2026-11-23 09:00")
    as_(context, "wang.fang", operations.deliver, duty.id, TICKED)
    as_(context, "wang.fang", operations.take_back, duty.id)
    set_clock(context, "2026-11-23 18:01")
    with pytest.raises(Refused, match=PASSED):
        as_(context, "wang.fang", undo.undo)
    assert stored(context, duty).state is State.OPEN


@pytest.mark.parametrize("act", ["hold", "resume"])
def test_a_hold_rescues_nothing_by_undo(act: str, context: ServiceContext) -> None:
    duty = sheet(context)
    set_clock(context, "2026-11-23 09:00")
    as_(context, "wang.fang", holds.hold, duty.id, waits_for="finance", reason="numbers")
    if act == "hold":
        as_(context, "wang.fang", undo.undo)
    else:
        as_(context, "wang.fang", holds.resume, duty.id)
    set_clock(context, "2026-11-23 18:01")
    with pytest.raises(Refused, match=PASSED):
        as_(context, "wang.fang", undo.redo if act == "hold" else undo.undo)
    assert stored(context, duty).is_overdue(context.now())


def test_no_limit_of_a_request_is_rescued() -> None:
    context = a_context(now="2026-11-20 10:00", obligations=EVERY)
    duty = ask(context)  # P2: answer by 10:30, updates every 2 hours, due at 18:00
    as_(context, "wang.fang", requests.answer, duty.id, "seen")
    as_(context, "wang.fang", undo.undo)
    set_clock(context, "2026-11-20 10:31")
    with pytest.raises(Refused, match=PASSED):
        as_(context, "wang.fang", undo.redo)
    as_(context, "wang.fang", progress.tell_update, duty.id, "looking")
    as_(context, "wang.fang", undo.undo)
    set_clock(context, "2026-11-20 12:01")
    with pytest.raises(Refused, match=f"2026-11-20 04:00.*{PASSED}"):
        as_(context, "wang.fang", undo.redo)
    # A change never rescues what is late, whoever undoes it.
    as_(context, "chen.jing", field_changes.change_fields, duty.id, {"priority": "P1"}, "whole floor")
    set_clock(context, "2026-11-20 16:30")
    with pytest.raises(Refused, match=PASSED):
        as_(context, "chen.jing", undo.undo)
    assert stored(context, duty).is_overdue(context.now())


@pytest.mark.parametrize("by", ["wang.fang", "chen.jing"])
def test_the_consumer_alone_says_that_a_paper_was_not_there_after_all(by: str) -> None:
    context = a_context(now="2026-11-20 10:00", obligations=EVERY)
    duty = ask(context, "contract")  # four working hours from the papers on
    as_(context, by, progress.tick_papers, duty.id, ["id-card", "invoice"])
    set_clock(context, "2026-11-20 18:01")
    assert stored(context, duty).is_overdue(context.now())
    if by == "wang.fang":
        with pytest.raises(Refused, match=PASSED):
            as_(context, by, undo.undo)
    else:
        as_(context, by, undo.undo)
    assert stored(context, duty).is_overdue(context.now()) == (by == "wang.fang")


def test_a_step_of_a_complaint_whose_limit_passed_is_taken_anew() -> None:
    context = a_context(now="2026-11-18 10:00")  # to be judged within two workdays
    complaint = complaint_at(context, Stage.JUDGE)
    set_clock(context, "2026-11-20 17:00")
    step_complaint(context, complaint, Stage.JUDGE)
    as_(context, "wu.di", undo.undo)
    set_clock(context, "2026-11-20 18:01")
    with pytest.raises(Refused, match=f"complaint {complaint.id[-6:]} {PASSED}"):
        as_(context, "wu.di", undo.redo)
    assert step_complaint(context, complaint, Stage.JUDGE).taken[-1].escalated


QUICK = an_obligation("quick", accept_within=timedelta(hours=1))


def test_what_silence_has_accepted_stays_though_no_tick_has_stored_it() -> None:
    context = a_context(now="2026-11-20 10:00", obligations=(QUICK,))
    duty = opened(context)["quick"]
    as_(context, "wang.fang", operations.deliver, duty.id)
    set_clock(context, "2026-11-20 11:01")
    with pytest.raises(undo.ActOvertaken) as refused:
        as_(context, "wang.fang", undo.undo)
    assert "Since then system has acted" in explained(context, refused.value).sentence()
    assert stored(context, duty).state is State.ACCEPTED


def test_no_consumer_is_left_without_time_to_judge() -> None:
    context = a_context(now="2026-11-20 10:00", obligations=(QUICK,))
    duty = opened(context)["quick"]
    as_(context, "wang.fang", operations.deliver, duty.id)
    as_(context, "wang.fang", undo.undo)
    set_clock(context, "2026-11-20 11:01")
    with pytest.raises(Refused, match=PASSED):
        as_(context, "wang.fang", undo.redo)
    assert as_(context, "wang.fang", operations.deliver, duty.id).accept_by_at > context.now()


# --- rights -----------------------------------------------------------------------------------------------------------


def changed(context: ServiceContext, person: str, **facts: object) -> ServiceContext:
    """Return the context after a person's entry in the settings was changed."""
    new = replace(context.people[person], **facts)  # type: ignore[arg-type]
    return replace(context, people={**context.people, person: new})


MOVED = {"role": Role.READER, "department": "warehouse"}


@pytest.mark.parametrize("rule", ReadingRule)
@pytest.mark.parametrize("facts", [MOVED, {"department": "warehouse"}, {"left_on": "today"}])
@pytest.mark.parametrize("again", [False, True])
def test_who_may_no_longer_act_neither_undoes_nor_redoes(
    facts: dict[str, object], rule: ReadingRule, again: bool, context: ServiceContext
) -> None:
    duty = delivered(context)
    as_(context, "chen.jing", operations.accept, duty.id)
    if again:
        as_(context, "chen.jing", undo.undo)
    before = stored(context, duty)
    if "left_on" in facts:
        facts = {"left_on": context.now().date()}
    later = changed(context, "chen.jing", **facts)
    actor = who(later, "chen.jing")
    with pytest.raises(Forbidden, match="may not accept, return or rate: it takes staff of Finance"):
        (undo.redo if again else undo.undo)(seen_by(later, actor, rule), actor)
    assert stored(context, duty) == before


def test_a_head_who_is_one_no_longer_gives_nobody_work_back(context: ServiceContext) -> None:
    duty = sheet(context)
    as_(context, "li.na", operations.assign, duty.id, "zhao.lei")
    later = changed(context, "li.na", role=Role.STAFF)
    with pytest.raises(Forbidden, match="assign a duty to somebody else"):
        as_(later, "li.na", undo.undo)
    as_(context, "li.na", undo.undo)
    # One's own duty that was passed on comes back, without being the head.
    as_(context, "wang.fang", operations.take, duty.id)
    as_(context, "wang.fang", operations.assign, duty.id, "zhao.lei")
    as_(context, "wang.fang", undo.undo)
    assert stored(context, duty).assignee == "wang.fang"
    as_(context, "wang.fang", undo.redo)
    assert stored(context, duty).assignee == "zhao.lei"


def test_an_administrator_gives_a_leavers_duties_back(context: ServiceContext) -> None:
    duty = sheet(context)
    as_(context, "wang.fang", operations.take, duty.id)
    as_(context, "root", pass_duties_on, "wang.fang", "赵磊")
    assert stored(context, duty).assignee == "zhao.lei"
    with pytest.raises(Forbidden):
        as_(changed(context, "root", role=Role.HEAD), "root", undo.undo)
    as_(context, "root", undo.undo)
    assert stored(context, duty).assignee == "wang.fang"


def test_a_step_of_a_complaint_takes_the_right_of_its_stage(context: ServiceContext) -> None:
    complaint = complaint_at(context, Stage.JUDGE)
    step_complaint(context, complaint, Stage.JUDGE)
    later = changed(context, "wu.di", role=Role.STAFF)
    with pytest.raises(Forbidden, match="judge a complaint"):
        as_(later, "wu.di", undo.undo)
    as_(context, "wu.di", undo.undo)
    with pytest.raises(Forbidden, match="judge a complaint"):
        as_(later, "wu.di", undo.redo)


def test_a_shift_note_is_changed_back_by_its_department_only(context: ServiceContext) -> None:
    note = as_(context, "wang.fang", shift_notes.write, "call the garage", whole_department=True)
    as_(context, "zhao.lei", shift_notes.acknowledge, note.id)
    with pytest.raises(Forbidden):
        as_(changed(context, "zhao.lei", department="warehouse"), "zhao.lei", undo.undo)


ACTS: dict[Verb, Callable[[ServiceContext, Duty], object]] = {
    Verb.TOOK: lambda c, d: as_(c, "wang.fang", operations.take, d.id),
    Verb.FILLED_IN: lambda c, d: as_(c, "wang.fang", operations.fill_in, d.id, TICKED),
    Verb.NOTED: lambda c, d: as_(c, "wang.fang", operations.note, d.id, "x"),
    Verb.HELD: lambda c, d: as_(c, "wang.fang", holds.hold, d.id, waits_for="finance", reason="x"),
    Verb.RESUMED: lambda c, d: as_(c, "wang.fang", holds.resume, d.id),
    Verb.OBJECTED: lambda c, d: as_(c, "chen.jing", holds.object_to, d.id, "x"),
    Verb.CONFIRMED_HOLD: lambda c, d: as_(c, "sun.hua", holds.confirm, d.id),
    Verb.ASKED_WAIVER: lambda c, d: as_(c, "wang.fang", waivers.ask, d.id, code="other", reason="x"),
    Verb.REFUSED_WAIVER: lambda c, d: as_(c, "sun.hua", waivers.refuse, d.id, "x"),
    Verb.RELEASED: lambda c, d: as_(c, "wang.fang", operations.release, d.id),
    Verb.DELIVERED: lambda c, d: as_(c, "wang.fang", operations.deliver, d.id, TICKED),
    Verb.TOOK_BACK: lambda c, d: as_(c, "wang.fang", operations.take_back, d.id),
    Verb.ACCEPTED: lambda c, d: as_(c, "chen.jing", operations.accept, d.id),
    Verb.RATED: lambda c, d: as_(c, "chen.jing", ratings.rate, d.id, 3),
    Verb.REOPENED: lambda c, d: as_(c, "sun.hua", operations.reopen, d.id, "x"),
    Verb.EXPLAINED_LATENESS: lambda c, d: as_(c, "wang.fang", ratings.explain, d.id, "workload"),
    Verb.WAIVED: lambda c, d: as_(c, "sun.hua", waivers.waive, d.id, code="other", reason="x"),
}


def test_each_act_is_undone_and_done_again_with_its_own_right(
    context: ServiceContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Right] = []
    require = ServiceContext.require

    def noted(self: ServiceContext, actor: Actor, right: Right, *args: Any, **named: Any) -> None:
        asked.append(right)
        require(self, actor, right, *args, **named)

    monkeypatch.setattr(ServiceContext, "require", noted)
    duty = sheet(context)
    for verb, act in ACTS.items():
        if verb in {
            Verb.ACCEPTED,
            Verb.REOPENED,
        }:  # what was taken back is delivered again, before it is judged
            set_clock(context, context.now() + timedelta(minutes=1))
        if verb is Verb.ACCEPTED:
            ACTS[Verb.DELIVERED](context, duty)
        asked.clear()
        act(context, duty)
        assert RIGHTS[verb] in asked, verb
        person = who(context, context.store.history(duty.id)[-1].act.by)
        for back in (undo.undo, undo.redo):
            asked.clear()
            back(context, person)
            assert RIGHTS[verb] in asked, verb


# --- what hangs on it -------------------------------------------------------------------------------------------------

FIRST = an_obligation("first", triggers=(OnEvent(event_type="vehicle-delivered", due=InDays(days=0)),))
SECOND = an_obligation(
    "second",
    provider="service",
    triggers=(OnEvent(event_type="settlement-scheduled", due=InWorkdays(workdays=1)),),
    depends_on=("first",),
)


@pytest.mark.parametrize("rule", ReadingRule)
def test_a_duty_that_opened_since_waits_again(rule: ReadingRule) -> None:
    context = a_context(now="2026-11-18 09:00", obligations=(FIRST, SECOND))
    wang = who(context, "wang.fang")
    first = opened(context, "2026-11-18 08:40", subject="C-1")["first"]
    set_clock(context, "2026-11-20 10:00")
    operations.deliver(context, wang, first.id)
    set_clock(context, "2026-11-20 10:05")
    (second,) = as_(
        context, "liu.yang", events.register, "settlement-scheduled", subject="C-1", at=context.now()
    ).opened
    _change, restored = undo.undo(seen_by(context, wang, rule), wang, insists=True)
    assert [one.id for one in restored] == [first.id]
    set_clock(context, "2026-11-24 10:00")  # the second one was due on Monday
    assert stored(context, second).stands_still(context.now())
    assert not stored(context, second).is_overdue(context.now())


def test_an_act_is_undone_whole_also_where_others_read_less() -> None:
    """The wait of another department's duty ends with the delivery and begins again with its undoing."""
    context = a_context(now="2026-11-18 09:00", obligations=(FIRST, SECOND))
    wang = who(context, "wang.fang")
    first = opened(context, "2026-11-18 08:40", subject="C-1")["first"]
    (second,) = as_(
        context, "liu.yang", events.register, "settlement-scheduled", subject="C-1", at=context.now()
    ).opened
    set_clock(context, "2026-11-20 10:00")
    before, narrow = stored(context, second), seen_by(context, wang)
    operations.deliver(narrow, wang, first.id)
    assert stored(context, second) != before
    undo.undo(narrow, wang, insists=True)
    assert stored(context, second) == before
    undo.redo(narrow, wang)
    assert stored(context, second) != before
