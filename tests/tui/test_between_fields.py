"""Arrows move between the fields of every dialog as tab does; a problem stays until something is changed."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Input, Select, TextArea

from sla_tracker.domain.duties.event import Event
from sla_tracker.testing.company import local
from sla_tracker.tui import keymap
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.calls.event_duties import EventPreviewed
from sla_tracker.tui.dialogs.agreements import NewObligationDialog, ProposeDialog
from sla_tracker.tui.dialogs.authoring.obligation_form import ObligationForm
from sla_tracker.tui.dialogs.dialog import Dialog
from sla_tracker.tui.dialogs.duties.deliver import DeliverDialog
from sla_tracker.tui.dialogs.duties.judge import JudgeDialog
from sla_tracker.tui.dialogs.event_changes import MoveDialog
from sla_tracker.tui.dialogs.imports.lists import ImportDialog
from sla_tracker.tui.dialogs.printing import PrintDialog
from sla_tracker.tui.dialogs.prompts import PickDialog, TextDialog
from sla_tracker.tui.dialogs.register import AskDialog, CorrectDialog, RegisterDialog
from sla_tracker.tui.screens.events import EventsScreen
from sla_tracker.tui.startup import start_of
from sla_tracker.tui.widgets.forms.drafts import ANSWERS
from tests.tui.trial import a_deployment, quiet, text_of, until

SIZE = (110, 40)
# Who opens which dialogs with which keys.
DIALOGS: dict[str, dict[type[Dialog], tuple[str, ...]]] = {
    "wang.fang": {
        RegisterDialog: ("4", "i", "enter"),
        CorrectDialog: ("4", "end", "e"),
        DeliverDialog: ("1", "down", "down", "enter"),
        TextDialog: ("1", "n"),
    },
    "sun.li": {JudgeDialog: ("2", "enter"), AskDialog: ("4", "d", "enter")},
    "li.na": {
        ImportDialog: ("4", "m", "enter"),
        ProposeDialog: ("1", "d", "enter"),
        NewObligationDialog: ("n",),
    },
}


async def walk(pilot: Pilot[None], dialog: Dialog) -> None:
    """Go down and up from each field and button of a dialog, and compare with the order of tab."""
    around = dialog.focus_chain
    assert sum(isinstance(one, ANSWERS) for one in around) >= 1
    around[0].focus()
    for key, order in (("down", [*around[1:], around[0]]), ("up", around[::-1])):
        walked: list[Widget | None] = []
        for _step in order:
            await pilot.press(key)
            walked.append(pilot.app.focused)
        assert walked == order, f"{key} in {type(dialog).__name__}"


@pytest.mark.parametrize("person", DIALOGS)
async def test_arrows_walk_the_fields_of_a_dialog_as_tab_does(person: str) -> None:
    app = SlaApp(start_of(a_deployment(person)))
    async with app.run_test(size=SIZE) as pilot:
        await quiet(pilot)
        for kind, opening in DIALOGS[person].items():
            for key in opening:
                await pilot.press(key)
                await quiet(pilot)
            dialog = app.screen
            assert isinstance(dialog, kind), (kind, dialog)
            await walk(pilot, dialog)
            await pilot.press("escape")
            await until(pilot, lambda dialog=dialog: app.screen is not dialog)  # type: ignore[misc]


def test_the_arrows_of_every_dialog_are_those_of_forms() -> None:
    dialogs = [kind for kind in keymap._kinds() if issubclass(kind, Dialog)]
    assert ObligationForm in dialogs
    for kind in dialogs:
        assert kind._merged_bindings is not None
        actions = [kind._merged_bindings.get_bindings_for_key(key)[0].action for key in ("down", "up")]
        searched = ["into_list(1)", "into_list(-1)"]
        assert actions == (searched if issubclass(kind, PickDialog) else ["next_answer", "previous_answer"])


async def test_texts_of_several_lines_and_open_choices_keep_their_arrows() -> None:
    app = SlaApp(start_of(a_deployment("sun.li")))
    async with app.run_test(size=SIZE) as pilot:
        await quiet(pilot)
        for key in DIALOGS["sun.li"][AskDialog]:
            await pilot.press(key)
            await quiet(pilot)
        text = app.screen.query_one(TextArea)
        text.text = "one\ntwo"
        text.focus()
        await pilot.press("down")
        assert (app.focused, text.cursor_location[0]) == (text, 1)
        await pilot.press("up")
        assert (app.focused, text.cursor_location[0]) == (text, 0)
        await pilot.press("down", "down")
        assert isinstance(app.focused, Input)
        await pilot.press("up", "up", "up")
        assert isinstance(app.focused, Input)
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=SIZE) as pilot:
        await quiet(pilot)
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, PrintDialog))
        choice = app.screen.query_one(Select)
        before = choice.value
        await pilot.press("down", "enter", "down", "enter")
        await quiet(pilot)
        assert choice.value != before
        assert app.focused is choice


async def test_a_time_that_is_refused_at_once_stays_refused_until_another_one_is_typed() -> None:
    deployment = a_deployment()
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE) as pilot:
        await quiet(pilot)
        await pilot.press("4")
        await quiet(pilot)
        screen = app.screen
        assert isinstance(screen, EventsScreen)
        screen.list.go_to(next(n for n, row in enumerate(screen.list.rows) if row.subject == "HT-2211"))
        await pilot.press("v")
        await until(pilot, lambda: isinstance(app.screen, MoveDialog))
        dialog = app.screen
        assert isinstance(dialog, MoveDialog)
        await pilot.press(*"99", "colon", *"99", "ctrl+s")
        preview = dialog._pause
        assert preview is not None
        await until(pilot, lambda: not preview._task or preview._task.done())
        await quiet(pilot)
        assert dialog.problem.display
        assert "99:99" in str(dialog.problem.render())
        assert app.focused is dialog.when
        await pilot.press("backspace")
        await until(pilot, lambda: not dialog.problem.display)
    events = deployment.context.store.read(lambda tx: tx.find(Event))
    assert [event.at for event in events if event.subject == "HT-2211"] == [local("2026-11-25 10:00")]


async def test_what_would_follow_from_a_move_is_never_that_of_a_time_typed_before() -> None:
    deployment = a_deployment()
    app = SlaApp(start_of(deployment))
    events = deployment.context.store.read(lambda tx: tx.find(Event))
    async with app.run_test(size=SIZE) as pilot:
        await quiet(pilot)
        dialog = MoveDialog(next(event for event in events if event.subject == "HT-2211"))
        await app.push_screen(dialog)

        def said() -> str:
            return str(dialog.follows.render())

        dialog.when.value = "11-26 10:00"
        await until(pilot, lambda: "2026-11-26 Thu 10:00" in said())
        dialog.when.value = "11-27 10:00"
        await pilot.pause()
        assert not said()
        dialog.post_message(EventPreviewed(local("2026-11-26 10:00"), []))  # it was computed meanwhile
        await pilot.pause()
        assert not said()
        await until(pilot, lambda: "2026-11-27 Fri 10:00" in said())
        dialog.reason.value = "late"
        await pilot.pause()
        assert "2026-11-27" in said()


async def test_a_delivery_that_is_refused_says_so_until_something_is_changed() -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=SIZE) as pilot:
        await quiet(pilot)
        await pilot.press("down", "down", "enter")
        await until(pilot, lambda: isinstance(app.screen, DeliverDialog))
        dialog = app.screen
        assert isinstance(dialog, DeliverDialog)
        await pilot.press("ctrl+s")
        dialog._say_missing()  # the message of a change from before the confirmation
        assert "It cannot be delivered before that." in text_of(app)
        await pilot.press("space")
        await until(pilot, lambda: not dialog.problem.display)
