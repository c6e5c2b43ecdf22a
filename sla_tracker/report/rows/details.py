"""Makes the tables of verdicts, requests and other entries behind figures.

Nobody is named: a report is passed on to readers of other departments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import groupby
from typing import TypeVar

from sla_tracker.domain.clean import clean
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.measures.comparisons.complaint_effect import ComplaintEffect, is_missed
from sla_tracker.domain.measures.complaint_counts import ComplaintsBy, step_spans
from sla_tracker.domain.measures.date_range import DateRange
from sla_tracker.domain.measures.figure_rows import RowSet, UpdateSet
from sla_tracker.domain.measures.verdict_times import verdict_spans
from sla_tracker.domain.reference import reference_of
from sla_tracker.i18n import gettext as _
from sla_tracker.report.model import Cell, Column, Kind, RowFamily, Share, Table, Value, runs_in
from sla_tracker.report.rows.duties import duty_cells, kind_of_place
from sla_tracker.report.rows.figure_ids import (
    AFTER,
    BEFORE,
    ahead_id,
    effect_id,
    figures_of_complaint,
    figures_of_report,
    figures_of_request,
    step_id,
    update_id,
    verdict_id,
)
from sla_tracker.services.context import COMPANY, ServiceContext
from sla_tracker.services.departments.complaint_figures import complaints_in, group_of
from sla_tracker.services.months.figure_source import Standing, requests_in
from sla_tracker.services.months.forecast import Ahead
from sla_tracker.services.months.opened_details import measured_rows, update_rows
from sla_tracker.services.months.opened_rows import OpenedRows, counted_row
from sla_tracker.wording.duties import department_word
from sla_tracker.wording.figures import detail_rows
from sla_tracker.wording.figures.rows import figure_row_headings

T = TypeVar("T")

SPAN_PLACE = 1  # of verdicts
STEP_SPAN_PLACE = 2
NUMBER_PLACES = (1, 2)  # of reports: the number or n, and N
ODDS_PLACE = 1


def detail_tables(context: ServiceContext, standing: Standing, duties: Sequence[Duty]) -> Iterator[Table]:
    """Yield verdicts, requests, limits of updates, and reports of levels of a range."""
    yield from _verdict_tables(context, duties)
    yield from _request_tables(context, standing)
    yield from _update_tables(context, standing, duties)
    yield from _report_tables(context, duties)


def _verdict_tables(context: ServiceContext, duties: Sequence[Duty]) -> Iterator[Table]:
    """Yield the verdicts behind median and longest time, by consumer.

    The longest come first.
    """
    spans = sorted(verdict_spans(duties, context.calendar_of), key=lambda one: (-one.span, one.duty.id))
    for consumer, own in _grouped(spans, lambda one: one.duty.consumer):
        yield _text_table(
            RowFamily.VERDICTS,
            consumer,
            detail_rows.verdict_figure_heading(context, "", consumer, len(own)),
            detail_rows.verdict_row_headings(),
            [detail_rows.verdict_row_texts(context, one) for one in own],
            [(verdict_id(consumer),) for _one in own],
            {SPAN_PLACE: [one.span for one in own]},
        )


def _request_tables(context: ServiceContext, standing: Standing) -> Iterator[Table]:
    """Yield the requests that count in the range, by provider."""
    found = sorted(
        requests_in(context, standing, standing.dates.months),
        key=lambda one: (one.request.requested_at, one.request.id),
    )
    for provider, own in _grouped(found, lambda one: one.request.provider):
        yield _text_table(
            RowFamily.REQUESTS,
            provider,
            _(
                "Requests to {department}, {count}",
                department=department_word(context, provider),
                count=len(own),
            ),
            detail_rows.request_row_headings(),
            [detail_rows.request_row_texts(context, one) for one in own],
            [tuple(figures_of_request(one, standing.dates)) for one in own],
        )


def _update_tables(context: ServiceContext, standing: Standing, duties: Sequence[Duty]) -> Iterator[Table]:
    """Yield the limits of updates by provider, missed ones first."""
    found = update_rows(context, duties, standing.now)
    for provider, own in _grouped(found, lambda one: one.duty.provider):
        kept, due = update_id(UpdateSet.GIVEN, provider), update_id(UpdateSet.DUE, provider)
        yield _text_table(
            RowFamily.UPDATES,
            provider,
            _(
                "Updates by {department}, {count}",
                department=department_word(context, provider),
                count=len(own),
            ),
            detail_rows.update_row_headings(),
            [detail_rows.update_row_texts(context, one) for one in own],
            [(due,) if one.limit.given_at is None else (kept, due) for one in own],
        )


def _report_tables(context: ServiceContext, duties: Sequence[Duty]) -> Iterator[Table]:
    """Yield the reports of measured obligations by provider.

    Those below their level come first.
    """
    found = measured_rows(duties)
    for provider, own in _grouped(found, lambda one: one.duty.provider):
        numbers = [detail_rows.reported_numbers(one) for one in own]
        part, whole = NUMBER_PLACES
        yield _text_table(
            RowFamily.REPORTS,
            provider,
            _(
                "Reports by {department}, {count}",
                department=department_word(context, provider),
                count=len(own),
            ),
            detail_rows.measured_row_headings(),
            [detail_rows.measured_row_texts(context, one) for one in own],
            [tuple(figures_of_report(one.level)) for one in own],
            {
                part: [float(one) if isinstance(one, Decimal) else one for one, _whole in numbers],
                whole: [one for _part, one in numbers],
            },
        )


def ahead_tables(context: ServiceContext, ahead: Sequence[Ahead]) -> Iterator[Table]:
    """Yield a table per department of the duties still due, with their odds."""
    for provider, own in _grouped(ahead, lambda one: one.between[0]):
        yield _text_table(
            RowFamily.AHEAD,
            provider,
            detail_rows.ahead_figure_heading(context, provider, len(own)),
            detail_rows.ahead_row_headings(),
            [detail_rows.ahead_row_texts(context, one) for one in own],
            [(ahead_id(provider),) for _one in own],
            {ODDS_PLACE: [_odds(one) for one in own]},
        )


def _grouped(found: Iterable[T], department: Callable[[T], str]) -> Iterator[tuple[str, list[T]]]:
    """Yield the rows of each department in their order, departments by id."""
    return ((one, list(own)) for one, own in groupby(sorted(found, key=department), key=department))


def _odds(one: Ahead) -> Share:
    return Share(ratio=None if one.odds is None else Decimal(one.odds.numerator) / one.odds.denominator)


def complaint_row_tables(
    context: ServiceContext, standing: Standing, effects: Sequence[ComplaintEffect]
) -> Iterator[Table]:
    """Yield complaints, the times of their steps, and the duties compared.

    Texts of people are left out.
    """
    yield from _complaint_tables(context, standing.dates)
    for effect in effects:
        if effect.after is not None:
            yield _effect_table(context, standing, effect, BEFORE, effect.duties_before)
            yield _effect_table(context, standing, effect, AFTER, effect.duties_after)


def _complaint_tables(context: ServiceContext, dates: DateRange) -> Iterator[Table]:
    found, every = complaints_in(context, dates)
    found.sort(key=lambda one: (one.recorded_at, one.id))
    if not found:
        return
    groups = [{by: group_of(context, one, by) for by in ComplaintsBy} for one in found]
    yield _text_table(
        RowFamily.COMPLAINTS,
        "all",
        _("Complaints, {count}", count=len(found)),
        detail_rows.complaint_row_headings(),
        [detail_rows.complaint_row_texts(context, one) for one in found],
        [tuple(figures_of_complaint(one, own, every)) for one, own in zip(found, groups, strict=True)],
    )
    steps = list(step_spans(found, context.calendars[COMPANY]))
    steps.sort(key=lambda one: (one.stage, -one.span, one.complaint.id))
    if steps:
        yield _text_table(
            RowFamily.STEPS,
            "all",
            _("Steps of complaints, {count}", count=len(steps)),
            detail_rows.step_row_headings(),
            [detail_rows.step_row_texts(context, one) for one in steps],
            [
                (step_id(one.stage), *([step_id(one.stage, is_passed=True)] if one.is_escalated else []))
                for one in steps
            ],
            {STEP_SPAN_PLACE: [one.span for one in steps]},
        )


def _effect_table(
    context: ServiceContext, standing: Standing, effect: ComplaintEffect, side: str, duties: Sequence[Duty]
) -> Table:
    """Return the judged duties before a complaint or after its remedy, misses first."""
    reference = reference_of(effect.complaint.id)
    rows = tuple(counted_row(context, duty, standing.now) for duty in duties)
    opened = OpenedRows(standing=standing, rows=rows)
    said = _("before complaint {ref}, {count}") if side == BEFORE else _("after the remedy of {ref}, {count}")
    *headings, _who = figure_row_headings()
    every, missed = (effect_id(effect.complaint, side, one) for one in (RowSet.VALID, RowSet.MISSED))
    return Table(
        id=f"{RowFamily.EFFECTS.value}.{effect.complaint.id}.{side}",
        title=said.format(ref=reference, count=len(rows)),
        columns=(
            Column(heading=_("Complaint")),
            *(Column(heading=heading, kind=kind_of_place(place)) for place, heading in enumerate(headings)),
        ),
        rows=tuple((Cell(value=reference), *duty_cells(context, opened, row)) for row in rows),
        family=RowFamily.EFFECTS,
        runs=runs_in((every, missed) if is_missed(duty, standing.now) else (every,) for duty in duties),
    )


def _text_table(
    family: RowFamily,
    group: str,
    title: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    figures: Sequence[Sequence[str]],
    values: Mapping[int, Sequence[Value]] | None = None,
) -> Table:
    """Return rows of texts.

    `values` are those of columns that hold numbers or spans, by place.
    """
    cells = [[Cell(value=text) for text in row] for row in rows]
    own = values or {}
    for place, column in own.items():
        for row, value in zip(cells, column, strict=True):
            row[place] = Cell(value=value)
    return Table(
        id=f"{family.value}.of.{group}",
        title=title,
        columns=tuple(
            Column(heading=clean(heading), kind=_kind_of(own.get(place, ())))
            for place, heading in enumerate(headings)
        ),
        rows=tuple(map(tuple, cells)),
        family=family,
        runs=runs_in(figures),
    )


def _kind_of(values: Sequence[Value]) -> Kind:
    """Return the kind of a column, by the first of its values that is none."""
    first = next((one for one in values if one is not None), "")
    match first:
        case timedelta():
            return Kind.SPAN
        case Share():
            return Kind.SHARE
        case int() | float():
            return Kind.COUNT
    return Kind.TEXT
