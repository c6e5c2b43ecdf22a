"""Reads the history: commits, who changed a document, and its earlier versions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from sla_tracker.errors import N_
from sla_tracker.storage.journal import line
from sla_tracker.storage.journal.errors import DamagedJournal
from sla_tracker.storage.journal.files import archive
from sla_tracker.storage.journal.files.segment import Piece, position
from sla_tracker.storage.journal.follower import Follower
from sla_tracker.storage.journal.line import Line
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """A document that a commit wrote or removed."""

    table: str
    key: str
    removed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One commit of the audit trail."""

    sequence: int
    hash: str
    at: datetime
    who: str
    what: str
    via: str
    reason: str
    reason_erased: bool
    clock_went_back: bool
    """The writer's clock was earlier than the previous commit; the sequence orders commits, not the time."""
    changes: tuple[Touched, ...]
    sealed: str
    """Name of the archive it sealed, or ""."""
    unsealed: str
    erased: tuple[tuple[str, str], ...]
    """Table and key of the documents whose history it erased."""


def commit_of(read: Line) -> Commit:
    """Return the commit of a line."""
    header = read.header
    return Commit(
        sequence=header.n,
        hash=read.hash,
        at=datetime.fromisoformat(header.at),
        who=header.who,
        what=header.what,
        via=header.via,
        reason=read.reason,
        reason_erased=read.reason_blank,
        clock_went_back=header.late,
        changes=tuple(Touched(table=c.table, key=c.key, removed=c.removed) for c in header.changes),
        sealed=header.seal.name if header.seal is not None else "",
        unsealed=header.unseal,
        erased=header.erase,
    )


def history(follower: Follower, key: str, table: str | None = None, sealed_in: str = "") -> list[Commit]:
    """Return the commits that touched a document, oldest first; [] for an unknown one.

    `sealed_in` names the archive to open, if it is known. Each line of a live document holds the position of the one
    before, and an archive holds the last position; only for a removed document all segments are searched. Raises
    DamagedJournal.
    """
    lines: dict[int, Line] = {}
    for name, place in _last_lines(follower, key, table, sealed_in):
        lines.update(_walk(follower, name, key, place, follower.segments.header))
    if not lines:
        lines.update(_searched(follower, key, table))
    return [commit_of(lines[sequence]) for sequence in sorted(lines)]


def version(follower: Follower, table: str, key: str, sequence: int) -> bytes | None:
    """Return a document as of a commit, or None.

    None where it did not exist or was erased since.

    Raises DamagedJournal.
    """
    best: Line | None = None
    read_line = follower.segments.line
    walks = [
        _walk(follower, name, key, place, read_line) for name, place in _last_lines(follower, key, table)
    ]
    for number, read in (each for walk in walks or [_searched(follower, key, table)] for each in walk):
        if number <= sequence and (best is None or number > best.header.n):
            best = read
            if walks:
                break
    return best.document(table, key) if best is not None else None


Revision = tuple[str, str, bytes]
"""Table, key and JSON of a document as a commit left it."""


def log(follower: Follower, since: int = 0) -> Iterator[Commit]:
    """Yield the commits after a sequence, oldest first, checking the chain of hashes.

    Raises DamagedJournal.
    """

    def read(content: bytes, number: int, byte: int) -> Line:
        found = follower.segments.opened(content, number, byte)
        return found if found and not found.header.why else follower.segments.decoded(content, number, byte)

    return map(commit_of, _lines_after(follower, since, read))


def revisions(follower: Follower, since: int = 0) -> Iterator[tuple[Commit, list[Revision]]]:
    """Yield the commits after a sequence, each with the documents it wrote.

    Documents erased since are left out. One pass: calling `version` for each document would walk its whole history
    and read the archives every time.
    """
    for read in _lines_after(follower, since, follower.segments.decoded):
        found = ((each.table, each.key, read.document(each.table, each.key)) for each in read.header.changes)
        yield (
            commit_of(read),
            [(table, key, document) for table, key, document in found if document is not None],
        )


def _lines_after(
    follower: Follower, since: int, decoded: Callable[[bytes, int, int], Line]
) -> Iterator[Line]:
    image = follower.image
    last, head, sequence = image.sequence, "", since
    for number, piece in _pieces_after(follower, since):
        if sequence >= last:
            return
        read = decoded(piece.content, number, piece.byte)
        if read.header.n <= since:
            head = read.hash
            continue
        if read.header.n != sequence + 1 or (head and read.header.prev != head):
            problem = DamagedJournal(N_("A line does not follow the line before it."), sequence=read.header.n)
            raise follower.segments.named(problem, number, piece.byte)
        sequence, head = read.header.n, read.hash
        yield read


def _pieces_after(follower: Follower, since: int) -> Iterator[tuple[int, Piece]]:
    if since >= follower.image.sequence:
        return
    first = _segment_with(follower, since + 1)
    for number in range(first, follower.image.segment + 1):
        # Lines are numbered without a gap, so those before `since` need not be decoded; its own gives the hash.
        for piece in _pieces_of(follower, number, since):
            yield number, piece


def _pieces_of(follower: Follower, number: int, since: int) -> list[Piece]:
    """Return the lines of a segment from that of a sequence on.

    The segment that is written is read from its end: who follows asks after each commit.
    """
    with follower.mutex:
        image = follower.image
        if number == image.segment:
            return follower.segments.last_pieces(number, image.byte, image.sequence - since + 1)
        pieces = list(follower.segments.pieces(number))
        return pieces[_lines_before(follower, number, pieces, since) :]


def _lines_before(follower: Follower, number: int, pieces: list[Piece], sequence: int) -> int:
    """Return how many lines of a segment come before a sequence."""
    if not sequence or not pieces:
        return 0
    first = follower.segments.header(position(number, 0)).header.n
    return min(max(sequence - first, 0), len(pieces))


def _segment_with(follower: Follower, sequence: int) -> int:
    """Return the number of the segment that holds a sequence, found by bisection."""
    with follower.mutex:
        low, high = 1, follower.image.segment
        while low < high:
            middle = (low + high + 1) // 2
            if follower.segments.header(position(middle, 0)).header.n <= sequence:
                low = middle
            else:
                high = middle - 1
    return low


def _last_lines(
    follower: Follower, key: str, table: str | None, sealed_in: str = ""
) -> list[tuple[str, int]]:
    """Return each table with the key, and the position of the key's last line."""
    names = list(follower.image.tables) if table is None else [table]
    rows = [(name, follower.image.row(name, key)) for name in names]
    live = [(name, row.line) for name, row in rows if row is not None]
    if live:
        return live
    sealed = sorted(
        follower.image.archives.items(), key=lambda each: (each[0] != sealed_in, -each[1].sequence)
    )
    for name, seal in sealed:
        stored = [each for each in archive.read(follower, name, key=key) if table in {None, each.table}]
        if stored:
            closing = place_of(follower, seal.sequence)
            return [(each.table, closing) for each in stored]
    return []


def place_of(follower: Follower, sequence: int) -> int:
    """Return the position of a commit's line."""
    number = _segment_with(follower, sequence)
    with follower.mutex:
        for piece in follower.segments.pieces(number):
            if line.begins(piece.content, sequence):
                return position(number, piece.byte)
    raise follower.segments.named(DamagedJournal(N_("A commit is missing."), sequence=sequence), number, 0)


def _walk(
    follower: Follower, table: str, key: str, place: int, read_line: Callable[[int], Line]
) -> Iterator[tuple[int, Line]]:
    """Yield (sequence, line) of a document's lines, newest first.

    `read_line` reads each of them.
    """
    here: int | None = place
    while here:
        with follower.mutex:
            read = read_line(here)
        yield read.header.n, read
        here = read.before(table, key)


def _searched(follower: Follower, key: str, table: str | None) -> Iterator[tuple[int, Line]]:
    wanted = line.encoded_key(key)
    for number, piece in _pieces_after(follower, 0):
        if wanted in piece.content:
            read = follower.segments.decoded(piece.content, number, piece.byte)
            if any(change.key == key and table in {None, change.table} for change in read.header.changes):
                yield read.header.n, read
