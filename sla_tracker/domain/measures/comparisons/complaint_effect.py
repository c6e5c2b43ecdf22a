"""Effect of a complaint: the misses before it was lodged and after its remedy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, tzinfo
from enum import StrEnum
from fractions import Fraction

from sla_tracker.domain.duties.complaint import Complaint, Stage, Taken
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.measures.date_range import DateRange, figure_day, free_range
from sla_tracker.domain.measures.outcome import VALID, Outcome, outcome_of
from sla_tracker.domain.time.instants import ONE_DAY
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.value_class import dataclass

WORKDAYS = 60  # workdays before a complaint and after its remedy that are compared
FEWEST_JUDGED = 10  # judged duties on each side below which only the counts are told


class EffectSide(StrEnum):
    """The duties compared: those before the complaint, or those after its remedy."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True, kw_only=True)
class Misses:
    """Missed ones among the judged duties of some days."""

    missed: int = 0
    judged: int = 0

    @property
    def ratio(self) -> Fraction:
        """Return the exact share of missed ones; 0 while nothing is judged."""
        return Fraction(self.missed, self.judged or 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintEffect:
    """Misses before a complaint and after its remedy, of the same obligations.

    Between the same departments. `after` is None until the remedy is carried out; `is_over` tells that all days after
    it have passed. The duties are those that were judged, misses first.
    """

    complaint: Complaint
    before: Misses
    after: Misses | None = None
    is_over: bool = False
    duties_before: tuple[Duty, ...] = ()
    duties_after: tuple[Duty, ...] = ()

    def misses(self, side: EffectSide) -> Misses | None:
        """Return the misses of one side; None while the remedy is not carried out."""
        return self.before if side is EffectSide.BEFORE else self.after

    def duties(self, side: EffectSide) -> tuple[Duty, ...]:
        """Return the judged duties of one side, misses first."""
        return self.duties_before if side is EffectSide.BEFORE else self.duties_after

    @property
    def difference(self) -> Fraction | None:
        """Return how much higher the share of misses is after than before.

        None where only counts are told.
        """
        if self.after is None or min(self.before.judged, self.after.judged) < FEWEST_JUDGED:
            return None
        return self.after.ratio - self.before.ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """The days compared: those before the complaint and those after its remedy.

    `after` is None until the remedy is carried out.
    """

    before: DateRange
    after: DateRange | None

    def of(self, side: EffectSide) -> DateRange | None:
        """Return the days of one side."""
        return self.before if side is EffectSide.BEFORE else self.after


def windows_of(complaint: Complaint, calendar: WorkCalendar, zone: tzinfo) -> Windows:
    """Return sixty workdays before a complaint, and as many after its remedy."""
    lodged_on = complaint.recorded_at.astimezone(zone).date()
    before = free_range(calendar.shift_workdays(lodged_on, -WORKDAYS), lodged_on - ONE_DAY)
    done = _remedy_of(complaint)
    if done is None:
        return Windows(before=before, after=None)
    done_on = done.at.astimezone(zone).date()
    return Windows(
        before=before, after=free_range(done_on + ONE_DAY, calendar.shift_workdays(done_on, WORKDAYS))
    )


def is_remedied(complaint: Complaint) -> bool:
    """Return whether the remedy of a complaint was carried out."""
    return _remedy_of(complaint) is not None


def _remedy_of(complaint: Complaint) -> Taken | None:
    return next((step for step in reversed(complaint.taken) if step.stage is Stage.CARRY_OUT), None)


def effect_of(
    complaint: Complaint, windows: Windows, duties: Iterable[Duty], *, now: datetime, today: date
) -> ComplaintEffect:
    """Return the effect of a complaint among duties that hold those of its windows.

    The same obligations are those of the duties that it names; without any, all that the one complained about owes.
    """
    all_of_them = tuple(duties)
    named = {
        (duty.provider, duty.consumer, duty.obligation) for duty in all_of_them if duty.id in complaint.duties
    }
    parties = (complaint.against, complaint.complainant)

    def judged_in(dates: DateRange | None) -> tuple[Duty, ...]:
        found = [
            duty
            for duty in all_of_them
            if dates is not None
            and dates.holds(figure_day(duty))
            and outcome_of(duty, now) in VALID
            and (
                (duty.provider, duty.consumer, duty.obligation) in named
                if named
                else (duty.provider, duty.consumer) == parties
            )
        ]
        return tuple(sorted(found, key=lambda one: (not is_missed(one, now), one.due_at, one.id)))

    before, after = judged_in(windows.before), judged_in(windows.after)
    return ComplaintEffect(
        complaint=complaint,
        before=_misses(before, now),
        after=None if windows.after is None else _misses(after, now),
        is_over=windows.after is not None and windows.after.last_on < today,
        duties_before=before,
        duties_after=after,
    )


def is_missed(duty: Duty, now: datetime) -> bool:
    """Return whether a judged duty is a miss."""
    return outcome_of(duty, now) is Outcome.MISSED


def _misses(judged: Sequence[Duty], now: datetime) -> Misses:
    return Misses(missed=sum(is_missed(one, now) for one in judged), judged=len(judged))
