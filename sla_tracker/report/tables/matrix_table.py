"""Makes the table of who owes whom, for people and for programs."""

from __future__ import annotations

from sla_tracker.domain.measures.figure_rows import RowSet
from sla_tracker.domain.measures.matrix import ALL, Matrix
from sla_tracker.domain.measures.scorecard import Score
from sla_tracker.i18n import gettext as _
from sla_tracker.report.model import Cell, Column, Kind, Mark, Share, Table, Tidy
from sla_tracker.report.rows.figure_ids import figure_id
from sla_tracker.services.context import ServiceContext
from sla_tracker.wording.duties import department_word
from sla_tracker.wording.figures.levels import matrix_note


def matrix_table(context: ServiceContext, matrix: Matrix) -> Table:
    """Return the matrix of who owes whom, with totals where there are several."""
    consumers = [*matrix.consumers, *([ALL] if len(matrix.consumers) > 1 else [])]
    providers = [*matrix.providers, *([ALL] if len(matrix.providers) > 1 else [])]
    return Table(
        id="matrix",
        title=_("Matrix: provider by consumer, on time in per cent"),
        short_title=_("Matrix"),
        columns=(
            Column(heading=_("Provider")),
            *(Column(heading=_side_word(context, consumer), kind=Kind.SHARE) for consumer in consumers),
        ),
        rows=tuple(
            (
                Cell(value=_side_word(context, provider)),
                *(_matrix_cell(matrix, provider, consumer) for consumer in consumers),
            )
            for provider in providers
        ),
        has_total=len(matrix.providers) > 1,
        tidy=_tidy_matrix(context, matrix),
    )


def _tidy_matrix(context: ServiceContext, matrix: Matrix) -> Tidy:
    """Return the matrix with a row for each pair, without totals."""
    return Tidy(
        columns=(
            Column(heading=_("Provider")),
            Column(heading=_("Consumer")),
            Column(heading=_("On time"), kind=Kind.COUNT),
            Column(heading=_("Counted"), kind=Kind.COUNT),
            Column(heading=_("On-time rate"), kind=Kind.SHARE),
            Column(heading=_("Misses left"), kind=Kind.COUNT),
        ),
        rows=tuple(
            (
                Cell(value=department_word(context, provider)),
                Cell(value=department_word(context, consumer)),
                Cell(value=score.good),
                Cell(value=score.valid),
                Cell(value=Share(ratio=score.on_time_ratio, target=score.target)),
                Cell(value=score.budget - score.bad),
            )
            for (provider, consumer), score in sorted(matrix.cells.items())
            if ALL not in (provider, consumer)
        ),
    )


def _side_word(context: ServiceContext, id: str) -> str:
    return _("Total") if id == ALL else department_word(context, id)


def _matrix_cell(matrix: Matrix, provider: str, consumer: str) -> Cell:
    score = matrix.cell(provider, consumer)
    if score is None:
        return Cell(value=None)
    return Cell(
        value=Share(ratio=score.on_time_ratio, target=score.target),
        mark=mark_of(score),
        opens=figure_id(RowSet.VALID, provider, consumer),
        note=matrix_note(score),
    )


def mark_of(score: Score) -> Mark:
    """Return whether a score keeps its target; no mark where nothing was judged."""
    if not score.valid:
        return Mark.NONE
    return Mark.KEPT if score.is_kept else Mark.MISSED
