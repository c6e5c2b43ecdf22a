"""Breaks a connection off whose message takes too long in all.

A time limit for each answer is none for the whole: a server that sends one byte now and then keeps to every one.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from types import TracebackType
from typing import Final, Self

from sla_tracker.errors import N_
from sla_tracker.services.reminders.messages import Outcome, Result, failed, unknown

ANSWERS: Final = 6
"""How many times as long as one answer a whole message may take."""
AGAIN_SECONDS: Final = 0.2
SHORT_PAUSE: Final = timedelta(minutes=1)

Connected = Callable[[], socket.socket | None]
"""Returns the socket of a connection, which changes when it is encrypted; None without one."""


class Deadline:
    """Ends the connections of one message when its time is over.

    Connections that are watched inside its block are ended.
    """

    def __init__(self, timeout_seconds: float) -> None:
        self.seconds = timeout_seconds * ANSWERS
        self.is_over = False
        self._connections: list[Connected] = []
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._wait, name="deadline", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def watch(self, connected: Connected) -> None:
        """End this connection, too, when the time is over."""
        self._connections.append(connected)

    def _wait(self) -> None:
        if self._done.wait(self.seconds):
            return
        self.is_over = True
        while True:
            for connected in self._connections:
                self._break_off(connected())
            # Again, because the connection may be between two sockets now, while its encryption begins.
            if self._done.wait(AGAIN_SECONDS):
                return

    def _break_off(self, connection: socket.socket | None) -> None:
        if connection is not None:
            with suppress(OSError):
                # The plain one: that of a TLS socket would let the sending thread go on unencrypted.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def judged(self, outcome: Outcome, host: str) -> Outcome:
        """Return the outcome of a message, with the true reason where its time was over.

        The channel then pauses, because other messages would take as long.
        """
        if not self.is_over or outcome.result not in {Result.FAILED, Result.UNKNOWN}:
            return outcome
        problem = N_("{host} is too slow: a message was given up after {seconds} s.")
        pause = SHORT_PAUSE + timedelta(seconds=self.seconds)  # counted from when it began
        if outcome.result is Result.FAILED:
            return failed(problem, pause=pause, host=host, seconds=f"{self.seconds:g}")
        return replace(unknown(problem, host=host, seconds=f"{self.seconds:g}"), pause=pause)
