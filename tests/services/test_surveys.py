"""The quarterly survey: who is asked, what is kept of whom, what is shown."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sla_tracker.domain.measures.survey import Answer, Dimension, Mark
from sla_tracker.errors import Forbidden, NotFound, Overtaken, Refused, UsageError
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import surveys
from sla_tracker.testing.company import a_context, set_clock
from tests.services.acts import who

MARKS = {dimension: Mark(expectation=6, perception=5) for dimension in Dimension}
FINANCE = ("chen.jing", "sun.li", "sun.hua")


def answer(context: ServiceContext, person: str, provider: str = "sales") -> Answer:
    return surveys.answer(context, who(context, person), provider, MARKS, comment=" fine ")


def kept(context: ServiceContext) -> list[Answer]:
    return context.store.read(lambda tx: tx.find(Answer))


def test_one_is_asked_about_whoever_owes_ones_department(context: ServiceContext) -> None:
    assert surveys.asked(context, who(context, "chen.jing")) == ["sales", "service", "warehouse"]
    assert surveys.asked(context, who(context, "wang.fang")) == ["service"]
    answer(context, "chen.jing")
    assert surveys.asked(context, who(context, "chen.jing")) == ["service", "warehouse"]
    assert surveys.asked(context, who(context, "sun.li")) == ["sales", "service", "warehouse"]


def test_once_a_quarter(context: ServiceContext) -> None:
    given = answer(context, "chen.jing")
    assert (given.quarter, given.by, given.comment) == ("2026-Q4", "chen.jing", "fine")
    with pytest.raises(Overtaken, match="2026-Q4"):
        answer(context, "chen.jing")
    set_clock(context, "2027-01-04 09:00")
    assert answer(context, "chen.jing").quarter == "2027-Q1"


def test_figures_show_from_the_third_answer_on(context: ServiceContext) -> None:
    for number, person in enumerate(FINANCE, start=1):
        answer(context, person)
        (gaps,) = surveys.results(context, "2026-Q4")
        assert (gaps.answers, gaps.weighted) == (number, Decimal(-1) if number == 3 else None)
    assert surveys.results(context, "2026-Q3") == []


class TestAnonymous:
    @pytest.fixture
    def context(self) -> ServiceContext:
        return a_context(survey_anonymous=True)

    def test_no_name_is_stored_anywhere(self, context: ServiceContext) -> None:
        answer(context, "chen.jing")
        (given,) = kept(context)
        assert (given.by, given.answered_at) == ("", None)
        (change,) = context.store.changes(0)
        assert (change.act.by, change.act.via) == ("system", "")
        assert "chen" not in repr((given, change))

    def test_there_are_never_more_answers_than_members(self, context: ServiceContext) -> None:
        for person in FINANCE:
            answer(context, person)
        assert "sales" not in surveys.asked(context, who(context, "chen.jing"))
        with pytest.raises(Overtaken):
            answer(context, "chen.jing")


def test_what_is_refused(context: ServiceContext) -> None:
    with pytest.raises(Refused, match="Finance owes your department nothing"):
        answer(context, "wang.fang", "finance")
    with pytest.raises(NotFound):
        answer(context, "wang.fang", "moon")
    with pytest.raises(Forbidden):
        answer(context, "guest")
    with pytest.raises(UsageError, match="empathy"):
        surveys.answer(
            context,
            who(context, "chen.jing"),
            "sales",
            MARKS | {Dimension.EMPATHY: Mark(expectation=8, perception=1)},
        )
    assert kept(context) == []
