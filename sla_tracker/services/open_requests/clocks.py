"""Finds the clocks of a stored duty's request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sla_tracker.domain.agreements.request_terms import Limit, RequestTerms
from sla_tracker.domain.deadlines.due import Interval
from sla_tracker.domain.duties.duty import Duty, Terms
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.duties.request_clocks import AskedRequest
from sla_tracker.services.context import ServiceContext

WAITS_ZH, WAITS_EN = "等内部客户的资料", "waits for the consumer's papers"


def request_terms_of(duty: Duty) -> RequestTerms:
    """Return what a duty keeps of the trigger of its request.

    Where the trigger has nothing special, only the limits are set.
    """
    return duty.terms.request or RequestTerms(usual=Limit(due=duty.terms.due))


def with_consent(terms: Terms, values: Mapping[str, str]) -> Terms:
    """Return a duty's terms with what is agreed and assumed of its limits.

    The values of the request choose these limits.
    """
    kept = terms.request
    if kept is None or kept.version is None:
        return terms
    return replace(terms, assumed=kept.assumed_for(values), agreed=kept.version_for(values))


def asked_request(context: ServiceContext, duty: Duty, request: Request) -> AskedRequest:
    """Return the request of a duty with what its clocks depend on.

    The limit of its answer is the one that it has.
    """
    return AskedRequest(
        terms=request_terms_of(duty),
        requested_at=request.requested_at,
        calendar_for=lambda rule: context.calendar_of(duty.provider, rule.calendar or duty.terms.calendar),
        wanted_by=request.wanted_on or request.wanted_at,
        fields=request.fields,
        changes=tuple(change for change in duty.field_changes if change.counts),
        answered_at=duty.answered_at,
        answer_limit=request.answer_deadline,
        papers_at=papers_there_at(duty),
        papers_told_at=papers_told_at(duty),
    )


def papers_there_at(duty: Duty) -> datetime | None:
    """Return when the last paper was there; None while one is missing."""
    if duty.missing_papers or not duty.papers:
        return None
    return max(paper.at for paper in duty.papers)


def papers_told_at(duty: Duty) -> datetime | None:
    """Return when the provider was last told of papers that had come earlier.

    None for no such paper.
    """
    return max((paper.told_at for paper in duty.papers if paper.told_at is not None), default=None)


def paper_wait(duty: Duty) -> tuple[Interval, ...]:
    """Return the wait for papers that still runs, as excused time.

    Empty once all papers are there.
    """
    if not duty.missing_papers:
        return ()
    return (Interval(start_at=duty.opened_at, end_at=None, why=WAITS_ZH, why_en=WAITS_EN),)
