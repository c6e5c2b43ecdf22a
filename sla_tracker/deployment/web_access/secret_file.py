"""A small JSON file of secrets that only its owner reads.

One process at a time changes it.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sla_tracker.durable_files import replace_file
from sla_tracker.errors import N_, ConfigError, SlaError, unwritten
from sla_tracker.regular_files import read_regular

LARGEST = 4 << 20  # bytes
VERSION = 1


class SecretFile:
    """Entries by their name. The file is made by the first change, with mode 0600."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def read(self) -> dict[str, dict[str, Any]]:
        """Return the entries; none without a file. Raises ConfigError."""
        try:
            content = json.loads(read_regular(self.file, LARGEST))
            entries = content["entries"]
            if content["version"] != VERSION or not isinstance(entries, dict):
                raise ValueError(content["version"])
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigError(
                N_(
                    "{file} cannot be used ({reason}). It was not written by this version, or was changed by hand."
                ),
                file=self.file,
                reason=error,
            ) from error
        return entries

    @contextmanager
    def changing(self) -> Iterator[dict[str, dict[str, Any]]]:
        """Yield the entries to change, and write them whole.

        Others wait until they are written. Raises ConfigError.
        """
        try:
            lock = os.open(
                self.file.with_name(f".{self.file.name}.lock"),
                os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW,
                0o600,
            )
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            entries = self.read()
            yield entries
            self._write(entries)
        finally:
            os.close(lock)

    def _write(self, entries: dict[str, dict[str, Any]]) -> None:
        content = json.dumps({"version": VERSION, "entries": entries}, ensure_ascii=False, indent=1)
        try:
            replace_file(self.file, content.encode(), mode=0o600)
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> SlaError:
        return unwritten(error, ConfigError)(
            N_("{file} cannot be written: {reason}"), file=self.file, reason=error
        )
