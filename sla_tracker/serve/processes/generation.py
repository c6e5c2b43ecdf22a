"""A generation of the service, which forks a session for each caller.

It has settings, plugins and store open. It has one thread, so that forking is safe. It speaks to no caller and waits
for no lock; a plugin that ends its process ends a generation, and the supervisor starts the next.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import selectors
import signal
import socket
import time
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NoReturn

from sla_tracker.config.deployment import SERVICE_FOLDER
from sla_tracker.errors import ExitCode, SlaError, StoreError
from sla_tracker.serve import client, log, notices, wire
from sla_tracker.serve.deployment import SERVICE_ENVIRONMENT, ServedDeployment
from sla_tracker.serve.processes import chores, confinement
from sla_tracker.serve.processes.children import ended_children, fork_with_line
from sla_tracker.serve.processes.link import (
    FAILURE,
    LONGEST_PROBLEM,
    MESSAGE_BYTES,
    QUESTION,
    RETIRE,
    SESSION,
    STOP,
    TERMINAL,
    GenerationEvent,
    GenerationMessage,
    SessionFacts,
)
from sla_tracker.serve.processes.preparation import ANSWERING, LeftSomething, open_for_sessions
from sla_tracker.serve.processes.running import NOBODY, WEB, Running
from sla_tracker.serve.sessions import session
from sla_tracker.serve.sessions.conversation import GONE_SECONDS
from sla_tracker.serve.shared import watcher
from sla_tracker.serve.web.login.attempts import Attempts

LOOK_SECONDS = 1.0  # between two looks at settings, plugins and store
WATCHER_SECONDS = 5.0  # before another watcher is started after one that ended
MOST_SECONDS_ALONE = GONE_SECONDS + 5.0
OwnWork = Callable[[ServedDeployment, session.SessionLine], NoReturn]
"""What a copy does for the service itself."""


MOST_WEB_TERMINALS = 200


class Generation:
    """The process between supervisor and sessions."""

    def __init__(self, folder: Path, link: socket.socket) -> None:
        self._link = link
        self._running: dict[int, Running] = {}
        self._selector = selectors.DefaultSelector()
        self._is_retired = False
        self._reported: object = None
        self._attempts = Attempts()
        self._opened = open_for_sessions(folder)
        self._opened.generation = os.getpid()
        self._watched_at = float("-inf")

    def run(self) -> None:
        """Serve until the supervisor retires this generation and its last session ends."""
        waking, woken = socket.socketpair()
        for end in (waking, woken):
            end.setblocking(False)
        signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        self._selector.register(waking, selectors.EVENT_READ, partial(_read_signals, waking))
        self._selector.register(self._link, selectors.EVENT_READ, self._read_supervisor)
        ready = GenerationMessage(
            event=GenerationEvent.READY,
            calls_per_second=self._opened.limits.calls_per_second,
            web_mark=self._opened.mark_of_web(),
        )
        _tell(self._link, ready)
        looked_at = time.monotonic()
        while not self._is_retired or any(not one.is_watcher for one in self._running.values()):
            for key, _events in self._selector.select(LOOK_SECONDS):
                key.data()
            self._collect_ended()
            if time.monotonic() - looked_at >= LOOK_SECONDS:
                looked_at = time.monotonic()
                self._check_changes()
        for one in self._running.values():
            os.kill(one.pid, signal.SIGKILL)

    # --- what the supervisor says -------------------------------------------------------------------------------------

    def _read_supervisor(self) -> None:
        try:
            content, descriptors, _flags, _address = socket.recv_fds(self._link, MESSAGE_BYTES, 1)
        except OSError:
            content, descriptors = b"", []
        if content.startswith(SESSION) and descriptors:
            pid, uid = map(int, content[len(SESSION) :].split())
            self._fork(socket.socket(fileno=descriptors[0]), wire.Peer(pid=pid, uid=uid))
        elif content.startswith(TERMINAL) and descriptors:
            self._fork(socket.socket(fileno=descriptors[0]), WEB, content[len(TERMINAL) :].decode())
        elif content == QUESTION and descriptors:
            self._fork_answer(socket.socket(fileno=descriptors[0]))
        elif content.startswith(FAILURE):
            self._opened.failure = content[len(FAILURE) :].decode()
        elif content == RETIRE:
            self._is_retired = True
        elif content in {STOP, b""}:  # nothing means that the supervisor is gone
            self._is_retired = True
            self._selector.unregister(self._link)
            for one in self._running.values():
                if one.is_terminal:
                    os.kill(one.pid, signal.SIGUSR1)

    def _fork(self, connection: socket.socket, peer: wire.Peer, person: str = "") -> None:
        """Fork a session for a caller.

        The web process names the `person` for whom its terminal is.
        """
        commands = [one for one in self._running.values() if one.peer.uid == peer.uid and not one.is_terminal]
        if len(commands) >= self._opened.limits.commands and not person:
            wire.refuse(connection, client.FULL)
            return
        try:
            pid, ours, theirs = fork_with_line()
        except OSError as problem:
            log.write("session", problem=f"it cannot be started: {problem.strerror}")
            wire.refuse(connection, client.NO_ROOM)
            return
        if pid == 0:
            self._become_session(ours)
            session.serve(self._opened, connection, peer, session.SessionLine(channel=theirs), person)
        theirs.close()
        _tell(self._link, GenerationMessage(event=GenerationEvent.BEGAN, session=pid))
        self._follow(Running(pid=pid, peer=peer, connection=connection, channel=ours, person=person))

    def _fork_answer(self, connection: socket.socket) -> None:
        """Fork a process that answers a question of the web process.

        The web process limits how many it asks at once.
        """
        try:
            pid, ours, theirs = fork_with_line()
        except OSError as problem:
            log.write("session", problem=f"it cannot be started: {problem.strerror}")
            connection.close()
            return
        if pid == 0:
            self._become_session(ours)
            answering = importlib.import_module(ANSWERING)
            answering.serve(self._opened, connection, session.SessionLine(channel=theirs))
        theirs.close()
        connection.close()
        _tell(self._link, GenerationMessage(event=GenerationEvent.BEGAN, session=pid))
        self._follow(Running(pid=pid, peer=WEB, connection=None, channel=ours))

    def _become_session(self, ours: socket.socket) -> None:
        """Let go of everything of the generation.

        Its objects close their files now; later they would close others with the same numbers.
        """
        confinement.reset_signals()
        os.setsid()
        os.chdir("/")
        self._selector.close()
        for one in (ours, self._link):
            one.close()
        for running in self._running.values():
            running.channel.close()
            if running.connection is not None:
                running.connection.close()

    def _fork_chores(self) -> None:
        """Fork a process that does what comes due, after the one before has ended."""
        self._fork_own(chores.do, "chores")

    def _fork_watcher(self) -> None:
        """Fork a process that follows the store on a server, for all sessions."""
        self._watched_at = time.monotonic()
        self._fork_own(watcher.follow, watcher.COMMAND, is_watcher=True)

    def _fork_own(self, work: OwnWork, command: str, *, is_watcher: bool = False) -> None:
        try:
            pid, ours, theirs = fork_with_line()
        except OSError as problem:
            log.write("session", command=command, problem=f"it cannot be started: {problem.strerror}")
            return
        if pid == 0:
            self._become_session(ours)
            work(self._opened, session.SessionLine(channel=theirs))
        theirs.close()
        facts = SessionFacts(command=command)
        self._follow(
            Running(pid=pid, peer=NOBODY, connection=None, channel=ours, is_watcher=is_watcher, facts=facts)
        )

    def _follow(self, running: Running) -> None:
        """Read what a forked process says from now on."""
        running.channel.setblocking(False)
        self._running[running.pid] = running
        self._selector.register(running.channel, selectors.EVENT_READ, partial(self._read_session, running))

    # --- what sessions say --------------------------------------------------------------------------------------------

    def _read_session(self, running: Running) -> None:
        for content in _received(running.channel):
            if content == session.TERMINAL_QUESTION:
                running.is_terminal = not self._has_enough_terminals(running)
                with contextlib.suppress(OSError):
                    running.channel.send(session.TERMINAL_ALLOWED if running.is_terminal else b"no")
            elif content.startswith(session.ATTEMPT):
                self._count_attempt(running, content[len(session.ATTEMPT) :])
            elif content == session.SENDING and running.is_chores:
                running.sends_since = running.sends_since or time.monotonic()
            elif content.startswith(session.SENDS):
                number, channel = json.loads(content[len(session.SENDS) :])
                running.sending[number] = channel, time.monotonic()
            elif content.startswith(session.SENT):
                running.sending.pop(int(content[len(session.SENT) :]), None)
            elif content == session.NEWS:
                self._tell_terminals()
            elif content:
                self._note_facts(running, content)
            else:
                with contextlib.suppress(KeyError):
                    self._selector.unregister(running.channel)

    def _note_facts(self, running: Running, content: bytes) -> None:
        with contextlib.suppress(ValueError):
            running.facts.update(json.loads(content))

    def _count_attempt(self, running: Running, content: bytes) -> None:
        """Count a password that was typed, or answer how long to wait for the next one.

        Two waits are answered: for the person who was named, and for the login.
        """
        person, login, *outcome = json.loads(content)
        place = f"login {login}"
        match outcome:
            case [True]:
                self._attempts.note_right(person, place)
            case [False]:
                self._attempts.note_wrong(person, place)
            case _:
                waits = [self._attempts.seconds_for(person, place), self._attempts.wait_for(person, place)]
                with contextlib.suppress(OSError):
                    running.channel.send(json.dumps(waits).encode())

    def _has_enough_terminals(self, asking: Running) -> bool:
        """Return whether a login, or a person in the browser, may open no other one."""
        there = [one for one in self._running.values() if one.is_terminal and one.peer.uid == asking.peer.uid]
        own = sum(one.person == asking.person for one in there)
        is_full = asking.peer.uid == WEB.uid and len(there) >= MOST_WEB_TERMINALS
        return is_full or own >= self._opened.limits.terminals

    def _collect_ended(self) -> None:
        """Collect sessions that ended, and tell a caller whose session was ended suddenly."""
        for pid, code in ended_children():
            running = self._running.pop(pid, None)
            if running is not None:
                self._end(running, code)

    def _end(self, running: Running, code: int) -> None:
        self._read_session(running)
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(running.channel)
        running.channel.close()
        if running.is_chores and code == 0:
            self._opened.ticked_at = running.began_at
        if running.connection is not None:
            if code < 0:
                running.connection.setblocking(False)
                with contextlib.suppress(OSError):
                    running.connection.send(client.packed(client.EXIT, str(128 - code).encode()))
            running.connection.close()
        if running.peer.uid != NOBODY.uid:
            _tell(self._link, GenerationMessage(event=GenerationEvent.ENDED, session=running.pid))
        took = round((time.monotonic() - running.began_at) * 1000)
        if running.connection is not None or code or "problem" in running.facts or running.peer is WEB:
            uid = running.peer.uid if running.connection is not None else None
            log.write("session", uid=uid, pid=running.pid, code=code, milliseconds=took, **running.facts)

    # --- what has to be looked at -------------------------------------------------------------------------------------

    def _check_changes(self) -> None:
        with contextlib.suppress(StoreError):
            if self._opened.follow():
                self._tell_terminals()
        own = [one for one in self._running.values() if one.connection is None]
        is_time = time.monotonic() - self._watched_at >= WATCHER_SECONDS
        if self._opened.shared is not None and is_time and not any(one.is_watcher for one in own):
            self._fork_watcher()
        self._end_left_behind()
        self._end_hanging_chores()
        if self._is_retired:
            return
        self._look_at_settings()
        if chores.are_due() and not any(one.is_chores for one in self._running.values()):
            chores.note_start()
            self._fork_chores()

    def _end_left_behind(self) -> None:
        """Kill sessions that go on long after their caller has gone.

        A session ends itself, unless something in it never gives its threads a turn.
        """
        poll, now = select.poll(), time.monotonic()
        for one in self._running.values():
            if one.connection is not None:
                poll.register(one.connection.fileno(), select.POLLRDHUP)
        gone = {descriptor for descriptor, _event in poll.poll(0)}
        for one in self._running.values():
            if one.connection is None or one.connection.fileno() not in gone:
                continue
            one.gone_at = one.gone_at or now
            if now - one.gone_at > MOST_SECONDS_ALONE:
                os.kill(one.pid, signal.SIGKILL)  # still the session's id: its end has not been collected

    def _end_hanging_chores(self) -> None:
        """Kill chores that wait for a channel for ever, so that the next ones can begin.

        What was being sent counts as unknown then, as after any kill.
        """
        for one in self._running.values():
            if one.sends_since is None or time.monotonic() - one.sends_since <= chores.MOST_SENDING_SECONDS:
                continue
            channels = one.seconds_by_channel()
            named = ", ".join(f"{name} ({seconds} s)" for name, seconds in channels.items())
            most = f"{chores.MOST_SENDING_SECONDS:g} s"
            one.facts["problem"] = f"a channel did not end within {most}: {named or 'not known which'}"
            one.facts["channels"] = channels
            one.sends_since = None  # its end is noticed like any other
            os.kill(one.pid, signal.SIGKILL)

    def _tell_terminals(self) -> None:
        """Tell open terminals that somebody committed something, so that none asks for it."""
        for one in self._running.values():
            if one.is_terminal:
                # A full line holds older news that were not read yet.
                with contextlib.suppress(OSError):
                    one.channel.send(session.NEWS)

    def _look_at_settings(self) -> None:
        """Report settings or plugins that changed, each state once.

        A change that was taken back needs no new generation.
        """
        if not self._opened.plugins_changed() and not self._opened.is_of_yesterday():
            self._reported, self._opened.failure = None, ""
            return
        mark = self._opened.mark()
        if mark != self._reported:
            self._reported = mark
            _tell(self._link, GenerationMessage(event=GenerationEvent.CHANGED))


def _tell(link: socket.socket, message: GenerationMessage) -> None:
    """Tell the supervisor something; it may be gone."""
    with contextlib.suppress(OSError):
        link.send(message.packed())


def _read_signals(waking: socket.socket) -> None:
    with contextlib.suppress(BlockingIOError):
        waking.recv(MESSAGE_BYTES)


def _received(channel: socket.socket) -> Iterator[bytes]:
    while True:
        try:
            content = channel.recv(MESSAGE_BYTES)
        except OSError:
            return
        yield content
        if not content:
            return


def run(folder: Path, link: socket.socket) -> NoReturn:
    """Run a generation in this process, and end it."""
    code = int(ExitCode.OK)
    try:
        SERVICE_ENVIRONMENT.update(os.environ)
        generation = Generation(folder, link)
        generation.run()
    except LeftSomething:
        _tell(link, GenerationMessage(event=GenerationEvent.LEFT_SOMETHING))
    except SlaError as problem:
        notices.leave(folder / SERVICE_FOLDER, notices.SETTINGS, problem)
        said = problem.sentence()[:LONGEST_PROBLEM]
        _tell(link, GenerationMessage(event=GenerationEvent.FAILED, problem=said))
        code = int(problem.exit_code)
    except Exception as error:
        details = "".join(traceback.format_exception(error))
        log.write(
            "fault", number=log.keep_numbered(folder / SERVICE_FOLDER, details), kind=type(error).__name__
        )
        code = int(ExitCode.FAILED)
    finally:
        os._exit(code)
