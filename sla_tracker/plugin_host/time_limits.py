"""How long a plugin may keep everybody waiting, and what happens when it goes on."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SLOW = 0.5
HOOK_LIMIT = 5.0


class TookTooLong(BaseException):
    """Break into a plugin that does not return; no `except Exception` of its own keeps it going."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise TookTooLong in the body after so many seconds.

    Only the main thread of a POSIX program can interrupt itself; elsewhere the body merely runs. An alarm that was set
    before goes off as it would have.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return
    started = time.monotonic()
    old_handler = signal.signal(signal.SIGALRM, _interrupt)
    # Repeated, in case the plugin's own cleaning up does not end either.
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
