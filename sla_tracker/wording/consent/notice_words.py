"""Says what became of a proposal or an agreement, for messages and the inbox."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sla_tracker.domain.clean import clean
from sla_tracker.domain.consent.notice import NoticeKind
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import bracketed, paired
from sla_tracker.services.consent.parties import parties_between
from sla_tracker.wording.consent.agreement_words import (
    format_contradiction,
    format_created,
    format_days,
    format_parts,
)
from sla_tracker.wording.duties import department_word, person_word, text_of

if TYPE_CHECKING:
    from sla_tracker.domain.consent.notice import Notice
    from sla_tracker.services.context import ServiceContext

NOTICE_WORDS: Mapping[NoticeKind, str] = {
    NoticeKind.PROPOSED: N_("Terms proposed to you: {what}"),
    NoticeKind.COUNTERED: N_("Other terms proposed to you: {what}"),
    NoticeKind.ACCEPTED: N_("Your proposal was accepted: {what}"),
    NoticeKind.REFUSED: N_("Your proposal was refused: {what}"),
    NoticeKind.WITHDRAWN: N_("A proposal was withdrawn: {what}"),
    NoticeKind.LAPSED: N_("A proposal lapsed, nobody decided: {what}"),
    NoticeKind.EXPIRED: N_("An agreement has expired, its terms go on: {what}"),
    NoticeKind.CONTRADICTED: N_("Plugin or settings say otherwise than an agreement, which stands: {what}"),
    NoticeKind.ENDED: N_("An agreement has ended, no plugin declares its obligation any more: {what}"),
}
# What is told with the terms of the proposal.
_WITH_TERMS = frozenset({NoticeKind.PROPOSED, NoticeKind.COUNTERED, NoticeKind.ACCEPTED, NoticeKind.EXPIRED})


def notice_title(notice: Notice) -> str:
    """Return what happened, in one line."""
    return _(NOTICE_WORDS[notice.kind], what=text_of(notice.agreement.title))


def notice_lines(context: ServiceContext, notice: Notice) -> Iterator[str]:
    """Yield who is concerned, the terms or the reason, and the command to see more."""
    agreement, proposal = notice.agreement, notice.proposal
    provider, consumer = (department_word(context, one) for one in agreement.sides)
    between = _("{provider} owes {consumer}", provider=provider, consumer=consumer)
    yield bracketed(between, person_word(context.people, notice.by)) if notice.by else between
    if notice.kind in _WITH_TERMS:
        for term in format_created(agreement.created, context.catalogue):
            yield paired(term.full_label, term.text)
        parties = parties_between(context, agreement.obligation, *agreement.sides)
        for term in format_parts(proposal.parts, parties.obligation.declared if parties else ()):
            yield paired(term.full_label, term.text)
        yield format_days(proposal.first_on, proposal.last_on)
    for one in notice.against:
        yield format_contradiction(one)
    said = proposal.answer if notice.kind is NoticeKind.REFUSED else ""
    if notice.kind in {NoticeKind.PROPOSED, NoticeKind.COUNTERED}:
        said = proposal.note
    if said:
        yield _("They say: {text}", text=clean(said))
    yield _("See: {command}", command=f"sla agree show {agreement.reference}")
