"""Formats the rows behind a figure for all front ends.

The rows are requests, verdicts, updates, reports and complaints.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sla_tracker.domain.clean import clean
from sla_tracker.domain.duties.complaint import COMPLAINT_WORDS, STAGE_WORDS
from sla_tracker.domain.duties.request import REQUEST_WORDS
from sla_tracker.domain.measures.comparisons.complaint_effect import EffectSide
from sla_tracker.domain.measures.complaint_counts import ComplaintSet, cause_of, verdict_of
from sla_tracker.domain.measures.figure_rows import (
    MEASURED_SET_WORDS,
    UPDATE_SET_WORDS,
    MeasuredFigure,
    UpdateFigure,
)
from sla_tracker.domain.measures.request_counts import (
    REQUEST_SET_WORDS,
    CountedRequest,
    RequestSet,
)
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.i18n.punctuation import paired
from sla_tracker.wording.duties import (
    department_word,
    format_hours,
    format_period,
    format_span,
    percent,
    text_of,
)
from sla_tracker.wording.figures.complaints import verdict_word
from sla_tracker.wording.figures.levels import obligation_word
from sla_tracker.wording.figures.measured import agreed_word
from sla_tracker.wording.party_statements import cause_word

if TYPE_CHECKING:
    from sla_tracker.domain.duties.complaint import Complaint
    from sla_tracker.domain.duties.duty import Duty
    from sla_tracker.domain.imports.past import PastDuty
    from sla_tracker.domain.measures.comparisons.complaint_effect import ComplaintEffect
    from sla_tracker.domain.measures.complaint_counts import StepSpan
    from sla_tracker.domain.measures.verdict_times import VerdictSpan
    from sla_tracker.services.context import ServiceContext
    from sla_tracker.services.months.forecast import Ahead
    from sla_tracker.services.months.opened_details import MeasuredRow, UpdateRow

COMPLAINT_SET_WORDS = {
    ComplaintSet.LODGED: N_("Lodged"),
    ComplaintSet.FOUNDED: N_("Founded"),
    ComplaintSet.UNFOUNDED: N_("Unfounded"),
    ComplaintSet.RUNNING: N_("Running"),
    ComplaintSet.REPEATED: N_("Repeated"),
    ComplaintSet.ESCALATED: N_("Escalated"),
}
REFERENCE = 6  # characters of an id that people type


def request_row_headings() -> tuple[str, ...]:
    """Return the column headings of the requests behind a figure."""
    return (
        _("Asked"),
        _("Answer by"),
        _("Answered"),
        _("In time"),
        _("Obligation"),
        _("About"),
        _("From → to"),
        _("State"),
    )


def request_row_texts(context: ServiceContext, counted: CountedRequest) -> tuple[str, ...]:
    """Return one request behind a figure as texts; nobody is named."""
    one = counted.request
    return (
        _moment(context, one.requested_at),
        _moment(context, one.answer_due_at),
        _moment(context, one.answered_at),
        answer_word(counted),
        obligation_word(context, one.obligation) if one.duty else _("covered by no obligation"),
        clean(one.subject),
        _between(context, one.provider, one.consumer),
        _(REQUEST_WORDS[one.state]),
    )


def answer_word(one: CountedRequest) -> str:
    """Return whether a request was answered in time; empty while that is not known."""
    if one.in_time is None:
        return ""
    return _("yes") if one.in_time else _("no")


def request_figure_heading(
    context: ServiceContext, requests: RequestSet, provider: str, consumer: str, count: int
) -> str:
    """Return which figure of requests is opened, and how many it counts."""
    said = [_(REQUEST_SET_WORDS[requests]), *_sides(context, provider, consumer)]
    return "{}: {}".format(" · ".join(said), ngettext("{n} request", "{n} requests", count))


def verdict_row_headings() -> tuple[str, ...]:
    """Return the column headings of the verdicts behind a median."""
    return (
        _("Ref"),
        _("Working time"),
        _("Delivered"),
        _("Verdict"),
        _("Result"),
        _("Duty"),
        _("About"),
        _("From → to"),
    )


def verdict_row_texts(context: ServiceContext, one: VerdictSpan) -> tuple[str, ...]:
    """Return one verdict behind a median as texts; nobody is named."""
    duty = one.duty
    return (
        duty.reference,
        format_hours(one.span),
        _moment(context, one.delivered_at),
        _moment(context, one.verdict_at),
        _("accepted") if one.is_accepted else _("returned"),
        *_what_and_sides(context, duty),
    )


def verdict_figure_heading(context: ServiceContext, provider: str, consumer: str, count: int) -> str:
    """Return whose verdicts are opened, and how many."""
    said = [_("verdicts by people"), *_sides(context, provider, consumer)]
    return "{}: {}".format(" · ".join(said), ngettext("{n} verdict", "{n} verdicts", count))


def update_row_headings() -> tuple[str, ...]:
    """Return the column headings of the limits of updates behind a figure."""
    return (_("Ref"), _("Limit"), _("Told"), _("In time"), _("Duty"), _("About"), _("From → to"))


def update_row_texts(context: ServiceContext, one: UpdateRow) -> tuple[str, ...]:
    """Return one limit of a duty's updates as texts; what was told is not repeated."""
    limit = one.limit
    return (
        one.duty.reference,
        _moment(context, limit.limit_at),
        _moment(context, limit.given_at),
        _("no") if limit.given_at is None else _("yes"),
        *_what_and_sides(context, one.duty),
    )


def update_figure_heading(context: ServiceContext, figure: UpdateFigure, count: int) -> str:
    """Return which updates are opened, and how many limits there are."""
    said = [_(UPDATE_SET_WORDS[figure.updates]), *_sides(context, figure.provider, figure.consumer)]
    return "{}: {}".format(" · ".join(said), ngettext("{n} limit", "{n} limits", count))


def measured_row_headings() -> tuple[str, ...]:
    """Return the column headings of the reports behind a level."""
    return (
        _("Ref"),
        _("Reported"),
        _("Of"),
        _("At the level"),
        _("Agreed"),
        _("Delivered"),
        _("Duty"),
        _("About"),
        _("From → to"),
    )


def reported_numbers(one: MeasuredRow) -> tuple[Decimal | int | None, int | None]:
    """Return what a report says: n and N, or its number alone."""
    measure, last = one.level.measure, one.duty.delivery
    if measure.is_counted:
        return one.level.good, one.level.total
    return (None if last is None else Decimal(last.evidence[measure.field])), None


def measured_row_texts(context: ServiceContext, one: MeasuredRow) -> tuple[str, ...]:
    """Return one report behind a level as texts."""
    last = one.duty.delivery
    part, whole = ("" if number is None else f"{Decimal(number):f}" for number in reported_numbers(one))
    return (
        one.duty.reference,
        part,
        whole,
        _("yes") if one.level.met else _("no"),
        agreed_word(one.level),
        _moment(context, None if last is None else last.at),
        *_what_and_sides(context, one.duty),
    )


def measured_figure_heading(context: ServiceContext, figure: MeasuredFigure, count: int) -> str:
    """Return which reports are opened, and how many."""
    said = [_(MEASURED_SET_WORDS[figure.reports]), *_sides(context, figure.provider, figure.consumer)]
    if figure.obligation:
        said.append(obligation_word(context, figure.obligation))
    return "{}: {}".format(" · ".join(said), ngettext("{n} report", "{n} reports", count))


def ahead_row_headings() -> tuple[str, ...]:
    """Return the column headings of what is ahead in a forecast."""
    return (_("Ref"), _("Odds of a miss"), _("Due"), _("State"), _("Duty"), _("About"), _("From → to"))


def ahead_row_texts(context: ServiceContext, one: Ahead) -> tuple[str, ...]:
    """Return a duty that may still be missed as texts.

    A planned turn has no reference yet.
    """
    odds = None if one.odds is None else Decimal(one.odds.numerator) / one.odds.denominator
    return (
        one.reference,
        percent(odds),
        _moment(context, one.due_at),
        _("open") if one.reference else _("planned"),
        text_of(one.title),
        clean(one.subject) or format_period(one.period_start, one.period_end),
        _between(context, one.between[0], one.between[1]),
    )


def ahead_figure_heading(context: ServiceContext, provider: str, count: int) -> str:
    """Return whose forecast is opened, and how many duties are ahead."""
    said = [_("still ahead"), *_sides(context, provider, "")]
    return "{}: {}".format(" · ".join(said), ngettext("{n} duty", "{n} duties", count))


def past_row_headings() -> tuple[str, ...]:
    """Return the column headings of duties of the imported past."""
    return (_("Due"), _("Delivered"), _("Outcome"), _("Obligation"), _("About"), _("From → to"))


def past_row_texts(context: ServiceContext, one: PastDuty) -> tuple[str, ...]:
    """Return one duty of the imported past as texts."""
    if one.is_on_time:
        outcome = _("on time")
    elif one.delivered_at is None:
        outcome = _("never delivered")
    else:
        outcome = _("{span} late", span=format_span(one.due_at, one.delivered_at, context.settings.zone))
    return (
        _moment(context, one.due_at),
        _moment(context, one.delivered_at),
        outcome,
        obligation_word(context, one.obligation),
        clean(one.subject),
        _between(context, one.provider, one.consumer),
    )


def past_figure_heading(context: ServiceContext, provider: str, count: int) -> str:
    """Return which part of the imported past is opened, and how many duties it has."""
    said = [_("imported past, in no rate"), *_sides(context, provider, "")]
    return "{}: {}".format(" · ".join(said), ngettext("{n} duty", "{n} duties", count))


def effect_figure_heading(effect: ComplaintEffect, side: EffectSide) -> str:
    """Return which duties compared by a complaint are opened, and the number missed."""
    ref, misses = effect.complaint.id[-REFERENCE:], effect.misses(side)
    if misses is None:
        return _("the remedy of {ref} is not carried out yet", ref=ref)
    is_before = side is EffectSide.BEFORE
    said = _("before complaint {ref}", ref=ref) if is_before else _("after the remedy of {ref}", ref=ref)
    return paired(said, _("{missed} of {judged} missed", missed=misses.missed, judged=misses.judged))


def complaint_row_headings() -> tuple[str, ...]:
    """Return the column headings of the complaints behind a figure."""
    return (_("Ref"), _("Recorded"), _("From → about"), _("Verdict"), _("Cause"), _("State"))


def complaint_row_texts(context: ServiceContext, one: Complaint) -> tuple[str, ...]:
    """Return one complaint behind a figure as texts, without what people wrote."""
    cause = cause_of(one)
    return (
        one.id[-REFERENCE:],
        _moment(context, one.recorded_at),
        _between(context, one.complainant, one.against),
        verdict_word(verdict_of(one)),
        cause_word(cause) if cause else "",
        _(COMPLAINT_WORDS[one.state]),
    )


def complaint_figure_heading(complaints: ComplaintSet, group: str, count: int) -> str:
    """Return which complaints are opened, and how many."""
    said = [_(COMPLAINT_SET_WORDS[complaints]), *([group] if group else [])]
    return "{}: {}".format(" · ".join(said), ngettext("{n} complaint", "{n} complaints", count))


def step_row_headings() -> tuple[str, ...]:
    """Return the column headings of the spans behind a median of steps."""
    return (_("Ref"), _("Step"), _("Working time"), _("Taken"), _("Limit passed"), _("From → about"))


def step_row_texts(context: ServiceContext, one: StepSpan) -> tuple[str, ...]:
    """Return how long one complaint waited for a step as texts."""
    return (
        one.complaint.id[-REFERENCE:],
        _(STAGE_WORDS[one.stage]),
        format_hours(one.span),
        _moment(context, one.taken_at),
        _("yes") if one.is_escalated else "",
        _between(context, one.complaint.complainant, one.complaint.against),
    )


def _sides(context: ServiceContext, provider: str, consumer: str) -> list[str]:
    said = []
    if provider:
        said.append(_("from {department}", department=department_word(context, provider)))
    if consumer:
        said.append(_("to {department}", department=department_word(context, consumer)))
    return said


def _what_and_sides(context: ServiceContext, duty: Duty) -> tuple[str, str, str]:
    """Return a duty's title, what it is about, and its departments."""
    return (
        text_of(duty.title),
        clean(duty.subject) or format_period(duty.period_start, duty.period_end),
        _between(context, duty.provider, duty.consumer),
    )


def _between(context: ServiceContext, one: str, other: str) -> str:
    return f"{department_word(context, one)} → {department_word(context, other)}"


def _moment(context: ServiceContext, at: datetime | None) -> str:
    return "" if at is None else f"{at.astimezone(context.settings.zone):%Y-%m-%d %H:%M}"
