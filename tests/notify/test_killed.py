"""A sender killed with SIGKILL between sending and recording: its letter comes once more, marked, and no other does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sla_tracker.domain.reminders.reminder import ReminderState
from sla_tracker.storage.tinydb import TinyStore
from sla_tracker.testing.company import a_duty
from tests.services.reminded import a_reminding_context, reminders

ROOT = Path(__file__).resolve().parents[2]
DUE_DAY, AFTER_THE_LEASE, LATER = "2026-11-19 09:00", "2026-11-19 09:10", "2026-11-19 12:00"


def send(folder: Path, moment: str, now: str) -> int:
    words = [sys.executable, "-m", "tests.notify.sending", folder / "store", folder / "letters", moment, now]
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run([*map(str, words)], cwd=ROOT, env=environ, check=False, timeout=60).returncode


def letters(folder: Path) -> list[list[str]]:
    file = folder / "letters"
    return [line.split() for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store = TinyStore.open(tmp_path / "store", create=True)
    a_reminding_context(a_duty(assignee="wang.fang"), now="2026-11-16 17:00", store=store)
    store.close()
    return tmp_path


@pytest.mark.parametrize(
    ("moment", "told"), [("after-letter", ["first", "repeat"]), ("before-letter", ["repeat"])]
)
def test_what_nobody_recorded_is_sent_once_more_and_marked(
    folder: Path, moment: str, told: list[str]
) -> None:
    assert send(folder, moment, DUE_DAY) == -signal.SIGKILL
    assert send(folder, "never", DUE_DAY) == 0  # the claim still holds
    assert [word for _, word in letters(folder)] == told[:-1]
    assert send(folder, "never", AFTER_THE_LEASE) == 0
    assert send(folder, "never", LATER) == 0
    assert [word for _, word in letters(folder)] == told
    assert len({key for key, _ in letters(folder)}) == 1
    store = TinyStore.open(folder / "store")
    context = a_reminding_context(store=store)
    states = {one.turn.partition("@")[0]: one.state for one in reminders(context) if one.channel == "mail"}
    store.close()
    assert states == {"three-days-before": ReminderState.SENT}


def test_killed_twice_it_is_not_sent_a_third_time(folder: Path) -> None:
    for now in (DUE_DAY, AFTER_THE_LEASE):
        assert send(folder, "after-letter", now) == -signal.SIGKILL
    assert send(folder, "never", LATER) == 0
    assert [word for _, word in letters(folder)] == ["first", "repeat"]
