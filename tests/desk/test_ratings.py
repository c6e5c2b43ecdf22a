"""Ratings by the consumer, causes by the provider."""

from __future__ import annotations

import pytest

from sla_tracker.core.duty import Duty
from sla_tracker.desk import duties, ratings
from sla_tracker.desk.desk import Desk
from sla_tracker.errors import Doubtful, Forbidden, IllegalTransition, UsageError
from sla_tracker.testing.company import set_clock
from tests.desk.acts import TICKED, delivered, sheet, stored, who


def accepted(desk: Desk) -> Duty:
    return duties.accept(desk, who(desk, "chen.jing"), delivered(desk).id)


class TestRating:
    def test_with_a_word(self, desk: Desk) -> None:
        rating = ratings.rate(desk, who(desk, "sun.li"), accepted(desk).id, 3, "before we asked").rating
        assert rating is not None
        assert (rating.level, rating.word, rating.at) == (3, "before we asked", desk.now())

    def test_not_met_asks_which_is_meant(self, desk: Desk) -> None:
        duty = accepted(desk)
        with pytest.raises(Doubtful, match="not met"):
            ratings.rate(desk, who(desk, "chen.jing"), duty.id, 0)
        assert stored(desk, duty).rating is None
        assert ratings.rate(desk, who(desk, "chen.jing"), duty.id, 0, again=True).rating is not None

    def test_silence_can_be_rated(self, desk: Desk) -> None:
        duty = delivered(desk)
        set_clock(desk, "2026-12-01 09:00")
        assert ratings.rate(desk, who(desk, "chen.jing"), duty.id, 2).rating is not None
        assert stored(desk, duty).accepted_by == "system"

    def test_only_the_consumer_and_only_what_was_accepted(self, desk: Desk) -> None:
        with pytest.raises(IllegalTransition, match="not accepted"):
            ratings.rate(desk, who(desk, "chen.jing"), delivered(desk).id, 2)
        with pytest.raises(Forbidden, match="Finance"):
            ratings.rate(desk, who(desk, "wang.fang"), sheet(desk, subject="x1").id, 4)


class TestCauses:
    def test_late_it_asks_until_somebody_says_why(self, desk: Desk) -> None:
        duty = sheet(desk)
        set_clock(desk, "2026-11-24 09:00")
        duties.deliver(desk, who(desk, "wang.fang"), duty.id, TICKED)
        assert duty.id in {one.id for one in ratings.unexplained(desk, "sales", "2026-11")}
        explained = ratings.explain(desk, who(desk, "zhao.lei"), duty.id, "forgotten", "over the weekend")
        assert (explained.cause, explained.cause_note) == ("forgotten", "over the weekend")
        assert duty.id not in {one.id for one in ratings.unexplained(desk, "sales", "2026-11")}

    def test_returned_it_asks_too_and_blocks_nothing(self, desk: Desk) -> None:
        duty = delivered(desk)
        duties.return_(desk, who(desk, "chen.jing"), duty.id, "unsigned")
        assert ratings.unexplained(desk, "sales", "2026-11")
        assert duties.deliver(desk, who(desk, "wang.fang"), duty.id).delivered_at is not None

    def test_in_time_there_is_nothing_to_explain(self, desk: Desk) -> None:
        with pytest.raises(IllegalTransition, match="needs no cause"):
            ratings.explain(desk, who(desk, "wang.fang"), delivered(desk).id, "forgotten")

    def test_a_category_of_the_list_by_the_provider(self, desk: Desk) -> None:
        duty = sheet(desk)
        set_clock(desk, "2026-11-24 09:00")
        with pytest.raises(UsageError, match="forgotten"):
            ratings.explain(desk, who(desk, "wang.fang"), duty.id, "weather")
        with pytest.raises(Forbidden, match="Sales"):
            ratings.explain(desk, who(desk, "chen.jing"), duty.id, "forgotten")
