"""A terminal in the page of a trial: the program itself on a pty of this process."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Mapping, Sequence

from sla_tracker.i18n import gettext as _
from sla_tracker.serve.web.terminals.page_terminal import PageTerminal

END_SECONDS = 3.0
# Makes the pty the terminal of the new program (login_tty of libutil).
_ON_PTY = "import os, sys; os.login_tty(int(sys.argv[1])); os.execv(sys.argv[2], sys.argv[2:])"


class LocalTerminal(PageTerminal):
    """A program of this machine that runs as long as its terminal."""

    def __init__(self, words: Sequence[str], environment: Mapping[str, str], rows: int, columns: int) -> None:
        super().__init__(rows, columns)
        master, slave = pty.openpty()
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("4H", *self._size, 0, 0))
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _ON_PTY, str(slave), *words],
                pass_fds=(slave,),
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        finally:
            os.close(slave)
        self._begin(master)

    def _program_ended(self) -> None:
        self._end(_("The terminal was left."))

    def _release(self) -> None:
        # The kernel has told it with the end of the pty; what does not listen to that is ended. No daemon, because a
        # program that goes on must not outlive the pages that showed it.
        threading.Thread(target=_collect, args=(self._process,), name="collect").start()


def _collect(process: subprocess.Popen[bytes]) -> None:
    """Wait until a program has ended, and end one that does not."""
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
