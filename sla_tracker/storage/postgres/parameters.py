"""Writes values as parameters of a statement, in the database's own formats."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import NoneType
from typing import Any
from uuid import UUID

import psycopg
from psycopg import pq

Argument = str | bytes | bool | int | datetime | UUID | Sequence[str] | Sequence[bytes] | None
"""What a statement may be given; bytes are a text that is encoded already."""

TEXT, BINARY = pq.Format.TEXT, pq.Format.BINARY
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
        write = _WRITERS.get(type(value)) or _writer_of(value)
        written.append(write(value))
        formats.append(BINARY if isinstance(value, (list, tuple)) else TEXT)
    return written, formats


def _writer_of(value: Argument) -> Callable[[Any], bytes | None]:
    """Return what writes a value of a subclass, such as a text enumeration's."""
    return next(write for kind, write in _WRITERS.items() if isinstance(value, kind))


def _text(text: str) -> bytes:
    if "\0" in text:
        raise psycopg.DataError("a text holds a NUL character")
    return text.encode()


def _encoded_text(text: bytes) -> bytes:
    if b"\0" in text:
        raise psycopg.DataError("a text holds a NUL character")
    return text


def _other(value: int | UUID) -> bytes:
    return str(value).encode()


def _array(texts: Sequence[str] | Sequence[bytes]) -> bytes:
    """Return an array of texts as the database sends and takes it."""
    if not texts:
        return _NO_ITEMS
    parts = [_ARRAY.pack(1, 0, TEXT_TYPE, len(texts), 1)]
    for text in texts:
        item = text if isinstance(text, bytes) else text.encode()
        parts += (_LENGTH.pack(len(item)), item)
    return b"".join(parts)


_WRITERS: Mapping[type, Callable[[Any], bytes | None]] = {
    str: _text,
    bytes: _encoded_text,
    list: _array,
    tuple: _array,
    bool: _other,
    int: _other,
    UUID: _other,
    datetime: lambda value: value.isoformat().encode(),
    NoneType: lambda _value: None,
}
