"""One takes back one's own last act, as long as nobody has built on it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sla_tracker.domain.duties.complaint import Stage
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.request import RequestState
from sla_tracker.domain.people import Actor
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import NeedsConfirmation, Refused
from sla_tracker.services import requests, undo
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import complaints
from sla_tracker.services.duties import actions, holds, operations, ratings, waivers
from sla_tracker.services.ports import Store
from sla_tracker.testing.company import a_context, set_clock
from sla_tracker.wording.duties import ACT_WORDS
from sla_tracker.wording.undoing import _INSTEAD, _OF_ONE, _WITHOUT_DUTY, explained, format_undone
from tests.services.acts import TICKED, complained, delivered, opened, sheet, stored, stored_complaint, who

Act = Callable[[ServiceContext, Duty], object]

OPEN_ACTS: dict[str, tuple[str, Act]] = {
    "took": ("wang.fang", lambda context, duty: operations.take(context, who(context, "wang.fang"), duty.id)),
    "filled_in": (
        "wang.fang",
        lambda context, duty: operations.fill_in(context, who(context, "wang.fang"), duty.id, TICKED),
    ),
    "noted": (
        "chen.jing",
        lambda context, duty: operations.note(context, who(context, "chen.jing"), duty.id, "seen"),
    ),
    "delivered": (
        "wang.fang",
        lambda context, duty: operations.deliver(context, who(context, "wang.fang"), duty.id, TICKED),
    ),
    "held": (
        "wang.fang",
        lambda context, duty: holds.hold(
            context, who(context, "wang.fang"), duty.id, waits_for="x", reason="y"
        ),
    ),
    "waived": (
        "sun.hua",
        lambda context, duty: waivers.waive(
            context, who(context, "sun.hua"), duty.id, code="other", reason="x"
        ),
    ),
    "asked_waiver": (
        "wang.fang",
        lambda context, duty: waivers.ask(
            context, who(context, "wang.fang"), duty.id, code="other", reason="x"
        ),
    ),
}


@pytest.mark.parametrize("what", OPEN_ACTS)
def test_an_act_is_undone_as_if_it_had_never_been(what: str, any_store: Store) -> None:
    context = a_context(store=any_store)
    duty = sheet(context)
    person, act = OPEN_ACTS[what]
    act(context, duty)
    assert stored(context, duty) != duty
    change, restored = undo.undo(context, who(context, person))
    assert (change.act.what, restored) == (what, (duty,))
    assert stored(context, duty) == duty


def test_the_verdict_of_the_other_side_too(context: ServiceContext) -> None:
    duty = delivered(context)
    chen = who(context, "chen.jing")
    operations.accept(context, chen, duty.id)
    ratings.rate(context, chen, duty.id, 3)
    undo.undo(context, chen)
    assert stored(context, duty).rating is None
    undo.undo(context, chen)
    assert stored(context, duty) == duty
    operations.return_(context, chen, duty.id, "unsigned")
    undo.undo(context, chen)
    assert stored(context, duty) == duty


def test_what_hangs_on_it_goes_back_with_it(context: ServiceContext) -> None:
    request, duty = requests.ask(context, who(context, "chen.jing"), "invoice-copy", text="May")
    operations.deliver(context, who(context, "wang.fang"), duty.id)
    undo.undo(context, who(context, "wang.fang"))
    stored_now = context.store.read(lambda tx: tx.get(type(request), request.id))
    assert stored_now is not None
    assert stored_now.state is RequestState.ASKED


def test_a_step_of_a_complaint_too(context: ServiceContext) -> None:
    complaint = complained(context)
    complaints.judge(context, who(context, "wu.di"), complaint.id, founded=False, reason="no")
    undo.undo(context, who(context, "wu.di"))
    assert stored_complaint(context, complaint).next is Stage.JUDGE


def test_once_somebody_acted_on_it_it_stays(context: ServiceContext) -> None:
    duty = delivered(context)
    operations.accept(context, who(context, "chen.jing"), duty.id)
    assert overtaken(context, "wang.fang") == (
        "Your last act stays: delivery of “Decoration sheet” 鄂F·12345 to Finance (2026-11-20 06:00). Since then 陈静 "
        f"has acted: acceptance of “Decoration sheet” 鄂F·12345 from Sales ({duty.reference}, 2026-11-20 06:00). "
        f"sla reopen {duty.reference} opens it again, as a head."
    )
    assert stored(context, duty).state is State.ACCEPTED


def overtaken(
    context: ServiceContext,
    person: str,
    act: Callable[[ServiceContext, Actor], object] = undo.undo,
) -> str:
    with pytest.raises(undo.ActOvertaken) as refused:
        act(context, who(context, person))
    return explained(context, refused.value).sentence()


def three_taken(context: ServiceContext) -> list[Duty]:
    before = [sheet(context, subject=f"鄂F·{n}") for n in range(3)]
    wang = who(context, "wang.fang")
    several = actions.apply_to_many(
        context, wang, [duty.id for duty in before], operations.take_action(context, wang)
    )
    assert {duty.assignee for duty in several.done} == {"wang.fang"}
    return before


def test_what_was_done_to_several_goes_back_at_once(any_store: Store) -> None:
    context = a_context(store=any_store)
    before = three_taken(context)
    change, restored = undo.undo(context, who(context, "wang.fang"))
    assert (change.act.what, {duty.id for duty in restored}) == ("took", {duty.id for duty in before})
    assert [stored(context, duty) for duty in before] == before


def test_of_several_none_goes_back_when_one_was_acted_on(context: ServiceContext) -> None:
    before = three_taken(context)
    operations.note(context, who(context, "chen.jing"), before[1].id, "seen")
    told = overtaken(context, "wang.fang")
    assert "taking of “Decoration sheet”" in told
    assert "and 2 more" in told
    assert f"陈静 has acted: note on “Decoration sheet” {before[1].subject} ({before[1].reference}" in told
    assert told.endswith(f"sla release {before[1].reference} puts it back.")
    assert {stored(context, duty).assignee for duty in before} == {"wang.fang"}


def test_what_they_did_and_undid_does_not_count(context: ServiceContext) -> None:
    duty = delivered(context)
    operations.accept(context, who(context, "chen.jing"), duty.id)
    undo.undo(context, who(context, "chen.jing"))
    undo.undo(context, who(context, "wang.fang"))
    assert stored(context, duty).state is State.OPEN


def test_several_steps_back_and_forth(context: ServiceContext) -> None:
    duty = sheet(context)
    wang = who(context, "wang.fang")
    operations.take(context, wang, duty.id)
    operations.note(context, wang, duty.id, "one")
    undo.undo(context, wang)
    operations.note(context, wang, duty.id, "two")
    undo.undo(context, wang)
    undo.undo(context, wang)
    assert stored(context, duty) == duty


def refusal(context: ServiceContext, person: str) -> str:
    with pytest.raises(undo.NotUndoable) as refused:
        undo.undo(context, who(context, person))
    return explained(context, refused.value).sentence()


def test_what_created_something_is_named_with_what_to_do_instead(context: ServiceContext) -> None:
    opened(context)
    ref = context.store.read(lambda tx: tx.find(Event)[0]).id[-6:]
    with pytest.raises(Refused, match="nothing of yours to undo"):
        undo.undo(context, who(context, "chen.jing"))
    assert refusal(context, "wang.fang") == (
        "Your last act stays: event registered: “Vehicle delivered” 鄂F·12345 (2026-11-20 06:00). Acts of this kind "
        f"cannot be undone. sla event cancel {ref} cancels it, sla event correct {ref} puts it right."
    )
    request, _duty = requests.ask(context, who(context, "chen.jing"), "invoice-copy", text="May")
    assert f"sla withdraw {request.duty[-6:]} withdraws it." in refusal(context, "chen.jing")


def test_every_act_of_people_has_words_for_what_to_do_instead() -> None:
    assert set(_INSTEAD) <= set(ACT_WORDS)
    assert not [act for act in _INSTEAD if act in undo.SILENT | {Verb.UNDID, Verb.REDID}]


def test_one_undoes_nobody_elses(context: ServiceContext) -> None:
    delivered(context)
    with pytest.raises(Refused, match="no recent act is yours"):
        undo.undo(context, who(context, "zhao.lei"))
    assert undo.undo(context, who(context, "wang.fang"))[0].act.what == "delivered"


def test_what_was_done_on_an_earlier_day_stays(context: ServiceContext) -> None:
    duty = sheet(context)
    operations.deliver(context, who(context, "wang.fang"), duty.id, TICKED)
    set_clock(context, "2026-11-22 10:00")
    told = refusal(context, "wang.fang")
    assert "stays: delivery of “Decoration sheet” 鄂F·12345 to Finance" in told
    assert told.endswith(
        "Only acts of today are undone, because others go on with those of earlier days. "
        f"sla take-back {duty.reference} takes back a delivery that nobody has judged yet."
    )


def test_what_makes_a_duty_late_is_asked_about(context: ServiceContext) -> None:
    duty = sheet(context)
    wang = who(context, "wang.fang")
    set_clock(context, "2026-11-23 17:59")
    assert duty.due_at > context.now()
    operations.deliver(context, wang, duty.id, TICKED)
    set_clock(context, "2026-11-23 18:01")
    with pytest.raises(NeedsConfirmation, match=r"Decoration sheet.*is late: it was due at 2026-11-23 10:00"):
        undo.undo(context, wang)
    assert stored(context, duty).state is State.DELIVERED
    undo.undo(context, wang, insists=True)
    assert stored(context, duty) == duty


@pytest.mark.parametrize("what", OPEN_ACTS)
def test_what_was_undone_is_done_again_as_of_its_first_time(what: str, any_store: Store) -> None:
    context = a_context(store=any_store)
    duty = sheet(context)
    person, act = OPEN_ACTS[what]
    act(context, duty)
    acted = stored(context, duty)
    for _twice in range(2):
        undo.undo(context, who(context, person))
        change, restored = undo.redo(context, who(context, person))
        assert (change.act.what, restored) == (what, (acted,))
        assert stored(context, duty) == acted
    undo.undo(context, who(context, person))
    assert stored(context, duty) == duty


def test_several_are_done_again_in_their_order(context: ServiceContext) -> None:
    duty = sheet(context)
    wang = who(context, "wang.fang")
    operations.take(context, wang, duty.id)
    operations.note(context, wang, duty.id, "one")
    acted = stored(context, duty)
    undo.undo(context, wang)
    undo.undo(context, wang)
    assert undo.redo(context, wang)[0].act.what == "took"
    assert undo.redo(context, wang)[0].act.what == "noted"
    assert stored(context, duty) == acted


def test_nothing_is_done_again_after_an_act_or_on_another_day(context: ServiceContext) -> None:
    duty = sheet(context)
    wang = who(context, "wang.fang")
    operations.take(context, wang, duty.id)
    undo.undo(context, wang)
    operations.note(context, wang, duty.id, "other")
    with pytest.raises(Refused, match="nothing of yours today to do again"):
        undo.redo(context, wang)
    undo.undo(context, wang)
    set_clock(context, "2026-11-23 09:00")
    with pytest.raises(Refused, match="nothing of yours today to do again"):
        undo.redo(context, wang)


def test_once_somebody_acted_on_it_it_is_not_done_again(context: ServiceContext) -> None:
    duty = sheet(context)
    wang = who(context, "wang.fang")
    operations.take(context, wang, duty.id)
    undo.undo(context, wang)
    operations.note(context, who(context, "chen.jing"), duty.id, "seen")
    told = overtaken(context, "wang.fang", undo.redo)
    assert told.startswith("It is not done again: taking of “Decoration sheet” 鄂F·12345 (")
    assert f"陈静 has acted: note on “Decoration sheet” 鄂F·12345 ({duty.reference}" in told
    assert f"sla show {duty.reference} shows how it stands now; agree with 陈静" in told


def test_every_act_that_can_be_undone_has_a_noun(context: ServiceContext) -> None:
    assert _OF_ONE.keys() | _WITHOUT_DUTY.keys() == undo.UNDOABLE
    duty = delivered(context)
    *_before, last = context.store.history(duty.id)
    assert format_undone(context, last, [duty]) == "delivery of “Decoration sheet” 鄂F·12345 to Finance"
    assert format_undone(context, last, [duty] * 3).endswith(", and 2 more")
    assert format_undone(context, last, []) == "delivered"
