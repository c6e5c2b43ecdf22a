"""Keys typed faster than the terminal can follow: nothing is lost, cut, or taken for a command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from textual.events import Key
from textual.message import Message
from textual.screen import Screen

from sla_tracker.deployment.direct import open_deployment
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.handover import ShiftNote
from sla_tracker.domain.duties.request import Request
from sla_tracker.services import events
from sla_tracker.services.deployment import OpenDeployment
from sla_tracker.services.ports import Change
from sla_tracker.services.queries.duties import Board
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.app_base import BaseApp
from sla_tracker.tui.calls import duties
from sla_tracker.tui.dialogs.prompts import TextDialog
from sla_tracker.tui.gateway import Call
from sla_tracker.tui.keyboard import key_queue
from sla_tracker.tui.keyboard.effects import KeyEffect
from sla_tracker.tui.keys import EFFECTS
from sla_tracker.tui.startup import start_of
from sla_tracker.tui.views import VIEWS, View
from sla_tracker.tui.widgets.lists.duty_list import DutyList
from tests.tui.pseudo_terminal import Pseudo
from tests.tui.trial import a_deployment, quiet

NOW = "2026-11-20T14:00:00+08:00"
# Keeps a processor busy, for at most a minute.
SPIN = "import time; end = time.monotonic() + 60\nwhile time.monotonic() < end: pass"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a trial deployment in which the sales department owes two duties."""
    monkeypatch.setenv("SLA_NOW", NOW)
    made = DeploymentService().init(
        tmp_path, config="dealership", trial=True, in_force_from=date(2026, 11, 19)
    )
    deployment = open_deployment(made.parent)
    at = deployment.context.now().replace(hour=3)
    events.register(deployment.context, deployment.actor, "vehicle-delivered", subject="鄂F·12345", at=at)
    deployment.close()
    return made.parent


@contextmanager
def terminal_of(
    folder: Path, *, busy: bool = False, log: Path | None = None, shown: str = "鄂F·12345"
) -> Iterator[Pseudo]:
    """Open the terminal, beside a busy processor if wanted; with `log`, where keys are typed is recorded there."""
    environ = {"SLA_NOW": NOW, "SLA_LANG": "en"}
    program = ["-m", "sla_tracker"] if log is None else ["-m", "tests.tui.recorder", str(log)]
    with Pseudo([*program, "--deployment", str(folder)], (120, 36), environ) as terminal:
        assert terminal.read_until(shown.encode(), 60), terminal.written.decode(errors="replace")
        spinners = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(2 if busy else 0)]
        try:
            yield terminal
        finally:
            for spinner in spinners:
                spinner.kill()
                spinner.wait()


def changes(folder: Path) -> list[Change]:
    deployment = open_deployment(folder)
    try:
        return list(deployment.context.store.changes(0))
    finally:
        deployment.close()


def notes(folder: Path) -> list[str]:
    deployment = open_deployment(folder)
    try:
        found = deployment.context.store.read(lambda tx: tx.find(Duty))
        return sorted(note.text for duty in found for note in duty.notes)
    finally:
        deployment.close()


async def test_a_key_acts_on_a_list_that_shows_what_the_last_act_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    updated = duties.updated_board

    def slowly(board: Board, *, as_of_now: bool = False) -> Call:
        def call(deployment: OpenDeployment) -> Message:
            time.sleep(0.4)
            return updated(board, as_of_now=as_of_now)(deployment)

        return call

    deployment = a_deployment()
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(120, 36)) as pilot:
        await quiet(pilot)
        monkeypatch.setattr(duties, "updated_board", slowly)
        rows = app.screen.query_one(DutyList)
        pooled = next(row for row in rows.rows if not row.assignee and row.provider == "sales")
        rows.go_to_key(pooled.id)
        for _time in range(2):  # taken, and put back because it is one's own by then
            app.post_message(Key("t", "t"))
        await quiet(pilot)
    acts = [change.act.what for change in deployment.context.store.changes(0)]
    assert [act for act in acts if act in {"took", "released"}][-2:] == ["took", "released"]


@pytest.mark.parametrize(
    ("quiet_seconds", "burst_seconds", "pause", "opens"),
    [(60.0, 0.1, 0.3, True), (60.0, 60.0, 0.3, False), (0.0, 60.0, 0.0, False)],
    ids=["later", "in one go", "at once"],
)
async def test_a_key_after_one_that_means_nothing_acts_unless_both_are_of_one_burst(
    monkeypatch: pytest.MonkeyPatch, quiet_seconds: float, burst_seconds: float, pause: float, opens: bool
) -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(120, 36)) as pilot:
        await quiet(pilot)
        monkeypatch.setattr(key_queue, "QUIET_SECONDS", quiet_seconds)
        monkeypatch.setattr(key_queue, "BURST_SECONDS", burst_seconds)
        app.post_message(Key("ampersand", "&"))
        await pilot.pause(pause)
        app.post_message(Key("n", "n"))
        await quiet(pilot)
        assert isinstance(app.screen, TextDialog) is opens


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "busy"])
def test_text_and_its_confirming_key_in_one_burst_are_stored_whole(folder: Path, *, busy: bool) -> None:
    texts = [f"note {number}: 车主明天补齐材料, all of it" for number in range(4)]
    with terminal_of(folder, busy=busy) as terminal:
        for text in texts:
            terminal.press(f"n{text}\x13", 0.1)
        # In order, too: quitting waits for what was typed before it.
        terminal.press("q", 0.1)
        assert terminal.wait(60) == 0
        assert b"Traceback" not in terminal.written
    assert notes(folder) == texts


def test_what_is_typed_behind_the_filters_key_belongs_to_the_filter(folder: Path) -> None:
    with terminal_of(folder) as terminal:
        terminal.press("nfirst\x13", 2.0)
        before = len(changes(folder))
        terminal.press("/u636q", 2.0)
        assert terminal.process.poll() is None
        terminal.press("\x1b", 1.0)
        terminal.press("q", 0.1)
        assert terminal.wait(30) == 0
    assert len(changes(folder)) == before


def test_full_width_keys_are_commands_and_in_fields_text(folder: Path) -> None:
    with terminal_of(folder) as terminal:
        # In one burst: a note whose text keeps its full-width characters, the help and its end, another view and back.
        terminal.press("ｎＡ：ｑ？１\x13？\x1b", 1.0)
        terminal.press("３１ｎｕ／\x13ｑ", 0.1)
        assert terminal.wait(30) == 0
    assert notes(folder) == ["Ａ：ｑ？１", "ｕ／"]


def test_a_large_paste_is_bounded_at_once(folder: Path) -> None:
    with terminal_of(folder) as terminal:
        terminal.press("n", 1.0)
        began = time.monotonic()
        os.set_blocking(terminal.master, False)
        rest = b"\x1b[200~" + b"x" * 1_000_000 + b"\x1b[201~\x13"
        while rest and time.monotonic() - began < 30:
            try:
                rest = rest[os.write(terminal.master, rest[:4096]) :]
            except BlockingIOError:
                terminal.read(0.05)
        os.set_blocking(terminal.master, True)
        assert not rest
        # Typed behind the paste: the note is too long, so the dialog stays; escape asks, and once more closes it.
        assert terminal.read_until(b"first 10000 characters", 30)
        terminal.press("\x1b", 1.0)
        terminal.press("\x1b", 1.0)
        terminal.press("q", 0.1)
        assert terminal.wait(60) == 0
    assert notes(folder) == []


# What is typed behind a key: as commands these undo, change the view and quit.
BEHIND = "u636q"
# Escape as terminals send it that tell it from the begin of another key.
ESCAPE = "\x1b[27u"
LEAVE = ESCAPE * 3
BYTES = {
    "enter": "\r", "slash": "/", "question_mark": "?", "ctrl+p": "\x10", "ctrl+o": "\x0f", "ctrl+e": "\x05"
}  # fmt: skip
# Those that open a page, on which keys are commands again.
PAGES = {
    "duty.subject",
    "event.details",
    "list.calendar",
    "list.agreements",
    "matter.agreements",
    "levels.open",
    "levels.month_end",
}


def openers(screen: type[Screen[None]]) -> Iterator[tuple[str, str]]:
    """Yield id and bytes of the first key of every action of a view that opens something."""
    seen: set[str] = set()
    for kind in (*screen.__mro__, BaseApp):
        for binding in vars(kind).get("BINDINGS", ()):
            if EFFECTS.get(binding.id) is KeyEffect.OPENS and binding.id not in seen | PAGES:
                seen.add(binding.id)
                key = binding.key.partition(",")[0]
                yield binding.id, BYTES.get(key, key)


def walk(terminal: Pseudo, log: Path, views: Sequence[View]) -> dict[str, list[list[str]]]:
    """Type every opening key of every view, with more behind it, in one burst each; return what became of it."""
    found: dict[str, list[list[str]]] = {}
    for view in views:
        for id, key in openers(view.load()):
            before = log.read_text(encoding="utf-8").count("\n")
            terminal.press(f"{LEAVE}{view.key}{key}{BEHIND}{LEAVE}", 0.02)
            end, lines = time.monotonic() + 60, list[list[str]]()
            while time.monotonic() < end:
                terminal.read(0.05)
                lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()[before:]]
                if sum(line[:2] == ["typed", "escape"] for line in lines) == 6:
                    break
            found[f"{view.id} {id}"] = lines
            assert terminal.process.poll() is None, f"{view.id} {id}: {lines}"
    return found


def fate(lines: list[list[str]]) -> str:
    """Return where what was typed behind a key has gone; fails when any of it was a command."""
    opened = [line for line in lines if line[0] == "typed" and line[1] in BEHIND and line[4] != "leaves"]
    dropped = [line[1] for line in lines if line[0] == "dropped"]
    assert all(
        line[2].endswith("Dialog") or line[2].endswith("Form") or line[3] == "Input" for line in opened
    )
    commands = [line[1] for line in lines if line[0] == "typed" and line[4] == "leaves"]
    assert len(commands) == 1, lines  # the digit of the view, and no other
    if dropped:
        assert "".join(dropped) == BEHIND, lines
        is_bound = not any(line[0] == "typed" and line[4] == "none" for line in lines)
        told = sum(line[0] == "told" for line in lines)
        assert told >= 1 + is_bound, f"nobody is told why nothing opened: {lines}"
        return "dropped"
    assert len(opened) == len(BEHIND), lines
    return "opened"


def test_what_is_typed_behind_an_opening_key_is_never_a_command(
    folder: Path, tmp_path: Path, effort: Callable[[int, int], int]
) -> None:
    is_full = effort(0, 1) == 1
    views = VIEWS if is_full else [view for view in VIEWS if view.id in {"duties", "events"}]
    log = tmp_path / "keys.log"
    with terminal_of(folder, busy=is_full, log=log) as terminal:
        terminal.press("nfirst\x13", 0.1)  # something that u would take back
        fates = {name: fate(lines) for name, lines in walk(terminal, log, views).items()}
        terminal.press("q", 0.1)
        assert terminal.wait(60) == 0
    acts = [change.act.what for change in changes(folder)]
    assert [act for act in acts if act != "reminded"][-1] == "noted"
    opened = {name for name, where in fates.items() if where == "opened"}
    assert opened >= {
        "duties duty.note",
        "duties list.filter",
        "events event.register",
        "events event.correct",
    }
    assert len(opened) >= len(fates) * 2 / 5, sorted(set(fates) - opened)


def test_behind_a_key_that_opens_nothing_nothing_acts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, effort: Callable[[int, int], int]
) -> None:
    views = VIEWS[: effort(1, len(VIEWS))]
    monkeypatch.setenv("SLA_NOW", NOW)
    made = DeploymentService().init(tmp_path, config="dealership", trial=True, in_force_from=date(2099, 1, 1))
    log = tmp_path / "keys.log"
    with terminal_of(made.parent, log=log, shown="Nothing of yours is due") as terminal:
        fates = {name: fate(lines) for name, lines in walk(terminal, log, views).items()}
        terminal.press("q", 0.1)
        assert terminal.wait(60) == 0
    dropped = {name for name, where in fates.items() if where == "dropped"}
    assert dropped >= {"duties duty.note", "duties duty.primary", "duties duty.hold", "duties duty.assign"}


WORDS = "车主明天补齐材料, all of it"
PASTE = f"\x1b[200~{WORDS}, pasted\x1b[201~"
CHOOSE = "\r\x1b[B\r\t"  # opens a choice, takes its second line, and goes on to the next field
# By act on record: the keys of one errand, and the text that has to be stored whole.
ERRANDS = (
    ("noted", f"1gn{WORDS}\x13", WORDS),
    ("noted", f"1gn{PASTE}\x1b[21~", f"{WORDS}, pasted"),
    ("filled_in", "1ge \x0b", ""),
    ("held", f"1gjhfinance\r{WORDS}, held\x13", f"{WORDS}, held"),
    ("asked_waiver", f"1gxask\r{CHOOSE}{WORDS}, asked\x13", f"{WORDS}, asked"),
    ("", f"1/鄂F\rlname\r{WORDS}, named\x13{ESCAPE}", f"{WORDS}, named"),
    ("registered_event", "4ivehicle delivered\r鄂F·54321\x13", "鄂F·54321"),
    ("requested", f"4dnothing\r{CHOOSE}{WORDS}, about\t{WORDS}, apart\x13", f"{WORDS}, apart"),
    ("cancelled_event", f"4Gx{WORDS}, cancelled\x13", f"{WORDS}, cancelled"),
    ("wrote_shift_note", f"5n{CHOOSE}{WORDS}, written\x13", f"{WORDS}, written"),
)


def test_every_confirming_key_confirms_all_that_was_typed_before_it(
    folder: Path, tmp_path: Path, effort: Callable[[int, int], int]
) -> None:
    log = tmp_path / "keys.log"
    with terminal_of(folder, busy=effort(0, 1) == 1, log=log) as terminal:
        terminal.press("".join(keys for _act, keys, _words in ERRANDS), 0.5)
        terminal.press("q", 0.1)
        code = terminal.wait(60)
        assert code == 0
    deployment = open_deployment(folder)
    try:
        kinds = (Duty, Event, Request, ShiftNote)
        stored = deployment.context.store.read(
            lambda tx: [repr(one) for kind in kinds for one in tx.find(kind)]
        )
        stored += map(repr, deployment.saved_filters())
        acts = [change.act.what for change in deployment.context.store.changes(0)]
    finally:
        deployment.close()
    done = [act for act, _keys, _words in ERRANDS if act]
    assert [act for act in acts if act in done][1:] == done, log.read_text(encoding="utf-8")
    for _act, _keys, words in ERRANDS:
        assert any(words in one for one in stored), words
