"""A list of full size is imported and taken back under kill -9 at any moment; every row of it is there once."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from random import Random

import pytest

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.event import Event, EventState
from sla_tracker.domain.duties.request import Request, RequestState
from sla_tracker.domain.imports.past import PastDuty
from sla_tracker.domain.imports.run import ImportKind, ListReading, RunState
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.imports import parts
from sla_tracker.services.imports.kinds import plan_list, take_list
from sla_tracker.services.imports.undo import take_back
from sla_tracker.sheets.imports.events import read_events
from sla_tracker.sheets.imports.past import read_past
from sla_tracker.sheets.imports.requests import read_requests
from sla_tracker.sheets.reader import sheets_of
from sla_tracker.storage.tinydb import TinyStore
from sla_tracker.testing.company import a_context
from tests.services.acts import who
from tests.services.test_import_kills import killed

ABOUT = {
    ImportKind.EVENTS: "vehicle-delivered",
    ImportKind.REQUESTS: "invoice-copy",
    ImportKind.PAST: "order-sheet",
}
HEADINGS = {
    ImportKind.EVENTS: ("车牌号", "交车日期", "单号"),
    ImportKind.REQUESTS: ("合同号", "希望日期", "单号"),
    ImportKind.PAST: ("车牌号", "应交时间", "单号", "实际交付时间", "接收部门"),
}
READERS: Mapping[ImportKind, Callable[..., object]] = {
    ImportKind.EVENTS: read_events,
    ImportKind.REQUESTS: read_requests,
    ImportKind.PAST: read_past,
}


def a_list(kind: ImportKind, rows: int) -> bytes:
    """Return a list of one kind, with a key in each row."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(HEADINGS[kind])
    for number in range(rows):
        day = f"2026-{'10' if kind is ImportKind.PAST else '11'}-{2 + number % 16:02d} 10:{number % 60:02d}"
        more = (day, "财务部") if kind is ImportKind.PAST else ()
        writer.writerow((f"鄂F{number:05d}", day, f"K{number}", *more))
    return stream.getvalue().encode()


def importing(place: Path, kind: ImportKind, content: bytes) -> None:
    """Import a list, or go on with the import that a kill broke off."""
    with closing(TinyStore.open(place)) as store:
        context = a_context(store=store)
        run = next(iter(parts.runs(context)), None)
        if run is None or run.state is RunState.RUNNING:
            reading = run.reading if run is not None else ListReading(about=ABOUT[kind])
            read = READERS[kind](context, sheets_of(content, "x.csv"), reading, file="x.csv", digest="1")
            actor = who(context, "chen.jing")
            take_list(context, actor, plan_list(context, actor, read, run), run=run)  # type: ignore[arg-type]


def undoing(place: Path, kind: ImportKind, content: bytes) -> None:
    with closing(TinyStore.open(place)) as store:
        context = a_context(store=store)
        run = parts.runs(context)[0]
        if run.state is not RunState.UNDONE:
            take_back(context, who(context, "chen.jing"), run)


@pytest.mark.parametrize("kind", list(ImportKind))
def test_a_list_of_full_size_survives_kills(
    tmp_path: Path, kind: ImportKind, effort: Callable[[int, int], int]
) -> None:
    is_slow = kind is ImportKind.REQUESTS  # one commit each
    rows = effort(15 if is_slow else 250, 1_000 if is_slow else 10_000)
    most_kills, longest = effort(3, 12), effort(1, 30)  # seconds, more than the whole import takes
    content, chance, kills = a_list(kind, rows), Random(7), 0
    TinyStore.open(tmp_path, create=True).close()
    for work, done in ((importing, RunState.DONE), (undoing, RunState.UNDONE)):
        step = partial(work, tmp_path, kind, content)
        for attempt in range(most_kills):
            # The first comes before a quick machine can be done; later ones leave time to get on with it.
            latest = longest * attempt / most_kills or 0.02
            if not killed(step, chance.uniform(0.0, latest)):
                break
            kills += 1
        step()
        with closing(TinyStore.open(tmp_path)) as store:
            check(a_context(store=store), kind, rows, done)
    assert kills


def check(context: ServiceContext, kind: ImportKind, rows: int, done: RunState) -> None:
    (run,) = parts.runs(context)
    assert (run.state, run.rows) == (done, rows)
    is_done = done is RunState.DONE
    if kind is ImportKind.PAST:
        past = context.store.read(lambda tx: tx.find(PastDuty))
        assert Counter(one.taken_back for one in past) == {not is_done: rows}
        assert len({one.subject for one in past}) == rows
    elif kind is ImportKind.REQUESTS:
        asked = context.store.read(lambda tx: tx.find(Request))
        state = RequestState.ASKED if is_done else RequestState.WITHDRAWN
        assert Counter(one.state for one in asked) == {state: rows}
        assert len({one.subject for one in asked}) == rows
    else:
        found = context.store.read(lambda tx: tx.find(Event))
        assert Counter(one.state for one in found) == {
            EventState.ACTIVE if is_done else EventState.CANCELLED: rows
        }
        assert len({one.subject for one in found}) == rows
        opened = Counter(one.event for one in context.store.read(lambda tx: tx.find(Duty)))
        assert (len(opened), set(opened.values())) == (rows, {3})
