"""Who holds, resumes, objects and confirms; what the clocks do is in test_excuses.py."""

from __future__ import annotations

import pytest

from sla_tracker.core.duty import Duty, State
from sla_tracker.desk import holds
from sla_tracker.desk.desk import Desk
from sla_tracker.errors import Forbidden, Overtaken, UsageError
from tests.desk.acts import delivered, sheet, stored, who


def held(desk: Desk, by: str = "wang.fang") -> Duty:
    return holds.hold(desk, who(desk, by), sheet(desk).id, waits_for="finance", reason="no contract")


def test_it_says_who_waits_for_whom_and_for_what(desk: Desk) -> None:
    duty = held(desk)
    assert duty.state is State.HELD
    assert duty.holding is not None
    assert (duty.holding.by, duty.holding.waits_for, duty.holding.reason) == (
        "wang.fang",
        "finance",
        "no contract",
    )


@pytest.mark.parametrize(
    ("whom", "kept"),
    [("财务部", "finance"), ("Finance", "finance"), ("李娜", "li.na"), ("the bank", "the bank")],
)
def test_whoever_is_known_is_kept_by_id(desk: Desk, whom: str, kept: str) -> None:
    duty = holds.hold(desk, who(desk, "wang.fang"), sheet(desk).id, waits_for=whom, reason="x")
    assert duty.holds[-1].waits_for == kept


@pytest.mark.parametrize(("whom", "reason"), [("", "no contract"), ("finance", "  ")])
def test_it_must_say_so(desk: Desk, whom: str, reason: str) -> None:
    duty = sheet(desk)
    with pytest.raises(UsageError, match="reason"):
        holds.hold(desk, who(desk, "wang.fang"), duty.id, waits_for=whom, reason=reason)
    assert stored(desk, duty) == duty


def test_what_was_delivered_is_not_held(desk: Desk) -> None:
    duty = delivered(desk)
    with pytest.raises(Overtaken, match=r"delivered by wang\.fang"):
        holds.hold(desk, who(desk, "zhao.lei"), duty.id, waits_for="finance", reason="x")


def test_it_is_held_once(desk: Desk) -> None:
    duty = held(desk)
    with pytest.raises(Overtaken, match=r"on hold since .* by wang\.fang"):
        holds.hold(desk, who(desk, "zhao.lei"), duty.id, waits_for="finance", reason="x")


def test_who_may(desk: Desk) -> None:
    duty = held(desk)
    with pytest.raises(Forbidden, match="Sales"):
        holds.resume(desk, who(desk, "chen.jing"), duty.id)
    with pytest.raises(Forbidden, match="Finance"):
        holds.object_to(desk, who(desk, "wang.fang"), duty.id, "no")
    holds.object_to(desk, who(desk, "chen.jing"), duty.id, "no")
    for person in ("chen.jing", "li.na", "root"):
        for judge in (holds.confirm, holds.refuse):
            with pytest.raises(Forbidden, match="head of department of Finance"):
                judge(desk, who(desk, person), duty.id)
    assert holds.confirm(desk, who(desk, "sun.hua"), duty.id).holds[0].counts
