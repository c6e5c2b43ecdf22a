"""What each person saw last of a store, kept outside of it: the chain alone cannot see that its own end was cut off."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import msgspec

from sla_tracker.errors import N_, StoreError
from sla_tracker.services.ports import Store


class SeenHead(msgspec.Struct, frozen=True):
    """A commit that was seen: its number and hash; `logged_on` is the day on which the system's log was told last."""

    sequence: int
    hash: str
    logged_on: str = ""


@dataclass(frozen=True, slots=True)
class CheckpointFile:
    """The anchors of one person, one per deployment, in a file of their own."""

    file: Path

    def load(self) -> SeenHead | None:
        """Return what was seen last; None when nothing was, or when the file cannot be read."""
        try:
            return msgspec.json.decode(self.file.read_bytes(), type=SeenHead)
        except (OSError, msgspec.DecodeError):
            return None

    def save(self, seen: SeenHead) -> None:
        """Keep what was seen; a place that cannot be written costs the anchor only."""
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            fresh = self.file.with_name(f"{self.file.name}.{os.getpid()}")
            fresh.write_bytes(msgspec.json.encode(seen))
            fresh.replace(self.file)
        except OSError:
            return


def gone_back(store: Store, seen: SeenHead) -> StoreError | None:
    """Return the alarm to raise when a store no longer contains what was seen of it, or None.

    Of a change that this login does not see, only that there are as many can be told.
    """
    ends_at, last = store.head()
    if seen.sequence == ends_at:
        still = seen.hash == last
    else:
        known = store.hashes_at([seen.sequence]).get(seen.sequence, seen.hash)
        still = seen.sequence < ends_at and seen.hash == known
    if still:
        return None
    if seen.sequence <= ends_at:
        return StoreError(
            N_(
                "The store was exchanged or written anew: change {seen} is another one now than was seen here before. "
                "If a backup was restored, confirm with sla verify --accept; else find out why."
            ),
            seen=seen.sequence,
        )
    return StoreError(
        N_(
            "The store went back or was exchanged: change {seen} was seen here before, and it is not there any more "
            "(the store ends at {now}). If a backup was restored, confirm with sla verify --accept; else find out why."
        ),
        seen=seen.sequence,
        now=ends_at,
    )
