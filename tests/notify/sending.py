"""Sends what is due from a store on disk, each letter a line in a file; dies hard at the wanted moment.

`python -m tests.notify.sending STORE LETTERS MOMENT` with MOMENT one of `never`, `after-letter`, `before-letter`.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from sla_tracker.services.reminders.messages import SENT, Letter, Outcome
from sla_tracker.services.reminders.sender import run_once
from sla_tracker.storage.tinydb import TinyStore
from sla_tracker.testing.channels import Postbox
from tests.services.reminded import a_reminding_context


def main(store: Path, letters: Path, moment: str, now: str) -> None:
    """Send what is due at a moment, and be killed where it is wanted."""

    def send(letter: Letter) -> Outcome:
        if moment == "before-letter":
            os.kill(os.getpid(), signal.SIGKILL)
        with letters.open("a", encoding="utf-8") as file:
            file.write(f"{letter.key} {'repeat' if letter.repeat else 'first'}\n")
            file.flush()
            os.fsync(file.fileno())
        if moment == "after-letter":
            os.kill(os.getpid(), signal.SIGKILL)
        return SENT

    opened = TinyStore.open(store, create=True)
    run_once(a_reminding_context(store=opened, now=now), {"mail": Postbox(send)}, pool=1)
    opened.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4])
