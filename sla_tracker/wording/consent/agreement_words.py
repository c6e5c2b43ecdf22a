"""Says how the terms between two departments stand, alike in every front end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, tzinfo
from typing import TYPE_CHECKING

from sla_tracker.domain.agreements.obligation import OnRequest
from sla_tracker.domain.clean import clean
from sla_tracker.domain.consent.agreement import (
    PROPOSAL_WORDS,
    AgreedLimit,
    AgreedParts,
    NewObligation,
    NewTrigger,
    Proposal,
    ProposalState,
    TermPart,
)
from sla_tracker.domain.consent.applied import trigger_name
from sla_tracker.domain.consent.limit_rows import declared_rows
from sla_tracker.domain.deadlines.due_rule import DueRule, Roll
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import bracketed, paired
from sla_tracker.services.consent.standing import TermsState
from sla_tracker.value_class import dataclass
from sla_tracker.wording.consent.agreed_words import format_consent
from sla_tracker.wording.consent.rule_words import format_rule
from sla_tracker.wording.consent.typed_triggers import TRIGGER_WORDS, opening_word
from sla_tracker.wording.duties import ASSUMED_WORDS, percent_target, person_word, text_of
from sla_tracker.wording.terms import ROLL_WORDS
from sla_tracker.wording.withheld import format_answer

if TYPE_CHECKING:
    from sla_tracker.domain.agreements.catalogue import Catalogue
    from sla_tracker.domain.agreements.fields import Field
    from sla_tracker.domain.agreements.obligation import Trigger
    from sla_tracker.domain.consent.notice import Contradiction
    from sla_tracker.domain.people import Person
    from sla_tracker.services.consent.standing import PartyTerms

OPEN = "open"  # the group of terms about which a proposal is open
GROUP_WORDS: Mapping[str, str] = {
    OPEN: N_("Proposals to decide"),
    TermsState.ASSUMED: N_("Not agreed"),
    TermsState.EXPIRED: N_("Expired"),
    TermsState.AGREED: N_("Agreed"),
    TermsState.DECLARED: N_("As the plugin says"),
}
STATE_WORDS = {
    TermsState.ASSUMED: N_("not agreed"),
    TermsState.EXPIRED: N_("expired"),
    TermsState.AGREED: N_("agreed"),
    TermsState.DECLARED: N_("as the plugin says"),
    TermsState.PROPOSED: N_("new, proposed"),
}
NOTHING = "–"
PART_WORDS = {
    TermPart.DUE: N_("Limit"),
    TermPart.ANSWER: N_("First answer"),
    TermPart.EARLIEST: N_("Earliest"),
    TermPart.ROLL: N_("Day off"),
    TermPart.TARGET: N_("Target"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One part of the terms in words: what it is, and what it says.

    `about` names the trigger, or the value that chooses it, where there are several; else it is empty.
    """

    label: str
    text: str
    about: str = ""

    @property
    def full_label(self) -> str:
        """Return the label with what it is about in brackets."""
        return bracketed(self.label, self.about) if self.about else self.label

    @property
    def full_text(self) -> str:
        """Return the text after what it is about, for places where labels are narrow."""
        return paired(self.about, self.text) if self.about else self.text


def format_parts(
    parts: AgreedParts, declared: Iterable[Trigger], *, typed_names: bool = False
) -> Iterator[Term]:
    """Yield the parts that are proposed or agreed, in words.

    With `typed_names` triggers are called as they are typed behind `--trigger`.
    """
    triggers = tuple(declared)
    names_of_all = tuple(dict.fromkeys(trigger_name(one) for one in triggers))
    several = len(names_of_all) > 1
    for limit in parts.limits:
        called = limit.trigger if typed_names else named_trigger(limit.trigger, names_of_all)
        names = [called] if several else []
        names += [value_word(limit.value, triggers)] if limit.value else []
        for part, said in _limit_words(limit):
            yield Term(label=_(PART_WORDS[part]), about=clean(" · ".join(names)), text=said)
    if parts.target is not None:
        yield Term(label=_(PART_WORDS[TermPart.TARGET]), text=percent_target(parts.target))


def named_trigger(name: str, names: Iterable[str]) -> str:
    """Return a trigger's name in words, such as "by an event".

    Beside others of its kind it has its id. `name` is as agreements have it; `names` are those of all triggers.
    """
    kind, _colon, id = name.partition(":")
    word = _(TRIGGER_WORDS[kind]) if kind in TRIGGER_WORDS else clean(name)
    is_only = sum(other.partition(":")[0] == kind for other in names) < 2
    return word if is_only or not id else f"{word} {clean(id)}"


def format_created(
    created: NewObligation | None, catalogue: Catalogue, *, typed_names: bool = False
) -> Iterator[Term]:
    """Yield what a new obligation asks for, when it opens and what is handed in.

    Yields nothing for an obligation that a plugin declares.
    """
    if created is None:
        return
    if created.fields:
        said = [_field_word(one) for one in created.fields]
        yield Term(label=_("Asks for"), text=_("; ").join(said))
    names_of_all = [_created_name(new) for new in created.opened_by]
    for new in created.opened_by:
        name = _created_name(new)
        if not typed_names:
            name = named_trigger(name, names_of_all)
        if created.further:
            opened = opening_word(new.trigger, new.event_type, catalogue.event_types)
            yield Term(label=_("Opens"), about=name if typed_names else "", text=opened)
        if new.condition is not None:
            about = name if created.further else ""
            yield Term(label=_("Only where"), about=about, text=_condition_words(new, created, catalogue))
    if created.evidence:
        yield Term(label=_("Evidence"), text=_(", ").join(text_of(one.label) for one in created.evidence))


def _created_name(new: NewTrigger) -> str:
    return f"{new.trigger}:{new.id}" if new.id else new.trigger


def _condition_words(new: NewTrigger, created: NewObligation, catalogue: Catalogue) -> str:
    assert new.condition is not None
    known = catalogue.event_types.get(new.event_type)
    fields = known.fields if known is not None else created.fields
    field = next((one for one in fields if one.id == new.condition.field), None)
    label = text_of(field.label) if field is not None else clean(new.condition.field)
    return paired(label, format_answer(new.condition.as_condition(), field))


def _field_word(field: Field) -> str:
    choices = _(", ").join(text_of(one.label) for one in field.choices)
    return bracketed(text_of(field.label), choices) if choices else text_of(field.label)


def _limit_words(limit: AgreedLimit) -> Iterator[tuple[TermPart, str]]:
    if limit.due is not None:
        yield TermPart.DUE, format_rule(limit.due)
    if limit.earliest is not None:
        yield TermPart.EARLIEST, format_rule(limit.earliest)
    if limit.answer is not None:
        yield TermPart.ANSWER, format_rule(limit.answer)
    if limit.roll is not None:
        yield TermPart.ROLL, _(ROLL_WORDS[limit.roll])
    if limit.target is not None:
        yield TermPart.TARGET, percent_target(limit.target)


def value_word(value: str, declared: Iterable[Trigger]) -> str:
    """Return the label of a value that chooses limits, else the value itself.

    A value has no label where no field has it any more.
    """
    for trigger in declared:
        fields = trigger.fields if isinstance(trigger, OnRequest) else ()
        for choice in (choice for field in fields for choice in field.choices):
            if choice.id == value:
                return text_of(choice.label)
    return clean(value)


def format_part_value(value: object) -> str:
    """Return the value of one part in words: a rule, a roll, or a target."""
    if isinstance(value, DueRule):
        return format_rule(value)
    if isinstance(value, Roll):
        return _(ROLL_WORDS[value])
    return percent_target(value) if value is not None else NOTHING  # type: ignore[arg-type]


def format_days(first_on: date, last_on: date | None) -> str:
    """Return the days that terms apply to."""
    if last_on is None:
        return _("from {day} on", day=f"{first_on}")
    return _("from {first} until {last}", first=f"{first_on}", last=f"{last_on}")


def format_decision(proposal: Proposal, people: Mapping[str, Person], zone: tzinfo) -> str:
    """Return what became of a proposal, by whom and when."""
    if proposal.state is ProposalState.OPEN:
        return _(PROPOSAL_WORDS[proposal.state])
    day = f"{proposal.decided_at.astimezone(zone):%Y-%m-%d}" if proposal.decided_at else NOTHING
    said = _(PROPOSAL_WORDS[proposal.state])
    if proposal.state is ProposalState.LAPSED:
        return _("{what} on {day}: nobody decided", what=said, day=day)
    who = person_word(people, proposal.decided_by)
    said = _("{what} by {who} on {day}", what=said, who=who, day=day)
    return paired(said, clean(proposal.answer)) if proposal.answer else said


def format_settled(terms: PartyTerms, people: Mapping[str, Person], zone: tzinfo) -> str:
    """Return how an obligation between two departments is settled, in one line."""
    if terms.is_only_proposed:
        return _("new: it exists once the other head accepts")
    version, said = terms.version, []
    if version is not None:
        said.append(
            format_consent(
                version.decided_at or version.proposed_at,
                (version.proposed_by, version.decided_by),
                version.number,
                people,
                zone,
            )
        )
        if version.first_on == terms.on:
            said.append(format_days(version.first_on, version.last_on))
        if version.last_on is not None and version.last_on < terms.on:
            said.append(_("expired on {day}", day=f"{version.last_on}"))
    if terms.assumed:
        said.append(_("not agreed: {parts}", parts=part_list(terms.assumed)))
    if terms.set_by_admin:
        said.append(_("set by the administrator: {parts}", parts=part_list(terms.set_by_admin)))
    return _("; ").join(said) or _("as the plugin says")


def format_state(terms: PartyTerms) -> str:
    """Return in a word or two how the terms stand."""
    if terms.standing is TermsState.AGREED and terms.version is not None:
        return _("agreed, v{n}", n=terms.version.number)
    return _(STATE_WORDS[terms.standing])


def format_begun(proposal: Proposal, today: date) -> str:
    """Return that a proposal cannot be accepted as it is; empty where it can."""
    if proposal.can_begin(today):
        return ""
    return _(
        "Its first day, {day}, has passed: it can only be refused, or answered by one that begins later.",
        day=f"{proposal.first_on}",
    )


def group_word(group: str) -> str:
    """Return a heading of terms: how they stand, or that a proposal is open."""
    return _(GROUP_WORDS[group])


def part_list(parts: Iterable[str]) -> str:
    """Return the names of parts, separated by commas."""
    return _(", ").join(_(ASSUMED_WORDS.get(part, part)) for part in parts)


def format_limits(triggers: Iterable[Trigger]) -> str:
    """Return the limits of an obligation as they are, in one line."""
    said: list[str] = []
    for one in triggers:
        said.append(format_rule(one.due))
        said += [paired(value_word(value, [one]), format_rule(row.due)) for value, row in declared_rows(one)]
    return _("; ").join(dict.fromkeys(said))


def format_contradiction(found: Contradiction) -> str:
    """Return that a plugin contradicts an agreement, and that the agreement stands."""
    part = _(PART_WORDS[found.part])
    return _(
        "{part}: {agreed} was agreed, but plugin or settings say {declared} since; the agreement stands",
        part=bracketed(part, clean(found.value)) if found.value else part,
        agreed=format_part_value(found.agreed),
        declared=format_part_value(found.declared),
    )
