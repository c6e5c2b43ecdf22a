"""Finds what the heads of two departments are told once about their agreement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta

from sla_tracker.domain.consent.agreement import Agreement, Proposal, ProposalState, version_on
from sla_tracker.domain.consent.notice import Notice, NoticeKind
from sla_tracker.services.consent.standing import as_of, contradictions, is_expired
from sla_tracker.services.context import ServiceContext

NEWS_AGE = timedelta(days=7)  # older news is told to nobody: a store that was just set up


_BY_STATE = {
    ProposalState.ACCEPTED: NoticeKind.ACCEPTED,
    ProposalState.REFUSED: NoticeKind.REFUSED,
    ProposalState.WITHDRAWN: NoticeKind.WITHDRAWN,
    ProposalState.LAPSED: NoticeKind.LAPSED,
}


# What is over and therefore in no list of what is open, or of what applies.
DECIDED = frozenset({*_BY_STATE.values(), NoticeKind.ENDED})


def notices_of(context: ServiceContext, stored: Agreement, now: datetime) -> Iterator[Notice]:
    """Yield what is to be told about an agreement now, to each department concerned."""
    agreement = as_of(context, stored, now)
    for proposal in agreement.proposals:
        yield from _about_proposal(agreement, proposal)
    yield from _about_version(context, agreement, now)


def recent_notices(context: ServiceContext, agreement: Agreement, now: datetime) -> Iterator[Notice]:
    """Yield what is still news about an agreement."""
    for notice in notices_of(context, agreement, now):
        if notice.at is None or now - notice.at <= NEWS_AGE:
            yield notice


def _about_proposal(agreement: Agreement, proposal: Proposal) -> Iterator[Notice]:
    by_side = {side: _other(agreement, side) for side in agreement.sides}
    asked, asking = by_side[proposal.proposed_from], proposal.proposed_from
    if proposal.state is ProposalState.OPEN:
        is_answer = any(
            one.state is ProposalState.COUNTERED and one.number == proposal.number - 1
            for one in agreement.proposals
        )
        yield Notice(
            kind=NoticeKind.COUNTERED if is_answer else NoticeKind.PROPOSED,
            agreement=agreement,
            department=asked,
            proposal=proposal,
            at=proposal.proposed_at,
            by=proposal.proposed_by,
        )
        return
    kind = _BY_STATE.get(proposal.state)
    if kind is None:
        return  # what it was countered with says so itself
    told: Iterable[str] = agreement.sides if kind is NoticeKind.LAPSED else (asking,)
    for department in (asked,) if kind is NoticeKind.WITHDRAWN else told:
        yield Notice(
            kind=kind,
            agreement=agreement,
            department=department,
            proposal=proposal,
            at=proposal.decided_at,
            by=proposal.decided_by,
        )


def _about_version(context: ServiceContext, agreement: Agreement, now: datetime) -> Iterator[Notice]:
    today = now.astimezone(context.settings.zone).date()
    version = version_on(agreement, today)
    against = tuple(contradictions(context, [agreement]))
    found: list[tuple[NoticeKind, Proposal, datetime | None]] = []
    if agreement.ended_at is not None:
        found += [(NoticeKind.ENDED, agreement.proposals[-1], agreement.ended_at)]
    elif version is not None and version.last_on is not None and is_expired(version, today):
        midnight = context.calendar_of("").instant_of(version.last_on + timedelta(days=1), time())
        found += [(NoticeKind.EXPIRED, version, midnight)]
    if against:
        found += [(NoticeKind.CONTRADICTED, against[0].version, None)]
    for kind, proposal, at in found:
        for department in agreement.sides:
            yield Notice(
                kind=kind,
                agreement=agreement,
                department=department,
                proposal=proposal,
                at=at,
                against=against if kind is NoticeKind.CONTRADICTED else (),
            )


def _other(agreement: Agreement, side: str) -> str:
    return agreement.consumer if side == agreement.provider else agreement.provider
