"""Writes a call of a database function with its arguments.

The call stands in a text of several statements. The driver binds arguments only of a single statement, or, in a text of
several, for ten times what this takes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection, pq

Argument = str | bool | int | datetime | UUID | list[str] | None


def call(connection: Connection[Any], function: bytes, arguments: Iterable[Argument]) -> bytes:
    """Return the statement that calls a function.

    Texts are quoted as the connection needs it.
    """
    return b"SELECT %b(%b)" % (function, b", ".join(literal(connection, one) for one in arguments))


def literal(connection: Connection[Any], value: Argument) -> bytes:
    """Return a value as it is written in a statement on this connection."""

    def quoted(text: bytes) -> bytes:
        return bytes(pq.Escaping(connection.pgconn).escape_literal(text))

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
