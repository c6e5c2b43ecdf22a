"""Keeps answers, so that a call that a program sends twice is done once.

Each is kept under the key that the program chose.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from enum import StrEnum
from pathlib import Path
from typing import Any

from sla_tracker.errors import N_, SlaError, StoreError
from sla_tracker.serve import log
from sla_tracker.value_class import dataclass

KEPT_SECONDS = 30 * 86400.0
LONGEST_KEY = 100
DROPPED_AT_ONCE = 100  # old answers with each new one, so that no call waits for many
SET_ASIDE = N_(
    "{file} was damaged and is now {aside} ({reason}); a new one is begun. A call that a program sends again with an "
    "Idempotency-Key from before is done again."
)


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


class NotKept(Exception):
    """The file of the answers cannot be read or written now; nothing was done."""


class KeptAnswers:
    """Answers by token and key, in a file of the service that survives restarts.

    A damaged file is set aside, and a new one is begun. `tell` tells administrators.
    """

    def __init__(
        self,
        file: Path,
        clock: Callable[[], float] = time.time,
        tell: Callable[[SlaError], None] = lambda _problem: None,
    ) -> None:
        self._file = file
        self._clock = clock
        self._tell = tell
        self._store: sqlite3.Connection | None = None
        for _try in range(2):  # the second time without a damaged file
            with suppress(NotKept):
                self._do("SELECT 1 WHERE 0")

    def begin(self, token: str, key: str, body: str) -> KeptAnswer:
        """Reserve a key for a call, or return what it means already; raises NotKept."""
        now = self._clock()
        self._do(
            "DELETE FROM answers WHERE rowid IN (SELECT rowid FROM answers WHERE at < ? LIMIT ?)",
            (now - KEPT_SECONDS, DROPPED_AT_ONCE),
        )
        self._do(
            "INSERT INTO answers VALUES (?, ?, ?, ?, 0, '', '') ON CONFLICT (token, key) DO UPDATE SET "
            "digest = excluded.digest, at = excluded.at, status = 0, type = '', body = '' WHERE at < ?",
            (token, key, _digest(body), now, now - KEPT_SECONDS),
        )
        if self._do("SELECT changes()") == [(1,)]:
            return KeptAnswer(fate=Fate.NEW)
        return self._known(token, key, body)

    def _known(self, token: str, key: str, body: str) -> KeptAnswer:
        """Return what a key means that was used before."""
        ((digest, status, kind, kept),) = self._do(
            "SELECT digest, status, type, body FROM answers WHERE token = ? AND key = ?", (token, key)
        )
        if digest != _digest(body):
            return KeptAnswer(fate=Fate.OTHER_BODY)
        if status <= 0:
            return KeptAnswer(fate=Fate.RUNNING if status == 0 else Fate.UNKNOWN)
        return KeptAnswer(fate=Fate.SAME, status=status, type=kind, body=kept)

    def finish(self, token: str, key: str, status: int, kind: str, body: str) -> None:
        """Keep the answer that was given; where that fails, the log says so."""
        with suppress(NotKept):
            self._do(
                "UPDATE answers SET status = ?, type = ?, body = ? WHERE token = ? AND key = ?",
                (status, kind, body, token, key),
            )

    def forget(self, token: str, key: str) -> None:
        """Free a key whose call did nothing."""
        with suppress(NotKept):
            self._do("DELETE FROM answers WHERE token = ? AND key = ?", (token, key))

    def lose(self, token: str, key: str) -> None:
        """Note that nobody knows what became of a call."""
        self.finish(token, key, -1, "", "")

    def close(self) -> None:
        """Close the file."""
        if self._store is not None:
            self._store.close()
            self._store = None

    def _do(self, statement: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """Return what a statement finds.

        Raises NotKept, also where the file was damaged; that was set aside then, and the next statement begins another.
        """
        try:
            if self._store is None:
                self._store = _open(self._file)
            with closing(self._store.execute(statement, values)) as found:
                return found.fetchall()
        except (sqlite3.Error, OSError) as problem:
            log.write("web", file=self._file.name, problem=str(problem))
            if _is_damaged(problem):
                self._set_aside(problem)
            raise NotKept from problem

    def _set_aside(self, problem: Exception) -> None:
        self.close()
        aside = self._file.with_name(self._file.name + ".damaged")
        with suppress(OSError):
            self._file.replace(aside)
            for ending in ("-wal", "-shm"):
                self._file.with_name(self._file.name + ending).unlink(missing_ok=True)
        self._tell(StoreError(SET_ASIDE, file=self._file, aside=aside.name, reason=problem))


def _open(file: Path) -> sqlite3.Connection:
    """Return the open file, made where there is none; raises sqlite3.Error, OSError."""
    store = sqlite3.connect(file, isolation_level=None)
    try:
        file.chmod(0o600)
        store.execute("PRAGMA journal_mode=WAL")
        store.execute(
            "CREATE TABLE IF NOT EXISTS answers (token TEXT, key TEXT, digest TEXT, at REAL, status INTEGER, "
            "type TEXT, body TEXT, PRIMARY KEY (token, key))"
        )
        store.execute("CREATE INDEX IF NOT EXISTS answers_at ON answers (at)")
        # What ran when the process before ended may or may not be stored; nobody can say.
        store.execute("UPDATE answers SET status = -1 WHERE status = 0")
    except BaseException:
        store.close()
        raise
    return store


def _is_damaged(problem: Exception) -> bool:
    code = getattr(problem, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()
