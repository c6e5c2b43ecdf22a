"""Small journals to test on."""

from pathlib import Path
from typing import Any

from sla_tracker.storage.journal import Journal
from sla_tracker.storage.journal.files.disk import Disk

INDEXES = {"duty": ("state", "provider"), "note": ()}
AT = "2026-11-20T06:00:00+00:00"


def opened(folder: Path, **options: Any) -> Journal:
    """Open a journal, making it if need be."""
    return Journal.open(folder, **{"indexes": INDEXES, "create": True, **options})


def signed(what: str = "act", **others: Any) -> dict[str, Any]:
    """Sign a transaction."""
    return {"who": "wang.fang", "what": what, "at": AT, **others}


def duty(number: int, state: str = "open", **others: Any) -> dict[str, Any]:
    """Build a document."""
    return {"number": number, "state": state, "provider": f"department-{number % 3}", **others}


def write(journal: Journal, key: str, document: dict[str, Any], what: str = "act", **others: Any) -> int:
    """Commit one document and return the sequence."""
    with journal.transaction(**signed(what, **others)) as transaction:
        transaction.put("duty", key, document)
    return journal.sequence


def filled(folder: Path, count: int = 5, disk: Disk | None = None) -> Journal:
    """Make a journal with a commit a document."""
    journal = opened(folder, disk=disk)
    for number in range(count):
        write(journal, f"d{number}", duty(number), what=f"open {number}")
    return journal
