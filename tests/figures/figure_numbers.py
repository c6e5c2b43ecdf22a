"""Numbers of figures, and the rows that they open, as tests compare them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sla_tracker.domain.measures.complaint_counts import ComplaintCounts, ComplaintSet
from sla_tracker.domain.measures.figure_rows import RowSet
from sla_tracker.domain.measures.request_counts import RequestCounts, RequestSet
from sla_tracker.domain.measures.scorecard import Score
from sla_tracker.report.model import Report, Run, Table

OF_SCORE: Mapping[RowSet, Callable[[Score], int]] = {
    RowSet.VALID: lambda score: score.valid,
    RowSet.GOOD: lambda score: score.good,
    RowSet.MISSED: lambda score: score.bad,
    RowSet.PENDING: lambda score: score.pending,
    RowSet.WAIVED: lambda score: score.waived,
    RowSet.SHORT_NOTICE: lambda score: score.short_notice,
    RowSet.JUDGED: lambda score: score.judged,
    RowSet.FIRST_PASS: lambda score: score.first_pass,
    RowSet.RETURNED: lambda score: score.judged - score.first_pass,
}

OF_REQUESTS: Mapping[RequestSet, Callable[[RequestCounts], int]] = {
    RequestSet.ASKED: lambda counts: counts.asked,
    RequestSet.ANSWERED: lambda counts: counts.answered_well,
    RequestSet.ANSWERS_DUE: lambda counts: counts.answer_judged,
    RequestSet.WITHDRAWN: lambda counts: counts.withdrawn,
    RequestSet.UNCOVERED: lambda counts: counts.uncovered,
}


def number_of(score: Score, rows: RowSet) -> int:
    """Return how many rows a score's figure opens."""
    return OF_SCORE[rows](score)


def number_of_requests(counts: RequestCounts, requests: RequestSet) -> int:
    """Return how many requests a set holds."""
    return OF_REQUESTS[requests](counts)


def number_of_complaints(counts: ComplaintCounts, complaints: ComplaintSet) -> int:
    """Return how many complaints a set holds."""
    number: int = getattr(counts, complaints.value)
    return number


def runs_of(report: Report, figure: str) -> Iterator[tuple[Table, Run]]:
    """Yield the rows that a figure of a report counts, table by table."""
    for table in report.rows:
        for run in table.runs.get(figure, ()):
            yield table, run
