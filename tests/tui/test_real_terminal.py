"""On a real terminal: nothing of the text reaches it as control, no terminal is no hang, any locale will do."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from sla_tracker.deployment.service import DeploymentService
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.startup import start_of
from tests.tui.harness import HOSTILE, a_hostile_deployment
from tests.tui.pseudo_terminal import ROOT, Pseudo
from tests.tui.trial import quiet, strips_of, text_of

STAGE = ("-m", "tests.tui.harness")
# Textual itself says which shape the mouse pointer takes.
POINTER = re.compile(r"\x1b\]22;[a-z-]*\x07")
ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*([@-~])|([\]PX^_])|(.))")
ALWAYS_FORBIDDEN = re.compile(
    r"[\x00-\x06\x07\x0b\x0e-\x1a\x1c-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
TOUR = tuple("↓ w ⎋ ⏎ ⎋ n ⎋ s ⎋ c ⎋ v ⎋ 2 ⏎ ⎋ 3 4 i ⎋ 7 ? ⎋ ^p ⎋ 1 ↓ ⏎".split())  # noqa: SIM905
KEYS = {"↓": "\x1b[B", "⎋": "\x1b", "⏎": "\r", "^p": "\x10"}


def kinds(written: str) -> set[str]:
    """Return which kinds of escape sequences were written."""
    return {final or f"ESC {string or other}" for final, string, other in ESCAPE.findall(written)}


def tour(kind: str) -> str:
    with Pseudo([*STAGE, kind, "zh"]) as terminal:
        assert terminal.read_until("待验收".encode() if kind == "plain" else b"Decora", 30)
        for keys in TOUR:
            terminal.press(KEYS.get(keys, keys), 0.35)
        terminal.press("\x1b", 0.3)
        terminal.press("\x1b", 0.3)
        terminal.press("q", 0.3)
        assert terminal.wait() == 0
        return POINTER.sub("", terminal.written.decode())


def test_nothing_hostile_reaches_a_real_terminal() -> None:
    plain, hostile = tour("plain"), tour("hostile")
    assert "PWNED1" in hostile
    assert "[@click=app.quit]" in hostile.replace("\x1b", "") or "PWNED2" in hostile
    assert "\x1b]52" not in hostile
    assert kinds(hostile) <= kinds(plain)
    assert ALWAYS_FORBIDDEN.findall(hostile) == ALWAYS_FORBIDDEN.findall(plain) == []


async def test_nothing_hostile_becomes_a_live_action_on_any_screen() -> None:
    ways = (
        (),
        ("w",),
        ("enter",),
        ("n",),
        ("v",),
        ("s",),
        ("c",),
        ("2",),
        ("2", "v"),
        ("3",),
        ("4",),
        ("4", "i"),
        ("7",),
        ("ctrl+p",),
    )
    app = SlaApp(start_of(a_hostile_deployment()))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await quiet(pilot)
        await pilot.press("down")
        for keys in ways:
            for key in keys:
                await pilot.press(key)
                await quiet(pilot)
            assert len(app.screen_stack) > 1 or keys[-1:] in ((), ("2",), ("3",), ("4",), ("7",)), keys
            live = [
                style.meta
                for line in strips_of(app)
                for _text, style in line
                if style and "@click" in style.meta
            ]
            assert live == []
            assert "\x1b" not in text_of(app)
            while len(app.screen_stack) > 1:
                await pilot.press("escape")
                await quiet(pilot)
            await pilot.press("1")
        assert app.is_running


async def test_a_hostile_search_and_a_hostile_answer_are_only_text() -> None:
    app = SlaApp(start_of(a_hostile_deployment()))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await quiet(pilot)
        for word in ("due:[/x]", "[@click=app.quit]", HOSTILE):
            app.screen.filter.value = word  # type: ignore[attr-defined]
            app.screen.action_filter()  # type: ignore[attr-defined]
            await quiet(pilot)
        assert app.is_running


WITHOUT = """
import os, sys
os.dup2(os.open(os.devnull, os.O_RDWR), int(sys.argv[1]))
from tests.tui.harness import main
sys.exit(main("plain", "en"))
"""


@pytest.mark.parametrize("stream", [0, 1, 2], ids=["stdin", "stdout", "stderr"])
def test_without_a_terminal_it_says_so_and_ends(stream: int) -> None:
    with Pseudo(["-c", WITHOUT, str(stream)]) as terminal:
        assert terminal.wait(20) == 2
        assert (b"no terminal to draw on" in terminal.written) is (stream != 2)
        assert b"\x1b[?1049h" not in terminal.written, "the other screen was opened"


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_only_prints_gets_a_sentence(tmp_path: Path, term: str) -> None:
    made = DeploymentService().init(tmp_path, config="minimal", trial=True, in_force_from=date(2026, 11, 1))
    arguments = ["-m", "sla_tracker", "--deployment", str(made.parent), "--lang", "en"]
    with Pseudo(arguments, environ={"TERM": term}) as terminal:
        assert terminal.wait(20) == 2
        assert (b"can only print" if term else b"TERM is not set") in terminal.written
        assert b"sla due" in terminal.written
        assert b"\x1b[" not in terminal.written


def test_piped_keys_are_no_terminal() -> None:
    done = subprocess.run(
        [sys.executable, *STAGE, "plain", "en"], input="q", capture_output=True, text=True, cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2


@pytest.mark.parametrize("lang", ["C", "POSIX", "zh_CN.UTF-8"])
def test_any_locale_starts_and_ends(lang: str) -> None:
    with Pseudo([*STAGE, "plain", "zh"], environ={"LC_ALL": lang, "LANG": lang}) as terminal:
        assert terminal.read_until("待验收".encode(), 30)
        terminal.press("q")
        assert terminal.wait() == 0


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("is_gone", [False, True])
def test_told_to_end_it_gives_the_screen_back(name: str, is_gone: bool) -> None:
    with Pseudo([*STAGE, "plain", "en"]) as terminal:
        assert terminal.read_until(b"Overdue", 20)
        if is_gone:
            os.close(terminal.master)
            terminal.master = os.open(os.devnull, os.O_RDWR)
        terminal.process.send_signal(getattr(signal, name))
        assert terminal.process.wait(10) == 0 if is_gone else terminal.wait(10) == 0
        assert is_gone or b"\x1b[?1049l" in terminal.written


def test_a_tiny_terminal_resized_under_a_dialog() -> None:
    with Pseudo([*STAGE, "plain", "en"], size=(20, 5)) as terminal:
        assert terminal.read_until(b"This window is too", 30)
        terminal.press("\r", 1.0)
        for size in ((100, 30), (20, 5), (200, 60), (5, 2), (80, 24)):
            terminal.resize(size)
            terminal.read(0.4)
        terminal.press("\x1b", 0.5)
        terminal.press("q", 0.5)
        assert terminal.wait() == 0
