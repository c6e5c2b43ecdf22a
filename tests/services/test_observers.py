"""Observers are told of the changes of their own process, each once."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from sla_tracker.domain.verbs import Verb
from sla_tracker.services.duties import operations
from sla_tracker.services.ports import Act, Change, Store, Writing
from sla_tracker.testing.company import a_context, a_duty, an_actor
from tests.services.reminded import keep
from tests.services.stores import Stores

R = TypeVar("R")
OTHER = "01932f00-0000-7000-8000-0000000000ff"


class SharedStore:
    """A store to which another process commits before and after each act of this one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._count = itertools.count()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def write(
        self, act: Act, work: Callable[[Writing], R], on_commit: Callable[[int], None] | None = None
    ) -> R:
        """Run work between two commits of somebody else."""
        self._commit_another(act)
        result = self._store.write(act, work, on_commit)
        self._commit_another(act)
        return result

    def _commit_another(self, act: Act) -> None:
        """Commit the same act by the same person at the same instant, on another duty."""
        self._store.write(act, lambda tx: tx.put(a_duty(id=OTHER, subject=str(next(self._count)))))


@pytest.fixture
def shared(stores: Stores) -> Iterator[Store]:
    """Return each kind of store, written to by two processes."""
    with stores.opened() as store:
        yield SharedStore(store)


def test_changes_of_another_process_are_not_observed(shared: Store) -> None:
    heard: list[Change] = []
    context = replace(a_context(store=shared), observers=(heard.append,))
    duty = a_duty()
    keep(context, duty)
    heard.clear()
    operations.take(context, an_actor(context, "wang.fang"), duty.id)
    operations.deliver(context, an_actor(context, "wang.fang"), duty.id)
    assert [change.act.what for change in heard] == [Verb.TOOK.value, Verb.DELIVERED.value]
    assert [change.act.by for change in heard] == ["wang.fang"] * 2
    assert not any((("duty", OTHER) in change.touched) for change in heard)
    assert sorted({change.sequence for change in heard}) == [change.sequence for change in heard]


def test_an_act_that_changes_nothing_is_not_observed(shared: Store) -> None:
    heard: list[Change] = []
    context = replace(a_context(store=shared), observers=(heard.append,))
    context.write(None, Verb.NOTED, lambda _tx, _now: None)
    assert heard == []
