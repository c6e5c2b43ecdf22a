"""Runs a program on a pseudo-terminal; measures when it draws something and its CPU time."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parent.parent
COLUMNS, ROWS = 120, 36
QUIET_SECONDS = 0.15  # without output, after which a program has answered a key
HOME = "\x1b[1~"  # the key's escape sequence


class Terminal:
    """A Python program whose standard input, output and error are a pty."""

    def __init__(self, arguments: Sequence[str], **environ: str) -> None:
        self.master, child = pty.openpty()
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.begun = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=child,
            stdout=child,
            stderr=child,
            cwd=ROOT,
            env=os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"} | environ,
            start_new_session=True,
        )
        os.close(child)
        self.written = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)

    def drawn(self, wanted: bytes, seconds: float = 60.0) -> float:
        """Return the seconds from the start until `wanted` was drawn; raises AssertionError."""
        end = time.perf_counter() + seconds
        while wanted not in self.written:
            assert time.perf_counter() < end, f"{wanted.decode()!r} was never drawn"
            if select.select([self.master], [], [], 0.2)[0]:
                self.written += os.read(self.master, 65_536)
        return time.perf_counter() - self.begun

    def settle(self, quiet: float = 0.3) -> None:
        """Read until nothing is written for `quiet` seconds."""
        while select.select([self.master], [], [], quiet)[0]:
            self.written += os.read(self.master, 65_536)

    def quit(self, seconds: float = 20.0) -> None:
        """Press q and wait for the program's end; reads its output, as a full pty would block it."""
        os.write(self.master, b"q")
        end = time.perf_counter() + seconds
        while self.process.poll() is None:
            assert time.perf_counter() < end, "the program does not end"
            with suppress(OSError):  # the pty is gone with the program
                if select.select([self.master], [], [], 0.02)[0]:
                    self.written += os.read(self.master, 65_536)

    def cpu_of(self, keys: str, times: int, *, draws: bool = True) -> float:
        """Return the CPU milliseconds of one press of the keys, the mean of `times`.

        Where they draw something, the next press waits for it: a busy machine would answer several presses in one
        turn of the screen otherwise.
        """
        self.settle(QUIET_SECONDS)
        before = self.cpu()
        for _ in range(times):
            os.write(self.master, keys.encode())
            if draws:
                assert select.select([self.master], [], [], 30)[0], f"nothing was drawn after {keys!r}"
            self.settle(0.04)
        self.settle(QUIET_SECONDS)
        return (self.cpu() - before) / times / 1e6

    def least_cpu_of(self, keys: str, times: int, batches: int, *, draws: bool = True) -> float:
        """Return the least of several batches, to leave out disturbance by other programs."""
        costs = []
        for _ in range(batches):
            self.cpu_of(HOME, 1, draws=False)
            costs.append(self.cpu_of(keys, times, draws=draws))
        return min(costs)

    def cpu(self) -> int:
        """Return the CPU nanoseconds that the program has taken."""
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads)
