"""Keeps anonymous answers outside the store until several are stored at once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from sla_tracker.domain.measures.survey import Answer
from sla_tracker.errors import N_, StoreError
from sla_tracker.storage.codec import decode, encode
from sla_tracker.storage.journal.files.disk import Disk

SUFFIX = ".answer"
FOLDER_MODE, FILE_MODE = 0o2770, 0o660  # as in the store, which the same logins write


class FolderBallots:
    """Anonymous answers in files of a folder beside the store.

    The files have random names and tell no time.
    """

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        self._folder = folder
        self._disk = disk or Disk()

    def add(self, answer: Answer) -> str:
        """Keep an answer, durably, and return its name; raises StoreError."""
        name = f"{os.urandom(16).hex()}{SUFFIX}"
        part, file = self._folder / f".{name}", self._folder / name
        try:
            if not self._folder.is_dir():
                self._folder.mkdir(exist_ok=True)
                self._folder.chmod(FOLDER_MODE)
                self._disk.sync_folder(self._folder.parent)
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, FILE_MODE)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(encode(answer))
                stream.flush()
                os.fchmod(descriptor, FILE_MODE)
                os.fsync(descriptor)
            # All of one time: when an answer was given would tell whose it is.
            os.utime(part, (0, 0))
            part.replace(file)
            self._disk.sync_folder(self._folder)
        except OSError as error:
            for left in (part, file):
                with suppress(OSError):
                    left.unlink()
            raise _unusable(error) from error
        return name

    def waiting(self) -> Mapping[str, Answer]:
        """Return the answers that wait, by name; raises StoreError.

        Files that are no answers are left alone.
        """
        found: dict[str, Answer] = {}
        try:
            for file in sorted(self._folder.glob(f"*{SUFFIX}")):
                with suppress(
                    FileNotFoundError, msgspec.MsgspecError
                ):  # not there: another program has stored it
                    found[file.name] = decode(Answer, file.read_bytes())
        except OSError as error:
            raise _unusable(error) from error
        return found

    def remove(self, names: Iterable[str]) -> None:
        """Delete answers; raises StoreError."""
        try:
            for name in names:
                (self._folder / name).unlink(missing_ok=True)
            if self._folder.is_dir():  # else an answer that was refused would come back after a power cut
                self._disk.sync_folder(self._folder)
        except OSError as error:
            raise _unusable(error) from error


def _unusable(error: OSError) -> StoreError:
    return StoreError(N_("Anonymous answers cannot be kept beside the store: {reason}"), reason=error)
