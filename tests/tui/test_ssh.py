"""A day's work over a slow line: a real SSH session through a proxy that delays and bunches what is typed."""

from __future__ import annotations

import getpass
import os
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

import pytest

from sla_tracker.deployment.direct import open_deployment
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.services import events
from tests.requirements import go_without
from tests.tui.pseudo_terminal import ROOT, Pseudo

NOW = "2026-11-20T14:00:00+08:00"
HOST = "127.0.0.1"
# Seconds that bytes are held back at least and at most; what comes meanwhile goes on together.
LEAST_DELAY, MOST_DELAY = 0.05, 0.3
# Where sshd separates its privileges; Debian's service makes the folder, a program of its own has to.
SEPARATION = Path("/run/sshd")
SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
SSH, KEYGEN = shutil.which("ssh"), shutil.which("ssh-keygen")
EXEC = "import os, sys; os.execv(sys.argv[1], sys.argv[1:])"


def must_have_ssh() -> tuple[str, str, str]:
    """Return server, client and key generator; skip the test without them, or fail where they are required."""
    if not (SSHD and SSH and KEYGEN):
        go_without("ssh")
    if os.geteuid() != 0 and not SEPARATION.is_dir():
        go_without("ssh", f"there is no {SEPARATION}, and only root can make it")
    return SSHD, SSH, KEYGEN


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(folder: Path, sshd: str, keygen: str) -> Iterator[int]:
    """Run a throw-away sshd on a port of the loopback, which lets one new key in."""
    for name in ("host", "login"):
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    port = free_port()
    (folder / "config").write_text(
        f"ListenAddress {HOST}:{port}\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/login.pub\n"
        "StrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPidFile none\n"
        "PermitRootLogin prohibit-password\nPrintMotd no\nPrintLastLog no\n",
        encoding="utf-8",
    )
    is_made = not SEPARATION.is_dir()
    if is_made:
        SEPARATION.mkdir(mode=0o755)
    with (folder / "sshd.log").open("wb") as log:
        running = subprocess.Popen([sshd, "-D", "-e", "-f", str(folder / "config")], stderr=log)
    try:
        yield port
    finally:
        running.terminate()
        running.wait(10)
        if is_made:
            with suppress(OSError):
                SEPARATION.rmdir()


class SlowProxy:
    """Relays connections to a port; holds bytes back, passes them on in bunches, and cuts the bunches."""

    def __init__(self, port: int, seed: int) -> None:
        self._target = port
        self._chance = random.Random(seed)
        self._listening = socket.create_server((HOST, 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _address = self._listening.accept()
                far = socket.create_connection((HOST, self._target))
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self._relay, args=(source, target), daemon=True).start()

    def _relay(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while True:
                first = source.recv(65_536)
                if not first:
                    break
                time.sleep(self._chance.uniform(LEAST_DELAY, MOST_DELAY))
                bunch = first + self._waiting(source)
                cut = self._chance.randrange(len(bunch) + 1)
                for part in (bunch[:cut], bunch[cut:]):
                    target.sendall(part)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    @staticmethod
    def _waiting(source: socket.socket) -> bytes:
        with suppress(BlockingIOError):
            return source.recv(65_536, socket.MSG_DONTWAIT)
        return b""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a trial deployment in which the sales department owes twelve duties."""
    monkeypatch.setenv("SLA_NOW", NOW)
    made = DeploymentService().init(
        tmp_path / "deployment", config="dealership", trial=True, in_force_from=date(2026, 11, 19)
    )
    deployment = open_deployment(made.parent)
    for number in range(6):
        subject = f"鄂F·{number}0000"
        at = deployment.context.now()
        events.register(deployment.context, deployment.actor, "vehicle-delivered", subject=subject, at=at)
    deployment.close()
    return made.parent


@contextmanager
def session(folder: Path, scratch: Path) -> Iterator[Pseudo]:
    """Open the terminal over SSH, through the slow proxy."""
    sshd, ssh, keygen = must_have_ssh()
    scratch.mkdir()
    with server(scratch, sshd, keygen) as port:
        proxy = SlowProxy(port, seed=1)
        environ = (f"SLA_NOW={NOW}", "SLA_LANG=en", f"PYTHONPATH={ROOT}:{ROOT / 'plugins'}")
        remote = ("cd", str(ROOT), "&&", "env", *environ, sys.executable, "-m", "sla_tracker", "--deployment")
        options = (
            "StrictHostKeyChecking=no",
            f"UserKnownHostsFile={scratch}/known",
            "IdentitiesOnly=yes",
            "LogLevel=ERROR",
            "ConnectionAttempts=20",
        )
        words = [ssh, "-F", "none", "-tt", "-i", str(scratch / "login"), "-p", str(proxy.port)]
        for option in options:
            words += ["-o", option]
        words += [f"{getpass.getuser()}@{HOST}", " ".join((*remote, str(folder)))]
        try:
            with Pseudo(["-c", EXEC, *words], (120, 36)) as terminal:
                assert terminal.read_until("鄂F·10000".encode(), 60), (
                    terminal.written[-2000:],
                    (scratch / "sshd.log").read_text(encoding="utf-8", errors="replace"),
                )
                yield terminal
        finally:
            proxy.close()


@pytest.mark.faults
def test_twenty_jobs_over_a_slow_line_are_all_done(
    folder: Path, tmp_path: Path, effort: Callable[[int, int], int]
) -> None:
    pace = effort(400, 50) / 1000  # seconds between bursts
    notes = [f"note {number}: 车主明天补齐材料, all of it" for number in range(10)]
    with session(folder, tmp_path / "ssh") as terminal:
        for note in notes:
            terminal.press(f"n{note}\x13\x1b[B", pace)
        terminal.press("g", pace)
        for _row in range(5):
            terminal.press("t\x1b[B", pace)
        terminal.press("g", pace)
        for _row in range(5):
            # Everything ticked and delivered; the cursor stays in its group, on the next duty.
            terminal.press("\r\x14\x13", pace)
        terminal.press("q", pace)
        assert terminal.wait(60) == 0
        assert b"Traceback" not in terminal.written
    deployment = open_deployment(folder)
    try:
        duties = deployment.context.store.read(lambda tx: tx.find(Duty))
        acts = [change.act.what for change in deployment.context.store.changes(0)]
    finally:
        deployment.close()
    assert sorted(note.text for duty in duties for note in duty.notes) == notes
    assert (acts.count("took"), acts.count("delivered")) == (5, 5)
    assert len({duty.id for duty in duties if duty.assignee}) >= 5
    assert sum(duty.delivery is not None for duty in duties) == 5
