"""Prints the requests, verdicts and complaints behind a figure, as a table or as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sla_tracker.cli import output
from sla_tracker.cli.formats.documents import instant, minutes, range_document
from sla_tracker.cli.formats.duty_lines import anchor_document, report_end
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.duties.complaint import Complaint, Stage
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.measures.complaint_counts import (
    ComplaintsBy,
    ComplaintSet,
    StepSpan,
    cause_of,
    verdict_of,
)
from sla_tracker.domain.measures.date_range import DateRange
from sla_tracker.domain.measures.request_counts import RequestSet, is_answer_judged, is_answered_well
from sla_tracker.domain.measures.verdict_times import VerdictSpan
from sla_tracker.services.months import opened_details
from sla_tracker.wording.figures import detail_rows
from sla_tracker.wording.figures.complaints import complaint_group
from sla_tracker.wording.figures.ranges import range_word, standing_word


def write_requests(
    invocation: Invocation,
    dates: DateRange,
    requests: RequestSet,
    provider: str,
    consumer: str,
    *,
    as_json: bool,
) -> None:
    """Print the requests that a figure of a range counts."""
    context = invocation.context
    opened = opened_details.open_requests(context, dates, requests, provider, consumer)
    now = opened.standing.now
    if as_json:
        output.document(
            range=range_document(opened.standing),
            figure={"rows": requests.value, "provider": provider or None, "consumer": consumer or None},
            rows=[_request_document(one, now) for one in opened.rows],
            anchor=anchor_document(invocation),
        )
        return
    output.line(Span(standing_word(opened.standing), Tone.HEADING))
    heading = detail_rows.request_figure_heading(context, requests, provider, consumer, len(opened.rows))
    texts = (detail_rows.request_row_texts(context, one, now) for one in opened.rows)
    _write(invocation, heading, detail_rows.request_row_headings(), texts)


def write_verdicts(
    invocation: Invocation, dates: DateRange, provider: str, consumer: str, *, as_json: bool
) -> None:
    """Print the verdicts that the median and the longest time of a range are counted from."""
    context = invocation.context
    opened = opened_details.open_verdicts(context, dates, provider, consumer)
    if as_json:
        output.document(
            range=range_document(opened.standing),
            figure={"rows": "verdicts", "provider": provider or None, "consumer": consumer or None},
            rows=[_verdict_document(one) for one in opened.rows],
            anchor=anchor_document(invocation),
        )
        return
    output.line(Span(standing_word(opened.standing), Tone.HEADING))
    heading = detail_rows.verdict_figure_heading(context, provider, consumer, len(opened.rows))
    texts = (detail_rows.verdict_row_texts(context, one) for one in opened.rows)
    _write(invocation, heading, detail_rows.verdict_row_headings(), texts)


def write_complaints(
    invocation: Invocation,
    dates: DateRange,
    complaints: ComplaintSet,
    by: ComplaintsBy,
    group: str | None,
    *,
    as_json: bool,
) -> None:
    """Print the complaints that a figure of a range counts."""
    context = invocation.context
    rows = opened_details.open_complaints(context, dates, complaints, by, group)
    if as_json:
        output.document(
            range=_range_document(dates),
            figure={"rows": complaints.value, "by": by.value, "group": group},
            rows=[_complaint_document(one) for one in rows],
            anchor=anchor_document(invocation),
        )
        return
    output.line(Span(range_word(dates), Tone.HEADING))
    named = "" if group is None else complaint_group(context, group, by)
    heading = detail_rows.complaint_figure_heading(complaints, named, len(rows))
    texts = (detail_rows.complaint_row_texts(context, one) for one in rows)
    _write(invocation, heading, detail_rows.complaint_row_headings(), texts)


def write_steps(invocation: Invocation, dates: DateRange, stage: Stage, *, as_json: bool) -> None:
    """Print how long each complaint of a range waited for a step."""
    rows = opened_details.open_steps(invocation.context, dates, stage)
    if as_json:
        output.document(
            range=_range_document(dates),
            figure={"rows": stage.value, "by": None, "group": None},
            rows=[_step_document(one) for one in rows],
            anchor=anchor_document(invocation),
        )
        return
    output.line(Span(range_word(dates), Tone.HEADING))
    texts = (detail_rows.step_row_texts(invocation.context, one) for one in rows)
    _write(invocation, "", detail_rows.step_row_headings(), texts)


def _write(
    invocation: Invocation, heading: str, headings: Sequence[str], texts: Iterable[Sequence[str]]
) -> None:
    if heading:
        output.line(heading)
    rows: list[list[Span | str]] = [[Span(first, Tone.QUIET), *others] for first, *others in texts]
    if rows:
        last = len(headings) - 1
        columns = [
            Column(heading=one, flexible=place >= last - 2, spare=max(0, place - 3))
            for place, one in enumerate(headings)
        ]
        output.table(columns, rows)
    report_end(invocation)


def _range_document(dates: DateRange) -> dict[str, Any]:
    return {"id": dates.id, "first_on": str(dates.first_on), "last_on": str(dates.last_on)}


def _request_document(one: Request, now: datetime) -> dict[str, Any]:
    return {
        "id": one.id,
        "obligation": one.obligation or None,
        "provider": one.provider,
        "consumer": one.consumer,
        "subject": one.subject,
        "requested_at": instant(one.requested_at),
        "answer_due_at": instant(one.answer_due_at),
        "answered_at": instant(one.answered_at),
        "answered_in_time": is_answered_well(one, now) if is_answer_judged(one, now) else None,
        "state": one.state.value,
        "duty": one.duty or None,
    }


def _verdict_document(one: VerdictSpan) -> dict[str, Any]:
    return {
        "id": one.duty.id,
        "reference": one.duty.reference,
        "provider": one.duty.provider,
        "consumer": one.duty.consumer,
        "delivered_at": instant(one.delivered_at),
        "verdict_at": instant(one.verdict_at),
        "result": "accepted" if one.is_accepted else "returned",
        "minutes": minutes(one.span),
    }


def _complaint_document(one: Complaint) -> dict[str, Any]:
    return {
        "id": one.id,
        "complainant": one.complainant,
        "against": one.against,
        "recorded_at": instant(one.recorded_at),
        "verdict": verdict_of(one) or None,
        "cause": cause_of(one) or None,
        "state": one.state.value,
    }


def _step_document(one: StepSpan) -> dict[str, Any]:
    return {
        "id": one.complaint.id,
        "step": one.stage.value,
        "taken_at": instant(one.taken_at),
        "minutes": minutes(one.span),
        "limit_passed": one.is_escalated,
    }
