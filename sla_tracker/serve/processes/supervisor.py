"""The first process of the service, which holds its socket.

It knows callers by the kernel's word, and keeps a generation. It uses the standard library only, runs no plugin, opens
no store and waits for no caller. What can go wrong happens in a generation or a session, and the supervisor starts the
next.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import field
from functools import partial
from typing import NoReturn

from sla_tracker.serve import client, log, systemd, wire
from sla_tracker.serve.processes import confinement
from sla_tracker.serve.processes.children import ended_children, fork_with_line
from sla_tracker.serve.processes.link import (
    FAILURE,
    MESSAGE_BYTES,
    QUESTION,
    RETIRE,
    SESSION,
    STOP,
    TERMINAL,
    GenerationEvent,
    GenerationMessage,
    message_of,
)
from sla_tracker.value_class import dataclass

LOOK_SECONDS = 0.5
PAUSE_SECONDS = 5.0  # before another generation is tried after one that ended or could not start
START_SECONDS = 60.0  # a generation that is not ready by then hangs
STOP_SECONDS = 30.0  # that sessions have to finish
MOST_SILENT_ENDS = 8  # after which only a change of settings or plugins is a reason to try again
MOST_WAITING = 64  # connections that wait for the first generation
USUAL_CALLS_PER_SECOND = 20

Begin = Callable[[socket.socket], NoReturn]
LONGEST_ASKED = 400  # bytes


@dataclass(slots=True, kw_only=True)
class Child:
    """A generation, as the supervisor sees it."""

    pid: int
    link: socket.socket
    began_at: float = field(default_factory=time.monotonic)
    is_ready: bool = False
    said_why: bool = False
    left_something: bool = False
    sessions: set[int] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class Web:
    """The web process; `mark` tells the settings that it runs by."""

    pid: int
    link: socket.socket
    mark: str


class Supervisor:
    """Accepts callers and hands them to the present generation.

    `begin` runs a generation in a forked process, `begin_web` the web process. `listening` is closed when the service
    stops.
    """

    def __init__(
        self, listening: socket.socket, begin: Begin, lock: int, begin_web: Begin | None = None
    ) -> None:
        self._listening = listening
        self._begin = begin
        self._begin_web = begin_web
        self._web: Web | None = None
        self._web_mark = ""
        self._try_web_after = 0.0
        self._lock = lock
        self._selector = selectors.DefaultSelector()
        self._present: Child | None = None
        self._next: Child | None = None
        self._children: dict[int, Child] = {}
        self._orphans: set[int] = set()
        """Sessions whose generation was killed: the kernel gives them to this process, which ends them at stop."""
        self._waiting: deque[tuple[socket.socket, wire.Peer]] = deque()
        self._calls: dict[int, deque[float]] = defaultdict(deque)
        self._calls_per_second = USUAL_CALLS_PER_SECOND
        self._try_after = 0.0
        self._stop_by: float | None = None
        self._wants_generation = True
        self._silent_ends = 0
        """How many generations in turn ended before they were ready, and did not say why."""
        self._failure = ""

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT; return the exit code."""
        waking, woken = socket.socketpair()
        for end in (waking, woken):
            end.setblocking(False)
        signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
        for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(name, lambda _number, _frame: None)
        self._listening.setblocking(False)
        self._selector.register(waking, selectors.EVENT_READ, partial(self._take_signals, waking))
        self._selector.register(self._listening, selectors.EVENT_READ, self._accept)
        log.write("started", pid=os.getpid())
        confinement.adopt_orphans()
        while self._stop_by is None or (self._is_anybody_left and time.monotonic() < self._stop_by):
            self._start_generation()
            self._start_web()
            for key, _events in self._selector.select(LOOK_SECONDS):
                key.data()
            self._collect_ended()
        self._end_all()
        log.write("stopped", pid=os.getpid())
        return 0

    @property
    def _is_anybody_left(self) -> bool:
        return bool(self._children or self._orphans or self._web)

    # --- signals ------------------------------------------------------------------------------------------------------

    def _take_signals(self, waking: socket.socket) -> None:
        with contextlib.suppress(BlockingIOError):
            for number in waking.recv(MESSAGE_BYTES):
                if number in {signal.SIGTERM, signal.SIGINT}:
                    self._stop()
                elif number == signal.SIGHUP:
                    self._wants_generation = True

    def _stop(self) -> None:
        """Stop listening and let sessions finish; a second signal ends them."""
        if self._stop_by is not None:
            self._stop_by = 0.0
            return
        systemd.notify("STOPPING=1")
        self._stop_by = time.monotonic() + STOP_SECONDS
        self._selector.unregister(self._listening)
        self._listening.close()
        while self._waiting:  # none of them is handed over any more, and none may be closed twice
            self._waiting.popleft()[0].close()
        for child in self._children.values():
            _send(child, STOP)
        self._end_web()
        self._ask_to_end(self._orphans)

    def _ask_to_end(self, sessions: Iterable[int]) -> None:
        """Let sessions without a generation tell their callers that the service stops."""
        for pid in sessions:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGUSR1)

    def _end_all(self) -> None:
        for pid in (*self._children, *self._orphans, *([self._web.pid] if self._web else [])):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)

    # --- callers ------------------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        try:
            connection, _address = self._listening.accept()
        except OSError:
            return
        peer = wire.peer_of(connection)
        if self._is_too_fast(peer.uid):
            wire.refuse(connection, client.TOO_FAST)
            return
        self._waiting.append((connection, peer))
        if self._present is not None:
            self._hand_over()
        elif len(self._waiting) > MOST_WAITING:
            wire.refuse(self._waiting.popleft()[0], client.STARTING)

    def _is_too_fast(self, uid: int) -> bool:
        now = time.monotonic()
        calls = self._calls[uid]
        while calls and now - calls[0] > 1:
            calls.popleft()
        calls.append(now)
        if len(self._calls) > 10_000:
            self._calls.clear()
        return len(calls) > self._calls_per_second

    def _hand_over(self) -> None:
        """Give the callers that wait to the present generation."""
        while self._waiting and self._present is not None:
            connection, peer = self._waiting.popleft()
            try:
                content = SESSION + b"%d %d" % (peer.pid, peer.uid)
                socket.send_fds(self._present.link, [content], [connection.fileno()])
            except OSError:
                wire.refuse(connection, client.STARTING)
            connection.close()

    # --- generations --------------------------------------------------------------------------------------------------

    def _start_generation(self) -> None:
        """Start the next generation if one is wanted.

        The present one serves until the next is ready.
        """
        now = time.monotonic()
        if self._next is not None:
            if now - self._next.began_at > START_SECONDS:
                log.write("generation", pid=self._next.pid, problem="it did not start in time")
                os.kill(self._next.pid, signal.SIGKILL)
                self._next.began_at = now  # its end is noticed like any other
            return
        if not self._wants_generation or self._stop_by is not None or now < self._try_after:
            return
        self._wants_generation = False
        self._try_after = now + PAUSE_SECONDS
        try:
            pid, ours, theirs = fork_with_line()
        except OSError as problem:
            log.write("generation", problem=f"it cannot be started: {problem.strerror}")
            self._wants_generation = True
            return
        if pid == 0:
            self._become_generation(ours)
            self._begin(theirs)
        theirs.close()
        ours.setblocking(False)  # a generation that hangs must not stop this process
        self._next = self._children[pid] = Child(pid=pid, link=ours)
        self._selector.register(ours, selectors.EVENT_READ, partial(self._read_generation, self._next))

    def _become_generation(self, ours: socket.socket) -> None:
        """Let go of everything of the supervisor.

        A copy of the lock would keep the next service out.
        """
        confinement.reset_signals()
        self._selector.close()
        os.close(self._lock)
        for one in (ours, self._listening, *(child.link for child in self._children.values())):
            one.close()
        if self._web is not None:
            self._web.link.close()
        for connection, _peer in self._waiting:
            connection.close()

    def _read_generation(self, child: Child) -> bool:
        """Take one message of a generation; False where none is there."""
        try:
            content = child.link.recv(MESSAGE_BYTES, socket.MSG_DONTWAIT)
            message = message_of(content) if content else None
        except BlockingIOError:
            return False
        except (OSError, ValueError):
            message = None
        if message is None:
            with contextlib.suppress(KeyError):
                self._selector.unregister(child.link)
            return False
        self._hear_of_generation(child, message)
        return True

    def _hear_of_generation(self, child: Child, message: GenerationMessage) -> None:
        match message.event:
            case GenerationEvent.BEGAN:
                child.sessions.add(message.session)
            case GenerationEvent.ENDED:
                child.sessions.discard(message.session)
            case GenerationEvent.READY:
                self._calls_per_second = message.calls_per_second
                self._web_mark = message.web_mark
                self._switch_to(child)
            case GenerationEvent.FAILED:
                child.said_why = True
                self._note_failure(child, message.problem)
            case GenerationEvent.CHANGED if child is self._present:
                self._wants_generation, self._silent_ends = True, 0
            case GenerationEvent.LEFT_SOMETHING if child is self._next:
                problem = "a plugin left something behind; the next leaves it out"
                log.write("generation", pid=child.pid, problem=problem)
                child.left_something = True

    def _note_failure(self, child: Child, problem: str) -> None:
        self._failure = problem
        log.write("generation", pid=child.pid, problem=problem)
        systemd.notify(f"STATUS={problem.partition(chr(10))[0]}")
        if self._present is not None:
            _send(self._present, FAILURE + problem.encode())

    def _switch_to(self, child: Child) -> None:
        if self._stop_by is not None:
            return  # it was told to stop before it was ready
        before, self._present = self._present, child
        self._next, child.is_ready, self._failure, self._silent_ends = None, True, "", 0
        if before is not None:
            _send(before, RETIRE)
        log.write("generation", pid=child.pid, ready=True)
        systemd.notify("READY=1\nSTATUS=")
        self._hand_over()

    # --- the web process ----------------------------------------------------------------------------------------------

    def _start_web(self) -> None:
        """Start the web process by the present settings, and end one with older ones."""
        if self._web is not None and self._web.mark != self._web_mark:
            self._end_web()
        wanted = self._web_mark and self._begin_web is not None and self._web is None
        if not wanted or self._stop_by is not None or time.monotonic() < self._try_web_after:
            return
        self._try_web_after = time.monotonic() + PAUSE_SECONDS
        try:
            pid, ours, theirs = fork_with_line()
        except OSError as problem:
            log.write("web", problem=f"it cannot be started: {problem.strerror}")
            return
        if pid == 0:
            self._become_generation(ours)
            assert self._begin_web is not None
            self._begin_web(theirs)
        theirs.close()
        self._web = Web(pid=pid, link=ours, mark=self._web_mark)
        self._selector.register(ours, selectors.EVENT_READ, partial(self._read_web, self._web))

    def _read_web(self, web: Web) -> None:
        """Hand a connection of the web process to the present generation.

        Without a generation the connection is closed.
        """
        try:
            content, descriptors, _flags, _address = socket.recv_fds(
                web.link, LONGEST_ASKED, 1, socket.MSG_DONTWAIT
            )
        except BlockingIOError:
            return
        except OSError:
            content, descriptors = b"", []
        if not content:
            with contextlib.suppress(KeyError):
                self._selector.unregister(web.link)
        elif content.startswith((QUESTION, TERMINAL)) and descriptors and self._present is not None:
            with contextlib.suppress(OSError):
                socket.send_fds(self._present.link, [content], descriptors)
        for descriptor in descriptors:
            os.close(descriptor)

    def _end_web(self) -> None:
        if self._web is not None:
            with contextlib.suppress(OSError):
                os.kill(self._web.pid, signal.SIGTERM)

    def _end_of_web(self, web: Web, code: int) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(web.link)
        web.link.close()
        self._web = None
        if web.mark != self._web_mark:
            self._try_web_after = 0.0
        log.write("web", pid=web.pid, code=code, problem="it ended" if code else "")

    def _collect_ended(self) -> None:
        """Collect generations and web processes that ended, and go on without them."""
        for pid, code in ended_children():
            child = self._children.pop(pid, None)
            if self._web is not None and pid == self._web.pid:
                self._end_of_web(self._web, code)
                continue
            if child is None:
                self._orphans.discard(pid)
                continue
            while self._read_generation(child):
                continue
            self._take_over(child)
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(child.link)
            child.link.close()
            if child is self._present:
                self._present = None
                self._wants_generation = True
                log.write("generation", pid=pid, code=code, problem="it ended")
            elif child is self._next:
                self._next = None
                # One that said what is wrong changes nothing: the present goes on with the last good settings. One
                # that ended otherwise was ended by a plugin, which the following one leaves out.
                self._silent_ends = 0 if child.said_why else self._silent_ends + 1
                self._wants_generation = self._present is None or 0 < self._silent_ends <= MOST_SILENT_ENDS
                if child.left_something:
                    self._try_after = 0.0

    def _take_over(self, child: Child) -> None:
        """Look after the sessions of a generation that ended."""
        self._orphans |= child.sessions
        if self._stop_by is not None:
            self._ask_to_end(child.sessions)


def _send(child: Child, word: bytes) -> None:
    with contextlib.suppress(OSError):
        child.link.send(word, socket.MSG_DONTWAIT)
