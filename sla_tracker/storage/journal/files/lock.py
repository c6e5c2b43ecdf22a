"""Who may touch the journal's files: one writer, or any number of readers."""

from __future__ import annotations

import _thread
import contextlib
import fcntl
import os
import threading
import time
import weakref
from pathlib import Path

from sla_tracker.storage.journal.errors import LockTimeout
from sla_tracker.storage.journal.files.disk import Disk, create

PAUSES, PAUSE_SECONDS = 4, 0.005
Identity = tuple[int, int]
"""Inode and device of a file."""


class Lock:
    """A blocking flock on a file of its own, re-entrant within a thread.

    Polling alone would starve: whoever releases and asks again wins against sleepers. So the kernel does the waiting,
    in a thread of its own, for a flock has no timeout. A few pauses come before: handing the lock over costs about as
    much as a commit, so who has many changes to make should make some of them in a row.
    """

    def __init__(self, disk: Disk, path: Path, *, timeout: float, writable: bool) -> None:
        self._disk = disk
        self._path = path
        self._timeout = timeout
        self._writable = writable
        self._forget()
        _locks.add(self)

    def _forget(self) -> None:
        self._mutex: threading.RLock = threading.RLock()
        self._depth = 0
        self._owner = 0
        self._descriptor: int | None = None
        self.identity: Identity | None = None
        """Which file it is that is locked, from the first time on."""

    def exclusive(self) -> _Holding:
        """Be the only one, across threads and processes, for a `with` block.

        Raises LockTimeout, which names the holder where the system tells.
        """
        return _Holding(self, fcntl.LOCK_EX)

    def shared(self) -> _Holding:
        """Keep writers out while reading, for a `with` block; within `exclusive` this is free.

        Raises LockTimeout.
        """
        return _Holding(self, fcntl.LOCK_SH)

    def held_here(self) -> bool:
        """Tell whether this thread holds the lock."""
        return self._owner == threading.get_ident()

    def enter(self, kind: int) -> threading.RLock:
        """Take the lock and return the mutex for `leave`; for `exclusive` and `shared`."""
        # The mutex comes first: a second thread that looked at the depth would join the first one's transaction.
        deadline = time.monotonic() + self._timeout
        mutex = self._mutex
        if not mutex.acquire(blocking=False) and not mutex.acquire(timeout=self._timeout):
            raise self._timed_out("another thread of this process")
        try:
            if self._depth == 0:
                self._take(kind, deadline)
        except BaseException:
            self._give()
            mutex.release()
            raise
        self._depth += 1
        self._owner = threading.get_ident()
        return mutex

    def leave(self, mutex: threading.RLock) -> None:
        """Give the lock back, if this was the outermost block."""
        try:
            if mutex is self._mutex:  # or else a child was forked meanwhile, and the lock is its parent's
                self._depth -= 1
                if self._depth == 0:
                    self._owner = 0
                    self._give()
        finally:
            mutex.release()

    def _take(self, kind: int, deadline: float) -> None:
        while True:
            descriptor = self._opened()
            try:
                self._disk.flock(descriptor, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                if not self._comes_soon(descriptor, kind, deadline):
                    self._wait(descriptor, kind, deadline)
            if self._is_current(descriptor):
                return
            self.close()

    def _comes_soon(self, descriptor: int, kind: int, deadline: float) -> bool:
        """Ask again after short pauses; return whether the lock is there."""
        for _ in range(PAUSES):
            if time.monotonic() + PAUSE_SECONDS >= deadline:
                break
            time.sleep(PAUSE_SECONDS)
            with contextlib.suppress(BlockingIOError):
                self._disk.flock(descriptor, kind | fcntl.LOCK_NB)
                return True
        return False

    def _opened(self) -> int:
        if self._descriptor is None:
            self.identity = None
            try:
                self._descriptor = self._disk.open(self._path, os.O_RDWR if self._writable else os.O_RDONLY)
            except FileNotFoundError:
                # Two may come here at once; O_EXCL is left out so that both open the one file.
                self._descriptor = create(self._disk, self._path, os.O_RDWR)
        return self._descriptor

    def _is_current(self, descriptor: int) -> bool:
        """Tell whether the file we locked is still the one that others will find under its name."""
        try:
            there = self._disk.status(self._path)
        except FileNotFoundError:
            return False
        if self.identity is None:
            here = self._disk.status_of(descriptor)
            self.identity = here.st_ino, here.st_dev
        return self.identity == (there.st_ino, there.st_dev)

    def _wait(self, descriptor: int, kind: int, deadline: float) -> None:
        waiter, file = _Waiter(self._disk, descriptor, kind), self._disk.status_of(descriptor)
        try:
            waiter.start()
            came = waiter.arrived(deadline)
        except BaseException:  # a signal came first; without this the waiter would keep the lock for ever
            came = not waiter.abandon()
            raise
        finally:
            if not came:
                self._descriptor = None  # the waiter closes it when the kernel lets go
        if not came:
            raise self._timed_out(holder_of(file))
        if waiter.error is not None:
            raise waiter.error

    def _timed_out(self, holder: str) -> LockTimeout:
        return LockTimeout(
            f"The journal is held by {holder} for over {self._timeout:g} seconds; try again.", holder
        )

    def _give(self) -> None:
        if self._descriptor is None:
            return
        try:
            self._disk.flock(self._descriptor, fcntl.LOCK_UN)
        except OSError:
            self.close()  # closing lets go too

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            self._disk.close(descriptor)

    def after_fork(self) -> None:
        """Drop in a child what belongs to its parent: a lock is shared with the open file it was taken on."""
        descriptor = self._descriptor
        self._forget()
        if descriptor is not None:
            with contextlib.suppress(OSError):
                os.close(descriptor)


class _Holding:
    """One stretch of holding a lock; a generator would cost every commit as much as the hashing of its line."""

    __slots__ = ("_kind", "_lock", "_mutex")

    def __init__(self, lock: Lock, kind: int) -> None:
        self._lock = lock
        self._kind = kind

    def __enter__(self) -> None:
        self._mutex = self._lock.enter(self._kind)

    def __exit__(self, *_error: object) -> None:
        self._lock.leave(self._mutex)


def holder_of(file: os.stat_result, locks: Path = Path("/proc/locks")) -> str:
    """Name the process that holds a lock on a file, or say "another process" where the system does not tell."""
    wanted = f"{os.major(file.st_dev):02x}:{os.minor(file.st_dev):02x}:{file.st_ino}"
    with contextlib.suppress(OSError):
        for line in locks.read_text(encoding="ascii", errors="replace").splitlines():
            fields = line.split()
            if len(fields) > 5 and fields[1] == "FLOCK" and fields[5] == wanted:
                return _process(fields[4])
    return "another process"


def _process(number: str) -> str:
    import pwd

    about = Path("/proc") / number
    try:
        login = pwd.getpwuid(about.stat().st_uid).pw_name
        words = (about / "cmdline").read_bytes().split(b"\0")
        program = " ".join(Path(word.decode(errors="replace")).name for word in words[:2] if word)
    except (OSError, KeyError):
        return f"process {number}"
    return f"process {number} ({login}: {program})"


class _Waiter:
    """Wait in the kernel for one lock, in a thread of its own, on behalf of a thread that has a deadline.

    `threading.Thread` and `Event` would hand the interpreter to and fro several times more, while all others wait.
    """

    def __init__(self, disk: Disk, descriptor: int, kind: int) -> None:
        self._disk = disk
        self._descriptor = descriptor
        self._kind = kind
        self._decided = threading.Lock()
        self._done = False
        self._abandoned = False
        self._pending = threading.Lock()
        self.error: OSError | None = None

    def start(self) -> None:
        """Begin to wait."""
        self._pending.acquire()
        _thread.start_new_thread(self._run, ())

    def _run(self) -> None:
        try:
            self._disk.flock(self._descriptor, self._kind)
        except OSError as error:
            self.error = error
        with self._decided:
            self._done = True
            if self._abandoned:
                # Closing alone would leave it to a child that was forked meanwhile.
                with contextlib.suppress(OSError):
                    self._disk.flock(self._descriptor, fcntl.LOCK_UN)
                self._disk.close(self._descriptor)
        self._pending.release()

    def arrived(self, deadline: float) -> bool:
        """Wait until the lock is there or the deadline has passed.

        In the second case the descriptor is left to the waiting thread, unless the lock has come just then.
        """
        if self._pending.acquire(timeout=max(deadline - time.monotonic(), 0)):
            return True
        return not self.abandon()

    def abandon(self) -> bool:
        """Leave the descriptor to the waiting thread; return False where the lock has come just then."""
        with self._decided:
            self._abandoned = not self._done
            return self._abandoned


_locks: weakref.WeakSet[Lock] = weakref.WeakSet()


def _after_fork() -> None:
    for lock in list(_locks):
        lock.after_fork()


os.register_at_fork(after_in_child=_after_fork)
