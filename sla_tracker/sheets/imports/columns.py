"""Finds the columns of a list by their headings in both languages, or as said."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from sla_tracker.domain.agreements.fields import Field
from sla_tracker.domain.clean import clean
from sla_tracker.domain.sheets import Cell, Row, Sheet, Table, column_letters, first_table, hidden_ranges
from sla_tracker.domain.toml_reader import unknown_name
from sla_tracker.errors import N_, Choices, Names, UsageError, shown
from sla_tracker.services.imports.columns import field_column
from sla_tracker.value_class import dataclass

LONGEST_HEADING = 60  # characters
SHORTEST_PART = 2  # characters of a heading that is compared with parts of a name
_BESIDE = re.compile(r"[(（\[【].*?[)）\]】]|[*:：.。?？#]|\s+(?=[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff])\s+")
_LETTERS = re.compile(r"[A-Za-z]{1,2}")
_TOTAL = re.compile(
    r"\s*(?:合计|总计|小计|共计|总数|本页|total|sum|subtotal)(?:\W.*|\d.*|)", re.IGNORECASE | re.DOTALL
)


def plain_heading(text: str) -> str:
    """Return a heading in the form in which headings are compared.

    That form has half width and small letters, and nothing in brackets.
    """
    folded = unicodedata.normalize("NFKC", text[:LONGEST_HEADING]).casefold()
    return " ".join(_BESIDE.sub("", folded).split()) or " ".join(folded.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column that a list may have.

    `label` is what people call it, a Text or a Phrase. `names` are headings of this list alone, such as the label of a
    field, and `words` general ones, such as 日期; a heading that ends with one of `ends` is the last choice.
    `is_needed` columns have to be there. A column only `beside` another one takes that one's place where the list has
    no heading for it.
    """

    name: str
    label: object
    names: Sequence[str] = ()
    words: str = ""
    ends: Sequence[str] = ()
    is_needed: bool = False
    beside: str = ""

    @property
    def word(self) -> str:
        """Return what people call it in the reader's language."""
        return str(shown(self.label))

    def is_like(self, heading: str) -> bool:
        """Return whether a heading contains one of the names or is a part of one."""
        own = (plain_heading(name) for name in self.names if len(name) >= SHORTEST_PART)
        return len(heading) >= SHORTEST_PART and any(name in heading or heading in name for name in own)

    def tiers(self) -> tuple[frozenset[str], frozenset[str]]:
        """Return the headings that mean this column, the most certain ones first."""
        own = frozenset(plain_heading(name) for name in self.names if name)
        return own, frozenset(self.words.split("|") if self.words else ())


def field_columns(fields: Iterable[Field]) -> list[Column]:
    """Return the columns of fields, one for each id.

    A heading may be any label that a field of this id has.
    """
    found: dict[str, list[Field]] = {}
    for field in fields:
        found.setdefault(field.id, []).append(field)
    return [
        Column(
            name=field_column(id),
            label=some[-1].label,
            names=tuple(
                dict.fromkeys(name for one in some for name in (id, one.label.zh, one.label.en) if name)
            ),
        )
        for id, some in found.items()
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundColumns:
    """The table of a list and the columns found in it, by name.

    `others` are sheets and tables that were not read.
    """

    table: Table
    columns: Mapping[str, int]
    others: Sequence[str] = ()

    def cell(self, row: Row, name: str) -> Cell:
        """Return a row's cell of a column; an empty one where the list has no such column."""
        column = self.columns.get(name, 0)
        return row.cell(column) if column else Cell(row=row.number, column=0)

    @property
    def headings(self) -> Mapping[int, Cell]:
        """Return the heading of each column, the lower one of two."""
        found: dict[int, Cell] = {}
        first = min((row.number for row in self.table.rows), default=self.table.heading_row + 1)
        for row in self.table.sheet.rows:
            if self.table.heading_row <= row.number < first:
                found |= {cell.column: cell for cell in row.cells if cell.text}
        return found

    def used(self) -> dict[str, tuple[str, str]]:
        """Return heading and address by the name of the column that it was taken for."""
        headings = self.headings
        return {
            name: (
                clean(headings[column].text if column in headings else "", limit=40),
                headings[column].address if column in headings else column_letters(column),
            )
            for name, column in self.columns.items()
        }

    def unused(self) -> tuple[str, ...]:
        """Return the headings that were not taken for anything."""
        taken = set(self.columns.values())
        return tuple(
            clean(cell.text, limit=40) for column, cell in self.headings.items() if column not in taken
        )

    def hidden_rows(self) -> tuple[str, ...]:
        """Return the numbers of hidden rows as ranges."""
        return tuple(hidden_ranges([row.number for row in self.table.rows if row.hidden]))

    def hidden_columns(self) -> tuple[str, ...]:
        """Return the letters of the hidden columns that have a heading."""
        return tuple(
            column_letters(one) for one in sorted(self.table.sheet.hidden_columns & self.headings.keys())
        )

    def is_total(self, row: Row) -> bool:
        """Return whether a row sums the others up, or is a remark across the whole table."""
        filled = [cell for cell in row.cells if not cell.is_empty]
        if any(_TOTAL.fullmatch(cell.text) for cell in filled[:2]):
            return True
        return len(filled) > 1 and len({cell.source or cell.address for cell in filled}) == 1


def find_columns(
    sheets: Sequence[Sheet], columns: Sequence[Column], given: Mapping[str, str], wanted: str = ""
) -> FoundColumns:
    """Return the first table whose headings name the columns that are needed.

    Only visible sheets are searched, or the sheet that is `wanted`. `given` are headings or letters by column. Raises
    UsageError without any such table, and where it is not certain which column is meant.
    """
    names = [clean(sheet.name, limit=40) for sheet in sheets]
    if wanted and wanted not in names:
        raise UsageError(N_("--sheet: {what}"), what=unknown_name(wanted, names))
    tried = [
        sheet
        for sheet, name in zip(sheets, names, strict=True)
        if (name == wanted if wanted else not sheet.hidden)
    ]
    known = _known_headings(columns, given)
    for needed in (2, 1):  # a table with one known heading is looked at last, to say what it lacks
        for sheet in tried:
            table = first_table(sheet, known, needed)
            if table is not None:
                found = FoundColumns(
                    table=table,
                    columns=_assigned(table, columns, given),
                    others=(
                        *(name for name in names if name != clean(sheet.name, limit=40)),
                        *(f"{clean(sheet.name, limit=40)}!{row}" for row in table.more),
                    ),
                )
                _check_needed(found, columns)
                return found
    raise UsageError(
        N_(
            "No list was found in {sheets}: a row of headings has to name at least {needed}. Other headings are said "
            "with --map, such as --map {example}=HEADING."
        ),
        sheets=", ".join(clean(one.name, limit=40) for one in tried) or "-",
        needed=Names(one.label for one in columns if one.is_needed),
        example=next(one.name for one in columns if one.is_needed),
    )


def _known_headings(columns: Sequence[Column], given: Mapping[str, str]) -> Callable[[str], str]:
    """Return what tells a heading that means something from all other cells."""
    words = {plain_heading(heading) for heading in given.values()}
    for column in columns:
        words.update(*column.tiers())
    ends = tuple(end for column in columns for end in column.ends)

    def known(text: str) -> str:
        plain = plain_heading(text)
        return plain if plain in words or (ends and plain.endswith(ends) and len(plain) < 20) else ""

    return known


def _assigned(table: Table, columns: Sequence[Column], given: Mapping[str, str]) -> dict[str, int]:
    """Return which column of the table is which.

    Raises UsageError where that is not certain.
    """
    found = dict(_as_said(table, columns, given))
    for tier in (0, 1):
        for column in columns:
            if column.name not in found:
                _take(found, column, [text for text in table.columns if text in column.tiers()[tier]], table)
    for column in columns:
        if column.name not in found and column.ends:
            _take(found, column, [text for text in table.columns if text.endswith(tuple(column.ends))], table)
    for column in columns:
        if column.name not in found:
            _take(found, column, [text for text in _plain(table) if column.is_like(text)], table)
    for column in columns:
        if column.beside and column.beside not in found and column.name in found:
            found[column.beside] = found.pop(column.name)
    return {column.name: found[column.name] for column in columns if column.name in found}


def _take(found: dict[str, int], column: Column, texts: Sequence[str], table: Table) -> None:
    headings = _plain(table)
    free = [text for text in texts if headings[text] not in found.values()]
    if len(free) > 1 and column.is_needed:
        raise UsageError(
            N_("Several columns may be {what}: {headings}. Say which one: --map {name}={example}"),
            what=column.label,
            headings=", ".join(clean(text, limit=40) for text in free),
            name=column.name,
            example=clean(free[0], limit=40),
        )
    if len(free) == 1:
        found[column.name] = headings[free[0]]


def _plain(table: Table) -> dict[str, int]:
    """Return the column of every heading, known or not; of a repeated one the first."""
    found = dict(table.columns)
    for column, text in table.unknown.items():
        found.setdefault(plain_heading(text), column)
    return found


def _as_said(table: Table, columns: Sequence[Column], given: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """Yield the columns that somebody named, by heading or by letters.

    An empty heading leaves a column out.
    """
    by_heading = _plain(table)
    known = {column.name: column.label for column in columns}
    for name, heading in given.items():
        if name not in known:
            raise UsageError(
                N_("--map: there is no “{name}” in such a list; there are {known}."),
                name=name,
                known=Choices(known),
            )
        if not heading:
            yield name, 0
        elif plain_heading(heading) in by_heading:
            yield name, by_heading[plain_heading(heading)]
        elif _LETTERS.fullmatch(heading):
            yield name, _number(heading)
        else:
            raise UsageError(
                N_("--map: no heading of the list is called so: {what}"),
                what=unknown_name(clean(heading, limit=40), [clean(text, limit=40) for text in by_heading]),
            )


def _number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _check_needed(found: FoundColumns, columns: Sequence[Column]) -> None:
    missing = [column for column in columns if column.is_needed and not found.columns.get(column.name)]
    if missing:
        raise UsageError(
            N_("No column is {what}. There are: {headings}. Say which one: --map {name}=HEADING"),
            what=Names(column.label for column in missing),
            headings=", ".join(clean(cell.text, limit=40) for cell in found.headings.values()),
            name=missing[0].name,
        )
