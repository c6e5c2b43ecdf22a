"""A PostgreSQL server of the tests' own: a private cluster in a temporary folder, run as nobody by a root."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.requirements import go_without

PROGRAMS = Path("/usr/lib/postgresql")
OLDEST = 15
REASON = "no programs of a PostgreSQL server (15 or newer) in /usr/lib/postgresql/*/bin; install `postgresql`"
# Without fsync: a server that is killed loses nothing that the kernel has already.
CONFIGURATION = """\
listen_addresses = '127.0.0.1'
unix_socket_directories = '{folder}'
port = {port}
max_connections = 60
shared_buffers = {buffers}
fsync = {fsync}
"""
STANDBY = """\
unix_socket_directories = '{folder}'
port = {port}
primary_conninfo = 'host={primary.folder} port={primary.port} user={admin} application_name={name}'
"""
ADMIN = "sla_test_admin"


def programs() -> Path | None:
    """Return the folder of the newest server's programs, or None."""
    found = [
        path for path in PROGRAMS.glob("*/bin") if (path / "initdb").exists() and path.parent.name.isdigit()
    ]
    newest = max(found, key=lambda path: int(path.parent.name), default=None)
    return newest if newest is not None and int(newest.parent.name) >= OLDEST else None


def require_programs() -> Path:
    """Return the programs; skip with the reason where there are none, and fail where they are required."""
    found = programs()
    if found is not None:
        return found
    return go_without("postgres", REASON)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """One cluster; `dsn` gives the connection string of a login to a database.

    `under` is the command of another program that is to run the server.
    """

    binaries: Path
    folder: Path
    port: int
    under: Sequence[str] = ()
    process: subprocess.Popen[bytes] | None = None
    _databases: int = field(default=0)

    @classmethod
    def create(
        cls,
        binaries: Path,
        folder: Path,
        *,
        fsync: bool = False,
        buffers: str = "16MB",
        under: Sequence[str] = (),
    ) -> Server:
        server = cls(binaries, folder, free_port(), under)
        _give_to_nobody(folder)
        run = ["--auth=trust", "-U", ADMIN, "-E", "UTF8", "--locale=C", "-N", "-D", str(server.cluster)]
        subprocess.run(server._as_nobody([str(binaries / "initdb"), *run]), check=True, capture_output=True)
        configuration = CONFIGURATION.format(
            folder=folder, port=server.port, fsync="on" if fsync else "off", buffers=buffers
        )
        with (server.cluster / "postgresql.conf").open("a") as file:
            file.write(configuration)
        return server

    def standby(self, folder: Path, name: str) -> Server:
        """Make a standby of this server, which follows it by streaming; the caller starts it."""
        server = Server(self.binaries, folder, free_port())
        _give_to_nobody(folder)
        copy = [
            "-h",
            str(self.folder),
            "-p",
            str(self.port),
            "-U",
            ADMIN,
            "-D",
            str(server.cluster),
            "-c",
            "fast",
        ]
        command = [str(self.binaries / "pg_basebackup"), *copy, "-R", "-X", "stream", "--no-sync"]
        subprocess.run(self._as_nobody(command), check=True, capture_output=True)
        own = STANDBY.format(folder=folder, port=server.port, primary=self, admin=ADMIN, name=name)
        # Read last, so that it overrules what was copied and what pg_basebackup wrote.
        with (server.cluster / "postgresql.auto.conf").open("a") as file:
            file.write(own)
        return server

    @property
    def cluster(self) -> Path:
        return self.folder / "cluster"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        process, end = self._began(), time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.dsn("postgres"), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                log, is_over = (self.folder / "log").read_text(), process.poll() is not None
                # A process of a killed server, forked as it was killed, ends a moment after it.
                is_waiting = is_over and any("is still in use" in line for line in log.splitlines()[-3:])
                if time.monotonic() > end or (is_over and not is_waiting):
                    pytest.fail(log, pytrace=False)
                time.sleep(0.05)
                if is_waiting:
                    process = self._began()

    def _began(self) -> subprocess.Popen[bytes]:
        command = [*self.under, str(self.binaries / "postgres"), "-D", str(self.cluster)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(self._as_nobody(command), stdout=log, stderr=log)
        return self.process

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """Let the postmaster drop everything (SIGQUIT), or kill it and every process of it (SIGKILL)."""
        process = self.process
        if process is None:
            return
        if how is signal.SIGKILL:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            for pid in [str(process.pid), *children]:
                with contextlib.suppress(ProcessLookupError):  # a child may just have ended by itself
                    os.kill(int(pid), signal.SIGKILL)
        else:
            os.kill(int((self.cluster / "postmaster.pid").read_text().split()[0]), how)
        process.wait(timeout=30)
        self.process = None

    def dsn(self, database: str, login: str = ADMIN, *, port: int | None = None) -> str:
        """Return a connection string over the socket, or over TCP to a port."""
        if port is not None:
            return make_conninfo(host="127.0.0.1", port=port, dbname=database, user=login)
        return make_conninfo(host=str(self.folder), port=self.port, dbname=database, user=login)

    def new_database(self, template: str = "template0") -> str:
        """Create a database and return its name."""
        self._databases += 1
        name = f"sla_{os.getpid()}_{self._databases}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" ENCODING \'UTF8\'')
        return name

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run one statement as the cluster's superuser."""
        with psycopg.connect(self.dsn(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def _as_nobody(self, command: Sequence[str]) -> list[str]:
        if os.geteuid() != 0:
            return list(command)
        return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command]


def _give_to_nobody(folder: Path) -> None:
    folder.chmod(0o711)
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody")


@contextmanager
def server_folder() -> Iterator[Path]:
    """Yield a folder for a cluster; it is gone afterwards."""
    # Not pytest's folder: a socket's path has at most 107 bytes, and nobody must reach it.
    folder = Path(tempfile.mkdtemp(prefix="sla-pg-", dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_server(
    *, fsync: bool = False, buffers: str = "16MB", under: Sequence[str] = ()
) -> Iterator[Server]:
    """Run a cluster for as long as the block."""
    binaries = require_programs()
    with server_folder() as folder:
        server = Server.create(binaries, folder, fsync=fsync, buffers=buffers, under=under)
        try:
            server.start()
            yield server
        finally:
            server.stop()


@contextmanager
def running_standby(primary: Server, name: str = "standby") -> Iterator[Server]:
    """Run a standby of a server for as long as the block."""
    with server_folder() as folder:
        standby = primary.standby(folder, name)
        try:
            standby.start()
            yield standby
        finally:
            standby.stop()
