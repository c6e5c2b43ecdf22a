"""Ratings of what was accepted, causes of what went wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sla_tracker.domain.duties.duty import Delivery, State
from sla_tracker.domain.duties.ratings import LEVEL_WORDS, LONGEST_WORD, RatingLevel, explained, rated
from sla_tracker.errors import IllegalTransition, NeedsConfirmation, UsageError
from sla_tracker.testing.company import a_duty, local

NOW = local("2026-11-18 10:00")
ACCEPTED = a_duty(state=State.ACCEPTED, deliveries=(Delivery(at=NOW, by="wang.fang"),))


@pytest.mark.parametrize("level", [level for level in RatingLevel if level is not RatingLevel.NOT_MET])
def test_a_level_with_a_word(level: RatingLevel) -> None:
    rating = rated(ACCEPTED, level=level, word=" quick ", by="chen.jing", now=NOW).rating
    assert rating is not None
    assert (rating.level, rating.word, rating.by) == (level, "quick", "chen.jing")


def test_not_met_on_what_was_accepted_asks_which_is_meant() -> None:
    with pytest.raises(NeedsConfirmation, match="sla reopen abcdef"):
        rated(ACCEPTED, level=0, word="", by="chen.jing", now=NOW)
    rating = rated(ACCEPTED, level=0, word="", by="chen.jing", now=NOW, again=True).rating
    assert rating is not None
    assert rating.level == 0


@pytest.mark.parametrize("level", [-1, 5])
def test_there_are_five_levels(level: int) -> None:
    with pytest.raises(UsageError, match="0 to 4"):
        rated(ACCEPTED, level=level, word="", by="chen.jing", now=NOW)
    assert len(LEVEL_WORDS) == 5


def test_a_word_has_a_limit() -> None:
    with pytest.raises(UsageError, match="200"):
        rated(ACCEPTED, level=2, word="x" * (LONGEST_WORD + 1), by="chen.jing", now=NOW)


@pytest.mark.parametrize("state", [state for state in State if state is not State.ACCEPTED])
def test_only_what_was_accepted_is_rated(state: State) -> None:
    with pytest.raises(IllegalTransition, match="not accepted"):
        rated(a_duty(state=state), level=3, word="", by="chen.jing", now=NOW)


def test_a_cause_needs_something_that_went_wrong() -> None:
    late = a_duty().due_at + timedelta(hours=1)
    duty = explained(a_duty(), cause="forgotten", note=" sorry ", now=late)
    assert (duty.cause, duty.cause_note) == ("forgotten", "sorry")
    with pytest.raises(IllegalTransition, match="needs no cause"):
        explained(a_duty(), cause="forgotten", note="", now=NOW)
    with pytest.raises(UsageError):
        explained(a_duty(), cause="forgotten", note="x" * (LONGEST_WORD + 1), now=late)
