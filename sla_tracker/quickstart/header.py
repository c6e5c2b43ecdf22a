"""The header of the start-up cache file: its fields and its binary layout."""

import json
import zlib
from typing import Any, TypedDict, cast

from sla_tracker.quickstart.journal_tail import CacheOutdated

FORMAT = 10
"""Version of the file format; a file of another version is not used."""
FRONT_LENGTH = 24
"""Bytes before the header: its length and checksum as text, padded with spaces."""
LARGEST_HEADER = 1 << 20
"""Bytes; a longer header is not read, as a damaged length could ask for any amount."""


class CachedPerson(TypedDict):
    """A person of the settings.

    `left_on` is empty for somebody who has not given notice.
    """

    name: str
    department: str
    role: str
    logins: list[str]
    left_on: str


class CachedServer(TypedDict):
    """Where a store on a server is found, and its schema.

    The variable that holds the address is named, never the address itself.
    """

    variable: str
    schema: int


class Header(TypedDict):
    """Fields of the header.

    Settings, people, validity limits, and where summaries begin.

    `stamps` are mtime (ns) and size (bytes) of each `watched` path; `day` is from writing to the end of the local day,
    as timestamps; `offset` is the zone's UTC offset in seconds if constant for `years`; `moving` has the course of each
    due time that a running excuse moves (cache_writer), empty where only the store knows it; `spans` are start, length
    and CRC-32 of each department's summaries. `server` is None for an embedded store.
    """

    format: int
    folder: str
    store: str
    server: CachedServer | None
    anchor: str
    watched: list[str]
    stamps: list[list[int]]
    day: list[float]
    zone: str
    offset: float | None
    years: list[int]
    company: list[str]
    trial: bool
    demonstration: bool
    keys: dict[str, str]
    default_person: str
    language: str
    departments: dict[str, list[str]]
    next_workdays: dict[str, str]
    people: dict[str, CachedPerson]
    mark: list[Any]
    live: int
    quiet_until: str
    moving: dict[str, list[tuple[str, str, float]]]
    spans: dict[str, list[int]]


def packed(header: Header) -> bytes:
    """Return the bytes of a header, with its length and checksum in front."""
    content = json.dumps(header, ensure_ascii=False).encode()
    return f"{len(content)} {zlib.crc32(content):08x}".encode().ljust(FRONT_LENGTH) + content


def length_in(front: bytes) -> int:
    """Return the header's length in bytes.

    Raises CacheOutdated if it is out of range, and ValueError.
    """
    length = int(front.split()[0]) if front.split() else 0
    if not 0 < length <= LARGEST_HEADER:
        raise CacheOutdated
    return length


def unpacked(front: bytes, content: bytes) -> Header:
    """Return the decoded header; raises CacheOutdated where the checksum is wrong."""
    if front.split()[1:] != [f"{zlib.crc32(content):08x}".encode()]:
        raise CacheOutdated
    return cast("Header", json.loads(content))
