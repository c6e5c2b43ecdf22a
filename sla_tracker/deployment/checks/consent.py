"""Checks of `sla doctor` on agreements between departments."""

from __future__ import annotations

from collections.abc import Iterator

from sla_tracker.deployment.checks.host import answers
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import paired
from sla_tracker.services.consent.parties import departments_without_head
from sla_tracker.services.consent.standing import TermsState, agreements_of, contradictions, party_terms
from sla_tracker.services.deployment import Finding, OpenDeployment
from sla_tracker.wording.consent.agreement_words import format_contradiction
from sla_tracker.wording.duties import text_of

MOST_NAMED = 10
"""Most contradictions that are named one by one."""


def check_agreements(opened: OpenDeployment) -> Iterator[Finding]:
    """Yield the findings on agreements, and on what departs from them.

    They tell how much is agreed, which departments cannot agree, and where plugins differ from an agreement.
    """
    context = opened.context
    names = [
        context.catalogue.departments[id].name for id in departments_without_head(context, context.now())
    ]
    if names:
        yield Finding(
            about=_("Agreements"),
            well=True,
            sentence=_(
                "Without a head nobody can agree for: {departments}. Give somebody there the role “head”.",
                departments=_(", ").join(text_of(name) for name in names),
            ),
        )
    if not answers(opened):
        return
    stands = [one.standing for one in party_terms(context)]
    agreements = agreements_of(context)
    if agreements:
        yield Finding(
            about=_("Agreements"),
            well=True,
            sentence=_(
                "{agreed} agreed, {expired} expired, {assumed} only assumed",
                agreed=stands.count(TermsState.AGREED),
                expired=stands.count(TermsState.EXPIRED),
                assumed=stands.count(TermsState.ASSUMED),
            ),
        )
    for found in list(contradictions(context, agreements))[:MOST_NAMED]:
        yield Finding(
            about=_("Agreement {ref}", ref=found.agreement.reference),
            well=False,
            sentence=paired(text_of(found.agreement.title), format_contradiction(found)),
            advice=_("Let plugin and settings say the same, or let both heads agree anew (sla agree)."),
        )
