"""Runs one use case's transaction on the server.

Commits it exactly once, despite lost connections.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar
from uuid import uuid4

import psycopg
from psycopg import Connection, errors

from sla_tracker.errors import N_, OutcomeUnknown, Refused, SlaError, StoreBusy
from sla_tracker.services.ports import Act, Writing
from sla_tracker.storage.postgres.connections import Connections, Unreachable, is_lost, pauses
from sla_tracker.storage.postgres.errors import (
    BUSY,
    CONFLICTS,
    LOST,
    Conflict,
    Lost,
    holder_of_turn,
    rolled_back,
    translate_errors,
)
from sla_tracker.storage.postgres.view import View

R = TypeVar("R")

MOST_CONFLICTS = 20
"""Number of serialization conflicts after which StoreBusy is raised."""
# Taken before the first query: PostgreSQL takes the transaction's snapshot at that query, so a writer that has the lock
# sees all earlier commits and does not conflict with them.
TAKE_TURN = "LOCK TABLE sla.turn IN EXCLUSIVE MODE"
BEGIN_WRITING = "BEGIN ISOLATION LEVEL SERIALIZABLE"
SEQUENCE = "SELECT sequence FROM sla.head"
REQUESTS_ARE_UNIQUE = (
    "changes_request_key"  # violated when an earlier attempt without an answer was committed
)
COMMIT_CHANGE = "SELECT sla.commit_change(%s, %s, %s, %s, %s, %s, %s, %s)"
SEAL = "SELECT sla.seal_archive(%s, %s, %s)"
UNSEAL = "SELECT sla.unseal_archive(%s)"
ERASE = "SELECT sla.erase_past(%s, %s)"
UNKNOWN = N_(
    "The connection to the database was lost while it was saving, and it did not come back: the change was made or "
    "not. Look at sla log before doing it again. ({detail})"
)
UNCONFIRMED = N_(
    "The change is saved on this server, but no other server has confirmed it; after a failover it may be gone. "
    "Look at sla log before doing it again."
)


class Commit(Generic[R]):
    """One use case's work, repeated until it is committed exactly once.

    `_request` identifies this commit on the server. After a commit without an answer, the next attempt first looks the
    request up; it waits for the lock that the earlier attempt may still hold, so the result is certain.
    """

    def __init__(
        self,
        connections: Connections,
        act: Act,
        work: Callable[[Writing], R],
        *,
        patience: float,
        queues: bool,
        erases: bool = False,
        even_empty: bool = False,
    ) -> None:
        self._connections = connections
        self._act = act
        self._work = work
        self._patience = patience
        self._begin = f"{BEGIN_WRITING}; {TAKE_TURN}" if queues else BEGIN_WRITING
        self._queues = queues
        self._erases = erases
        self._even_empty = even_empty
        self._request = uuid4()
        self._unanswered: list[R] = []
        self._unconfirmed = False

    def run(self) -> R:
        """Return the work's result once it is committed.

        Raises what the work raises, StoreBusy, StoreError or Forbidden where nothing was changed, and OutcomeUnknown.
        """
        waiting = pauses(self._patience)
        conflicts = 0
        while True:
            try:
                with self._connections.borrow() as connection:
                    return self._attempt(connection)
            except Conflict as problem:
                conflicts += 1
                if conflicts > MOST_CONFLICTS or next(waiting, None) is None:
                    raise StoreBusy(BUSY, holder=self._act.by) from problem
            except (Unreachable, Lost) as problem:
                if next(waiting, None) is None:
                    if self._unanswered:
                        raise OutcomeUnknown(UNKNOWN, detail=problem.sentence()) from problem
                    raise

    def _attempt(self, connection: Connection[Any]) -> R:
        try:
            with rolled_back(connection):
                view = self._begin_transaction(connection)
                if self._unanswered and self._is_applied(connection):
                    connection.execute("ROLLBACK")
                    return self._unanswered[-1]
                result = self._work(view)
                self._send(connection, view)
        except psycopg.Error as error:
            raise self._program_error(connection, error) from error
        return self._commit(connection, view, result)

    def _begin_transaction(self, connection: Connection[Any]) -> View:
        cursor = connection.execute(f"{self._begin}; {SEQUENCE}".encode())
        while cursor.nextset():
            pass
        row = cursor.fetchone()
        return View(connection, int(row[0]) if row else 0)

    def _is_applied(self, connection: Connection[Any]) -> bool:
        """Return whether an unanswered commit was applied.

        This attempt holds the writers' lock, so a commit that is missing now can no longer be applied.
        """
        query = "SELECT FROM sla.changes WHERE request = %s"
        applied = connection.execute(query, (self._request,)).fetchone() is not None
        if self._queues and not applied:
            self._unanswered.clear()
        return applied

    def _send(self, connection: Connection[Any], view: View) -> None:
        _check_text(self._act)
        if not self._needs_commit(view):
            return
        act = self._act
        kinds = [kind for kind, _ in view.puts]
        documents = [document for document, _ in view.puts.values()]
        connection.execute(
            COMMIT_CHANGE, (self._request, act.by, act.what, act.via, act.reason, act.at, kinds, documents)
        )
        for name, chosen in view.sealing.items():
            connection.execute(SEAL, (name, [kind for kind, _ in chosen], [id for _, id in chosen]))
        for name in view.unsealing:
            connection.execute(UNSEAL, (name,))
        if self._erases:
            connection.execute(ERASE, (kinds, [id for _, id in view.puts]))

    def _needs_commit(self, view: View) -> bool:
        return view.is_changed or self._even_empty

    def _commit(self, connection: Connection[Any], view: View, result: R) -> R:
        if not self._needs_commit(view):
            connection.execute("ROLLBACK")
            return result
        connection.add_notice_handler(self._notice)
        self._unanswered.append(result)
        try:
            connection.execute("COMMIT")
        except psycopg.Error as error:
            if not is_lost(connection):
                self._unanswered.pop()
            raise self._program_error(connection, error) from error
        finally:
            connection.remove_notice_handler(self._notice)
        if self._unconfirmed:
            raise OutcomeUnknown(UNCONFIRMED)
        return result

    def _notice(self, diagnostic: errors.Diagnostic) -> None:
        """Note that waiting for a synchronous standby was cancelled.

        Only a notice says so, not the answer.
        """
        if diagnostic.source_function == "SyncRepWaitForLSN":
            self._unconfirmed = True

    def _program_error(self, connection: Connection[Any], error: psycopg.Error) -> SlaError:
        """Return the program's error: Lost or Conflict to try again, others to give up."""
        detail = str(error).strip()
        if is_lost(connection):
            return Lost(LOST, detail=detail)
        if isinstance(error, CONFLICTS) or error.diag.constraint_name == REQUESTS_ARE_UNIQUE:
            return Conflict(BUSY, holder=self._act.by)
        holder = holder_of_turn(connection) if isinstance(error, errors.LockNotAvailable) else ""
        return translate_errors(error, holder=holder)


def _check_text(act: Act) -> None:
    if "\0" in f"{act.by}{act.what}{act.via}{act.reason}":
        raise Refused(N_("What is said with a change holds a NUL character, which the database cannot keep."))
