"""Runs one use case's transaction on the server, despite lost connections.

Its changes are committed exactly once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar
from uuid import uuid4

import msgspec
import psycopg
from psycopg import errors

from sla_tracker.errors import N_, OutcomeUnknown, Refused, SlaError
from sla_tracker.services.ports import Act, Writing
from sla_tracker.storage.postgres.connections import Connections, Unreachable, is_lost, pauses
from sla_tracker.storage.postgres.errors import (
    CONFLICTS,
    LOST,
    Conflict,
    Lost,
    busy,
    holder_of_turn,
    rolled_back,
    translate_errors,
)
from sla_tracker.storage.postgres.parameters import Argument
from sla_tracker.storage.postgres.statements import StoreConnection
from sla_tracker.storage.postgres.view import View

R = TypeVar("R")

MOST_CONFLICTS = 20
"""Number of serialization conflicts after which StoreBusy is raised."""
# The lock is taken before the first question, and nobody commits without it: every question sees the last commit.
BEGIN_IN_TURN = "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT sla.take_turn()"
END_READING = b"COMMIT"
BEGIN_WRITING = b"BEGIN ISOLATION LEVEL READ COMMITTED"
END_WRITING = b"COMMIT"
REQUESTS_ARE_UNIQUE = (
    "changes_request_key"  # violated when an earlier attempt without an answer was committed
)
APPLIED = "SELECT sequence FROM sla.changes WHERE request = %s"
MAKE_DURABLE = "SELECT sla.make_durable()"
COMMIT_CHANGE = b"SELECT sla.commit_change(%b)" % b", ".join([b"%s"] * 16)
UNKNOWN = N_(
    "The connection to the database was lost while it was saving, and it did not come back: the change was made or "
    "not. Look at sla log before doing it again. ({detail})"
)
UNCONFIRMED = N_(
    "The change is saved on this server, but no other server has confirmed it; after a failover it may be gone. "
    "Look at sla log before doing it again."
)


class Outdated(Exception):
    """Somebody else changed what the work had read."""


class Commit(Generic[R]):
    """One use case's work, repeated until it is committed exactly once.

    The work runs before the writers' lock is taken, on a consistent view; under the lock the server compares what was
    asked with what was written since, and only where an answer would be another one the work is run again, now with
    the lock. The lock is released before the disk is waited for, so that many writers share one write to it; nothing is
    acknowledged before that.

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
        erases: bool = False,
        even_empty: bool = False,
    ) -> None:
        self._connections = connections
        self._act = act
        self._work = work
        self._patience = patience
        self._erases = erases
        self._even_empty = even_empty
        self._request = uuid4()
        self._unanswered: list[R] = []
        self._in_turn = False
        self._unconfirmed = False
        self.sequence = 0
        """Number of the commit, once it is there; 0 where nothing was written."""

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
            except Outdated:
                self._in_turn = True
            except Conflict:
                conflicts += 1
                self._in_turn = True
                if conflicts > MOST_CONFLICTS or next(waiting, None) is None:
                    raise
            except (Unreachable, Lost) as problem:
                self._in_turn = True
                if next(waiting, None) is None:
                    if self._unanswered:
                        raise OutcomeUnknown(UNKNOWN, detail=problem.sentence()) from problem
                    raise

    def _attempt(self, connection: StoreConnection) -> R:
        connection.add_notice_handler(self._notice)
        try:
            with rolled_back(connection):
                view = self._begin(connection)
                if self._unanswered and self._is_applied(connection):
                    connection.execute("ROLLBACK")
                    self._make_durable(connection)
                    return self._confirmed(self._unanswered[-1])
                result = self._work(view)
                _check_text(self._act)
                if not (view.is_changed or self._even_empty):
                    if view.has_begun:  # and nothing was written
                        connection.execute("ROLLBACK" if self._in_turn else END_READING)
                    return result
                self._commit(connection, view, result)
        except psycopg.Error as error:
            raise self._program_error(connection, error) from error
        finally:
            connection.remove_notice_handler(self._notice)
        return self._confirmed(result)

    def _begin(self, connection: StoreConnection) -> View:
        # What is erased or comes from another store is written even where it is as it was.
        compares = not (self._erases or self._even_empty)
        if not self._in_turn:
            return View(connection, compares=compares)
        cursor = connection.execute(BEGIN_IN_TURN)
        cursor.nextset()
        row = cursor.fetchone()
        return View(connection, int(row[0]) if row else 0, compares=compares)

    def _is_applied(self, connection: StoreConnection) -> bool:
        """Return whether an unanswered commit was applied.

        This attempt holds the writers' lock, so a commit that is missing now can no longer be applied.
        """
        applied = connection.execute(APPLIED, (self._request,)).fetchone()
        if applied is None:
            self._unanswered.clear()
            return False
        self.sequence = int(applied[0])
        return True

    def _commit(self, connection: StoreConnection, view: View, result: R) -> None:
        """Commit and wait for the disk, in one question.

        Raises Outdated where the work has to be done again.
        """
        before = () if self._in_turn else ((END_READING, ()), (BEGIN_WRITING, ()))
        change = (COMMIT_CHANGE, self._arguments(view))
        self._unanswered.append(result)
        try:
            answers = connection.ask(*before, change, (END_WRITING, ()), (MAKE_DURABLE.encode(), ()))
        except psycopg.Error as error:
            if is_lost(connection):
                raise
            # It was answered: either nothing was committed, or only waiting for the disk or the standby failed.
            connection.execute("ROLLBACK")
            if connection.execute(APPLIED, (self._request,)).fetchone() is not None:
                raise OutcomeUnknown(UNCONFIRMED) from error
            self._unanswered.pop()
            raise
        ((number,),) = answers[len(before)]
        if number is None:
            self._unanswered.pop()
            raise Outdated
        self.sequence = int(number)

    def _make_durable(self, connection: StoreConnection) -> None:
        """Wait until what was committed is on the disk and on the synchronous standby."""
        try:
            connection.execute(MAKE_DURABLE)
        except psycopg.Error as error:
            if is_lost(connection):
                raise
            raise OutcomeUnknown(UNCONFIRMED) from error

    def _arguments(self, view: View) -> tuple[Argument, ...]:
        act, changes = self._act, view.changes
        asked = (
            None if self._even_empty else view.asked()
        )  # a commit of another store comes after a certain one
        searches = [
            {"kind": kind, "where": where}
            for kind, found in (asked.searches.items() if asked else ())
            for where in found.values()
        ]
        sealing = [
            {"name": name, "kinds": [kind for kind, _ in chosen], "ids": [id for _, id in chosen]}
            for name, chosen in view.sealing.items()
        ]
        return (
            self._request, act.by, act.what, act.via, act.reason, act.at,
            [kind for kind, _ in changes], list(changes.values()),
            msgspec.json.encode(sealing), view.unsealing, self._erases,
            view.sequence, None if asked is None else sorted(asked.ids),
            msgspec.json.encode(searches), sorted(asked.searches) if asked else [], True,
        )  # fmt: skip

    def _confirmed(self, result: R) -> R:
        if self._unconfirmed:
            raise OutcomeUnknown(UNCONFIRMED)
        return result

    def _notice(self, diagnostic: errors.Diagnostic) -> None:
        """Note that waiting for a synchronous standby was cancelled.

        The server says so in a notice only, not in its answer.
        """
        if diagnostic.source_function == "SyncRepWaitForLSN":
            self._unconfirmed = True

    def _program_error(self, connection: StoreConnection, error: psycopg.Error) -> SlaError:
        """Return the program's error: Lost or Conflict to try again, others to give up."""
        detail = str(error).strip()
        if is_lost(connection):
            return Lost(LOST, detail=detail)
        is_conflict = isinstance(error, CONFLICTS) or error.diag.constraint_name == REQUESTS_ARE_UNIQUE
        is_turn_taken = is_conflict or isinstance(error, errors.LockNotAvailable)
        holder = holder_of_turn(connection) if is_turn_taken else ""
        return busy(Conflict, holder) if is_conflict else translate_errors(error, holder=holder)


def _check_text(act: Act) -> None:
    if "\0" in f"{act.by}{act.what}{act.via}{act.reason}":
        raise Refused(N_("What is said with a change holds a NUL character, which the database cannot keep."))
