"""What is unfinished at the end of a shift is handed over in writing and acknowledged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sla_tracker import i18n
from sla_tracker.errors import Forbidden, IllegalTransition, Overtaken, Refused, UsageError, show_people_as
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import shift_notes
from sla_tracker.services.duties import holds, operations
from tests.services.acts import delivered, opened, who


def test_the_draft_has_a_line_for_each_open_duty_of_mine(context: ServiceContext) -> None:
    wang = who(context, "wang.fang")
    found = opened(context)
    mine = operations.take(context, wang, found["decoration-sheet"].id)
    operations.note(context, wang, mine.id, "waiting for the garage\nsince Monday")
    holds.hold(context, wang, mine.id, waits_for="service", reason="photos")
    delivered(context, subject="鄂F·67890")
    text, listed = shift_notes.draft(context, wang)
    assert [duty.id for duty in listed] == [mine.id]
    assert text == (
        f"#{mine.reference} · Decoration sheet · 鄂F·12345 · 11-23 18:00 · ⏸ Service: photos · waiting for the garage"
    )


def test_what_is_stored_is_in_the_deployments_language_or_in_the_one_spoken(context: ServiceContext) -> None:
    opened(context)
    silent = replace(context, settings=replace(context.settings, language=""))
    for language, name, title in (("zh_CN", "财务部", "装饰单"), ("en", "Finance", "Decoration sheet")):
        with i18n.speaking(language):
            assert silent.party_with("finance", "a").startswith(name)
            assert title in shift_notes.draft(silent, who(context, "li.na"), whole_department=True)[0]
    with i18n.speaking("en"):
        said = replace(context, settings=replace(context.settings, language="zh_CN"))
        assert said.party("finance") == "财务部"


def test_a_department_has_one_too(context: ServiceContext) -> None:
    opened(context)
    text, listed = shift_notes.draft(context, who(context, "li.na"), whole_department=True)
    assert len(listed) == len(text.splitlines()) == 2
    assert [duty.due_at for duty in listed] == sorted(duty.due_at for duty in listed)


def test_written_edited_acknowledged(context: ServiceContext) -> None:
    wang, zhao = who(context, "wang.fang"), who(context, "zhao.lei")
    note = shift_notes.write(context, wang, "call the garage", successor="zhao.lei")
    assert shift_notes.unacknowledged(context, "sales") == [note]
    edited = shift_notes.edit(context, wang, note.id, "call the garage at nine")
    done = shift_notes.acknowledge(context, zhao, note.id)
    assert (done.text, done.acknowledged_by) == (edited.text, "zhao.lei")
    assert shift_notes.unacknowledged(context, "sales") == []
    assert shift_notes.listed(context, "sales") == [done]
    with pytest.raises(Overtaken, match=r"acknowledged by zhao\.lei"):
        shift_notes.edit(context, wang, note.id, "too late")


def test_for_whoever_comes_next(context: ServiceContext) -> None:
    note = shift_notes.write(context, who(context, "wang.fang"), "x", whole_department=True)
    with pytest.raises(IllegalTransition, match="yours; whoever comes next"):
        shift_notes.acknowledge(context, who(context, "wang.fang"), note.id)
    assert shift_notes.acknowledge(context, who(context, "li.na"), note.id).acknowledged


def test_nobody_but_the_successor_acknowledges(context: ServiceContext) -> None:
    note = shift_notes.write(context, who(context, "wang.fang"), "x", successor="赵磊")
    show_people_as({"zhao.lei": "赵磊"})
    with pytest.raises(IllegalTransition, match="for 赵磊, who"):
        shift_notes.acknowledge(context, who(context, "li.na"), note.id)
    with pytest.raises(Forbidden, match="Sales"):
        shift_notes.acknowledge(context, who(context, "chen.jing"), note.id)
    with pytest.raises(Forbidden):
        shift_notes.write(context, who(context, "guest"), "x")


@pytest.mark.parametrize("successor", ["wang.fang", "chen.jing"])
def test_the_successor_is_a_colleague(context: ServiceContext, successor: str) -> None:
    with pytest.raises(Refused, match="somebody else of your own department"):
        shift_notes.write(context, who(context, "wang.fang"), "x", successor=successor)


def test_an_empty_note_is_none(context: ServiceContext) -> None:
    with pytest.raises(UsageError):
        shift_notes.write(context, who(context, "wang.fang"), "  ")
