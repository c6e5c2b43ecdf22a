"""A real terminal on which a login types `sla`."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from types import TracebackType
from typing import Any, Self

from tests.serve.host import Host

WAIT_SECONDS = 30.0
# The terminal after a command: a shell's builtin loop that shows what it reads.
_SHELL = '"$@"; while read -r line; do echo "<$line>"; done'


class Terminal:
    """A pty whose process is the client, or a shell that runs the client first (`then`)."""

    def __init__(self, host: Host, login: str, *words: str, then: str = "") -> None:
        command, environ, home = host.call_words(login, *words)
        if then:
            command = [*command[:4], "/bin/bash", "-c", _SHELL, "bash", *command[4:]]
        self.text = ""
        self._code: int | None = None
        master, slave = pty.openpty()
        self.name = os.ttyname(slave)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 40, 120, 0, 0))
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            for descriptor in range(3):
                os.dup2(slave, descriptor)
            os.closerange(3, 256)
            os.chdir(home)
            os.execvpe(command[0], command, {**environ, "TERM": "xterm-256color"})
        self.master, self._slave = master, slave

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def resize(self, lines: int, columns: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("4H", lines, columns, 0, 0))

    def modes(self) -> list[Any]:
        return termios.tcgetattr(self._slave)

    def _read(self, seconds: float) -> bool:
        """Read a part of what was written; False when nothing comes."""
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        self.text += os.read(self.master, 65536).decode("utf-8", "replace")
        return True

    def wait_for(self, words: str, seconds: float = WAIT_SECONDS) -> None:
        """Wait until the words are on the screen."""
        deadline = time.monotonic() + seconds
        while words not in re.sub(r"\x1b\[[0-9;?<>=]*[a-zA-Z]", "", self.text):
            assert time.monotonic() < deadline, self.text[-3000:]
            self._read(0.1)

    def end(self, seconds: float = WAIT_SECONDS) -> int:
        """Wait for the process and return its exit code."""
        deadline = time.monotonic() + seconds
        while self._code is None:
            assert time.monotonic() < deadline, self.text[-3000:]
            self._read(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
        while self._read(0):
            pass
        return self._code

    def close(self) -> None:
        if self._code is None:
            try:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass
            self._code = -signal.SIGKILL
        os.close(self.master)
        os.close(self._slave)
