"""Makes the digest from which a quick look at the live duties is served (glance.py)."""

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from sla_tracker.core.states import LIVE
from sla_tracker.storage.glance import FRONT, Brief, Mark, Stale, brief_of, earliest, silent_from
from sla_tracker.storage.journal import Journal


class Digest(NamedTuple):
    """Briefs by department, the line they stand for, and until when nothing happens by itself (empty: always)."""

    briefs: Mapping[str, list[Brief]]
    quiet_until: str
    mark: Mark


def digest_of(journal: Journal, folder: Path) -> Digest:
    """Return the digest of a journal as it is now; raises Stale when it has nothing or somebody is writing."""
    journal.refresh()
    decode = msgspec.json.Decoder().decode
    briefs: dict[str, list[Brief]] = {}
    limits = []
    for raw in journal.find("duties", state=tuple(map(str, LIVE))):
        duty = decode(raw)
        briefs.setdefault(duty["provider"], []).append(brief_of(duty))
        limits.append(silent_from(duty))
    for raw in journal.find("complaints", state="running"):
        complaint = decode(raw)
        limits.append("" if complaint.get("escalated_at") else complaint.get("due_at") or "")
    mark = _mark(folder, journal.sequence, journal.head)
    return Digest(briefs=briefs, quiet_until=earliest(limits), mark=mark)


def _mark(folder: Path, sequence: int, head: str) -> Mark:
    for path in sorted((folder / "segments").glob("*.journal"), reverse=True):
        content = path.read_bytes()
        begins = content.rfind(FRONT + head.encode())
        if begins >= 0:
            ends = content.index(b"\n", begins) + 1
            return Mark(int(path.stem), path.stat().st_ino, begins, ends, sequence, head)
    raise Stale


def packed(briefs: Mapping[str, list[Brief]]) -> tuple[dict[str, list[int]], bytes]:
    """Return the briefs as bytes, and for each department where its own begin, their length and checksum."""
    spans: dict[str, list[int]] = {}
    parts: list[bytes] = []
    size = 0
    for department, own in briefs.items():
        part = json.dumps(own, ensure_ascii=False, separators=(",", ":")).encode()
        spans[department] = [size, len(part), zlib.crc32(part)]
        parts.append(part)
        size += len(part)
    return spans, b"".join(parts)
