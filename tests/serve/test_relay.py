"""^Z at a question: the client stops as a job of its shell, and goes on with the question."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import socket
import termios
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from sla_tracker.serve.relay import Relay

SECONDS = 20.0


def relay() -> None:
    """Pass bytes on between standard input and a terminal whose line is read, until a line is "end"."""
    low, slave = pty.openpty()
    master = fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, 1_024)  # select() would refuse it
    os.close(low)
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        os.setsid()
        ours.close()
        os.close(master)
        with os.fdopen(slave, "rb", buffering=0) as lines:
            while (line := lines.readline()) != b"end\n":
                os.write(slave, b"<" + line.strip() + b">")
        theirs.close()
        os._exit(0)
    theirs.close()
    relaying = Relay(master, "cannot be suspended")
    relaying.begin()
    relaying.until_readable(ours)
    relaying.end(plain=False)


def as_a_job(work: Callable[[], None], report: int) -> None:
    """Run work as the foreground job of a shell that writes each of its stops, and continues it."""
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    job = os.fork()
    if job == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpgrp())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        work()
        os._exit(0)
    while True:
        _pid, status = os.waitpid(job, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            return
        cooked = termios.tcgetattr(0)[3] & termios.ICANON
        os.write(report, b"stopped, cooked " if cooked else b"stopped, raw ")
        os.tcsetpgrp(0, job)
        os.killpg(job, signal.SIGCONT)


@contextmanager
def shell(*, with_jobs: bool) -> Iterator[tuple[int, int]]:
    """Run the relay on a terminal, with a shell around it or without; yield terminal and the shell's report."""
    seen, report = os.pipe()
    pid, terminal = pty.fork()
    if pid == 0:
        try:
            as_a_job(relay, report) if with_jobs else relay()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os.write(1, b"over")
        os._exit(0)
    os.close(report)
    try:
        yield terminal, seen
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)
        os.close(seen)


class Reader:
    """Reads until some words came; what came after them in the same read is kept for the next words."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)
        self._text = b""

    def until(self, words: bytes) -> None:
        deadline = time.monotonic() + SECONDS
        while words not in self._text:
            assert time.monotonic() < deadline, self._text
            if self._poll.poll(100):
                self._text += os.read(self._descriptor, 4096)
        self._text = self._text.partition(words)[2]


@pytest.mark.parametrize("with_jobs", [True, False])
def test_control_z_stops_the_job_or_says_that_it_cannot(with_jobs: bool) -> None:
    with shell(with_jobs=with_jobs) as (terminal, seen):
        shown, reported = Reader(terminal), Reader(seen)
        os.write(terminal, b"one\r")
        shown.until(b"<one>")
        os.write(terminal, b"\x1atwo\r")
        if with_jobs:
            reported.until(b"stopped, cooked")
        else:
            shown.until(b"cannot be suspended")
        shown.until(b"<two>")
        os.write(terminal, b"end\r")
        shown.until(b"over")
