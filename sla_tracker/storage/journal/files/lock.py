"""File lock of a journal: one writer, or any number of readers."""

from __future__ import annotations

import _thread
import contextlib
import fcntl
import os
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path

from sla_tracker.storage.journal.errors import LockTimeout, SharedLock
from sla_tracker.storage.journal.files.disk import Disk, create

# How often and after which pause the lock is tried again before a waiting thread is started.
PAUSES, PAUSE_SECONDS = 4, 0.005
NOTICE_SECONDS = 2.0
"""How long one waits without a word."""
Waiting = Callable[[str], None]
Identity = tuple[int, int]
"""Inode and device of a file."""


class Lock:
    """A re-entrant lock across threads and processes, by flock on a file.

    Polling alone could wait for ever: a process that releases the lock and takes it again wins against sleeping ones.
    So the kernel waits (it queues the waiters), in a separate thread, as flock has no timeout. A few short pauses come
    first: handing the lock over costs about as much as a commit, so a process with many changes should make several
    in a row.
    """

    def __init__(
        self, disk: Disk, path: Path, *, timeout: float, writable: bool, waiting: Waiting | None = None
    ) -> None:
        """Prepare a lock.

        `waiting` is called with the holder's name once a wait takes NOTICE_SECONDS.
        """
        self._waiting = waiting
        self._disk = disk
        self._path = path
        self._timeout = timeout
        self._writable = writable
        self._forget()
        _locks.add(self)

    def _forget(self) -> None:
        self._mutex: threading.RLock = threading.RLock()
        self._depth = 0
        self._shared = False
        """Whether the lock is held shared, so that others may hold it too."""
        self._owner = 0
        self._descriptor: int | None = None
        self.identity: Identity | None = None
        """Inode and device of the lock file, known after the first time it was taken."""

    def exclusive(self) -> _Holding:
        """Return a context manager that excludes all other threads and processes.

        Raises LockTimeout, which names the holder where the system shows it, and SharedLock inside `shared`: whoever
        waits there for others waits for ever, as two may do so at once.
        """
        return _Holding(self, fcntl.LOCK_EX)

    def shared(self) -> _Holding:
        """Return a context manager that keeps writers out.

        Inside `exclusive` it costs nothing. Raises LockTimeout.
        """
        return _Holding(self, fcntl.LOCK_SH)

    def held_here(self) -> bool:
        """Return whether this thread holds the lock."""
        return self._owner == threading.get_ident()

    def enter(self, kind: int) -> threading.RLock:
        """Take the lock and return the mutex for `leave`; for `exclusive` and `shared`."""
        # The mutex comes first: flock does not separate threads that share a descriptor, and a second thread that
        # read the depth without it would join the first one's transaction.
        deadline = time.monotonic() + self._timeout
        mutex = self._mutex
        if not mutex.acquire(blocking=False) and not mutex.acquire(timeout=self._timeout):
            raise self._timed_out("another thread of this process")
        if self._depth and self._shared and kind == fcntl.LOCK_EX:
            mutex.release()
            raise SharedLock("Writers are kept out by this thread itself; end that before changing anything.")
        try:
            if self._depth == 0:
                self._take(kind, deadline)
                self._shared = kind == fcntl.LOCK_SH
        except BaseException:
            self._give()
            mutex.release()
            raise
        self._depth += 1
        self._owner = threading.get_ident()
        return mutex

    def enter_if_free(self) -> threading.RLock | None:
        """Take the lock shared and return the mutex for `leave`; None if it is not free."""
        mutex = self._mutex
        if not mutex.acquire(blocking=False):
            return None
        try:
            taken = self._depth > 0
            if not taken:
                taken = self._shared = self._try_shared()
        except BaseException:
            self._give()
            mutex.release()
            raise
        if not taken:
            mutex.release()
            return None
        self._depth += 1
        self._owner = threading.get_ident()
        return mutex

    def _try_shared(self) -> bool:
        descriptor = self._opened()
        try:
            self._disk.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        if self._is_current(descriptor):
            return True
        self.close()
        return False

    def leave(self, mutex: threading.RLock) -> None:
        """Release the lock if this was the outermost block."""
        try:
            if (
                mutex is self._mutex
            ):  # otherwise this is a child forked meanwhile, and the lock is its parent's
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
                if not self._try_again(descriptor, kind, deadline):
                    self._wait(descriptor, kind, deadline)
            if self._is_current(descriptor):
                return
            self.close()

    def _try_again(self, descriptor: int, kind: int, deadline: float) -> bool:
        """Try again after short pauses; return whether the lock was taken."""
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
                # Two processes may come here at once; without O_EXCL both open the same file.
                self._descriptor = create(self._disk, self._path, os.O_RDWR)
        return self._descriptor

    def _is_current(self, descriptor: int) -> bool:
        """Return whether the path still leads to the locked file, not to a new one."""
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
            until = time.monotonic() + NOTICE_SECONDS
            if self._waiting is not None and until < deadline and not waiter.came(until):
                self._waiting(holder_of(file))
            came = waiter.arrived(deadline)
        except BaseException:  # a signal interrupted us; without this the waiter would keep the lock for ever
            came = not waiter.abandon()
            raise
        finally:
            if not came:
                self._descriptor = None  # the waiting thread closes it once flock returns
        if not came:
            raise self._timed_out(holder_of(file))
        if waiter.error is not None:
            raise waiter.error

    def _timed_out(self, holder: str) -> LockTimeout:
        return LockTimeout(
            "The journal is held by {holder} for over {seconds} seconds; try again.",
            holder,
            seconds=f"{self._timeout:g}",
        )

    def _give(self) -> None:
        if self._descriptor is None:
            return
        try:
            self._disk.flock(self._descriptor, fcntl.LOCK_UN)
        except OSError:
            self.close()  # closing the file releases the lock too

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            self._disk.close(descriptor)

    def after_fork(self) -> None:
        """Forget the lock in a forked child.

        A flock belongs to the open file, which parent and child share, so the child must not unlock it.
        """
        descriptor = self._descriptor
        self._forget()
        if descriptor is not None:
            with contextlib.suppress(OSError):
                os.close(descriptor)


class _Holding:
    """Context manager that holds the lock.

    A class, as a generator-based one would cost every commit as much time as hashing its line.
    """

    __slots__ = ("_kind", "_lock", "_mutex")

    def __init__(self, lock: Lock, kind: int) -> None:
        self._lock = lock
        self._kind = kind

    def __enter__(self) -> None:
        self._mutex = self._lock.enter(self._kind)

    def __exit__(self, *_error: object) -> None:
        self._lock.leave(self._mutex)


def holder_of(file: os.stat_result, locks: Path = Path("/proc/locks")) -> str:
    """Return the process that holds a lock on a file, "another process" if unknown."""
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
    """A thread that waits in flock for another thread, which has a deadline.

    Bare `_thread` and `Lock`, as `threading.Thread` and `Event` switch threads several times more while others wait.
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
        """Start the thread."""
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
                # Closing alone would not release it if a forked child has the same open file.
                with contextlib.suppress(OSError):
                    self._disk.flock(self._descriptor, fcntl.LOCK_UN)
                self._disk.close(self._descriptor)
        self._pending.release()

    def came(self, until: float) -> bool:
        """Return whether the lock was taken before a moment.

        The moment is a value of time.monotonic. The thread goes on waiting.
        """
        if not self._pending.acquire(timeout=max(until - time.monotonic(), 0)):
            return False
        self._pending.release()
        return True

    def arrived(self, deadline: float) -> bool:
        """Return whether the lock was taken before the deadline (time.monotonic).

        Otherwise the descriptor is left to the waiting thread, unless the lock was taken at the last moment.
        """
        if self._pending.acquire(timeout=max(deadline - time.monotonic(), 0)):
            return True
        return not self.abandon()

    def abandon(self) -> bool:
        """Leave the descriptor to the waiting thread; False where the lock was just taken."""
        with self._decided:
            self._abandoned = not self._done
            return self._abandoned


# All locks of this process, for `after_fork`; weak, so that a closed journal can be freed.
_locks: weakref.WeakSet[Lock] = weakref.WeakSet()


def _after_fork() -> None:
    for lock in list(_locks):
        lock.after_fork()


os.register_at_fork(after_in_child=_after_fork)
