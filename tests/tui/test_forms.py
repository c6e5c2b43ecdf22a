"""Forms lose nothing: they ask before they close, are offered again, and say what others did meanwhile."""

from __future__ import annotations

import threading
from dataclasses import replace

from textual.app import App
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Button, Input, OptionList, TextArea

from sla_tracker.domain.agreements.fields import Field, FieldKind
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.verbs import Verb
from sla_tracker.services.deployment import OpenDeployment
from sla_tracker.services.duties import operations
from sla_tracker.services.form_drafts import MOST_DRAFTS, FormDraft
from sla_tracker.testing.company import an_actor
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.calls import duties
from sla_tracker.tui.dialogs.dialog import Dialog
from sla_tracker.tui.dialogs.duties.deliver import DeliverDialog
from sla_tracker.tui.dialogs.duties.statement import WordsDialog
from sla_tracker.tui.dialogs.prompts import PickDialog, TextDialog
from sla_tracker.tui.gateway import Call
from sla_tracker.tui.messages.done import NoteWritten
from sla_tracker.tui.screens.base.duty_list_screen import BoardScreen
from sla_tracker.tui.startup import start_of
from sla_tracker.tui.widgets.forms.drafts import keep
from sla_tracker.tui.widgets.forms.tick import Tick
from tests.cli.runner import FakeDeployment
from tests.tui.trial import a_deployment, bilingual, find, quiet, text_of, told, type_in, until

SIZE = (110, 34)


async def open_on(pilot: Pilot[None], duty: Duty, key: str) -> Dialog:
    """Open a dialog on a duty of the list; return it."""
    await until(pilot, lambda: isinstance(pilot.app.screen, BoardScreen))
    screen = pilot.app.screen
    assert isinstance(screen, BoardScreen)
    await until(pilot, lambda: bool(screen.list.rows))
    assert screen.list.go_to_key(duty.id)
    await pilot.press(key)
    await until(pilot, lambda: isinstance(pilot.app.screen, Dialog))
    await quiet(pilot)
    dialog = pilot.app.screen
    assert isinstance(dialog, Dialog)
    return dialog


def with_ticks(deployment: FakeDeployment, duty: Duty, count: int) -> Duty:
    """Store a duty with so many ticks as its evidence, and return it."""
    ticks = tuple(
        Field(id=f"paper-{number}", kind=FieldKind.TICK, label=bilingual(f"Paper {number}"))
        for number in range(count)
    )
    ticked = replace(duty, terms=replace(duty.terms, evidence=ticks))
    deployment.context.write(deployment.actor, Verb.TOOK, lambda tx, _now: tx.put(ticked))
    return ticked


def is_closed(app: App[None]) -> bool:
    return not isinstance(app.screen, Dialog)


async def test_a_filled_form_asks_before_it_closes_and_is_offered_again() -> None:
    deployment = a_deployment()
    duty = find(deployment.context, "decoration-sheet", "鄂F·12345")
    other = find(deployment.context, "decoration-sheet", "鄂F·67890")
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE) as pilot:
        dialog = await open_on(pilot, duty, "n")
        await pilot.press("escape")
        assert is_closed(app), "an empty form asks nothing"
        dialog = await open_on(pilot, duty, "n")
        await type_in(pilot, "half a sentence")
        await pilot.press("escape")
        assert "Nothing is stored yet." in text_of(app)
        await pilot.press(".")
        await pilot.press("escape")
        assert not is_closed(app), "it was changed after the question"
        await pilot.press("escape")
        assert is_closed(app)

        dialog = await open_on(pilot, other, "n")
        assert dialog.query_one(TextArea).text == "", "of another duty"
        await pilot.press("escape")
        dialog = await open_on(pilot, duty, "n")
        assert dialog.query_one(TextArea).text == "half a sentence."
        assert "Filled in again with what you left at" in text_of(app)
        await pilot.press("f9")
        assert dialog.query_one(TextArea).text == ""
        await pilot.press("escape")
        assert is_closed(app)
        dialog = await open_on(pilot, duty, "n")
        assert dialog.query_one(TextArea).text == ""


async def test_what_is_stored_is_offered_no_more() -> None:
    deployment, heard = a_deployment(), list[Message]()
    duty = find(deployment.context, "decoration-sheet", "鄂F·12345")
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE, message_hook=heard.append) as pilot:
        await open_on(pilot, duty, "n")
        await type_in(pilot, "one")
        await pilot.press("escape", "escape")
        dialog = await open_on(pilot, duty, "n")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(told(heard, NoteWritten)))
        dialog = await open_on(pilot, duty, "n")
        assert isinstance(dialog, TextDialog)
        assert dialog.text.text == ""


async def test_ticks_choices_and_fields_are_offered_again_over_what_is_stored_now() -> None:
    deployment = a_deployment()
    duty = find(deployment.context, "decoration-sheet", "鄂F·12345")
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE) as pilot:
        await open_on(pilot, duty, "enter")
        await pilot.press("space", "escape", "escape")
        zhao = an_actor(deployment.context, "zhao.lei")
        operations.fill_in(deployment.context, zhao, duty.id, {"amount": "1200"})
        dialog = await open_on(pilot, duty, "enter")
        assert isinstance(dialog, DeliverDialog)
        assert dialog.form.values() == {"sheet": "yes", "amount": "1200"}
        await pilot.press("escape", "escape")
        for reason in ("", "other"):
            await open_on(pilot, duty, "x")
            await type_in(pilot, "waiver")
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, WordsDialog))
            words = app.screen
            assert isinstance(words, WordsDialog)
            assert ("" if words.select.is_blank() else words.select.value) == reason
            words.select.value = "other"
            await pilot.press("escape", "escape")


async def test_a_dialog_says_what_a_colleague_did_meanwhile() -> None:
    deployment = a_deployment()
    duty = find(deployment.context, "decoration-sheet", "鄂F·12345")
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE) as pilot:
        dialog = await open_on(pilot, duty, "enter")
        assert isinstance(dialog, DeliverDialog)
        await pilot.press("space")
        zhao = an_actor(deployment.context, "zhao.lei")
        other = find(deployment.context, "decoration-sheet", "鄂F·67890")
        operations.note(deployment.context, zhao, other.id, "of another duty")
        operations.deliver(deployment.context, zhao, duty.id, {"sheet": "yes", "amount": "1"})
        await until(pilot, lambda: "赵磊 acted meanwhile: delivered (" in text_of(app))
        assert "note written" not in str(dialog.notice.render())
        assert dialog.form.values() == {"sheet": "yes"}


async def test_arrows_move_between_ticks_and_one_key_ticks_all() -> None:
    deployment = a_deployment()
    duty = with_ticks(deployment, find(deployment.context, "decoration-sheet", "鄂F·12345"), 3)
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE) as pilot:
        dialog = await open_on(pilot, duty, "enter")
        assert isinstance(dialog, DeliverDialog)
        first, second, *_more = dialog.query(Tick)
        assert app.focused is first
        await pilot.press("down")
        assert app.focused is second
        await pilot.press("up")
        assert app.focused is first
        await pilot.press("ctrl+t")
        assert all(tick.value for tick in dialog.form.ticks())
        await pilot.press("ctrl+t")
        assert not any(tick.value for tick in dialog.form.ticks())


async def test_the_first_arrow_moves_in_a_list_that_one_can_search() -> None:
    chosen: list[str] = []
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=SIZE) as pilot:
        await quiet(pilot)
        options = [(name, name) for name in ("one", "two", "three")]
        for keys, expected in ((["down", "enter"], "two"), (["up", "enter"], "three"), (["enter"], "one")):
            app.push_screen(PickDialog("Which?", options, chosen.append))
            await until(pilot, lambda: isinstance(app.focused, Input))
            await pilot.press(*keys)
            assert chosen.pop() == expected
        assert not app.screen.query(OptionList)


def test_only_the_latest_drafts_are_kept() -> None:
    drafts: dict[str, FormDraft] = {}
    at = a_deployment().context.now()
    for number in range(MOST_DRAFTS + 3):
        keep(drafts, str(number), FormDraft((), (), at))
    keep(drafts, "3", FormDraft(("",), ("x",), at))
    keep(drafts, "new", FormDraft((), (), at))
    assert len(drafts) == MOST_DRAFTS
    assert "3" in drafts
    assert "4" not in drafts


async def test_a_reason_that_is_filled_in_is_not_lost_by_accepting() -> None:
    deployment = a_deployment("sun.li")
    duty = find(deployment.context, "order-sheet", "鄂F·67890")
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: getattr(app.screen, "VIEW", "") == "owed")
        dialog = await open_on(pilot, duty, "enter")
        dialog.query_one(TextArea).text = "no signature"
        await pilot.press("ctrl+s")
        assert "A reason for a return is filled in" in text_of(app)
        assert not is_closed(app)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: is_closed(app))
    assert deployment.context.store.read(lambda tx: tx.find(Duty, state=State.DELIVERED)) == []


async def test_a_remark_outlives_evidence_that_is_kept_for_later() -> None:
    deployment = a_deployment()
    duty = find(deployment.context, "decoration-sheet", "鄂F·12345")
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE) as pilot:
        for remark in ("", "ask for 王芳"):
            dialog = await open_on(pilot, duty, "enter")
            assert isinstance(dialog, DeliverDialog)
            assert dialog.remark.value == remark
            dialog.remark.value = "ask for 王芳"
            await pilot.press("ctrl+k")
            await until(pilot, lambda: is_closed(app))


async def test_a_dialog_stays_while_its_act_runs() -> None:
    deployment, may_go_on = a_deployment(), threading.Event()
    duty = find(deployment.context, "order-sheet", "鄂F·12345")
    app = SlaApp(start_of(deployment))

    def write(text: str) -> Call:
        def slowly(opened: OpenDeployment) -> Message:
            may_go_on.wait(8)
            return duties.note(duty.id, text)(opened)

        return slowly

    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: isinstance(app.screen, BoardScreen) and bool(app.screen.list.rows))
        dialog = TextDialog("Note", "Write", "A note needs a text.", write, subject_id=duty.id)
        await app.push_screen(dialog)
        await type_in(pilot, "the papers are on the way")
        await pilot.press("ctrl+s")
        for _ in range(2):
            dialog.query_one("#close", Button).press()
            await pilot.pause()
        assert app.screen is dialog
        may_go_on.set()
        await until(pilot, lambda: is_closed(app))
        assert app.drafts == {}
