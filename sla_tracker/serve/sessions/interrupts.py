"""Handles Ctrl+C and hang-ups of a session.

No interrupt is lost, wherever it comes while a question is asked.
"""

from __future__ import annotations

import os
import select
import signal
from types import FrameType

WAKING_BYTES = 4096


class Interrupts:
    """Ends what runs by KeyboardInterrupt, and remembers it until a question is read.

    An exception alone is not enough: `input` swallows one that comes while it writes its prompt, and one that comes
    just before the process waits for a key is raised only after that key.
    """

    def __init__(self) -> None:
        self._is_due = False
        self._waking, self._wakes = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def begin(self) -> None:
        """Take the signals over, in the main thread."""
        signal.set_wakeup_fd(self._wakes, warn_on_full_buffer=False)
        signal.signal(signal.SIGINT, self._end)
        signal.signal(signal.SIGHUP, self._hang_up)

    def give_back(self) -> None:
        """Leave Ctrl+C to a full-screen program, whose loop ends by it.

        A hang-up that came before still counts.
        """
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def ignore(self) -> None:
        """Let nothing end what is cleaned up and told after the command."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self._is_due = True
        raise KeyboardInterrupt

    def _hang_up(self, number: int, frame: FrameType | None) -> None:
        # Where Ctrl+C ends a session before the client has its pty, the pty hangs up: once is enough.
        if not self._is_due:
            self._end(number, frame)

    def wait_to_read(self, descriptor: int) -> None:
        """Wait until a descriptor can be read.

        Raises KeyboardInterrupt for one that came before or comes meanwhile.
        """
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        poll.register(self._waking, select.POLLIN)
        try:
            while not self._is_due:
                ready = dict(poll.poll())
                if self._waking in ready:
                    os.read(self._waking, WAKING_BYTES)
                elif descriptor in ready:
                    return
            raise KeyboardInterrupt
        finally:
            self._is_due = False  # of one Ctrl+C one question ends
