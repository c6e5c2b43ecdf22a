"""Figures of complaints: founded, repeated, and how long each step took."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from sla_tracker.domain.duties.complaint import ORDER, Complaint, ComplaintState, Stage
from sla_tracker.domain.duties.states import Decision
from sla_tracker.domain.measures.verdict_times import median_span
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.value_class import dataclass

REPEATED_WITHIN = timedelta(days=365)
NOT_ANALYSED = ""  # group of complaints whose cause nobody has found yet


class ComplaintsBy(StrEnum):
    """How complaints are grouped: by cause, by provider, or by quarter."""

    CAUSE = "cause"
    DEPARTMENT = "department"
    QUARTER = "quarter"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintCounts:
    """Counts of a group of complaints.

    `founded` and `unfounded` are those judged so far. `repeated` ones had one before them within a year: of the same
    department about the same one, with the same cause or about the same subject.
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
    """How long complaints waited for a step, and how often its limit passed.

    Waits are counted in working time.
    """

    stage: Stage
    taken: int
    median: timedelta
    longest: timedelta
    escalated: int


class ComplaintSet(StrEnum):
    """A set of complaints that a figure opens."""

    LODGED = "lodged"
    FOUNDED = "founded"
    UNFOUNDED = "unfounded"
    RUNNING = "running"
    REPEATED = "repeated"
    ESCALATED = "escalated"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSpan:
    """The working time that one complaint waited for a step; whether its limit passed."""

    complaint: Complaint
    stage: Stage
    taken_at: datetime
    span: timedelta
    is_escalated: bool


@dataclass(frozen=True, slots=True)
class RecordedTimes:
    """When complaints were recorded, in order, by what a later one may repeat.

    A complaint repeats one between the same two departments with the same cause, or about the same subject.
    """

    by_likeness: Mapping[tuple[str, ...], Sequence[datetime]]

    def is_repeated(self, complaint: Complaint) -> bool:
        """Return whether a like complaint was recorded within the year before."""
        at = complaint.recorded_at
        for likeness in _likenesses(complaint):
            recorded = self.by_likeness.get(likeness, ())
            place = bisect_left(recorded, at)
            if place and at - recorded[place - 1] <= REPEATED_WITHIN:
                return True
        return False


def recorded_times(complaints: Iterable[Complaint]) -> RecordedTimes:
    """Return when complaints were recorded, to find those that are repeated."""
    found: dict[tuple[str, ...], list[datetime]] = {}
    for one in complaints:
        for likeness in _likenesses(one):
            found.setdefault(likeness, []).append(one.recorded_at)
    return RecordedTimes({likeness: sorted(times) for likeness, times in found.items()})


def _likenesses(complaint: Complaint) -> Iterator[tuple[str, ...]]:
    sides = complaint.complainant, complaint.against
    if (cause := cause_of(complaint)) != NOT_ANALYSED:
        yield *sides, "cause", cause
    if complaint.subject_key:
        yield *sides, "subject", complaint.subject_key


def is_complaint_in(complaint: Complaint, complaints: ComplaintSet, every: RecordedTimes) -> bool:
    """Return whether a set counts a complaint; `every` are those that it may repeat."""
    match complaints:
        case ComplaintSet.LODGED:
            return True
        case ComplaintSet.FOUNDED:
            return verdict_of(complaint) == Decision.YES
        case ComplaintSet.UNFOUNDED:
            return verdict_of(complaint) == Decision.NO
        case ComplaintSet.RUNNING:
            return complaint.state is ComplaintState.RUNNING
        case ComplaintSet.REPEATED:
            return every.is_repeated(complaint)
        case ComplaintSet.ESCALATED:
            return any(step.escalated for step in complaint.taken)


def count_complaints(
    complaints: Sequence[Complaint], every: RecordedTimes, group_of: Callable[[Complaint], str]
) -> tuple[ComplaintCounts, ...]:
    """Return the counts of complaints by group.

    `every` are the complaints that these may repeat.
    """
    groups: dict[str, list[Complaint]] = {}
    for one in complaints:
        groups.setdefault(group_of(one), []).append(one)
    return tuple(_counted(group, found, every) for group, found in sorted(groups.items()))


def total_of(complaints: Sequence[Complaint], every: RecordedTimes) -> ComplaintCounts:
    """Return the counts of all complaints together."""
    return _counted("", complaints, every)


def _counted(group: str, found: Sequence[Complaint], every: RecordedTimes) -> ComplaintCounts:
    counts = {one.value: sum(is_complaint_in(each, one, every) for each in found) for one in ComplaintSet}
    return ComplaintCounts(group=group, **counts)


def verdict_of(complaint: Complaint) -> str:
    """Return `yes` for a founded complaint, `no` for an unfounded one, empty before."""
    return _outcome(complaint, Stage.JUDGE)


def cause_of(complaint: Complaint) -> str:
    """Return the cause that was found, NOT_ANALYSED before."""
    return _outcome(complaint, Stage.ANALYSE)


def _outcome(complaint: Complaint, stage: Stage) -> str:
    return next((step.outcome for step in reversed(complaint.taken) if step.stage is stage), "")


def step_times(complaints: Iterable[Complaint], calendar: WorkCalendar) -> tuple[StepTimes, ...]:
    """Return how long complaints waited for each step that was taken, in its order."""
    found: dict[Stage, list[StepSpan]] = {}
    for one in step_spans(complaints, calendar):
        found.setdefault(one.stage, []).append(one)
    return tuple(
        StepTimes(
            stage=stage,
            taken=len(found[stage]),
            median=median_span(one.span for one in found[stage]) or timedelta(),
            longest=max(one.span for one in found[stage]),
            escalated=sum(one.is_escalated for one in found[stage]),
        )
        for stage in ORDER
        if stage in found
    )


def step_spans(complaints: Iterable[Complaint], calendar: WorkCalendar) -> Iterator[StepSpan]:
    """Yield the steps that were taken, with the working time since the step before."""
    for one in complaints:
        for before, step in pairwise(one.taken):
            yield StepSpan(
                complaint=one,
                stage=step.stage,
                taken_at=step.at,
                span=calendar.working_time_between(before.at, step.at),
                is_escalated=step.escalated,
            )
