"""Whoever was first is named as people call them, not by the id that is on record."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sla_tracker.desk import complaints, handovers, holds, shifts, waivers
from sla_tracker.desk.desk import Desk
from sla_tracker.errors import Refused, show_people_as
from tests.desk.acts import sheet, who


def _objection(desk: Desk) -> None:
    duty = holds.hold(desk, who(desk, "wang.fang"), sheet(desk).id, waits_for="finance", reason="x")
    for _ in range(2):
        holds.object_to(desk, who(desk, "chen.jing"), duty.id, "no")


def _verdict_on_a_hold(desk: Desk) -> None:
    duty = holds.hold(desk, who(desk, "wang.fang"), sheet(desk).id, waits_for="finance", reason="x")
    holds.object_to(desk, who(desk, "chen.jing"), duty.id, "no")
    for _ in range(2):
        holds.refuse(desk, who(desk, "sun.hua"), duty.id)


def _waiver(desk: Desk) -> None:
    duty = sheet(desk)
    for _ in range(2):
        waivers.ask(desk, who(desk, "wang.fang"), duty.id, code="agreed", reason="x")


def _verdict_on_a_waiver(desk: Desk) -> None:
    duty = waivers.ask(desk, who(desk, "wang.fang"), sheet(desk).id, code="agreed", reason="x")
    for _ in range(2):
        waivers.refuse(desk, who(desk, "sun.hua"), duty.id, "no")


def _offer(desk: Desk) -> None:
    duty = sheet(desk)
    for _ in range(2):
        handovers.offer(desk, who(desk, "wang.fang"), duty.id, "service", reason="x")


def _answer_to_an_offer(desk: Desk) -> None:
    offer = handovers.offer(desk, who(desk, "wang.fang"), sheet(desk).id, "service", reason="x")
    for _ in range(2):
        handovers.refuse(desk, who(desk, "zhou.min"), offer.id, "no")


def _shift_note(desk: Desk) -> None:
    note = shifts.write(desk, who(desk, "wang.fang"), "x")
    for _ in range(2):
        shifts.acknowledge(desk, who(desk, "zhao.lei"), note.id)


def _complaint(desk: Desk) -> None:
    made = complaints.lodge(desk, who(desk, "chen.jing"), against="sales", text="x")
    for _ in range(2):
        complaints.judge(desk, who(desk, "li.na"), made.id, founded=True, reason="y")


@pytest.mark.parametrize(
    ("twice", "name"),
    [
        (_objection, "陈静"),
        (_verdict_on_a_hold, "孙华"),
        (_waiver, "王芳"),
        (_verdict_on_a_waiver, "孙华"),
        (_offer, "to Service by 王芳"),
        (_answer_to_an_offer, "周敏"),
        (_shift_note, "赵磊"),
        (_complaint, "李娜"),
    ],
)
def test_whoever_was_first_goes_by_name(desk: Desk, twice: Callable[[Desk], None], name: str) -> None:
    show_people_as({id: person.name for id, person in desk.people.items()})
    with pytest.raises(Refused, match=name):
        twice(desk)
