"""The table that compares rates with those of the range and the year before."""

from __future__ import annotations

from sla_tracker.domain.measures.date_range import DateRange, compared_ranges
from sla_tracker.domain.measures.figure_rows import RowSet
from sla_tracker.domain.measures.matrix import ALL
from sla_tracker.domain.measures.scorecard import Score
from sla_tracker.i18n import gettext as _
from sla_tracker.report.model import Cell, Column, Kind, Share, Table, Tidy
from sla_tracker.report.rows.figure_ids import figure_id
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.months.figure_source import figures_in, standing_of
from sla_tracker.services.months.service_levels import By, ServiceLevels, grouped
from sla_tracker.wording.duties import department_word
from sla_tracker.wording.figures.levels import counts_note


def compared_table(context: ServiceContext, found: ServiceLevels) -> Table:
    """Return each department's rate, the lowest first, beside earlier ranges.

    These are the range before, and that of a year before.
    """
    past = [_levels(context, one) for one in compared_ranges(found.standing.dates, context.settings.fiscal)]
    before = [{row.provider: row.score for row in one.rows} for one in past]
    worst_first = found.worst_first()
    rows = [
        (
            Cell(value=department_word(context, row.provider)),
            _cell(row.score, figure_id(RowSet.VALID, row.provider, ALL)),
            *(_cell(scores.get(row.provider)) for scores in before),
        )
        for row in worst_first
    ]
    if len(rows) > 1:
        totals = (_cell(one.total) for one in past)
        rows.append((Cell(value=_("Total")), _cell(found.total, figure_id(RowSet.VALID, ALL, ALL)), *totals))
    return Table(
        id="compared",
        title=_("Compared with before, the lowest rate first"),
        short_title=_("Compared with before"),
        columns=(
            Column(heading=_("Department")),
            *(Column(heading=one.standing.dates.id, kind=Kind.SHARE) for one in (found, *past)),
        ),
        rows=tuple(rows) if any(one.rows for one in past) else (),
        has_total=len(rows) > 1,
        tidy=Tidy(
            columns=(
                Column(heading=_("Department")),
                Column(heading=_("Range")),
                Column(heading=_("On time"), kind=Kind.COUNT),
                Column(heading=_("Counted"), kind=Kind.COUNT),
                Column(heading=_("On-time rate"), kind=Kind.SHARE),
            ),
            rows=tuple(
                (
                    Cell(value=department_word(context, row.provider)),
                    Cell(value=one.standing.dates.id),
                    Cell(value=row.score.good),
                    Cell(value=row.score.valid),
                    Cell(value=Share(ratio=row.score.on_time_ratio, target=row.score.target)),
                )
                for one in (found, *past)
                for row in one.rows
            ),
        ),
    )


def _levels(context: ServiceContext, dates: DateRange) -> ServiceLevels:
    standing = standing_of(context, dates)
    return grouped(standing, figures_in(context, standing), By.DEPARTMENT)


def _cell(score: Score | None, opens: str = "") -> Cell:
    if score is None or not score.valid:
        return Cell(value=None)
    share = Share(ratio=score.on_time_ratio, target=score.target)
    return Cell(value=share, opens=opens, note=counts_note(score))
