"""Finds what the code of a plugin leaves behind in its process.

The service forks a copy of the process for each caller: of a thread only its locks are copied, a connection would be
shared by all callers, and a reaction to a signal would take the place of the program's own.
"""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import field
from enum import StrEnum
from pathlib import Path
from typing import Any

from sla_tracker import i18n
from sla_tracker.domain.clean import clean
from sla_tracker.errors import N_, Phrase
from sla_tracker.value_class import dataclass

PROCESSES = Path("/proc")
OWN_FILES, OWN_THREADS = PROCESSES / "self" / "fd", PROCESSES / "self" / "task"
ENDING_SECONDS = 0.5  # that a thread which was waited for may still need to be gone
LOOK_SECONDS = 0.01
MOST_NAMED = 20  # things of one plugin
LONGEST_NAME = 80  # characters
FILES_OF_PLUGINS = "sla_plugin_"
"""How the module names of single Python files begin."""


class LeftoverKind(StrEnum):
    """What a plugin left behind."""

    THREAD = "thread"
    SOCKET = "socket"
    FILE = "file"
    AT_EXIT = "at_exit"
    SIGNAL = "signal"
    PROCESS = "process"


_WORDS: Mapping[LeftoverKind, str] = {
    LeftoverKind.THREAD: N_("a thread ({name})"),
    LeftoverKind.SOCKET: N_("an open connection ({name})"),
    LeftoverKind.FILE: N_("an open file ({name})"),
    LeftoverKind.AT_EXIT: N_("a function for the end of the program ({name})"),
    LeftoverKind.SIGNAL: N_("its own reaction to a signal ({name})"),
    LeftoverKind.PROCESS: N_("a process that goes on running ({name})"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """One thing that a plugin left behind, with its name."""

    kind: LeftoverKind
    name: str

    def phrase(self) -> Phrase:
        """Return it as a part of a sentence."""
        return Phrase(_WORDS[self.kind], name=self.name)


def listed(found: Iterable[Leftover]) -> str:
    """Return what was left behind as a part of a sentence, in the reader's language."""
    return i18n.gettext(N_(", ")).join(str(one.phrase()) for one in found)


@dataclass(slots=True)
class Leftovers:
    """What was left behind; known when the watching has ended."""

    found: tuple[Leftover, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """What a process has at one moment.

    Threads by their id, descriptors and what they are, reactions to signals, ids of its children, and the number of
    functions for its end.
    """

    threads: frozenset[int]
    descriptors: Mapping[int, str]
    reactions: Mapping[signal.Signals, Any]
    children: frozenset[int]
    at_exit: int

    def leftovers(self, before: _State) -> Iterator[Leftover]:
        """Yield what was not there before, but for functions for the end."""
        names = {thread.native_id: thread.name for thread in threading.enumerate()}
        for thread in sorted(self.threads - before.threads):
            yield _leftover(LeftoverKind.THREAD, names.get(thread, str(thread)))
        for number, what in self.descriptors.items():
            if before.descriptors.get(number) != what:
                is_file = what.startswith("/")
                name = what if is_file else what.partition(":[")[0]  # "socket:[123]"
                yield _leftover(LeftoverKind.FILE if is_file else LeftoverKind.SOCKET, name)
        for number, reaction in self.reactions.items():
            if before.reactions[number] is not reaction and before.reactions[number] != reaction:
                yield _leftover(LeftoverKind.SIGNAL, number.name)
        for child in sorted(self.children - before.children):
            yield _leftover(LeftoverKind.PROCESS, _command(child))


@dataclass(slots=True)
class _AtExit:
    """Functions registered for the program's end, with the modules that did so."""

    known: list[tuple[Callable[..., object], str]] = field(default_factory=list)

    def register(self, function: Callable[..., object], /, *args: object, **kwargs: object) -> object:
        """Register a function as `atexit.register` does, and note who does it."""
        self.known.append((function, str(sys._getframe(1).f_globals.get("__name__", ""))))
        return _register(function, *args, **kwargs)


_register = atexit.register


def can_watch() -> bool:
    """Return whether what a process has can be asked here.

    The system has to tell it, and the present thread has to be one that may ask.
    """
    return OWN_FILES.is_dir() and threading.current_thread() is threading.main_thread()


@contextmanager
def watched(own_modules: Collection[str]) -> Iterator[Leftovers]:
    """Watch what the body leaves behind in this process.

    Reactions to signals are put back, processes ended, functions for the end taken out; a thread or a connection stays.

    `own_modules` are the packages of the plugin: functions for the end that libraries register on being imported are
    no matter of it. In a system that does not tell, and outside the main thread, nothing is found.
    """
    leftovers = Leftovers()
    if not can_watch():
        yield leftovers
        return
    before, at_exit = _state(), _AtExit()
    atexit.register = at_exit.register  # type: ignore[assignment]
    try:
        yield leftovers
    finally:
        atexit.register = _register
        found = list(_lasting(before))
        found += _own_at_exit(at_exit, before, own_modules)
        leftovers.found = tuple(dict.fromkeys(found))[:MOST_NAMED]
        _put_back(before)


def _lasting(before: _State) -> tuple[Leftover, ...]:
    """Return what is still there after a moment.

    In this moment threads end, and what nobody holds is closed.
    """
    until = time.monotonic() + ENDING_SECONDS
    while found := tuple(_state().leftovers(before)):
        if time.monotonic() > until:
            return found
        gc.collect()
        time.sleep(LOOK_SECONDS)
    return ()


def _own_at_exit(at_exit: _AtExit, before: _State, own_modules: Collection[str]) -> Iterator[Leftover]:
    """Yield the plugin's functions for the program's end, and unregister them."""
    unseen = _at_exit_count() - before.at_exit - len(at_exit.known)
    for function, module in at_exit.known:
        if module.partition(".")[0] in own_modules or module.startswith(FILES_OF_PLUGINS):
            name = getattr(function, "__qualname__", type(function).__name__)
            yield _leftover(LeftoverKind.AT_EXIT, str(name))
            atexit.unregister(function)
    if unseen > 0:
        yield _leftover(LeftoverKind.AT_EXIT, str(unseen))


def _put_back(before: _State) -> None:
    after = _state()
    for number, reaction in before.reactions.items():
        if after.reactions[number] is not reaction and reaction is not None:
            signal.signal(number, reaction)
    for child in after.children - before.children:
        with suppress(OSError):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _state() -> _State:
    return _State(
        threads=frozenset(map(int, _names(OWN_THREADS))),
        descriptors=dict(_descriptors()),
        reactions={one: signal.getsignal(one) for one in signal.Signals if one in signal.valid_signals()},
        children=frozenset(_children()),
        at_exit=_at_exit_count(),
    )


def _at_exit_count() -> int:
    count: int = atexit._ncallbacks()
    return count


def _names(folder: Path) -> list[str]:
    try:
        return [one.name for one in folder.iterdir()]
    except OSError:
        return []


def _descriptors() -> Iterator[tuple[int, str]]:
    for name in _names(OWN_FILES):
        with suppress(OSError):  # the one by which the folder was read is closed again
            yield int(name), str((OWN_FILES / name).readlink())


def _children() -> Iterator[int]:
    for thread in _names(OWN_THREADS):
        with suppress(OSError):
            yield from map(int, (OWN_THREADS / thread / "children").read_text(encoding="ascii").split())


def _command(process: int) -> str:
    """Return the name of a process's program, or the process's id where it is unknown."""
    try:
        return (PROCESSES / str(process) / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return str(process)


def _leftover(kind: LeftoverKind, name: str) -> Leftover:
    return Leftover(kind=kind, name=clean(name, limit=LONGEST_NAME))
