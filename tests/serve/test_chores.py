"""What the service does by itself: nothing that hangs keeps the rest from being done."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sla_tracker.domain.reminders.policy import ChannelTerms, Reach
from sla_tracker.notify.channels import make_channels
from sla_tracker.serve.deployment import ServedDeployment
from sla_tracker.serve.processes import chores
from sla_tracker.serve.processes.generation import Generation
from sla_tracker.serve.processes.running import NOBODY, Running
from sla_tracker.serve.processes.watched_channels import watched
from sla_tracker.serve.sessions.session import SENDING, SessionLine
from sla_tracker.serve.sessions.spool import SPOOL_FOLDER, Spool, make_spool, remove_left_spools
from sla_tracker.services.reminders.messages import (
    Channels,
    ChannelSettings,
    Letter,
    Outcome,
    Result,
    Structured,
)
from tests.notify.letters import a_letter

# Chores in a process of their own, as a generation forks them; its channels hang.
HANGING = """
import os, socket, sys
from pathlib import Path
from sla_tracker.serve.deployment import ServedDeployment
from sla_tracker.serve.processes import chores
from sla_tracker.serve.sessions.session import SENDING, SessionLine

opened = ServedDeployment(Path(sys.argv[1]))
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

def hang(_opened, _line):
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
    assert done.stdout.strip() == f"9 {SENDING.decode()}", done.stderr
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
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    with ours, theirs, child:
        running = Running(pid=child.pid, peer=NOBODY, connection=None, channel=ours)
        generation = a_generation(running)
        generation._end_hanging_chores()
        assert child.poll() is None  # it does something of the service's own
        ours.setblocking(False)
        SessionLine(channel=theirs).tell_all_else_done()
        generation._read_session(running)
        generation._end_hanging_chores()
        assert child.wait(20) == -signal.SIGKILL
        assert running.facts["problem"] == "a channel did not end within -1 s: not known which"
        generation._end_hanging_chores()  # its id may be another's by now


class Channel:
    """A channel of a plugin, whose second message does not end as long as `going_on` is not set."""

    recognises = False

    def __init__(self) -> None:
        self.sent: list[Letter] = []
        self.hangs, self.going_on = threading.Event(), threading.Event()

    def serves(self, recipient: str) -> bool:
        return bool(recipient)

    def send(self, letter: Letter) -> Outcome:
        self.sent.append(letter)
        if len(self.sent) == 2:
            self.hangs.set()
            self.going_on.wait(20)
        return Outcome(result=Result.SENT)


def test_the_channel_that_hangs_is_named_and_one_that_is_done_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chores, "MOST_SENDING_SECONDS", -1.0)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    quick, slow = Channel(), Channel()
    channels = watched(Channels(working={"mail": quick, "own": slow}), SessionLine(channel=theirs)).working
    letter = a_letter()
    with ours, theirs, child, ThreadPoolExecutor() as threads:
        ours.setblocking(False)
        for name in channels:
            assert channels[name].send(letter).result is Result.SENT
        hanging = threads.submit(channels["own"].send, letter)
        assert slow.hangs.wait(20)
        running = Running(pid=child.pid, peer=NOBODY, connection=None, channel=ours, sends_since=0.0)
        generation = a_generation(running)
        generation._read_session(running)
        number, (_name, began_at) = running.sending.popitem()
        running.sending[number] = "own", began_at - 598
        generation._end_hanging_chores()
        child.wait(20)
        slow.going_on.set()
        assert hanging.result(20).result is Result.SENT
    assert (quick.sent, slow.sent) == ([letter], [letter, letter])
    assert running.facts["channels"] == {"own": 598}
    assert str(running.facts["problem"]).endswith(": own (598 s)")


def test_a_watched_channel_is_divided_and_told_all_as_before() -> None:
    line = SessionLine(channel=socket.socket(socket.AF_UNIX))
    settings = (
        ChannelSettings(terms=ChannelTerms(name=kind, kind=kind, reach=Reach.GROUP), options=options)
        for kind, options in (("wecom", {"url_from": "env:URL"}), ("webhook", {"url_from": "env:URL"}))
    )
    plain = make_channels(settings, environ={"URL": "https://example.com/x"}, person="")
    with line.channel:
        channels = watched(plain, line).working
        assert not plain.broken
        for name, channel in plain.working.items():
            assert isinstance(channels[name], Structured) == isinstance(channel, Structured)
            assert getattr(channels[name], "most_bytes", 0) == getattr(channel, "most_bytes", 0)
            assert channels[name].recognises == channel.recognises


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
