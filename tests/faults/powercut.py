"""What may be on the disk after a power cut, from a recording of the calls that were made before it.

What was synced is there. Of what was not: each write of a file may be there, be missing, be there in part, or have left
only its length (NUL bytes); names of a folder appear in the order they were given, up to any of them.
"""

import os
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sla_tracker.storage.journal.files.disk import Disk


@dataclass
class Recorded:
    """One file, whatever its name: its changes in order, each with the moment when it became durable."""

    changes: list[tuple[int, str, int, bytes]] = field(default_factory=list)
    """(moment, "write" or "truncate", offset or size, content)"""
    syncs: list[int] = field(default_factory=list)


class RecordingDisk(Disk):
    """Write for real, and remember every change and every sync with the moment it happened."""

    def __init__(self, deaf_to: str = "") -> None:
        self.deaf_to = deaf_to
        """A call that is made and does nothing: the negative control."""
        self.now = 0
        self.names_given: dict[Path, list[tuple[int, str, Recorded | None]]] = defaultdict(list)
        self.folder_syncs: dict[Path, list[int]] = defaultdict(list)
        self.acknowledged: list[tuple[int, str]] = []
        self._current: dict[Path, Recorded] = {}
        self._descriptors: dict[int, Recorded] = {}

    def _tick(self) -> int:
        self.now += 1
        return self.now

    def acknowledge(self, name: str) -> None:
        self.acknowledged.append((self._tick(), name))

    def _name(self, path: Path, recorded: Recorded | None) -> None:
        self.names_given[path.parent].append((self._tick(), path.name, recorded))
        if recorded is None:
            self._current.pop(path, None)
        else:
            self._current[path] = recorded

    def open(self, path: Path, flags: int) -> int:
        if flags & os.O_CREAT and path not in self._current:
            self._name(path, Recorded())
        descriptor = super().open(path, flags)
        self._descriptors[descriptor] = self._current[path]
        return descriptor

    def write(self, descriptor: int, content: bytes, offset: int) -> int:
        self._descriptors[descriptor].changes.append((self._tick(), "write", offset, content))
        return super().write(descriptor, content, offset)

    def truncate(self, descriptor: int, size: int) -> None:
        self._descriptors[descriptor].changes.append((self._tick(), "truncate", size, b""))
        super().truncate(descriptor, size)

    def sync(self, descriptor: int) -> None:
        if self.deaf_to != "sync":
            self._descriptors[descriptor].syncs.append(self._tick())

    def sync_folder(self, path: Path) -> None:
        if self.deaf_to != "sync_folder":
            self.folder_syncs[path].append(self._tick())

    def replace(self, source: Path, target: Path) -> None:
        recorded = self._current[source]
        self._name(source, None)
        self._name(target, recorded)
        super().replace(source, target)

    def unlink(self, path: Path) -> None:
        self._name(path, None)
        super().unlink(path)

    def after(self, moment: int, chance: random.Random, keep: float) -> Iterator[tuple[Path, bytes]]:
        """Yield the files of one allowed state; `keep` is how likely something unsynced is there."""
        for folder, given in self.names_given.items():
            durable = max((sync for sync in self.folder_syncs[folder] if sync <= moment), default=0)
            standing: dict[str, Recorded] = {}
            for when, name, recorded in given:
                if when > moment or (when > durable and chance.random() >= keep):
                    break
                if recorded is None:
                    standing.pop(name, None)
                else:
                    standing[name] = recorded
            for name, recorded in standing.items():
                yield folder / name, _content(recorded, moment, chance, keep)


def _content(recorded: Recorded, moment: int, chance: random.Random, keep: float) -> bytes:
    durable = max((sync for sync in recorded.syncs if sync <= moment), default=0)
    content = bytearray()
    for when, kind, where, written in recorded.changes:
        if when > moment:
            break
        if when > durable and chance.random() >= keep:
            continue
        if kind == "truncate":
            content = content[:where].ljust(where, b"\0")
        else:
            content = content.ljust(where, b"\0")
            kept = written if when <= durable else _partly(written, chance, keep)
            content[where : where + len(kept)] = kept
    return bytes(content)


def _partly(written: bytes, chance: random.Random, keep: float) -> bytes:
    if keep >= 1:
        return written
    cut = chance.randrange(len(written) + 1)
    return chance.choice(
        [written, written[:cut], bytes(cut) + written[cut:], written[:cut].ljust(len(written), b"\0")]
    )
