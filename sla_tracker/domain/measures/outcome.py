"""Outcome of a duty for the rates: good, missed, not yet known, or left out."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sla_tracker.domain.duties.duty import Duty, State


class Outcome(StrEnum):
    """How a duty counts; UNCOUNTED ones were cancelled, or handed over in time."""

    GOOD = "good"
    MISSED = "missed"
    PENDING = "pending"
    WAIVED = "waived"
    SHORT_NOTICE = "short_notice"
    UNCOUNTED = "uncounted"


VALID = (Outcome.GOOD, Outcome.MISSED)  # what a rate is counted from


def outcome_of(duty: Duty, now: datetime) -> Outcome:
    """Return how a duty counts as of `now`.

    A late duty that was handed over still counts as missed, with the department that gave it away.
    """
    is_late = duty.is_late(now)
    if duty.state is State.CANCELLED or (duty.state is State.HANDED_OVER and not is_late):
        return Outcome.UNCOUNTED
    if duty.state is State.WAIVED:
        return Outcome.WAIVED
    if duty.short_notice:
        return Outcome.SHORT_NOTICE
    if is_late:
        return Outcome.MISSED
    return Outcome.GOOD if duty.state in {State.ACCEPTED, State.DELIVERED} else Outcome.PENDING


def counts_for_first_pass(duty: Duty, now: datetime) -> bool:
    """Return whether a duty counts for the first-pass rate: accepted and in the rates."""
    return duty.state is State.ACCEPTED and outcome_of(duty, now) in VALID
