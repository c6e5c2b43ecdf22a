"""Builds the duty summaries that the start-up cache holds."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, NamedTuple

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

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from sla_tracker.storage.journal import Journal
    from sla_tracker.storage.postgres import PostgresStore

RUNNING = "running"
"""The state of a complaint that is not settled."""


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
    duties = journal.find("duties", state=tuple(map(str, LIVE)))
    complaints = journal.find("complaints", state=RUNNING)
    return _summaries(duties, complaints, _mark(folder, journal))


def summarise_server(store: PostgresStore) -> DutySummaries:
    """Return the summaries of a store on a server.

    Raises CacheOutdated if it is empty.
    """
    wanted = {"duties": tuple(map(str, LIVE)), "complaints": (RUNNING,)}
    sequence, last, found = store.documents_by_state(wanted)
    if not sequence:
        raise CacheOutdated
    mark = JournalMark(0, 0, 0, 0, sequence, last)
    return _summaries(found["duties"], found["complaints"], mark)


def _summaries(
    duties: Iterable[bytes | str], complaints: Iterable[bytes | str], mark: JournalMark
) -> DutySummaries:
    decode = msgspec.json.Decoder().decode
    summaries: dict[str, list[DutySummary]] = {}
    limits = []
    for raw in duties:
        duty = decode(raw)
        summaries.setdefault(duty["provider"], []).append(summary_of(duty))
        limits.append(silence_accepts_at(duty))
    for raw in complaints:
        complaint = decode(raw)
        limits.append("" if complaint.get("escalated_at") else complaint.get("due_at") or "")
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
