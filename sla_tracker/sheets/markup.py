"""Reads from a workbook's markup what its library does not tell.

Hidden rows and columns, merged areas, formulas without a kept value, and whether a sheet is too large.
"""

from __future__ import annotations

import re
from dataclasses import field
from typing import IO
from xml.parsers import expat

from sla_tracker.domain.sheets import LETTERS, column_letters
from sla_tracker.errors import N_, UsageError
from sla_tracker.sheets.limits import (
    MOST_CELLS,
    MOST_COLUMNS,
    MOST_MERGED,
    MOST_ROWS,
    too_many_cells,
    too_many_columns,
    too_many_rows,
)
from sla_tracker.value_class import dataclass

CHUNK = 64 * 1024  # bytes
_ADDRESS = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")

Area = tuple[int, int, int, int]
"""First row, first column, last row, last column."""


@dataclass(slots=True, kw_only=True)
class SheetMarkup:
    """What the markup of one sheet says, by row and column counted from 1."""

    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[Area] = field(default_factory=list)
    without_value: set[tuple[int, int]] = field(default_factory=set)
    last_row: int = 0
    filled: int = 0


def place_of(address: str) -> tuple[int, int]:
    """Return row and column of an address such as C5; raises ValueError."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise ValueError(address)
    column = 0
    for letter in match[1]:
        column = column * LETTERS + ord(letter) - ord("A") + 1
    return int(match[2]), column


def area_of(reference: str) -> Area:
    """Return the area of a reference such as B2:D2; raises ValueError."""
    first, _colon, last = reference.partition(":")
    return (*place_of(first), *place_of(last or first))


def read_markup(stream: IO[bytes], sheet: str, before: int = 0) -> SheetMarkup:
    """Return what a sheet's markup says.

    `before` are the filled cells of the sheets before it. Raises UsageError for a sheet that is too large or declares
    entities, ExpatError or ValueError for broken markup.
    """
    reader = _Reader(sheet, before)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = _refuse_entities
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    while chunk := stream.read(CHUNK):
        parser.Parse(chunk, False)
    parser.Parse(b"", True)
    return reader.found


def _refuse_entities(*_declared: object) -> None:
    raise UsageError(N_("The workbook declares entities, as no program writes them; save it again."))


class _Reader:
    """Collects what matters while the markup passes by."""

    def __init__(self, sheet: str, before: int) -> None:
        self.found = SheetMarkup()
        self._before = before
        self._sheet = sheet
        self._row = self._column = 0
        self._formula = self._filled = False
        self._inside = ""
        self._covered = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._inside = tag = name.rpartition(" ")[2]
        if tag == "row":
            self._row = int(attributes.get("r", self._row + 1))
            self._column = 0
            if attributes.get("hidden") in {"1", "true"}:
                self.found.hidden_rows.add(self._row)
        elif tag == "c":
            self._row, self._column = (
                place_of(attributes["r"]) if "r" in attributes else (self._row, self._column + 1)
            )
            self._formula = self._filled = False
        elif tag == "f":
            self._formula = True
        elif tag == "col" and attributes.get("hidden") in {"1", "true"}:
            last = min(int(attributes.get("max", 0)), MOST_COLUMNS)
            self.found.hidden_columns.update(range(int(attributes.get("min", 1)), last + 1))
        elif tag == "mergeCell":
            self._merge(attributes.get("ref", ""))

    def text(self, text: str) -> None:
        if self._inside in {"v", "t"} and text.strip():
            self._filled = True

    def end(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        self._inside = ""
        if tag != "c" or not (self._filled or self._formula):
            return
        if self._row > MOST_ROWS:
            raise too_many_rows(self._sheet, self._row)
        if self._column > MOST_COLUMNS:
            raise too_many_columns(self._sheet, f"{column_letters(self._column)}{self._row}")
        self.found.last_row = max(self.found.last_row, self._row)
        self.found.filled += 1
        if self._before + self.found.filled > MOST_CELLS:
            raise too_many_cells(self._sheet)
        if self._formula and not self._filled:
            self.found.without_value.add((self._row, self._column))

    def _merge(self, reference: str) -> None:
        first_row, first_column, last_row, last_column = area_of(reference)
        area = first_row, first_column, min(last_row, MOST_ROWS), min(last_column, MOST_COLUMNS)
        self._covered += max(0, area[2] - first_row + 1) * max(0, area[3] - first_column + 1)
        if self._covered > MOST_MERGED:
            raise UsageError(
                N_("The merged areas of sheet “{sheet}” cover more than the whole sheet; save it again."),
                sheet=self._sheet,
            )
        self.found.merged.append(area)
