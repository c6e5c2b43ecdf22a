"""The frame stands before the store is open; what was put off shows the same, and what cannot be opened is said."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from textual.message import Message

from sla_tracker.cli.deployments import StoreOpening
from sla_tracker.deployment.direct import open_deployment
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, StoreError, StoreNotOpen
from sla_tracker.i18n import gettext as _
from sla_tracker.services.deployment import Origin, PluginRow, PluginState
from sla_tracker.services.ports import Writing
from sla_tracker.services.queries import duties
from sla_tracker.storage.journal.files import lock as locks
from sla_tracker.storage.journal.files.disk import Disk
from sla_tracker.storage.journal.files.lock import Lock
from sla_tracker.testing.company import a_context, an_actor
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.calls import duties as calls
from sla_tracker.tui.messages.loaded import BoardLoaded, LevelsLoaded
from sla_tracker.tui.messages.session import Alarmed, StoreChanged
from sla_tracker.tui.screens.base.duty_list_screen import BoardScreen
from sla_tracker.tui.startup import start_of
from sla_tracker.tui.views import FIRST
from tests.cli.runner import FakeDeployment
from tests.tui.pseudo_terminal import Pseudo
from tests.tui.trial import a_deployment, quiet, text_of, told, until, work_some_days

PATIENCE = 10.0


class SlowDeployment(FakeDeployment):
    """A deployment that opens only when `let` is set."""

    let = threading.Event()

    def begin(self, waiting: Callable[[str], None] | None = None) -> None:
        assert self.let.wait(PATIENCE)


class ShutDeployment(FakeDeployment):
    """A deployment that cannot be opened."""

    def begin(self, waiting: Callable[[str], None] | None = None) -> None:
        raise StoreError(N_("The store {name} cannot be read; is its disk there?"), name="x")


def a_company(folder: Path) -> Path:
    return (
        DeploymentService()
        .init(folder, config="dealership", trial=True, in_force_from=date(2026, 10, 1))
        .parent
    )


async def test_the_frame_stands_while_the_store_is_opened() -> None:
    context = a_context(now="2026-11-02 09:00")
    work_some_days(context)
    deployment = SlowDeployment(
        folder=Path(),
        context=context,
        actor=an_actor(context, "wang.fang"),
        alarming=("Something was lost.",),
    )
    deployment.let.clear()
    app = SlaApp(start_of(deployment))
    heard: list[Message] = []
    async with app.run_test(size=(120, 36), message_hook=heard.append) as pilot:
        await until(pilot, lambda: _(FIRST.title) in text_of(app))
        await pilot.pause(0.2)
        assert app.sequence == -1
        assert not told(heard, Alarmed)
        deployment.let.set()
        await until(pilot, lambda: app.sequence >= 0)
        await until(pilot, lambda: bool(told(heard, Alarmed)))


async def test_a_plugin_that_broke_is_named_once_at_the_start() -> None:
    context = a_context(now="2026-11-02 09:00")
    row = PluginRow(name="workshop", origin=Origin.CHECKLIST, state=PluginState.QUARANTINED, reason="line 3")
    app = SlaApp(
        start_of(
            FakeDeployment(folder=Path(), context=context, actor=an_actor(context, "wang.fang"), rows=(row,))
        )
    )
    heard: list[Message] = []
    async with app.run_test(size=(120, 36), message_hook=heard.append, notifications=True) as pilot:
        await until(pilot, lambda: "Plugin workshop does not work" in text_of(app))
        assert len(told(heard, Alarmed)) == 1


async def test_a_plugin_that_breaks_later_is_named_then() -> None:
    context = a_context(now="2026-11-02 09:00")
    deployment = FakeDeployment(folder=Path(), context=context, actor=an_actor(context, "wang.fang"))
    app = SlaApp(start_of(deployment))
    heard: list[Message] = []
    async with app.run_test(size=(120, 36), message_hook=heard.append, notifications=True) as pilot:
        await until(pilot, lambda: app.unread is not None)
        assert not told(heard, Alarmed)
        deployment.rows = (
            PluginRow(
                name="workshop", origin=Origin.CHECKLIST, state=PluginState.QUARANTINED, reason="a hook"
            ),
        )
        await until(pilot, lambda: "Plugin workshop does not work" in text_of(app))
        await pilot.pause(1.0)
        assert len(told(heard, Alarmed)) == 1


async def test_what_a_reload_finds_wrong_is_said_once() -> None:
    context = a_context(now="2026-11-02 09:00")
    deployment = FakeDeployment(
        folder=Path(),
        context=context,
        actor=an_actor(context, "wang.fang"),
        alarming=("It may not be written.",),
    )
    app = SlaApp(start_of(deployment))
    heard: list[Message] = []
    async with app.run_test(size=(120, 36), message_hook=heard.append, notifications=True) as pilot:
        await until(pilot, lambda: "It may not be written" in text_of(app))
        deployment.alarming = ("It may not be written.", "The holidays of 2027 could not be read.")
        deployment.context = replace(context)
        await until(pilot, lambda: "The holidays of 2027" in text_of(app))
        await pilot.pause(1.0)
        assert [one.sentences for one in told(heard, Alarmed) if isinstance(one, Alarmed)] == [
            ("It may not be written.",),
            ("The holidays of 2027 could not be read.",),
        ]


async def test_whoever_leaves_while_the_store_is_opened_leaves_it_to_be_closed() -> None:
    context = a_context()
    deployment = SlowDeployment(folder=Path(), context=context, actor=an_actor(context, "wang.fang"))
    deployment.let.clear()
    app = SlaApp(start_of(deployment))
    async with app.run_test() as pilot:
        await until(pilot, lambda: _(FIRST.title) in text_of(app))
        await pilot.press("q")
    assert not app.gateway.finish(0.05)
    assert not app.gateway.is_acting
    deployment.let.set()
    assert app.gateway.finish(PATIENCE)
    assert app.return_code == 0


@pytest.mark.parametrize("size", [(40, 12), (60, 20), (200, 60)])
async def test_another_size_while_the_store_is_opened(size: tuple[int, int]) -> None:
    context = a_context(now="2026-11-02 09:00")
    work_some_days(context)
    deployment = SlowDeployment(folder=Path(), context=context, actor=an_actor(context, "wang.fang"))
    deployment.let.clear()
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: _(FIRST.title) in text_of(app))
        await pilot.resize_terminal(*size)
        await pilot.resize_terminal(5, 2)
        await pilot.resize_terminal(*size)
        await pilot.pause()
        deployment.let.set()
        await until(pilot, lambda: app.sequence >= 0)
        await quiet(pilot)
        shown = text_of(app).splitlines()
        assert len(shown) == size[1]
        screen = app.screen
        assert isinstance(screen, BoardScreen)
        assert screen.list.rows
        assert screen.list.size.width <= size[0]
        assert "Overdue" in text_of(app)


@pytest.mark.parametrize("columns", [80, 100, 160])
async def test_that_the_store_is_being_opened_is_said_at_any_usual_width(columns: int) -> None:
    context = a_context(now="2026-11-02 09:00", name="示范汽车销售服务公司", trial=True)
    actor = replace(an_actor(context, "wang.fang"), as_login="somebody")
    deployment = SlowDeployment(folder=Path(), context=context, actor=actor)
    deployment.let.clear()
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(columns, 24)) as pilot:
        await until(pilot, lambda: "⋯ opening the store" in text_of(app).splitlines()[0])
        assert "TRIAL: somebody acts" in text_of(app)
        assert "09:00" in text_of(app).splitlines()[0]
        deployment.let.set()
        await until(pilot, lambda: app.sequence >= 0)


async def test_who_holds_the_store_is_said_in_the_first_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "NOTICE_SECONDS", 0.1)
    folder = a_company(tmp_path / "company")
    opened = DeploymentService().open(folder, opening=StoreOpening.SERVER_AT_ONCE)
    app = SlaApp(start_of(opened))
    other = Lock(Disk(), folder / "store" / "lock", timeout=5, writable=True)
    async with app.run_test(size=(120, 36)) as pilot:
        with other.exclusive():
            await until(pilot, lambda: "⋯ waiting for process" in text_of(app).splitlines()[0])
        await until(pilot, lambda: app.sequence >= 0)
        await until(pilot, lambda: "waiting for" not in text_of(app).splitlines()[0])
    opened.close()


PUT_OFF = ("reminding", "watching", "undo", "moments", "authoring.bench", "authoring.draft")


def test_the_frame_loads_nothing_that_only_later_keys_need() -> None:
    code = (
        "import sys, sla_tracker.deployment.service, sla_tracker.tui.app, sla_tracker.tui.screens.my_duties;"
        f"print([name for name in {PUT_OFF!r} if f'sla_tracker.services.{{name}}' in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_the_store_is_read_once_at_the_start() -> None:
    deployment, heard = a_deployment(), list[Message]()
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(120, 36), message_hook=heard.append) as pilot:
        await until(pilot, lambda: app.unread is not None)
        await quiet(pilot)
        commits = {
            message.sequence for message in told(heard, StoreChanged) if isinstance(message, StoreChanged)
        }
        assert len(told(heard, BoardLoaded)) <= len(commits)


async def test_what_cannot_be_opened_ends_the_terminal_with_its_error() -> None:
    context = a_context()
    app = SlaApp(
        start_of(ShutDeployment(folder=Path(), context=context, actor=an_actor(context, "wang.fang")))
    )
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.failure is not None)
    assert isinstance(app.failure, StoreError)


def test_a_store_left_for_later_says_so_and_then_shows_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLA_NOW", "2026-11-20T17:30:00+08:00")
    folder = a_company(tmp_path / "company")
    deployment = open_deployment(folder, opening=StoreOpening.SERVER_AT_ONCE)
    with pytest.raises(StoreNotOpen):
        deployment.context.store.read(lambda tx: tx.find(Duty))
    deployment.begin()
    later = duties.owed_by(deployment.context, deployment.actor.department)
    deployment.close()
    deployment = open_deployment(folder)
    at_once = duties.owed_by(deployment.context, deployment.actor.department)
    deployment.close()
    assert later.rows
    assert later == at_once


def test_a_deployment_that_never_began_is_closed_without_a_store(tmp_path: Path) -> None:
    deployment = open_deployment(a_company(tmp_path / "company"), opening=StoreOpening.SERVER_AT_ONCE)
    deployment.close()
    assert deployment.embedded is None


@pytest.fixture
def held(tmp_path: Path) -> Iterator[tuple[Path, threading.Event]]:
    """Yield a deployment whose store is held by this process until the event is set."""
    folder = a_company(tmp_path / "company")
    deployment = open_deployment(folder)
    holding, let = threading.Event(), threading.Event()

    def hold(_tx: Writing, _now: datetime) -> None:
        holding.set()
        assert let.wait(60)

    holder = threading.Thread(target=lambda: deployment.context.write(None, Verb.ROLLED_OVER, hold))
    holder.start()
    assert holding.wait(PATIENCE)
    yield folder, let
    let.set()
    holder.join()
    deployment.close()


def terminal_on(folder: Path) -> Pseudo:
    return Pseudo(["-m", "sla_tracker", "--deployment", str(folder), "--lang", "en"])


def test_on_a_real_terminal_one_can_leave_a_store_that_does_not_answer(
    held: tuple[Path, threading.Event],
) -> None:
    with terminal_on(held[0]) as terminal:
        assert terminal.read_until(b"opening the store", 30)
        terminal.press("u")
        terminal.press("q")
        assert terminal.wait(20) == 0
        assert b"what you asked for was not done" in terminal.written
        assert b"does not answer; left without waiting" in terminal.written
        assert b"Traceback" not in terminal.written


def test_on_a_real_terminal_the_store_is_waited_for_and_closed(held: tuple[Path, threading.Event]) -> None:
    folder, let = held
    with terminal_on(folder) as terminal:
        assert terminal.read_until(b"opening the store", 30)
        terminal.resize((60, 20))
        terminal.press("q")
        assert terminal.read_until(b"Waiting for the store", 10)
        let.set()
        assert terminal.wait(20) == 0
        assert b"does not answer" not in terminal.written
        assert b"Traceback" not in terminal.written


def test_on_a_real_terminal_another_size_while_the_store_is_opened(
    held: tuple[Path, threading.Event],
) -> None:
    folder, let = held
    with terminal_on(folder) as terminal:
        assert terminal.read_until(b"TRIAL", 30)
        for size in ((20, 5), (5, 2), (90, 28)):
            terminal.resize(size)
            terminal.read(0.2)
        let.set()
        assert terminal.read_until(b"Overdue", 20)
        terminal.press("q")
        assert terminal.wait(20) == 0
        assert b"Traceback" not in terminal.written


def test_one_departments_figures_are_those_among_all() -> None:
    deployment = a_deployment()
    mine = deployment.actor.department
    own, everybody = calls.levels(mine)(deployment), calls.levels()(deployment)
    assert isinstance(own, LevelsLoaded)
    assert isinstance(everybody, LevelsLoaded)
    found = [[figure for figure in month.figures if figure.provider == mine] for month in everybody.months]
    assert found[-1]
    assert [list(month.figures) for month in own.months] == found[-len(own.months) :]
