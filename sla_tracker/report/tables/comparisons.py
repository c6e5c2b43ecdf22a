"""The tables of a report about the league, the forecast, and complaints.

Tables of complaints say how long these took and what they changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sla_tracker.domain.duties.complaint import Complaint
from sla_tracker.domain.measures.comparisons.complaint_effect import ComplaintEffect, Misses
from sla_tracker.domain.measures.comparisons.forecast import Forecast
from sla_tracker.domain.measures.comparisons.league import LeagueRow
from sla_tracker.domain.measures.complaint_counts import (
    ComplaintCounts,
    ComplaintsBy,
    ComplaintSet,
    StepTimes,
)
from sla_tracker.domain.measures.date_range import DateRange
from sla_tracker.domain.measures.figure_rows import RowSet
from sla_tracker.domain.measures.matrix import ALL
from sla_tracker.domain.reference import reference_of
from sla_tracker.i18n import gettext as _
from sla_tracker.report.model import Cell, Column, Kind, Mark, Share, Table
from sla_tracker.report.rows.figure_ids import (
    AFTER,
    BEFORE,
    ahead_id,
    complaint_id,
    effect_id,
    figure_id,
    month_id,
    step_id,
)
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments.complaint_figures import complaint_figures
from sla_tracker.services.months.forecast import MonthAhead, forecasts_of
from sla_tracker.services.months.league import League
from sla_tracker.wording.duties import department_word
from sla_tracker.wording.figures.complaints import (
    complaint_group,
    complaint_headings,
    complaint_numbers,
    effect_headings,
    step_headings,
    step_name,
)
from sla_tracker.wording.figures.forecast import forecast_headings
from sla_tracker.wording.figures.league import imported_word, in_points, league_headings

COUNT_KINDS = (Kind.TEXT, Kind.COUNT, Kind.COUNT, Kind.COUNT, Kind.SHARE, Kind.COUNT, Kind.COUNT, Kind.COUNT)


def league_table(context: ServiceContext, league: League) -> Table:
    """Return the departments by place, with the distances in points."""
    place, name, _counts, rate, behind, best, from_best = league_headings()
    has_past = any(row.imported is not None for row in league.rows)
    return Table(
        id="league",
        title=_("League: departments by rate, distances in points"),
        short_title=_("League"),
        columns=(
            Column(heading=place, kind=Kind.COUNT),
            Column(heading=name),
            Column(heading=_("On time"), kind=Kind.COUNT),
            Column(heading=_("Counted"), kind=Kind.COUNT),
            Column(heading=rate, kind=Kind.SHARE),
            Column(heading=behind, kind=Kind.COUNT),
            Column(heading=best, kind=Kind.SHARE),
            Column(heading=_("Month")),
            Column(heading=from_best, kind=Kind.COUNT),
            *([Column(heading=_("Imported past"))] if has_past else []),
        ),
        rows=tuple(
            (*_league_cells(context, row), *([Cell(value=imported_word(row))] if has_past else []))
            for row in league.rows
        ),
    )


def _league_cells(context: ServiceContext, row: LeagueRow) -> tuple[Cell, ...]:
    score, best = row.score, row.best
    opens = figure_id(RowSet.VALID, row.provider, ALL)
    kept = Mark.KEPT if score.is_kept else Mark.MISSED
    own = (
        Share(ratio=None) if best is None else Share(ratio=best.score.on_time_ratio, target=best.score.target)
    )
    return (
        Cell(value=row.place),
        Cell(value=department_word(context, row.provider)),
        Cell(value=score.good, opens=figure_id(RowSet.GOOD, row.provider, ALL)),
        Cell(value=score.valid, opens=opens),
        Cell(
            value=Share(ratio=score.on_time_ratio, target=score.target),
            mark=kept if score.valid else Mark.NONE,
            opens=opens,
        ),
        Cell(value=None if row.behind is None else in_points(row.behind)),
        Cell(value=own),
        Cell(value="" if best is None else best.month),
        Cell(value=None if row.from_best is None else in_points(row.from_best)),
    )


def forecast_table(context: ServiceContext, dates: DateRange, found: MonthAhead | None) -> Table:
    """Return what is expected until the end of the present month.

    There are no rows where nothing was read of it.
    """
    name, used, allowed, ahead, expected, _range = forecast_headings()
    return Table(
        id="forecast",
        title=_("Forecast: misses expected until the end of the month"),
        short_title=_("Forecast"),
        columns=(
            Column(heading=name),
            *(
                Column(heading=heading, kind=Kind.COUNT)
                for heading in (used, allowed, ahead, expected, _("At least (80 %)"), _("At most (80 %)"))
            ),
        ),
        rows=tuple(
            _forecast_cells(context, one, is_whole=dates.covers(one.month))
            for one in (() if found is None else forecasts_of(context, found))
        ),
    )


def _forecast_cells(context: ServiceContext, forecast: Forecast, *, is_whole: bool) -> tuple[Cell, ...]:
    """Return the cells of a forecast.

    Its misses open only where the report holds the whole month (`is_whole`).
    """
    expected, ahead = forecast.expected, ahead_id(forecast.provider)
    misses = month_id(RowSet.MISSED, forecast.month, forecast.provider) if is_whole else ""
    return (
        Cell(value=department_word(context, forecast.provider)),
        Cell(value=forecast.used, opens=misses),
        Cell(value=forecast.allowed, opens=misses),
        Cell(value=forecast.ahead, opens=ahead),
        Cell(value=None if expected is None else expected.misses, opens=ahead),
        Cell(value=None if expected is None else expected.least, opens=ahead),
        Cell(value=None if expected is None else expected.most, opens=ahead),
    )


def complaint_tables(
    context: ServiceContext, dates: DateRange, effects: Sequence[ComplaintEffect]
) -> Iterator[Table]:
    """Yield the tables of the complaints that the reader may read.

    A table by department is not among them.
    """
    by_cause = complaint_figures(context, dates, ComplaintsBy.CAUSE)
    yield _counts(context, by_cause.rows, ComplaintsBy.CAUSE, _("Complaints by cause"))
    if len(dates.months) > 1:
        by_quarter = complaint_figures(context, dates, ComplaintsBy.QUARTER)
        yield _counts(context, by_quarter.rows, ComplaintsBy.QUARTER, _("Complaints by quarter"))
    yield _steps(by_cause.steps)
    yield _effects(context, effects)


def _counts(context: ServiceContext, rows: Sequence[ComplaintCounts], by: ComplaintsBy, title: str) -> Table:
    return Table(
        id=f"complaints-{by}",
        title=title,
        columns=tuple(
            Column(heading=heading, kind=kind)
            for heading, kind in zip(complaint_headings(by), COUNT_KINDS, strict=True)
        ),
        rows=tuple(
            count_cells(
                complaint_group(context, one.group, by),
                one,
                {which: complaint_id(which, one.group, by) for which in ComplaintSet},
            )
            for one in rows
        ),
    )


def count_cells(name: str, counts: ComplaintCounts, opens: Mapping[ComplaintSet, str]) -> tuple[Cell, ...]:
    """Return the counts of a group of complaints.

    Each number opens the complaints that it counts, the share opens all.
    """
    lodged, founded, unfounded, *others = (
        Cell(value=number, opens=opens[which])
        for which, number in zip(ComplaintSet, complaint_numbers(counts), strict=True)
    )
    share = Cell(value=Share(ratio=counts.founded_ratio), opens=opens[ComplaintSet.LODGED])
    return (Cell(value=name), lodged, founded, unfounded, share, *others)


def _steps(steps: Sequence[StepTimes]) -> Table:
    kinds = (Kind.TEXT, Kind.COUNT, Kind.SPAN, Kind.SPAN, Kind.COUNT)
    return Table(
        id="complaint-steps",
        title=_("Complaints: working time until each step"),
        short_title=_("Complaints, time of steps"),
        columns=tuple(
            Column(heading=heading, kind=kind) for heading, kind in zip(step_headings(), kinds, strict=True)
        ),
        rows=tuple(
            (
                Cell(value=step_name(one)),
                Cell(value=one.taken, opens=step_id(one.stage)),
                Cell(value=one.median, opens=step_id(one.stage)),
                Cell(value=one.longest, opens=step_id(one.stage)),
                Cell(value=one.escalated, opens=step_id(one.stage, is_passed=True)),
            )
            for one in steps
        ),
    )


def _effects(context: ServiceContext, effects: Sequence[ComplaintEffect]) -> Table:
    ref, _between, before, after, change = effect_headings()
    counted = (before, _("Counted before"), after, _("Counted after"), change)
    return Table(
        id="complaint-effects",
        title=_("Complaints: misses before them and after their remedies, the change in points"),
        short_title=_("Effects of complaints"),
        columns=(
            Column(heading=ref),
            Column(heading=_("Provider")),
            Column(heading=_("Consumer")),
            *(Column(heading=heading, kind=Kind.COUNT) for heading in counted),
        ),
        rows=tuple(
            (
                Cell(value=reference_of(one.complaint.id)),
                Cell(value=department_word(context, one.complaint.against)),
                Cell(value=department_word(context, one.complaint.complainant)),
                *_misses(one.complaint, BEFORE, one.before),
                *_misses(one.complaint, AFTER, one.after),
                Cell(value=None if one.difference is None else in_points(one.difference)),
            )
            for one in effects
            if one.after is not None
        ),
    )


def _misses(complaint: Complaint, side: str, misses: Misses | None) -> tuple[Cell, Cell]:
    counts = misses or Misses()
    return (
        Cell(value=counts.missed, opens=effect_id(complaint, side, RowSet.MISSED)),
        Cell(value=counts.judged, opens=effect_id(complaint, side, RowSet.VALID)),
    )
