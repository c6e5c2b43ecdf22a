"""Naming, choosing and taking away filters; the list on paper."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Input, Select

from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.dialogs.palette import commands
from sla_tracker.tui.dialogs.printing import PrintDialog
from sla_tracker.tui.dialogs.saved_filters import FilterKept, NameFilterDialog, SavedFiltersDialog
from sla_tracker.tui.printing import ListWritten
from sla_tracker.tui.screens.base.duty_list_screen import BoardScreen
from sla_tracker.tui.startup import start_of
from tests.tui.trial import a_deployment, quiet, text_of, told, type_in, until

SIZE = (110, 34)


def titles(app: SlaApp) -> list[str]:
    assert isinstance(app.screen, BoardScreen)
    return [row.subject for row in app.screen.list.rows]


async def filter_by(pilot: Pilot[None], text: str) -> None:
    await pilot.press("slash")
    await type_in(pilot, text)
    await pilot.press("enter")
    await quiet(pilot)


async def test_a_filter_is_named_chosen_and_taken_away() -> None:
    deployment, heard = a_deployment(), list[Message]()
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE, message_hook=heard.append, notifications=True) as pilot:
        await quiet(pilot)
        every = titles(app)
        await pilot.press("l")
        await quiet(pilot)
        assert "No filter has a name yet" in text_of(app)
        await filter_by(pilot, "subject:12345")
        few = titles(app)
        assert 0 < len(few) < len(every)

        await pilot.press("l", "enter")
        await until(pilot, lambda: isinstance(app.screen, NameFilterDialog))
        await pilot.press("ctrl+s")
        assert "It needs a name" in text_of(app)
        await type_in(pilot, "the red car")
        await pilot.press("enter")
        await until(pilot, lambda: bool(told(heard, FilterKept)))
        assert deployment.filters == {"the red car": "subject:12345"}

        await until(pilot, lambda: isinstance(app.screen, BoardScreen))
        await pilot.press("escape")
        await quiet(pilot)
        assert titles(app) == every
        await pilot.press("shift+f6")
        await until(pilot, lambda: isinstance(app.screen, SavedFiltersDialog))
        await pilot.press("enter")
        await quiet(pilot)
        assert titles(app) == few

        await pilot.press("l", "f8")
        await until(pilot, lambda: len(told(heard, FilterKept)) == 2)
        assert deployment.filters == {}


async def test_the_palette_offers_named_filters() -> None:
    deployment = a_deployment()
    deployment.filters["late\x1b[2J"] = "state:late"
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE) as pilot:
        await quiet(pilot)
        every = titles(app)
        offer = next(command for command in commands(app, app.screen) if command.help == "state:late")
        assert offer.title == "Filter: late"
        offer.callback()
        await quiet(pilot)
        assert 0 < len(titles(app)) < len(every)


async def test_the_list_is_written_to_a_file_as_it_is_shown(tmp_path: Path) -> None:
    heard = list[Message]()
    app = SlaApp(start_of(a_deployment()))
    file = tmp_path / "today.txt"
    async with app.run_test(size=SIZE, message_hook=heard.append, notifications=True) as pilot:
        await quiet(pilot)
        await filter_by(pilot, "subject:12345")
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, PrintDialog))
        app.screen.query_one(Input).value = str(file)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(told(heard, ListWritten)))
        await quiet(pilot)
        assert told(heard, ListWritten)[-1].place == str(file)  # type: ignore[attr-defined]
        shown = len(titles(app))
        assert f"{shown} duties written to" in text_of(app)

        written = file.read_text(encoding="utf-8")
        heading, *rest = written.splitlines()
        assert heading.endswith("filter: subject:12345")
        assert sum(line.startswith("[ ]") for line in rest) == shown == written.count("鄂F·12345")
        assert "overdue" in written

        await pilot.press("y")
        await until(pilot, lambda: f"{shown} duties copied" in text_of(app))

        file.write_text("mine", encoding="utf-8")
        await pilot.press("shift+f7")
        await until(pilot, lambda: isinstance(app.screen, PrintDialog))
        app.screen.query_one(Input).value = str(file)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "there already" in text_of(app))
        assert file.read_text(encoding="utf-8") == "mine"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: len(told(heard, ListWritten)) == 2)
        assert file.read_text(encoding="utf-8") == written


async def test_a_folder_is_refused_as_a_file_at_once(tmp_path: Path) -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=SIZE) as pilot:
        await quiet(pilot)
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, PrintDialog))
        (tmp_path / "today.txt").mkdir()
        app.screen.query_one(Input).value = str(tmp_path / "today.txt")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Is a directory" in text_of(app))
        assert "Confirm again" not in text_of(app)


async def test_the_list_is_written_in_the_form_that_is_chosen(tmp_path: Path) -> None:
    heard = list[Message]()
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=SIZE, message_hook=heard.append, notifications=True) as pilot:
        await quiet(pilot)
        shown = len(titles(app))
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, PrintDialog))
        name, form = app.screen.query_one(Input), app.screen.query_one(Select)
        name.value = str(tmp_path / "day.csv")
        await until(pilot, lambda: form.value == "csv")
        form.value = "ics"
        await until(pilot, lambda: name.value == str(tmp_path / "day.ics"))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(told(heard, ListWritten)))
        await quiet(pilot)
        assert told(heard, ListWritten)[-1].place == str(tmp_path / "day.ics")  # type: ignore[attr-defined]
        written = (tmp_path / "day.ics").read_text(encoding="utf-8")
        assert written.count("BEGIN:VEVENT") == shown
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, PrintDialog))
        app.screen.query_one(Input).value = str(tmp_path / "day.doc")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "does not say which form" in text_of(app))


async def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=SIZE) as pilot:
        await quiet(pilot)
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, PrintDialog))
        for name, said in ((str(tmp_path / "no" / "x.txt"), "cannot be written"), ("", "needs a name")):
            app.screen.query_one(Input).value = name
            await pilot.press("ctrl+s")
            await until(pilot, lambda said=said: said in text_of(app))  # type: ignore[misc]


@pytest.mark.parametrize(("code", "said"), [(0, "request id is sla-7"), (1, "out of paper")])
async def test_the_printer_gets_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, said: str
) -> None:
    command = tmp_path / "lp"
    command.write_text(f'#!/bin/sh\ncat > "{tmp_path}/paper"\necho "{said}"\nexit {code}\n', encoding="utf-8")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await quiet(pilot)
        shown = len(titles(app))
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, PrintDialog))
        await pilot.press("f4")
        await until(pilot, lambda: said in text_of(app))
        assert (tmp_path / "paper").read_text(encoding="utf-8").count("[ ]") == shown
        assert isinstance(app.screen, PrintDialog) is bool(code)
