"""The league: places by exact rates, shared ones, the minimum, and the distances."""

from __future__ import annotations

from fractions import Fraction

from sla_tracker.domain.measures.comparisons.league import league
from sla_tracker.domain.measures.scorecard import Score
from sla_tracker.wording.figures.league import points


def score(good: int, valid: int) -> Score:
    return Score(good=good, valid=valid)


def test_equal_rates_share_a_place_and_the_next_one_is_left_out() -> None:
    rows = league({"a": score(19, 20), "b": score(38, 40), "c": score(20, 20), "d": score(18, 20)}, ())
    assert [(row.provider, row.place) for row in rows] == [("c", 1), ("a", 2), ("b", 2), ("d", 4)]
    assert [row.behind for row in rows] == [0, Fraction(-1, 20), Fraction(-1, 20), Fraction(-1, 10)]


def test_below_the_minimum_there_is_no_place_and_nobody_is_compared_with_it() -> None:
    rows = league({"few": score(9, 9), "many": score(9, 10)}, [("2026-10", {"few": score(9, 9)})])
    assert [(row.provider, row.place, row.behind) for row in rows] == [("many", 1, 0), ("few", None, None)]
    assert rows[1].best is None


def test_the_own_best_is_the_latest_of_the_best_closed_months() -> None:
    past = [
        ("2026-07", {"a": score(9, 9)}),
        ("2026-08", {"a": score(11, 12)}),
        ("2026-09", {"a": score(22, 24)}),
        ("2026-10", {"a": score(10, 12)}),
    ]
    (row,) = league({"a": score(9, 10)}, past)
    assert row.best is not None
    assert (row.best.month, row.from_best) == ("2026-09", Fraction(9, 10) - Fraction(11, 12))


def test_points_are_differences_of_exact_rates_and_never_seem_equal() -> None:
    # Rounded rates would give 66.7 - 33.3 = 33.4.
    assert points(Fraction(1, 3) - Fraction(2, 3)) == "-33.3"
    assert points(Fraction(999, 1000) - Fraction(9991, 10000)) == "-0.1"
    assert (points(Fraction(0)), points(None), points(Fraction(1, 20))) == ("0.0", "–", "+5.0")
