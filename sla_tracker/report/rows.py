"""The duties behind a report's figures: a table for each pair and outcome, with its id."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.measures.matrix import ALL
from sla_tracker.domain.measures.outcome import VALID, Outcome, outcome_of
from sla_tracker.i18n import gettext as _
from sla_tracker.report.model import Cell, Column, Kind, Table
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.months.figure_source import Standing
from sla_tracker.services.months.opened_rows import FigureRow, OpenedRows, counted_row
from sla_tracker.wording.figures.rows import figure_row_headings, figure_row_texts, outcome_heading
from sla_tracker.wording.reminders import department_word

SHOWN = (Outcome.MISSED, Outcome.GOOD, Outcome.PENDING, Outcome.WAIVED, Outcome.SHORT_NOTICE)


def anchor_of(provider: str, consumer: str, outcome: str = "") -> str:
    """Return the id of the rows of a pair and outcome; without one the rows of them all."""
    parts = ("rows", provider or "all", consumer or "all", outcome)
    return ".".join(part for part in parts if part)


def groups_of(provider: str, consumer: str, outcome: Outcome) -> tuple[str, ...]:
    """Return the ids of the figures that count the rows of a pair and outcome, but their own.

    A rate counts good and missed ones.
    """
    sides = [(one, other) for one in (provider, ALL) for other in (consumer, ALL)]
    rates = [anchor_of(*side) for side in sides] if outcome in VALID else []
    return (*rates, *(anchor_of(*side, outcome.value) for side in sides[1:]))


def row_tables(context: ServiceContext, standing: Standing, duties: Sequence[Duty]) -> Iterator[Table]:
    """Yield the duties of a range by pair and outcome, misses first.

    Nobody is named: a report is passed on to readers of other departments.
    """
    groups: dict[tuple[str, str], dict[Outcome, list[FigureRow]]] = {}
    for duty in duties:
        outcome = outcome_of(duty, standing.now)
        if outcome in SHOWN:
            pair = groups.setdefault((duty.provider, duty.consumer), {})
            pair.setdefault(outcome, []).append(counted_row(context, duty, standing.now))
    for (provider, consumer), by_outcome in sorted(groups.items()):
        between = f"{department_word(context, provider)} → {department_word(context, consumer)}"
        for outcome in SHOWN:
            if outcome in by_outcome:
                yield _table(context, standing, by_outcome[outcome], between, outcome)


def _table(
    context: ServiceContext, standing: Standing, rows: Sequence[FigureRow], between: str, outcome: Outcome
) -> Table:
    duty = rows[0].duty
    *headings, _who = figure_row_headings()
    opened = OpenedRows(standing=standing, rows=tuple(rows))
    return Table(
        id=anchor_of(duty.provider, duty.consumer, outcome.value),
        title=_(
            "{pair}: {outcome}, {count}", pair=between, outcome=outcome_heading(outcome), count=len(rows)
        ),
        columns=tuple(Column(heading=heading, kind=_kind(place)) for place, heading in enumerate(headings)),
        rows=tuple(_cells(context, opened, row) for row in rows),
        groups=groups_of(duty.provider, duty.consumer, outcome),
    )


def _kind(place: int) -> Kind:
    if place == 7:
        return Kind.SPAN
    return Kind.MOMENT if place in {5, 6} else Kind.TEXT


def _cells(context: ServiceContext, opened: OpenedRows, row: FigureRow) -> tuple[Cell, ...]:
    *texts, _who = figure_row_texts(context, opened, row)
    zone = context.settings.zone
    delivered_at = row.delivered_at
    cells = [Cell(value=text) for text in texts]
    cells[5] = Cell(value=row.duty.due_at.astimezone(zone))
    cells[7] = Cell(value=row.excused or None)
    cells[6] = Cell(value=None if delivered_at is None else delivered_at.astimezone(zone))
    return tuple(cells)
