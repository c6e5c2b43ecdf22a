"""Finds the turns of one obligation that belong to a turn of another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from sla_tracker.domain.agreements.occurrences import Occurrence
from sla_tracker.domain.deadlines.rules import Turn
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedTurn:
    """A turn of a recurring obligation, as far as others refer to it.

    `key` is that of its duty. Its period is [start, end); `nominal_on` is its due day before roll.
    """

    key: str
    period_start: date
    period_end: date
    nominal_on: date


def dated(occurrence: Occurrence) -> DatedTurn:
    """Return an occurrence as others refer to it."""
    return DatedTurn(
        key=occurrence.key,
        period_start=occurrence.period_start,
        period_end=occurrence.period_end,
        nominal_on=occurrence.deadline.nominal_on,
    )


def joined_turns(own: DatedTurn, others: Iterable[DatedTurn], which: Turn) -> tuple[DatedTurn, ...]:
    """Return the turns among `others` that a turn refers to, the earliest first.

    Turns are compared by their periods, the latest one by its due day before roll.
    """
    return _JOINS[which](own, sorted(others, key=_by_period))


def _same(own: DatedTurn, others: Sequence[DatedTurn]) -> tuple[DatedTurn, ...]:
    period = own.period_start, own.period_end
    return tuple(one for one in others if (one.period_start, one.period_end) == period)


def _previous(own: DatedTurn, others: Sequence[DatedTurn]) -> tuple[DatedTurn, ...]:
    return tuple(one for one in others if one.period_end <= own.period_start)[-1:]


def _next(own: DatedTurn, others: Sequence[DatedTurn]) -> tuple[DatedTurn, ...]:
    following = (one for one in others if one.period_start >= own.period_end)
    return tuple(sorted(following, key=lambda one: (one.period_start, one.period_end, one.nominal_on))[:1])


def _overlapping(own: DatedTurn, others: Sequence[DatedTurn]) -> tuple[DatedTurn, ...]:
    return tuple(
        one for one in others if one.period_start < own.period_end and own.period_start < one.period_end
    )


def _latest(own: DatedTurn, others: Sequence[DatedTurn]) -> tuple[DatedTurn, ...]:
    before = [one for one in others if one.nominal_on < own.nominal_on]
    return (max(before, key=lambda one: (one.nominal_on, one.key)),) if before else ()


def _by_period(turn: DatedTurn) -> tuple[date, date, date, str]:
    return turn.period_end, turn.period_start, turn.nominal_on, turn.key


_JOINS: dict[Turn, Callable[[DatedTurn, Sequence[DatedTurn]], tuple[DatedTurn, ...]]] = {
    Turn.SAME: _same,
    Turn.PREVIOUS: _previous,
    Turn.NEXT: _next,
    Turn.OVERLAPPING: _overlapping,
    Turn.LATEST: _latest,
}
