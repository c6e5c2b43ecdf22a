"""A board brought up to date by rows is the board read anew, whatever happened."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from sla_tracker.services import events
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import holds, operations
from sla_tracker.services.queries import board_updates
from sla_tracker.services.queries.duties import Board, owed_by, owed_to
from sla_tracker.testing.company import a_context, an_actor, local

PLATES = [f"鄂F·{number:05}" for number in range(12)]


def register(context: ServiceContext, plate: str, at: str = "2026-11-18 10:00") -> list[str]:
    wang = an_actor(context, "wang.fang")
    opened = events.register(
        context, wang, "vehicle-delivered", subject=plate, at=local(at), fields={"cash": "no"}
    )
    return [duty.id for duty in opened.opened]


def plain(board: Board) -> Board:
    """Return what a board shows, without what only its updates need."""
    same = replace(board, sequence=0, changed={}, exchanged={}, by_id={}, at=local("2026-11-01 00:00"))
    return replace(same, before=(), gone=(), come=(), refigured=frozenset())


def moves(context: ServiceContext, id: str) -> list[Callable[[], object]]:
    """Return what people may do to a duty; many of these are refused."""
    wang, chen = an_actor(context, "wang.fang"), an_actor(context, "chen.jing")
    return [
        lambda: operations.take(context, wang, id),
        lambda: operations.release(context, wang, id),
        lambda: operations.note(context, wang, id, "a note"),
        lambda: operations.deliver(context, wang, id, {"sheet": "yes"}),
        lambda: operations.accept(context, chen, id),
        lambda: operations.return_(context, chen, id, "wrong"),
        lambda: holds.hold(context, wang, id, waits_for="consumer", reason="waits"),
        lambda: holds.resume(context, wang, id),
    ]


@pytest.mark.parametrize(("seed", "most"), [(0, 1000), (1, 1000), (2, 3), (3, 0)])
def test_rows_exchanged_one_by_one_are_the_rows_read_anew(
    seed: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board_updates, "MOST_EXCHANGED", most)
    chance = random.Random(seed)
    context = a_context(now="2026-11-19 09:00")
    ids = [id for plate in PLATES[:6] for id in register(context, plate)]
    now = context.now()
    boards = [owed_by(context, "sales", now=now), owed_to(context, "finance", now=now)]
    done = 0
    for step in range(60):
        if step % 9 == 8:
            ids += register(context, PLATES[6 + step // 9 % 6] + str(step))
        else:
            try:
                chance.choice(moves(context, chance.choice(ids)))()
                done += 1
            except Exception:
                continue
        later = now + timedelta(minutes=chance.choice((0, 0, 1, 90)))
        moved = None if later == now else later
        now = later if later.date() == now.date() else now
        moved = moved if moved == now else None
        boards = [board_updates.updated(context, board, now=moved) for board in boards]
        assert plain(boards[0]) == plain(owed_by(context, "sales", now=boards[0].at))
        assert plain(boards[1]) == plain(owed_to(context, "finance", now=boards[1].at))
    assert done >= 10


def refuse(*_words: object, **_named: object) -> Board:
    raise AssertionError("the whole board was read")


@pytest.fixture
def never_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("owed_by", "owed_to"):
        monkeypatch.setattr(board_updates, name, refuse)


@pytest.mark.usefixtures("never_whole")
def test_a_change_and_a_minute_read_only_the_rows_concerned() -> None:
    context = a_context(now="2026-11-19 09:00")
    (first, *_others) = register(context, PLATES[0])
    board = owed_by(context, "sales")
    operations.note(context, an_actor(context, "wang.fang"), first, "x")
    noted = board_updates.updated(context, board)
    assert noted.rows is board.rows
    assert set(noted.changed) == {first}
    later = board_updates.updated(context, noted, now=board.at + timedelta(minutes=1))
    assert later.rows is board.rows
    assert later.sequence == context.store.sequence()


@pytest.mark.usefixtures("never_whole")
def test_what_others_do_among_themselves_leaves_the_rows_alone() -> None:
    context = a_context(now="2026-11-19 09:00")
    register(context, PLATES[0])
    board = owed_by(context, "sales")
    other = owed_by(context, "service").rows[0]
    who = next(person.id for person in context.people.values() if person.department == "service")
    operations.note(context, an_actor(context, who), other.id, "x")
    assert board_updates.updated(context, board).rows is board.rows


def test_another_day_and_a_forgotten_change_read_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    context = a_context(now="2026-11-19 09:00")
    register(context, PLATES[0])
    board = owed_by(context, "sales")
    tomorrow: datetime = board.at + timedelta(days=1)
    assert plain(board_updates.updated(context, board, now=tomorrow)) == plain(
        owed_by(context, "sales", now=tomorrow)
    )
    register(context, PLATES[1])
    monkeypatch.setattr(context.store, "touched", lambda _since: None)
    assert plain(board_updates.updated(context, board)) == plain(owed_by(context, "sales", now=board.at))
