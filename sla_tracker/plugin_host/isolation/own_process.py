"""Runs plugin code in a process of its own, which may end or freeze without harm."""

from __future__ import annotations

import os
import pickle
import select
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from enum import EnumType
from io import BytesIO
from typing import Any, TypeVar

from sla_tracker.errors import N_, PluginError

R = TypeVar("R")

LIMIT = 60.0  # seconds after which the process is ended
LARGEST_ANSWER = 64 * 1024 * 1024  # bytes
CHUNK = 64 * 1024  # bytes read at once
TRUSTED_MODULES = (
    "sla_tracker.",
    "datetime.",
    "decimal.",
    "zoneinfo.",
    "collections.",
    "fractions.",
    "pathlib.",
)
TRUSTED_BUILTINS = frozenset(
    {"set", "frozenset", "tuple", "list", "dict", "str", "int", "complex", "bytearray"}
)


def can_fork() -> bool:
    """Return whether this system can make a process of the present one."""
    return hasattr(os, "fork")


def in_own_process(work: Callable[[], R], *, limit: float = LIMIT) -> R:
    """Return what the work returns, done in a forked process.

    The process has no terminal. Raises PluginError when it ends early.

    Errors of the work are raised here. The answer holds values of this program and the standard library only.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _answer(work, writing)
    os.close(writing)
    try:
        content = _all_of(reading, time.monotonic() + limit)
    finally:
        os.close(reading)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        _pid, status = os.waitpid(child, 0)
    answer: R = _answer_in(content, status, limit)
    return answer


def _answer(work: Callable[[], object], writing: int) -> None:
    """Do the work in the child and write its result or error; never returns."""
    try:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nowhere, descriptor)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        try:
            content = pickle.dumps((True, work()))
        except Exception as error:
            content = pickle.dumps((False, error if isinstance(error, PluginError) else _unexpected(error)))
        with os.fdopen(writing, "wb") as stream:
            stream.write(content)
    finally:
        os._exit(0)


def _unexpected(error: Exception) -> PluginError:
    return PluginError(N_("{kind}: {reason}"), kind=type(error).__name__, reason=str(error)[:300])


def _all_of(reading: int, until: float) -> bytes | None:
    """Return all bytes of the pipe, or None.

    None when it is still open at the end of the time or holds too much.
    """
    found = bytearray()
    # Not select.select, which takes no descriptor beyond 1,023.
    poll = select.poll()
    poll.register(reading, select.POLLIN)
    while (left := until - time.monotonic()) > 0 and len(found) <= LARGEST_ANSWER:
        if not poll.poll(left * 1000):
            return None
        part = os.read(reading, CHUNK)
        if not part:
            return bytes(found)
        found += part
    return None


def _answer_in(content: bytes | None, status: int, limit: float) -> Any:
    if content is None:
        raise PluginError(
            N_("It did not end within {limit} seconds; its process was stopped."), limit=f"{limit:.0f}"
        )
    if not content:
        raise PluginError(N_("It ended the process in which it ran ({how})."), how=_ending(status))
    is_good, answer = _Answers(BytesIO(content)).load()
    if is_good:
        return answer
    raise answer


def _ending(status: int) -> str:
    """Return how a process ended, as `exit 3` or the signal's name."""
    code = os.waitstatus_to_exitcode(status)
    return f"exit {code}" if code >= 0 else signal.Signals(-code).name


class _Answers(pickle.Unpickler):
    """Reads an answer of plain values only.

    Any others are refused, because code that ran in the process could have written anything.
    """

    def find_class(self, module: str, name: str) -> Any:
        """Return a class of this program or a plain one of the standard library.

        Raises PluginError for any other.
        """
        if (module, name) == ("builtins", "getattr"):
            return _member  # how Python 3.11 writes a member of an enumeration
        is_plain = module == "builtins" and name in TRUSTED_BUILTINS
        if not is_plain and not f"{module}.".startswith(TRUSTED_MODULES):
            raise PluginError(N_("It answers with a value that is not used: {name}"), name=f"{module}.{name}")
        return super().find_class(module, name)


def _member(kind: object, name: object) -> Any:
    """Return a member of an enumeration.

    Raises PluginError for anything else that could be asked of a value.
    """
    if isinstance(kind, EnumType) and isinstance(name, str) and name in kind.__members__:
        return kind[name]
    raise PluginError(N_("It answers with a value that is not used: {name}"), name="builtins.getattr")
