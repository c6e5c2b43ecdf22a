"""Figures: what counts good, bad, not yet, and apart; budgets in whole duties."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_tracker.domain.deadlines.due import Interval
from sla_tracker.domain.duties.duty import Delivery, Duty, State
from sla_tracker.domain.measures.causes import NOT_SAID, pareto
from sla_tracker.domain.measures.outcome import Outcome, outcome_of
from sla_tracker.domain.measures.scorecard import (
    TargetShare,
    allowed_misses,
    combined,
    figures,
    score,
)
from sla_tracker.testing.company import a_duty, local

DUE = local("2026-11-19 18:00")
LATER = DUE + timedelta(hours=1)
TARGET = Decimal("0.95")


def ended(state: State, late: bool = False, returned: bool = False, **changes: object) -> Duty:
    back = Delivery(at=DUE, by="wang.fang", returned_at=DUE, returned_by="chen.jing", reason="unsigned")
    last = Delivery(at=LATER if late else DUE, by="wang.fang")
    return a_duty(state=state, deliveries=(back, last) if returned else (last,), closed_at=LATER, **changes)


GOOD = ended(State.ACCEPTED)
LATE = ended(State.ACCEPTED, late=True)
RUNNING = Interval(start_at=DUE - timedelta(hours=1), end_at=None)


@pytest.mark.parametrize(
    ("duty", "verdict"),
    [
        (GOOD, Outcome.GOOD),
        (LATE, Outcome.MISSED),
        (ended(State.DELIVERED), Outcome.GOOD),
        (ended(State.DELIVERED, late=True), Outcome.MISSED),
        (a_duty(state=State.MISSED), Outcome.MISSED),
        (a_duty(), Outcome.MISSED),
        (a_duty(state=State.HELD, excuses=(RUNNING,)), Outcome.PENDING),
        (a_duty(state=State.HELD), Outcome.MISSED),
    ],
)
def test_a_duty_counts_good_bad_or_not_yet(duty: Duty, verdict: Outcome) -> None:
    assert outcome_of(duty, LATER) is verdict


def test_what_lies_ahead_is_pending() -> None:
    assert outcome_of(a_duty(), DUE) is Outcome.PENDING


def test_what_is_left_out_is_counted_apart() -> None:
    found = score(
        [
            GOOD,
            LATE,
            ended(State.WAIVED),
            ended(State.CANCELLED),
            a_duty(state=State.HANDED_OVER, closed_at=DUE),
            ended(State.ACCEPTED, late=True, short_notice=True),
        ],
        now=LATER,
        target=TARGET,
    )
    assert (found.good, found.valid, found.bad) == (1, 2, 1)
    assert (found.waived, found.short_notice, found.pending) == (1, 1, 0)
    assert found.on_time_ratio == Decimal("0.5")


def test_handing_over_late_still_counts_bad() -> None:
    late = a_duty(state=State.HANDED_OVER, closed_at=LATER)
    assert score([late], now=LATER, target=TARGET).bad == 1


def test_first_pass_counts_what_was_never_returned() -> None:
    found = score([GOOD, ended(State.ACCEPTED, returned=True)], now=LATER, target=TARGET)
    assert found.first_pass_ratio == Decimal("0.5")


def test_nothing_has_no_ratio() -> None:
    found = score([], now=LATER, target=TARGET)
    assert (found.on_time_ratio, found.first_pass_ratio, found.budget) == (None, None, 0)


@pytest.mark.parametrize(
    ("target", "valid", "allowed"),
    [("0.9", 10, 1), ("0.95", 40, 2), ("0.95", 39, 1), ("1", 5, 0), ("0", 5, 5)],
)
def test_the_budget_is_a_whole_number_of_misses(target: str, valid: int, allowed: int) -> None:
    assert allowed_misses([TargetShare(target=Decimal(target), valid=valid)]) == allowed


@given(st.integers(0, 1000), st.integers(0, 10_000))
def test_the_budget_agrees_with_exact_fractions(per_mille: int, valid: int) -> None:
    exact = (1 - Fraction(per_mille, 1000)) * valid
    share = TargetShare(target=Decimal(per_mille) / 1000, valid=valid)
    assert allowed_misses([share]) == exact.numerator // exact.denominator


def with_target(duty: Duty, target: str) -> Duty:
    return replace(duty, terms=replace(duty.terms, target=Decimal(target)))


class TestMixedTargets:
    def test_what_is_allowed_is_summed_exactly_and_rounded_once(self) -> None:
        mixed = [with_target(LATE, "0.9")] * 6 + [with_target(GOOD, "0.95")] * 8
        # 0.1 × 6 + 0.05 × 8 is exactly one; rounded apart, nothing would be allowed.
        found = score(mixed, now=LATER, target=TARGET)
        assert found.budget == 1
        assert [(one.target, one.valid) for one in found.shares] == [
            (Decimal("0.9"), 6),
            (Decimal("0.95"), 8),
        ]

    def test_the_target_shown_is_weighted_by_what_is_judged(self) -> None:
        mixed = [with_target(GOOD, "1"), GOOD, GOOD, with_target(a_duty(state=State.WAIVED), "0.5")]
        assert score(mixed, now=LATER, target=Decimal("0.85")).target == Decimal("0.9")

    def test_the_newest_duty_does_not_set_the_target_of_all(self) -> None:
        ordered = [with_target(GOOD, "0.5"), with_target(GOOD, "1")]
        assert score(ordered, now=LATER, target=TARGET) == score(ordered[::-1], now=LATER, target=TARGET)

    def test_a_target_of_nothing_is_one(self) -> None:
        (figure,) = figures([with_target(LATE, "0")], now=LATER, target=TARGET)
        assert (figure.score.target, figure.score.budget, figure.score.is_kept) == (Decimal(0), 1, True)

    def test_before_anything_is_judged_the_common_target_is_shown(self) -> None:
        assert score([with_target(a_duty(), "0.8")], now=DUE, target=TARGET).target == Decimal("0.8")

    @given(st.lists(st.tuples(st.integers(0, 100), st.booleans()), max_size=30), st.integers(0, 30))
    def test_scores_of_parts_add_up_to_the_score_of_all(
        self, duties: list[tuple[int, bool]], cut: int
    ) -> None:
        all_of_them = [
            with_target(GOOD if good else LATE, str(Decimal(percent) / 100)) for percent, good in duties
        ]
        parts = [score(part, now=LATER, target=TARGET) for part in (all_of_them[:cut], all_of_them[cut:])]
        whole = score(all_of_them, now=LATER, target=TARGET)
        assert combined(parts, TARGET) == whole
        exact = sum((1 - Fraction(percent, 100) for percent, _ in duties), Fraction())
        assert whole.budget == exact.numerator // exact.denominator
        assert whole.is_kept is (whole.bad <= exact)


class TestCauses:
    def test_the_most_frequent_comes_first_and_shares_add_up(self) -> None:
        duties = [
            *[ended(State.ACCEPTED, late=True, cause="workload")] * 3,
            ended(State.ACCEPTED, returned=True, cause="unclear"),
            LATE,
            GOOD,
        ]
        rows = pareto(duties, now=LATER)
        assert [(row.cause, row.count) for row in rows] == [("workload", 3), (NOT_SAID, 1), ("unclear", 1)]
        assert [row.cumulative_ratio for row in rows] == [Decimal("0.6"), Decimal("0.8"), Decimal(1)]

    def test_what_does_not_count_causes_nothing(self) -> None:
        left_out = [
            ended(State.WAIVED, cause="workload"),
            ended(State.CANCELLED),
            ended(State.ACCEPTED, late=True, short_notice=True),
        ]
        assert pareto(left_out, now=LATER) == ()
