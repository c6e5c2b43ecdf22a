"""List of the terms between departments, for files.

A row has both departments' names and the anchor of its agreement.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sla_tracker.domain.consent.agreement import Agreement, Proposal
from sla_tracker.domain.deadlines.rules import can_roll, roll_of
from sla_tracker.domain.verbs import Verb
from sla_tracker.i18n import gettext as _
from sla_tracker.services.consent.standing import PartyTerms, present_parts, present_triggers
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.queries.list_content import ListCell, ListContent
from sla_tracker.wording.checkpoints import SHOWN_DIGITS, Checkpoint
from sla_tracker.wording.consent.agreement_words import format_days, format_limits, format_settled
from sla_tracker.wording.duties import department_word, percent_target, text_of
from sla_tracker.wording.terms import ROLL_WORDS


def agreement_list(context: ServiceContext, rows: Sequence[PartyTerms], *sides: str) -> ListContent:
    """Return the terms between departments as a table to print.

    `sides` are the two departments; without them it is the table of all that are given.
    """
    names = [department_word(context, one) for one in sides if one]
    headings = (
        *(_("Obligation"), _("From"), _("To"), _("Limit"), _("Day off"), _("Target"), _("Days")),
        *(_("How it stands"), _("Anchor")),
    )
    title = _("Agreements: {departments}", departments=_(", ").join(names)) if names else _("Agreements")
    return ListContent(
        id="agreements", title=title, headings=headings, rows=tuple(_cells(context, row) for row in rows)
    )


def _cells(context: ServiceContext, row: PartyTerms) -> tuple[ListCell, ...]:
    triggers = present_triggers(row.parties, row.on)
    rolls = [_(ROLL_WORDS[roll]) for one in triggers if can_roll(one.due) and (roll := roll_of(one.due))]
    target, version = present_parts(row.parties, row.on).target, row.version
    return (
        text_of(row.parties.obligation.title),
        department_word(context, row.parties.provider),
        department_word(context, row.parties.consumer),
        format_limits(triggers),
        _("; ").join(dict.fromkeys(rolls)),
        percent_target(context.settings.target if target is None else target),
        format_days(version.first_on, version.last_on) if version is not None else "",
        format_settled(row, context.people, context.settings.zone),
        _anchor(context, row.agreement, version) if row.agreement is not None and version is not None else "",
    )


def _anchor(context: ServiceContext, agreement: Agreement, version: Proposal) -> str:
    """Return number and hash of the commit that accepted a version.

    In a store without a hash chain, it is the number alone.
    """
    at: datetime | None = version.decided_at
    for change in context.store.history(agreement.id):
        if change.act.what == Verb.ACCEPTED_AGREEMENT and change.act.at == at:
            known = context.store.hashes_at([change.sequence])
            found = known.get(change.sequence, "")
            return (
                str(Checkpoint(sequence=change.sequence, hash=found[:SHOWN_DIGITS]))
                if found
                else f"{change.sequence}"
            )
    return ""
