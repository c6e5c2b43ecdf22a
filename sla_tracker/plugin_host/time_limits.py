"""Time limits for plugin code, and the alarm that interrupts it."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SLOW = 0.5  # seconds from which a hook is reported as slow
HOOK_LIMIT = 5.0  # seconds after which a hook is interrupted


class TookTooLong(BaseException):
    """Raised in plugin code that does not return in time.

    It is a BaseException, so that an `except Exception` in the plugin does not catch it.
    """


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise TookTooLong in the body after a number of seconds.

    Only the main thread of a POSIX program can be interrupted by a signal; elsewhere the body runs without a limit. An
    alarm that was set before is restored with its remaining time.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return
    started = time.monotonic()
    old_handler = signal.signal(signal.SIGALRM, _interrupt)
    # The alarm repeats every second, in case the plugin's own clean-up code does not end either.
    remaining, interval = signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old_handler)
        if remaining:
            left = max(remaining - (time.monotonic() - started), 0.001)
            signal.setitimer(signal.ITIMER_REAL, left, interval)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise TookTooLong
