"""Writes a call of a database function with its arguments.

The call stands in a text of several statements. The driver binds arguments only of a single statement, or, in a text of
several, for ten times what this takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection, pq

Argument = str | bool | int | datetime | UUID | list[str] | None


def call(connection: Connection[Any], function: bytes, arguments: Iterable[Argument]) -> bytes:
    """Return the statement that calls a function.

    Texts are quoted as the connection needs it.
    """
    escaping = pq.Escaping(connection.pgconn)

    def quoted(text: bytes) -> bytes:
        return bytes(escaping.escape_literal(text))

    return b"SELECT %b(%b)" % (function, b", ".join(_literal(one, quoted) for one in arguments))


def _literal(value: Argument, quoted: Callable[[bytes], bytes]) -> bytes:
    match value:
        case None:
            return b"NULL"
        case bool() | int():
            return str(value).encode()
        case datetime():
            return quoted(value.isoformat().encode())
        case list():
            return quoted(_array(value).encode()) + b"::text[]"
        case _:
            return quoted(str(value).encode())


def _array(texts: Iterable[str]) -> str:
    """Return an array of texts in the database's own notation."""
    return "{" + ",".join('"' + one.replace("\\", "\\\\").replace('"', '\\"') + '"' for one in texts) + "}"
