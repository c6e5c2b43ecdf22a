"""What is unfinished at the end of a shift is handed over in writing and acknowledged."""

from __future__ import annotations

import pytest

from sla_tracker.desk import duties, holds, shifts
from sla_tracker.desk.desk import Desk
from sla_tracker.errors import Forbidden, IllegalTransition, Overtaken, Refused, UsageError, show_people_as
from tests.desk.acts import delivered, opened, who


def test_the_draft_has_a_line_for_each_open_duty_of_mine(desk: Desk) -> None:
    wang = who(desk, "wang.fang")
    found = opened(desk)
    mine = duties.take(desk, wang, found["decoration-sheet"].id)
    duties.note(desk, wang, mine.id, "waiting for the garage\nsince Monday")
    holds.hold(desk, wang, mine.id, waits_for="service", reason="photos")
    delivered(desk, subject="鄂F·67890")
    text, listed = shifts.draft(desk, wang)
    assert [duty.id for duty in listed] == [mine.id]
    assert text == (
        f"#{mine.reference} · Decoration sheet · 鄂F·12345 · 11-23 18:00 · ⏸ Service: photos · waiting for the garage"
    )


def test_a_department_has_one_too(desk: Desk) -> None:
    opened(desk)
    text, listed = shifts.draft(desk, who(desk, "li.na"), whole_department=True)
    assert len(listed) == len(text.splitlines()) == 2
    assert [duty.due_at for duty in listed] == sorted(duty.due_at for duty in listed)


def test_written_edited_acknowledged(desk: Desk) -> None:
    wang, zhao = who(desk, "wang.fang"), who(desk, "zhao.lei")
    note = shifts.write(desk, wang, "call the garage", successor="zhao.lei")
    assert shifts.unacknowledged(desk, "sales") == [note]
    edited = shifts.edit(desk, wang, note.id, "call the garage at nine")
    done = shifts.acknowledge(desk, zhao, note.id)
    assert (done.text, done.acknowledged_by) == (edited.text, "zhao.lei")
    assert shifts.unacknowledged(desk, "sales") == []
    assert shifts.listed(desk, "sales") == [done]
    with pytest.raises(Overtaken, match=r"acknowledged by zhao\.lei"):
        shifts.edit(desk, wang, note.id, "too late")


def test_for_whoever_comes_next(desk: Desk) -> None:
    note = shifts.write(desk, who(desk, "wang.fang"), "x", whole_department=True)
    with pytest.raises(IllegalTransition, match="yours; whoever comes next"):
        shifts.acknowledge(desk, who(desk, "wang.fang"), note.id)
    assert shifts.acknowledge(desk, who(desk, "li.na"), note.id).acknowledged


def test_nobody_else(desk: Desk) -> None:
    note = shifts.write(desk, who(desk, "wang.fang"), "x", successor="赵磊")
    show_people_as({"zhao.lei": "赵磊"})
    with pytest.raises(IllegalTransition, match="for 赵磊, who"):
        shifts.acknowledge(desk, who(desk, "li.na"), note.id)
    with pytest.raises(Forbidden, match="Sales"):
        shifts.acknowledge(desk, who(desk, "chen.jing"), note.id)
    with pytest.raises(Forbidden):
        shifts.write(desk, who(desk, "guest"), "x")


@pytest.mark.parametrize("successor", ["wang.fang", "chen.jing"])
def test_the_successor_is_a_colleague(desk: Desk, successor: str) -> None:
    with pytest.raises(Refused, match="somebody else of your own department"):
        shifts.write(desk, who(desk, "wang.fang"), "x", successor=successor)


def test_an_empty_note_is_none(desk: Desk) -> None:
    with pytest.raises(UsageError):
        shifts.write(desk, who(desk, "wang.fang"), "  ")
