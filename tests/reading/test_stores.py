"""The layer through which everything is read keeps strangers out on every kind of store, by every way of reading."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest

from sla_tracker.domain.people import Actor, Person, Role
from sla_tracker.domain.reference import REFERENCE_LENGTH
from sla_tracker.domain.reminders.message_day import MessageDay
from sla_tracker.services.access import ReadingRule
from sla_tracker.services.ports import Reading, Store
from sla_tracker.services.queries.reading import ReadersStore, ReadingRights
from sla_tracker.storage.codec import KINDS
from tests.reading.company import Company, Marked, a_deployment, live_through
from tests.services.stores import any_store, stores  # noqa: F401 - fixtures

UNNAMED = Actor(
    person=Person(id="login:unknown", name="unknown", department="", role=Role.READER),
    via="unix:5999:unknown",
    is_named=False,
)


@pytest.fixture
def on_store(any_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:  # noqa: F811
    """Yield the company with everything that happened in one store of each kind."""
    with a_deployment(tmp_path_factory.mktemp("stores") / "company") as opened:
        opened._context = replace(opened.context, store=any_store)
        marked = Marked()
        live_through(opened.context, marked)
        yield Company(opened, marked)


TOLD = "message_days"
"""Holds the keys of the messages that somebody got; no way out shows them."""
READERS = [
    ("zhou", ReadingRule.OWN), ("zhou", ReadingRule.ALL), ("unknown", ReadingRule.OWN), ("liu", ReadingRule.OWN),
    ("li", ReadingRule.OWN), ("boss", ReadingRule.OWN),
]  # fmt: skip


def all_that_is_read(store: Store, marked: Marked) -> Iterator[tuple[str, object]]:
    """Yield what every way of reading returns, with its name."""

    def read(tx: Reading) -> Iterator[tuple[str, object]]:
        for kind in KINDS:
            if kind.name != TOLD:
                yield "find", tx.find(kind.type)
                yield "each", list(tx.each(kind.type))
        for type_, id in marked.values.values():
            yield "get", tx.get(type_, id)
            yield "named", tx.named(type_, id[-REFERENCE_LENGTH:])
            yield "as_of", store.as_of(type_, id, tx.sequence)

    yield from store.read(lambda tx: list(read(tx)))
    for _kind, id in marked.values.values():
        yield "history", [change.act.reason for change in store.history(id)]
    yield "changes", list(store.changes())
    yield (
        "revisions",
        [
            (change, [value for value in values if not isinstance(value, MessageDay)])
            for change, values in store.revisions()
        ],
    )
    for archive in store.seals():
        yield "sealed", store.sealed(archive)


def test_no_way_of_reading_shows_what_is_not_for_the_reader(on_store: Company) -> None:
    context, marked = on_store.opened.context, on_store.marked
    for who, rule in READERS:
        actor = UNNAMED if who == "unknown" else Actor(person=context.people[who], via="test")
        store = ReadersStore(context.store, partial(ReadingRights, context, actor, rule))
        said: dict[str, str] = {}
        for way, found in all_that_is_read(store, marked):
            said[way] = f"{said.get(way, '')} {found}"
        on_store.rule = rule
        for way, text in said.items():
            assert on_store.leaked(text, who) == [], (who, rule, way)
        allowed = set(marked.marks) - set(on_store.hidden_from(who, rule))
        if who in {"li", "boss"}:
            assert allowed <= on_store.seen(said["revisions"])
            # What lies in the archive of a closed month is not among what is live.
            assert allowed - {"reopened"} <= on_store.seen(said["find"]) | on_store.seen(said["sealed"])
            assert "oldnote" in on_store.seen(said["sealed"])
