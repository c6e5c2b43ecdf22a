"""Figures of complaints: how many were founded, repeated, and how long each step took."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from sla_tracker.domain.duties.complaint import ORDER, Complaint, ComplaintState, Stage
from sla_tracker.domain.measures.verdict_times import median_span
from sla_tracker.domain.time.work_calendar import WorkCalendar

REPEATED_WITHIN = timedelta(days=365)
NOT_ANALYSED = ""  # group of complaints whose cause nobody has found yet


class ComplaintsBy(StrEnum):
    """Grouping of complaints: by cause, by the department complained about, by quarter."""

    CAUSE = "cause"
    DEPARTMENT = "department"
    QUARTER = "quarter"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintCounts:
    """Counts of a group of complaints; `founded` and `unfounded` are those judged so far.

    `repeated` ones had one before them within a year: of the same department about the same one, with the same cause
    or about the same subject.
    """

    group: str
    lodged: int = 0
    founded: int = 0
    unfounded: int = 0
    running: int = 0
    repeated: int = 0
    escalated: int = 0

    @property
    def founded_ratio(self) -> Decimal | None:
        """Return founded ÷ judged, None while none was judged."""
        judged = self.founded + self.unfounded
        return Decimal(self.founded) / judged if judged else None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTimes:
    """Working time that complaints spent waiting for a step, and how often its limit passed."""

    stage: Stage
    taken: int
    median: timedelta
    longest: timedelta
    escalated: int


def count_complaints(
    complaints: Sequence[Complaint], every: Sequence[Complaint], group_of: Callable[[Complaint], str]
) -> tuple[ComplaintCounts, ...]:
    """Return the counts of complaints by group; `every` are those that may be repeated."""
    groups: dict[str, list[Complaint]] = {}
    for one in complaints:
        groups.setdefault(group_of(one), []).append(one)
    return tuple(_counted(group, found, every) for group, found in sorted(groups.items()))


def total_of(complaints: Sequence[Complaint], every: Sequence[Complaint]) -> ComplaintCounts:
    """Return the counts of all complaints together."""
    return _counted("", complaints, every)


def _counted(group: str, found: Sequence[Complaint], every: Sequence[Complaint]) -> ComplaintCounts:
    verdicts = [verdict_of(one) for one in found]
    return ComplaintCounts(
        group=group,
        lodged=len(found),
        founded=verdicts.count("yes"),
        unfounded=verdicts.count("no"),
        running=sum(one.state is ComplaintState.RUNNING for one in found),
        repeated=sum(is_repeated(one, every) for one in found),
        escalated=sum(any(step.escalated for step in one.taken) for one in found),
    )


def verdict_of(complaint: Complaint) -> str:
    """Return `yes` for a founded complaint, `no` for an unfounded one, empty before."""
    return _outcome(complaint, Stage.JUDGE)


def cause_of(complaint: Complaint) -> str:
    """Return the cause that was found, NOT_ANALYSED before."""
    return _outcome(complaint, Stage.ANALYSE)


def _outcome(complaint: Complaint, stage: Stage) -> str:
    return next((step.outcome for step in reversed(complaint.taken) if step.stage is stage), "")


def is_repeated(complaint: Complaint, every: Iterable[Complaint]) -> bool:
    """Return whether a like complaint was recorded within the year before."""
    cause = cause_of(complaint)
    return any(
        timedelta() < complaint.recorded_at - other.recorded_at <= REPEATED_WITHIN
        and (other.complainant, other.against) == (complaint.complainant, complaint.against)
        and (
            (cause != NOT_ANALYSED and cause_of(other) == cause)
            or (complaint.subject_key != "" and other.subject_key == complaint.subject_key)
        )
        for other in every
    )


def step_times(complaints: Iterable[Complaint], calendar: WorkCalendar) -> tuple[StepTimes, ...]:
    """Return how long complaints waited for each step that was taken, in its order."""
    spans: dict[Stage, list[timedelta]] = {}
    escalated: dict[Stage, int] = {}
    for one in complaints:
        for before, step in pairwise(one.taken):
            spans.setdefault(step.stage, []).append(calendar.working_time_between(before.at, step.at))
            escalated[step.stage] = escalated.get(step.stage, 0) + step.escalated
    return tuple(
        StepTimes(
            stage=stage,
            taken=len(spans[stage]),
            median=median_span(spans[stage]) or timedelta(),
            longest=max(spans[stage]),
            escalated=escalated[stage],
        )
        for stage in ORDER
        if stage in spans
    )
