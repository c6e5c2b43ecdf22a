"""Limits how many connections the processes of one service have together."""

from __future__ import annotations

import fcntl
import os
import random
import time
from contextlib import suppress
from pathlib import Path

from sla_tracker.errors import N_, StoreBusy

WAIT_SECONDS = 5.0
"""After this time a caller is told, instead of waiting on."""
PAUSE_SECONDS = 0.02
FULL = N_("The service has all of its {count} connections to the database in use; try again in a moment.")


class ConnectionSlots:
    """As many locked files as there may be connections.

    A process that ends gives its files back by itself.
    """

    def __init__(self, folder: Path, count: int) -> None:
        self._folder = folder
        self._count = count

    def take(self) -> int:
        """Return a descriptor that holds a slot until it is closed.

        Raises StoreBusy after five seconds.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        end = time.monotonic() + WAIT_SECONDS
        while True:
            for number in random.sample(range(self._count), self._count):
                place = self._folder / str(number)
                descriptor = os.open(place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    os.close(descriptor)
                else:
                    return descriptor
            if time.monotonic() >= end:
                raise StoreBusy(FULL, count=self._count)
            time.sleep(random.uniform(0.5, 1.0) * PAUSE_SECONDS)

    @staticmethod
    def give_back(descriptor: int) -> None:
        """Let another connection have the slot."""
        with suppress(OSError):
            os.close(descriptor)
