"""Keeps answers so that a call that a program sends twice is done once.

Each is kept under the key that the program chose.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from enum import StrEnum
from pathlib import Path

from sla_tracker.value_class import dataclass

KEPT_SECONDS = 30 * 86400.0
LONGEST_KEY = 100


class Fate(StrEnum):
    """What a key means for a call."""

    NEW = "new"
    SAME = "same"
    RUNNING = "running"
    OTHER_BODY = "other_body"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """The fate of a call, and the answer that was given to the same one before."""

    fate: Fate
    status: int = 0
    type: str = ""
    body: str = ""


class KeptAnswers:
    """Answers by token and key, in a file of the service that survives restarts."""

    def __init__(self, file: Path, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._store = sqlite3.connect(file, isolation_level=None)
        file.chmod(0o600)
        self._store.execute("PRAGMA journal_mode=WAL")
        self._store.execute(
            "CREATE TABLE IF NOT EXISTS answers (token TEXT, key TEXT, digest TEXT, at REAL, status INTEGER, "
            "type TEXT, body TEXT, PRIMARY KEY (token, key))"
        )
        # What ran when this process ended may or may not be stored; nobody can say.
        self._store.execute("UPDATE answers SET status = -1 WHERE status = 0")

    def begin(self, token: str, key: str, body: str) -> KeptAnswer:
        """Reserve a key for a call, or return what it means already."""
        now = self._clock()
        self._store.execute("DELETE FROM answers WHERE at < ?", (now - KEPT_SECONDS,))
        try:
            self._store.execute(
                "INSERT INTO answers VALUES (?, ?, ?, ?, 0, '', '')", (token, key, _digest(body), now)
            )
        except sqlite3.IntegrityError:
            return self._known(token, key, body)
        return KeptAnswer(fate=Fate.NEW)

    def _known(self, token: str, key: str, body: str) -> KeptAnswer:
        with closing(
            self._store.execute(
                "SELECT digest, status, type, body FROM answers WHERE token = ? AND key = ?", (token, key)
            )
        ) as found:
            digest, status, kind, kept = found.fetchone()
        if digest != _digest(body):
            return KeptAnswer(fate=Fate.OTHER_BODY)
        if status <= 0:
            return KeptAnswer(fate=Fate.RUNNING if status == 0 else Fate.UNKNOWN)
        return KeptAnswer(fate=Fate.SAME, status=status, type=kind, body=kept)

    def finish(self, token: str, key: str, status: int, kind: str, body: str) -> None:
        """Keep the answer that was given."""
        self._store.execute(
            "UPDATE answers SET status = ?, type = ?, body = ? WHERE token = ? AND key = ?",
            (status, kind, body, token, key),
        )

    def forget(self, token: str, key: str) -> None:
        """Free a key whose call did nothing."""
        self._store.execute("DELETE FROM answers WHERE token = ? AND key = ?", (token, key))

    def lose(self, token: str, key: str) -> None:
        """Note that nobody knows what became of a call."""
        self.finish(token, key, -1, "", "")

    def close(self) -> None:
        """Close the file."""
        self._store.close()


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()
