"""Index of an archive: tells what it can hold without opening it.

The index is asked for a duty, a subject or an event.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable
from datetime import date, datetime

from sla_tracker.digests import sha256
from sla_tracker.domain.reference import REFERENCE_LENGTH, reference_of
from sla_tracker.domain.typed_text import folded
from sla_tracker.value_class import dataclass

KEY_BYTES = 3
"""Bytes kept of each key's digest: among 3,000 keys one lookup in 5,600 opens an archive in vain."""
SHORTEST_REFERENCE = 4
"""Fewest characters of an id that people may type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveIndex:
    """Keys of an archive as shortened digests, and its first and last due day.

    Digests, because the index stays in the store when a person's data are erased.
    """

    keys: str = ""
    first_due_on: date | None = None
    last_due_on: date | None = None

    def may_hold(self, key: str) -> bool:
        """Return whether the archive may hold a key; False is certain, True is almost."""
        wanted, keys = _digest(key), a2b_base64(self.keys)
        place = keys.find(wanted)
        while place >= 0 and place % KEY_BYTES:
            place = keys.find(wanted, place + 1)
        return place >= 0

    def is_due_between(self, first: date, last: date) -> bool:
        """Return whether a duty of the archive may be due from `first` to `last`.

        Both days are included.
        """
        if self.first_due_on is None or self.last_due_on is None:
            return False
        return self.first_due_on <= last and first <= self.last_due_on


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedMonth:
    """Whether a month is closed, and the index of its archive; without its figures.

    `closed_at` and `answers_by_limit` are those of `Month`.
    """

    id: str
    closed_at: datetime | None = None
    closed: bool = True
    index: ArchiveIndex | None = None
    answers_by_limit: bool = False


def index_of(keys: Iterable[str], due_on: Iterable[date]) -> ArchiveIndex:
    """Return the index of an archive with these keys and due days."""
    days = sorted(due_on)
    digests = sorted({_digest(key) for key in keys})
    return ArchiveIndex(
        keys=b2a_base64(b"".join(digests), newline=False).decode(),
        first_due_on=days[0] if days else None,
        last_due_on=days[-1] if days else None,
    )


def typed_reference(typed: str) -> str:
    """Return a reference as ids have it: `＃ Ｆ７８Ｆ００` of a Chinese keyboard is f78f00."""
    return "".join(folded(typed).split()).lstrip("#")


def reference_keys(id: str) -> tuple[str, str]:
    """Return the two keys that find the end of an id.

    The keys are made of its reference and of the shortest reference.
    """
    return f"id:{reference_of(id)}", f"id:{id[-SHORTEST_REFERENCE:]}"


def reference_key(typed: str) -> str:
    """Return the key of a typed end of an id.

    The end has at least SHORTEST_REFERENCE characters.
    """
    length = REFERENCE_LENGTH if len(typed) >= REFERENCE_LENGTH else SHORTEST_REFERENCE
    return f"id:{typed[-length:]}"


def subject_key_of(subject_key: str) -> str:
    """Return the key of a normalised subject."""
    return f"subject:{subject_key}"


def event_key_of(event: str) -> str:
    """Return the key of an event's id."""
    return f"event:{event}"


def _digest(key: str) -> bytes:
    return sha256(key.encode()).digest()[:KEY_BYTES]
