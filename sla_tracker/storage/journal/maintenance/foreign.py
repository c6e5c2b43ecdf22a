"""Names what stands in a journal's folder and was never written by this program."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path

from sla_tracker.errors import N_
from sla_tracker.storage.journal.errors import DamagedJournal
from sla_tracker.storage.journal.files import snapshot
from sla_tracker.storage.journal.files.disk import Disk
from sla_tracker.storage.journal.files.paths import JournalPaths
from sla_tracker.storage.journal.files.segment import Piece
from sla_tracker.storage.journal.line import FRONT, holds_line

SECTOR_BYTES = 512
"""The least that a disk writes as a whole: a power cut leaves gaps of NUL that end at a multiple of this."""
_FOLDERS = frozenset({"segments", "archives", "aside"})
_FILES = re.compile(
    r"(journal\.json|deployment\.json|snapshot)(\.[0-9a-f]+)?(\.part)?|\.deployment\.json\.\w+\.part|lock|snapshot\.lock"
)
_INSIDE = {
    "segments": re.compile(r"\d{8}\.journal(\.part)?"),
    "archives": re.compile(r".+\.\d+\.sealed(\.part)?", re.DOTALL),
    "aside": re.compile(r"\d{8}\.\d+(\.part)?"),
}


def foreign_files(disk: Disk, place: JournalPaths) -> Iterator[DamagedJournal]:
    """Yield an error for each path that the journal does not write.

    A path may be a file, folder, link, pipe or device.
    """
    for name in sorted(disk.names(place.folder)):
        path = place.folder / name
        if name not in _FOLDERS:
            yield from _problem(disk, place, path, known=_FILES.fullmatch(name) is not None)
            continue
        if not stat.S_ISDIR(disk.status(path).st_mode):
            yield DamagedJournal(N_("This is not the folder that it should be."), file=name)
            continue
        for inside in sorted(disk.names(path)):
            known = _INSIDE[name].fullmatch(inside) is not None
            yield from _problem(disk, place, path / inside, known=known)


def _problem(disk: Disk, place: JournalPaths, path: Path, *, known: bool) -> Iterator[DamagedJournal]:
    try:
        status = disk.status(path)
    except FileNotFoundError:  # a temporary file that has become the real one meanwhile
        return
    if not known:
        yield DamagedJournal(N_("sla did not write this file."), file=place.relative(path))
    elif not stat.S_ISREG(status.st_mode):
        yield DamagedJournal(N_("This is not the regular file that it should be."), file=place.relative(path))
    elif path in {place.lock, place.snapshot_lock} and status.st_size:
        yield DamagedJournal(N_("The file is longer than sla makes it."), file=place.relative(path))
    elif path == place.snapshot and not snapshot.begins(disk, place):
        yield DamagedJournal(N_("This is no snapshot that sla wrote; delete it."), file=place.relative(path))


def is_torn_line(piece: Piece) -> bool:
    """Return whether the bytes after the last whole line can be a torn line.

    A writer that died leaves such a line. Its beginning is there, or is missing up to a sector that the disk wrote
    before the one in front of it.
    """
    if holds_line(piece.content):
        return False
    gap = len(piece.content) - len(piece.content.lstrip(b"\0"))
    if gap:
        return (piece.byte + gap) % SECTOR_BYTES == 0 or gap == len(piece.content)
    return piece.content[: len(FRONT)] == FRONT[: len(piece.content)]
