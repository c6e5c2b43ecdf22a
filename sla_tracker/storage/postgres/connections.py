"""Connection pool of the PostgreSQL store.

Connections are opened on demand, reused, and replaced when they are lost.
"""

from __future__ import annotations

import os
import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection, conninfo, pq

from sla_tracker.errors import N_, StoreError, StoreUnreachable, UsageError
from sla_tracker.os_login import login_name
from sla_tracker.storage.postgres.schema import INSTALLED, require_current, schema_errors
from sla_tracker.storage.postgres.slots import ConnectionSlots
from sla_tracker.storage.postgres.statements import StoreConnection
from sla_tracker.storage.server_parameters import PLAIN_SESSION, USUAL

# All queries are small: to compile one, as the server does where its guess is wrong, takes a hundred times as long.
SETTINGS = f"{PLAIN_SESSION}; SET idle_in_transaction_session_timeout = '60s'; SET jit = off"
ONLY_STANDBY = N_(
    "Only a standby of the database answers, which takes no changes until it is promoted; nothing was changed. "
    "({detail})"
)
# How libpq says that no server among those named takes changes.
STANDBY_WORDS = ("session is read-only", "server is in hot standby mode")
UNREACHABLE = N_(
    "The database does not answer, or does not let this login in; nothing was changed. ({detail})"
)
NO_ADDRESS = N_(
    "The database's address cannot be understood. Write postgresql://LOGIN@SERVER/DATABASE; in a password @ is "
    "written %40, / is %2F, : is %3A."
)
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
"""Seconds between two attempts, doubled each time."""
# What libpq looks for in the home folder.
HOME_FILES = {
    "passfile": ".pgpass",
    "sslcert": ".postgresql/postgresql.crt",
    "sslkey": ".postgresql/postgresql.key",
    "sslrootcert": ".postgresql/root.crt",
}
OLDEST_SERVER = 15
"""Oldest supported major version of PostgreSQL."""


class Unreachable(StoreUnreachable):
    """The server does not answer, or rejects this login."""


def is_lost(connection: Connection[Any]) -> bool:
    """Return whether a connection to the server is broken."""
    return connection.closed or connection.broken or connection.pgconn.status != pq.ConnStatus.OK


def pauses(patience: float) -> Iterator[float]:
    """Sleep for growing random pauses and yield each.

    The pauses end once `patience` seconds have passed. They are random, so that several clients do not try again at the
    same moment.
    """
    end = time.monotonic() + patience
    pause = FIRST_PAUSE
    while time.monotonic() < end:
        slept = min(pause * random.uniform(0.5, 1.0), max(end - time.monotonic(), 0))
        time.sleep(slept)
        yield slept
        pause = min(pause * 2, LONGEST_PAUSE)


def parts_of(address: str) -> dict[str, Any]:
    """Return the parts of a connection string by libpq's names; raises UsageError.

    The error repeats no part of the string: where a password contains @ or /, libpq takes the rest for a server's name
    and would show it in its errors.
    """
    try:
        given = conninfo.conninfo_to_dict(address)
    except psycopg.Error:
        raise UsageError(NO_ADDRESS) from None
    ports = str(given.get("port") or "").replace(",", "")
    names = (str(given.get(name)) for name in ("host", "dbname"))
    if any("@" in name for name in names) or not (ports.isdecimal() or not ports):
        raise UsageError(NO_ADDRESS)
    return given


def complete(address: str) -> str:
    """Return a connection string with what the environment and home folder add.

    A session of the service has other ones than the service, and the same database.
    """
    given = parts_of(address)
    for option in pq.Conninfo.get_defaults():
        variable = (option.envvar or b"").decode()
        if variable in os.environ and option.val is not None:
            given.setdefault(option.keyword.decode(), option.val.decode())
    for name, file in HOME_FILES.items():
        place = Path("~").expanduser() / file
        if name not in given and place.is_file():
            given[name] = str(place)
    return conninfo.make_conninfo("", **given)


class Connections:
    """A pool that lends one connection at a time to each caller.

    `dsn` may name several hosts; the one that accepts writes is used. `lock_timeout` is in seconds. With `slots` there
    are no more connections than those, together with other processes, and a connection that was not used for
    `idle_seconds` is closed.
    """

    def __init__(
        self,
        dsn: str,
        *,
        lock_timeout: float,
        slots: ConnectionSlots | None = None,
        idle_seconds: float | None = None,
    ) -> None:
        usual = {**USUAL, "application_name": _program_name()}
        self._dsn = conninfo.make_conninfo("", **{**usual, **parts_of(dsn)})
        self._lock_timeout = lock_timeout
        self._slots = slots
        self._idle_seconds = idle_seconds
        self._held: dict[int, int] = {}  # slots by the connections that have them
        self._idle: list[tuple[float, StoreConnection]] = []
        self._guard = threading.Lock()  # several threads share the list of idle connections
        self._timer: threading.Timer | None = None
        """The one that closes idle connections; none is armed while none is idle."""
        self._process = os.getpid()
        self._closed = False

    @contextmanager
    def borrow(self) -> Iterator[StoreConnection]:
        """Lend a connection; it is reused only if no transaction is open on return.

        Raises Unreachable.
        """
        connection = self._take() or self.connect()
        try:
            yield connection
        finally:
            self._give_back(connection)

    def connect(self) -> StoreConnection:
        """Open a new connection; raises Unreachable."""
        slot = self._slots.take() if self._slots else None
        try:
            connection = self._connected()
        except psycopg.OperationalError as error:
            self._free(slot)
            detail = str(error).strip()
            message = ONLY_STANDBY if any(word in detail for word in STANDBY_WORDS) else UNREACHABLE
            raise Unreachable(message, detail=detail) from error
        except BaseException:
            self._free(slot)
            raise
        if slot is not None:
            self._held[id(connection)] = slot
        return connection

    def close(self) -> None:
        """Close idle connections now, and lent ones when they are returned."""
        with self._guard:
            self._closed = True
            idle, self._idle = self._idle, []
            if self._timer is not None:
                self._timer.cancel()
        for _, connection in idle:
            self._drop(connection)

    def _connected(self) -> StoreConnection:
        # The driver prepares nothing: after a ROLLBACK it would drop all that is prepared, also what is not its own.
        connection = StoreConnection.connect(self._dsn, autocommit=True, prepare_threshold=None)
        try:
            _require_server(connection)
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: StoreConnection) -> None:
        """Set the session up and check the schema, in one question.

        Raises StoreError for another schema. A commit is confirmed only once it is on disk, even where the server's
        default is off.
        """
        ask = f"{SETTINGS}; SET lock_timeout = {int(self._lock_timeout * 1000)}; SHOW synchronous_commit; {INSTALLED}"
        with schema_errors():
            cursor = connection.execute(ask.encode())
        found: list[Any] = []
        while cursor.nextset():
            found += [row[0] for row in cursor.fetchall()] if cursor.description else []
        require_current(int(found[1] or 0))
        if found[0] == "off":
            connection.execute("SET synchronous_commit = on")

    def _take(self) -> StoreConnection | None:
        with self._guard:
            # After a fork the connections and the timer belong to the parent.
            if self._process != os.getpid():
                self._idle, self._held, self._timer, self._process = [], {}, None, os.getpid()
            while self._idle:
                _, connection = self._idle.pop()
                if not is_lost(connection):
                    return connection
                self._drop(connection)
        return None

    def _give_back(self, connection: StoreConnection) -> None:
        with self._guard:
            working = connection.pgconn.transaction_status == pq.TransactionStatus.IDLE
            if working and not self._closed and not is_lost(connection):
                self._idle.append((time.monotonic(), connection))
                self._close_later()
                return
        self._drop(connection)

    def _close_later(self) -> None:
        """Arm the timer for the connection that is idle longest, unless it is armed.

        The caller has the guard. One for the whole pool: a timer is a thread, and a session may ask thousands of
        questions within seconds.
        """
        if self._idle_seconds is None or self._timer is not None or self._closed or not self._idle:
            return
        oldest = min(since for since, _ in self._idle)
        timer = threading.Timer(max(oldest + self._idle_seconds - time.monotonic(), 0), self._close_idle)
        timer.daemon = True
        with suppress(RuntimeError):  # no thread to be had: the connection stays idle until the next one is
            timer.start()
            self._timer = timer

    def _close_idle(self) -> None:
        """Close what nobody has used for a while, and come again for the rest."""
        until = time.monotonic() - (self._idle_seconds or 0)
        with self._guard:
            self._timer = None
            old = [connection for since, connection in self._idle if since <= until]
            self._idle = [(since, connection) for since, connection in self._idle if since > until]
            self._close_later()
        for connection in old:
            self._drop(connection)

    def _drop(self, connection: StoreConnection) -> None:
        with suppress(psycopg.Error):
            connection.close()
        self._free(self._held.pop(id(connection), None))

    def _free(self, slot: int | None) -> None:
        if self._slots is not None and slot is not None:
            self._slots.give_back(slot)


def _program_name() -> str:
    """Return this program's name in the server's list of sessions.

    The name says whose it is, and where it runs.
    """
    return f"sla {login_name()} {socket.gethostname()} {os.getpid()}"


def _require_server(connection: Connection[Any]) -> None:
    major = connection.info.server_version // 10_000
    if major < OLDEST_SERVER:
        raise StoreError(
            N_("The database is PostgreSQL {version}; the store needs {oldest} or newer."),
            version=major,
            oldest=OLDEST_SERVER,
        )
