"""Packs a table of a snapshot into a binary form.

One read opens it, and it is searched without unpacking.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate, chain, compress, count, pairwise, repeat
from operator import eq, itemgetter
from typing import Any, NamedTuple

KEYS_REMEMBERED = 1000
"""Number of looked-up keys kept in the cache of one table."""
STRINGS_BETWEEN_POSTS = 64
"""Every so many strings one is kept decoded; a search bisects those, then scans one stretch."""


class Row(NamedTuple):
    """Place of a live document: position, length in bytes, CRC-32, line's position."""

    place: int
    length: int
    check: int
    line: int


class Placed(NamedTuple):
    """A row with its key and the values of its table's indexed fields."""

    key: str
    row: Row
    values: tuple[bytes, ...]


# Called for every document of a snapshot: calling the classes is three times as slow.
_row, _placed = partial(tuple.__new__, Row), partial(tuple.__new__, Placed)
Sections = dict[str, memoryview]


class Strings:
    """A sorted list of byte strings in one buffer."""

    def __init__(self, starts: memoryview, blob: memoryview) -> None:
        self._starts = starts.cast("I")
        self._blob = blob
        self._count = len(self._starts) - 1
        self._posts: list[bytes] = []
        """Every STRINGS_BETWEEN_POSTS-th string, filled by the first search."""

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> bytes:
        return bytes(self._blob[self._starts[number] : self._starts[number + 1]])

    def to_list(self) -> list[bytes]:
        """Return all strings."""
        blob = bytes(self._blob)
        return [blob[start:stop] for start, stop in pairwise(self._starts.tolist())]

    def find(self, wanted: bytes) -> int:
        """Return the index of a string, or -1."""
        starts, count = self._starts, self._count
        if not self._posts:
            self._posts = [self[number] for number in range(0, count, STRINGS_BETWEEN_POSTS)]
        post = bisect_right(self._posts, wanted) - 1
        if post < 0 or not wanted:
            return 0 if count and self[0] == wanted else -1
        first = post * STRINGS_BETWEEN_POSTS
        last = min(first + STRINGS_BETWEEN_POSTS, count)
        start = starts[first]
        stretch = bytes(self._blob[start : starts[last]])
        found = stretch.find(wanted)
        while found >= 0:
            number = bisect_right(starts, start + found, first, last) - 1
            if starts[number] == start + found and self[number] == wanted:
                return number
            found = stretch.find(wanted, found + 1)
        return -1

    def bounded_by(self, text: bytes) -> Iterator[int]:
        """Yield the numbers of the strings that begin or end with a text, in order."""
        if not text:
            return
        # Searched in all strings together: thousands of comparisons would take a hundred times as long.
        blob, found, last = bytes(self._blob), -1, -1
        while (found := blob.find(text, found + 1)) >= 0:
            number = bisect_right(self._starts, found) - 1
            start, stop, end = self._starts[number], self._starts[number + 1], found + len(text)
            if number != last and end <= stop and (found == start or end == stop):
                last = number
                yield number

    @staticmethod
    def pack(strings: Sequence[bytes]) -> tuple[bytes, bytes]:
        """Return the offsets and the joined bytes of strings that are already sorted."""
        return _offsets(map(len, strings)), b"".join(strings)


class _Postings:
    """Index of one field: the rows for each value."""

    def __init__(self, values: Strings, starts: memoryview, order: memoryview) -> None:
        self.values = values
        self._starts = starts.cast("I")
        self._order = order.cast("I")

    def of(self, number: int) -> memoryview:
        """Return the rows that have the value at an index."""
        return self._order[self._starts[number] : self._starts[number + 1]]

    def having(self, wanted: Iterable[bytes]) -> list[memoryview]:
        """Return the rows, in order, of each of the values that occurs."""
        find = self.values.find
        return [self.of(number) for value in wanted if (number := find(value)) >= 0]

    def column(self, count: int) -> list[bytes]:
        """Return the value of every row, in order."""
        values = self.values.to_list()
        if len(values) == 1:
            return values * count
        column = [b""] * count
        if len(values) < count:
            holders = (last - first for first, last in pairwise(self._starts))
            values = list(chain.from_iterable(map(repeat, values, holders)))
        for ordinal, value in zip(self._order.tolist(), values, strict=True):
            column[ordinal] = value
        return column


class Columns(NamedTuple):
    """Rows of a table as one list for each of their parts.

    A snapshot packs all live rows anew. Code that runs for each row and field would take three times as long as these
    lists, which are made, joined and sorted as a whole.
    """

    keys: list[bytes]
    places: list[list[int]]
    """The parts of Row, in its order."""
    values: list[list[bytes]]
    """Those of each indexed field."""

    def without(self, hidden: Collection[int]) -> Columns:
        """Return the rows but those of some numbers."""
        if not hidden:
            return self
        chosen = [number not in hidden for number in range(len(self.keys))]
        return self._each(lambda column: list(compress(column, chosen)))

    def extend(self, rows: Collection[Placed]) -> None:
        """Add rows at the end."""
        self.keys.extend(row.key.encode() for row in rows)
        for number, part in enumerate(self.places):
            part.extend(map(itemgetter(number), map(itemgetter(1), rows)))
        for number, column in enumerate(self.values):
            column.extend(map(itemgetter(number), map(itemgetter(2), rows)))

    def ordered(self) -> Columns:
        """Return the rows in the order of their keys."""
        order = sorted(range(len(self.keys)), key=self.keys.__getitem__)
        if all(map(eq, order, count())):
            return self
        return self._each(
            lambda column: column if _has_one_value(column) else list(map(column.__getitem__, order))
        )

    def _each(self, change: Callable[[list[Any]], list[Any]]) -> Columns:
        return Columns(
            change(self.keys), [change(part) for part in self.places], [change(one) for one in self.values]
        )


def columns_of(fields: Sequence[str], rows: Collection[Placed] = ()) -> Columns:
    """Return rows as columns."""
    columns = Columns([], [[] for _ in Row._fields], [[] for _ in fields])
    columns.extend(rows)
    return columns


class PackedTable:
    """The rows of one table as a snapshot holds them, in the order of their keys."""

    def __init__(self, fields: tuple[str, ...], sections: Sections) -> None:
        self._keys = Strings(sections["key_starts"], sections["keys"])
        self._found: dict[str, int] = {}
        """Cache of looked-up keys: a transaction looks the same few keys up repeatedly."""
        self._places = sections["places"].cast("Q")
        self._lengths = sections["lengths"].cast("I")
        self._checks = sections["checks"].cast("I")
        self._lines = sections["lines"].cast("Q")
        self._fields = {
            name: _Postings(
                Strings(sections[f"value_starts_{number}"], sections[f"values_{number}"]),
                sections[f"starts_{number}"],
                sections[f"order_{number}"],
            )
            for number, name in enumerate(fields)
        }

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, key: str) -> int:
        """Return the row number of a key, or -1."""
        ordinal = self._found.get(key)
        if ordinal is None:
            if len(self._found) >= KEYS_REMEMBERED:
                self._found.clear()
            ordinal = self._found[key] = self._keys.find(key.encode())
        return ordinal

    def key(self, ordinal: int) -> str:
        """Return the key of a row number."""
        return self._keys[ordinal].decode()

    def row(self, ordinal: int) -> Row:
        """Return the row of a row number."""
        return Row(self._places[ordinal], self._lengths[ordinal], self._checks[ordinal], self._lines[ordinal])

    def named(self, text: str) -> Iterator[int]:
        """Return the numbers of the rows whose keys begin or end with a text."""
        return self._keys.bounded_by(text.encode())

    def matching(self, where: Mapping[str, Iterable[bytes]]) -> Iterable[int]:
        """Return the numbers of the rows that have one of the values in each named field.

        The condition with the fewest rows comes first; the others are checked on these only.
        """
        conditions = [self._fields[name].having(values) for name, values in where.items()]
        if len(conditions) == 1:
            return chain.from_iterable(conditions[0])
        conditions.sort(key=lambda postings: sum(map(len, postings)))
        found: Iterable[int] = chain.from_iterable(conditions[0])
        for postings in conditions[1:]:
            found = [ordinal for ordinal in found if any(_holds(rows, ordinal) for rows in postings)]
        return found

    def rows(self) -> Iterator[Placed]:
        """Yield every row, in the order of the keys."""
        columns = self.columns()
        values = zip(*columns.values, strict=True) if columns.values else repeat((), len(self))
        rows = map(_row, zip(*columns.places, strict=True))
        return map(_placed, zip(map(bytes.decode, columns.keys), rows, values, strict=True))

    def columns(self) -> Columns:
        """Return all rows as columns, in the order of the keys."""
        places = (self._places, self._lengths, self._checks, self._lines)
        values = [postings.column(len(self)) for postings in self._fields.values()]
        return Columns(self._keys.to_list(), [part.tolist() for part in places], values)


def _holds(rows: memoryview, ordinal: int) -> bool:
    place = bisect_left(rows, ordinal)
    return place < len(rows) and rows[place] == ordinal


def pack(columns: Columns) -> dict[str, bytes]:
    """Return the packed sections of a table's rows, which may be in any order."""
    columns = columns.ordered()
    key_starts, keys = Strings.pack(columns.keys)
    places, lengths, checks, lines = columns.places
    sections = {
        "key_starts": key_starts,
        "keys": keys,
        "places": array("Q", places).tobytes(),
        "lengths": array("I", lengths).tobytes(),
        "checks": array("I", checks).tobytes(),
        "lines": array("Q", lines).tobytes(),
    }
    for number, column in enumerate(columns.values):
        sections.update(_pack_field(number, column))
    return sections


def _pack_field(number: int, column: Sequence[bytes]) -> dict[str, bytes]:
    order: Sequence[int] = range(len(column))
    if column and _has_one_value(column):
        holders = {column[0]: len(column)}
    else:
        order = sorted(order, key=column.__getitem__)  # stable: the rows of one value stay in their order
        holders = Counter(map(column.__getitem__, order))  # its keys stay in the order of the values
    value_starts, blob = Strings.pack(list(holders))
    return {
        f"value_starts_{number}": value_starts,
        f"values_{number}": blob,
        f"starts_{number}": _offsets(holders.values()),
        f"order_{number}": array("I", order).tobytes(),
    }


def _has_one_value(column: Sequence[bytes] | Sequence[int]) -> bool:
    """Return whether all values of a column are equal, as those of most fields are."""
    return not column or (column[0] == column[-1] and column.count(column[0]) == len(column))


def _offsets(lengths: Iterable[int]) -> bytes:
    """Return where each of several stretches begins, and the end of the last, packed."""
    return array("I", accumulate(lengths, initial=0)).tobytes()
