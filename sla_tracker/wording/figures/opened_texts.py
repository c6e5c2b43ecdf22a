"""Opens a figure that is no set of duties and returns its rows as texts.

Commands and terminal show the same texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sla_tracker.domain.measures.complaint_counts import ComplaintsBy
from sla_tracker.domain.measures.figure_rows import (
    ComplaintFigure,
    DetailFigure,
    ForecastFigure,
    MeasuredFigure,
    PastFigure,
    RequestFigure,
    UpdateFigure,
    VerdictFigure,
)
from sla_tracker.i18n import gettext as _
from sla_tracker.services.departments.complaint_effects import open_effect
from sla_tracker.services.imports.past_months import past_duties
from sla_tracker.services.months import opened_details
from sla_tracker.services.months.figure_source import standing_of
from sla_tracker.services.months.forecast import Ahead, read_ahead, readable_provider
from sla_tracker.services.months.opened_rows import OpenedRows, counted_row
from sla_tracker.value_class import dataclass
from sla_tracker.wording.figures import detail_rows
from sla_tracker.wording.figures.complaints import complaint_group
from sla_tracker.wording.figures.ranges import range_word, standing_word
from sla_tracker.wording.figures.rows import figure_row_headings, figure_row_texts

if TYPE_CHECKING:
    from sla_tracker.domain.imports.past import PastDuty
    from sla_tracker.domain.measures.comparisons.complaint_effect import EffectSide
    from sla_tracker.domain.measures.date_range import DateRange
    from sla_tracker.domain.people import Actor
    from sla_tracker.services.context import ServiceContext
    from sla_tracker.services.departments.complaint_effects import OpenedEffect

Texts = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedTexts:
    """Rows behind a figure as texts under headings.

    `standing` is the range and whether it is final.
    """

    standing: str
    heading: str
    headings: Texts
    rows: Sequence[Texts]


def opened_texts(
    context: ServiceContext, actor: Actor, dates: DateRange, figure: DetailFigure
) -> OpenedTexts:
    """Return the rows that a figure of a range counts.

    Raises Forbidden for a forecast of others.
    """
    match figure:
        case RequestFigure():
            opened = _requests(context, dates, figure)
        case VerdictFigure():
            opened = _verdicts(context, dates, figure)
        case UpdateFigure():
            opened = _updates(context, dates, figure)
        case MeasuredFigure():
            opened = _levels(context, dates, figure)
        case ComplaintFigure():
            opened = _complaints(context, dates, figure)
        case ForecastFigure():
            opened = _forecast(context, actor, figure)
        case PastFigure():
            opened = past_texts(context, past_duties(context, figure.provider, dates.months), figure, dates)
        case _:
            opened = effect_texts(context, open_effect(context, figure), figure.side)
    return opened


def ahead_of(context: ServiceContext, actor: Actor, figure: ForecastFigure) -> tuple[str, Sequence[Ahead]]:
    """Return the present month and the duties ahead that a forecast figure counts.

    Only departments whose forecast the person may read are counted.
    """
    provider = readable_provider(context, actor, figure.provider)
    found = read_ahead(context, provider or "")
    return found.month, () if provider is None else found.ahead


def _requests(context: ServiceContext, dates: DateRange, figure: RequestFigure) -> OpenedTexts:
    provider, consumer = figure.provider, figure.consumer
    opened = opened_details.open_requests(context, dates, figure.requests, provider, consumer)
    count = len(opened.rows)
    return OpenedTexts(
        standing=standing_word(opened.standing),
        heading=detail_rows.request_figure_heading(context, figure.requests, provider, consumer, count),
        headings=detail_rows.request_row_headings(),
        rows=[detail_rows.request_row_texts(context, one) for one in opened.rows],
    )


def _verdicts(context: ServiceContext, dates: DateRange, figure: VerdictFigure) -> OpenedTexts:
    opened = opened_details.open_verdicts(context, dates, figure.provider, figure.consumer)
    count = len(opened.rows)
    return OpenedTexts(
        standing=standing_word(opened.standing),
        heading=detail_rows.verdict_figure_heading(context, figure.provider, figure.consumer, count),
        headings=detail_rows.verdict_row_headings(),
        rows=[detail_rows.verdict_row_texts(context, one) for one in opened.rows],
    )


def _updates(context: ServiceContext, dates: DateRange, figure: UpdateFigure) -> OpenedTexts:
    opened = opened_details.open_updates(context, dates, figure)
    return OpenedTexts(
        standing=standing_word(opened.standing),
        heading=detail_rows.update_figure_heading(context, figure, len(opened.rows)),
        headings=detail_rows.update_row_headings(),
        rows=[detail_rows.update_row_texts(context, one) for one in opened.rows],
    )


def _levels(context: ServiceContext, dates: DateRange, figure: MeasuredFigure) -> OpenedTexts:
    opened = opened_details.open_levels(context, dates, figure)
    return OpenedTexts(
        standing=standing_word(opened.standing),
        heading=detail_rows.measured_figure_heading(context, figure, len(opened.rows)),
        headings=detail_rows.measured_row_headings(),
        rows=[detail_rows.measured_row_texts(context, one) for one in opened.rows],
    )


def _complaints(context: ServiceContext, dates: DateRange, figure: ComplaintFigure) -> OpenedTexts:
    by, group = ComplaintsBy.DEPARTMENT, figure.department or None
    found = opened_details.open_complaints(context, dates, figure.complaints, by, group)
    named = "" if group is None else complaint_group(context, group, by)
    return OpenedTexts(
        standing=range_word(dates),
        heading=detail_rows.complaint_figure_heading(figure.complaints, named, len(found)),
        headings=detail_rows.complaint_row_headings(),
        rows=[detail_rows.complaint_row_texts(context, one) for one in found],
    )


def past_texts(
    context: ServiceContext, found: Sequence[PastDuty], figure: PastFigure, dates: DateRange | None
) -> OpenedTexts:
    """Return duties of the imported past, of a range or of all months, as texts."""
    return OpenedTexts(
        standing=range_word(dates) if dates is not None else _("all months"),
        heading=detail_rows.past_figure_heading(context, figure.provider, len(found)),
        headings=detail_rows.past_row_headings(),
        rows=[detail_rows.past_row_texts(context, one) for one in found],
    )


def effect_texts(context: ServiceContext, opened: OpenedEffect, side: EffectSide) -> OpenedTexts:
    """Return the duties compared on one side of a complaint as texts.

    The texts do not say who worked on them.
    """
    rows: list[Texts] = []
    if opened.dates is not None:
        standing = standing_of(context, opened.dates)
        counted = tuple(counted_row(context, duty, standing.now) for duty in opened.duties)
        every = OpenedRows(standing=standing, rows=counted)
        rows = [figure_row_texts(context, every, one)[:-1] for one in counted]
    return OpenedTexts(
        standing=range_word(opened.dates) if opened.dates is not None else "",
        heading=detail_rows.effect_figure_heading(opened.effect, side),
        headings=figure_row_headings()[:-1],
        rows=rows,
    )


def _forecast(context: ServiceContext, actor: Actor, figure: ForecastFigure) -> OpenedTexts:
    month, ahead = ahead_of(context, actor, figure)
    return OpenedTexts(
        standing=month,
        heading=detail_rows.ahead_figure_heading(context, figure.provider, len(ahead)),
        headings=detail_rows.ahead_row_headings(),
        rows=[detail_rows.ahead_row_texts(context, one) for one in ahead],
    )
