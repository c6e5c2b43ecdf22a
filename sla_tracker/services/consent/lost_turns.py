"""Finds the turns that would fall between the present terms and proposed ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from sla_tracker.domain.agreements.obligation import Obligation
from sla_tracker.domain.agreements.occurrences import occurrences
from sla_tracker.domain.consent.agreement import AgreedParts, Agreement, Proposal, ProposalState, versions_of
from sla_tracker.domain.consent.applied import with_versions
from sla_tracker.services.consent.parties import Parties
from sla_tracker.services.context import ServiceContext
from sla_tracker.value_class import dataclass

AROUND = timedelta(days=400)  # how far from the first day of new terms the turns of a year's rule lie
LONG_AGO = date(1970, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LostTurn:
    """A turn that neither the present terms nor the proposed ones would open.

    By the present terms its day lies on or after the first day of the new ones, by the new ones before it.
    """

    present_on: date
    proposed_on: date


def lost_turns(
    context: ServiceContext,
    parties: Parties,
    agreement: Agreement | None,
    parts: AgreedParts,
    first_on: date,
) -> Iterator[LostTurn]:
    """Yield the turns that neither the present terms nor the proposed ones would open."""
    declared = replace(parties.obligation, triggers=parties.obligation.declared)
    base = agreement or Agreement(
        id="",
        obligation=declared.id,
        provider=parties.provider,
        consumer=parties.consumer,
        title=declared.title,
    )
    known = versions_of(base)
    proposed = Proposal(
        number=1 + max([one.number for one in base.proposals], default=0),
        parts=parts,
        first_on=first_on,
        proposed_at=context.now(),
        proposed_by="",
        proposed_from="",
        state=ProposalState.ACCEPTED,
    )
    before = _days(context, parties.obligation, first_on)
    after = _days(context, with_versions(declared, base, [*known, proposed]), first_on)
    always = _days(context, with_versions(declared, base, [replace(proposed, first_on=LONG_AGO)]), first_on)
    for key, day in sorted(before.items(), key=lambda one: one[1]):
        if day >= first_on and key not in after and key in always:
            yield LostTurn(present_on=day, proposed_on=always[key])


def _days(context: ServiceContext, obligation: Obligation, around: date) -> dict[str, date]:
    """Return the day before roll of each turn near a day, by key."""
    found = occurrences(obligation, context.calendar_of, around - AROUND, around + AROUND)
    return {turn.key: turn.deadline.nominal_on for turn in found}
