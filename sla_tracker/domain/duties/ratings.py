"""Ratings by the consumer and causes of lateness given by the provider."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import IntEnum

from sla_tracker.domain.duties.duty import Duty, Rating, State
from sla_tracker.errors import N_, IllegalTransition, NeedsConfirmation, UsageError

LONGEST_WORD = 200  # characters of the remark on a rating or cause


class RatingLevel(IntEnum):
    """Level of service that a consumer gives an accepted duty."""

    NOT_MET = 0
    BASIC = 1
    SATISFYING = 2
    BEYOND = 3
    MEMORABLE = 4


LEVEL_WORDS = {
    RatingLevel.NOT_MET: N_("not met"),
    RatingLevel.BASIC: N_("basic"),
    RatingLevel.SATISFYING: N_("satisfying"),
    RatingLevel.BEYOND: N_("beyond what is owed"),
    RatingLevel.MEMORABLE: N_("memorable"),
}


def rated(duty: Duty, *, level: int, word: str, by: str, now: datetime, again: bool = False) -> Duty:
    """Return the accepted duty with the consumer's rating; it replaces an earlier one.

    Raises NeedsConfirmation for “not met”, which contradicts the acceptance, unless `again` confirms it.
    """
    if duty.state is not State.ACCEPTED:
        raise IllegalTransition(
            N_("“{title}” ({ref}) is not accepted; only what was accepted can be rated."),
            title=duty.title,
            ref=duty.reference,
        )
    if not RatingLevel.NOT_MET <= level <= RatingLevel.MEMORABLE:
        raise UsageError(
            N_("A rating is a level from {least} to {most}."),
            least=RatingLevel.NOT_MET,
            most=RatingLevel.MEMORABLE,
        )
    word = word.strip()
    if len(word) > LONGEST_WORD:
        raise UsageError(N_("The word of a rating has at most {limit} characters."), limit=LONGEST_WORD)
    if level == RatingLevel.NOT_MET and not again:
        raise NeedsConfirmation(
            N_(
                "“{title}” ({ref}) was accepted, but this rating says it was not met. Keep both, or let your head "
                "reopen it (sla reopen {ref})?"
            ),
            title=duty.title,
            ref=duty.reference,
        )
    return replace(duty, rating=Rating(level=level, word=word, at=now, by=by))


def explained(duty: Duty, *, cause: str, note: str, now: datetime) -> Duty:
    """Return the duty with the cause of its delay, miss or return, as a category."""
    if not duty.was_returned and not duty.is_late(now):
        raise IllegalTransition(
            N_("“{title}” ({ref}) is neither late nor returned; it needs no cause."),
            title=duty.title,
            ref=duty.reference,
        )
    note = note.strip()
    if len(note) > LONGEST_WORD:
        raise UsageError(N_("The note on a cause has at most {limit} characters."), limit=LONGEST_WORD)
    return replace(duty, cause=cause, cause_note=note)
