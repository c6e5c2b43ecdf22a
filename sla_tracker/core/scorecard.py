"""Service levels: good over valid, against a target, with an error budget in whole duties (SRE workbook, ch. 2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal

from sla_tracker.core.duty import Duty, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a set of duties says about keeping the agreement.

    `valid` counts duties that are judged: accepted ones, delivered ones by their delivery so far, overdue and
    missed ones. Waived, cancelled and short-notice duties are left out and counted apart; owed duties whose
    due time lies ahead are `pending`. `budget` is the number of misses that the target allows.
    """

    good: int = 0
    valid: int = 0
    pending: int = 0
    waived: int = 0
    short_notice: int = 0
    first_pass: int = 0
    judged: int = 0
    target: Decimal = Decimal("0.95")

    @property
    def bad(self) -> int:
        """Return the misses so far."""
        return self.valid - self.good

    @property
    def on_time_ratio(self) -> Decimal | None:
        """Return good ÷ valid, or None while nothing is valid."""
        return Decimal(self.good) / self.valid if self.valid else None

    @property
    def first_pass_ratio(self) -> Decimal | None:
        """Return the share of judged duties that were never returned, or None while nothing was judged."""
        return Decimal(self.first_pass) / self.judged if self.judged else None

    @property
    def budget(self) -> int:
        """Return the allowed misses: floor((1 − target) × valid)."""
        return allowed_misses(self.target, self.valid)


def allowed_misses(target: Decimal, valid: int) -> int:
    """Return floor((1 − target) × valid) in exact arithmetic; floats would give 0 for 90 % of ten."""
    return int(((1 - target) * valid).to_integral_value(rounding=ROUND_FLOOR))


def score(duties: Iterable[Duty], *, now: datetime, target: Decimal) -> Score:
    """Return the figures of a set of duties as of now."""
    good = valid = pending = waived = short = first_pass = judged = 0
    for duty in duties:
        if duty.state is State.CANCELLED or (duty.state is State.HANDED_OVER and not duty.is_late(now)):
            continue
        if duty.state is State.WAIVED:
            waived += 1
            continue
        if duty.short_notice:
            short += 1
            continue
        if duty.state is State.ACCEPTED:
            judged += 1
            first_pass += not duty.was_returned
        verdict = is_good(duty, now)
        if verdict is None:
            pending += 1
        else:
            valid += 1
            good += verdict
    return Score(
        good=good,
        valid=valid,
        pending=pending,
        waived=waived,
        short_notice=short,
        first_pass=first_pass,
        judged=judged,
        target=target,
    )


def is_good(duty: Duty, now: datetime) -> bool | None:
    """Say whether a duty counts good, bad, or (None) not yet; handing over what is late does not undo it."""
    if duty.is_late(now):
        return False
    return True if duty.state in {State.ACCEPTED, State.DELIVERED} else None
