"""Calls run beside the screen, in order; a slow store is said to be slow, a lost one to be lost, and both come back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from textual.message import Message

from sla_tracker.errors import N_, StoreError
from sla_tracker.services.deployment import OpenDeployment
from sla_tracker.services.ports import Reading
from sla_tracker.storage.memory import MemoryStore
from sla_tracker.testing.company import a_context
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.messages import GatewayMessage
from sla_tracker.tui.messages.session import StoreFound, StoreLost
from sla_tracker.tui.screens.base.view_screen import ViewScreen
from sla_tracker.tui.startup import start_of
from tests.tui.trial import a_deployment, quiet, text_of, told, until, work_some_days

R = TypeVar("R")


class FrailStore(MemoryStore):
    """A store that can be away, or slow."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.seconds = 0.0

    def read(self, work: Callable[[Reading], R]) -> R:
        self._ask()
        return super().read(work)

    def sequence(self) -> int:
        self._ask()
        return super().sequence()

    def _ask(self) -> None:
        if self.seconds and threading.current_thread() is not threading.main_thread():
            time.sleep(self.seconds)
        if self.away:
            raise StoreError(N_("The store {name} cannot be read; is its disk there?"), name="x")


def a_frail_deployment() -> tuple[OpenDeployment, FrailStore]:
    store = FrailStore()
    context = a_context(now="2026-11-02 09:00", store=store)
    work_some_days(context)
    return a_deployment(context=context), store


class Answered(GatewayMessage):
    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


async def test_a_lost_store_says_so_and_comes_back() -> None:
    deployment, store = a_frail_deployment()
    heard: list[Message] = []
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(100, 30), message_hook=heard.append, notifications=True) as pilot:
        await quiet(pilot)
        rows = text_of(app).count("鄂F")
        store.away = True
        await until(pilot, lambda: bool(told(heard, StoreLost)), 3)
        await quiet(pilot)
        assert "STORE NOT REACHABLE" in text_of(app)
        assert "is its disk there?" in text_of(app)
        assert text_of(app).count("鄂F") >= rows - 2
        store.away = False
        await until(pilot, lambda: bool(told(heard, StoreFound)), 3)
        await quiet(pilot)
        assert "STORE NOT REACHABLE" not in text_of(app)


async def test_what_takes_long_says_what_it_does() -> None:
    deployment, store = a_frail_deployment()
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(100, 30)) as pilot:
        await quiet(pilot)
        assert isinstance(app.screen, ViewScreen)
        store.seconds = 0.5
        await pilot.press("r")
        await until(pilot, lambda: "⋯ reading duties" in text_of(app), 3)
        store.seconds = 0.0
        await until(pilot, lambda: "⋯" not in text_of(app).splitlines()[0], 4)


async def test_a_newer_load_replaces_an_older_one_and_no_act_is_dropped() -> None:
    deployment = a_deployment()
    heard: list[Message] = []
    app = SlaApp(start_of(deployment))
    async with app.run_test(message_hook=heard.append) as pilot:
        await quiet(pilot)

        def call(number: int) -> Callable[[OpenDeployment], Message]:
            def work(_deployment: OpenDeployment) -> Message:
                time.sleep(0.05)
                return Answered(number)

            return work

        for number in range(5):
            app.gateway.load(app.screen, "same", call(number))
        await quiet(pilot)
        assert [message.number for message in told(heard, Answered) if isinstance(message, Answered)] == [4]
        for number in range(10, 14):
            app.gateway.act(app.screen, call(number), "")
        await until(pilot, lambda: len(told(heard, Answered)) == 5)


async def test_an_act_is_done_although_the_person_has_left_and_a_load_is_not() -> None:
    let, done = threading.Event(), list[str]()
    app = SlaApp(start_of(a_deployment()))

    def doing(what: str) -> Callable[[OpenDeployment], Message]:
        def work(_deployment: OpenDeployment) -> Message:
            assert let.wait(10)
            done.append(what)
            return Answered(1)

        return work

    async with app.run_test() as pilot:
        await quiet(pilot)
        for what in ("first", "second"):
            app.gateway.act(app.screen, doing(what), "")
        app.gateway.load(app.screen, "late", doing("read"))
        await pilot.pause(0.1)
        app.exit()
    gateway = app.gateway
    assert (gateway.finish(0.05), gateway.is_acting) == (False, True)
    let.set()
    assert (gateway.finish(10), gateway.is_acting) == (True, False)
    assert done == ["first", "second"]


async def test_a_fault_of_the_program_is_said_and_ends_nothing() -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await quiet(pilot)

        def broken(_deployment: OpenDeployment) -> Message:
            raise ZeroDivisionError("[/x] \x1b[2J")

        app.gateway.load(app.screen, "broken", broken)
        await until(pilot, lambda: "ZeroDivisionError" in text_of(app))
        assert "\x1b" not in text_of(app)


async def test_every_call_runs_on_one_thread_beside_the_screen() -> None:
    names: set[str] = set()
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test() as pilot:
        await quiet(pilot)

        def call(_deployment: OpenDeployment) -> Message:
            names.add(threading.current_thread().name)
            return Answered(1)

        for number in range(4):
            app.gateway.load(app.screen, str(number), call)
        await quiet(pilot)
    assert len(names) == 1
    assert names.isdisjoint({threading.main_thread().name})
