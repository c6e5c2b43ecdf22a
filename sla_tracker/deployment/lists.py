"""Opens lists of the calling login and reads what they hold."""

from __future__ import annotations

from hashlib import sha256
from pathlib import PurePath
from typing import TypedDict

from sla_tracker.domain.clean import clean
from sla_tracker.domain.imports.run import Reading
from sla_tracker.domain.sheets import Sheet
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.imports.rows import EventRow, PastRow, ReadList, RequestRow
from sla_tracker.services.ports import CallerFiles
from sla_tracker.sheets.imports import events, past, requests
from sla_tracker.sheets.reader import read_bytes, sheets_of


class _Source(TypedDict):
    file: str
    digest: str


def read_events(
    context: ServiceContext, files: CallerFiles, named: str, reading: Reading
) -> ReadList[EventRow]:
    """Return the events in a file; raises UsageError."""
    sheets, source = _opened(files, named)
    return events.read_events(context, sheets, reading, **source)


def read_past(context: ServiceContext, files: CallerFiles, named: str, reading: Reading) -> ReadList[PastRow]:
    """Return the finished duties in a file; raises UsageError."""
    sheets, source = _opened(files, named)
    return past.read_past(context, sheets, reading, **source)


def read_requests(
    context: ServiceContext, files: CallerFiles, named: str, reading: Reading
) -> ReadList[RequestRow]:
    """Return the requests in a file; raises UsageError."""
    sheets, source = _opened(files, named)
    return requests.read_requests(context, sheets, reading, **source)


def _opened(files: CallerFiles, named: str) -> tuple[tuple[Sheet, ...], _Source]:
    """Return the sheets of a file, its name and its SHA-256."""
    content = read_bytes(files.read, named)
    source = _Source(file=clean(PurePath(named).name, limit=80), digest=sha256(content).hexdigest())
    return tuple(sheets_of(content, named)), source
