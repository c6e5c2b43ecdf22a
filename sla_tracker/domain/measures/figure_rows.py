"""Named sets of duties: the rows that a figure is counted from.

A rate opens its valid rows, misses first; waived, short-notice and pending duties are in no rate and open from their
own numbers. Excuses never move a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.measures.causes import needs_cause
from sla_tracker.domain.measures.comparisons.complaint_effect import EffectSide
from sla_tracker.domain.measures.complaint_counts import ComplaintSet
from sla_tracker.domain.measures.measured_level import MeasuredLevel
from sla_tracker.domain.measures.outcome import VALID, Outcome, counts_for_first_pass, outcome_of
from sla_tracker.domain.measures.request_counts import RequestSet
from sla_tracker.domain.measures.verdict_times import is_silent
from sla_tracker.errors import N_
from sla_tracker.value_class import dataclass


class RowSet(StrEnum):
    """A set of duties that a figure opens."""

    VALID = "valid"
    GOOD = "good"
    MISSED = "missed"
    PENDING = "pending"
    WAIVED = "waived"
    SHORT_NOTICE = "short-notice"
    JUDGED = "judged"
    FIRST_PASS = "first-pass"
    RETURNED = "returned"
    CAUSES = "causes"
    SILENT = "silent"
    SETTLED = "settled"
    SETTLEMENTS = "settlements"
    RATED = "rated"


BESIDE_SETS = (RowSet.CAUSES, RowSet.SILENT, RowSet.SETTLED, RowSet.SETTLEMENTS, RowSet.RATED)
"""Sets that no number of a score counts."""

ROW_SET_WORDS = {
    RowSet.VALID: N_("in the rate"),
    RowSet.GOOD: N_("on time"),
    RowSet.MISSED: N_("misses"),
    RowSet.PENDING: N_("pending"),
    RowSet.WAIVED: N_("waived"),
    RowSet.SHORT_NOTICE: N_("short notice"),
    RowSet.JUDGED: N_("accepted"),
    RowSet.FIRST_PASS: N_("first pass"),
    RowSet.RETURNED: N_("returned before"),
    RowSet.CAUSES: N_("late or returned"),
    RowSet.SILENT: N_("accepted by silence"),
    RowSet.SETTLED: N_("requests settled in time"),
    RowSet.SETTLEMENTS: N_("settlements due"),
    RowSet.RATED: N_("rated"),
}

_HOLDS: Mapping[RowSet, Callable[[Duty, datetime], bool]] = {
    RowSet.VALID: lambda duty, now: outcome_of(duty, now) in VALID,
    RowSet.GOOD: lambda duty, now: outcome_of(duty, now) is Outcome.GOOD,
    RowSet.MISSED: lambda duty, now: outcome_of(duty, now) is Outcome.MISSED,
    RowSet.PENDING: lambda duty, now: outcome_of(duty, now) is Outcome.PENDING,
    RowSet.WAIVED: lambda duty, now: outcome_of(duty, now) is Outcome.WAIVED,
    RowSet.SHORT_NOTICE: lambda duty, now: outcome_of(duty, now) is Outcome.SHORT_NOTICE,
    RowSet.JUDGED: counts_for_first_pass,
    RowSet.FIRST_PASS: lambda duty, now: counts_for_first_pass(duty, now) and not duty.was_returned,
    RowSet.RETURNED: lambda duty, now: counts_for_first_pass(duty, now) and duty.was_returned,
    RowSet.CAUSES: needs_cause,
    RowSet.SILENT: lambda duty, now: is_silent(duty),
    RowSet.SETTLED: lambda duty, now: bool(duty.request) and outcome_of(duty, now) is Outcome.GOOD,
    RowSet.SETTLEMENTS: lambda duty, now: bool(duty.request) and outcome_of(duty, now) in VALID,
    RowSet.RATED: lambda duty, now: duty.rating is not None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFigure:
    """Which requests a figure counts; empty fields mean all departments."""

    requests: RequestSet
    provider: str = ""
    consumer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictFigure:
    """Figure of verdict times: a consumer's verdicts that a median is counted from.

    They are its verdicts on one provider's duties, or on all.
    """

    provider: str = ""
    consumer: str = ""


class UpdateSet(StrEnum):
    """A set of limits of updates that a figure opens."""

    GIVEN = "updates"
    DUE = "updates-due"


UPDATE_SET_WORDS = {UpdateSet.GIVEN: N_("updates in time"), UpdateSet.DUE: N_("updates due")}


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateFigure:
    """Which limits of updates a figure counts; empty fields mean all departments."""

    updates: UpdateSet = UpdateSet.DUE
    provider: str = ""
    consumer: str = ""

    def holds(self, *, is_given: bool) -> bool:
        """Return whether the figure counts a limit that was kept or missed."""
        return is_given or self.updates is UpdateSet.DUE


class MeasuredSet(StrEnum):
    """A set of reports of measured obligations that a figure opens."""

    REPORTS = "measured"
    AT_LEVEL = "at-level"
    BELOW_LEVEL = "below-level"


MEASURED_SET_WORDS = {
    MeasuredSet.REPORTS: N_("reports of levels"),
    MeasuredSet.AT_LEVEL: N_("reports at the level"),
    MeasuredSet.BELOW_LEVEL: N_("reports below the level"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredFigure:
    """Which reports a level is counted from; empty fields mean all.

    `is_counted` tells reports that count n of N from those with a bound, None takes both.
    """

    reports: MeasuredSet = MeasuredSet.REPORTS
    provider: str = ""
    consumer: str = ""
    obligation: str = ""
    is_counted: bool | None = None

    def holds(self, level: MeasuredLevel) -> bool:
        """Return whether the figure counts the level of one report."""
        return (
            self.provider in ("", level.provider)
            and self.consumer in ("", level.consumer)
            and self.obligation in ("", level.obligation)
            and self.is_counted in (None, level.measure.is_counted)
            and is_report_in(level, self.reports)
        )


def is_report_in(level: MeasuredLevel, reports: MeasuredSet) -> bool:
    """Return whether a set holds the level of one report."""
    match reports:
        case MeasuredSet.AT_LEVEL:
            return level.met > 0
        case MeasuredSet.BELOW_LEVEL:
            return level.met == 0
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastFigure:
    """Whose forecast is opened: what is still ahead of a department, or of all."""

    provider: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintFigure:
    """Which complaints a figure counts: those that a department answers for, or all."""

    complaints: ComplaintSet = ComplaintSet.LODGED
    department: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastFigure:
    """Which part of the imported past is opened: what a department owed, or all."""

    provider: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectFigure:
    """Which duties compared by a complaint are opened: before it, or after its remedy."""

    complaint: str
    side: EffectSide


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedFigure:
    """Which figure is opened: its set, and between whom; empty fields mean all.

    `cause` None means every cause, empty those that nobody gave.
    """

    rows: RowSet = RowSet.VALID
    provider: str = ""
    consumer: str = ""
    obligation: str = ""
    cause: str | None = None

    @property
    def is_of_ratings(self) -> bool:
        """Return whether only the rated department's head and the rater may see the rows."""
        return self.rows is RowSet.RATED

    def holds(self, duty: Duty, now: datetime) -> bool:
        """Return whether the figure counts a duty as of `now`."""
        return (
            self.provider in ("", duty.provider)
            and self.consumer in ("", duty.consumer)
            and self.obligation in ("", duty.obligation)
            and self.cause in (None, duty.cause)
            and _HOLDS[self.rows](duty, now)
        )

    def of(self, duties: Iterable[Duty], now: datetime) -> list[Duty]:
        """Return the rows of the figure: misses first, then by due time."""
        chosen = [duty for duty in duties if self.holds(duty, now)]
        return sorted(
            chosen, key=lambda duty: (outcome_of(duty, now) is not Outcome.MISSED, duty.due_at, duty.id)
        )


DetailFigure = (
    RequestFigure
    | VerdictFigure
    | UpdateFigure
    | MeasuredFigure
    | ForecastFigure
    | ComplaintFigure
    | PastFigure
    | EffectFigure
)
"""A figure that is no set of duties."""
