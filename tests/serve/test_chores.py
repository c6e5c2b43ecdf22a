"""What the service does by itself: nothing that hangs keeps the rest from being done."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from sla_tracker.serve.deployment import ServedDeployment
from sla_tracker.serve.processes import chores
from sla_tracker.serve.processes.generation import NOBODY, Generation, Running
from sla_tracker.serve.sessions.spool import SPOOL_FOLDER, Spool, make_spool, remove_left_spools

# Chores in a process of their own, as a generation forks them; its channels hang.
HANGING = """
import os, socket, sys
from pathlib import Path
from sla_tracker.serve.deployment import ServedDeployment
from sla_tracker.serve.processes import chores
from sla_tracker.serve.sessions.session import SessionLine

opened = ServedDeployment(Path(sys.argv[1]))
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

def hang(_opened):
    os._exit(9)

chores._send = hang
if os.fork() == 0:
    chores.do(opened, SessionLine(channel=theirs))
print(os.waitstatus_to_exitcode(os.wait()[1]), ours.recv(1000).decode())
"""


def with_backup(opened: ServedDeployment, folder: Path) -> None:
    with opened.deployment.file.open("a", encoding="utf-8") as settings:
        settings.write(f'\n[backup]\nfolder = "{folder}"\nat = 00:00:00\n')


def test_the_backup_does_not_wait_for_a_channel(opened: ServedDeployment, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    with_backup(opened, kept)
    left = opened.state_folder / SPOOL_FOLDER / f"{a_dead_process()}-x"
    left.mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, "-c", HANGING, str(opened.folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.strip() == f"9 {json.dumps({'doing': chores.SENDING})}", done.stderr
    assert len(list(kept.iterdir())) == 1
    assert not left.exists()


def test_a_backup_that_cannot_be_made_stops_nothing_else(
    opened: ServedDeployment, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with_backup(opened, tmp_path / "missing")
    opened.reload()
    chores._back_up(opened)
    (line,) = capfd.readouterr().err.splitlines()
    said = json.loads(line)
    assert said["what"] == "backup"
    assert "is not there" in said["problem"]


def a_generation(running: Running) -> Generation:
    made = Generation.__new__(Generation)
    made._running = {running.pid: running}
    return made


def test_chores_that_send_for_ever_are_ended_and_others_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chores, "MOST_SENDING_SECONDS", -1.0)
    ours, theirs = socket.socketpair()
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    with ours, theirs, child:
        running = Running(pid=child.pid, peer=NOBODY, connection=None, channel=ours)
        generation = a_generation(running)
        generation._end_hanging_chores()
        assert child.poll() is None  # it does something of the service's own
        generation._note_facts(running, json.dumps({"doing": chores.SENDING}).encode())
        generation._end_hanging_chores()
        assert child.wait(20) == -signal.SIGKILL
        assert "did not end" in str(running.facts["problem"])
        generation._end_hanging_chores()  # its id may be another's by now


def a_dead_process() -> int:
    child = subprocess.Popen(["true"])
    child.wait()
    return child.pid


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(tempfile, "tempdir", None)


@pytest.mark.usefixtures("temporary")
def test_only_folders_of_sessions_that_ended_are_removed(tmp_path: Path) -> None:
    own = make_spool(tmp_path)
    assert own.is_own
    assert tempfile.gettempdir() == str(own.folder)
    for name in (f"{a_dead_process()}-x", "tmpold", "99999999999999999999-x"):
        (tmp_path / SPOOL_FOLDER / name).mkdir()
    remove_left_spools(tmp_path)
    assert [one.name for one in own.folder.parent.iterdir() if one.name[:2] != "99"] == [own.folder.name]
    own.remove()
    assert not own.folder.exists()


@pytest.mark.usefixtures("temporary")
def test_a_disk_without_room_for_a_spool_costs_only_what_needs_one(tmp_path: Path) -> None:
    (tmp_path / SPOOL_FOLDER).write_text("in the way", encoding="utf-8")
    made = make_spool(tmp_path)
    assert made == Spool(folder=tmp_path, is_own=False)
    made.remove()
    assert tmp_path.is_dir()
    assert os.listdir(tmp_path) == [SPOOL_FOLDER]  # noqa: PTH208
