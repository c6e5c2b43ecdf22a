"""The owner of a server can change everything; verification names what does not fit any more."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest

from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.verbs import Verb
from sla_tracker.storage.checkpoints import SeenHead, gone_back
from sla_tracker.storage.postgres import PostgresStore, verify
from sla_tracker.testing.store_contract import an_act, an_event, put
from tests.storage.factories import SERVICE, Databases

pytestmark = pytest.mark.postgres

# By the database's owner: no trigger runs.
BY_HAND = "SET session_replication_role = replica; "
CHANGES = {
    "who": ("UPDATE sla.changes SET who = 'chen.jing' WHERE sequence = 2", "not what was sealed"),
    "when": ("UPDATE sla.changes SET at = at - interval '1 day' WHERE sequence = 2", "not what was sealed"),
    "recorded": ("UPDATE sla.changes SET recorded_at = now() WHERE sequence = 2", "not what was sealed"),
    "login": ("UPDATE sla.changes SET login = 'x' WHERE sequence = 2", "not what was sealed"),
    "reason": ("UPDATE sla.changes SET reason = 'x' WHERE sequence = 2", "reason"),
    "hash": ("UPDATE sla.changes SET hash = repeat('1', 64) WHERE sequence = 2", "not what was sealed"),
    "removed": ("DELETE FROM sla.changes WHERE sequence = 2", "missing before"),
    "cut": ("DELETE FROM sla.changes WHERE sequence = 6", "end of the chain"),
    "version": (
        "UPDATE sla.versions SET doc = '{}' WHERE id = 'e-1' AND sequence = 1",
        "not what was written",
    ),
    "blanked": (
        "UPDATE sla.versions SET doc = NULL WHERE id = 'e-1' AND sequence = 1",
        "not what was written",
    ),
    "version removed": ("DELETE FROM sla.versions WHERE id = 'e-1' AND sequence = 1", "not what was sealed"),
    "document": (
        "UPDATE sla.events SET doc = replace(doc::text, '12345', '54321')::json WHERE id = 'e-1'",
        "does not stand",
    ),
    "document removed": ("DELETE FROM sla.events WHERE id = 'e-1'", "does not stand"),
    "archive": ("UPDATE sla.seals SET name = '2026-09'", "not what was sealed"),
    "erasure": ("DELETE FROM sla.erasures", "not what was sealed"),
}


@pytest.fixture
def store(databases: Databases, database: str) -> PostgresStore:
    store = databases.store(database)
    put(store, an_event("e-1"))
    put(store, replace(an_event("e-1"), subject="鄂F·12345 改"), what=Verb.CORRECTED_EVENT)
    put(store, an_event("e-2"), an_event("e-3"))
    store.write(an_act(Verb.SEALED_MONTH), lambda tx: tx.seal("2026-10", [(Event, "e-2")]))
    store.erase(an_act(Verb.ERASED), [an_event("e-3", subject="-")])
    put(store, an_event("e-4"))
    store.close()
    return store


@pytest.mark.usefixtures("store")
def test_what_nobody_touched_is_found_in_order(databases: Databases, database: str) -> None:
    assert verify(databases.dsn(database)) == []


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(("statement", "words"), CHANGES.values(), ids=list(CHANGES))
def test_a_change_by_hand_is_named(databases: Databases, database: str, statement: str, words: str) -> None:
    databases.server.execute(BY_HAND + statement, database)
    findings = verify(databases.dsn(database, SERVICE))
    assert any(words in finding.sentence() for finding in findings), findings


def test_who_saw_a_change_that_is_removed_is_told(databases: Databases, database: str) -> None:
    with closing(databases.store(database)) as store:
        put(store, an_event("e-1"))
        sequence, last = store.head()
        put(store, an_event("e-2"))
        assert gone_back(store, SeenHead(sequence=sequence, hash=last)) is None
        databases.server.execute(BY_HAND + "DELETE FROM sla.changes WHERE sequence = 1", database)
        assert gone_back(store, SeenHead(sequence=sequence, hash=last)) is not None


@pytest.mark.usefixtures("store")
def test_an_anchor_shows_a_cut_and_a_rewritten_past(databases: Databases, database: str) -> None:
    store = databases.store(database)
    anchor = store.head()
    store.close()
    assert verify(databases.dsn(database), [anchor]) == []
    (rewritten,) = verify(databases.dsn(database), [(anchor[0], "0" * 64)])
    assert "rewritten" in rewritten.sentence()
    (cut,) = verify(databases.dsn(database), [(anchor[0] + 1, "0" * 64)])
    assert "end before" in cut.sentence()
