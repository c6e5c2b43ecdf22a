"""Several marked duties at once: one act, one undo, and each that is left out named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from textual.message import Message
from textual.pilot import Pilot

from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.services.duties import operations as use_cases
from sla_tracker.testing.company import an_actor, local, set_clock
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.dialogs.dialog import Dialog
from sla_tracker.tui.dialogs.duties.bulk import BulkDeliverDialog, LeftOutDialog
from sla_tracker.tui.dialogs.duties.deliver import DeliverDialog
from sla_tracker.tui.dialogs.duties.statement import WordsDialog
from sla_tracker.tui.dialogs.prompts import TextDialog
from sla_tracker.tui.dialogs.why import DetailDialog
from sla_tracker.tui.messages.done import ActUndone, ManyDelivered, ManyDone
from sla_tracker.tui.screens.base.duty_list_screen import BoardScreen
from sla_tracker.tui.startup import start_of
from tests.cli.runner import FakeDeployment
from tests.tui.trial import a_deployment, find, press, quiet, text_of, told, type_in, until

SIZE = (110, 34)


def two(deployment: FakeDeployment) -> tuple[Duty, Duty]:
    return find(deployment.context, "order-sheet", "鄂F·12345"), find(
        deployment.context, "decoration-sheet", "鄂F·67890"
    )


def stored(deployment: FakeDeployment, duty: Duty) -> Duty:
    found = deployment.context.store.read(lambda tx: tx.get(Duty, duty.id))
    assert found is not None
    return found


def board(app: SlaApp) -> BoardScreen:
    screen = app.screen
    assert isinstance(screen, BoardScreen)
    return screen


async def mark(pilot: Pilot[None], app: SlaApp, *chosen: Duty) -> None:
    await until(pilot, lambda: isinstance(app.screen, BoardScreen) and bool(board(app).list.rows))
    await quiet(pilot)
    for duty in chosen:
        assert board(app).list.go_to_key(duty.id)
        await pilot.press("space")
    assert board(app).list.marks == {duty.id for duty in chosen}


async def heard_of(pilot: Pilot[None], heard: list[Message], kind: type[Message]) -> Message:
    await until(pilot, lambda: bool(told(heard, kind)))
    await quiet(pilot)
    return told(heard, kind)[-1]


async def test_several_are_delivered_after_one_look_and_taken_back_with_one_key() -> None:
    deployment, heard = a_deployment(), list[Message]()
    app, both = SlaApp(start_of(deployment)), two(deployment)
    before = [stored(deployment, duty) for duty in both]
    async with app.run_test(size=SIZE, message_hook=heard.append, notifications=True) as pilot:
        await mark(pilot, app, *both)
        await pilot.press("enter")
        await quiet(pilot)
        assert "missing: Decoration sheet" in text_of(app)
        assert "complete" in text_of(app)
        await pilot.press("space", "ctrl+s")
        done = await heard_of(pilot, heard, ManyDelivered)
        assert isinstance(done, ManyDelivered)
        assert {duty.id for duty in done.done} == {duty.id for duty in both}
        assert "Delivered: 2 duties. u takes it back." in text_of(app)
        assert both[0].subject in text_of(app)  # returned, it was late: the question is about this one alone
        await pilot.press("escape")
        assert board(app).list.marks == set()
        await pilot.press("u")
        await heard_of(pilot, heard, ActUndone)
        assert "Undone: delivery of “" in text_of(app)
    assert [stored(deployment, duty) for duty in both] == before


ACTS: dict[str, tuple[tuple[str, ...], str, Callable[[Duty], bool]]] = {
    "t": ((), "", lambda duty: duty.assignee == "wang.fang"),
    "a": (("enter",), "zhao", lambda duty: duty.assignee == "zhao.lei"),
    "n": (("ctrl+s",), "who has the papers?", lambda duty: duty.notes[-1].text == "who has the papers?"),
}


@pytest.mark.parametrize("key", ACTS)
async def test_what_is_done_to_several_is_one_commit_and_undone_at_once(key: str) -> None:
    deployment, heard = a_deployment("li.na"), list[Message]()
    if key == "t":
        deployment = a_deployment()
    app, both = SlaApp(start_of(deployment)), two(deployment)
    before = [stored(deployment, duty) for duty in both]
    confirming, typed, holds = ACTS[key]
    async with app.run_test(size=SIZE, message_hook=heard.append) as pilot:
        await until(pilot, lambda: isinstance(app.screen, BoardScreen))
        while board(app).list.line_count == 0 or not board(app).list.go_to_key(both[0].id):
            await pilot.press("m")
            await quiet(pilot)
        await mark(pilot, app, *both)
        sequence = deployment.context.store.sequence()
        await pilot.press(key)
        if typed:
            await type_in(pilot, typed)
        await pilot.press(*confirming)
        await heard_of(pilot, heard, ManyDone)
        assert [change.act.by for change in deployment.context.store.changes(sequence)].count(
            deployment.actor.id
        ) == 1
        assert all(holds(stored(deployment, duty)) for duty in both)
        await pilot.press("u")
        await heard_of(pilot, heard, ActUndone)
    assert [stored(deployment, duty) for duty in both] == before


async def test_the_one_that_was_left_out_is_named_and_stays_marked() -> None:
    deployment, heard = a_deployment(), list[Message]()
    app, both = SlaApp(start_of(deployment)), two(deployment)
    async with app.run_test(size=SIZE, message_hook=heard.append) as pilot:
        await until(pilot, lambda: isinstance(app.screen, BoardScreen))
        await pilot.press("m")  # the department's duties: what a colleague takes stays among them
        await mark(pilot, app, *both)
        use_cases.take(deployment.context, an_actor(deployment.context, "zhao.lei"), both[1].id)
        await pilot.press("t")
        done = await heard_of(pilot, heard, ManyDone)
        assert isinstance(done, ManyDone)
        assert [duty.id for duty in done.done] == [both[0].id]
        assert isinstance(app.screen, LeftOutDialog)
        assert "Taken: not 1 duty" in text_of(app)
        assert f"({both[1].reference}) is already with 赵磊" in " ".join(text_of(app).split())
        await pilot.press("escape")
        assert board(app).list.marks == {both[1].id}


async def test_late_ones_are_asked_about_once_for_all() -> None:
    deployment, heard = a_deployment(), list[Message]()
    app, both = SlaApp(start_of(deployment)), two(deployment)
    set_clock(deployment.context, "2026-11-30 09:00")
    async with app.run_test(size=SIZE, message_hook=heard.append) as pilot:
        await mark(pilot, app, *both)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, BulkDeliverDialog))
        await quiet(pilot)
        await pilot.press("space", "ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, WordsDialog))
        assert "Why were 2 duties late?" in text_of(app)
        assert all(duty.subject in text_of(app) for duty in both)
        dialog = app.screen
        assert isinstance(dialog, WordsDialog)
        dialog.select.value = "forgotten"
        dialog.text.text = "stocktaking"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: not isinstance(app.screen, Dialog))
    assert [(stored(deployment, duty).cause, stored(deployment, duty).cause_note) for duty in both] == [
        ("forgotten", "stocktaking")
    ] * 2


async def test_several_deliveries_are_accepted_and_the_late_are_not_asked_about() -> None:
    deployment, heard = a_deployment("chen.jing"), list[Message]()
    wang = an_actor(deployment.context, "wang.fang")
    both = two(deployment)
    given = [{}, {"sheet": "yes", "amount": "1"}]
    for duty, evidence in zip(both, given, strict=True):
        use_cases.deliver(deployment.context, wang, duty.id, evidence)
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE, message_hook=heard.append) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: getattr(app.screen, "VIEW", "") == "owed")
        await mark(pilot, app, *both)
        await pilot.press("enter", "ctrl+s")
        await heard_of(pilot, heard, ManyDone)
        assert not isinstance(app.screen, Dialog)
    assert {stored(deployment, duty).state for duty in both} == {State.ACCEPTED}
    assert stored(deployment, both[0]).accepted_at == local("2026-11-20 14:02")


async def test_several_are_waived_with_one_reason_by_the_consumers_head() -> None:
    deployment, heard = a_deployment("sun.hua"), list[Message]()
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE, message_hook=heard.append) as pilot:
        await pilot.press("2")
        chosen = two(deployment)
        await mark(pilot, app, *chosen)
        await pilot.press("x")
        await quiet(pilot)
        assert "Waive them" in text_of(app)
        assert "Say why" not in text_of(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, WordsDialog))
        await pilot.press("enter", "down", "enter", "tab")
        await type_in(pilot, "not needed this time")
        await pilot.press("ctrl+s")
        await heard_of(pilot, heard, ManyDone)
        assert {stored(deployment, duty).state for duty in chosen} == {State.WAIVED}


async def test_marks_of_rows_that_are_not_seen_take_over_no_key() -> None:
    deployment = a_deployment()
    app, (first, other) = SlaApp(start_of(deployment)), two(deployment)
    async with app.run_test(size=SIZE) as pilot:
        await mark(pilot, app, first)
        board(app).use_filter(other.subject)
        assert board(app).list.marks == set()
        assert board(app).list.go_to_key(other.id)
        await press(pilot, "enter")
        assert isinstance(app.screen, DeliverDialog)
        assert other.subject in text_of(app)


async def test_a_marked_duty_that_another_delivered_is_not_offered_to_accept() -> None:
    deployment = a_deployment()
    app, (delivered, other) = SlaApp(start_of(deployment)), two(deployment)
    async with app.run_test(size=SIZE) as pilot:
        await mark(pilot, app, delivered)
        use_cases.deliver(deployment.context, an_actor(deployment.context, "zhao.lei"), delivered.id)
        board(app).read()
        await quiet(pilot)
        assert board(app).list.marks == {delivered.id}  # it is seen still: it waits for its verdict
        assert board(app).list.go_to_key(other.id)
        await press(pilot, "enter")
        assert isinstance(app.screen, DetailDialog)


async def test_a_marked_planned_duty_leaves_the_keys_to_the_row_under_the_cursor() -> None:
    deployment = a_deployment()
    app, (duty, _other) = SlaApp(start_of(deployment)), two(deployment)
    async with app.run_test(size=SIZE) as pilot:
        await mark(pilot, app, duty)
        screen = board(app)
        planned = replace(screen.list.current or screen.list.rows[0], id="", planned=True)
        screen.list.show_buckets([planned, *screen.list.rows])
        screen.list.marks = {screen.list.key_of(planned)}
        assert screen.list.go_to_key(duty.id)
        await press(pilot, "n")
        assert isinstance(app.screen, TextDialog)
        assert duty.subject in text_of(app)
