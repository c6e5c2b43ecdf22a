"""Time limits for plugin code, and the alarm that interrupts it."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

SLOW = 0.5  # seconds from which a hook is reported as slow
HOOK_LIMIT = 5.0  # seconds after which a hook is interrupted

REPEATED = 1.0  # seconds between two alarms, in case the plugin's own clean-up code does not end either
SCHEDULED = Path("/proc/thread-self/schedstat")  # nanoseconds running and waiting, and turns (Linux)


class TookTooLong(BaseException):
    """Raised in plugin code that does not return in time.

    It is a BaseException, so that an `except Exception` in the plugin does not catch it.
    """


def waited_for_processor() -> float:
    """Return the seconds for which this thread waited for the processor.

    Returns 0 where the system does not tell.
    """
    try:
        return int(SCHEDULED.read_bytes().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


def own_seconds() -> float:
    """Return the time of a clock that stops while another thread has the processor."""
    return time.monotonic() - waited_for_processor()


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise TookTooLong in the body after a number of seconds.

    Time in which a busy machine gave the processor to others does not count: else the calendars of a company would be
    in quarantine for an hour because many people began at nine. Only the main thread of a POSIX program can be
    interrupted by a signal; elsewhere the body runs without a limit. An alarm that was set before is restored with its
    remaining time.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return
    started, own_started = time.monotonic(), own_seconds()

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        left = seconds - (own_seconds() - own_started)
        if left <= 0:
            raise TookTooLong
        signal.setitimer(signal.ITIMER_REAL, max(left, 0.01), REPEATED)

    old_handler = signal.signal(signal.SIGALRM, interrupt)
    remaining, interval = signal.setitimer(signal.ITIMER_REAL, seconds, REPEATED)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old_handler)
        if remaining:
            left = max(remaining - (time.monotonic() - started), 0.001)
            signal.setitimer(signal.ITIMER_REAL, left, interval)
