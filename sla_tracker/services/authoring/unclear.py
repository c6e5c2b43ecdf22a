"""Cells that were not understood when a department's list became a checklist."""

from __future__ import annotations

from pathlib import Path

from sla_tracker.domain.clean import clean
from sla_tracker.errors import N_, Phrase
from sla_tracker.value_class import dataclass

LONGEST_TEXT = 80  # characters of a cell that are repeated


@dataclass(frozen=True, slots=True, kw_only=True)
class UnclearCell:
    """One cell that somebody has to look at: where it stands, its text, and why."""

    sheet: str
    address: str
    text: str
    reason: Phrase

    def sentence(self) -> str:
        """Return place, text and reason in the reader's language."""
        values = {"sheet": clean(self.sheet, limit=LONGEST_TEXT), "cell": self.address, "reason": self.reason}
        if not self.text:
            return str(Phrase(N_("{sheet}, cell {cell}: {reason}"), **values))
        text = clean(self.text, limit=LONGEST_TEXT)
        return str(Phrase(N_("{sheet}, cell {cell}, “{text}”: {reason}"), **values, text=text))


@dataclass(frozen=True, slots=True, kw_only=True)
class BegunList:
    """A draft file written from a list: what was read, left out and not understood.

    `used` and `unused` are headings, `others` further sheets and tables that were not read.
    """

    file: Path
    sheet: str
    obligations: int
    used: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    unclear: tuple[UnclearCell, ...] = ()
