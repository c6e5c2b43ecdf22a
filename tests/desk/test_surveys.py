"""The quarterly survey: who is asked, what is kept of whom, what is shown."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sla_tracker.core.survey import Answer, Dimension, Mark
from sla_tracker.desk import surveys
from sla_tracker.desk.desk import Desk
from sla_tracker.errors import Forbidden, NotFound, Overtaken, Refused, UsageError
from sla_tracker.testing.company import a_desk, set_clock
from tests.desk.acts import who

MARKS = {dimension: Mark(expectation=6, perception=5) for dimension in Dimension}
FINANCE = ("chen.jing", "sun.li", "sun.hua")


def answer(desk: Desk, person: str, provider: str = "sales") -> Answer:
    return surveys.answer(desk, who(desk, person), provider, MARKS, comment=" fine ")


def kept(desk: Desk) -> list[Answer]:
    return desk.store.read(lambda tx: tx.find(Answer))


def test_one_is_asked_about_whoever_owes_ones_department(desk: Desk) -> None:
    assert surveys.asked(desk, who(desk, "chen.jing")) == ["sales", "service", "warehouse"]
    assert surveys.asked(desk, who(desk, "wang.fang")) == ["service"]
    answer(desk, "chen.jing")
    assert surveys.asked(desk, who(desk, "chen.jing")) == ["service", "warehouse"]
    assert surveys.asked(desk, who(desk, "sun.li")) == ["sales", "service", "warehouse"]


def test_once_a_quarter(desk: Desk) -> None:
    given = answer(desk, "chen.jing")
    assert (given.quarter, given.by, given.comment) == ("2026-Q4", "chen.jing", "fine")
    with pytest.raises(Overtaken, match="2026-Q4"):
        answer(desk, "chen.jing")
    set_clock(desk, "2027-01-04 09:00")
    assert answer(desk, "chen.jing").quarter == "2027-Q1"


def test_figures_show_from_the_third_answer_on(desk: Desk) -> None:
    for number, person in enumerate(FINANCE, start=1):
        answer(desk, person)
        (gaps,) = surveys.results(desk, "2026-Q4")
        assert (gaps.answers, gaps.weighted) == (number, Decimal(-1) if number == 3 else None)
    assert surveys.results(desk, "2026-Q3") == []


class TestAnonymous:
    @pytest.fixture
    def desk(self) -> Desk:
        return a_desk(survey_anonymous=True)

    def test_no_name_is_stored_anywhere(self, desk: Desk) -> None:
        answer(desk, "chen.jing")
        (given,) = kept(desk)
        assert (given.by, given.answered_at) == ("", None)
        (change,) = desk.store.changes(0)
        assert (change.act.by, change.act.via) == ("system", "")
        assert "chen" not in repr((given, change))

    def test_there_are_never_more_answers_than_members(self, desk: Desk) -> None:
        for person in FINANCE:
            answer(desk, person)
        assert "sales" not in surveys.asked(desk, who(desk, "chen.jing"))
        with pytest.raises(Overtaken):
            answer(desk, "chen.jing")


def test_what_is_refused(desk: Desk) -> None:
    with pytest.raises(Refused, match="Finance owes your department nothing"):
        answer(desk, "wang.fang", "finance")
    with pytest.raises(NotFound):
        answer(desk, "wang.fang", "moon")
    with pytest.raises(Forbidden):
        answer(desk, "guest")
    with pytest.raises(UsageError, match="empathy"):
        surveys.answer(
            desk,
            who(desk, "chen.jing"),
            "sales",
            MARKS | {Dimension.EMPATHY: Mark(expectation=8, perception=1)},
        )
    assert kept(desk) == []
