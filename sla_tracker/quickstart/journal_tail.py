"""Reads the journal lines after the start-up cache, without loading the store.

The cache holds summaries of the live duties (duty_summaries.py) as of one journal line. The lines after that are read
here and checked as the journal checks them. Anything unusual raises CacheOutdated or CacheInconclusive, and the store
itself is opened.
"""

import json
import os
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import Any, NamedTuple

from sla_tracker.domain.duties.states import LIVE, OWED, Opened, State
from sla_tracker.domain.reference import reference_of
from sla_tracker.domain.text import Text
from sla_tracker.regular_files import open_regular
from sla_tracker.services.queries.rows import DutyRow, RowClock, bucket_at, is_limit_assumed, is_roll_assumed

# More lines than MOST_LINES, and than one for every SHARE_OF_LINES live duties, make the cache outdated.
MOST_LINES = 64
SHARE_OF_LINES = 32
LONGEST_TAIL = 16 << 20
"""Bytes after the cached line from which the store itself is opened instead."""
PATIENCE = 0.02
"""Seconds to wait for the journal's lock before the store is opened instead."""
FRONT, _COMMIT, _PAYLOAD = b'{"hash":"', b'","commit":', b',"payload":['
_COMMIT_AT = len(FRONT) + 64 + len(_COMMIT)
# Lines with these header keys change more than single duties; changes in these tables decide whether an automatic
# change is due. Both make the cache outdated.
_UNSUPPORTED_KEYS = frozenset({"seal", "unseal", "erase", "erased", "schema"})
UNSUPPORTED_TABLES = frozenset({"rosters", "complaints"})

Document = Mapping[str, Any]


class CacheOutdated(Exception):
    """The cache is missing or invalid: open the deployment and write the cache again."""


class CacheInconclusive(Exception):
    """The question needs the store itself; the cache may still be valid."""


class DutySummary(NamedTuple):
    """The list columns of a duty as cached, instants as text.

    `runs` says that a running excuse moves its due time; `is_elapsed` and `calendar` how its limit counts.
    """

    id: str
    obligation: str
    zh: str
    en: str
    provider: str
    consumer: str
    subject: str
    due_at: str
    state: str
    assignee: str
    month: str
    opened: str
    opened_at: str
    period_start: str | None
    period_end: str | None
    answer_due_at: str | None
    accept_by_at: str
    evidence_done: int
    evidence_asked: int
    provisional: bool
    returned: bool
    opened_late: bool
    short_notice: bool
    assumed: bool
    roll_assumed: bool
    runs: bool
    due_on: str
    papers_missing: int = 0
    earliest_on: str = ""
    promises_updates: bool = False
    is_elapsed: bool = False
    calendar: str = ""


class JournalMark(NamedTuple):
    """The last commit in the cache: its journal line, sequence and hash.

    Segment, inode, start and end byte say where the line lies; all zero for a store on a server.
    """

    segment: int
    inode: int
    begins: int
    ends: int
    sequence: int
    hash: str


class Delta(NamedTuple):
    """Changes since the cache was written: duties and the last line.

    A duty is None if it is no longer live.
    """

    changed: Mapping[str, DutySummary | None]
    quiet_until: str
    mark: JournalMark
    hashes: Mapping[int, str]


def summary_of(duty: Document) -> DutySummary:
    """Return the summary of a stored duty."""
    terms, deliveries = duty["terms"], duty.get("deliveries", ())
    owed = duty["state"] in OWED
    values = duty.get("draft", {}) if owed or not deliveries else deliveries[-1].get("evidence", {})
    asked = [field["id"] for field in terms.get("evidence", ()) if field.get("required", True)]
    return DutySummary(
        id=duty["id"],
        obligation=duty["obligation"],
        zh=duty["title"]["zh"],
        en=duty["title"]["en"],
        provider=duty["provider"],
        consumer=duty["consumer"],
        subject=duty.get("subject", ""),
        due_at=duty["deadline"]["due_at"],
        state=duty["state"],
        assignee=duty.get("assignee", ""),
        month=duty["month"],
        opened=terms["opened"],
        opened_at=duty["opened_at"],
        period_start=duty.get("period_start"),
        period_end=duty.get("period_end"),
        answer_due_at=None if duty.get("answered_at") else duty.get("answer_due_at"),
        accept_by_at=silence_accepts_at(duty),
        evidence_done=sum(id in values for id in asked),
        evidence_asked=len(asked),
        provisional=duty["deadline"].get("provisional", False),
        returned=any(delivery.get("returned_at") for delivery in deliveries),
        opened_late=duty.get("opened_late", False),
        short_notice=duty.get("short_notice", False),
        assumed=is_limit_assumed(terms.get("assumed", ())),
        roll_assumed=is_roll_assumed(
            terms.get("assumed", ()), (step["kind"] for step in duty["deadline"].get("steps", ()))
        ),
        runs=owed and any(excuse.get("end_at") is None for excuse in duty.get("excuses", ())),
        due_on=duty["deadline"]["due_on"],
        papers_missing=_papers_missing(duty) if owed else 0,
        earliest_on=(duty.get("earliest") or {}).get("due_on", ""),
        promises_updates=owed and (terms.get("request") or {}).get("updates_every") is not None,
        is_elapsed="elapsed" in terms["due"].get("then", terms["due"]),
        calendar=terms["due"].get("calendar") or terms.get("calendar", ""),
    )


def _papers_missing(duty: Document) -> int:
    there = {paper["id"] for paper in duty.get("papers", ())}
    return sum(paper["id"] not in there for paper in (duty["terms"].get("request") or {}).get("papers", ()))


def row_of_summary(summary: DutySummary, due_at: datetime, now: datetime, zone: tzinfo) -> DutyRow:
    """Return the list row of a summary with a due time."""
    state = State(summary.state)
    answer_due_at = datetime.fromisoformat(summary.answer_due_at) if summary.answer_due_at else None
    due_on = None if summary.runs else date.fromisoformat(summary.due_on)
    return DutyRow(
        id=summary.id,
        reference=reference_of(summary.id),
        obligation=summary.obligation,
        title=Text(zh=summary.zh, en=summary.en),
        provider=summary.provider,
        consumer=summary.consumer,
        subject=summary.subject,
        due_at=due_at,
        bucket=bucket_at(state, due_at, now, zone, due_on),
        due_on=due_on,
        state=state,
        assignee=summary.assignee,
        month=summary.month,
        opened=Opened(summary.opened),
        opened_at=datetime.fromisoformat(summary.opened_at),
        period_start=date.fromisoformat(summary.period_start) if summary.period_start else None,
        period_end=date.fromisoformat(summary.period_end) if summary.period_end else None,
        answer_due_at=answer_due_at,
        accept_by_at=datetime.fromisoformat(summary.accept_by_at) if summary.accept_by_at else None,
        evidence_done=summary.evidence_done,
        evidence_asked=summary.evidence_asked,
        provisional=summary.provisional,
        returned=summary.returned,
        opened_late=summary.opened_late,
        short_notice=summary.short_notice,
        assumed=summary.assumed,
        roll_assumed=summary.roll_assumed,
        papers_missing=summary.papers_missing,
        earliest_on=date.fromisoformat(summary.earliest_on) if summary.earliest_on else None,
        counted_by=RowClock(is_elapsed=summary.is_elapsed, calendar=summary.calendar),
    )


def silence_accepts_at(duty: Document) -> str:
    """Return the instant at which silence accepts a delivered duty, "" for others."""
    return (duty.get("accept_by_at") or "") if duty["state"] == State.DELIVERED else ""


def earliest(limits: Iterable[str]) -> str:
    """Return the earliest of several stored instants, ignoring empty ones."""
    return min(filter(None, limits), key=datetime.fromisoformat, default="")


def delta_since(folder: Path, mark: JournalMark, live: int, most: int = MOST_LINES) -> Delta:
    """Return the changes after a mark; raises CacheOutdated for many or unusual ones.

    Many means more lines than `most`, and than a small share of the `live` duties.
    """
    content = _tail(folder, mark)
    lines = content.splitlines(keepends=True)
    if len(lines) > most_commits(live, most) or (lines and not lines[-1].endswith(b"\n")):
        raise CacheOutdated
    hashes = {mark.sequence: mark.hash}
    duties: list[tuple[str, Document | None]] = []
    for line in lines:
        mark = _next_mark(line, mark)
        hashes[mark.sequence] = mark.hash
        duties += _duties(line)
    return delta_of(duties, mark, hashes)


def delta_of(
    duties: Iterable[tuple[str, Document | None]], mark: JournalMark, hashes: Mapping[int, str]
) -> Delta:
    """Return the changes that written duties make, in their order.

    None stands for a removed duty.
    """
    changed: dict[str, DutySummary | None] = {}
    limits = []
    for key, duty in duties:
        stays = duty is not None and duty["state"] in LIVE
        changed[key] = summary_of(duty) if stays and duty is not None else None
        limits.append(silence_accepts_at(duty) if duty is not None else "")
    return Delta(changed=changed, quiet_until=earliest(limits), mark=mark, hashes=hashes)


def most_commits(live: int, most: int) -> int:
    """Return how many commits are read after the cached one.

    It is `most`, or a small share of the `live` duties.
    """
    return max(most, live // SHARE_OF_LINES)


def _tail(folder: Path, mark: JournalMark) -> bytes:
    """Return the bytes after the line of a mark, read under the shared lock."""
    segments = folder / "segments"
    with _shared_lock(folder / "lock"):
        descriptor = open_regular(segments / f"{mark.segment:08d}.journal", os.O_RDONLY | os.O_NOFOLLOW)
        try:
            status = os.fstat(descriptor)
            front = FRONT + mark.hash.encode()
            if (
                status.st_ino != mark.inode
                or os.pread(descriptor, len(front), mark.begins) != front
                or os.pread(descriptor, 1, mark.ends - 1) != b"\n"
                or status.st_size - mark.ends > LONGEST_TAIL
                or (segments / f"{mark.segment + 1:08d}.journal").exists()
            ):
                raise CacheOutdated
            # The journal preallocates NUL bytes behind its last line.
            return os.pread(descriptor, status.st_size - mark.ends, mark.ends).rstrip(b"\0")
        finally:
            os.close(descriptor)


@contextmanager
def _shared_lock(lock: Path) -> Iterator[None]:
    descriptor = open_regular(lock, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        _wait_for_shared(descriptor)
        yield
    finally:
        os.close(descriptor)


def _wait_for_shared(descriptor: int) -> None:
    import fcntl  # not on Windows, where there is no embedded store either

    until = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise CacheInconclusive from None
            time.sleep(PATIENCE / 10)
        else:
            return


def _commit(line: bytes) -> tuple[bytes, int]:
    """Return the hashed part of a line, and the byte where the payload begins."""
    end = line.find(_PAYLOAD, _COMMIT_AT)
    if end < 0 or not line.startswith(FRONT):
        raise CacheOutdated
    return line[_COMMIT_AT:end], end + len(_PAYLOAD)


def _next_mark(line: bytes, before: JournalMark) -> JournalMark:
    """Return the mark of a line after checking its hash, and that it comes next."""
    from hashlib import sha256

    commit, _payload = _commit(line)
    header = json.loads(commit)
    digest = sha256(commit).hexdigest()
    if (
        line[len(FRONT) : len(FRONT) + 64] != digest.encode()
        or header["n"] != before.sequence + 1
        or header["prev"] != before.hash
        or not _UNSUPPORTED_KEYS.isdisjoint(header)
        or not UNSUPPORTED_TABLES.isdisjoint(change[0] for change in header.get("changes", ()))
    ):
        raise CacheOutdated
    return before._replace(
        begins=before.ends, ends=before.ends + len(line), sequence=header["n"], hash=digest
    )


def _duties(line: bytes) -> Iterator[tuple[str, Document | None]]:
    """Yield id and document of changed duties, None for removed ones.

    Raises CacheOutdated if a line is damaged.
    """
    from hashlib import sha256

    commit, begins = _commit(line)
    header = json.loads(commit)
    payload, place = line[begins:].decode(), 0
    digests = [("", "", header["why"])] if header.get("why") else []
    digests += [(table, key, digest) for table, key, digest, _before in header.get("changes", ())]
    scan = json.JSONDecoder().raw_decode
    for table, key, digest in digests:
        value = None
        if digest:
            (_salt, value), end = scan(payload, place)
            if sha256(payload[place:end].encode()).hexdigest() != digest:
                raise CacheOutdated
            place = end + 1
        if table == "duties":
            yield key, value


def unpacked(content: bytes, checksum: int) -> list[DutySummary]:
    """Return the summaries of one department.

    Raises CacheOutdated for a wrong checksum.
    """
    if zlib.crc32(content) != checksum:
        raise CacheOutdated
    return [DutySummary._make(each) for each in json.loads(content)]
