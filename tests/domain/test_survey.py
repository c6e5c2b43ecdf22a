"""Gap scores: perception less expectation, weighted, and none below the minimum of answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_tracker.domain.measures.survey import (
    EVEN_WEIGHTS,
    LONGEST_COMMENT,
    WHOLE,
    Answer,
    Dimension,
    Gaps,
    Mark,
    check_answers,
    check_quarter,
    gaps,
    gaps_about,
    quarter_of,
)
from sla_tracker.errors import UsageError

MARKS = {dimension: Mark(expectation=6, perception=5) for dimension in Dimension}
mark = st.builds(Mark, expectation=st.integers(1, 7), perception=st.integers(1, 7))


@st.composite
def weights(draw: st.DrawFn) -> dict[Dimension, int]:
    cuts = sorted(draw(st.lists(st.integers(0, WHOLE), min_size=4, max_size=4)))
    edges = [0, *cuts, WHOLE]
    return {dimension: edges[i + 1] - edges[i] for i, dimension in enumerate(Dimension)}


def answer(
    marks: dict[Dimension, Mark], weighed: dict[Dimension, int] | None = None, id: str = "a"
) -> Answer:
    return Answer(
        id=id,
        quarter="2026-Q4",
        consumer="finance",
        provider="sales",
        marks=marks,
        weights=dict(weighed or EVEN_WEIGHTS),
    )


def scores(answers: list[Answer], minimum: int = 1) -> Gaps:
    return gaps(answers, quarter="2026-Q4", consumer="finance", provider="sales", minimum=minimum)


def test_even_weights_are_whole() -> None:
    assert sum(EVEN_WEIGHTS.values()) == WHOLE
    check_answers(MARKS, EVEN_WEIGHTS, "")


@given(
    st.lists(
        st.tuples(st.fixed_dictionaries(dict.fromkeys(Dimension, mark)), weights()), min_size=1, max_size=6
    )
)
def test_the_weighted_mean_agrees_with_exact_fractions(
    given_answers: list[tuple[dict[Dimension, Mark], dict[Dimension, int]]],
) -> None:
    found = scores([answer(marks, weighed) for marks, weighed in given_answers])
    parts = [
        Fraction(weighed[d] * (marks[d].perception - marks[d].expectation), WHOLE)
        for marks, weighed in given_answers
        for d in Dimension
    ]
    exact = sum(parts, Fraction()) / len(given_answers)
    assert found.weighted is not None
    assert abs(Fraction(found.weighted) - exact) < Fraction(1, 10**9)
    assert found.answers == len(given_answers)


def test_each_dimension_has_its_own_gap() -> None:
    reliable = MARKS | {Dimension.RELIABILITY: Mark(expectation=7, perception=3)}
    found = scores([answer(reliable), answer(MARKS)])
    assert found.per_dimension is not None
    assert found.per_dimension[Dimension.RELIABILITY] == Decimal("-2.5")
    assert found.per_dimension[Dimension.EMPATHY] == -1
    assert found.weighted == Decimal("-1.3")


@pytest.mark.parametrize(("count", "shown"), [(0, False), (2, False), (3, True)])
def test_below_the_minimum_only_the_number_of_answers_shows(count: int, shown: bool) -> None:
    found = scores([answer(MARKS)] * count, minimum=3)
    assert found.answers == count
    assert (found.weighted is not None, found.per_dimension is not None) == (shown, shown)


def test_other_pairs_and_quarters_do_not_count() -> None:
    other = Answer(
        id="b",
        quarter="2026-Q3",
        consumer="finance",
        provider="sales",
        marks=MARKS,
        weights=dict(EVEN_WEIGHTS),
    )
    assert scores([answer(MARKS), other]).answers == 1


@pytest.mark.parametrize("bad", [Mark(expectation=0, perception=5), Mark(expectation=5, perception=8)])
def test_marks_lie_between_1_and_7(bad: Mark) -> None:
    with pytest.raises(UsageError, match="empathy"):
        check_answers(MARKS | {Dimension.EMPATHY: bad}, EVEN_WEIGHTS, "")


def test_no_dimension_may_be_missing() -> None:
    with pytest.raises(UsageError, match="assurance"):
        check_answers({d: m for d, m in MARKS.items() if d is not Dimension.ASSURANCE}, EVEN_WEIGHTS, "")


@pytest.mark.parametrize(
    "bad",
    [
        dict(EVEN_WEIGHTS) | {Dimension.EMPATHY: 21},
        dict(EVEN_WEIGHTS) | {Dimension.EMPATHY: 60, Dimension.ASSURANCE: -20},
        {Dimension.EMPATHY: 100},
    ],
)
def test_weights_add_up_to_a_hundred(bad: dict[Dimension, int]) -> None:
    with pytest.raises(UsageError, match="100"):
        check_answers(MARKS, bad, "")


def test_a_comment_has_a_limit() -> None:
    with pytest.raises(UsageError, match="at most"):
        check_answers(MARKS, EVEN_WEIGHTS, "x" * (LONGEST_COMMENT + 1))


@pytest.mark.parametrize(
    ("day", "quarter"), [("2026-01-01", "2026-Q1"), ("2026-09-30", "2026-Q3"), ("2026-12-31", "2026-Q4")]
)
def test_a_day_belongs_to_its_calendar_quarter(day: str, quarter: str) -> None:
    assert quarter_of(date.fromisoformat(day)) == quarter
    assert check_quarter(quarter) == quarter


@pytest.mark.parametrize("quarter", ["２０２６-Q4", "٢٠٢٦-Q4", "2026-Q5", "2026-Q4\n"])
def test_a_quarter_is_typed_as_it_is_stored(quarter: str) -> None:
    with pytest.raises(UsageError, match="is no quarter"):
        check_quarter(quarter)


def test_departments_with_too_few_answers_are_counted_together() -> None:
    given = [
        replace(answer(MARKS, id=f"{consumer}{number}"), consumer=consumer)
        for consumer, count in (("finance", 3), ("loan", 2), ("service", 1))
        for number in range(count)
    ]

    def about(minimum: int, answers: list[Answer]) -> dict[tuple[str, ...], tuple[int, bool]]:
        found = gaps_about(answers, quarter="2026-Q4", provider="sales", minimum=minimum)
        return {one.joined or (one.consumer,): (one.answers, one.weighted is not None) for one in found}

    assert about(3, given) == {("finance",): (3, True), ("loan", "service"): (3, True)}
    assert about(2, given) == {("finance",): (3, True), ("loan",): (2, True), ("service",): (1, False)}
    assert about(4, given) == {("finance", "loan", "service"): (6, True)}
    assert about(7, given) == {("finance",): (3, False), ("loan",): (2, False), ("service",): (1, False)}
