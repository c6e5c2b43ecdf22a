"""A filter that still chooses rows is still shown, also when the view was made anew."""

from __future__ import annotations

import pytest

from sla_tracker import i18n
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.screens.base.duty_list_screen import BoardScreen
from sla_tracker.tui.screens.events import EventsScreen
from sla_tracker.tui.startup import start_of
from tests.tui.trial import a_deployment, press, text_of, type_in, until


@pytest.mark.parametrize("view", ["1", "4"])
async def test_a_filter_is_shown_and_cleared_after_the_language_was_changed(view: str) -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(110, 34)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, BoardScreen) and bool(app.screen.list.rows))
        await press(pilot, view)
        screen = app.screen
        assert isinstance(screen, BoardScreen | EventsScreen)
        await until(pilot, lambda: bool(screen.list.rows))
        everything = len(screen.list.rows)
        await pilot.press("slash")
        await type_in(pilot, "67890")
        await press(pilot, "enter")
        found = len(screen.list.rows)
        assert 0 < found < everything
        await press(pilot, "ctrl+l")
        assert i18n.language() != "en"
        assert len(screen.list.rows) == found
        assert screen.filter.value == "67890"
        assert any("筛选" in line and "67890" in line for line in text_of(app).splitlines())
        await press(pilot, "escape")
        assert len(screen.list.rows) == everything
        assert not screen.filter_line.display


async def test_a_filter_that_is_not_understood_says_so_as_long_as_it_stands() -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, BoardScreen) and bool(app.screen.list.rows))
        screen = app.screen
        assert isinstance(screen, BoardScreen)
        everything = len(screen.list.rows)
        await pilot.press("slash")
        await type_in(pilot, "due:xyz")
        await press(pilot, "enter")
        assert len(screen.list.rows) == everything
        assert any("Not filtered due:xyz" in line for line in text_of(app).splitlines())
        await pilot.press("slash")
        screen.filter.value = "67890"
        await press(pilot, "enter")
        assert 0 < len(screen.list.rows) < everything
        assert any("Filter 67890" in line for line in text_of(app).splitlines())
