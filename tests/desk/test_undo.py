"""One takes back one's own last act, as long as nobody has built on it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sla_tracker.core.complaint import Stage
from sla_tracker.core.duty import Duty, State
from sla_tracker.core.request import RequestState
from sla_tracker.desk import complaints, deeds, duties, holds, ratings, requests, undo, waivers
from sla_tracker.desk.desk import Desk
from sla_tracker.desk.ports import Store
from sla_tracker.errors import Overtaken, Refused
from sla_tracker.testing.company import a_desk
from tests.desk.acts import TICKED, complained, delivered, opened, sheet, stored, stored_complaint, who

Act = Callable[[Desk, Duty], object]

OPEN_ACTS: dict[str, tuple[str, Act]] = {
    "took": ("wang.fang", lambda desk, duty: duties.take(desk, who(desk, "wang.fang"), duty.id)),
    "filled_in": (
        "wang.fang",
        lambda desk, duty: duties.fill_in(desk, who(desk, "wang.fang"), duty.id, TICKED),
    ),
    "noted": ("chen.jing", lambda desk, duty: duties.note(desk, who(desk, "chen.jing"), duty.id, "seen")),
    "delivered": (
        "wang.fang",
        lambda desk, duty: duties.deliver(desk, who(desk, "wang.fang"), duty.id, TICKED),
    ),
    "held": (
        "wang.fang",
        lambda desk, duty: holds.hold(desk, who(desk, "wang.fang"), duty.id, waits_for="x", reason="y"),
    ),
    "waived": (
        "sun.hua",
        lambda desk, duty: waivers.waive(desk, who(desk, "sun.hua"), duty.id, code="other", reason="x"),
    ),
    "asked_waiver": (
        "wang.fang",
        lambda desk, duty: waivers.ask(desk, who(desk, "wang.fang"), duty.id, code="other", reason="x"),
    ),
}


@pytest.mark.parametrize("what", OPEN_ACTS)
def test_an_act_is_undone_as_if_it_had_never_been(what: str, any_store: Store) -> None:
    desk = a_desk(store=any_store)
    duty = sheet(desk)
    person, act = OPEN_ACTS[what]
    act(desk, duty)
    assert stored(desk, duty) != duty
    change, restored = undo.undo(desk, who(desk, person))
    assert (change.act.what, restored) == (what, (duty,))
    assert stored(desk, duty) == duty


def test_the_verdict_of_the_other_side_too(desk: Desk) -> None:
    duty = delivered(desk)
    chen = who(desk, "chen.jing")
    duties.accept(desk, chen, duty.id)
    ratings.rate(desk, chen, duty.id, 3)
    undo.undo(desk, chen)
    assert stored(desk, duty).rating is None
    undo.undo(desk, chen)
    assert stored(desk, duty) == duty
    duties.return_(desk, chen, duty.id, "unsigned")
    undo.undo(desk, chen)
    assert stored(desk, duty) == duty


def test_what_hangs_on_it_goes_back_with_it(desk: Desk) -> None:
    request, duty = requests.ask(desk, who(desk, "chen.jing"), "invoice-copy", text="May")
    duties.deliver(desk, who(desk, "wang.fang"), duty.id)
    undo.undo(desk, who(desk, "wang.fang"))
    stored_now = desk.store.read(lambda tx: tx.get(type(request), request.id))
    assert stored_now is not None
    assert stored_now.state is RequestState.ASKED


def test_a_step_of_a_complaint_too(desk: Desk) -> None:
    complaint = complained(desk)
    complaints.judge(desk, who(desk, "li.na"), complaint.id, founded=False, reason="no")
    undo.undo(desk, who(desk, "li.na"))
    assert stored_complaint(desk, complaint).next is Stage.JUDGE


def test_once_somebody_acted_on_it_it_stays(desk: Desk) -> None:
    duty = delivered(desk)
    duties.accept(desk, who(desk, "chen.jing"), duty.id)
    with pytest.raises(
        Overtaken, match=r"陈静 acted on “Decoration sheet” 鄂F·12345 \(\w+\) at 2026-11-20 06:00"
    ):
        undo.undo(desk, who(desk, "wang.fang"))
    assert stored(desk, duty).state is State.ACCEPTED


def three_taken(desk: Desk) -> list[Duty]:
    before = [sheet(desk, subject=f"鄂F·{n}") for n in range(3)]
    wang = who(desk, "wang.fang")
    several = deeds.do_each(desk, wang, [duty.id for duty in before], duties.taking(desk, wang))
    assert {duty.assignee for duty in several.done} == {"wang.fang"}
    return before


def test_what_was_done_to_several_goes_back_at_once(any_store: Store) -> None:
    desk = a_desk(store=any_store)
    before = three_taken(desk)
    change, restored = undo.undo(desk, who(desk, "wang.fang"))
    assert (change.act.what, {duty.id for duty in restored}) == ("took", {duty.id for duty in before})
    assert [stored(desk, duty) for duty in before] == before


def test_of_several_none_goes_back_when_one_was_acted_on(desk: Desk) -> None:
    before = three_taken(desk)
    duties.note(desk, who(desk, "chen.jing"), before[1].id, "seen")
    with pytest.raises(Overtaken, match=f"陈静 acted on .*{before[1].reference}"):
        undo.undo(desk, who(desk, "wang.fang"))
    assert {stored(desk, duty).assignee for duty in before} == {"wang.fang"}


def test_what_they_did_and_undid_does_not_count(desk: Desk) -> None:
    duty = delivered(desk)
    duties.accept(desk, who(desk, "chen.jing"), duty.id)
    undo.undo(desk, who(desk, "chen.jing"))
    undo.undo(desk, who(desk, "wang.fang"))
    assert stored(desk, duty).state is State.OPEN


def test_several_steps_back_and_forth(desk: Desk) -> None:
    duty = sheet(desk)
    wang = who(desk, "wang.fang")
    duties.take(desk, wang, duty.id)
    duties.note(desk, wang, duty.id, "one")
    undo.undo(desk, wang)
    duties.note(desk, wang, duty.id, "two")
    undo.undo(desk, wang)
    undo.undo(desk, wang)
    assert stored(desk, duty) == duty


def test_what_created_something_is_cancelled_instead(desk: Desk) -> None:
    opened(desk)
    with pytest.raises(Refused, match="nothing of yours to undo"):
        undo.undo(desk, who(desk, "wang.fang"))
    with pytest.raises(Refused, match="nothing of yours to undo"):
        undo.undo(desk, who(desk, "chen.jing"))


def test_one_undoes_nobody_elses(desk: Desk) -> None:
    delivered(desk)
    assert undo.last_act(desk, who(desk, "zhao.lei")) is None
    last = undo.last_act(desk, who(desk, "wang.fang"))
    assert last is not None
    assert last.act.what == "delivered"
