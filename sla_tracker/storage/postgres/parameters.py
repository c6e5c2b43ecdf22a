"""Writes values as parameters of a statement, in the database's own formats."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import psycopg
from psycopg import pq

Argument = str | bytes | bool | int | datetime | UUID | Sequence[str] | Sequence[bytes] | None
"""What a statement may be given; bytes are a text that is encoded already."""

TEXT_TYPE = 25
"""The number of the type `text` in every PostgreSQL."""
_ARRAY = struct.Struct(">iiIii")  # dimensions, flags, type of the items, their number, number of the first
_NO_ITEMS = struct.pack(">iiI", 0, 0, TEXT_TYPE)
_LENGTH = struct.Struct(">i")


def parameters(values: Iterable[Argument]) -> tuple[list[bytes | None], list[pq.Format]]:
    """Return values as the database takes them, and the format of each.

    Raises DataError for a text with a NUL character, which the driver would cut off there. Arrays are binary: as text,
    every quotation mark in a document would have to be escaped, and read again.
    """
    written: list[bytes | None] = []
    formats: list[pq.Format] = []
    for value in values:
        match value:
            case None:
                written.append(None)
            case str() | bytes() | int() | UUID():
                written.append(_text(value))
            case datetime():
                written.append(value.isoformat().encode())
            case _:
                written.append(_array(value))
                formats.append(pq.Format.BINARY)
                continue
        formats.append(pq.Format.TEXT)
    return written, formats


def _text(value: str | bytes | int | UUID) -> bytes:
    text = value if isinstance(value, bytes) else str(value).encode()
    if b"\0" in text:
        raise psycopg.DataError("a text holds a NUL character")
    return text


def _array(texts: Sequence[str] | Sequence[bytes]) -> bytes:
    """Return an array of texts as the database sends and takes it."""
    if not texts:
        return _NO_ITEMS
    parts = [_ARRAY.pack(1, 0, TEXT_TYPE, len(texts), 1)]
    for text in texts:
        item = text if isinstance(text, bytes) else text.encode()
        parts += (_LENGTH.pack(len(item)), item)
    return b"".join(parts)
