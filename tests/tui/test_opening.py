"""The frame stands before the store is open; what was put off shows the same, and what cannot be opened is said."""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path

import pytest
from textual.message import Message

from sla_tracker.bootstrap import open_house
from sla_tracker.core.duty import Duty
from sla_tracker.desk import queries
from sla_tracker.errors import N_, StoreError
from sla_tracker.frontdoors import FrontDoors
from sla_tracker.locale import gettext as _
from sla_tracker.testing.company import a_desk, an_actor
from sla_tracker.tui import calls
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.messages import Alarmed, LevelsLoaded
from sla_tracker.tui.views import FIRST
from tests.cli.front import OpenHouse
from tests.tui.trial import a_house, text_of, told, until, work_some_days

PATIENCE = 10.0


class SlowHouse(OpenHouse):
    """A house that opens when it is let."""

    let = threading.Event()

    def begin(self) -> None:
        assert self.let.wait(PATIENCE)


class ShutHouse(OpenHouse):
    """A house that cannot be opened."""

    def begin(self) -> None:
        raise StoreError(N_("The store {name} cannot be read; is its disk there?"), name="x")


def a_company(folder: Path) -> Path:
    return FrontDoors().init(folder, config="dealership", trial=True, in_force_from=date(2026, 10, 1)).parent


async def test_the_frame_stands_while_the_store_is_opened() -> None:
    desk = a_desk(now="2026-11-02 09:00")
    work_some_days(desk)
    house = SlowHouse(
        folder=Path(), desk=desk, actor=an_actor(desk, "wang.fang"), alarming=("Something was lost.",)
    )
    house.let.clear()
    app = SlaApp(house)
    heard: list[Message] = []
    async with app.run_test(size=(120, 36), message_hook=heard.append) as pilot:
        await until(pilot, lambda: _(FIRST.title) in text_of(app))
        await pilot.pause(0.2)
        assert app.sequence == -1
        assert not told(heard, Alarmed)
        house.let.set()
        await until(pilot, lambda: app.sequence >= 0)
        await until(pilot, lambda: bool(told(heard, Alarmed)))


async def test_what_cannot_be_opened_ends_the_terminal_with_its_error() -> None:
    desk = a_desk()
    app = SlaApp(ShutHouse(folder=Path(), desk=desk, actor=an_actor(desk, "wang.fang")))
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.failure is not None)
    assert isinstance(app.failure, StoreError)


def test_a_store_left_for_later_says_so_and_then_shows_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLA_NOW", "2026-11-20T17:30:00+08:00")
    folder = a_company(tmp_path / "company")
    house = open_house(folder, store_later=True)
    with pytest.raises(StoreError, match="still being opened"):
        house.desk.store.read(lambda tx: tx.find(Duty))
    house.begin()
    later = queries.owed_by(house.desk, house.actor.department)
    house.close()
    house = open_house(folder)
    at_once = queries.owed_by(house.desk, house.actor.department)
    house.close()
    assert later.rows
    assert later == at_once


def test_a_house_that_never_began_is_closed_without_a_store(tmp_path: Path) -> None:
    house = open_house(a_company(tmp_path / "company"), store_later=True)
    house.close()
    assert house.embedded is None


def test_one_departments_figures_are_those_among_all() -> None:
    house = a_house()
    mine = house.actor.department
    own, everybody = calls.levels(mine)(house), calls.levels()(house)
    assert isinstance(own, LevelsLoaded)
    assert isinstance(everybody, LevelsLoaded)
    found = [[figure for figure in month.figures if figure.provider == mine] for month in everybody.months]
    assert found[-1]
    assert [list(month.figures) for month in own.months] == found[-len(own.months) :]
