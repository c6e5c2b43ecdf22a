"""Collects what the report of a range says: rates, matrix, causes, rows behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.measures.causes import CauseRow, pareto
from sla_tracker.domain.measures.comparisons.complaint_effect import ComplaintEffect
from sla_tracker.domain.measures.complaint_counts import ComplaintsBy, ComplaintSet
from sla_tracker.domain.measures.date_range import DateRange, Unit
from sla_tracker.domain.measures.figure_rows import MeasuredSet, RowSet, UpdateSet
from sla_tracker.domain.measures.matrix import ALL, matrix_of
from sla_tracker.domain.measures.request_counts import RequestSet
from sla_tracker.domain.measures.scorecard import Figure, Score, combined
from sla_tracker.i18n import gettext as _
from sla_tracker.report.model import Bar, Cell, Chart, Column, Kind, Mark, Report, Share, Table
from sla_tracker.report.rows.details import ahead_tables, complaint_row_tables, detail_tables
from sla_tracker.report.rows.duties import duty_tables
from sla_tracker.report.rows.figure_ids import (
    SCORED,
    cause_id,
    complaint_id,
    figure_id,
    measured_id,
    month_id,
    request_id,
    update_id,
    verdict_id,
)
from sla_tracker.report.tables.cause_tables import cause_table, cause_trend_table
from sla_tracker.report.tables.comparisons import complaint_tables, count_cells, forecast_table, league_table
from sla_tracker.report.tables.earlier_ranges import compared_table
from sla_tracker.report.tables.matrix_table import mark_of, matrix_table
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments.complaint_effects import complaint_effects
from sla_tracker.services.departments.complaint_figures import complaint_figures
from sla_tracker.services.months.figure_source import Standing, duties_in, figures_in, levels_in, standing_of
from sla_tracker.services.months.forecast import MonthAhead, read_ahead
from sla_tracker.services.months.league import ranked
from sla_tracker.services.months.service_levels import (
    By,
    ServiceLevel,
    details_of_departments,
    grouped,
    present_month,
)
from sla_tracker.services.months.view import MonthFigures, months_until
from sla_tracker.services.queries.reading import reads_all_duties
from sla_tracker.value_class import dataclass
from sla_tracker.wording.checkpoints import footer
from sla_tracker.wording.duties import department_word, percent_on_time, person_word
from sla_tracker.wording.figures.complaints import complaint_group, complaint_headings
from sla_tracker.wording.figures.levels import cause_said, level_titles, obligation_word
from sla_tracker.wording.figures.measured import agreed_word
from sla_tracker.wording.figures.ranges import range_word, standing_word

MONTHS_CHARTED = 12
MOST_BARS = 24  # months; a longer range is charted by years


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportValues:
    """What a report is made of, read once."""

    context: ServiceContext
    standing: Standing
    figures: tuple[Figure, ...]
    duties: tuple[Duty, ...]
    causes: tuple[CauseRow, ...]
    months: Sequence[MonthFigures]
    ahead: MonthAhead | None
    effects: tuple[ComplaintEffect, ...]


def read_report(context: ServiceContext, dates: DateRange) -> Report:
    """Return the report of a range.

    A closed month has the figures of its closing; causes and rows are read from its archive. Raises StoreError.
    """
    standing = standing_of(context, dates)
    duties = duties_in(context, standing)
    reading = ReportValues(
        context=context,
        standing=standing,
        figures=figures_in(context, standing, duties),
        duties=duties,
        causes=pareto(duties, now=standing.now),
        months=_charted_months(context, dates),
        ahead=_ahead(context, dates),
        effects=complaint_effects(context, complaint_figures(context, dates).found),
    )
    is_empty = not reading.figures
    return Report(
        title=_("Service levels in {month}", month=range_word(dates)),
        standing=_standing(context, standing),
        tables=() if is_empty else tuple(table for table in _tables(reading) if table.rows),
        charts=() if is_empty else tuple(chart for chart in _charts(reading) if len(chart.bars) > 1),
        rows=tuple(_rows(reading)),
        ending=footer(context.store, context.now(), context.settings.zone),
    )


def _ahead(context: ServiceContext, dates: DateRange) -> MonthAhead | None:
    """Return what is ahead in the present month.

    None where it is not asked, or not all duties are read.
    """
    is_asked = present_month(context).id in dates.months and reads_all_duties(context.store)
    return read_ahead(context) if is_asked else None


def _rows(reading: ReportValues) -> Iterator[Table]:
    context, standing = reading.context, reading.standing
    yield from duty_tables(context, standing, reading.duties)
    yield from detail_tables(context, standing, reading.duties)
    yield from ahead_tables(context, reading.ahead.ahead if reading.ahead is not None else ())
    yield from complaint_row_tables(context, standing, reading.effects)


def _charted_months(context: ServiceContext, dates: DateRange) -> Sequence[MonthFigures]:
    last = min(dates.months[-1], f"{context.now().astimezone(context.settings.zone):%Y-%m}")
    return months_until(context, last, max(MONTHS_CHARTED, len(dates.months)))


def _standing(context: ServiceContext, standing: Standing) -> str:
    if standing.dates.unit is not Unit.MONTH:
        return standing_word(standing)
    kept = standing.kept.get(standing.dates.id)
    if kept is None:
        return _("The month is open: the figures are those of now.")
    return _(
        "The month was closed on {day} by {person}; its figures do not change any more.",
        day=f"{kept.closed_at.astimezone(context.settings.zone):%Y-%m-%d}",
        person=person_word(context.people, kept.closed_by),
    )


def _tables(reading: ReportValues) -> Iterator[Table]:
    context, standing, found = reading.context, reading.standing, reading.figures
    yield _level_table(reading, "departments", _("By department"), By.DEPARTMENT)
    yield matrix_table(context, matrix_of(found, standing.target))
    yield _level_table(reading, "pairs", _("Who to whom"), By.PAIR)
    yield _level_table(reading, "obligations", _("By obligation"), By.OBLIGATION)
    yield league_table(context, ranked(context, standing, found))
    yield forecast_table(context, standing.dates, reading.ahead)
    yield _measured_table(reading)
    yield compared_table(context, grouped(standing, found, By.DEPARTMENT))
    yield _month_table(reading)
    yield cause_table(reading.causes)
    yield cause_trend_table(standing, reading.duties, reading.causes)
    yield _detail_table(reading)
    yield _complaint_table(context, standing.dates)
    yield from complaint_tables(context, standing.dates, reading.effects)


# --- rates ------------------------------------------------------------------------------------------------------------


def _level_table(reading: ReportValues, id: str, title: str, by: By) -> Table:
    found = grouped(reading.standing, reading.figures, by)
    names = {
        By.DEPARTMENT: (_("Department"),),
        By.PAIR: (_("Provider"), _("Consumer")),
        By.OBLIGATION: (_("Obligation"), _("Provider"), _("Consumer")),
    }[by]
    rows = [
        (
            *_names(reading.context, level, by),
            *score_cells(level.score, _opened(level.provider, level.consumer, level.obligation)),
        )
        for level in found.rows
    ]
    if len(rows) > 1:
        empty = [Cell(value="")] * (len(names) - 1)
        rows.append((Cell(value=_("Total")), *empty, *score_cells(found.total, _opened(ALL, ALL))))
    return Table(
        id=id,
        title=title,
        columns=(*(Column(heading=name) for name in names), *score_columns()),
        rows=tuple(rows),
        has_total=len(rows) > 1,
    )


def _measured_table(reading: ReportValues) -> Table:
    """Return the levels of measured obligations; they are never added to the duties."""
    count, share = Kind.COUNT, Kind.SHARE
    columns = (
        Column(heading=_("Obligation")),
        Column(heading=_("From")),
        Column(heading=_("To")),
        Column(heading=_("Reports"), kind=count),
        Column(heading=_("At the level"), kind=count),
        Column(heading=_("Of"), kind=count),
        Column(heading=_("Share"), kind=share),
        Column(heading=_("Agreed")),
        Column(heading=_("Below the level"), kind=count),
        Column(heading=_("Allowed below"), kind=count),
    )
    rows = []
    for one in levels_in(reading.context, reading.standing, reading.duties):
        is_counted, every = one.measure.is_counted, measured_id(MeasuredSet.REPORTS, one)
        below = every if is_counted else measured_id(MeasuredSet.BELOW_LEVEL, one)
        part, whole = (one.good, one.total) if is_counted else (one.met, one.reports)
        mark = Mark.NONE if one.ratio is None else Mark.KEPT if one.is_kept else Mark.MISSED
        rows.append(
            (
                Cell(value=obligation_word(reading.context, one.obligation)),
                Cell(value=department_word(reading.context, one.provider)),
                Cell(value=department_word(reading.context, one.consumer)),
                Cell(value=one.reports, opens=every),
                Cell(value=part, opens=every if is_counted else measured_id(MeasuredSet.AT_LEVEL, one)),
                Cell(value=whole, opens=every),
                Cell(value=Share(ratio=one.ratio, target=one.target), mark=mark, opens=every),
                Cell(value=agreed_word(one)),
                Cell(value=one.misses, opens=below),
                Cell(value=one.allowed, opens=below),
            )
        )
    title = _("Levels of what is measured; no part of the rates")
    return Table(
        id="measured", title=title, short_title=_("Measured levels"), columns=columns, rows=tuple(rows)
    )


def _names(context: ServiceContext, level: ServiceLevel, by: By) -> tuple[Cell, ...]:
    provider = Cell(value=department_word(context, level.provider))
    if by is By.DEPARTMENT:
        return (provider,)
    sides = (provider, Cell(value=department_word(context, level.consumer)))
    return sides if by is By.PAIR else (Cell(value=obligation_word(context, level.obligation)), *sides)


def score_columns() -> tuple[Column, ...]:
    """Return the columns of a score, each with one number a cell."""
    count, share = Kind.COUNT, Kind.SHARE
    kinds = (count, count, share, share, count, count, count, count, share, count, count, count)
    return tuple(
        Column(heading=heading, kind=kind) for heading, kind in zip(level_titles(), kinds, strict=True)
    )


def _opened(provider: str, consumer: str, obligation: str = "") -> Mapping[RowSet, str]:
    return {rows: figure_id(rows, provider, consumer, obligation) for rows in SCORED}


def score_cells(score: Score, opens: Mapping[RowSet, str]) -> tuple[Cell, ...]:
    """Return a score as cells; each number opens its rows, a budget its misses."""
    return (
        Cell(value=score.good, opens=opens[RowSet.GOOD]),
        Cell(value=score.valid, opens=opens[RowSet.VALID]),
        Cell(
            value=Share(ratio=score.on_time_ratio, target=score.target),
            mark=mark_of(score),
            opens=opens[RowSet.VALID],
        ),
        Cell(value=Share(ratio=score.target, is_target=True)),
        Cell(value=score.bad, opens=opens[RowSet.MISSED]),
        Cell(value=score.budget, opens=opens[RowSet.MISSED]),
        Cell(value=score.first_pass, opens=opens[RowSet.FIRST_PASS]),
        Cell(value=score.judged, opens=opens[RowSet.JUDGED]),
        Cell(value=Share(ratio=score.first_pass_ratio), opens=opens[RowSet.JUDGED]),
        Cell(value=score.waived, opens=opens[RowSet.WAIVED]),
        Cell(value=score.short_notice, opens=opens[RowSet.SHORT_NOTICE]),
        Cell(value=score.pending, opens=opens[RowSet.PENDING]),
    )


def _month_table(reading: ReportValues) -> Table:
    scores = _scores_of(reading.months)
    return Table(
        id="months",
        title=_("Month by month"),
        columns=(Column(heading=_("Month")), *score_columns()),
        rows=tuple(
            (
                Cell(value=heading),
                *score_cells(score, _opened_month(reading.standing, month)),
            )
            for month, heading, score in scores
        ),
    )


def _opened_month(standing: Standing, month: str) -> Mapping[RowSet, str]:
    """Return what the numbers of a month open.

    Empty where the report does not hold all rows of the month.
    """
    is_held = standing.dates.covers(month)
    return {rows: month_id(rows, month) if is_held else "" for rows in SCORED}


def _scores_of(months: Sequence[MonthFigures]) -> list[tuple[str, str, Score]]:
    return [
        (month.id, month.heading(), combined((one.score for one in month.figures), month.target))
        for month in months
    ]


# --- causes and details -----------------------------------------------------------------------------------------------


def _detail_table(reading: ReportValues) -> Table:
    details = details_of_departments(reading.context, reading.standing, reading.duties)
    headings = (
        _("Verdicts"),
        _("By silence"),
        _("Requests"),
        _("Answered in time"),
        _("Answers due"),
        _("Settled in time"),
        _("Settlements due"),
        _("Updates in time"),
        _("Updates due"),
        _("Uncovered"),
    )
    rows = []
    for provider, one in sorted(details.items()):
        verdicts, requests = one.verdicts, one.requests
        own = verdict_id(provider)
        name = Cell(value=department_word(reading.context, provider))
        spans = (Cell(value=verdicts.median, opens=own), Cell(value=verdicts.longest, opens=own))
        asked, answered, due, uncovered = (
            request_id(which, provider)
            for which in (RequestSet.ASKED, RequestSet.ANSWERED, RequestSet.ANSWERS_DUE, RequestSet.UNCOVERED)
        )
        counts = (
            Cell(value=verdicts.verdicts, opens=own),
            Cell(value=verdicts.silent, opens=figure_id(RowSet.SILENT, ALL, provider)),
            Cell(value=requests.asked, opens=asked),
            Cell(value=requests.answered_well, opens=answered),
            Cell(value=requests.answer_judged, opens=due),
            Cell(value=one.settled.good, opens=figure_id(RowSet.SETTLED, provider, ALL)),
            Cell(value=one.settled.valid, opens=figure_id(RowSet.SETTLEMENTS, provider, ALL)),
            Cell(value=one.updates.given, opens=update_id(UpdateSet.GIVEN, provider)),
            Cell(value=one.updates.judged, opens=update_id(UpdateSet.DUE, provider)),
            Cell(value=requests.uncovered, opens=uncovered),
        )
        rows.append((name, *spans, *counts))
    return Table(
        id="details",
        title=_("Verdicts and requests"),
        columns=(
            Column(heading=_("Department")),
            Column(heading=_("Half within"), kind=Kind.SPAN),
            Column(heading=_("Longest"), kind=Kind.SPAN),
            *(Column(heading=heading, kind=Kind.COUNT) for heading in headings),
        ),
        rows=tuple(rows),
    )


def _complaint_table(context: ServiceContext, dates: DateRange) -> Table:
    """Return the complaints by department, those that the reader may read."""
    found = complaint_figures(context, dates)
    kinds = (Kind.TEXT, Kind.COUNT, Kind.COUNT, Kind.COUNT, Kind.SHARE, Kind.COUNT, Kind.COUNT, Kind.COUNT)
    rows = []
    for one in (*found.rows, *([found.total] if len(found.rows) > 1 else [])):
        is_total = one is found.total
        name = _("Total") if is_total else complaint_group(context, one.group, ComplaintsBy.DEPARTMENT)
        group = None if is_total else one.group
        rows.append(count_cells(name, one, {which: complaint_id(which, group) for which in ComplaintSet}))
    return Table(
        id="complaints",
        title=_("Complaints by department"),
        columns=tuple(
            Column(heading=heading, kind=kind)
            for heading, kind in zip(complaint_headings(ComplaintsBy.DEPARTMENT), kinds, strict=True)
        ),
        rows=tuple(rows),
        has_total=len(found.rows) > 1,
    )


# --- charts -----------------------------------------------------------------------------------------------------------


def _charts(reading: ReportValues) -> Iterator[Chart]:
    is_by_month = len(reading.months) <= MOST_BARS
    yield Chart(
        id="rate-chart",
        title=_("On-time rate by month") if is_by_month else _("On-time rate by year"),
        line_title=_("Target"),
        bars=tuple(
            Bar(
                label=label,
                ratio=score.on_time_ratio,
                text=percent_on_time(score),
                line=score.target,
                mark=mark_of(score),
                opens=_opened_month(reading.standing, label)[RowSet.VALID] if is_by_month else "",
            )
            for label, score in _charted(reading)
        ),
    )
    most = reading.causes[0].share_ratio if reading.causes else None
    yield Chart(
        id="cause-chart",
        title=_("Causes of what was late or returned"),
        line_title=_("Together"),
        bars=tuple(
            Bar(
                label=cause_said(one.cause),
                ratio=one.share_ratio if most else None,
                text=str(one.count),
                line=one.cumulative_ratio,
                opens=cause_id(one.cause),
            )
            for one in reading.causes
        ),
    )


def _charted(reading: ReportValues) -> list[tuple[str, Score]]:
    months = reading.months
    if len(months) <= MOST_BARS:
        return [(month.id, combined((one.score for one in month.figures), month.target)) for month in months]
    target = reading.standing.target
    years: dict[str, list[Score]] = {}
    for month in months:
        years.setdefault(month.id[:4], []).extend(one.score for one in month.figures)
    return [(year, combined(scores, target)) for year, scores in years.items()]
