r"""Encodes one commit as one line, and checks the hash chain through the lines.

A line is `{"hash":"…","commit":{…},"payload":[["salt",document],…]}` and a newline, without any other white space.
`hash` is the SHA-256 of the bytes of `commit`, and `commit` names the hash of the line before. `commit` carries only
the digests of the payload's entries, so an entry can be blanked in place (same length, salt gone) and the chain still
verifies: without the salt, the digest reveals nothing about the erased document.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from msgspec import Raw

from sla_tracker.digests import sha256
from sla_tracker.errors import N_
from sla_tracker.storage.journal.errors import DamagedJournal

GENESIS = "0" * 64
"""The hash that the first line names as its predecessor's."""
SALT_LENGTH = 32
"""Hexadecimal characters, so 128 random bits."""
BLANK_SALT = b"0" * SALT_LENGTH
FRONT, _MIDDLE, _BACK = b'{"hash":"', b'","commit":', b',"payload":['
_COMMIT_AT = len(FRONT) + 64 + len(_MIDDLE)
_VALUE_AT = SALT_LENGTH + 4  # `["` and the salt and `",`


class LineChange(msgspec.Struct, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """One document that a commit changed.

    `digest` is empty where the document was removed. `before` is the position of the line that touched it last, or 0.
    """

    table: str
    key: str
    digest: str
    before: int

    @property
    def removed(self) -> bool:
        """Return whether the commit removed the document."""
        return not self.digest


class Seal(msgspec.Struct, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """The archive that a commit sealed."""

    name: str
    digest: str
    count: int


class Header(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """The hashed part of a line: sequence, time, person, changes, previous hash.

    `why` is the digest of the reason; `late` says that the clock was earlier than the previous line's; `schema` is
    given once, by the first commit of a newer program; `erase` and `erased` open and close an erasure.
    """

    n: int
    at: str
    who: str
    what: str
    prev: str
    via: str = ""
    why: str = ""
    late: bool = False
    schema: int = 0
    changes: tuple[LineChange, ...] = ()
    seal: Seal | None = None
    unseal: str = ""
    erase: tuple[tuple[str, str], ...] = ()
    erased: int = 0


class _Outer(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    hash: str
    commit: Raw
    payload: list[Raw]


class _Schema(msgspec.Struct, frozen=True, gc=False):
    schema: int = 0


class _AnyOuter(msgspec.Struct, frozen=True, gc=False):
    """As much of a line as each version must understand, whatever else it holds."""

    commit: _Schema


class Entry(NamedTuple):
    """A document in a line's payload: its offset and bytes; erased ones are blank."""

    offset: int
    document: bytes
    blank: bool = False


class Line(msgspec.Struct, frozen=True, gc=False):
    """A line whose hash and digests were checked."""

    hash: str
    header: Header
    entries: tuple[Entry, ...]
    """One for each change that is not a removal, in order."""
    reason: str = ""
    reason_blank: bool = False

    def document(self, table: str, key: str) -> bytes | None:
        """Return a document as this commit wrote it; None where removed or erased since."""
        entries = iter(self.entries)
        for change in self.header.changes:
            entry = None if change.removed else next(entries)
            if change.table == table and change.key == key:
                return None if entry is None or entry.blank else entry.document
        return None

    def before(self, table: str, key: str) -> int | None:
        """Return the position of the document's previous line.

        None if this line did not touch it.
        """
        for change in self.header.changes:
            if change.table == table and change.key == key:
                return change.before
        return None


_decode_outer = msgspec.json.Decoder(_Outer).decode
_decode_header = msgspec.json.Decoder(Header).decode
_decode_any = msgspec.json.Decoder(_AnyOuter).decode
_encode = msgspec.json.Encoder().encode


def entry(document: bytes) -> tuple[bytes, str]:
    """Return the salted payload entry of a document, and the entry's digest."""
    content = b"".join((b'["', os.urandom(SALT_LENGTH // 2).hex().encode(), b'",', document, b"]"))
    return content, sha256(content).hexdigest()


def encoded_key(key: str) -> bytes:
    """Return a key as it is written in a line, for searching raw bytes."""
    return _encode(key)


def begins(content: bytes, sequence: int) -> bool:
    """Return whether a line is the commit of that sequence, without decoding it."""
    return content.startswith(b'{"n":%d,' % sequence, _COMMIT_AT)


def schema_of(content: bytes) -> int:
    """Return the schema that a line gives, even one of a newer program.

    Returns 0 for a line without one and for what is no line.
    """
    try:
        return _decode_any(content).commit.schema
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return 0


def claims(content: bytes, head: str, sequence: int) -> bool:
    """Return whether the first bytes of a line name this hash and sequence.

    Whether they are right is not checked.
    """
    return content.startswith(b"".join((FRONT, head.encode(), _MIDDLE, b'{"n":%d,' % sequence)))


def opening(content: bytes) -> Line | None:
    """Return a line without documents from its first bytes, or None.

    None where they do not reach to the end of the header.

    The header is checked by its hash. A reason stands among the documents and is missing here. Raises DamagedJournal.
    """
    end = content.find(_BACK)
    if end < 0:
        return None
    commit = content[_COMMIT_AT:end]
    try:
        header = _decode_header(commit)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DamagedJournal(N_("A line cannot be read: {why}"), why=error) from None
    digest = sha256(commit).hexdigest()
    if not claims(content, digest, header.n):
        raise DamagedJournal(N_("A line does not have the hash it claims."))
    return Line(digest, header, ())


def encode(header: Header, payload: Sequence[bytes], reason: str = "") -> tuple[bytes, Line]:
    """Return the bytes of a line, and the Line that `decode` would return for them."""
    commit = _encode(header)
    digest = sha256(commit).hexdigest()
    content = b"".join((FRONT, digest.encode(), _MIDDLE, commit, _BACK, b",".join(payload), b"]}\n"))
    entries = []
    offset = _COMMIT_AT + len(commit) + len(_BACK)
    for raw in payload:
        entries.append(Entry(offset + _VALUE_AT, raw[_VALUE_AT:-1]))
        offset += len(raw) + 1
    return content, Line(digest, header, tuple(entries[1:] if header.why else entries), reason)


def decode(content: bytes) -> Line:
    """Decode a line after checking every byte of it.

    Raises DamagedJournal; the caller adds the place.
    """
    try:
        outer = _decode_outer(content)
        header = _decode_header(outer.commit)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DamagedJournal(N_("A line cannot be read: {why}"), why=error) from None
    if sha256(outer.commit).hexdigest() != outer.hash:
        raise DamagedJournal(N_("A line does not have the hash it claims."))
    digests = [change.digest for change in header.changes if change.digest]
    if header.why:
        digests.insert(0, header.why)
    payload = outer.payload
    offset = _COMMIT_AT + len(outer.commit) + len(_BACK)
    length = offset + sum(map(len, payload)) + max(len(payload) - 1, 0) + 3
    if len(digests) != len(payload) or length != len(content):
        raise DamagedJournal(N_("A line does not have the shape it was written in."))
    entries = []
    for digest, raw in zip(digests, payload, strict=True):
        entries.append(_entry(bytes(raw), digest, offset))
        offset += len(raw) + 1
    if not header.why:
        return Line(outer.hash, header, tuple(entries))
    first = entries.pop(0)
    reason = "" if first.blank else msgspec.json.decode(first.document, type=str)
    return Line(outer.hash, header, tuple(entries), reason, first.blank)


def holds_line(content: bytes) -> bool:
    """Return whether a line that looks torn holds a whole one.

    It holds one if the line stands behind NUL bytes, or if only its newline is another byte now. A writer that died
    leaves neither.
    """
    begins = content.rfind(b"\0") + 1
    try:
        decode(content[begins:-1] + b"\n")
    except DamagedJournal:
        return False
    return True


def _entry(raw: bytes, digest: str, offset: int) -> Entry:
    if sha256(raw).hexdigest() == digest:
        return Entry(offset + _VALUE_AT, raw[_VALUE_AT:-1])
    if raw == blanked(raw):
        return Entry(offset + _VALUE_AT, b"", blank=True)
    raise DamagedJournal(N_("A document in a line does not have the digest that the line claims."))


def blanked(raw: bytes) -> bytes:
    """Return a payload entry of the same length with salt and document overwritten."""
    return b'["%s","%s"]' % (BLANK_SALT, b"." * (len(raw) - _VALUE_AT - 3))


def blank(content: bytes, erased: frozenset[tuple[str, str]]) -> bytes:
    """Return a line of the same length with the named documents overwritten.

    The reason goes too if the line changed any of them: it is free text and may name the person.
    """
    outer = _decode_outer(content)
    header = _decode_header(outer.commit)
    hit = [(change.table, change.key) in erased for change in header.changes if change.digest]
    touched = any((change.table, change.key) in erased for change in header.changes)
    if header.why:
        hit.insert(0, touched)
    payload = [
        blanked(bytes(raw)) if gone else bytes(raw) for raw, gone in zip(outer.payload, hit, strict=True)
    ]
    front = len(content) - sum(map(len, payload)) - max(len(payload) - 1, 0) - 3
    return content[:front] + b",".join(payload) + b"]}\n"
