"""All that was ever written to a journal, commit by commit, in one pass.

Asking for each document as each commit left it would walk that document's past every time, and look through every
archive for one that is sealed: a store of some years could not be moved in a day.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sla_tracker.storage.journal import Commit, DamagedJournal, Journal, line
from sla_tracker.storage.journal.line import Line

Document = tuple[str, str, bytes]


def revisions(journal: Journal, folder: Path, since: int = 0) -> Iterator[tuple[Commit, list[Document]]]:
    """Yield the commits after a sequence, each with the documents that it left, without those erased since.

    Every byte is checked, and the chain between the lines. Raises DamagedJournal; nobody may write meanwhile.
    """
    lines = _lines(folder, since)
    for commit in journal.log(since):
        read = next(lines, None)
        if read is None or read.hash != commit.hash:
            raise DamagedJournal("A commit is missing.", sequence=commit.sequence)
        found = ((each.table, each.key, read.document(each.table, each.key)) for each in commit.changes)
        yield commit, [(table, key, document) for table, key, document in found if document is not None]


def _lines(folder: Path, since: int) -> Iterator[Line]:
    begun = False
    for path in sorted((folder / "segments").glob("*.journal")):
        for content in path.read_bytes().rstrip(b"\0").splitlines(keepends=True):
            begun = begun or line.begins(content, since + 1)
            if begun and content.endswith(b"\n"):
                yield line.decode(content)
