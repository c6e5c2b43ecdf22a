"""The terminal shows its first rows from the start-up cache, and opens the deployment afterwards."""

from __future__ import annotations

import copy
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from textual.message import Message

from sla_tracker import i18n
from sla_tracker.__main__ import _open_later
from sla_tracker.deployment import direct
from sla_tracker.deployment.direct import DirectDeployment, open_deployment
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.domain.people import Role
from sla_tracker.errors import N_, ConfigError, ExitCode, StoreError
from sla_tracker.os_login import process_login
from sla_tracker.quickstart import cache_file, header, terminal
from sla_tracker.quickstart.cache_writer import write_cache
from sla_tracker.quickstart.fast_call import FastCall
from sla_tracker.quickstart.journal_tail import CacheInconclusive, CacheOutdated
from sla_tracker.quickstart.terminal import QuickStart
from sla_tracker.services import events
from sla_tracker.services.duties import holds, operations
from sla_tracker.services.queries import duties
from sla_tracker.services.queries.rows import Bucket, DutyRow
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.messages.loaded import BoardLoaded
from sla_tracker.tui.messages.session import DeploymentOpened, PreviewLoaded
from sla_tracker.tui.screens.base.duty_list_screen import BoardScreen
from sla_tracker.tui.screens.calendar import CalendarScreen
from sla_tracker.tui.startup import Start
from tests.dealer import a_dealer
from tests.tui.pseudo_terminal import Pseudo
from tests.tui.trial import colours_of, quiet, text_of, told, until

NOW, NEXT_MORNING = "2026-11-20T17:30:00+08:00", "2026-11-21T08:30:00+08:00"
PATIENCE = 10.0


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a dealer's trial with something in every group, and leave it as a terminal leaves it."""
    monkeypatch.setenv("SLA_NOW", NOW)
    monkeypatch.setenv("SLA_LANG", "en")
    monkeypatch.setattr(terminal, "can_draw", lambda: True)
    deployment = a_dealer(tmp_path / "dealer")
    write_cache(deployment)
    deployment.close()
    return deployment.folder


class Gate:
    """Lets the deployment be opened when a test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.let = threading.Event()
        opened = direct.DirectDeployment.__init__

        def wait(deployment: DirectDeployment, *arguments: object, **options: object) -> None:
            assert self.let.wait(PATIENCE)
            opened(deployment, *arguments, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(direct.DirectDeployment, "__init__", wait)


@pytest.fixture
def gate(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Gate:
    return Gate(monkeypatch)


def app_of(folder: Path, person: str = "") -> SlaApp:
    return SlaApp(QuickStart(FastCall(folder=str(folder), person=person), _open_later).start())


def rows_of(app: SlaApp) -> list[str]:
    screen = app.screen
    assert isinstance(screen, BoardScreen)
    return [row.id for row in screen.list.rows]


def subjects_of(app: SlaApp) -> list[str]:
    screen = app.screen
    assert isinstance(screen, BoardScreen)
    return [row.subject for row in screen.list.rows]


async def test_rows_stand_before_anything_is_opened_and_are_those_that_are_read_then(
    folder: Path, gate: Gate
) -> None:
    app, heard = app_of(folder), list[Message]()
    async with app.run_test(size=(120, 36), message_hook=heard.append) as pilot:
        await until(pilot, lambda: "鄂F·12340" in text_of(app))
        before, drawn = rows_of(app), text_of(app)
        assert not told(heard, DeploymentOpened)
        gate.let.set()
        await until(pilot, lambda: bool(told(heard, BoardLoaded)))
        await quiet(pilot)
        assert rows_of(app) == before
        title, counts = drawn.splitlines()[0].partition("⋯")[0].rstrip(), drawn.splitlines()[2]
        assert text_of(app).splitlines()[0].startswith(title)
        assert text_of(app).splitlines()[2].startswith(counts.rstrip())
        assert "TRIAL" in title


@pytest.fixture
def quiet_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a dealer's trial in which nothing is late, so that no level of escalation paints the list again."""
    monkeypatch.setenv("SLA_NOW", NOW)
    monkeypatch.setenv("SLA_LANG", "en")
    monkeypatch.setattr(terminal, "can_draw", lambda: True)
    folder = tmp_path / "quiet"
    DeploymentService().init(folder, config="dealership", trial=True, in_force_from=date(2026, 11, 20))
    deployment = open_deployment(folder)
    at = datetime.fromisoformat("2026-11-20T10:40:00+08:00")
    events.register(
        deployment.context,
        deployment.actor,
        "vehicle-delivered",
        subject="鄂F·12340",
        at=at,
        fields={"cash": "yes"},
    )
    write_cache(deployment)
    deployment.close()
    return folder


@pytest.mark.parametrize(
    ("company", "person"),
    [("quiet_folder", ""), ("folder", "li.na")],
)
async def test_all_that_was_painted_before_it_was_known_is_painted_again(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    company: str,
    person: str,
) -> None:
    folder: Path = request.getfixturevalue(company)
    monkeypatch.setattr(DirectDeployment, "does_chores", False)  # a planned reminder would be in the history
    let = Gate(monkeypatch).let
    app, heard = app_of(folder, person), list[Message]()
    async with app.run_test(size=(120, 36), message_hook=heard.append) as pilot:
        await until(pilot, lambda: "鄂F·12340" in text_of(app))
        assert "▱" not in text_of(app), "the calendar is known already"
        let.set()
        await until(pilot, lambda: bool(told(heard, BoardLoaded)))
        await quiet(pilot)
        drawn, colours = text_of(app), colours_of(app)
        assert "▱" in drawn
        for _language in i18n.LANGUAGES:
            heard.clear()
            await pilot.press("ctrl+l")  # makes every view anew
            await until(pilot, lambda: bool(told(heard, BoardLoaded)))
            await quiet(pilot)
        app.clear_notifications()
        await quiet(pilot)
        assert drawn.splitlines() == text_of(app).splitlines()
        assert colours.splitlines() == colours_of(app).splitlines()


@pytest.mark.parametrize("person", ["", "liu.yang", "刘洋", "ma.chao"])
async def test_what_is_previewed_is_what_the_store_says(folder: Path, person: str) -> None:
    deployment = open_deployment(folder, as_person=person)
    first = next(
        row for row in duties.owed_by(deployment.context, deployment.actor.department).rows if row.id
    )
    operations.note(deployment.context, deployment.actor, first.id, "since then")
    board = duties.owed_by(deployment.context, deployment.actor.department)
    actor = deployment.actor
    deployment.close()
    begin = QuickStart(FastCall(folder=str(folder), person=person), _open_later).start()
    assert list(begin.load_preview()) == list(board.rows)
    said = begin.view_context.actor
    assert (said.id, said.department, said.role) == (actor.id, actor.department, actor.role)
    assert (said.via, said.as_login) == (actor.via, actor.as_login)
    assert begin.now() == datetime.fromisoformat(NOW)


async def test_what_is_asked_for_meanwhile_is_done_once_it_is_open(folder: Path, gate: Gate) -> None:
    app = app_of(folder)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: "鄂F·12340" in text_of(app))
        screen = app.screen
        assert isinstance(screen, BoardScreen)
        await pilot.press("down", "space", "c")
        assert screen.list.cursor == 1
        assert not screen.list.marks
        assert len(app.screen_stack) == 1
        gate.let.set()
        await until(pilot, lambda: isinstance(app.screen, CalendarScreen))
        assert len(screen.list.marks) == 1


async def test_keys_keep_their_order_also_before_the_first_rows(
    folder: Path, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    loading_preview, load_preview = threading.Event(), QuickStart.load_preview

    def later(quick: QuickStart) -> Sequence[DutyRow]:
        assert loading_preview.wait(PATIENCE)
        return load_preview(quick)

    monkeypatch.setattr(QuickStart, "load_preview", later)
    app = app_of(folder)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, BoardScreen)
        await pilot.press("down", "down", "space", "up")
        loading_preview.set()
        await until(pilot, lambda: "鄂F·12340" in text_of(app))
        await until(pilot, lambda: screen.list.cursor == 2)
        await pilot.press("up")
        gate.let.set()
        await until(pilot, lambda: bool(screen.list.marks))
        assert screen.list.marks == {screen.list.key_of(screen.list.rows[2])}


async def test_the_filter_opens_at_once_and_takes_letters_that_would_be_keys(
    folder: Path, gate: Gate
) -> None:
    app = app_of(folder)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: "鄂F·12340" in text_of(app))
        screen = app.screen
        assert isinstance(screen, BoardScreen)
        await pilot.press("slash", *"wn12341")
        await until(pilot, lambda: not rows_of(app))
        await pilot.press("escape", "slash", *"12341")
        await until(pilot, lambda: set(subjects_of(app)) == {"鄂F·12341"})
        gate.let.set()
        await quiet(pilot)
        assert screen.filter.value == "12341"
        assert set(subjects_of(app)) == {"鄂F·12341"}
        assert len(app.screen_stack) == 1


@pytest.mark.parametrize("is_preview", [True, False])
async def test_what_a_key_means_shows_when_its_turn_comes(
    folder: Path, gate: Gate, monkeypatch: pytest.MonkeyPatch, *, is_preview: bool
) -> None:
    if not is_preview:
        monkeypatch.setattr(QuickStart, "load_preview", lambda _quick: ())
    app = app_of(folder)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: not is_preview or "鄂F·12340" in text_of(app))
        await pilot.press("n", *"take one", "escape", "escape", "slash", *"at", "enter", "c", "h")
        gate.let.set()
        await until(pilot, lambda: isinstance(app.screen, CalendarScreen))
        board = app.screen_stack[0]
        assert isinstance(board, BoardScreen)
        assert board.filter.value == "at"
        assert len(app.screen_stack) == 2


async def test_no_number_is_said_before_it_is_known(
    folder: Path, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QuickStart, "load_preview", lambda _quick: ())
    app = app_of(folder)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: "TRIAL" in text_of(app))
        await pilot.pause()
        assert "Overdue" not in text_of(app)
        gate.let.set()
        await until(pilot, lambda: "Overdue" in text_of(app))


async def test_a_store_that_is_lost_at_once_holds_no_key_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise StoreError(N_("The store {name} is away."), name="x")

    monkeypatch.setattr(duties, "owed_by", refuse)
    app = app_of(folder, person="li.na")
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: app.current_mode == "levels")


async def test_a_click_on_a_row_waits_too(folder: Path, gate: Gate) -> None:
    app = app_of(folder)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: "鄂F·12340" in text_of(app))
        await pilot.press("enter")
        await pilot.pause()
        assert len(app.screen_stack) == 1
        gate.let.set()
        await until(pilot, lambda: len(app.screen_stack) == 2)


async def test_one_may_leave_before_it_is_open(folder: Path, gate: Gate) -> None:
    app = app_of(folder)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: "鄂F·12340" in text_of(app))
        await pilot.press("q")
    assert app.return_code == 0
    assert not app.leaves_undone
    assert not app.gateway.finish(0.05)
    gate.let.set()
    assert app.gateway.finish(PATIENCE)


async def test_what_was_asked_for_in_vain_is_known(folder: Path, gate: Gate) -> None:
    app = app_of(folder)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: "鄂F·12340" in text_of(app))
        await pilot.press("t", "q")
    assert app.leaves_undone
    gate.let.set()
    assert app.gateway.finish(PATIENCE)


@pytest.mark.parametrize(
    "problem", [ConfigError(N_("x")), StoreError(N_("The store {name} is away."), name="x"), OSError("away")]
)
async def test_what_cannot_be_opened_ends_the_terminal(
    folder: Path, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise problem

    monkeypatch.setattr(DeploymentService, "open", refuse)
    app = app_of(folder)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.failure is not None)
    assert app.failure is problem


async def test_nothing_due_is_said_by_the_store_alone(folder: Path, gate: Gate) -> None:
    app, heard = app_of(folder, person="hu.jun"), list[Message]()
    async with app.run_test(size=(120, 36), message_hook=heard.append) as pilot:
        await until(pilot, lambda: bool(told(heard, PreviewLoaded)))
        await pilot.pause()
        assert "is due" not in text_of(app)
        gate.let.set()
        await until(pilot, lambda: "Nothing of yours is due" in text_of(app))


async def test_who_is_owed_something_sees_it_before_anything_is_opened(folder: Path, gate: Gate) -> None:
    app, heard = app_of(folder, person="li.na"), list[Message]()
    async with app.run_test(size=(120, 36), message_hook=heard.append) as pilot:
        await until(pilot, lambda: app.current_mode == "owed" and bool(rows_of(app)))
        before = rows_of(app)
        assert not told(heard, DeploymentOpened)
        gate.let.set()
        await until(pilot, lambda: bool(told(heard, BoardLoaded)))
        await quiet(pilot)
        assert rows_of(app) == before


async def test_the_next_morning_begins_with_the_file_of_the_day_before(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = open_deployment(folder)
    row = next(
        row
        for row in duties.owed_by(deployment.context, deployment.actor.department).rows
        if row.bucket is Bucket.LATER
    )
    holds.hold(deployment.context, deployment.actor, row.id, waits_for="finance", reason="the seal is away")
    write_cache(deployment)
    deployment.close()
    monkeypatch.setenv("SLA_NOW", NEXT_MORNING)
    rows = {
        one.id: one for one in QuickStart(FastCall(folder=str(folder)), _open_later).start().load_preview()
    }
    deployment = open_deployment(folder)
    true = {
        one.id: one
        for one in duties.owed_by(deployment.context, deployment.actor.department).rows
        if one.id in rows
    }
    deployment.close()
    # How far a clock that stands has moved a due time since is not foreseen, and said to be provisional.
    assert rows.pop(row.id).provisional
    del true[row.id]
    assert rows == true


def test_the_file_is_made_anew_when_the_day_is_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def made_at() -> float:
        with cache_file.read(folder) as cache:
            return float(cache.header["day"][0])

    def entered() -> None:
        def open_and_leave(begin: Start) -> int:
            begin.open(lambda _holder: None)
            return 0

        monkeypatch.setattr("sla_tracker.tui.launch.run", open_and_leave)
        assert terminal.enter(FastCall(folder=str(folder)), _open_later) == 0

    first = made_at()
    entered()
    assert made_at() == first
    monkeypatch.setenv("SLA_NOW", NEXT_MORNING)
    entered()
    assert made_at() == datetime.fromisoformat(NEXT_MORNING).timestamp()


def change_settings(folder: Path) -> None:
    with (folder / "sla_tracker.toml").open("a", encoding="utf-8") as stream:
        stream.write("# changed\n")


def lose_the_file(folder: Path) -> None:
    (folder / ".seen" / "due").unlink()


def rewrite(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    place = folder / ".seen" / "due"
    with cache_file.read(folder) as cache:
        said, summaries = (
            copy.deepcopy(cast("dict[str, Any]", cache.header)),
            place.read_bytes()[cache.begins :],
        )
    change(said)
    place.write_bytes(header.packed(cast("header.Header", said)) + summaries)


def damage_the_header(folder: Path) -> None:
    place = folder / ".seen" / "due"
    content = place.read_bytes()
    place.write_bytes(content.replace(b'"demonstration": false', b'"demonstration": true ', 1))


def forget_a_role(folder: Path) -> None:
    def forget(said: dict[str, Any]) -> None:
        for person in said["people"].values():
            del person["role"]

    rewrite(folder, forget)


def misspell_anothers_role(folder: Path) -> None:
    rewrite(folder, lambda said: said["people"]["li.na"].update(role="hebd"))


@pytest.mark.parametrize(
    "change",
    [change_settings, lose_the_file, damage_the_header, forget_a_role, misspell_anothers_role],
)
def test_what_does_not_fit_takes_the_long_way(folder: Path, change: Callable[[Path], None]) -> None:
    change(folder)
    with pytest.raises(CacheOutdated):
        QuickStart(FastCall(folder=str(folder)), _open_later)


@pytest.mark.parametrize("now", ["2026-11-19T17:30:00+08:00", "9999-12-31T23:59:59+00:00"])
def test_a_clock_that_went_back_or_far_ahead_takes_the_long_way(
    folder: Path, monkeypatch: pytest.MonkeyPatch, now: str
) -> None:
    monkeypatch.setenv("SLA_NOW", now)
    with pytest.raises(CacheOutdated):
        QuickStart(FastCall(folder=str(folder)), _open_later)


def test_what_has_to_be_said_first_takes_the_long_way(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for wish in (FastCall(folder=str(folder), person="nobody"), FastCall(folder=str(folder), lang="fr")):
        with pytest.raises(CacheInconclusive):
            QuickStart(wish, _open_later)
    monkeypatch.setattr(terminal, "can_draw", lambda: False)
    with pytest.raises(CacheInconclusive):
        QuickStart(FastCall(folder=str(folder)), _open_later)


def test_damaged_rows_are_not_foreseen(folder: Path) -> None:
    place = folder / ".seen" / "due"
    place.write_bytes(place.read_bytes()[:-200])
    begins = [
        QuickStart(FastCall(folder=str(folder), person=person), _open_later).start()
        for person in ("", "liu.yang", "ma.chao")
    ]
    assert () in [tuple(begin.load_preview()) for begin in begins]


def test_damaged_rows_are_made_anew_on_the_way_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def look_and_leave(begin: Start) -> int:
        begin.load_preview()
        begin.open(lambda _holder: None)
        return 0

    monkeypatch.setattr("sla_tracker.tui.launch.run", look_and_leave)
    place = folder / ".seen" / "due"
    whole = place.read_bytes()
    with cache_file.read(folder) as cache:
        start_at, length, _checksum = cache.header["spans"]["sales"]
        begins = cache.begins + start_at
    place.write_bytes(whole[:begins] + b"x" * length + whole[begins + length :])
    assert terminal.enter(FastCall(folder=str(folder)), _open_later) == 0
    assert len(QuickStart(FastCall(folder=str(folder)), _open_later).start().load_preview()) > 0


def test_a_stranger_only_reads(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with cache_file.read(folder) as cache:
        real = cache._replace(header={**cache.header, "trial": False})
        actor = terminal.actor_of(FastCall(), real, datetime.fromisoformat(NOW))
    assert (actor.role, actor.department, actor.via) == (Role.READER, "", process_login())


SCREEN = (
    "sla_tracker.quickstart.terminal, sla_tracker.tui.launch, sla_tracker.tui.app, "
    "sla_tracker.tui.screens.my_duties"
)
UNWANTED = (
    "click",
    "msgspec",
    "orjson",
    "pluggy",
    "pydantic",
    "tinydb",
    "dateutil",
    "sla_tracker.deployment.direct",
    "sla_tracker.config",
    "sla_tracker.domain.duties.duty",
    "sla_tracker.domain.agreements.obligation",
    "sla_tracker.domain.time.work_calendar",
    "sla_tracker.services.context",
    "sla_tracker.services.queries.duties",
    "sla_tracker.plugin_host",
    "sla_tracker.storage.codec",
    "sla_tracker.storage.journal",
)


def test_the_first_frame_loads_no_plugin_no_settings_and_no_store() -> None:
    code = f"import sys, {SCREEN}; print(*(name for name in {UNWANTED!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("closed", ["<&-", "2>&-"])
def test_closed_streams_are_no_terminal(folder: Path, closed: str) -> None:
    command = f'exec "$0" -m sla_tracker --deployment "$1" {closed}'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable, str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == ExitCode.USAGE
    assert ("no terminal to draw on" in done.stderr) is (closed != "2>&-")


INTO_A_FILE = """
import os, runpy, sys
os.dup2(os.open(sys.argv.pop(1), os.O_WRONLY | os.O_CREAT), 1)
runpy.run_module("sla_tracker", run_name="__main__")
"""


def test_nothing_is_drawn_where_the_output_goes_into_a_file(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ["-c", INTO_A_FILE, str(out), "--deployment", str(folder), "--lang", "zh"]
    with Pseudo(arguments, environ={"SLA_NOW": NOW}) as terminal:
        assert terminal.wait(20) == ExitCode.USAGE
        assert "没有可用的终端" in terminal.written.decode()
        assert b"\x1b[?1049h" not in terminal.written, "the other screen was opened"
    assert out.read_bytes() == b""


def test_on_a_real_terminal_the_second_start_is_the_quick_one(folder: Path) -> None:
    lose_the_file(folder)
    for is_quick in (False, True):
        place = folder / ".seen" / "due"
        assert place.exists() is is_quick
        arguments = ["-m", "sla_tracker", "--deployment", str(folder), "--lang", "zh"]
        with Pseudo(arguments, environ={"SLA_NOW": NOW}) as terminal:
            assert terminal.read_until("鄂F·12340".encode(), 30)
            assert terminal.read_until("本月按时".encode(), 30)
            terminal.press("q")
            assert terminal.wait(20) == 0
            assert b"Traceback" not in terminal.written
    i18n.use("en")
