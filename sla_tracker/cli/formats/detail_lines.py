"""Prints what is behind a figure that counts no duties, as a table or as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sla_tracker.cli import output
from sla_tracker.cli.formats.documents import instant, minutes, range_document
from sla_tracker.cli.formats.duty_lines import anchor_document, report_end
from sla_tracker.cli.formats.list_files import OutputForm
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.duties.complaint import Complaint, Stage
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.imports.past import PastDuty
from sla_tracker.domain.measures.comparisons.complaint_effect import is_missed
from sla_tracker.domain.measures.complaint_counts import (
    ComplaintsBy,
    ComplaintSet,
    StepSpan,
    cause_of,
    verdict_of,
)
from sla_tracker.domain.measures.date_range import DateRange
from sla_tracker.domain.measures.figure_rows import (
    ComplaintFigure,
    DetailFigure,
    EffectFigure,
    ForecastFigure,
    MeasuredFigure,
    PastFigure,
    RequestFigure,
    UpdateFigure,
    VerdictFigure,
)
from sla_tracker.domain.measures.request_counts import CountedRequest
from sla_tracker.domain.measures.verdict_times import VerdictSpan
from sla_tracker.domain.reference import reference_of
from sla_tracker.services.departments.complaint_effects import open_effect
from sla_tracker.services.months import opened_details
from sla_tracker.services.months.figure_source import standing_of
from sla_tracker.services.months.forecast import Ahead
from sla_tracker.services.months.opened_details import MeasuredRow, UpdateRow
from sla_tracker.wording.figures import detail_rows
from sla_tracker.wording.figures.complaints import complaint_group
from sla_tracker.wording.figures.opened_texts import (
    OpenedTexts,
    ahead_of,
    effect_texts,
    opened_texts,
    past_texts,
)
from sla_tracker.wording.figures.ranges import range_word
from sla_tracker.wording.lists.figures import texts_list


def write_details(
    invocation: Invocation, dates: DateRange, figure: DetailFigure, rows: str, out: OutputForm
) -> None:
    """Print the rows that a figure counts, or write them into a file.

    The rows are requests, verdicts, updates, reports or duties ahead. `rows` is the name of the set, as it was typed.
    """
    opened = opened_texts(invocation.context, invocation.actor, dates, figure)
    if out.file or out.as_json:
        out.write(invocation, texts_list(opened), _details_document(invocation, dates, figure, rows))
        return
    output.line(Span(opened.standing, Tone.HEADING))
    _write(invocation, opened.heading, opened.headings, opened.rows)


def _details_document(
    invocation: Invocation, dates: DateRange, figure: DetailFigure, rows: str
) -> dict[str, Any]:
    context = invocation.context
    found: Iterable[dict[str, Any]]
    provider, consumer = getattr(figure, "provider", ""), getattr(figure, "consumer", "")
    named = {"rows": rows, "provider": provider or None, "consumer": consumer or None}
    standing = standing_of(context, dates)
    match figure:
        case RequestFigure():
            requests = opened_details.open_requests(context, dates, figure.requests, provider, consumer)
            found = (_request_document(one) for one in requests.rows)
        case VerdictFigure():
            verdicts = opened_details.open_verdicts(context, dates, provider, consumer)
            found = (_verdict_document(one) for one in verdicts.rows)
        case UpdateFigure():
            found = (
                _update_document(one) for one in opened_details.open_updates(context, dates, figure).rows
            )
        case MeasuredFigure():
            named["obligation"] = figure.obligation or None
            found = (
                _measured_document(one) for one in opened_details.open_levels(context, dates, figure).rows
            )
        case ForecastFigure():
            _month, ahead = ahead_of(context, invocation.actor, figure)
            found = (_ahead_document(one) for one in ahead)
        case ComplaintFigure():
            by, group = ComplaintsBy.DEPARTMENT, figure.department or None
            complaints = opened_details.open_complaints(context, dates, figure.complaints, by, group)
            found = (_complaint_document(one) for one in complaints)
    return {
        "range": range_document(standing),
        "figure": named,
        "rows": list(found),
        "anchor": anchor_document(invocation),
    }


def write_complaints(
    invocation: Invocation,
    dates: DateRange,
    complaints: ComplaintSet,
    by: ComplaintsBy,
    group: str | None,
    out: OutputForm,
) -> None:
    """Print the complaints that a figure of a range counts, or write them into a file."""
    context = invocation.context
    rows = opened_details.open_complaints(context, dates, complaints, by, group)
    named = "" if group is None else complaint_group(context, group, by)
    opened = OpenedTexts(
        standing=range_word(dates),
        heading=detail_rows.complaint_figure_heading(complaints, named, len(rows)),
        headings=detail_rows.complaint_row_headings(),
        rows=[detail_rows.complaint_row_texts(context, one) for one in rows],
    )
    figure = {"rows": complaints.value, "by": by.value, "group": group}
    _write_opened(invocation, dates, opened, figure, [_complaint_document(one) for one in rows], out)


def write_steps(invocation: Invocation, dates: DateRange, stage: Stage, out: OutputForm) -> None:
    """Print how long each complaint waited for a step, or write it into a file."""
    rows = opened_details.open_steps(invocation.context, dates, stage)
    opened = OpenedTexts(
        standing=range_word(dates),
        heading="",
        headings=detail_rows.step_row_headings(),
        rows=[detail_rows.step_row_texts(invocation.context, one) for one in rows],
    )
    figure = {"rows": stage.value, "by": None, "group": None}
    _write_opened(invocation, dates, opened, figure, [_step_document(one) for one in rows], out)


def write_effect(invocation: Invocation, figure: EffectFigure, out: OutputForm) -> None:
    """Print the duties compared by a complaint, or write them into a file.

    They are those before the complaint or those after its remedy.
    """
    context = invocation.context
    opened, now = open_effect(context, figure), context.now()
    reference = reference_of(opened.effect.complaint.id)
    rows = [
        {**_duty_names(one), "due_at": instant(one.due_at), "missed": is_missed(one, now)}
        for one in opened.duties
    ]
    named = {"rows": figure.side.value, "by": None, "group": None, "complaint": reference}
    _write_opened(invocation, opened.dates, effect_texts(context, opened, figure.side), named, rows, out)


def write_past(
    invocation: Invocation, figure: PastFigure, dates: DateRange | None, found: Sequence[PastDuty]
) -> None:
    """Print duties of the imported past."""
    opened = past_texts(invocation.context, found, figure, dates)
    output.line(Span(opened.standing, Tone.HEADING))
    _write(invocation, opened.heading, opened.headings, opened.rows)


def past_document(one: PastDuty) -> dict[str, Any]:
    """Return one duty of the imported past; the field names are stable."""
    return {
        "obligation": one.obligation,
        "provider": one.provider,
        "consumer": one.consumer,
        "subject": one.subject or None,
        "month": one.month,
        "due_at": instant(one.due_at),
        "delivered_at": instant(one.delivered_at),
        "on_time": one.is_on_time,
        "source": one.source or None,
    }


def _write_opened(
    invocation: Invocation,
    dates: DateRange | None,
    opened: OpenedTexts,
    figure: dict[str, str | None],
    rows: list[dict[str, Any]],
    out: OutputForm,
) -> None:
    if out.file or out.as_json:
        document = {
            "range": None if dates is None else _range_document(dates),
            "figure": figure,
            "rows": rows,
            "anchor": anchor_document(invocation),
        }
        out.write(invocation, texts_list(opened), document)
        return
    if opened.standing:
        output.line(Span(opened.standing, Tone.HEADING))
    _write(invocation, opened.heading, opened.headings, opened.rows)


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


def _request_document(counted: CountedRequest) -> dict[str, Any]:
    one = counted.request
    return {
        "id": one.id,
        "obligation": one.obligation or None,
        "provider": one.provider,
        "consumer": one.consumer,
        "subject": one.subject,
        "requested_at": instant(one.requested_at),
        "answer_due_at": instant(one.answer_due_at),
        "answered_at": instant(one.answered_at),
        "answered_in_time": counted.in_time,
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


def _update_document(one: UpdateRow) -> dict[str, Any]:
    return {
        **_duty_names(one.duty),
        "limit_at": instant(one.limit.limit_at),
        "given_at": instant(one.limit.given_at),
        "in_time": one.limit.given_at is not None,
    }


def _measured_document(one: MeasuredRow) -> dict[str, Any]:
    number, whole = detail_rows.reported_numbers(one)
    is_counted = one.level.measure.is_counted
    return {
        **_duty_names(one.duty),
        "obligation": one.duty.obligation,
        "delivered_at": instant(one.duty.delivered_at),
        "value": None if is_counted or number is None else f"{number:f}",
        "good": number if is_counted else None,
        "of": whole,
        "at_level": one.level.met > 0,
    }


def _ahead_document(one: Ahead) -> dict[str, Any]:
    provider, consumer, obligation = one.between
    return {
        "id": one.duty or None,
        "reference": one.reference or None,
        "obligation": obligation,
        "provider": provider,
        "consumer": consumer,
        "subject": one.subject,
        "due_at": instant(one.due_at),
        "state": "open" if one.duty else "planned",
        "odds": None if one.odds is None else f"{float(one.odds):.4f}",
    }


def _duty_names(duty: Duty) -> dict[str, Any]:
    return {
        "id": duty.id,
        "reference": duty.reference,
        "provider": duty.provider,
        "consumer": duty.consumer,
        "subject": duty.subject,
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
