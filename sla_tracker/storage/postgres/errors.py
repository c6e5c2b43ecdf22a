"""Turns PostgreSQL errors into ours, and repeats reads after a lost connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import psycopg
from psycopg import Connection, errors

from sla_tracker.errors import N_, Forbidden, SlaError, StoreBusy, StoreError, StoreUnreachable
from sla_tracker.storage.postgres.connections import Connections, Unreachable, is_lost, pauses
from sla_tracker.storage.postgres.statements import StoreConnection

R = TypeVar("R")
B = TypeVar("B", bound=StoreBusy)

CONFLICTS = (errors.SerializationFailure, errors.DeadlockDetected)
FORBIDDEN = N_("The database does not let this login do that; nothing was changed. ({detail})")
BUSY = N_("Somebody else is writing: {holder}. Try again in a moment.")
BUSY_TOGETHER = N_("Others are writing at the same time. Try again in a moment.")
BROKEN = N_("The database could not do it; nothing was changed. ({detail})")
LOST = N_(
    "The connection to the database was lost, and it did not come back; nothing was changed. ({detail})"
)


class Lost(StoreUnreachable):
    """The connection to the server was lost; trying again may help."""


class Conflict(StoreBusy):
    """Another writer committed first; the work must start over."""


# Who has the row of the chain's end, and does not wait for it: each session names its program in application_name.
HOLDERS = """
    SELECT string_agg(DISTINCT coalesce(nullif(a.application_name, ''), a.usename), ', ')
    FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.granted AND l.relation = 'sla.head'::regclass AND l.mode IN ('RowShareLock', 'RowExclusiveLock')
        AND a.pid <> pg_backend_pid() AND a.wait_event_type IS DISTINCT FROM 'Lock'
"""


def translate_errors(error: psycopg.Error, *, holder: str = "") -> SlaError:
    """Return the program's error for a server error that came before a commit."""
    detail = (error.diag.message_primary or str(error)).strip()
    match error:
        case errors.LockNotAvailable():
            return busy(StoreBusy, holder)
        case errors.InsufficientPrivilege():
            return Forbidden(FORBIDDEN, detail=detail)
    return StoreError(BROKEN, detail=detail)


def busy(kind: type[B], holder: str) -> B:
    """Return the error that names who has the writers' turn, where that is known."""
    return kind(BUSY, holder=holder) if holder else kind(BUSY_TOGETHER)


def holder_of_turn(connection: Connection[Any]) -> str:
    """Return the programs that have a writer's turn; empty where none has it."""
    with suppress(psycopg.Error):
        row = connection.execute(HOLDERS).fetchone()
        return str(row[0] or "") if row else ""
    return ""


@contextmanager
def rolled_back(connection: Connection[Any]) -> Iterator[None]:
    """Roll the open transaction back if the block raises."""
    try:
        yield
    except BaseException:
        if not is_lost(connection):
            try:
                connection.execute("ROLLBACK")
            except psycopg.Error:
                connection.close()
        raise


def run_read(connections: Connections, query: Callable[[StoreConnection], R], patience: float) -> R:
    """Run a read; repeat it for up to `patience` seconds while the connection is lost."""
    waiting = pauses(patience)
    while True:
        try:
            with connections.borrow() as connection:
                return _run(connection, query)
        except (Unreachable, Lost):
            if next(waiting, None) is None:
                raise


def _run(connection: StoreConnection, query: Callable[[StoreConnection], R]) -> R:
    try:
        with rolled_back(connection):
            return query(connection)
    except psycopg.Error as error:
        if is_lost(connection) or isinstance(error, CONFLICTS):
            raise Lost(LOST, detail=str(error).strip()) from error
        raise translate_errors(error) from error
