"""Finds what a proposal begins with: what is agreed, or the terms as they are."""

from __future__ import annotations

from datetime import date

from sla_tracker.domain.consent.agreement import AgreedParts, Agreement, version_on
from sla_tracker.services.consent.parties import Parties
from sla_tracker.services.consent.standing import agreement_between, present_parts
from sla_tracker.services.context import ServiceContext


def agreement_of(context: ServiceContext, parties: Parties) -> Agreement | None:
    """Return the agreement of two departments about an obligation as of now.

    Returns None before any proposal.
    """
    return context.store.read(
        lambda tx: agreement_between(context, tx, parties.obligation.id, *parties.sides, context.now())
    )


def starting_parts(
    context: ServiceContext, parties: Parties, first_on: date, *, as_they_are: bool = False
) -> AgreedParts:
    """Return the parts of a new proposal before anything in it is changed.

    They are those of the version that would apply on its first day; `as_they_are` takes every limit as it is then,
    agreed or not.
    """
    if as_they_are:
        return present_parts(parties, first_on)
    agreement = agreement_of(context, parties)
    version = (
        version_on(agreement, first_on) if agreement is not None and agreement.ended_at is None else None
    )
    return AgreedParts() if version is None else version.parts
