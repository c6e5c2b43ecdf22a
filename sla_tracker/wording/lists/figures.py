"""Lists of figures, and of the rows behind them, for files.

The figures are rates, causes, the league and forecasts.
"""

from __future__ import annotations

from collections.abc import Sequence

from sla_tracker.domain.measures.comparisons.forecast import Forecast
from sla_tracker.domain.measures.complaint_counts import ComplaintsBy
from sla_tracker.domain.measures.date_range import DateRange
from sla_tracker.domain.measures.scorecard import Score
from sla_tracker.i18n import gettext as _
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments.complaint_figures import ComplaintFigures
from sla_tracker.services.months.league import League
from sla_tracker.services.months.opened_rows import FigureRow, OpenedRows
from sla_tracker.services.months.people_levels import FEWEST_CASES
from sla_tracker.services.months.service_levels import By, CauseTable, ServiceLevel, ServiceLevels
from sla_tracker.services.queries.list_content import ListCell, ListContent, ListShare
from sla_tracker.wording.duties import department_word
from sla_tracker.wording.figures.complaints import complaint_group, complaint_headings, complaint_numbers
from sla_tracker.wording.figures.forecast import forecast_headings
from sla_tracker.wording.figures.league import imported_word, in_points, league_headings
from sla_tracker.wording.figures.levels import GROUPS, cause_headings, cause_said, level_titles, level_word
from sla_tracker.wording.figures.opened_texts import OpenedTexts
from sla_tracker.wording.figures.ranges import range_word
from sla_tracker.wording.figures.rows import figure_row_headings, figure_row_texts

DUE_PLACE, DELIVERED_PLACE, EXCUSED_PLACE = 5, 6, 7


def level_list(
    context: ServiceContext,
    found: ServiceLevels,
    rows: Sequence[ServiceLevel],
    by: By,
    past: Sequence[ServiceLevels],
) -> ListContent:
    """Return the rates of a range as a list, with those of the ranges before.

    Each cell has one number, and there is no total.
    """
    before = [{row.key: row.score for row in one.rows} for one in past]
    return ListContent(
        id="levels",
        title=_("Service levels in {month}", month=range_word(found.standing.dates)),
        headings=(_(GROUPS[by]), *level_titles(), *(one.standing.dates.id for one in past)),
        rows=tuple(
            (
                level_word(context, row, by),
                *_score_cells(row.score, has_rates=not row.person or row.score.valid >= FEWEST_CASES),
                *(_rate(scores.get(row.key)) for scores in before),
            )
            for row in rows
        ),
    )


def _score_cells(score: Score, *, has_rates: bool) -> tuple[ListCell, ...]:
    return (
        score.good,
        score.valid,
        _rate(score) if has_rates else None,
        ListShare(ratio=score.target, is_target=True),
        score.bad,
        score.budget,
        score.first_pass,
        score.judged,
        ListShare(ratio=score.first_pass_ratio) if has_rates else None,
        score.waived,
        score.short_notice,
        score.pending,
    )


def _rate(score: Score | None) -> ListCell:
    return None if score is None else ListShare(ratio=score.on_time_ratio, target=score.target)


def cause_list(found: CauseTable, past: Sequence[CauseTable]) -> ListContent:
    """Return the causes of a range as a list, with those of the ranges before.

    A range of several months also has a column for each month.
    """
    dates = found.standing.dates
    months = dates.months if len(dates.months) > 1 else ()
    before = [{row.cause: row.count for row in one.rows} for one in past]
    return ListContent(
        id="causes",
        title=_("Causes of what was late or returned"),
        headings=(*cause_headings(), *months, *(one.standing.dates.id for one in past)),
        rows=tuple(
            (
                cause_said(row.cause),
                row.count,
                ListShare(ratio=row.share_ratio),
                ListShare(ratio=row.cumulative_ratio),
                *(trend.counts if months else ()),
                *(counts.get(row.cause, 0) for counts in before),
            )
            for row, trend in zip(found.rows, found.trends, strict=True)
        ),
    )


def league_list(context: ServiceContext, league: League) -> ListContent:
    """Return the departments of a range by their place as a list."""
    place, name, _counts, rate, behind, best, from_best = league_headings()
    return ListContent(
        id="league",
        title=_("League: departments by rate, distances in points"),
        headings=(
            *(place, name, _("On time"), _("Counted"), rate, behind, best, _("Month"), from_best),
            _("Imported past"),
        ),
        rows=tuple(
            (
                row.place,
                department_word(context, row.provider),
                row.score.good,
                row.score.valid,
                _rate(row.score),
                None if row.behind is None else float(in_points(row.behind)),
                None if row.best is None else _rate(row.best.score),
                "" if row.best is None else row.best.month,
                None if row.from_best is None else float(in_points(row.from_best)),
                imported_word(row),
            )
            for row in league.rows
        ),
    )


def complaint_count_list(
    context: ServiceContext, found: ComplaintFigures, dates: DateRange, by: ComplaintsBy
) -> ListContent:
    """Return the complaints of a range counted by group as a list, without a total."""
    return ListContent(
        id="complaint-figures",
        title=_("Complaints recorded in {range}", range=range_word(dates)),
        headings=complaint_headings(by),
        rows=tuple(
            (
                complaint_group(context, row.group, by),
                *complaint_numbers(row)[:3],
                ListShare(ratio=row.founded_ratio),
                *complaint_numbers(row)[3:],
            )
            for row in found.rows
        ),
    )


def forecast_list(context: ServiceContext, found: Sequence[Forecast]) -> ListContent:
    """Return what is expected until the end of the month as a list."""
    *headings, _range = forecast_headings()
    return ListContent(
        id="forecast",
        title=_("Forecast: misses expected until the end of the month"),
        headings=(*headings, _("At least (80 %)"), _("At most (80 %)")),
        rows=tuple(
            (
                department_word(context, one.provider),
                one.used,
                one.allowed,
                one.ahead,
                *_expected(one),
            )
            for one in found
        ),
    )


def _expected(forecast: Forecast) -> tuple[ListCell, ...]:
    found = forecast.expected
    return (None, None, None) if found is None else (found.misses, found.least, found.most)


def opened_list(context: ServiceContext, title: str, opened: OpenedRows) -> ListContent:
    """Return the duties behind a figure as a list."""
    return ListContent(
        id="rows",
        title=title,
        headings=figure_row_headings(),
        rows=tuple(_row_cells(context, opened, row) for row in opened.rows),
    )


def _row_cells(context: ServiceContext, opened: OpenedRows, row: FigureRow) -> tuple[ListCell, ...]:
    zone = context.settings.zone
    cells: list[ListCell] = [*figure_row_texts(context, opened, row)]
    cells[DUE_PLACE] = row.duty.due_at.astimezone(zone)
    cells[DELIVERED_PLACE] = None if row.delivered_at is None else row.delivered_at.astimezone(zone)
    cells[EXCUSED_PLACE] = row.excused or None
    return tuple(cells)


def texts_list(opened: OpenedTexts) -> ListContent:
    """Return what is behind a figure that counts no duties as a list."""
    title = opened.heading or opened.standing
    return ListContent(id="rows", title=title, headings=opened.headings, rows=tuple(opened.rows))
