"""Brings a board up to date by the rows that changed, without reading the others."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sla_tracker.domain.duties.duty import LIVE, Duty
from sla_tracker.domain.measures.scorecard import exchanged, score
from sla_tracker.domain.stored_kinds import StoredKind
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Reading
from sla_tracker.services.queries.duties import Board, owed_by, owed_to, row_of, waits
from sla_tracker.services.queries.rows import ORDER, Bucket, DutyRow, exchanged_rows, recounted
from sla_tracker.value_class import dataclass

# Kinds that change what a board shows without touching its duties: closing and reopening a month.
ALL_CHANGING = frozenset({StoredKind.MONTHS})
# Changed duties up to which rows are exchanged one by one; for more, reading the whole list is as quick.
MOST_CHANGED = 500
# Exchanged rows kept apart from the others by id, whose copy takes as long as the rest of an update.
MOST_EXCHANGED = 1000
# Tries to see changes and rows of the same commit, while others commit.
TRIES = 3
# Buckets of the duties whose due may pass.
AHEAD = (Bucket.TODAY, Bucket.THIS_WEEK, Bucket.LATER)


@dataclass(frozen=True, slots=True)
class _Changed:
    """A duty as a board counted it, and as it is now; None where there was or is none."""

    id: str
    before: Duty | None
    now: Duty | None

    @property
    def month(self) -> str:
        """Return the month in which the duty counts, or counted last."""
        last = self.now or self.before
        return "" if last is None else last.month


def updated(context: ServiceContext, board: Board, *, now: datetime | None = None) -> Board:
    """Return the board with what was committed since.

    Its `rows` are the same object if none changed. Without `now` it stays a board of its time. With `now` it moves on
    to that instant, and what the time alone changed is looked at, too. Everything is read anew where too much changed,
    or another day began.
    """
    at = now or board.at
    if _is_another_day(context, board.at, at):
        return _read_anew(context, board, at)
    for _try in range(TRIES):
        sequence = context.store.sequence()
        touched = context.store.touched(board.sequence)
        if touched is None or any(kind in ALL_CHANGING for kind, _id in touched):
            break
        changed = frozenset(id for kind, id in touched if kind == StoredKind.DUTIES)
        passed = _passed(board, at) - changed if now is not None else frozenset[str]()
        if len(changed) + len(passed) > MOST_CHANGED:
            break
        duties = _read_at(context, sequence, changed | passed)
        if duties is not None:
            pairs = _pairs(context, board, duties, changed)
            same = replace(
                board,
                sequence=sequence,
                at=at,
                changed={},
                before=(),
                gone=(),
                come=(),
                refigured=frozenset(),
            )
            fresh = _with(context, same, board.at, pairs)
            return fresh or _read_anew(context, board, at)
    return _read_anew(context, board, at)


def _read_anew(context: ServiceContext, board: Board, now: datetime) -> Board:
    if "provider" in board.party:
        return owed_by(context, board.party["provider"], now=now)
    return owed_to(context, board.party["consumer"], now=now)


def _is_another_day(context: ServiceContext, before: datetime, at: datetime) -> bool:
    zone = context.settings.zone
    return before > at or before.astimezone(zone).date() != at.astimezone(zone).date()


def _passed(board: Board, now: datetime) -> frozenset[str]:
    """Return the ids of duties whose due has passed or whose deadline moves."""
    found = set(board.waiting)
    for bucket in AHEAD:
        first = bisect_left(board.rows, ORDER[bucket], key=lambda row: ORDER[row.bucket])
        for place in range(first, len(board.rows)):
            row = board.rows[place]
            if row.bucket is not bucket or row.due_at >= now:
                break
            found.add(row.id)
    return frozenset(found)


def _read_at(context: ServiceContext, sequence: int, ids: frozenset[str]) -> Mapping[str, Duty | None] | None:
    """Return duties as of a commit; None where another one came meanwhile."""

    def work(tx: Reading) -> Mapping[str, Duty | None] | None:
        return {id: tx.get(Duty, id) for id in ids} if tx.sequence == sequence else None

    return context.store.read(work) if ids else {}


def _pairs(
    context: ServiceContext, board: Board, duties: Mapping[str, Duty | None], changed: frozenset[str]
) -> list[_Changed]:
    """Return the duties of the board's party, now or as they were counted."""
    pairs = (
        _Changed(
            id=id,
            before=_own(board, context.store.as_of(Duty, id, board.sequence) if id in changed else duty),
            now=_own(board, duty),
        )
        for id, duty in duties.items()
    )
    return [pair for pair in pairs if pair.before is not None or pair.now is not None]


def _own(board: Board, duty: Duty | None) -> Duty | None:
    if duty is None or any(getattr(duty, party) != department for party, department in board.party.items()):
        return None
    return duty


def _with(
    context: ServiceContext, board: Board, before_at: datetime, pairs: Sequence[_Changed]
) -> Board | None:
    """Return the board with these duties exchanged.

    None where its rate can only be told from all duties.
    """
    month, target = board.month, context.settings.target
    less, more = defaultdict[str, list[Duty]](list), defaultdict[str, list[Duty]](list)
    for pair in pairs:
        for duty, months in ((pair.before, less), (pair.now, more)):
            if duty is not None:
                months[duty.month].append(duty)
    concerned = {month, *less, *more}
    gone = {one: score(less[one], now=before_at, target=target) for one in concerned}
    come = {one: score(more[one], now=board.at, target=target) for one in concerned}
    rate = exchanged(board.score, gone[month], come[month])
    if rate is None or (not rate.valid and len(less[month]) != len(more[month])):
        return None
    refigured = frozenset(one for one in gone if gone[one] != come[one])
    return _with_rows(context, replace(board, score=rate, refigured=refigured), pairs)


def _with_rows(context: ServiceContext, board: Board, pairs: Iterable[_Changed]) -> Board:
    live = {pair.id: pair.now if pair.now is not None and pair.now.state in LIVE else None for pair in pairs}
    fresh = {id: row_of(context, duty, board.at) for id, duty in live.items() if duty is not None}
    gone = [row for id in live if (row := board.row(id)) is not None and row != fresh.get(id)]
    come = [row for id, row in fresh.items() if row != board.row(id)]
    waiting = frozenset(id for id, duty in live.items() if duty is not None and waits(duty))
    board = replace(
        board,
        changed={pair.id: pair.month for pair in pairs},
        waiting=(board.waiting - live.keys()) | waiting,
    )
    if not gone and not come:
        return board
    rows = exchanged_rows(board.rows, gone, come)
    board = _exchanging(board, {id: fresh.get(id) for id in live})
    return replace(
        board,
        rows=tuple(rows),
        counts=recounted(board.counts, gone, come),
        before=board.rows,
        gone=tuple(gone),
        come=tuple(come),
    )


def _exchanging(board: Board, rows: Mapping[str, DutyRow | None]) -> Board:
    exchanged = {**board.exchanged, **rows}
    if len(exchanged) <= MOST_EXCHANGED:
        return replace(board, exchanged=exchanged)
    by_id = {id: row for id, row in {**board.by_id, **exchanged}.items() if row is not None}
    return replace(board, by_id=by_id, exchanged={})
