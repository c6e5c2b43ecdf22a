from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from tinydb import Query, where
from tinydb.table import Document

from sla_tracker.storage.journal import NoTransaction
from sla_tracker.storage.journal.files.disk import Disk
from sla_tracker.storage.journal.tinydb_tables import JournalDB, UnkeepableDocument
from tests.storage.journal.stores import duty, filled, opened, signed, write


def test_every_change_needs_a_transaction(tmp_path: Path) -> None:
    tables = JournalDB(opened(tmp_path / "j"))
    changes = [
        lambda: tables.insert({"a": 1}),
        lambda: tables.insert_multiple([{"a": 1}]),
        lambda: tables.update({"a": 1}),
        lambda: tables.update_multiple([({"a": 1}, where("a") == 2)]),
        lambda: tables.upsert({"a": 1}, where("a") == 1),
        lambda: tables.remove(where("a") == 1),
        tables.truncate,
        lambda: tables.drop_table("_default"),
    ]
    for change in changes:
        with pytest.raises(NoTransaction):
            change()
    assert tables.all() == []


def test_a_transaction_of_table_changes_is_one_commit(tmp_path: Path) -> None:
    journal = opened(tmp_path / "j")
    tables = JournalDB(journal)
    with journal.transaction(**signed()):
        first = tables.insert({"number": 1})
        tables.insert({"number": 2})
        tables.update({"number": 3}, doc_ids=[first])
        tables.remove(where("number") == 2)
    assert journal.sequence == 1
    assert JournalDB(opened(tmp_path / "j")).all() == [{"number": 3}]


def test_tables_see_what_other_processes_write(tmp_path: Path) -> None:
    journal, other = opened(tmp_path / "j"), opened(tmp_path / "j")
    ours, theirs = JournalDB(journal), JournalDB(other)
    with journal.transaction(**signed()):
        assert ours.insert({"who": "we"}) == 1
    assert theirs.search(where("who") == "they") == []
    with other.transaction(**signed()):
        assert theirs.insert({"who": "they"}) == 2
    with journal.transaction(**signed()):
        assert ours.insert({"who": "we"}) == 3
        assert len(ours.search(where("who") == "they")) == 1


def test_what_is_handed_out_is_the_callers_own(tmp_path: Path) -> None:
    journal = opened(tmp_path / "j")
    tables = JournalDB(journal)
    with journal.transaction(**signed()):
        tables.insert({"nested": [1]})
    for _ in range(2):
        (found,) = tables.search(where("nested").any([1]))
        assert found == {"nested": [1]}
        found["nested"].append(2)
    document = tables.get(doc_id=1)
    assert isinstance(document, Document)
    document["nested"].append(3)
    assert tables.all() == [{"nested": [1]}]


keyed: Any = Document


def test_keyed_tables_show_the_journals_own_documents(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j", 3)
    duties: Any = JournalDB(journal).keyed("duty")
    assert [found.doc_id for found in duties.search(Query().number >= 1)] == ["d1", "d2"]
    with journal.transaction(**signed()):
        duties.update({"state": "done"}, doc_ids=["d1"])
        duties.insert(keyed(duty(7), doc_id="d7"))
        with pytest.raises(ValueError, match="keys of their own"):
            duties.insert(duty(8))
    assert journal.keys("duty", state="done") == ["d1"]
    assert journal.keys("duty") == ["d0", "d1", "d2", "d7"]
    assert [commit.what for commit in journal.history("d1")] == ["open 1", "act"]


def _change_and_fail(duties: Any) -> None:
    duties.update({"state": "done"}, doc_ids=["d0"])
    assert len(duties.search(where("state") == "done")) == 1
    duties.update({"state": {1, 2}}, doc_ids=["d0"])


def test_a_part_that_fails_leaves_no_cached_result(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j", 1)
    duties: Any = JournalDB(journal).keyed("duty")
    with journal.transaction(**signed()):
        with pytest.raises(UnkeepableDocument), journal.transaction(**signed()):
            _change_and_fail(duties)
        assert duties.search(where("state") == "done") == []
    assert journal.sequence == 1


def test_an_update_by_id_reads_that_document_alone(tmp_path: Path) -> None:
    reads: list[int] = []

    class Counting(Disk):
        def read(self, descriptor: int, size: int, offset: int) -> bytes:
            reads.append(size)
            return super().read(descriptor, size, offset)

    journal = filled(tmp_path / "j", 40, Counting())
    duties: Any = JournalDB(journal).keyed("duty")
    with journal.transaction(**signed()):
        reads.clear()
        duties.update({"state": "done"}, doc_ids=["d3"])
        assert 1 <= len(reads) <= 4


def test_an_empty_table_is_there_until_it_is_dropped(tmp_path: Path) -> None:
    journal = opened(tmp_path / "j")
    tables = JournalDB(journal)
    with journal.transaction(**signed()):
        tables.table("kept", persist_empty=True)
    assert JournalDB(opened(tmp_path / "j")).tables() == {"kept"}
    with journal.transaction(**signed()):
        tables.drop_table("kept")
    assert tables.tables() == set()
    write(journal, "a", duty(1))
    assert tables.tables() == {"duty"}


def test_a_search_shows_nothing_of_a_transaction_that_was_undone(tmp_path: Path) -> None:
    """Python gives the address of one transaction to the next one, so an address tells none from the other."""
    with closing(filled(tmp_path / "j", 1)) as journal:
        table = JournalDB(journal).keyed("note")
        for number in range(10):
            with suppress(ZeroDivisionError), journal.transaction(**signed()) as transaction:
                transaction.put("note", f"n{number}", {"text": f"t{number}"})
                assert [one["text"] for one in table.search(where("text").matches("t"))] == [f"t{number}"]
                raise ZeroDivisionError
            del transaction
