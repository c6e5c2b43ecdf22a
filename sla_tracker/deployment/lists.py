"""Opens lists of the calling login and reads what they hold."""

from __future__ import annotations

from hashlib import sha256
from pathlib import PurePath

from sla_tracker.domain.clean import clean
from sla_tracker.domain.imports.run import Reading
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.imports.rows import EventRow, ReadList
from sla_tracker.services.ports import CallerFiles
from sla_tracker.sheets.imports import events
from sla_tracker.sheets.reader import read_bytes, sheets_of


def read_events(
    context: ServiceContext, files: CallerFiles, named: str, reading: Reading
) -> ReadList[EventRow]:
    """Return the events in a file; raises UsageError."""
    content = read_bytes(files.read, named)
    file = clean(PurePath(named).name, limit=80)
    digest = sha256(content).hexdigest()
    return events.read_events(context, sheets_of(content, named), reading, file=file, digest=digest)
