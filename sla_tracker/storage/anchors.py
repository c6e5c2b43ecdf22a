"""What each person saw last of a store, kept outside of it: the chain alone cannot see that its own end was cut off."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import msgspec

from sla_tracker.errors import N_, StoreError
from sla_tracker.storage.journal import Journal


class Anchor(msgspec.Struct, frozen=True):
    """A commit that was seen: its number and the hash of its line."""

    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class Anchors:
    """The anchors of one person, one per deployment, in a file of their own."""

    file: Path

    def load(self) -> Anchor | None:
        """Return what was seen last; None when nothing was, or when the file cannot be read."""
        try:
            return msgspec.json.decode(self.file.read_bytes(), type=Anchor)
        except (OSError, msgspec.DecodeError):
            return None

    def save(self, anchor: Anchor) -> None:
        """Keep what was seen; a place that cannot be written costs the anchor only."""
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            fresh = self.file.with_name(f"{self.file.name}.{os.getpid()}")
            fresh.write_bytes(msgspec.json.encode(anchor))
            fresh.replace(self.file)
        except OSError:
            return


def seen_now(journal: Journal) -> Anchor:
    """Return the anchor of a journal's present end."""
    return Anchor(sequence=journal.sequence, hash=journal.head)


def gone_back(journal: Journal, anchor: Anchor) -> StoreError | None:
    """Return the alarm to raise when a journal no longer contains what was seen of it, or None."""
    if journal.sequence == anchor.sequence:
        still = journal.head == anchor.hash
    else:
        commit = next(iter(journal.log(anchor.sequence - 1)), None) if anchor.sequence else None
        still = anchor.sequence == 0 or (commit is not None and commit.hash == anchor.hash)
    return None if still else went_back(anchor, journal.sequence)


def went_back(anchor: Anchor, ends_at: int) -> StoreError:
    """Return the alarm to raise about a store that ends at a change and lacks what was seen."""
    return StoreError(
        N_(
            "The store went back or was exchanged: change {seen} was seen here before, and it is not there any more "
            "(the store ends at {now}). If a backup was restored, confirm with sla verify --accept; else find out why."
        ),
        seen=anchor.sequence,
        now=ends_at,
    )
