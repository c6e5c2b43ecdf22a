"""Prints the duties behind a figure, as a table or as JSON."""

from __future__ import annotations

from typing import Any

from sla_tracker.cli import output
from sla_tracker.cli.formats.documents import instant, range_document, words
from sla_tracker.cli.formats.duty_lines import anchor_document, report_end
from sla_tracker.cli.formats.list_files import OutputForm
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.measures.date_range import DateRange
from sla_tracker.domain.measures.figure_rows import OpenedFigure
from sla_tracker.domain.measures.outcome import Outcome
from sla_tracker.i18n import gettext as _
from sla_tracker.services.months.opened_rows import FigureRow, OpenedRows, rows_behind
from sla_tracker.wording.figures.ranges import standing_word
from sla_tracker.wording.figures.rows import figure_heading, figure_row_headings, figure_row_texts
from sla_tracker.wording.lists.figures import opened_list

FLEXIBLE = {2, 3, 4}
SPARE = {9: 5, 8: 4, 7: 3, 6: 2, 4: 1}
"""Columns that a narrow screen leaves out, the highest number first."""


def write_rows(invocation: Invocation, dates: DateRange, figure: OpenedFigure, out: OutputForm) -> None:
    """Print the duties that a figure is counted from, or write them into a file."""
    opened = rows_behind(invocation.context, invocation.actor, dates, figure)
    heading = figure_heading(invocation.context, figure, len(opened.rows))
    if out.file or out.as_json:
        document = {
            "range": range_document(opened.standing),
            "figure": {
                "rows": figure.rows.value,
                "provider": figure.provider or None,
                "consumer": figure.consumer or None,
                "obligation": figure.obligation or None,
                "cause": figure.cause,
            },
            "rows": [_row_document(row, with_rating=figure.is_of_ratings) for row in opened.rows],
            "anchor": anchor_document(invocation),
        }
        out.write(invocation, opened_list(invocation.context, heading, opened), document)
        return
    output.line(Span(standing_word(opened.standing), Tone.HEADING))
    output.line(heading)
    if figure.is_of_ratings:
        output.message(
            _("Ratings are opened by the rated department's head and by who gave them; others see none."),
            Tone.QUIET,
        )
    if opened.rows:
        columns = [
            Column(heading=heading, flexible=place in FLEXIBLE, spare=SPARE.get(place, 0))
            for place, heading in enumerate(figure_row_headings())
        ]
        output.table(columns, [_cells(invocation, opened, row) for row in opened.rows])
    report_end(invocation)


def _cells(invocation: Invocation, opened: OpenedRows, row: FigureRow) -> list[Span | str]:
    reference, outcome, *others = figure_row_texts(invocation.context, opened, row)
    tone = {Outcome.MISSED: Tone.ALARM, Outcome.GOOD: Tone.GOOD}.get(row.outcome, Tone.PLAIN)
    return [Span(reference, Tone.QUIET), Span(outcome, tone), *others]


def _row_document(row: FigureRow, *, with_rating: bool) -> dict[str, Any]:
    duty = row.duty
    rating = duty.rating.level if with_rating and duty.rating is not None else None
    return {
        "id": duty.id,
        "reference": duty.reference,
        "obligation": duty.obligation,
        "title": words(duty.title),
        "provider": duty.provider,
        "consumer": duty.consumer,
        "subject": duty.subject,
        "month": duty.month,
        "due_at": instant(duty.due_at),
        "delivered_at": instant(row.delivered_at),
        "state": duty.state.value,
        "outcome": row.outcome.value,
        "excused_minutes": int(row.excused.total_seconds() // 60),
        "cause": duty.cause or None,
        "by": row.by or None,
        **({} if rating is None else {"rating": rating}),
    }
