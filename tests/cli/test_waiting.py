"""Who holds the store is said after two seconds, and Ctrl-C ends a command at any moment of its start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sla_tracker import __main__ as program
from sla_tracker.quickstart.journal_tail import CacheInconclusive, CacheOutdated
from sla_tracker.storage.journal import LockTimeout
from sla_tracker.storage.journal.files import lock as locks
from sla_tracker.storage.journal.files.disk import Disk
from sla_tracker.storage.journal.files.lock import Lock
from sla_tracker.storage.tinydb import TinyStore
from tests.cli.dealership import NOW, sla


def _environ() -> dict[str, str]:
    return {**os.environ, "SLA_NOW": NOW, "SLA_LANG": "en"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "dealer"
    sla(place, "init", "--trial", str(place), "--config", "dealership", "--in-force-from", "2026-10-01")
    sla(place, "due")
    return place


def test_a_command_says_for_whom_it_waits(folder: Path) -> None:
    store = TinyStore.open(folder / "store")
    command = [sys.executable, "-m", "sla_tracker", "--deployment", str(folder), "request"]
    with store.exclude_writers():
        command = [
            *command[:-1],
            "event",
            "add",
            "vehicle-delivered",
            "鄂F·70007",
            "--at",
            "11-19 16:40",
            "-f",
            "cash=no",
        ]
        waiting = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=_environ())
        assert waiting.stderr is not None
        said = waiting.stderr.readline()
        assert waiting.poll() is None
    waiting.communicate(timeout=30)
    assert said.startswith("Waiting for the store, which process ")
    assert f" {os.getpid()} " in said
    assert waiting.returncode == 0


@pytest.mark.parametrize(
    "words",
    [("backup", "{folder}/one.bak"), ("migrate", "--to", "{folder}/other"), ("export", "-"), ("doctor",)],
    ids=lambda words: words[0],
)
def test_whoever_looks_after_the_store_says_for_whom_he_waits(folder: Path, words: tuple[str, ...]) -> None:
    command = [word.format(folder=folder) for word in words]
    with Lock(Disk(), folder / "store" / "lock", timeout=30, writable=True).exclusive():
        waiting = subprocess.Popen(
            [sys.executable, "-m", "sla_tracker", "--deployment", str(folder), *command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=_environ(),
        )
        assert waiting.stderr is not None
        said = waiting.stderr.readline()
    waiting.communicate(timeout=60)
    assert said.startswith("Waiting for the store, which process ")
    assert waiting.returncode == 0


def test_nothing_is_said_of_a_short_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(locks, "NOTICE_SECONDS", 0.1)
    other = Lock(Disk(), tmp_path / "lock", timeout=5, writable=True)
    for timeout, expected in ((0.05, 0), (0.4, 1)):
        mine = Lock(Disk(), tmp_path / "lock", timeout=timeout, writable=True, waiting=said.append)
        with other.exclusive(), pytest.raises(LockTimeout), mine.exclusive():
            pass
        assert len(said) == expected
    mine = Lock(Disk(), tmp_path / "lock", timeout=5, writable=True, waiting=said.append)
    with mine.exclusive():
        pass
    assert len(said) == 1


def test_beside_a_service_a_direct_call_is_stopped_at_once_while_it_loads(folder: Path) -> None:
    program = (
        "import signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from sla_tracker import __main__ as program\n"
        f"program.SERVICE_FILE, sys.argv = {str(folder)!r}, ['sla', '--deployment', {str(folder)!r}, 'due']\n"
        "handler = lambda: signal.getsignal(signal.SIGINT)\n"
        "program._answered_from_cache = lambda _words: sys.exit(handler().__name__)\n"
        "program.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=_environ(), check=False
    )
    assert done.stderr.strip() == "_stop_at_once"


@pytest.mark.every_python
@pytest.mark.parametrize("words", [("due",), ("show", "x"), ("--version",)])
def test_an_interrupt_at_any_moment_of_starting_is_130_without_a_traceback(
    folder: Path, words: tuple[str, ...]
) -> None:
    """From the first line of ours on; before it, Python itself is starting."""
    program = (
        "import signal, sys; sys.argv[0] = 'sla'\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # ignored where the tests run in the background
        "from sla_tracker import __main__\n"
        "run = __main__._run\n"
        "__main__._run = lambda words: (print('ours', flush=True), run(words))\n"
        "__main__.main()\n"
    )
    command = [sys.executable, "-c", program, "--deployment", str(folder), *words]
    interrupted = 0
    for milliseconds in range(0, 480, 60):
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=_environ()
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ours\n"
        time.sleep(milliseconds / 1000)
        process.send_signal(signal.SIGINT)
        _, shown = process.communicate(timeout=30)
        assert "Traceback" not in shown, (milliseconds, shown)
        assert "Exception ignored" not in shown, (milliseconds, shown)
        # At its very end Python gives the signal back to the system, which ends the process: 130 to a shell as well.
        code = 130 if process.returncode == -signal.SIGINT else process.returncode
        assert code in {0, 3, 130}, (milliseconds, process.returncode, shown)
        interrupted += code == 130
    assert interrupted


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [(3, (3, False)), (CacheOutdated(), (None, True)), (CacheInconclusive(), (None, False))],
    ids=["answered", "outdated", "inconclusive"],
)
def test_a_call_goes_on_where_the_cache_has_no_answer(
    outcome: int | Exception, expected: tuple[int | None, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(_call: object) -> int:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(program, "_answer_from_cache", answer)
    assert program._answered_from_cache(["due"]) == expected
    assert program._answered_from_cache(["score"]) == (None, False)
