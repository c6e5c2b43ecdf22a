"""Formats requests, verdicts and complaints behind a figure for commands, terminal and reports."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sla_tracker.domain.clean import clean
from sla_tracker.domain.duties.complaint import COMPLAINT_WORDS, STAGE_WORDS
from sla_tracker.domain.duties.request import REQUEST_WORDS
from sla_tracker.domain.measures.complaint_counts import ComplaintSet, cause_of, verdict_of
from sla_tracker.domain.measures.request_counts import (
    REQUEST_SET_WORDS,
    RequestSet,
    is_answer_judged,
    is_answered_well,
)
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.wording.duties import format_hours, format_period, text_of
from sla_tracker.wording.figures.complaints import verdict_word
from sla_tracker.wording.figures.levels import obligation_word
from sla_tracker.wording.party_statements import cause_word
from sla_tracker.wording.reminders import department_word

if TYPE_CHECKING:
    from sla_tracker.domain.duties.complaint import Complaint
    from sla_tracker.domain.duties.request import Request
    from sla_tracker.domain.measures.complaint_counts import StepSpan
    from sla_tracker.domain.measures.verdict_times import VerdictSpan
    from sla_tracker.services.context import ServiceContext

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


def request_row_texts(context: ServiceContext, one: Request, now: datetime) -> tuple[str, ...]:
    """Return one request behind a figure as texts; nobody is named."""
    return (
        _moment(context, one.requested_at),
        _moment(context, one.answer_due_at),
        _moment(context, one.answered_at),
        answer_word(one, now),
        obligation_word(context, one.obligation) if one.duty else _("covered by no obligation"),
        clean(one.subject),
        _between(context, one.provider, one.consumer),
        _(REQUEST_WORDS[one.state]),
    )


def answer_word(one: Request, now: datetime) -> str:
    """Return whether a request was answered in time; empty while that is not known."""
    if not is_answer_judged(one, now):
        return ""
    return _("yes") if is_answered_well(one, now) else _("no")


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
        text_of(duty.title),
        clean(duty.subject) or format_period(duty.period_start, duty.period_end),
        _between(context, duty.provider, duty.consumer),
    )


def verdict_figure_heading(context: ServiceContext, provider: str, consumer: str, count: int) -> str:
    """Return whose verdicts are opened, and how many."""
    said = [_("verdicts by people"), *_sides(context, provider, consumer)]
    return "{}: {}".format(" · ".join(said), ngettext("{n} verdict", "{n} verdicts", count))


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


def span_minutes(span: timedelta) -> int:
    """Return a span in whole minutes."""
    return int(span.total_seconds() // 60)


def _sides(context: ServiceContext, provider: str, consumer: str) -> list[str]:
    said = []
    if provider:
        said.append(_("from {department}", department=department_word(context, provider)))
    if consumer:
        said.append(_("to {department}", department=department_word(context, consumer)))
    return said


def _between(context: ServiceContext, one: str, other: str) -> str:
    return f"{department_word(context, one)} → {department_word(context, other)}"


def _moment(context: ServiceContext, at: datetime | None) -> str:
    return "" if at is None else f"{at.astimezone(context.settings.zone):%Y-%m-%d %H:%M}"
