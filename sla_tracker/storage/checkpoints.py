"""Keeps, outside the store, the last commit that each login saw.

With it a store is found to have lost its end: the hash chain alone cannot show that commits at its end were cut off.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from sla_tracker.durable_files import replace_file
from sla_tracker.errors import N_, StoreError
from sla_tracker.regular_files import read_regular
from sla_tracker.services.ports import Store
from sla_tracker.value_class import dataclass

LARGEST = 4096
"""Bytes of a checkpoint file."""
MODE = 0o644


class SeenHead(msgspec.Struct, frozen=True):
    """Number and hash of a commit.

    `logged_on` is the day of the last system log entry.
    """

    sequence: int
    hash: str
    logged_on: str = ""


@dataclass(frozen=True, slots=True)
class CheckpointFile:
    """The file with the last commit that one login saw of one store."""

    file: Path

    def load(self) -> SeenHead | None:
        """Return the last commit seen; None without a readable file."""
        try:
            return msgspec.json.decode(read_regular(self.file, LARGEST), type=SeenHead)
        except (OSError, msgspec.DecodeError):
            return None

    def save(self, seen: SeenHead) -> None:
        """Write the last commit seen.

        An error is ignored, as it only disables the check for lost commits.
        """
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self.file, msgspec.json.encode(seen), mode=MODE, durable=False)
        except OSError:
            return


def gone_back(store: Store, seen: SeenHead) -> StoreError | None:
    """Return the error for a store that lost a commit seen before, or None.

    A store without a hash chain has no hashes; only the number of commits is compared there.
    """
    ends_at, last = store.head()
    if seen.sequence == ends_at:
        present = last
    elif seen.sequence <= 0:  # an empty store was seen
        return None
    else:
        present = store.hashes_at([seen.sequence]).get(seen.sequence, "") if seen.sequence < ends_at else ""
    if seen.sequence <= ends_at and seen.hash == present:
        return None
    if present:
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
