"""A session's side of the connection, with a caller who does not behave."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sla_tracker.serve import client
from sla_tracker.serve.sessions import conversation
from sla_tracker.serve.sessions.conversation import Conversation, NumberedAnswer
from sla_tracker.serve.sessions.files import RelayedFiles

PATIENCE_SECONDS = 20.0


class Session(Conversation):
    """A conversation that notes its end instead of ending this process."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(connection)
        self.is_ended = threading.Event()

    def _interrupt(self) -> None:
        self.is_ended.set()


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Session, socket.socket]]:
    monkeypatch.setattr(conversation, "LOOK_SECONDS", 0.2)
    ours, theirs = socket.socketpair()
    session = Session(ours)
    yield session, theirs
    session.finish(0)  # who has finished is not ended when the caller goes
    theirs.close()
    ours.close()


def talking(theirs: socket.socket, until: threading.Event, message: bytes) -> threading.Thread:
    """Return a thread that sends a message again and again, without a silence between."""

    def talk() -> None:
        with contextlib.suppress(OSError):
            while not until.is_set():
                theirs.sendall(message)
                time.sleep(0.01)

    thread = threading.Thread(target=talk)
    thread.start()
    return thread


def test_who_keeps_talking_loses_a_lost_login_all_the_same(ends: tuple[Session, socket.socket]) -> None:
    session, theirs = ends
    thread = talking(theirs, session.is_ended, client.packed(client.ANSWER, b"7"))
    session.start(lambda: "no longer welcome")
    assert session.is_ended.wait(PATIENCE_SECONDS)
    thread.join()
    assert session.reason == "no longer welcome"


def test_answers_that_nobody_waits_for_are_not_kept(ends: tuple[Session, socket.socket]) -> None:
    session, theirs = ends
    looks: list[float] = []
    before = len(list(Path("/proc/self/fd").iterdir()))

    def look() -> str:
        looks.append(time.monotonic())
        return ""

    session.start(look)
    for _number in range(40):
        message = client.packed(client.ANSWER, b"1", b"x")
        theirs.sendmsg([message], client.attached(0, 1, 2))
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(looks) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 1
    asked = threading.Thread(target=lambda: _answer(theirs, b"right"))
    asked.start()
    answer = session.ask(client.OPEN, b"r", b"file", seconds=PATIENCE_SECONDS)
    asked.join()
    assert answer.fields == [b"right"]
    for one in answer.descriptors:
        os.close(one)


class OvertakenSession(Session):
    """One in which another thread asks for a new file before this one has written its own."""

    def ask(self, kind: bytes, *fields: bytes, **how: Any) -> NumberedAnswer:
        answer = super().ask(kind, *fields, **how)
        for one in super().ask(client.OPEN, client.CREATING, b"another").descriptors:
            os.close(one)
        return answer


def test_a_file_that_cannot_be_written_is_taken_back_and_no_other(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, Path("/dev/full").open("wb") as full, ThreadPoolExecutor() as threads:
        session = OvertakenSession(ours)
        session.start(str)

        def answer_both() -> None:
            for _question in range(2):
                _answer(theirs, b"0", full.fileno())

        answering = threads.submit(answer_both)
        with pytest.raises(OSError, match="No space"):
            RelayedFiles(session, tmp_path).write("file", b"content")
        answering.result()
        assert theirs.recv(100) == client.packed(client.DISCARD, b"1")
        session.finish(0)


def test_only_known_signals_count_and_so_many_a_second(
    ends: tuple[Session, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    session, _theirs = ends
    sent: list[int] = []
    monkeypatch.setattr(os, "kill", lambda _process, number: sent.append(number))
    words = [b"KILL", b"STOP", b"9", b"", *[b"INT"] * 200]
    for at in (100.0, 100.9, 102.0):
        monkeypatch.setattr(time, "monotonic", lambda at=at: at)
        session._hear(bytearray(b"".join(client.packed(client.SIGNAL, word) for word in words)), [])
    assert sent == [signal.SIGINT] * conversation.MOST_SIGNALS * 2


def _answer(theirs: socket.socket, said: bytes, descriptor: int = 0) -> None:
    question = theirs.recv(4096)
    number = question[client.HEADER_BYTES :].split(b"\0")[0]
    theirs.sendmsg([client.packed(client.ANSWER, number, said)], client.attached(descriptor))
