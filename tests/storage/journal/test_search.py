"""Searches find the same documents whether they are in the snapshot, written since, or staged."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from sla_tracker.storage.journal import Transaction
from sla_tracker.storage.journal.document import Fields
from sla_tracker.storage.journal.files.packed_table import (
    PackedTable,
    Placed,
    Row,
    Sections,
    columns_of,
    pack,
)
from sla_tracker.storage.journal.image import TableImage
from tests.storage.journal.stores import duty, opened, signed

STATES = ("open", "delivered", "accepted")
SEARCHES: tuple[dict[str, Any], ...] = (
    {},
    {"state": "open"},
    {"state": ("open", "delivered", "nothing of that")},
    {"provider": "department-1", "state": STATES},
    {"provider": ("department-0", "department-2"), "state": ("accepted",)},
    {"provider": "unknown", "state": STATES},
)


def _fits(document: dict[str, Any], where: dict[str, Any]) -> bool:
    return all(
        document[name] in (value if isinstance(value, tuple) else (value,)) for name, value in where.items()
    )


def _agree(transaction: Transaction, documents: dict[str, dict[str, Any]]) -> None:
    for where in SEARCHES:
        expected = [key for key in sorted(documents) if _fits(documents[key], where)]
        assert transaction.keys("duty", **where) == expected
        assert [json.loads(raw) for raw in transaction.find("duty", **where)] == [
            documents[key] for key in expected
        ]


def test_a_transaction_finds_what_a_walk_over_all_documents_finds(tmp_path: Path) -> None:
    chance, journal, documents = random.Random(7), opened(tmp_path / "j"), dict[str, dict[str, Any]]()

    def change(transaction: Transaction) -> None:
        key = f"d{chance.randrange(40):02d}"
        if chance.random() < 0.2:
            transaction.remove("duty", key)
            documents.pop(key, None)
        else:
            documents[key] = duty(chance.randrange(9), state=chance.choice(STATES))
            transaction.put("duty", key, documents[key])

    for round_ in range(12):
        with journal.transaction(**signed()) as transaction:
            for _ in range(8):
                change(transaction)
                _agree(transaction, documents)
            before = dict(documents)
            with suppress(RuntimeError), journal.transaction(**signed()) as part:
                for _ in range(5):
                    change(part)
                raise RuntimeError
            documents.clear()
            documents.update(before)
            _agree(transaction, documents)
        _agree(journal.reading(), documents)
        if round_ % 4 == 3:
            journal.snapshot()


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count how often indexed fields are taken out of a document."""
    counted, real = [0], Fields.of

    def counting(fields: Fields, document: bytes | memoryview) -> tuple[bytes, ...]:
        counted[0] += 1
        return real(fields, document)

    monkeypatch.setattr(Fields, "of", counting)
    return counted


def test_a_search_decodes_no_staged_document_again(tmp_path: Path, decoded: list[int]) -> None:
    journal, count = opened(tmp_path / "j"), 200
    with journal.transaction(**signed()) as transaction:
        for number in range(count):
            assert transaction.keys("duty", provider="department-9", state=STATES) == []
            transaction.put("duty", f"d{number}", duty(number))
    assert decoded[0] <= 2 * count  # once when it is staged, once when the line is applied


class CountedSet(set[str]):
    """Count the keys that somebody walks through."""

    walked = 0

    def __iter__(self) -> Iterator[str]:
        for key in super().__iter__():
            CountedSet.walked += 1
            yield key


def test_a_search_walks_through_the_smallest_condition_only() -> None:
    table = TableImage(Fields(("state", "provider")))
    for number in range(500):
        values = (b'"open"', b'"rare"' if number == 77 else b'"common"')
        table.put(Placed(f"d{number}", Row(number, 1, 0, 0), values))
    for holders in table._holders.values():
        for value in list(holders):
            holders[value] = CountedSet(holders[value])
    CountedSet.walked = 0
    found = table.matching({"state": {b'"open"', b'"new"'}, "provider": {b'"rare"'}})
    assert [key for key, _ in found] == ["d77"]
    assert CountedSet.walked == 1


def test_packed_rows_are_found_by_several_conditions() -> None:
    chance = random.Random(3)
    rows = [
        Placed(
            f"d{number:03d}",
            Row(number, 1, 0, 0),
            (f'"{chance.choice(STATES)}"'.encode(), str(chance.randrange(5)).encode()),
        )
        for number in range(300)
    ]
    sections: Sections = {
        name: memoryview(content) for name, content in pack(columns_of(("state", "number"), rows)).items()
    }
    table = PackedTable(("state", "number"), sections)
    for state in ({b'"open"'}, {b'"open"', b'"accepted"'}, {b'"never"'}):
        for number in ({b"1"}, {b"0", b"4"}, {b"0", b"1", b"2", b"3", b"4"}):
            expected = [
                index for index, row in enumerate(rows) if row.values[0] in state and row.values[1] in number
            ]
            assert sorted(table.matching({"state": state, "number": number})) == expected
