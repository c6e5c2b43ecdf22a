"""Builds the duty summaries that the start-up cache holds."""

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from sla_tracker.domain.duties.states import LIVE
from sla_tracker.quickstart.journal_tail import (
    CacheOutdated,
    DutySummary,
    JournalMark,
    earliest,
    silence_accepts_at,
    summary_of,
)
from sla_tracker.storage.journal import Journal


class DutySummaries(NamedTuple):
    """Summaries of the live duties by department, as of one journal line (`mark`).

    `quiet_until` is the first instant of an automatic change, such as acceptance by silence; empty for none.
    """

    summaries: Mapping[str, list[DutySummary]]
    quiet_until: str
    mark: JournalMark


def summarise(journal: Journal, folder: Path) -> DutySummaries:
    """Return the summaries of a journal.

    Raises CacheOutdated if it is empty or being written.
    """
    journal.refresh()
    decode = msgspec.json.Decoder().decode
    summaries: dict[str, list[DutySummary]] = {}
    limits = []
    for raw in journal.find("duties", state=tuple(map(str, LIVE))):
        duty = decode(raw)
        summaries.setdefault(duty["provider"], []).append(summary_of(duty))
        limits.append(silence_accepts_at(duty))
    for raw in journal.find("complaints", state="running"):
        complaint = decode(raw)
        limits.append("" if complaint.get("escalated_at") else complaint.get("due_at") or "")
    mark = _mark(folder, journal)
    return DutySummaries(summaries=summaries, quiet_until=earliest(limits), mark=mark)


def _mark(folder: Path, journal: Journal) -> JournalMark:
    segment, begins, ends = journal.last_line
    if not segment:
        raise CacheOutdated
    status = (folder / "segments" / f"{segment:08d}.journal").stat()
    return JournalMark(segment, status.st_ino, begins, ends, journal.sequence, journal.head)


def packed(summaries: Mapping[str, list[DutySummary]]) -> tuple[dict[str, list[int]], bytes]:
    """Return the summaries as bytes, and start, length and CRC-32 for each department."""
    spans: dict[str, list[int]] = {}
    parts: list[bytes] = []
    size = 0
    for department, own in summaries.items():
        part = json.dumps(own, ensure_ascii=False, separators=(",", ":")).encode()
        spans[department] = [size, len(part), zlib.crc32(part)]
        parts.append(part)
        size += len(part)
    return spans, b"".join(parts)
