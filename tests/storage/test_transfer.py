"""A store moves, with its history, to every other kind of store and into lines and back; a cut copy goes on."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import permutations

import pytest

from sla_tracker.domain.agreements.roster import Roster
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import StoreError, UsageError
from sla_tracker.services.ports import Change, Store
from sla_tracker.storage.codec import kind_named
from sla_tracker.storage.memory import MemoryStore
from sla_tracker.storage.transfer import count, export_lines, import_lines, migrate
from sla_tracker.testing.store_contract import START, an_act, an_event, put
from tests.storage.factories import store_factories

LIVE_DIGEST = "c296bbc130be9fd9064214c75720ba78de1cc676b2b39b6d909715dd9f974340"
"""What the format before told of `fill`: an export of it is read as it was written."""
PAIRS = list(permutations(sorted(store_factories), 2))


def fill(store: Store) -> None:
    """Put in what can be hard to move: changes, an archive, an erasure, a clock that went back, hostile text."""
    put(store, an_event("e-1"), Roster())
    put(
        store,
        replace(an_event("e-1"), subject='\x1b[31m\u202e鄂F\\u0000"'),
        what=Verb.CORRECTED_EVENT,
        minutes=9,
    )
    put(store, an_event("e-2"), an_event("e-3"), an_event("e-4"), minutes=2)
    store.write(an_act(Verb.SEALED_MONTH, minutes=10), lambda tx: tx.seal("2026-10", [(Event, "e-2")]))
    store.write(an_act(Verb.SEALED_MONTH, minutes=11), lambda tx: tx.seal("2026-11", [(Event, "e-3")]))
    store.write(an_act(Verb.UNSEALED_MONTH, minutes=12), lambda tx: tx.unseal("2026-11"))
    store.erase(an_act(Verb.ERASED, minutes=13), [replace(an_event("e-4"), subject="-", fields={})])
    put(store, an_event("e-5"), minutes=14)


class _Cut(MemoryStore):
    """A store that can be moved into for a while, and then not any more."""

    left = 3

    def adopt(self, change: Change, values: Sequence[object]) -> None:
        if not self.left:
            raise ConnectionError("cut off")
        self.left -= 1
        super().adopt(change, values)


@pytest.mark.postgres
@pytest.mark.parametrize(("there", "here"), PAIRS)
def test_a_store_moves_to_every_other_kind(there: str, here: str, request: pytest.FixtureRequest) -> None:
    source, target = store_factories[there](request)(), store_factories[here](request)()
    fill(source)
    last = source.sequence()
    counted = migrate(source, target, now=START)
    assert counted.commits == last
    assert counted.values == {"archive 2026-10": 1, "events": 4, "rosters": 1}
    assert [change.act for change in target.changes()][:last] == [change.act for change in source.changes()]
    assert [change.clock_went_back for change in target.changes()][:4] == [False, False, True, False]
    assert [change.act.what for change in target.history("e-1")] == ["registered_event", "corrected_event"]
    assert target.as_of(Event, "e-1", 1) == an_event("e-1")
    assert target.as_of(Event, "e-4", 3) is None
    source.close()
    target.close()


@pytest.mark.postgres
def test_one_pass_tells_what_asking_for_each_would(open_any_store: Callable[[], Store]) -> None:
    store = open_any_store()
    fill(store)
    for change, values in store.revisions():
        asked: list[object | None] = [
            store.as_of(kind_named(kind).type, id, change.sequence) for kind, id in change.touched
        ]
        assert list(values) == [value for value in asked if value is not None], change
    store.close()


@pytest.mark.postgres
def test_a_commit_is_adopted_only_in_its_turn(open_any_store: Callable[[], Store]) -> None:
    store = open_any_store()
    put(store, an_event("e-1"))
    for number in (1, 3):
        with pytest.raises(StoreError, match=f"Change {number} cannot come after change 1"):
            store.adopt(Change(sequence=number, act=an_act(), touched=()), [an_event("e-2")])
    store.adopt(Change(sequence=2, act=an_act(Verb.NOTED), touched=()), [])
    assert store.read(lambda tx: tx.find(Event)) == [an_event("e-1")]
    assert [change.act.what for change in store.changes()] == [Verb.REGISTERED_EVENT, Verb.NOTED]
    store.close()


def test_a_copy_that_was_cut_off_goes_on_where_it_stopped() -> None:
    source, target = MemoryStore(), _Cut()
    fill(source)
    seen: list[int] = []
    with pytest.raises(ConnectionError):
        migrate(source, target, now=START, progress=seen.append)
    target.left = 100
    migrate(source, target, now=START, progress=seen.append)
    assert seen == list(range(1, source.sequence() + 1))
    assert migrate(source, target, now=START) == count(source)


def test_a_store_with_another_history_is_not_copied_into() -> None:
    source, target = MemoryStore(), MemoryStore()
    fill(source)
    put(target, an_event("other"), what=Verb.NOTED)
    with pytest.raises(StoreError, match="another history"):
        migrate(source, target, now=START)
    assert target.sequence() == 1


def test_a_copy_that_differs_is_not_called_one() -> None:
    source, target = MemoryStore(), MemoryStore()
    fill(source)
    migrate(source, target, now=START)
    target.documents["events", "e-5"][-1] = target.documents["events", "e-1"][-1]
    with pytest.raises(StoreError, match="not the same"):
        migrate(source, target, now=START)


def exported(store: Store) -> bytes:
    stream = io.BytesIO()
    export_lines(store, stream)
    return stream.getvalue()


def test_lines_give_back_the_store_they_were_made_of() -> None:
    source, target = MemoryStore(), MemoryStore()
    fill(source)
    lines = exported(source)
    assert import_lines(io.BytesIO(lines), target, now=START) == count(source)
    assert import_lines(io.BytesIO(lines), target, now=START) == count(source)
    acts = [change.act for change in source.changes()]
    assert [change.act for change in target.changes()][: len(acts)] == acts


@pytest.mark.parametrize("kept", [1, 3, 8])
def test_lines_that_end_too_early_are_noticed_and_may_be_read_again(kept: int) -> None:
    source, target = MemoryStore(), MemoryStore()
    fill(source)
    lines = exported(source).splitlines(keepends=True)
    with pytest.raises(UsageError, match="not whole"):
        import_lines(lines[:kept], target, now=START)
    import_lines(lines, target, now=START)
    assert count(target, source.sequence()) == count(source)


def test_lines_that_are_missing_are_noticed_where_they_are() -> None:
    source, target = MemoryStore(), MemoryStore()
    fill(source)
    lines = exported(source).splitlines(keepends=True)
    at = next(place for place, line in enumerate(lines) if b'"n":2' in line.replace(b" ", b""))
    del lines[at]
    with pytest.raises(UsageError, match="lines are missing before it"):
        import_lines(lines, target, now=START)


def test_lines_of_a_store_with_another_history_are_refused() -> None:
    source, target = MemoryStore(), MemoryStore()
    fill(source)
    put(target, an_event("other"), what=Verb.NOTED)
    with pytest.raises(StoreError, match="another history"):
        import_lines(io.BytesIO(exported(source)), target, now=START)


@pytest.mark.parametrize(
    ("number", "damaged"),
    [
        (1, b'{"format":"something else"}\n'),
        (1, b'{"format":"sla_tracker store","schema":99}\n'),
        (2, b"{\n"),
        (2, b"\xff\n"),
        (2, b'{"n":1,"what":"a","by":"b"}\n'),
        (2, b'{"n":1,"what":"a","by":"b","at":"2026-11-20T08:00:00"}\n'),
        (2, b'{"n":1,"what":"a","by":"b","at":"2026-11-20T08:00:00Z","values":[["nothing",{}]]}\n'),
        (2, b'{"n":1,"what":"a","by":"b","at":"2026-11-20T08:00:00Z","values":[["events",{}]]}\n'),
        (2, b'{"n":1,"unknown":1}\n'),
    ],
)
def test_a_line_that_is_none_is_named(number: int, damaged: bytes) -> None:
    source, target = MemoryStore(), MemoryStore()
    fill(source)
    lines = exported(source).splitlines(keepends=True)
    lines[number - 1] = damaged
    with pytest.raises(UsageError) as caught:
        import_lines(lines, target, now=START)
    assert "Line 2" in caught.value.sentence() or number == 1
    assert target.sequence() == 0


def test_lines_changed_on_the_way_are_noticed_at_the_end() -> None:
    source, target = MemoryStore(), MemoryStore()
    fill(source)
    changed = exported(source).replace("鄂F·12345".encode(), "鄂F·54321".encode())
    with pytest.raises(StoreError, match="not the same"):
        import_lines(io.BytesIO(changed), target, now=START)


def test_a_former_value_that_was_changed_on_the_way_is_noticed() -> None:
    source, target = MemoryStore(), MemoryStore()
    put(source, an_event("e-1"))
    put(source, replace(an_event("e-1"), subject="鄂F·99999"), what=Verb.CORRECTED_EVENT, minutes=9)
    changed = exported(source).replace("鄂F·12345".encode(), "鄂F·54321".encode())
    with pytest.raises(StoreError, match="not the same"):
        import_lines(io.BytesIO(changed), target, now=START)


def test_an_export_of_the_format_before_is_read() -> None:
    source, target = MemoryStore(), MemoryStore()
    fill(source)
    before = count(source, with_former=False)
    assert before.digest == LIVE_DIGEST
    first, *lines, last = (
        exported(source)
        .replace(count(source).digest.encode(), before.digest.encode())
        .splitlines(keepends=True)
    )
    lines = [first.replace(b"sla_tracker store 2", b"sla_tracker store"), *lines, last]
    assert import_lines(lines, target, now=START) == before
    assert count(target, source.sequence()) == count(source)
