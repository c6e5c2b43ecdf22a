"""Loading the pinyin of Chinese texts holds up neither what is typed nor the choice that follows."""

from __future__ import annotations

import threading

import pytest
from textual.widgets import Input

from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.calls import pinyin
from sla_tracker.tui.dialogs.prompts import PickDialog
from sla_tracker.tui.screens.base.duty_list_screen import BoardScreen
from sla_tracker.tui.screens.events import EventsScreen
from sla_tracker.tui.startup import start_of
from tests.tui.trial import a_deployment, quiet, text_of, until

SIZE = (110, 34)


@pytest.fixture
def let(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Let the loading end when a test says so."""
    gate, load = threading.Event(), pinyin.load

    def later() -> None:
        assert gate.wait(20)
        load()

    monkeypatch.setattr(pinyin, "load", later)
    monkeypatch.setattr(pinyin, "_LOADED", threading.Event())
    return gate


@pytest.mark.parametrize(
    ("view", "typed", "subject"), [("1", "jiesuan", "HT-2211"), ("4", "chenjing", "HT-2200")]
)
async def test_letters_show_at_once_and_rows_when_they_can_be_spelled(
    let: threading.Event, view: str, typed: str, subject: str
) -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=SIZE) as pilot:
        await quiet(pilot)
        await pilot.press(view)
        await quiet(pilot)
        screen = app.screen
        assert isinstance(screen, BoardScreen | EventsScreen)
        count = len(screen.list.rows)
        await pilot.press("slash", *typed)
        await until(pilot, lambda: typed in text_of(app))
        assert len(screen.list.rows) == count
        let.set()
        await until(pilot, lambda: 0 < len(screen.list.rows) < count)
        assert {row.subject for row in screen.list.rows} == {subject}


async def test_enter_takes_what_the_whole_text_fits_also_before_it_is_loaded(let: threading.Event) -> None:
    chosen: list[str] = []
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=SIZE) as pilot:
        await quiet(pilot)
        dialog = PickDialog("?", [("first", "结算"), ("second", "装饰单"), ("third", "凭证")], chosen.append)
        await app.push_screen(dialog)
        await until(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press(*"zsd", "enter")
        await until(pilot, lambda: chosen == ["second"])
        let.set()
