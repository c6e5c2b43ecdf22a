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
SIZE = 1_000 if FULL else 80
"""Histories in one test."""
ON_DISK = 20
"""One history of so many is played on TinyDB too."""
ACTS = (
    *(
        "take back",
        "reopen",
        "refuse the hold",
        "withdraw the request",
        "answer",
        "deliver, claiming",
        "claimed time,",
    ),
    *("corrects the subject", "corrects the time", "corrects cash", "moves it", "cancels an event"),
    *(
        "confirms",
        "refuses",
        "object to the move",
        "try an archived event",
        "open 2026-11 again",
        "hand over",
    ),
)
STATES = {
    *("open", "held", "delivered", "accepted", "missed", "waived", "cancelled", "handed_over"),
    *("sealed", "sealed event", "short", "late registration"),
}
EFFECTS = {
    *(("time", "at once", None), ("time", "never", None), ("owed", "at once", None)),
    ("time", "unless objected", None),
    *((about, "when confirmed", decided) for about in ("time", "owed") for decided in (True, False, None)),
}


def play(seeds: Iterable[int], opened: Callable[[], AbstractContextManager[Store]]) -> list[History]:
    """Play histories and return them; one that fails names its seed and says every act."""
    played = []
    for seed in seeds:
        with opened() as store:
            history = History(seed, store)
            try:
                history.play()
            except Exception as difference:
                difference.add_note("\n".join((f"Seed {seed}:", *history.log)))
                raise
        played.append(history)
    return played


@pytest.mark.parametrize("part", range(20 if FULL else 1))
def test_in_memory_every_history_is_as_the_model_says(part: int) -> None:
    """The acts and states of each part are counted, so that none is left out unnoticed."""
    histories = play(range(part * SIZE, (part + 1) * SIZE), in_memory)
    said: set[str] = set()
    states: set[str] = set()
    effects: set[tuple[str, str, bool | None]] = set()
    for history in histories:
        said |= set(history.log)
        for duty in history.model.duties.values():
            states |= {duty.state, *(["sealed"] if duty.sealed else []), *(["short"] if duty.short else [])}
            states |= {"late registration"} if duty.late_opened else set()
            effects |= {(one.about, one.effect, one.confirmed) for one in duty.changes}
        states |= {"sealed event" for event in history.model.events.values() if event.sealed}
    for act in ACTS:
        assert any(act in line for line in said), act
    assert states >= STATES
    assert effects >= EFFECTS


# What once was not as the model says: who takes over a duty that waits for another one, whose beginning is archived.
FOUND = (5388,)


def test_every_history_that_found_a_fault_is_as_the_model_says() -> None:
    assert play(FOUND, in_memory)


@pytest.mark.parametrize("part", range(20 if FULL else 1))
def test_in_tinydb_every_history_is_as_the_model_says(part: int) -> None:
    assert play(range(part * SIZE, (part + 1) * SIZE, ON_DISK), in_files)
