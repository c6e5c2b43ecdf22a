"""JSON documents of agreements. Field names are stable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sla_tracker.cli.formats.documents import instant, words
from sla_tracker.domain.deadlines.due import rule_to_table
from sla_tracker.services.consent.standing import present_parts

if TYPE_CHECKING:
    from sla_tracker.domain.consent.agreement import (
        AgreedCondition,
        AgreedParts,
        Agreement,
        NewObligation,
        Proposal,
    )
    from sla_tracker.domain.deadlines.due_rule import DueRule
    from sla_tracker.services.consent.standing import PartyTerms


def terms_document(terms: PartyTerms) -> dict[str, Any]:
    """Return how an obligation between two departments stands."""
    agreement = terms.agreement
    return {
        "obligation": terms.parties.obligation.id,
        "title": words(terms.parties.obligation.title),
        "provider": terms.parties.provider,
        "consumer": terms.parties.consumer,
        "standing": terms.standing.value,
        "assumed_parts": list(terms.assumed),
        "set_by_admin": list(terms.set_by_admin),
        **_parts(present_parts(terms.parties, terms.on)),
        "version": terms.version.number if terms.version else None,
        "agreement": agreement.reference if agreement else None,
        "open_proposal": proposal_document(agreement.open) if agreement and agreement.open else None,
    }


def agreement_document(agreement: Agreement) -> dict[str, Any]:
    """Return an agreement with all its proposals."""
    return {
        "id": agreement.id,
        "reference": agreement.reference,
        "obligation": agreement.obligation,
        "title": words(agreement.title),
        "provider": agreement.provider,
        "consumer": agreement.consumer,
        "created": agreement.created is not None,
        "fields": _fields(agreement.created),
        "condition": _condition(agreement.created.condition if agreement.created else None),
        "also_opened_by": _further(agreement.created),
        "ended_at": instant(agreement.ended_at),
        "proposals": [proposal_document(one) for one in agreement.proposals],
    }


def proposal_document(proposal: Proposal) -> dict[str, Any]:
    """Return a proposal; an accepted one is the version of its number."""
    return {
        "number": proposal.number,
        "state": proposal.state.value,
        **_parts(proposal.parts),
        "first_on": proposal.first_on.isoformat(),
        "last_on": proposal.last_on.isoformat() if proposal.last_on else None,
        "note": proposal.note or None,
        "proposed_at": instant(proposal.proposed_at),
        "proposed_by": proposal.proposed_by,
        "proposed_from": proposal.proposed_from,
        "decided_at": instant(proposal.decided_at),
        "decided_by": proposal.decided_by or None,
        "answer": proposal.answer or None,
    }


def _parts(parts: AgreedParts) -> dict[str, Any]:
    return {
        "limits": [
            {
                "trigger": one.trigger,
                "value": one.value or None,
                "due": _rule(one.due),
                "answer": _rule(one.answer),
                "earliest": _rule(one.earliest),
                "roll": one.roll.value if one.roll else None,
                "target": None if one.target is None else str(one.target),
            }
            for one in parts.limits
        ],
        "target": None if parts.target is None else str(parts.target),
    }


def _fields(created: NewObligation | None) -> list[dict[str, Any]]:
    """Return what a request for a new obligation asks for."""
    return [
        {
            "id": one.id,
            "kind": one.kind.value,
            "label": words(one.label),
            "choices": [{"id": choice.id, "label": words(choice.label)} for choice in one.choices],
            "chooses_limits": one.id == created.limits_by,
        }
        for one in (created.fields if created else ())
        if created
    ]


def _condition(agreed: AgreedCondition | None) -> dict[str, Any] | None:
    if agreed is None:
        return None
    condition = agreed.as_condition()
    bounds = {"at_least": condition.at_least, "at_most": condition.at_most, "less_than": condition.less_than}
    return {
        "field": condition.field,
        "equals": None if condition.bounds else condition.equals,
        **{name: None if bound is None else str(bound) for name, bound in bounds.items()},
    }


def _further(created: NewObligation | None) -> list[dict[str, Any]]:
    """Return the further triggers of a new obligation, named as their limits are."""
    return [
        {
            "trigger": f"{one.trigger}:{one.id}",
            "event_type": one.event_type or None,
            "condition": _condition(one.condition),
        }
        for one in (created.further if created else ())
    ]


def _rule(rule: DueRule | None) -> dict[str, Any] | None:
    if rule is None:
        return None
    return {
        key: value if isinstance(value, int | list) else str(value)
        for key, value in rule_to_table(rule).items()
    }
