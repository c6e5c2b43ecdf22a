"""Leaves out rows of a list whose subject looks mistyped.

Such rows stay out until somebody says that the subject is right.
"""

from __future__ import annotations

from dataclasses import replace

from sla_tracker.services.context import ServiceContext
from sla_tracker.services.imports.rows import EventRow, ImportPlan, PlannedRow, RowFate, unclear_cell
from sla_tracker.services.ports import Reading
from sla_tracker.services.subjects.doubts import SubjectDoubts

SUBJECT = "subject"


def without_mistyped(context: ServiceContext, plan: ImportPlan[EventRow]) -> ImportPlan[EventRow]:
    """Return a plan in which new rows with an unknown, unusual subject are doubtful.

    People are asked about them together with the rows that repeat another one.
    """
    if plan.read.reading.again or not plan.with_fate(RowFate.NEW):
        return plan
    sources = {row.row: row for row in plan.read.rows}

    def work(tx: Reading) -> tuple[PlannedRow[EventRow], ...]:
        doubts = SubjectDoubts(context, tx)
        return tuple(judged(doubts, row) for row in plan.rows)

    def judged(doubts: SubjectDoubts, row: PlannedRow[EventRow]) -> PlannedRow[EventRow]:
        if row.fate is not RowFate.NEW or row.entry is None:
            return row
        question = doubts.doubt(context.catalogue.event_type(row.entry.type), row.entry.subject)
        if question is None:
            return row
        cell = unclear_cell(plan.read.sheet, sources[row.row], SUBJECT, question)
        return replace(row, fate=RowFate.DOUBTFUL, unclear=(cell,), repeats=True)

    return replace(plan, rows=context.store.read(work))
