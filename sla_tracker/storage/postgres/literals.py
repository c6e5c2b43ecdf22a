"""Writes a call of a database function with its arguments.

The call stands in a text of several statements. The driver binds arguments only of a single statement, or, in a text of
several, for ten times what this takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection, pq

Argument = str | bool | int | datetime | UUID | list[str] | None


def call(connection: Connection[Any], function: bytes, arguments: Iterable[Argument]) -> bytes:
    """Return the statement that calls a function.

    Texts are quoted as the connection needs it.
    """
    return b"SELECT %b(%b)" % (function, b", ".join(literals(connection, arguments)))


def literals(connection: Connection[Any], values: Iterable[Argument]) -> Iterator[bytes]:
    """Yield values as they are written in a statement on this connection."""
    quoted = pq.Escaping(connection.pgconn).escape_literal
    for value in values:
        match value:
            case str():  # first, as nearly all are
                yield bytes(quoted(value.encode()))
            case None:
                yield b"NULL"
            case int():
                yield str(value).encode()
            case list():
                yield bytes(quoted(_array(value).encode())) + b"::text[]"
            case datetime():
                yield bytes(quoted(value.isoformat().encode()))
            case UUID():
                yield bytes(quoted(str(value).encode()))


def _array(texts: Iterable[str]) -> str:
    """Return an array of texts in the database's own notation."""
    return "{" + ",".join('"' + one.replace("\\", "\\\\").replace('"', '\\"') + '"' for one in texts) + "}"
