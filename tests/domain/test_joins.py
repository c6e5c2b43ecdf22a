"""Which turn of another obligation is meant: by hand, and against a model that counts days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_tracker.domain.agreements.joins import DatedTurn, joined_turns
from sla_tracker.domain.deadlines.rules import Turn

DAY = timedelta(days=1)


def month(number: int, *, due: int, about: int = -1) -> DatedTurn:
    """Return the turn of a monthly rule due in a month of 2026, about the month before by default."""
    start, end = date(2026, number + about, 1), date(2026, number + about + 1, 1)
    return DatedTurn(key=f"m{number}", period_start=start, period_end=end, nominal_on=date(2026, number, due))


def quarter(number: int) -> DatedTurn:
    """Return the turn of a quarterly rule about quarter `number`, due on the 10th after it."""
    start = date(2026, number * 3 - 2, 1)
    end = date(2026 + number // 4, number * 3 % 12 + 1, 1)
    return DatedTurn(key=f"q{number}", period_start=start, period_end=end, nominal_on=end + 9 * DAY)


MONTHLY = tuple(month(number, due=5) for number in range(2, 11))
QUARTERLY = tuple(quarter(number) for number in (1, 2, 3))


@pytest.mark.parametrize(
    ("own", "others", "which", "expected"),
    [
        (month(6, due=7), MONTHLY, Turn.SAME, ["m6"]),
        (month(6, due=7), MONTHLY, Turn.PREVIOUS, ["m5"]),
        (month(6, due=7), MONTHLY, Turn.NEXT, ["m7"]),
        (month(6, due=7), MONTHLY, Turn.LATEST, ["m6"]),
        (month(6, due=5), MONTHLY, Turn.LATEST, ["m5"]),  # due the same day is not due before
        (month(6, due=7), QUARTERLY, Turn.SAME, []),
        (month(6, due=7), QUARTERLY, Turn.OVERLAPPING, ["q2"]),
        (month(6, due=7), QUARTERLY, Turn.PREVIOUS, ["q1"]),
        (quarter(2), MONTHLY, Turn.OVERLAPPING, ["m5", "m6", "m7"]),
        (quarter(2), MONTHLY, Turn.PREVIOUS, ["m4"]),
        (quarter(2), MONTHLY, Turn.NEXT, ["m8"]),
        (quarter(2), MONTHLY, Turn.LATEST, ["m7"]),
        (quarter(2), (), Turn.OVERLAPPING, []),
        (month(2, due=7), MONTHLY, Turn.PREVIOUS, []),
        # The pay sheet of June, due on the 5th, waits for the changes of June, due on 25 May about the next month.
        (
            month(6, due=5, about=0),
            [month(number, due=25, about=1) for number in range(3, 8)],
            Turn.SAME,
            ["m5"],
        ),
    ],
)
def test_joined_turns_are_those_found_by_hand(
    own: DatedTurn, others: tuple[DatedTurn, ...], which: Turn, expected: list[str]
) -> None:
    assert [one.key for one in joined_turns(own, others, which)] == expected


def days_of(turn: DatedTurn) -> list[date]:
    """Return every day of a turn's period."""
    found, day = [], turn.period_start
    while day != turn.period_end:
        found.append(day)
        day += DAY
    return found


def model(own: DatedTurn, others: list[DatedTurn], which: Turn) -> set[str]:
    """Say by single days which turns are meant; of equals any is right, so all are returned."""
    mine = days_of(own)
    match which:
        case Turn.SAME:
            return {one.key for one in others if days_of(one) == mine}
        case Turn.OVERLAPPING:
            return {one.key for one in others if any(day in mine for day in days_of(one))}
        case Turn.PREVIOUS:
            over = [one for one in others if all(day < mine[0] for day in days_of(one))]
            last = max((days_of(one)[-1] for one in over), default=None)
            return {one.key for one in over if days_of(one)[-1] == last}
        case Turn.NEXT:
            ahead = [one for one in others if all(day > mine[-1] for day in days_of(one))]
            first = min((days_of(one)[0] for one in ahead), default=None)
            return {one.key for one in ahead if days_of(one)[0] == first}
        case Turn.LATEST:
            before = [one for one in others if one.nominal_on < own.nominal_on]
            newest = max((one.nominal_on for one in before), default=None)
            return {one.key for one in before if one.nominal_on == newest}


@st.composite
def turns(draw: st.DrawFn, key: str = "own") -> DatedTurn:
    start = date(2026, 1, 1) + draw(st.integers(0, 60)) * DAY
    return DatedTurn(
        key=key,
        period_start=start,
        period_end=start + draw(st.integers(1, 40)) * DAY,
        nominal_on=start + draw(st.integers(-30, 60)) * DAY,
    )


@given(turns(), st.lists(turns(), max_size=8), st.sampled_from(Turn))
def test_as_a_model_that_counts_days(own: DatedTurn, drawn: list[DatedTurn], which: Turn) -> None:
    others = [
        DatedTurn(
            key=str(number),
            period_start=one.period_start,
            period_end=one.period_end,
            nominal_on=one.nominal_on,
        )
        for number, one in enumerate(drawn)
    ]
    found = [one.key for one in joined_turns(own, others, which)]
    expected = model(own, others, which)
    assert set(found) <= expected
    assert len(found) == len(set(found))
    assert bool(found) == bool(expected)
    if which in {Turn.SAME, Turn.OVERLAPPING}:
        assert set(found) == expected
    else:
        assert len(found) <= 1
