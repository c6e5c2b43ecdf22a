"""Turns the figures of one cell of the matrix into lines: counts, months, causes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import groupby, pairwise

from sla_tracker.domain.clean import clean
from sla_tracker.domain.measures.beside import Beside
from sla_tracker.domain.measures.comparisons.complaint_effect import EffectSide
from sla_tracker.domain.measures.date_range import MONTHS_OF_YEAR, DateRange
from sla_tracker.domain.measures.figure_rows import (
    ComplaintFigure,
    EffectFigure,
    MeasuredFigure,
    OpenedFigure,
    PastFigure,
    RequestFigure,
    RowSet,
    UpdateFigure,
    VerdictFigure,
)
from sla_tracker.domain.measures.matrix import ALL
from sla_tracker.domain.measures.request_counts import RequestSet
from sla_tracker.domain.measures.scorecard import Figure, Score, combined
from sla_tracker.domain.measures.verdict_times import VerdictTimes
from sla_tracker.domain.reference import reference_of
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import together
from sla_tracker.services.imports.past_months import PastMonth
from sla_tracker.services.months.opened_rows import CellDetails
from sla_tracker.services.months.view import MonthFigures
from sla_tracker.tui.calls.figures import NO_COMPARISONS, NO_DETAILS, Comparisons
from sla_tracker.tui.view_context import ViewContext
from sla_tracker.tui.widgets.figures.comparison_lines import forecast_lines, league_lines, place_lines
from sla_tracker.tui.widgets.figures.figure_list import FigureLine
from sla_tracker.tui.widgets.figures.signs import boxes, sign_of, spark, tone_of
from sla_tracker.tui.widgets.lists.sections import Section
from sla_tracker.value_class import dataclass
from sla_tracker.wording.duties import format_hours, percent, percent_on_time, percent_target, text_of
from sla_tracker.wording.figures.complaints import after_word, before_word, points_note
from sla_tracker.wording.figures.levels import budget_word, cause_said, counts_note
from sla_tracker.wording.figures.measured import measured_texts


@dataclass(frozen=True, slots=True, kw_only=True)
class CellFigures:
    """A cell of the matrix in the range shown, with the months before.

    `details` and `comparisons` are empty until they are read.
    """

    shown: MonthFigures
    dates: DateRange
    months: Sequence[MonthFigures]
    provider: str
    consumer: str
    details: CellDetails = NO_DETAILS
    comparisons: Comparisons = NO_COMPARISONS

    def figures_of(self, month: MonthFigures) -> list[Figure]:
        """Return a month's figures between the cell's departments."""
        return [
            one
            for one in month.figures
            if self.provider in (ALL, one.provider) and self.consumer in (ALL, one.consumer)
        ]

    @property
    def is_whole(self) -> bool:
        """Return whether the cell holds all that its provider owes, to whomever."""
        return all(
            self.consumer in (ALL, one.consumer)
            for one in self.shown.figures
            if self.provider in (ALL, one.provider)
        )

    def score_of(self, month: MonthFigures) -> Score:
        """Return a month's score between the cell's departments."""
        return combined((one.score for one in self.figures_of(month)), month.target)

    def opened(self, rows: RowSet, obligation: str = "", cause: str | None = None) -> OpenedFigure:
        """Return which rows a figure of the cell opens."""
        return OpenedFigure(
            rows=rows, provider=self.provider, consumer=self.consumer, obligation=obligation, cause=cause
        )


def figure_lines(cell: CellFigures, names: ViewContext) -> tuple[list[FigureLine], list[Section]]:
    """Return the lines of a cell and their sections; the first line is the rate."""
    parts = (
        (_title(cell, names), [*_counts(cell), *_own_comparisons(cell)]),
        (_("Measured; no part of the rates"), list(_measured(cell, names))),
        (_("Forecast"), list(_forecasts(cell, names))),
        (_("League"), list(_league(cell, names))),
        (_("Compared"), list(_compared(cell))),
        (_("What complaints changed"), list(_effects(cell))),
        (_("Last months; ┃ is the target"), [*_months(cell), *_imported(cell)]),
        (_("Causes"), list(_causes(cell))),
        (_("Causes, {steps}", steps=_steps_word(cell)), list(_trends(cell))),
        (_("Obligations"), list(_obligations(cell, names))),
    )
    found: list[FigureLine] = []
    ends = [0]
    for _heading, lines in parts:
        found += lines
        ends.append(len(found))
    sections = [
        Section(title, start, end, "week")
        for (title, _lines), (start, end) in zip(parts, pairwise(ends), strict=True)
        if end > start
    ]
    return found, sections


def _title(cell: CellFigures, names: ViewContext) -> str:
    provider = _("All") if cell.provider == ALL else names.department(cell.provider)
    if cell.consumer == ALL:
        return provider
    return f"{provider} → {names.department(cell.consumer)}"


def _counts(cell: CellFigures) -> Iterator[FigureLine]:
    score = cell.score_of(cell.shown)
    note = _(
        "{good}/{valid}, target {target}",
        good=score.good,
        valid=score.valid,
        target=percent_target(score.target),
    )
    yield _rate_line(cell, "rate", _("On time"), note, score)
    yield FigureLine(
        key="misses",
        label=_("Misses"),
        number=str(score.bad),
        note=f"{boxes(score)} {budget_word(score)}".strip(),
        figure=cell.opened(RowSet.MISSED),
    )
    yield FigureLine(
        key="first-pass",
        label=_("First pass"),
        number=percent(score.first_pass_ratio),
        note=f"{score.first_pass}/{score.judged}",
        figure=cell.opened(RowSet.FIRST_PASS),
    )
    for rows, label, count in (
        (RowSet.RETURNED, _("Returned"), score.judged - score.first_pass),
        (RowSet.PENDING, _("Pending"), score.pending),
        (RowSet.WAIVED, _("Waived"), score.waived),
        (RowSet.SHORT_NOTICE, _("Short notice"), score.short_notice),
    ):
        yield FigureLine(key=rows.value, label=label, number=str(count), figure=cell.opened(rows))
    if cell.details.beside is not None and cell.provider != ALL:
        yield from _details(cell, cell.details.beside)
    if cell.details.rated:
        rated = cell.opened(RowSet.RATED)
        yield FigureLine(key="rated", label=_("Rated"), number=str(cell.details.rated), figure=rated)
    yield from _complaints(cell)


def _complaints(cell: CellFigures) -> Iterator[FigureLine]:
    """Yield the complaints that a department answers for, or all.

    Between two departments none are counted.
    """
    found = cell.comparisons.complaints
    if found is None or not cell.is_whole:
        return
    counts = [one for one in found.rows if one.group == cell.provider] if cell.provider else [found.total]
    for one in counts:
        if one.lodged:
            yield FigureLine(
                key="complaints",
                label=_("Complaints"),
                number=str(one.lodged),
                note=_("{n} founded, {running} running", n=one.founded, running=one.running),
                figure=ComplaintFigure(department=cell.provider),
            )


def _effects(cell: CellFigures) -> Iterator[FigureLine]:
    """Yield the misses between the cell's departments around each complaint.

    They are counted before the complaint and after its remedy.
    """
    for effect in cell.comparisons.effects:
        complaint = effect.complaint
        if cell.provider not in (ALL, complaint.against) or cell.consumer not in (ALL, complaint.complainant):
            continue
        ref = reference_of(complaint.id)
        for side, label, number in (
            (EffectSide.BEFORE, _("{ref} before", ref=ref), before_word(effect)),
            (EffectSide.AFTER, _("{ref} after", ref=ref), after_word(effect)),
        ):
            yield FigureLine(
                key=f"effect {complaint.id} {side}",
                label=label,
                number=number,
                note=_("misses, of counted ones") if side is EffectSide.BEFORE else points_note(effect),
                figure=EffectFigure(complaint=complaint.id, side=side),
            )


def _details(cell: CellFigures, beside: Beside) -> Iterator[FigureLine]:
    """Yield the lines of verdicts, requests and updates."""
    yield from _verdict_lines(cell, beside.verdicts)
    yield from _request_lines(cell, beside)
    if beside.updates.judged:
        said = _("{given} of {judged} in time", given=beside.updates.given, judged=beside.updates.judged)
        updates = UpdateFigure(provider=cell.provider, consumer=cell.consumer)
        yield FigureLine(
            key="updates", label=_("Updates"), number=str(beside.updates.judged), note=said, figure=updates
        )


def _verdict_lines(cell: CellFigures, verdicts: VerdictTimes) -> Iterator[FigureLine]:
    """Yield the lines of verdicts; for a department alone of those that it gave."""
    judges = cell.consumer or cell.provider
    judged = cell.provider if cell.consumer else ""
    if verdicts.verdicts:
        yield FigureLine(
            key="verdicts",
            label=_("Verdicts"),
            number=str(verdicts.verdicts),
            note=""
            if verdicts.median is None
            else _("half within {span}", span=format_hours(verdicts.median)),
            figure=VerdictFigure(provider=judged, consumer=judges),
        )
    if verdicts.longest is not None:
        yield FigureLine(
            key="longest-verdict",
            label=_("Slowest verdict"),
            number="",
            note=format_hours(verdicts.longest),
        )
    if verdicts.silent:
        yield FigureLine(
            key="silent",
            label=_("By silence"),
            number=str(verdicts.silent),
            figure=OpenedFigure(rows=RowSet.SILENT, provider=judged, consumer=judges),
        )


def _request_lines(cell: CellFigures, beside: Beside) -> Iterator[FigureLine]:
    requests, settled = beside.requests, beside.settled
    if requests.asked or settled.valid:
        for one, label, number in (
            (RequestSet.ASKED, _("Requests"), str(requests.asked)),
            (
                RequestSet.ANSWERS_DUE,
                _("Answered in time"),
                f"{requests.answered_well}/{requests.answer_judged}",
            ),
        ):
            figure = RequestFigure(requests=one, provider=cell.provider, consumer=cell.consumer)
            yield FigureLine(key=one.value, label=label, number=number, figure=figure)
        yield FigureLine(
            key="settled",
            label=_("Settled in time"),
            number=f"{settled.good}/{settled.valid}",
            figure=cell.opened(RowSet.SETTLEMENTS),
        )
    if requests.uncovered:
        yield FigureLine(
            key="uncovered",
            label=_("Uncovered"),
            number=str(requests.uncovered),
            figure=RequestFigure(
                requests=RequestSet.UNCOVERED, provider=cell.provider, consumer=cell.consumer
            ),
        )


def _measured(cell: CellFigures, names: ViewContext) -> Iterator[FigureLine]:
    """Yield the levels of measured obligations between the cell's departments."""
    for one in cell.shown.levels:
        if cell.provider not in (ALL, one.provider) or cell.consumer not in (ALL, one.consumer):
            continue
        known = names.catalogue.obligations.get(one.obligation)
        _reports, level, share, agreed, misses = measured_texts(one)
        yield FigureLine(
            key=f"measured {one.provider} {one.consumer} {one.obligation}",
            label=text_of(known.title) if known else clean(one.obligation),
            number=share,
            note=_(", ").join((level, agreed, misses)),
            sign="✓" if one.is_kept else "!",
            tone="good" if one.is_kept else "overdue",
            ratio=one.ratio,
            line=one.target,
            has_bar=True,
            figure=MeasuredFigure(
                provider=one.provider,
                consumer=one.consumer,
                obligation=one.obligation,
                is_counted=one.measure.is_counted,
            ),
        )


def _own_comparisons(cell: CellFigures) -> Iterator[FigureLine]:
    """Yield a department's own forecast and place."""
    if cell.provider != ALL and cell.is_whole:
        forecasts = [one for one in cell.comparisons.forecasts if one.provider == cell.provider]
        places = [one for one in cell.comparisons.league if one.provider == cell.provider]
        yield from forecast_lines(forecasts)
        yield from place_lines(places)


def _forecasts(cell: CellFigures, names: ViewContext) -> Iterator[FigureLine]:
    if cell.provider == ALL and cell.is_whole:
        yield from forecast_lines(cell.comparisons.forecasts, names.department)


def _league(cell: CellFigures, names: ViewContext) -> Iterator[FigureLine]:
    if cell.provider == ALL and cell.is_whole:
        yield from league_lines(cell.comparisons.league, names.department)


def _compared(cell: CellFigures) -> Iterator[FigureLine]:
    """Yield the rate in the range before, and in that of a year before."""
    for place, past in enumerate(cell.comparisons.past):
        figures = [
            one.score
            for one in past.figures
            if cell.provider in (ALL, one.provider) and cell.consumer in (ALL, one.consumer)
        ]
        score = combined(figures, past.target)
        said = (_("a year before") if place else _("before"), counts_note(score) if score.valid else "")
        line = _rate_line(cell, f"compared {past.dates.id}", past.dates.id, together(*said), score)
        yield replace(line, dates=past.dates)


def _months(cell: CellFigures) -> Iterator[FigureLine]:
    for month in reversed(cell.months):
        score = cell.score_of(month)
        note = "  ".join(filter(None, (f"{score.good}/{score.valid}", _("closed") if month.closed else "")))
        yield replace(_rate_line(cell, f"month {month.id}", month.id, note, score), month=month.id)


def _rate_line(cell: CellFigures, key: str, label: str, note: str, score: Score) -> FigureLine:
    """Return the line of a rate with its bar beside the target.

    The line opens what the rate is counted from.
    """
    return FigureLine(
        key=key,
        label=label,
        number=percent_on_time(score),
        note=note,
        sign=sign_of(score),
        tone=tone_of(score),
        ratio=score.on_time_ratio,
        line=score.target,
        has_bar=True,
        figure=cell.opened(RowSet.VALID),
    )


def _imported(cell: CellFigures) -> Iterator[FigureLine]:
    """Yield the months of the imported past before those with figures.

    Their duties are owed to all departments, and no rate counts them.
    """
    if not cell.is_whole:
        return
    known = {month.id for month in cell.months if month.figures}
    months: dict[str, list[PastMonth]] = {}
    for one in cell.comparisons.imported:
        if one.month not in known and cell.provider in (ALL, one.provider):
            months.setdefault(one.month, []).append(one)
    for month, parts in sorted(months.items(), reverse=True):
        good, valid = sum(one.good for one in parts), sum(one.valid for one in parts)
        ratio = Decimal(good) / valid
        yield FigureLine(
            key=f"imported {month}",
            label=month,
            number=percent(ratio),
            note=_("imported, {good}/{valid}", good=good, valid=valid),
            tone="muted",
            ratio=ratio,
            has_bar=True,
            figure=PastFigure(provider=cell.provider),
            month=month,
            is_imported=True,
        )


def _causes(cell: CellFigures) -> Iterator[FigureLine]:
    beside = cell.details.beside
    for cause in beside.causes if beside is not None else ():
        yield FigureLine(
            key=f"cause {cause.cause}",
            label=cause_said(cause.cause),
            number=str(cause.count),
            note=f"{right_aligned(percent(cause.share_ratio))}  Σ {percent(cause.cumulative_ratio)}",
            ratio=cause.share_ratio,
            has_bar=True,
            figure=cell.opened(RowSet.CAUSES, cause=cause.cause),
        )


def _trends(cell: CellFigures) -> Iterator[FigureLine]:
    """Yield how often each cause was given in each month, or year of a long range."""
    for trend in cell.details.trends:
        counts = [sum(own) for _step, own in _by_step(cell, trend.counts)]
        yield FigureLine(
            key=f"trend {trend.cause}",
            label=cause_said(trend.cause),
            number=str(sum(trend.counts)),
            note=f"{spark(counts)}  {' · '.join(map(str, counts))}",
            figure=cell.opened(RowSet.CAUSES, cause=trend.cause),
        )


def _by_step(cell: CellFigures, counts: Sequence[int]) -> Iterator[tuple[str, list[int]]]:
    """Yield the counts of each month, of more than twelve months those of each year."""
    months = cell.dates.months
    length = len("2026-11") if len(months) <= MONTHS_OF_YEAR else len("2026")
    pairs = zip(months, counts, strict=True)
    for step, own in groupby(pairs, key=lambda one: one[0][:length]):
        yield step, [count for _month, count in own]


def _steps_word(cell: CellFigures) -> str:
    """Return the first and the last step of a trend."""
    months = cell.dates.months
    first, last = months[0], months[-1]
    if len(months) > MONTHS_OF_YEAR:
        first, last = first[:4], last[:4]
    return _("{first} to {last}", first=first, last=last)


def right_aligned(share: str) -> str:
    """Return a share in the width of the longest one."""
    return share.rjust(len("100.0 %"))


def _obligations(cell: CellFigures, names: ViewContext) -> Iterator[FigureLine]:
    found = cell.figures_of(cell.shown)
    for one in sorted(found, key=lambda figure: (figure.score.is_kept, figure.obligation)):
        known = names.catalogue.obligations.get(one.obligation)
        yield FigureLine(
            key=f"obligation {one.provider} {one.consumer} {one.obligation}",
            label=f"{one.score.good}/{one.score.valid}",
            number=percent_on_time(one.score),
            note=text_of(known.title) if known else clean(one.obligation),
            sign=sign_of(one.score),
            tone=tone_of(one.score),
            figure=OpenedFigure(
                rows=RowSet.VALID, provider=one.provider, consumer=one.consumer, obligation=one.obligation
            ),
        )
