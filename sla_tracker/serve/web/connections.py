"""Limits how many connections are open at once.

Otherwise somebody who holds many would keep others out. They are counted when they are accepted, before TLS: one that
says nothing holds a descriptor, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import resource
import socket
import ssl
from typing import Any

from aiohttp import web

# Of one address, behind which an office may sit; of a proxy, which uses a Unix socket, any number.
MOST_OF_ONE = 400
MOST_IN_ALL = 10_000
SPARE = 4  # one of so many descriptors is kept for what answers
HANDSHAKE_SECONDS = 5.0


class OpenConnections:
    """The connections of one server that are open."""

    def __init__(self) -> None:
        self._open: list[tuple[socket.socket, object]] = []

    def take(self, connection: socket.socket, address: object) -> bool:
        """Count a new connection, and return True; False for one too many."""
        self._open = [(one, whose) for one, whose in self._open if one.fileno() != -1]
        most = most_in_all()
        if len(self._open) >= most:
            return False
        whose = address[0] if connection.family != socket.AF_UNIX and isinstance(address, tuple) else None
        if whose is not None and sum(other == whose for _one, other in self._open) >= min(
            MOST_OF_ONE, most // 2
        ):
            return False
        self._open.append((connection, whose))
        return True


class LimitedSocket(socket.socket):
    """A listening socket that closes each connection which is one too many."""

    def __init__(self, bound: socket.socket, connections: OpenConnections) -> None:
        super().__init__(fileno=bound.detach())
        self._connections = connections

    def accept(self) -> tuple[socket.socket, Any]:
        """Return a connection and its address.

        Raises ConnectionAbortedError, with which asyncio waits for the next one.
        """
        connection, address = super().accept()
        if not self._connections.take(connection, address):
            connection.close()
            raise ConnectionAbortedError
        return connection, address


class LimitedSite(web.SockSite):
    """A place where a server listens, for no more connections than there may be."""

    def __init__(
        self,
        runner: web.BaseRunner,
        bound: socket.socket,
        connections: OpenConnections,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(runner, LimitedSocket(bound, connections), ssl_context=tls)

    async def start(self) -> None:
        """Begin to listen; a handshake of TLS has little time."""
        await web.BaseSite.start(self)
        assert self._runner.server is not None
        self._server = await asyncio.get_running_loop().create_server(
            self._runner.server,
            sock=self._sock,
            ssl=self._ssl_context,
            ssl_handshake_timeout=HANDSHAKE_SECONDS if self._ssl_context else None,
            backlog=self._backlog,
        )


def bound_at(host: str, port: int) -> list[socket.socket]:
    """Return a socket for each address of a host; raises OSError.

    An address that this machine does not have is left out where another one is there.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    with contextlib.ExitStack() as opened:
        made: list[socket.socket] = []
        missing: OSError | None = None
        for family, address in dict.fromkeys((one[0], one[4]) for one in found):
            try:
                made.append(opened.enter_context(socket.create_server(address, family=family)))
            except OSError as problem:
                if problem.errno != errno.EADDRNOTAVAIL:
                    raise
                missing = problem
        if missing is not None and not made:
            raise missing
        opened.pop_all()
        return made


def most_in_all() -> int:
    """Return how many connections fit in the descriptors that this process may open."""
    descriptors, _most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if descriptors == resource.RLIM_INFINITY:
        return MOST_IN_ALL
    return min(descriptors - max(descriptors // SPARE, 1), MOST_IN_ALL)
