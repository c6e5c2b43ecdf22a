"""Random histories of a company, played on the program and on a model that shares no code with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

import pytest

from sla_tracker.services.ports import Store
from tests.services.differential.history import History
from tests.services.stores import in_files, in_memory

FULL = os.environ.get("SLA_EFFORT") == "full"
SIZE = 1_000 if FULL else 300
"""Histories in one test."""
ON_DISK = 20
"""One history of so many is played on TinyDB too."""


def play(seeds: Iterable[int], opened: Callable[[], AbstractContextManager[Store]]) -> None:
    """Play histories; one that fails names its seed and says every act."""
    for seed in seeds:
        with opened() as store:
            history = History(seed, store)
            try:
                history.play()
            except Exception as difference:
                difference.add_note("\n".join((f"Seed {seed}:", *history.log)))
                raise


@pytest.mark.parametrize("part", range(20 if FULL else 1))
def test_in_memory_every_history_is_as_the_model_says(part: int) -> None:
    play(range(part * SIZE, (part + 1) * SIZE), in_memory)


@pytest.mark.parametrize("part", range(20 if FULL else 1))
def test_in_tinydb_every_history_is_as_the_model_says(part: int) -> None:
    play(range(part * SIZE, (part + 1) * SIZE, ON_DISK), in_files)


def test_the_histories_do_what_they_are_meant_to() -> None:
    """Count acts and states over some histories, so that none is left out unnoticed."""
    said: set[str] = set()
    states: set[str] = set()
    for seed in range(60):
        with in_memory() as store:
            history = History(seed, store)
            history.play()
        said |= {" ".join(word for word in line.split() if word.isalpha()) for line in history.log}
        states |= {duty.state for duty in history.model.duties.values()}
        states |= {"sealed" for duty in history.model.duties.values() if duty.sealed}
    for act in ("take back", "reopen", "confirm", "refuse", "cancel an event", "correct the subject"):
        assert any(line.startswith(act) for line in said), act
    assert states >= {"open", "held", "delivered", "accepted", "missed", "waived", "cancelled", "sealed"}
    assert "handed_over" in states
