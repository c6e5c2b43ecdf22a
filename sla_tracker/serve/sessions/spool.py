"""The folder for what a session writes before its caller gets it."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from sla_tracker.value_class import dataclass

SPOOL_FOLDER = "spool"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spool:
    """The folder of a session, or that of the service.

    The second where the disk has no room for one. What needs no such files, as looking does, goes on then, and what
    needs them hears why there is no room.
    """

    folder: Path
    is_own: bool

    def remove(self) -> None:
        """Remove the folder with everything in it."""
        if self.is_own:
            shutil.rmtree(self.folder, ignore_errors=True)


def make_spool(state: Path) -> Spool:
    """Return a folder in `state` for this process, and let temporary files go there."""
    place = state / SPOOL_FOLDER
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = Spool(folder=Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=place)), is_own=True)
    except OSError:
        made = Spool(folder=state, is_own=False)
    tempfile.tempdir = str(made.folder)
    return made


def remove_left_spools(state: Path) -> None:
    """Remove the folders of processes that were ended before they could do it."""
    with suppress(OSError):
        for folder in (state / SPOOL_FOLDER).iterdir():
            owner = folder.name.partition("-")[0]
            if not (owner.isdecimal() and _runs(int(owner))):
                shutil.rmtree(folder, ignore_errors=True)


def _runs(process: int) -> bool:
    """Return whether a process runs.

    /proc may hide processes of the service from each other.
    """
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
