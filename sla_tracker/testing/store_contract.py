"""Tests that every store has to pass.

A test class inherits them and supplies `open_store`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sla_tracker.domain.agreements.roster import ROSTER_ID, Roster
from sla_tracker.domain.duties.event import Event, EventState
from sla_tracker.domain.text import Text
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import SlaError
from sla_tracker.services.ports import Act, Reading, Store, Version, Writing

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
OpenStore = Callable[[], Store]


def an_act(what: Verb = Verb.REGISTERED_EVENT, *, minutes: int = 0) -> Act:
    """Return an act of the person `wang.fang`, some minutes after START."""
    return Act(what=what.value, by="wang.fang", at=START + timedelta(minutes=minutes), via="test")


def an_event(id: str = "e-1", *, subject: str = "鄂F·12345", minutes: int = 0) -> Event:
    """Return a stored event."""
    at = START + timedelta(minutes=minutes)
    return Event(
        id=id,
        type="vehicle-delivered",
        title=Text(zh="车辆交付", en="Vehicle delivered"),
        planned=False,
        subject=subject,
        subject_key="鄂F12345",
        at=at,
        registered_at=at,
        registered_by="wang.fang",
        registered_from="sales",
        time_set_at=at,
        time_set_by="wang.fang",
        time_set_from="sales",
        fields={"cash": "yes"},
    )


def put(store: Store, *values: object, what: Verb = Verb.REGISTERED_EVENT, minutes: int = 0) -> None:
    """Store values in one transaction."""

    def work(tx: Writing) -> None:
        for value in values:
            tx.put(value)

    store.write(an_act(what, minutes=minutes), work)


def _changing_its_mind(tx: Writing) -> None:
    tx.put(an_event())
    raise LookupError("changed its mind")


class StoreContract:
    """Tests of the store contract.

    A subclass returns from `open_store` a callable that opens the same, at first empty store at each call.
    """

    @pytest.fixture
    def open_store(self) -> Iterator[OpenStore]:
        """Yield a callable that opens one store; overridden by the inheriting class."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, open_store: OpenStore) -> Iterator[Store]:
        """Yield one open store and close it afterwards."""
        opened = open_store()
        yield opened
        opened.close()

    def test_what_was_written_since_a_commit_is_named(self, store: Store, open_store: OpenStore) -> None:
        put(store, an_event("e-1"))
        since = store.sequence()
        assert store.touched(since) == frozenset()
        put(store, an_event("e-2"), an_event("e-3"))
        put(store, an_event("e-1", subject="鄂F·2"))
        assert store.touched(since) == frozenset(("events", id) for id in ("e-1", "e-2", "e-3"))
        assert store.touched(since + 1) == frozenset({("events", "e-1")})
        other = open_store()
        try:
            put(other, an_event("e-4"))
            store.sequence()
            assert store.touched(since + 2) == frozenset({("events", "e-4")})
        finally:
            other.close()

    def test_a_value_comes_back_equal(self, store: Store) -> None:
        put(store, an_event())
        assert store.read(lambda tx: tx.get(Event, "e-1")) == an_event()

    def test_a_value_is_found_by_the_ends_of_its_id(self, store: Store) -> None:
        ids = ("aaaa-1", "aaab-2", "bbbb-aaaa", "caaaac", "aa")
        put(store, *map(an_event, ids))

        def named(tx: Reading, text: str) -> list[str]:
            return [event.id for event in tx.named(Event, text)]

        assert store.read(lambda tx: named(tx, "aaaa")) == ["aaaa-1", "bbbb-aaaa"]
        assert store.read(lambda tx: named(tx, "aa")) == ["aa", "aaaa-1", "aaab-2", "bbbb-aaaa"]
        for text in ("", "aaaa-1aaab", "%", "aaaa\0", "aaaa-1x", "_"):
            assert store.read(lambda tx, text=text: named(tx, text)) == []  # type: ignore[misc]

        def work(tx: Writing) -> list[str]:
            tx.put(an_event("dddd-aaaa"))
            tx.put(an_event("aaaa-1", subject="X"))
            return named(tx, "aaaa")

        assert store.write(an_act(), work) == ["aaaa-1", "bbbb-aaaa", "dddd-aaaa"]

    def test_nothing_is_none(self, store: Store) -> None:
        assert store.read(lambda tx: tx.get(Event, "e-1")) is None
        assert store.read(lambda tx: tx.find(Event)) == []
        assert store.sequence() == 0

    def test_the_head_is_the_last_change_and_every_hash_can_be_looked_up(self, store: Store) -> None:
        assert store.head()[0] == 0
        heads = []
        for name in ("e-1", "e-2", "e-3"):
            put(store, an_event(name))
            heads.append(store.head())
        assert [sequence for sequence, _ in heads] == [1, 2, 3]
        if any(last for _, last in heads):
            assert len({last for _, last in heads}) == len(heads)
            assert dict(store.hashes_at([3, 1, 9])) == {1: heads[0][1], 3: heads[2][1]}
        else:
            assert dict(store.hashes_at([3, 1])) == {}
        assert dict(store.hashes_at([])) == {}

    def test_every_change_can_be_read_again_with_what_it_left(self, store: Store) -> None:
        put(store, an_event("e-1"))
        put(store, an_event("e-1", subject="X"), what=Verb.CORRECTED_EVENT)
        put(store, an_event("e-3"))
        told = [(change.sequence, list(values)) for change, values in store.revisions()]
        assert told == [
            (1, [an_event("e-1")]),
            (2, [an_event("e-1", subject="X")]),
            (3, [an_event("e-3")]),
        ]
        assert [change.sequence for change, _ in store.revisions(2)] == [3]
        assert list(store.revisions(store.sequence())) == []

    def test_find_matches_indexed_fields(self, store: Store) -> None:
        gone = replace(an_event("e-2"), state=EventState.CANCELLED)
        put(store, an_event(), gone, an_event("e-3", subject="X"))

        active = store.read(lambda tx: [event.id for event in tx.each(Event, state=EventState.ACTIVE)])
        assert active == ["e-1", "e-3"]
        with pytest.raises(KeyError):
            store.read(lambda tx: list(tx.each(Event, title="X")))

        def ids(tx: Reading) -> list[set[str]]:
            return [
                {event.id for event in tx.find(Event, state=EventState.ACTIVE)},
                {event.id for event in tx.find(Event, state=(EventState.ACTIVE, EventState.CANCELLED))},
                {event.id for event in tx.find(Event, type="vehicle-delivered", state=EventState.CANCELLED)},
                {event.id for event in tx.find(Event, type="nothing")},
            ]

        assert store.read(ids) == [{"e-1", "e-3"}, {"e-1", "e-2", "e-3"}, {"e-2"}, set()]

    def test_find_refuses_a_field_without_an_index(self, store: Store) -> None:
        with pytest.raises(KeyError, match="subject"):
            store.read(lambda tx: tx.find(Event, subject="X"))

    def test_a_replaced_value_leaves_its_old_index(self, store: Store) -> None:
        put(store, an_event())
        put(store, replace(an_event(), state=EventState.CANCELLED), what=Verb.CANCELLED_EVENT)
        assert store.read(lambda tx: tx.find(Event, state=EventState.ACTIVE)) == []
        assert [event.id for event in store.read(lambda tx: tx.find(Event, state=EventState.CANCELLED))] == [
            "e-1"
        ]

    def test_a_transaction_sees_its_own_puts(self, store: Store) -> None:
        put(store, an_event())

        def work(tx: Writing) -> tuple[str, int, int]:
            tx.put(replace(an_event(), subject="changed"))
            tx.put(replace(an_event("e-2"), state=EventState.CANCELLED))
            changed = tx.get(Event, "e-1")
            assert changed is not None
            return changed.subject, len(tx.find(Event, state=EventState.ACTIVE)), len(tx.find(Event))

        assert store.write(an_act(), work) == ("changed", 1, 2)

    def test_an_exception_rolls_everything_back(self, store: Store) -> None:
        def work(tx: Writing) -> None:
            tx.put(an_event())
            raise LookupError("changed its mind")

        with pytest.raises(LookupError, match="changed its mind"):
            store.write(an_act(), work)
        assert store.sequence() == 0
        assert store.read(lambda tx: tx.find(Event)) == []

    def test_work_that_puts_nothing_commits_nothing(self, store: Store) -> None:
        assert store.write(an_act(), lambda tx: len(tx.find(Event))) == 0
        assert store.sequence() == 0

    def test_a_caller_cannot_change_what_is_stored(self, store: Store) -> None:
        event = an_event()
        put(store, event)
        event.fields["cash"] = "no"
        read = store.read(lambda tx: tx.get(Event, "e-1"))
        assert read is not None
        read.fields["cash"] = "maybe"
        assert store.read(lambda tx: tx.get(Event, "e-1")) == an_event()

    def test_changes_say_who_what_and_when(self, store: Store) -> None:
        put(store, an_event())
        put(store, an_event("e-2"), Roster(), what=Verb.ROLLED_OVER, minutes=1)
        first, second = store.changes()
        assert (first.sequence, second.sequence) == (1, 2)
        assert first.act == an_act()
        assert set(second.touched) == {("events", "e-2"), ("rosters", ROSTER_ID)}
        assert [change.sequence for change in store.changes(since=1)] == [2]

    def test_a_clock_that_went_back_is_flagged_not_refused(self, store: Store) -> None:
        put(store, an_event(), minutes=5)
        put(store, an_event("e-2"), minutes=0)
        assert [change.clock_went_back for change in store.changes()] == [False, True]

    def test_history_and_versions_of_one_value(self, store: Store) -> None:
        put(store, an_event())
        put(store, an_event("other"), minutes=1)
        put(store, replace(an_event(), subject="new"), what=Verb.CORRECTED_EVENT, minutes=2)
        assert [change.act.what for change in store.history("e-1")] == [
            Verb.REGISTERED_EVENT,
            Verb.CORRECTED_EVENT,
        ]
        assert store.as_of(Event, "e-1", 0) is None
        assert store.as_of(Event, "e-1", 2) == an_event()
        later = store.as_of(Event, "e-1", 3)
        assert later is not None
        assert later.subject == "new"

    def test_versions_are_what_asking_for_each_returns(self, store: Store) -> None:
        for minute in range(3):
            put(store, an_event("e-1", subject=str(minute)), an_event(f"other-{minute}"), minutes=minute)
        put(store, Roster(), what=Verb.ROLLED_OVER, minutes=3)
        store.erase(an_act(Verb.ERASED, minutes=4), [an_event("other-1", subject="-")])
        store.write(an_act(Verb.SEALED_MONTH), lambda tx: tx.seal("2026-11", [(Event, "e-1")]))
        ids: list[tuple[type, str]] = [
            (Event, "e-1"),
            (Event, "other-1"),
            (Event, "none"),
            (Roster, ROSTER_ID),
        ]
        for numbers in (range(8), (0, 3), (2,), ()):
            wanted = [(kind, id, at) for kind, id in ids for at in numbers]
            each: dict[Version, object | None] = {one: store.as_of(*one) for one in wanted}
            assert store.versions(wanted) == {one: value for one, value in each.items() if value is not None}

    def test_a_sealed_value_is_out_of_sight_but_not_lost(self, store: Store) -> None:
        put(store, an_event(), an_event("e-2"))
        store.write(an_act(Verb.SEALED_MONTH), lambda tx: tx.seal("2026-11", [(Event, "e-1")]))
        assert [event.id for event in store.read(lambda tx: tx.find(Event))] == ["e-2"]
        assert store.read(lambda tx: tx.get(Event, "e-1")) is None
        assert store.sealed("2026-11") == [an_event()]
        assert dict(store.seals()) == {"2026-11": 1}
        assert [change.act.what for change in store.history("e-1")][:1] == [Verb.REGISTERED_EVENT]
        assert store.as_of(Event, "e-1", 1) == an_event()

    def test_an_unsealed_archive_is_live_again(self, store: Store) -> None:
        put(store, an_event())
        store.write(an_act(Verb.SEALED_MONTH), lambda tx: tx.seal("2026-11", [(Event, "e-1")]))
        store.write(an_act(Verb.UNSEALED_MONTH), lambda tx: tx.unseal("2026-11"))
        assert store.read(lambda tx: tx.find(Event, state=EventState.ACTIVE)) == [an_event()]
        assert dict(store.seals()) == {}
        with pytest.raises(KeyError):
            store.sealed("2026-11")

    def test_what_is_unsealed_is_seen_and_changed_in_the_same_transaction(self, store: Store) -> None:
        put(store, an_event(), an_event("e-2"))
        store.write(
            an_act(Verb.SEALED_MONTH), lambda tx: tx.seal("2026-11", [(Event, "e-1"), (Event, "e-2")])
        )

        def work(tx: Writing) -> bool:
            with pytest.raises(KeyError):
                tx.unseal("2026-10")
            tx.unseal("2026-11")
            found = tx.find(Event, state=EventState.ACTIVE)
            tx.put(replace(found[0], subject="new"))
            return tx.get(Event, "e-2") == an_event("e-2")

        assert store.write(an_act(Verb.REOPENED_MONTH), work)
        changed = replace(an_event(), subject="new")
        assert store.read(lambda tx: tx.find(Event)) == [changed, an_event("e-2")]
        assert (store.as_of(Event, "e-1", 1), store.as_of(Event, "e-1", 3)) == (an_event(), changed)
        assert not store.seals()

    def test_what_is_erased_has_no_past(self, store: Store) -> None:
        put(store, an_event())
        put(store, replace(an_event(), fields={}), what=Verb.CORRECTED_EVENT, minutes=1)
        erased = replace(an_event(), subject="-", subject_key="", fields={})
        assert store.erase(an_act(Verb.ERASED, minutes=2), [erased]) == 1
        assert store.read(lambda tx: tx.get(Event, "e-1")) == erased
        assert store.as_of(Event, "e-1", 1) is None
        assert store.changes()
        assert [change.act.what for change in store.changes()][:2] == [
            Verb.REGISTERED_EVENT,
            Verb.CORRECTED_EVENT,
        ]

    def test_what_one_wrote_another_reads(self, open_store: OpenStore) -> None:
        one, two = open_store(), open_store()
        put(one, an_event())
        assert two.sequence() == 1
        assert two.read(lambda tx: tx.get(Event, "e-1")) == an_event()
        put(two, an_event("e-2"))
        assert {event.id for event in one.read(lambda tx: tx.find(Event))} == {"e-1", "e-2"}
        one.close()
        two.close()
        again = open_store()
        assert again.sequence() == 2
        again.close()

    def test_each_of_many_writers_is_told_its_own_commit(self, open_store: OpenStore) -> None:
        """The numbers of others, who commit before and since, are not among them."""
        stores = [open_store() for _ in range(3)]
        told: dict[int, list[int]] = {number: [] for number in range(3)}

        def write_ten(number: int, store: Store) -> None:
            for count in range(10):
                id = f"e-{number}-{count}"
                store.write(an_act(), lambda tx, id=id: tx.put(an_event(id)), told[number].append)  # type: ignore[misc]

        threads = [threading.Thread(target=write_ten, args=one) for one in enumerate(stores)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        touched = {change.sequence: change.touched[0][1] for change in stores[0].changes()}
        for store in stores:
            store.close()
        assert {number: [touched[one] for one in told[number]] for number in told} == {
            number: [f"e-{number}-{count}" for count in range(10)] for number in told
        }

    def test_no_commit_is_told_where_nothing_was_written(self, store: Store) -> None:
        told: list[int] = []
        store.write(an_act(), lambda tx: len(tx.find(Event)), told.append)
        with pytest.raises(LookupError):
            store.write(an_act(), _changing_its_mind, told.append)
        assert told == []

    def test_decisions_of_many_threads_never_cross(self, open_store: OpenStore) -> None:
        """Each writer reads a number and writes the next: none may be lost."""
        stores = [open_store() for _ in range(4)]
        failures: list[SlaError] = []

        def count_up(store: Store) -> None:
            def work(tx: Writing) -> None:
                seen = tx.get(Event, "counter")
                number = int(seen.subject) + 1 if seen else 1
                tx.put(an_event("counter", subject=str(number)))

            try:
                for _ in range(10):
                    store.write(an_act(), work)
            except SlaError as failure:
                failures.append(failure)

        threads = [threading.Thread(target=count_up, args=(store,)) for store in stores]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        counter = stores[0].read(lambda tx: tx.get(Event, "counter"))
        for store in stores:
            store.close()
        assert not failures
        assert counter is not None
        assert counter.subject == "40"
