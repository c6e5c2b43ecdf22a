"""Decodes the bytes of a calendar file."""

from __future__ import annotations

from sla_tracker.domain import decode as texts
from sla_tracker.errors import N_, UsageError

LARGEST_FILE = 256 * 1024  # bytes
_FOLDS = (b"\r\n ", b"\r\n\t", b"\n ", b"\n\t")


def decode(content: bytes, *, folded: bool = False) -> str:
    """Return the text of a calendar file.

    Raises UsageError for an encoding that is not known. `folded` joins the continued lines of iCalendar first, because
    some programs fold within a character.
    """
    if len(content) > LARGEST_FILE:
        raise UsageError(
            N_("The file is larger than {limit} KiB; a year's notice never is."), limit=LARGEST_FILE // 1024
        )
    if folded and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        for fold in _FOLDS:
            content = content.replace(fold, b"")
    return texts.decode(content)
