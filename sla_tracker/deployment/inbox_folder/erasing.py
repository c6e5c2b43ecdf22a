"""Erases the files of the inbox that hold data about a subject."""

from __future__ import annotations

import io
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

from sla_tracker.deployment.inbox_folder.folder import InboxFolder, UnusableFolder, inbox_path, opened_folder
from sla_tracker.domain.decode import decode
from sla_tracker.domain.duties.subject import subject_key
from sla_tracker.errors import SlaError
from sla_tracker.services.imports.inbox import InboxFileKind
from sla_tracker.sheets.limits import LARGEST_FILE
from sla_tracker.sheets.reader import sheets_of

if TYPE_CHECKING:
    from sla_tracker.config.load import Deployment

LARGEST_UNPACKED = 64 << 20  # bytes of all parts of a workbook that are looked into


def erase_files(deployment: Deployment, subjects: Iterable[str]) -> int:
    """Delete kept files of the inbox that may hold data of subjects; return how many.

    Raises Refused.
    """
    path = inbox_path(deployment)
    if path is None or not path.is_dir():
        return 0
    keys = tuple(subjects)
    gone = 0
    with opened_folder(path, wait=True) as root:
        for kind in InboxFileKind:
            # A link in the place of such a folder is never followed, so nothing was kept behind it.
            with suppress(UnusableFolder), root.inside(kind) as folder:
                gone += erase_in(folder, keys) if folder is not None else 0
    return gone


def erase_in(folder: InboxFolder, subjects: Iterable[str]) -> int:
    """Delete the kept files that may hold one of the subjects, with their reports.

    Returns how many they were. A file that cannot be read is deleted too: nobody can tell what is in it.
    """
    keys = [key for key in map(subject_key, subjects) if key]
    gone = 0
    for file in list(folder.kept_files(LARGEST_FILE)):
        texts = (file.name, file.report)
        if any(_holds(text, keys) for text in texts) or _may_hold(file.name, file.content, keys):
            folder.delete(file)
            gone += 1
    return gone


def _may_hold(name: str, content: bytes, keys: list[str]) -> bool:
    """Return whether a file may hold one of the keys.

    A file may if a key is in a cell or in a part that shows no cells, or if it cannot be read.
    """
    try:
        cells = (cell.shown for sheet in sheets_of(content, name) for row in sheet.rows for cell in row.cells)
        if any(_holds(text, keys) for text in cells):
            return True
        return any(_holds(text, keys) for text in _parts(content))
    except (SlaError, OSError, BadZipFile, ValueError, NotImplementedError, RuntimeError):
        return True


def _parts(content: bytes) -> Iterable[str]:
    """Yield the texts of a file; of a workbook those of its parts.

    Comments and the author's name are among these.
    """
    if not content.startswith(b"PK"):
        yield decode(content)
        return
    left = LARGEST_UNPACKED
    with ZipFile(io.BytesIO(content)) as book:
        for entry in book.infolist():
            with book.open(entry) as part:
                text = part.read(left + 1)
            left -= len(text)
            if left < 0:
                raise ValueError(entry.filename)
            yield text.decode("utf-8", "replace")


def _holds(text: str, keys: list[str]) -> bool:
    known = subject_key(text)
    return any(key in known for key in keys)
