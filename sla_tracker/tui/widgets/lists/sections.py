"""Maps rows to lines: sections, most of them with a heading line of their own."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate

from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    """A range of rows under one heading; without a title it has no heading line.

    `key` is the screen's name for the range.
    """

    title: str
    start: int
    end: int
    tone: str = ""
    key: str = ""


class Lines:
    """Maps rows to lines and back, counting headings."""

    __slots__ = ("_headings", "_starts", "rows", "sections")

    def __init__(self, rows: int = 0, sections: Iterable[Section] = ()) -> None:
        self.rows = rows
        self.sections = tuple(section for section in sections if section.end > section.start)
        if rows and not self.sections:
            self.sections = (Section("", 0, rows),)
        self._starts = [section.start for section in self.sections]
        self._headings = list(accumulate(bool(section.title) for section in self.sections))

    @property
    def line_count(self) -> int:
        """Return the number of lines, headings included."""
        return self.rows + (self._headings[-1] if self._headings else 0)

    def line_of(self, index: int) -> int:
        """Return a row's line, headings counted."""
        section = bisect_right(self._starts, index) - 1
        return index + (self._headings[section] if section >= 0 else 0)

    def section_of(self, index: int) -> Section | None:
        """Return a row's section, None for a row that there is not."""
        return self.sections[bisect_right(self._starts, index) - 1] if 0 <= index < self.rows else None

    def at_line(self, line: int) -> tuple[Section | None, int]:
        """Return section and row of a line; row -1 for a heading, section None for none."""
        for section, headings in zip(self.sections, self._headings, strict=True):
            if line < section.end + headings:
                first = section.start + headings
                return section, line - headings if line >= first else -1
        return None, -1
