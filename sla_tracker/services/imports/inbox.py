"""What became of the files of an inbox folder."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from sla_tracker.value_class import dataclass


class Stated(Protocol):
    """What can be said in a sentence: an error, or a cell that was not understood."""

    def sentence(self) -> str:
        """Return the sentence in the present language."""


class InboxFileKind(StrEnum):
    """What the files of a folder of the inbox hold.

    Events lie in the inbox itself, all others in a folder of this name inside it.
    """

    EVENTS = "events"
    REQUESTS = "requests"
    PAST = "past"
    PEOPLE = "people"
    DATES = "dates"


CHANGES_SETTINGS = frozenset({InboxFileKind.PEOPLE, InboxFileKind.DATES})
"""What only an administrator's account takes over, and only where the settings say so."""


class FileFate(StrEnum):
    """What becomes of a file of the inbox; one that waits is left where it is."""

    DONE = "done"
    REFUSED = "refused"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenFile:
    """One file of the inbox: what it holds, where it is now, and what it did.

    `import_id` is the import that it became, empty where it held nothing new. `problems` are the reasons why nothing of
    it was taken, or why it waits.
    """

    name: str
    fate: FileFate
    place: str
    import_id: str = ""
    added: int = 0
    changed: int = 0
    same: int = 0
    opened: int = 0
    problems: tuple[Stated, ...] = ()
    kind: InboxFileKind = InboxFileKind.EVENTS
