"""Encodes documents as canonical JSON, and checks that they decode to the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec
from msgspec import Raw

from sla_tracker.errors import N_
from sla_tracker.storage.journal.errors import DamagedJournal, RefusedDocument

Value = str | int | bool | None

NULL = b"null"
NAME_LENGTH = 200
"""Most characters in the name of a table, a key or an archive."""
# Compiled when they are used: few documents and names need them.
_NUL = rb"(?<!\\)(?:\\\\)*\\u0000"
_ILL_NAME = r"[\x00-\x1f\x7f\ud800-\udfff]"
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def canonical(document: bytes | Mapping[str, Any]) -> bytes:
    """Return a document as canonical JSON bytes.

    Raises RefusedDocument for anything that JSON would change: NaN, keys that are not text, numbers over
    64 bit, lone surrogates, dates, sets, tuples; and for NUL, which some databases refuse.
    """
    if isinstance(document, bytes):
        value = _parsed(document)
        content = _encoded(value)
    else:
        value = dict(document)
        content = _encoded(value)
        if _parsed(content) != value:
            raise RefusedDocument("The document is not plain JSON: it would come back changed.")
    if not isinstance(value, dict):
        raise RefusedDocument("A document is a JSON object.")
    if b"\\u0000" in content and re.search(_NUL, content):
        raise RefusedDocument("The document holds a NUL character.")
    return content


def _parsed(content: bytes) -> Any:
    try:
        return _decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RefusedDocument("The document is not JSON: {why}", why=error) from None


def _encoded(value: Any) -> bytes:
    try:
        return _encode(value)
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise RefusedDocument("The document is not plain JSON: {why}", why=error) from None


def decoded(content: bytes) -> dict[str, Any]:
    """Decode a stored document into a new dict, which the caller may change."""
    document: dict[str, Any] = _decode(content)
    return document


def _is_plain(text: str) -> bool:
    """Return whether the text is printable ASCII.

    Most names are, which spares them the slower regular expression.
    """
    return text.isascii() and text.isprintable()


def checked_name(name: str, what: str) -> str:
    """Return the name of a table, key or archive.

    Raises RefusedDocument for a bad one.
    """
    if name and len(name) <= NAME_LENGTH and _is_plain(name):
        return name
    if not name or len(name) > NAME_LENGTH or re.search(_ILL_NAME, name):
        raise RefusedDocument(
            "A {what} is 1 to {most} characters without control characters: {name}",
            what=what,
            most=NAME_LENGTH,
            name=repr(name),
        )
    return name


def checked_text(text: str, what: str) -> str:
    """Return a text that can be stored.

    Raises RefusedDocument for NUL or lone surrogates.
    """
    if not text or _is_plain(text):
        return text
    try:
        text.encode()
    except (UnicodeEncodeError, AttributeError):
        raise RefusedDocument(
            "The {what} is no text that can be kept: {text}", what=what, text=repr(text)
        ) from None
    if "\0" in text:
        raise RefusedDocument("The {what} holds a NUL character.", what=what)
    return text


def instant(at: str | datetime) -> str:
    """Return an instant as UTC text with microseconds.

    All have the same width, so that text sorts by time. Raises ValueError for a naive time.
    """
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    if moment.tzinfo is None:
        raise ValueError(f"The time {at} has no zone.")
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds")[:-6] + "Z"


def index_value(value: Value) -> bytes:
    """Return the JSON bytes of an indexed value, the same as in the document."""
    return _encode(value)


class Fields:
    """Extracts a document's indexed fields without decoding the rest."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names

    def of(self, document: bytes | memoryview) -> tuple[bytes, ...]:
        """Return one JSON value for each field; a missing field counts as null."""
        if not self.names:
            return ()
        try:
            picked = _picker(self.names)(document)
        except msgspec.MsgspecError as error:
            raise DamagedJournal(N_("A document cannot be read: {why}"), why=error) from None
        return tuple(map(bytes, msgspec.structs.astuple(picked)))


@cache  # made when it is first used: it takes 0.1 ms, and most processes read documents of few tables
def _picker(names: tuple[str, ...]) -> Callable[[bytes | memoryview], Any]:
    """Return what decodes some fields of a document, in this order."""
    fields = [
        (f"field_{number}", Raw, msgspec.field(default=Raw(NULL), name=name))
        for number, name in enumerate(names)
    ]
    return msgspec.json.Decoder(msgspec.defstruct("Picked", fields, frozen=True, gc=False)).decode
