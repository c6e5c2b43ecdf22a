"""Writes what the service does as JSON lines.

The lines hold no arguments and no texts of people.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sla_tracker.domain.clean import clean
from sla_tracker.i18n import gettext as _

LOG = 2  # descriptor: the service's standard error, which systemd's journal keeps
FAULTS_FOLDER = "faults"
MOST_FAULTS = 1000  # kept; a caller who causes one after the other must not fill the disk
LONGEST = 2000  # characters of one value
_silent: list[bool] = []


@contextmanager
def silenced() -> Iterator[None]:
    """Write nothing meanwhile."""
    _silent.append(True)
    try:
        yield
    finally:
        _silent.pop()


def write(what: str, **facts: object) -> None:
    """Write one line; a log that cannot be written stops nothing."""
    if _silent:
        return
    line = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "what": what}
    for name, value in facts.items():
        if value is not None and value != "":
            line[name] = clean(value, limit=LONGEST) if isinstance(value, str) else value  # type: ignore[assignment]
    try:
        os.write(LOG, json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    except OSError:
        return


def keep_numbered(state: Path, details: str) -> str:
    """Keep the details of a fault of the program and return their number.

    Empty where they cannot be kept.
    """
    number = f"{time.strftime('%Y%m%d')}-{secrets.token_hex(3)}"
    try:
        folder = state / FAULTS_FOLDER
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = sorted(folder.iterdir(), key=_changed_at)
        for old in kept[: max(len(kept) - MOST_FAULTS + 1, 0)]:
            old.unlink(missing_ok=True)
        (folder / f"{number}.txt").write_text(details, encoding="utf-8", errors="backslashreplace")
    except OSError:
        return ""
    return number


def _changed_at(file: Path) -> float:
    """Return when a file was changed, 0 where another process has deleted it."""
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def fault_sentence(kind: str, number: str) -> str:
    """Return what a caller is told of a fault of the program."""
    if not number:
        return _("This is a fault of the program ({kind}); its details could not be written down.", kind=kind)
    return _(
        "This is a fault of the program ({kind}); whoever runs the service finds its details under the number "
        "{number}.",
        kind=kind,
        number=number,
    )
