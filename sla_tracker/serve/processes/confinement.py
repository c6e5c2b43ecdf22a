"""Shields a process of the service from all other processes.

Signals, descriptors, limits and memory are shielded.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import signal
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from sla_tracker.errors import N_, StoreBusy

_PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 4, 36, 38  # linux/prctl.h
_DEFAULT_SIGNALS = ("SIGHUP", "SIGTERM", "SIGQUIT", "SIGWINCH", "SIGCHLD", "SIGALRM", "SIGUSR1", "SIGUSR2")
OWN_DESCRIPTORS = Path("/proc/self/fd")
SESSION_DESCRIPTORS = 256
SESSION_MEMORY_BYTES = 4 << 30  # address space, which is far more than what is used
SESSION_FILE_BYTES = 2 << 30
COMMAND_CPU_SECONDS = 120
BROWSER_LOCK = "browser.lock"
VERIFICATION_LOCK = "verification.lock"


def close_to_others() -> None:
    """Keep other processes from reading or tracing this one and its children.

    Processes of the same login are kept out, too. Raises OSError where the system cannot do that.
    """
    library = ctypes.CDLL(None, use_errno=True)
    for option, value in ((_PR_SET_DUMPABLE, 0), (_PR_SET_NO_NEW_PRIVS, 1)):
        if library.prctl(option, value, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), f"prctl({option}) failed")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.umask(0o077)


def adopt_orphans() -> None:
    """Let this process become the parent of grandchildren whose parent is killed.

    Their process ids then stay theirs until this process has collected them.
    """
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def reset_signals() -> None:
    """Give a child the usual reactions to signals, whatever its parent did with them.

    A service started in the background inherits SIGINT ignored, and Python then raises no KeyboardInterrupt.
    """
    signal.set_wakeup_fd(-1)
    for name in _DEFAULT_SIGNALS:
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def close_all_but(kept: Collection[int]) -> None:
    """Close every descriptor that is not named, however high its number is."""
    start = 0
    for descriptor in sorted(kept):
        if descriptor > start:  # CPython 3.11 takes an empty range from 0 for all descriptors
            os.closerange(start, descriptor)
        start = descriptor + 1
    os.closerange(start, _after_last_open(start))


def _after_last_open(least: int) -> int:
    """Return a number above that of every open descriptor.

    The limit tells it badly: it may have been lowered since, or be a thousand million, which older kernels try one by
    one.
    """
    try:
        return max(least, *(int(one.name) for one in OWN_DESCRIPTORS.iterdir())) + 1
    except OSError:  # without /proc
        return max(least, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def limit_session() -> None:
    """Limit what one session may use."""
    for kind, most in (
        (resource.RLIMIT_AS, SESSION_MEMORY_BYTES),
        (resource.RLIMIT_NOFILE, SESSION_DESCRIPTORS),
        (resource.RLIMIT_FSIZE, SESSION_FILE_BYTES),
        (resource.RLIMIT_CPU, COMMAND_CPU_SECONDS),
    ):
        _soft, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        # Only the soft limit: a terminal, which stays open all day, lifts its processor time again.
        resource.setrlimit(kind, (most, hard))


@contextmanager
def room_for_browser(state: Path) -> Iterator[None]:
    """Raise a session's limits so that it may start a browser.

    A browser reserves more memory and opens more files than a session may. Only one session of the service does so at a
    time.
    """
    lock = os.open(state / BROWSER_LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    before = {kind: resource.getrlimit(kind) for kind in (resource.RLIMIT_AS, resource.RLIMIT_NOFILE)}
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for kind, (_soft, hard) in before.items():
            resource.setrlimit(kind, (hard, hard))
        yield
    finally:
        for kind, limits in before.items():
            resource.setrlimit(kind, limits)
        os.close(lock)


@contextmanager
def only_verification(state: Path) -> Iterator[None]:
    """Let only one session verify the store at a time; raises StoreBusy.

    Each reads all of it and keeps writers waiting: several in turn would keep them out for good.
    """
    state.mkdir(mode=0o700, parents=True, exist_ok=True)  # the first call of a service may be this one
    lock = os.open(state / VERIFICATION_LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreBusy(
                N_("Somebody else verifies the store through the service now; try again when that is done.")
            ) from None
        yield
    finally:
        os.close(lock)


def lift_processor_limit() -> None:
    """Let a session that stays open use as much processor time as it needs."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (hard, hard))
