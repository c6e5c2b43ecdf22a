"""An import that is killed at any moment goes on, and every row of it is taken over once."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from random import Random

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.event import Event, EventState
from sla_tracker.domain.imports.run import RunState
from sla_tracker.services.imports import parts, undo
from sla_tracker.services.imports.undo import take_back
from sla_tracker.storage.tinydb import TinyStore
from sla_tracker.testing.company import a_context
from tests.services.acts import who
from tests.services.test_event_imports import many, take

ROWS = 60
MOST_KILLS = 8


def killed(work: Callable[[], object], seconds: float) -> bool:
    """Run work in a process of its own and kill it after some time; tell whether it was not done by then."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _pid, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def importing(place: Path) -> None:
    with closing(TinyStore.open(place)) as store:
        context = a_context(store=store)
        runs = parts.runs(context)
        if not runs or runs[0].state is RunState.RUNNING:
            take(context, many(ROWS), run=runs[0] if runs else None)


def undoing(place: Path) -> None:
    with closing(TinyStore.open(place)) as store:
        context = a_context(store=store)
        run = parts.runs(context)[0]
        if run.state is not RunState.UNDONE:
            take_back(context, who(context, "chen.jing"), run)


def test_a_killed_import_and_a_killed_undo_go_on(tmp_path: Path, effort: Callable[[int, int], int]) -> None:
    chance, kills = Random(3), 0
    before = parts.MOST_ROWS, undo.MOST_EVENTS
    parts.MOST_ROWS, undo.MOST_EVENTS = 3, 3
    try:
        for turn in range(effort(2, 60)):
            place = tmp_path / str(turn)
            TinyStore.open(place, create=True).close()
            for work, done in ((importing, RunState.DONE), (undoing, RunState.UNDONE)):
                for attempt in range(MOST_KILLS):
                    # Longer each time, so that it gets on with it on a busy machine as well.
                    if not killed(partial(work, place), chance.uniform(0.0, 0.1 * (attempt + 1))):
                        break
                    kills += 1
                work(place)
                check(place, done)
    finally:
        parts.MOST_ROWS, undo.MOST_EVENTS = before
    assert kills


def check(place: Path, done: RunState) -> None:
    with closing(TinyStore.open(place)) as store:
        (run,) = store.read(lambda tx: parts.runs(a_context(store=store)))
        events = store.read(lambda tx: tx.find(Event))
        duties = store.read(lambda tx: tx.find(Duty))
    wanted = EventState.ACTIVE if done is RunState.DONE else EventState.CANCELLED
    assert (run.state, run.added, run.opened) == (done, ROWS, len(duties))
    # Two rows each say the same; both were insisted on, and neither was taken twice.
    assert Counter(event.subject for event in events) == {f"鄂F·{n}": 2 for n in range(ROWS // 2)}
    assert {event.state for event in events} == {wanted}
    assert set(Counter(duty.event for duty in duties).values()) == {3}
    assert run.taken_back == (0 if done is RunState.DONE else ROWS)
