"""Ratings by the consumer, causes by the provider."""

from __future__ import annotations

import pytest

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.errors import Forbidden, IllegalTransition, NeedsConfirmation, UsageError
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import operations, ratings
from sla_tracker.testing.company import set_clock
from tests.services.acts import TICKED, delivered, sheet, stored, who


def accepted(context: ServiceContext) -> Duty:
    return operations.accept(context, who(context, "chen.jing"), delivered(context).id)


class TestRating:
    def test_with_a_word(self, context: ServiceContext) -> None:
        rating = ratings.rate(
            context, who(context, "sun.li"), accepted(context).id, 3, "before we asked"
        ).rating
        assert rating is not None
        assert (rating.level, rating.word, rating.at) == (3, "before we asked", context.now())

    def test_not_met_asks_which_is_meant(self, context: ServiceContext) -> None:
        duty = accepted(context)
        with pytest.raises(NeedsConfirmation, match="not met"):
            ratings.rate(context, who(context, "chen.jing"), duty.id, 0)
        assert stored(context, duty).rating is None
        assert ratings.rate(context, who(context, "chen.jing"), duty.id, 0, again=True).rating is not None

    def test_silence_can_be_rated(self, context: ServiceContext) -> None:
        duty = delivered(context)
        set_clock(context, "2026-12-01 09:00")
        assert ratings.rate(context, who(context, "chen.jing"), duty.id, 2).rating is not None
        assert stored(context, duty).accepted_by == "system"

    def test_only_the_consumer_and_only_what_was_accepted(self, context: ServiceContext) -> None:
        with pytest.raises(IllegalTransition, match="not accepted"):
            ratings.rate(context, who(context, "chen.jing"), delivered(context).id, 2)
        with pytest.raises(Forbidden, match="Finance"):
            ratings.rate(context, who(context, "wang.fang"), sheet(context, subject="x1").id, 4)


class TestCauses:
    def test_late_it_asks_until_somebody_says_why(self, context: ServiceContext) -> None:
        duty = sheet(context)
        set_clock(context, "2026-11-24 09:00")
        operations.deliver(context, who(context, "wang.fang"), duty.id, TICKED)
        assert duty.id in {one.id for one in ratings.unexplained(context, "sales", "2026-11")}
        explained = ratings.explain(
            context, who(context, "zhao.lei"), duty.id, "forgotten", "over the weekend"
        )
        assert (explained.cause, explained.cause_note) == ("forgotten", "over the weekend")
        assert duty.id not in {one.id for one in ratings.unexplained(context, "sales", "2026-11")}

    def test_returned_it_asks_too_and_blocks_nothing(self, context: ServiceContext) -> None:
        duty = delivered(context)
        operations.return_(context, who(context, "chen.jing"), duty.id, "unsigned")
        assert ratings.unexplained(context, "sales", "2026-11")
        assert operations.deliver(context, who(context, "wang.fang"), duty.id).delivered_at is not None

    def test_in_time_there_is_nothing_to_explain(self, context: ServiceContext) -> None:
        with pytest.raises(IllegalTransition, match="needs no cause"):
            ratings.explain(context, who(context, "wang.fang"), delivered(context).id, "forgotten")

    def test_a_category_of_the_list_by_the_provider(self, context: ServiceContext) -> None:
        duty = sheet(context)
        set_clock(context, "2026-11-24 09:00")
        with pytest.raises(UsageError, match="forgotten"):
            ratings.explain(context, who(context, "wang.fang"), duty.id, "weather")
        with pytest.raises(Forbidden, match="Sales"):
            ratings.explain(context, who(context, "chen.jing"), duty.id, "forgotten")
