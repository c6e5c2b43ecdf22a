"""A session's side of the connection: it tells and asks, and hears signals."""

from __future__ import annotations

import os
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue

from sla_tracker.serve import client, wire
from sla_tracker.value_class import dataclass

MOST_SIGNALS = 50  # a second
GONE_SECONDS = 30.0  # how long a session goes on without its caller
LOOK_SECONDS = 1.0  # between two looks whether the caller may still be here, sending or not
ANSWER_SECONDS = 60.0
PRINT_SECONDS = client.PRINTER_SECONDS + 5.0
# What a caller's signal becomes here. All of them end the session in good order, as Ctrl+C does.
SIGNALS = {b"INT": signal.SIGINT, b"TERM": signal.SIGINT, b"HUP": signal.SIGINT, b"QUIT": signal.SIGINT}

Answer = tuple[list[bytes], list[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedAnswer:
    """An answer with the number of its question, by which later messages refer to it."""

    number: bytes
    fields: Sequence[bytes]
    descriptors: Sequence[int]


class Conversation:
    """The connection of one session; a thread of its own reads it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._answers: SimpleQueue[Answer | None] = SimpleQueue()
        # One question at a time: the terminal asks from several threads.
        self._asking = threading.Lock()
        self._number = 0
        self.is_terminal = False
        self._is_over = False
        self._is_finished = False
        self._reason = ""
        self._heard: list[float] = []

    def start(self, still_welcome: Callable[[], str]) -> None:
        """Begin to listen.

        `still_welcome` returns the sentence that ends the session, or nothing.
        """
        threading.Thread(target=self._listen, args=(still_welcome,), name="caller", daemon=True).start()

    def end(self, reason: str) -> None:
        """End the session in good order, as Ctrl+C does, and tell the caller why."""
        self._reason = self._reason or reason
        self._interrupt()

    def _interrupt(self) -> None:
        """End what runs.

        A command ends as Ctrl+C ends it, the full-screen program as a closed window ends it.
        """
        os.kill(os.getpid(), signal.SIGHUP if self.is_terminal else signal.SIGINT)

    @property
    def reason(self) -> str:
        """Return why the session was ended from here; empty if it was not."""
        return self._reason

    def finish(self, code: int, reason: str = "") -> None:
        """Send the exit code with a reason.

        The reason is the given one, or why the session was ended from here. Nothing follows.
        """
        self._is_finished = True
        self.tell(client.EXIT, str(code).encode(), (reason or self._reason).encode())

    def tell(self, kind: bytes, *fields: bytes) -> None:
        """Send a message; a caller that is gone hears nothing."""
        try:
            self._connection.sendall(client.packed(kind, *fields))
        except OSError:
            self._is_over = True

    def ask(
        self, kind: bytes, *fields: bytes, descriptor: int | None = None, seconds: float = ANSWER_SECONDS
    ) -> NumberedAnswer:
        """Send a question and return its answer; raises OSError without one."""
        with self._asking:
            self._number += 1
            number = str(self._number).encode()
            message = client.packed(kind, number, *fields)
            passed = client.attached(*([] if descriptor is None else [descriptor]))
            sent = self._connection.sendmsg([message], passed)
            self._connection.sendall(message[sent:])
            fields_back, descriptors = self._answer_to(number, seconds)
            return NumberedAnswer(number=number, fields=fields_back, descriptors=descriptors)

    def _answer_to(self, number: bytes, seconds: float) -> Answer:
        deadline = time.monotonic() + seconds
        while not self._is_over:
            try:
                answer = self._answers.get(timeout=max(deadline - time.monotonic(), 0.01))
            except Empty:
                break
            if answer is None:
                break
            fields, descriptors = answer
            if fields[:1] == [number]:
                return fields[1:], descriptors
            for one in descriptors:
                os.close(one)
        raise ConnectionError("the caller does not answer")

    def _listen(self, still_welcome: Callable[[], str]) -> None:
        with suppress(OSError, wire.BadRequest):
            self._listen_to_the_end(still_welcome)
        self._is_over = True
        self._answers.put(None)
        if self._is_finished:
            return
        self._interrupt()
        time.sleep(GONE_SECONDS)
        os._exit(client.INTERRUPTED)

    def _listen_to_the_end(self, still_welcome: Callable[[], str]) -> None:
        buffer, descriptors = bytearray(), list[int]()
        poll = select.poll()
        poll.register(self._connection.fileno(), select.POLLIN)
        looked_at = time.monotonic()
        while True:
            if poll.poll(LOOK_SECONDS * 1000):
                if not wire.receive_answer(self._connection, buffer, descriptors):
                    return
                self._hear(buffer, descriptors)
            # By the clock and not in a silence: a caller who goes on sending leaves none.
            if time.monotonic() - looked_at < LOOK_SECONDS:
                continue
            looked_at = time.monotonic()
            if not self._reason and (reason := still_welcome()):
                self.end(reason)

    def _hear(self, buffer: bytearray, descriptors: list[int]) -> None:
        while (message := wire.next_message(buffer)) is not None:
            kind, fields = message
            if kind == client.SIGNAL and fields[0] in SIGNALS and self._may_signal():
                os.kill(os.getpid(), SIGNALS[fields[0]])
            elif kind == client.ANSWER and self._asking.locked():
                self._answers.put((fields, descriptors.copy()))
                descriptors.clear()
        if not self._asking.locked():
            # Answers that nobody waits for would fill the memory and the table of open files.
            for descriptor in descriptors:
                os.close(descriptor)
            descriptors.clear()

    def _may_signal(self) -> bool:
        now = time.monotonic()
        self._heard = [at for at in self._heard if now - at < 1][-MOST_SIGNALS:]
        self._heard.append(now)
        return len(self._heard) <= MOST_SIGNALS
