"""Packs a table of a snapshot into a binary form.

It is opened by one read, and searched without unpacking.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, pairwise, repeat
from typing import NamedTuple

KEYS_REMEMBERED = 1000
"""Number of looked-up keys kept in the cache of one table."""
STRINGS_BETWEEN_POSTS = 64
"""Every so many strings one is kept decoded; a search bisects those, then scans one stretch."""


class Row(NamedTuple):
    """Place of a live document in the journal.

    Its position, length in bytes, CRC-32, and its line's position.
    """

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
        self._posts: list[bytes] = []
        """Every STRINGS_BETWEEN_POSTS-th string, filled by the first search."""

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, number: int) -> bytes:
        return bytes(self._blob[self._starts[number] : self._starts[number + 1]])

    def __iter__(self) -> Iterator[bytes]:
        blob = bytes(self._blob)
        return (blob[start:stop] for start, stop in pairwise(self._starts))

    def find(self, wanted: bytes) -> int:
        """Return the index of a string, or -1."""
        if not self._posts:
            self._posts = [self[number] for number in range(0, len(self), STRINGS_BETWEEN_POSTS)]
        post = bisect_right(self._posts, wanted) - 1
        if post < 0 or not wanted:
            return 0 if len(self) and self[0] == wanted else -1
        first = post * STRINGS_BETWEEN_POSTS
        last = min(first + STRINGS_BETWEEN_POSTS, len(self))
        start = self._starts[first]
        stretch = bytes(self._blob[start : self._starts[last]])
        found = stretch.find(wanted)
        while found >= 0:
            number = bisect_right(self._starts, start + found, first, last) - 1
            if self._starts[number] == start + found and self[number] == wanted:
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
        starts = array("I", [0])
        total = 0
        for string in strings:
            total += len(string)
            starts.append(total)
        return starts.tobytes(), b"".join(strings)


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
        numbers = map(self.values.find, wanted)
        return [self.of(number) for number in numbers if number >= 0]

    def column(self, count: int) -> list[bytes]:
        """Return the value of every row, in order."""
        column = [b""] * count
        for number in range(len(self.values)):
            value = self.values[number]
            for ordinal in self.of(number):
                column[ordinal] = value
        return column


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
        conditions.sort(key=lambda postings: sum(map(len, postings)))
        found: Iterable[int] = chain.from_iterable(conditions[0])
        for postings in conditions[1:]:
            found = [ordinal for ordinal in found if any(_holds(rows, ordinal) for rows in postings)]
        return found

    def rows(self) -> Iterator[Placed]:
        """Yield every row, in the order of the keys."""
        count = len(self)
        columns = [postings.column(count) for postings in self._fields.values()]
        values = zip(*columns, strict=True) if columns else repeat((), count)
        rows = map(_row, zip(self._places, self._lengths, self._checks, self._lines, strict=True))
        return map(_placed, zip(map(bytes.decode, self._keys), rows, values, strict=True))


def _holds(rows: memoryview, ordinal: int) -> bool:
    place = bisect_left(rows, ordinal)
    return place < len(rows) and rows[place] == ordinal


def pack(fields: tuple[str, ...], rows: Iterable[Placed]) -> dict[str, bytes]:
    """Return the packed sections of a table's rows, which may be in any order."""
    keyed = sorted((key.encode(), row, values) for key, row, values in rows)
    key_starts, keys = Strings.pack([key for key, _, _ in keyed])
    places, lengths, checks, lines = zip(*(row for _, row, _ in keyed), strict=True) if keyed else ((),) * 4
    sections = {
        "key_starts": key_starts,
        "keys": keys,
        "places": array("Q", places).tobytes(),
        "lengths": array("I", lengths).tobytes(),
        "checks": array("I", checks).tobytes(),
        "lines": array("Q", lines).tobytes(),
    }
    columns = zip(*(values for _, _, values in keyed), strict=True) if keyed else repeat((), len(fields))
    for number, column in enumerate(columns):
        sections.update(_pack_field(number, column))
    return sections


def _pack_field(number: int, column: Iterable[bytes]) -> dict[str, bytes]:
    holders: defaultdict[bytes, list[int]] = defaultdict(list)
    for ordinal, value in enumerate(column):
        holders[value].append(ordinal)
    values = sorted(holders)
    starts, order = array("I", [0]), array("I")
    for value in values:
        order.extend(holders[value])
        starts.append(len(order))
    value_starts, blob = Strings.pack(values)
    return {
        f"value_starts_{number}": value_starts,
        f"values_{number}": blob,
        f"starts_{number}": starts.tobytes(),
        f"order_{number}": order.tobytes(),
    }
