"""The person who acted first is named by name, not by the id on record."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sla_tracker.errors import Refused, show_people_as
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import complaints, handovers, shift_notes
from sla_tracker.services.duties import holds, waivers
from tests.services.acts import sheet, who


def _objection(context: ServiceContext) -> None:
    duty = holds.hold(context, who(context, "wang.fang"), sheet(context).id, waits_for="finance", reason="x")
    for _ in range(2):
        holds.object_to(context, who(context, "chen.jing"), duty.id, "no")


def _verdict_on_a_hold(context: ServiceContext) -> None:
    duty = holds.hold(context, who(context, "wang.fang"), sheet(context).id, waits_for="finance", reason="x")
    holds.object_to(context, who(context, "chen.jing"), duty.id, "no")
    for _ in range(2):
        holds.refuse(context, who(context, "sun.hua"), duty.id)


def _waiver(context: ServiceContext) -> None:
    duty = sheet(context)
    for _ in range(2):
        waivers.ask(context, who(context, "wang.fang"), duty.id, code="agreed", reason="x")


def _verdict_on_a_waiver(context: ServiceContext) -> None:
    duty = waivers.ask(context, who(context, "wang.fang"), sheet(context).id, code="agreed", reason="x")
    for _ in range(2):
        waivers.refuse(context, who(context, "sun.hua"), duty.id, "no")


def _offer(context: ServiceContext) -> None:
    duty = sheet(context)
    for _ in range(2):
        handovers.offer(context, who(context, "wang.fang"), duty.id, "service", reason="x")


def _answer_to_an_offer(context: ServiceContext) -> None:
    offer = handovers.offer(context, who(context, "wang.fang"), sheet(context).id, "service", reason="x")
    for _ in range(2):
        handovers.refuse(context, who(context, "zhou.min"), offer.id, "no")


def _shift_note(context: ServiceContext) -> None:
    note = shift_notes.write(context, who(context, "wang.fang"), "x")
    for _ in range(2):
        shift_notes.acknowledge(context, who(context, "zhao.lei"), note.id)


def _complaint(context: ServiceContext) -> None:
    made = complaints.lodge(context, who(context, "chen.jing"), against="sales", text="x")
    for _ in range(2):
        complaints.judge(context, who(context, "wu.di"), made.id, founded=True, reason="y")


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
        (_complaint, "吴迪"),
    ],
)
def test_whoever_was_first_goes_by_name(
    context: ServiceContext, twice: Callable[[ServiceContext], None], name: str
) -> None:
    show_people_as({id: person.name for id, person in context.people.items()})
    with pytest.raises(Refused, match=name):
        twice(context)
