"""The rows behind a report's figures: duties, verdicts, requests, complaints; nobody is named.

A report is passed on to readers of other departments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.measures.causes import needs_cause
from sla_tracker.domain.measures.complaint_counts import ComplaintsBy
from sla_tracker.domain.measures.date_range import DateRange
from sla_tracker.domain.measures.outcome import Outcome, is_judged, outcome_of
from sla_tracker.domain.measures.verdict_times import verdict_spans
from sla_tracker.i18n import gettext as _
from sla_tracker.report.figure_ids import (
    figures_of_complaint,
    figures_of_duty,
    figures_of_request,
    verdict_id,
)
from sla_tracker.report.model import Cell, Column, Kind, RowFamily, Table, runs_in
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments.complaint_figures import complaints_in, group_of
from sla_tracker.services.months.figure_source import Standing, requests_in
from sla_tracker.services.months.opened_rows import FigureRow, OpenedRows, counted_row
from sla_tracker.wording.figures import detail_rows
from sla_tracker.wording.figures.rows import figure_row_headings, figure_row_texts, outcome_heading
from sla_tracker.wording.reminders import department_word

SHOWN = (*(one for one in Outcome if one is not Outcome.GOOD), Outcome.GOOD)
DUE_PLACE, DELIVERED_PLACE, EXCUSED_PLACE = 5, 6, 7


def row_tables(context: ServiceContext, standing: Standing, duties: Sequence[Duty]) -> Iterator[Table]:
    """Yield what is behind the figures of a range: duties by pair and outcome, misses first, then the others."""
    yield from _duty_tables(context, standing, duties)
    yield from _verdict_tables(context, duties)
    yield from _request_tables(context, standing)
    yield from _complaint_tables(context, standing.dates)


def _duty_tables(context: ServiceContext, standing: Standing, duties: Sequence[Duty]) -> Iterator[Table]:
    groups: dict[tuple[str, str], dict[Outcome, list[FigureRow]]] = {}
    for duty in duties:
        outcome = outcome_of(duty, standing.now)
        if outcome is not Outcome.UNCOUNTED or needs_cause(duty, standing.now):
            own = groups.setdefault((duty.provider, duty.consumer), {})
            own.setdefault(outcome, []).append(counted_row(context, duty, standing.now))
    for pair, by_outcome in sorted(groups.items()):
        for outcome in SHOWN:
            if outcome in by_outcome:
                yield _duty_table(context, standing, by_outcome[outcome], pair, outcome)


def _duty_table(
    context: ServiceContext,
    standing: Standing,
    rows: list[FigureRow],
    pair: tuple[str, str],
    outcome: Outcome,
) -> Table:
    """Return the duties of a pair and outcome, so sorted that the rows of most figures lie together."""
    rows.sort(key=lambda row: _place(row.duty, standing.now))
    *headings, _who = figure_row_headings()
    opened = OpenedRows(standing=standing, rows=tuple(rows))
    between = " → ".join(department_word(context, id) for id in pair)
    return Table(
        id=f"duties.{pair[0]}.{pair[1]}.{outcome.value}",
        title=_(
            "{pair}: {outcome}, {count}", pair=between, outcome=outcome_heading(outcome), count=len(rows)
        ),
        columns=tuple(Column(heading=heading, kind=_kind(place)) for place, heading in enumerate(headings)),
        rows=tuple(_duty_cells(context, opened, row) for row in rows),
        runs=runs_in(figures_of_duty(row.duty, standing.now) for row in rows),
    )


def _place(duty: Duty, now: datetime) -> tuple[bool, bool, str, datetime, str]:
    return (not is_judged(duty, now), duty.was_returned, duty.obligation, duty.due_at, duty.id)


def _kind(place: int) -> Kind:
    if place == EXCUSED_PLACE:
        return Kind.SPAN
    return Kind.MOMENT if place in {DUE_PLACE, DELIVERED_PLACE} else Kind.TEXT


def _duty_cells(context: ServiceContext, opened: OpenedRows, row: FigureRow) -> tuple[Cell, ...]:
    *texts, _who = figure_row_texts(context, opened, row)
    cells = [Cell(value=text) for text in texts]
    cells[DUE_PLACE] = _moment(context, row.duty.due_at)
    cells[DELIVERED_PLACE] = _moment(context, row.delivered_at)
    cells[EXCUSED_PLACE] = Cell(value=row.excused or None)
    return tuple(cells)


def _moment(context: ServiceContext, at: datetime | None) -> Cell:
    return Cell(value=None if at is None else at.astimezone(context.settings.zone))


def _verdict_tables(context: ServiceContext, duties: Sequence[Duty]) -> Iterator[Table]:
    """Yield the verdicts that median and longest time are counted from, by consumer, the longest first."""
    spans = sorted(verdict_spans(duties, context.calendar_of), key=lambda one: (-one.span, one.duty.id))
    for consumer in sorted({one.duty.consumer for one in spans}):
        own = [one for one in spans if one.duty.consumer == consumer]
        yield _text_table(
            RowFamily.VERDICTS,
            consumer,
            detail_rows.verdict_figure_heading(context, "", consumer, len(own)),
            detail_rows.verdict_row_headings(),
            [detail_rows.verdict_row_texts(context, one) for one in own],
            [(verdict_id(consumer),) for _one in own],
            spans=[one.span for one in own],
        )


def _request_tables(context: ServiceContext, standing: Standing) -> Iterator[Table]:
    """Yield the requests made in the range, by provider."""
    found = sorted(
        requests_in(context, standing, standing.dates.months), key=lambda one: (one.requested_at, one.id)
    )
    for provider in sorted({one.provider for one in found}):
        own = [one for one in found if one.provider == provider]
        yield _text_table(
            RowFamily.REQUESTS,
            provider,
            _(
                "Requests to {department}, {count}",
                department=department_word(context, provider),
                count=len(own),
            ),
            detail_rows.request_row_headings(),
            [detail_rows.request_row_texts(context, one, standing.now) for one in own],
            [tuple(figures_of_request(one, standing.now)) for one in own],
        )


def _complaint_tables(context: ServiceContext, dates: DateRange) -> Iterator[Table]:
    """Yield the complaints recorded in the range, without what people wrote."""
    found, every = complaints_in(context, dates)
    found.sort(key=lambda one: (one.recorded_at, one.id))
    if not found:
        return
    groups = [group_of(context, one, ComplaintsBy.DEPARTMENT) for one in found]
    yield _text_table(
        RowFamily.COMPLAINTS,
        "all",
        _("Complaints, {count}", count=len(found)),
        detail_rows.complaint_row_headings(),
        [detail_rows.complaint_row_texts(context, one) for one in found],
        [tuple(figures_of_complaint(one, group, every)) for one, group in zip(found, groups, strict=True)],
    )


def _text_table(
    family: RowFamily,
    group: str,
    title: str,
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    figures: Sequence[Sequence[str]],
    spans: Sequence[timedelta] = (),
) -> Table:
    """Return rows of texts; `spans` stand in the second column as spans."""
    cells = [[Cell(value=text) for text in row] for row in rows]
    for row, span in zip(cells, spans, strict=False):
        row[1] = Cell(value=span)
    kinds = [Kind.SPAN if spans and place == 1 else Kind.TEXT for place in range(len(headings))]
    return Table(
        id=f"{family.value}.of.{group}",
        title=title,
        columns=tuple(
            Column(heading=heading, kind=kind) for heading, kind in zip(headings, kinds, strict=True)
        ),
        rows=tuple(map(tuple, cells)),
        family=family,
        runs=runs_in(figures),
    )
