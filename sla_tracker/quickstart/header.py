"""What the file says ahead of its briefs, and how that is laid out."""

import json
import zlib
from typing import Any, TypedDict, cast

from sla_tracker.quickstart.journal_tail import CacheOutdated

FORMAT = 4
FRONT_LENGTH = 24
LARGEST_HEADER = 1 << 20


class CachedPerson(TypedDict):
    """A person as the settings name them; `left_on` is empty for whoever is here."""

    name: str
    department: str
    role: str
    logins: list[str]
    left_on: str


class Header(TypedDict):
    """What an opening knew, and what it knew that from.

    `stamps` are time and size of everything `watched`; `day` begins with the opening and ends with the local day, in
    seconds; `offset` is the zone's distance from UTC in seconds where it is always the same, for `years`; `moving` has
    the course of each due time that an excuse moves; `spans` begin, length and checksum of each department's briefs.
    """

    format: int
    folder: str
    store: str
    anchor: str
    watched: list[str]
    stamps: list[list[int]]
    day: list[float]
    zone: str
    offset: float | None
    years: list[int]
    company: str
    trial: bool
    demonstration: bool
    keys: dict[str, str]
    default_person: str
    language: str
    departments: dict[str, list[str]]
    people: dict[str, CachedPerson]
    mark: list[Any]
    live: int
    quiet_until: str
    moving: dict[str, list[tuple[str, str, float]]]
    spans: dict[str, list[int]]


def packed(header: Header) -> bytes:
    """Return a header as it stands in the file, behind a front that says its length and checksum."""
    content = json.dumps(header, ensure_ascii=False).encode()
    return f"{len(content)} {zlib.crc32(content):08x}".encode().ljust(FRONT_LENGTH) + content


def length_in(front: bytes) -> int:
    """Return the length of the header behind a front; raises Stale for one that is too long, ValueError for none."""
    length = int(front.split()[0]) if front.split() else 0
    if not 0 < length <= LARGEST_HEADER:
        raise CacheOutdated
    return length


def unpacked(front: bytes, content: bytes) -> Header:
    """Return the header behind a front; raises Stale where it is not what was written."""
    if front.split()[1:] != [f"{zlib.crc32(content):08x}".encode()]:
        raise CacheOutdated
    return cast("Header", json.loads(content))
