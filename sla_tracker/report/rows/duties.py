"""The duties behind a report's figures, as rows; nobody is named.

A report is passed on to readers of other departments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.measures.causes import needs_cause
from sla_tracker.domain.measures.outcome import Outcome, counts_for_first_pass, outcome_of
from sla_tracker.i18n import gettext as _
from sla_tracker.report.model import Cell, Column, Kind, Table, runs_in
from sla_tracker.report.rows.figure_ids import (
    figures_of_duty,
)
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.months.figure_source import Standing
from sla_tracker.services.months.opened_rows import FigureRow, OpenedRows, counted_row
from sla_tracker.wording.duties import department_word
from sla_tracker.wording.figures.rows import figure_row_headings, figure_row_texts, outcome_heading

SHOWN = (*(one for one in Outcome if one is not Outcome.GOOD), Outcome.GOOD)
DUE_PLACE, DELIVERED_PLACE, EXCUSED_PLACE = 5, 6, 7


def duty_tables(context: ServiceContext, standing: Standing, duties: Sequence[Duty]) -> Iterator[Table]:
    """Yield the duties behind a range's figures by pair and outcome, misses first.

    No person is named.
    """
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
    """Return the duties of a pair and an outcome.

    The order puts the rows of most figures together.
    """
    rows.sort(key=lambda row: _place(row.duty, standing.now))
    *headings, _who = figure_row_headings()
    opened = OpenedRows(standing=standing, rows=tuple(rows))
    between = " → ".join(department_word(context, id) for id in pair)
    return Table(
        id=f"duties.{pair[0]}.{pair[1]}.{outcome.value}",
        title=_(
            "{pair}: {outcome}, {count}", pair=between, outcome=outcome_heading(outcome), count=len(rows)
        ),
        columns=tuple(
            Column(heading=heading, kind=kind_of_place(place)) for place, heading in enumerate(headings)
        ),
        rows=tuple(duty_cells(context, opened, row) for row in rows),
        runs=runs_in(figures_of_duty(row.duty, standing.now) for row in rows),
    )


def _place(duty: Duty, now: datetime) -> tuple[bool, bool, str, datetime, str]:
    return (not counts_for_first_pass(duty, now), duty.was_returned, duty.obligation, duty.due_at, duty.id)


def kind_of_place(place: int) -> Kind:
    """Return the kind of a column of duties."""
    if place == EXCUSED_PLACE:
        return Kind.SPAN
    return Kind.MOMENT if place in {DUE_PLACE, DELIVERED_PLACE} else Kind.TEXT


def duty_cells(context: ServiceContext, opened: OpenedRows, row: FigureRow) -> tuple[Cell, ...]:
    """Return a duty as cells, its times and spans as such."""
    *texts, _who = figure_row_texts(context, opened, row)
    cells = [Cell(value=text) for text in texts]
    cells[DUE_PLACE] = _moment(context, row.duty.due_at)
    cells[DELIVERED_PLACE] = _moment(context, row.delivered_at)
    cells[EXCUSED_PLACE] = Cell(value=row.excused or None)
    return tuple(cells)


def _moment(context: ServiceContext, at: datetime | None) -> Cell:
    return Cell(value=None if at is None else at.astimezone(context.settings.zone))
