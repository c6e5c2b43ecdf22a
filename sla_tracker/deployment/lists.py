"""Opens lists of the calling login and reads what they hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import PurePath
from typing import Any

from sla_tracker.domain.clean import clean
from sla_tracker.domain.imports.run import ImportKind, ListReading
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.imports.rows import ReadList
from sla_tracker.services.ports import CallerFiles
from sla_tracker.sheets.imports.events import read_events
from sla_tracker.sheets.imports.past import read_past
from sla_tracker.sheets.imports.requests import read_requests
from sla_tracker.sheets.reader import read_bytes, sheets_of

_READERS: Mapping[ImportKind, Callable[..., ReadList[Any]]] = {
    ImportKind.EVENTS: read_events,
    ImportKind.REQUESTS: read_requests,
    ImportKind.PAST: read_past,
}


def read_list(
    context: ServiceContext, files: CallerFiles, kind: ImportKind, named: str, reading: ListReading
) -> ReadList[Any]:
    """Return what a file holds, read as one kind of list; raises UsageError."""
    content = read_bytes(files.read, named)
    file, digest = clean(PurePath(named).name, limit=80), sha256(content).hexdigest()
    return _READERS[kind](context, tuple(sheets_of(content, named)), reading, file=file, digest=digest)
