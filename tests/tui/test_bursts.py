"""Keys typed faster than the terminal can follow: nothing is lost, cut, or taken for a command."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from sla_tracker.deployment.direct import open_deployment
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.services import events
from sla_tracker.services.ports import Change
from tests.tui.pseudo_terminal import Pseudo

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
def terminal_of(folder: Path, *, busy: bool = False) -> Iterator[Pseudo]:
    environ = {"SLA_NOW": NOW, "SLA_LANG": "en"}
    with Pseudo(["-m", "sla_tracker", "--deployment", str(folder)], (120, 36), environ) as terminal:
        assert terminal.read_until("鄂F·12345".encode(), 40), terminal.written.decode(errors="replace")
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
        duties = deployment.context.store.read(lambda tx: tx.find(Duty))
        return sorted(note.text for duty in duties for note in duty.notes)
    finally:
        deployment.close()


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
