"""The forecast of misses: odds from the narrowest group, and the exact range of their sum."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import prod

from hypothesis import given
from hypothesis import strategies as st

from sla_tracker.domain.measures.comparisons.forecast import (
    Expected,
    Forecast,
    distribution,
    expected_misses,
    odds_of,
)
from sla_tracker.domain.measures.scorecard import Figure, Score

ODDS = st.lists(st.fractions(min_value=0, max_value=1, max_denominator=40), max_size=8)


def figure(obligation: str, consumer: str, good: int, valid: int) -> Figure:
    score = Score(good=good, valid=valid)
    return Figure(provider="sales", consumer=consumer, obligation=obligation, score=score)


def test_odds_come_from_the_narrowest_group_with_twenty_cases() -> None:
    odds = odds_of(
        [
            figure("sheet", "finance", 9, 10),
            figure("sheet", "finance", 6, 10),  # of another month
            figure("list", "finance", 5, 5),
            figure("note", "service", 1, 19),
        ]
    )
    assert odds.of(("sales", "finance", "sheet")) == Fraction(5, 20)
    assert odds.of(("sales", "finance", "list")) == Fraction(5, 25)  # the pair's
    assert odds.of(("sales", "service", "note")) == Fraction(23, 44)  # the provider's
    assert odds.of(("warehouse", "finance", "sheet")) is None


@given(ODDS)
def test_the_range_covers_four_in_five_of_all_outcomes(odds: list[Fraction]) -> None:
    """Compare with every outcome written out, in exact fractions."""
    exact = [Fraction(0)] * (len(odds) + 1)
    for missed in product((False, True), repeat=len(odds)):
        exact[sum(missed)] += prod(
            (one if is_missed else 1 - one for one, is_missed in zip(odds, missed, strict=True)),
            start=Fraction(1),
        )
    fewest, shares = distribution(odds)
    padded = [0.0] * fewest + shares + [0.0] * (len(exact) - fewest - len(shares))
    assert all(abs(share - float(one)) < 1e-9 for share, one in zip(padded, exact, strict=True))
    found = expected_misses(odds)
    assert found is not None
    tolerance, total = Fraction(1, 10**6), sum(odds, Fraction(0))
    assert sum(exact[: found.least], Fraction(0)) <= Fraction(1, 10) + tolerance
    assert sum(exact[found.most + 1 :], Fraction(0)) <= Fraction(1, 10) + tolerance
    assert abs(found.misses - total) <= Fraction(1, 2)
    assert found.least <= found.misses <= found.most or abs(found.misses - total) < 1


def test_thousands_of_duties_keep_only_numbers_that_may_come() -> None:
    odds = [Fraction(1, 20), Fraction(1, 2), Fraction(0), Fraction(1)] * 500
    fewest, shares = distribution(odds)
    mean, variance = sum(odds), float(sum(one * (1 - one) for one in odds))
    assert 20 * variance**0.5 > len(
        shares
    )  # of 2001 numbers; all of them would take the square of the duties
    assert abs(sum(shares) - 1) < 1e-9
    assert fewest < mean < fewest + len(shares)
    found = expected_misses(odds)
    assert found is not None
    # The distribution is nearly normal: its tenth and its ninetieth part lie 1.2816 deviations from the mean.
    assert abs(found.least - (float(mean) - 1.2816 * variance**0.5)) < 1
    assert abs(found.most - (float(mean) + 1.2816 * variance**0.5)) < 1


def test_without_odds_for_one_of_them_nothing_is_expected() -> None:
    assert expected_misses([Fraction(1, 2), None]) is None
    assert expected_misses([]) == Expected(misses=0, least=0, most=0)


def forecast(used: int, allowed: int, misses: int | None) -> Forecast:
    expected = None if misses is None else Expected(misses=misses, least=0, most=9)
    return Forecast(provider="sales", month="2026-11", used=used, allowed=allowed, ahead=9, expected=expected)


def test_who_has_used_all_or_will_is_warned_and_nobody_before_a_miss_without_reason() -> None:
    assert forecast(2, 2, 0).is_to_warn
    assert forecast(1, 2, 2).is_to_warn
    assert not forecast(1, 2, 1).is_to_warn
    assert not forecast(0, 0, 0).is_to_warn
    assert not forecast(0, 0, None).is_to_warn
    assert forecast(1, 0, None).is_to_warn
