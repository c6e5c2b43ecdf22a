"""Reads, prints and compares checkpoints: number and hash of a change.

They are kept outside the store: the hash chain alone cannot show that its end was cut off or that all of it was
rewritten. Every report therefore ends with the checkpoint of the store it was made from, and `sla verify` compares it.
Users see it as "anchor".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from datetime import datetime, tzinfo

from sla_tracker.errors import N_, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.services.deployment import Finding
from sla_tracker.services.ports import Store
from sla_tracker.value_class import dataclass

MARK = "sla:"
SHOWN_DIGITS = 16  # hexadecimal digits of the hash that reports print; 12 are enough to compare
_PATTERN = r"([1-9]\d{0,14}):([0-9a-f]{12,64})(?![0-9A-Za-z:])"
_TYPED = f"(?:{MARK})?{_PATTERN}"
_IN_TEXT = rf"(?<![\w:]){MARK}{_PATTERN}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Number and hash (or its first digits) of a change, and where it was read."""

    sequence: int
    hash: str
    source: str = field(default="", compare=False)

    def __str__(self) -> str:
        """Return the form that reports end with: `sla:<number>:<hash>`."""
        return f"{MARK}{self.sequence}:{self.hash}"


def checkpoint_of(store: Store) -> Checkpoint | None:
    """Return the checkpoint of the last change; None for an empty or unchained store."""
    sequence, last = store.head()
    return Checkpoint(sequence=sequence, hash=last) if sequence and last else None


def footer(store: Store, at: datetime, zone: tzinfo) -> str:
    """Return the last line of a report; empty when the store has no checkpoint."""
    anchor = checkpoint_of(store)
    if anchor is None:
        return ""
    return _(
        "As on record at {moment}, after change {number} · {anchor}",
        moment=f"{at.astimezone(zone):%Y-%m-%d %H:%M}",
        number=anchor.sequence,
        anchor=Checkpoint(sequence=anchor.sequence, hash=anchor.hash[:SHOWN_DIGITS]),
    )


def read_checkpoint(text: str) -> Checkpoint:
    """Parse a typed checkpoint such as 4711:0123456789abcdef; raises UsageError."""
    found = re.fullmatch(_TYPED, text.strip())
    if found is None:
        raise UsageError(
            N_(
                "“{text}” is no anchor; write the number and at least 12 digits of the hash as they stand at the end "
                "of a report: 4711:0123456789abcdef."
            ),
            text=text,
        )
    return Checkpoint(sequence=int(found[1]), hash=found[2])


def checkpoints_in(lines: Iterable[str], name: str) -> Iterator[Checkpoint]:
    """Yield the checkpoints found in a text, each with `name:line` as its source."""
    for number, line in enumerate(lines, start=1):
        for found in re.finditer(_IN_TEXT, line):
            yield Checkpoint(sequence=int(found[1]), hash=found[2], source=f"{name}:{number}")


def mismatches(store: Store, anchors: Sequence[Checkpoint]) -> list[Finding]:
    """Return a finding for each checkpoint that the store contradicts.

    The store lacks the change or has another hash for it.
    """
    ends_at, _last = store.head()
    hashes = store.hashes_at([anchor.sequence for anchor in anchors])
    return [
        _finding(anchor, hashes.get(anchor.sequence, ""), ends_at)
        for anchor in anchors
        if not hashes.get(anchor.sequence, "").startswith(anchor.hash)
    ]


def _finding(anchor: Checkpoint, present: str, ends_at: int) -> Finding:
    return Finding(
        about=about(anchor),
        well=False,
        sentence=_(
            "The past was rewritten or the store was exchanged: change {number} has the hash {hash} now.",
            number=anchor.sequence,
            hash=present[:SHOWN_DIGITS],
        )
        if present
        else _("The store ends at change {last}; this one is not there.", last=ends_at),
        advice=_(
            "Was it made from this deployment, and not before the store was moved? Then find out why, and restore a "
            "backup."
        ),
    )


def about(anchor: Checkpoint) -> str:
    """Return a checkpoint with its source, as the heading of a finding."""
    return _(", ").join(filter(None, (anchor.source, str(anchor))))
