"""The tables of a report about causes: how often each was given, in which month."""

from __future__ import annotations

from collections.abc import Sequence

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.measures.causes import CauseRow, trends
from sla_tracker.i18n import gettext as _
from sla_tracker.report.model import Cell, Column, Kind, Share, Table, Tidy
from sla_tracker.report.rows.figure_ids import cause_id, cause_month_id
from sla_tracker.services.months.figure_source import Standing
from sla_tracker.wording.figures.levels import cause_headings, cause_said

MOST_MONTHS = 24  # beside each other


def cause_table(causes: Sequence[CauseRow]) -> Table:
    """Return the causes by frequency, each with its share and the running sum."""
    kinds = (Kind.TEXT, Kind.COUNT, Kind.SHARE, Kind.SHARE)
    return Table(
        id="causes",
        title=_("Causes of what was late or returned"),
        short_title=_("Causes"),
        columns=tuple(
            Column(heading=heading, kind=kind) for heading, kind in zip(cause_headings(), kinds, strict=True)
        ),
        rows=tuple(
            (
                Cell(value=cause_said(one.cause)),
                Cell(value=one.count, opens=cause_id(one.cause)),
                Cell(value=Share(ratio=one.share_ratio), opens=cause_id(one.cause)),
                Cell(value=Share(ratio=one.cumulative_ratio)),
            )
            for one in causes
        ),
    )


def cause_trend_table(standing: Standing, duties: Sequence[Duty], causes: Sequence[CauseRow]) -> Table:
    """Return how often each cause was given in each month.

    There are no rows for a single month, or for very many.
    """
    months = standing.dates.months
    found = trends(duties, [one.cause for one in causes], months, now=standing.now)
    is_shown = 1 < len(months) <= MOST_MONTHS
    return Table(
        id="cause-months",
        title=_("Causes by month"),
        columns=(
            Column(heading=_("Cause")),
            *(Column(heading=month, kind=Kind.COUNT) for month in months),
        ),
        rows=tuple(
            (
                Cell(value=cause_said(one.cause)),
                *(
                    Cell(value=count, opens=cause_month_id(one.cause, month))
                    for month, count in zip(months, trend.counts, strict=True)
                ),
            )
            for one, trend in zip(causes, found, strict=True)
            if is_shown
        ),
        tidy=Tidy(
            columns=(
                Column(heading=_("Cause")),
                Column(heading=_("Month")),
                Column(heading=_("Count"), kind=Kind.COUNT),
            ),
            rows=tuple(
                (Cell(value=cause_said(one.cause)), Cell(value=month), Cell(value=count))
                for one, trend in zip(causes, found, strict=True)
                for month, count in zip(months, trend.counts, strict=True)
            ),
        ),
    )
