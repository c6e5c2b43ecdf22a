"""Limits how many connections are open at once.

Otherwise somebody who holds many would keep others out.
"""

from __future__ import annotations

import asyncio
import resource
import socket
from collections.abc import Callable
from typing import cast

from aiohttp import web

# Of one address, behind which an office may sit; of a proxy, which uses a Unix socket, any number.
MOST_OF_ONE = 400
MOST_IN_ALL = 10_000
SPARE = 4  # one of so many descriptors is kept for what answers


class LimitedRunner(web.AppRunner):
    """Speaks HTTP to as many connections as there may be, and closes others at once."""

    @property
    def server(self) -> Callable[[], asyncio.Protocol] | None:  # type: ignore[override]
        """Return what makes the protocol of a new connection."""
        made = super().server
        return None if made is None else lambda: _Newcomer(made)


class _Newcomer(asyncio.Protocol):
    """A connection before it is known where it comes from."""

    def __init__(self, server: web.Server) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hand the connection on, or close it."""
        if self._is_one_too_many(transport):
            cast(asyncio.Transport, transport).abort()
            return
        handler = self._server()
        cast(asyncio.Transport, transport).set_protocol(handler)
        handler.connection_made(transport)

    def _is_one_too_many(self, transport: asyncio.BaseTransport) -> bool:
        known = self._server.connections
        if len(known) >= most_in_all():
            return True
        if transport.get_extra_info("socket").family == socket.AF_UNIX:
            return False
        address = _address_of(transport.get_extra_info("peername"))
        return sum(_address_of(one.peername) == address for one in known) >= MOST_OF_ONE


def _address_of(name: object) -> object:
    return name[0] if isinstance(name, tuple) else name


def most_in_all() -> int:
    """Return how many connections fit in the descriptors that this process may open."""
    descriptors, _most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if descriptors == resource.RLIM_INFINITY:
        return MOST_IN_ALL
    return min(descriptors - max(descriptors // SPARE, 1), MOST_IN_ALL)
