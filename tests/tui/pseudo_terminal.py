"""A real terminal for tests: a program behind a pty, its keys and everything it writes."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parents[2]


class Pseudo:
    """Runs a program on a pty of a given size; standard output and error are the terminal, as in a shell."""

    def __init__(
        self,
        arguments: Sequence[str],
        size: tuple[int, int] = (100, 30),
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.master, child = pty.openpty()
        self.resize(size, tell=False)
        surroundings = dict(os.environ) | {
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'plugins'}",
            "TERM": "xterm-256color",
        }
        for name in ("COLUMNS", "LINES"):  # they speak of the terminal that the tests run in
            surroundings.pop(name, None)
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=child,
            stdout=child,
            stderr=child,
            cwd=ROOT,
            env=surroundings | dict(environ or {}),
            start_new_session=True,
        )
        os.close(child)
        self.written = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)

    def resize(self, size: tuple[int, int], *, tell: bool = True) -> None:
        """Give the terminal another size, as a window does."""
        columns, rows = size
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        if tell:
            self.process.send_signal(signal.SIGWINCH)

    def read(self, seconds: float) -> bytes:
        """Return what is written until nothing comes for a while."""
        new = b""
        end = time.monotonic() + seconds
        poll = select.poll()  # select.select takes no descriptor beyond 1,023
        poll.register(self.master, select.POLLIN)
        while time.monotonic() < end:
            if not poll.poll(50):
                continue
            try:
                new += os.read(self.master, 65_536)
            except OSError:
                break
        self.written += new
        return new

    def read_until(self, wanted: bytes, seconds: float = 20.0) -> bool:
        """Read until something was written; False when it never is."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and wanted not in self.written:
            self.read(0.1)
        return wanted in self.written

    def press(self, keys: str | bytes, seconds: float = 0.4) -> bytes:
        """Type keys and return what is written because of them."""
        os.write(self.master, keys.encode() if isinstance(keys, str) else keys)
        return self.read(seconds)

    def wait(self, seconds: float = 10.0) -> int:
        """Wait for the end, reading what is left, and return the exit code; raises TimeoutExpired."""
        end = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < end:
            self.read(0.1)
        code = self.process.wait(0.1)
        self.read(1.0)  # what it wrote last; ends at once when that is read: the other side is closed
        return code
