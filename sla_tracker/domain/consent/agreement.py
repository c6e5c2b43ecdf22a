"""Agreement of two departments about one obligation: proposals and versions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sla_tracker.domain.agreements.conditions import Condition
from sla_tracker.domain.agreements.fields import Field
from sla_tracker.domain.agreements.obligation import About
from sla_tracker.domain.deadlines.due_rule import DueRule, Roll
from sla_tracker.domain.reference import reference_of
from sla_tracker.domain.text import Text
from sla_tracker.errors import N_
from sla_tracker.value_class import dataclass


class ProposalState(StrEnum):
    """State of a proposal; at most one of an agreement is open."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    COUNTERED = "countered"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


PROPOSAL_WORDS = {
    ProposalState.OPEN: N_("undecided"),
    ProposalState.ACCEPTED: N_("agreed to"),
    ProposalState.REFUSED: N_("refused"),
    ProposalState.COUNTERED: N_("countered"),
    ProposalState.WITHDRAWN: N_("withdrawn"),
    ProposalState.LAPSED: N_("lapsed"),
}


class TermPart(StrEnum):
    """A part of the terms that two departments can agree.

    The values are its names in plugins and settings.
    """

    DUE = "due"
    ANSWER = "answer"
    EARLIEST = "earliest"
    ROLL = "roll"
    TARGET = "target"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedLimit:
    """What is agreed about one trigger.

    None leaves a part as the plugin or the settings have it. `trigger` is the trigger's kind as checklists write it,
    with its id after a colon if it has one. `value` names one row of a table of limits: the value of the field that
    chooses; empty means the limits of every value without a row. `earliest` is the earlier end of a range, `target` the
    share on time of this row alone.
    """

    trigger: str
    due: DueRule | None = None
    answer: DueRule | None = None
    roll: Roll | None = None
    value: str = ""
    earliest: DueRule | None = None
    target: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedParts:
    """The parts of an obligation that are agreed.

    Limits are given by trigger, the target as a share 0..1.
    """

    limits: tuple[AgreedLimit, ...] = ()
    target: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedCondition:
    """When a new obligation opens: a field has an answer, or a number within bounds.

    A form of `Condition` of its own, because that one's bounds may be numbers or dates, which cannot be told apart once
    they are stored.
    """

    field: str
    equals: str = ""
    at_least: Decimal | None = None
    at_most: Decimal | None = None
    less_than: Decimal | None = None

    def as_condition(self) -> Condition:
        """Return it as the condition of a trigger."""
        return Condition(
            field=self.field,
            equals=self.equals,
            at_least=self.at_least,
            at_most=self.at_most,
            less_than=self.less_than,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTrigger:
    """One more trigger of a new obligation; its limits go by its `id`."""

    id: str
    trigger: str
    event_type: str = ""
    about: About = About.PREVIOUS
    condition: AgreedCondition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewObligation:
    """An obligation that no plugin declares; its limits are the agreed ones.

    `trigger` is the kind of its first trigger, `event_type` what opens it on an event. `fields` are asked with a
    request; the one named by `limits_by` chooses a row of the agreed limits. It opens only where the `condition` holds.
    `further` are its other triggers.
    """

    title: Text
    trigger: str
    event_type: str = ""
    about: About = About.PREVIOUS
    evidence: tuple[Field, ...] = ()
    fields: tuple[Field, ...] = ()
    limits_by: str = ""
    condition: AgreedCondition | None = None
    further: tuple[NewTrigger, ...] = ()

    @property
    def opened_by(self) -> tuple[NewTrigger, ...]:
        """Return all its triggers; the first has no id."""
        first = NewTrigger(
            id="",
            trigger=self.trigger,
            event_type=self.event_type,
            about=self.about,
            condition=self.condition,
        )
        return first, *self.further


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One proposal of a head to the other department's.

    An accepted one is a version of the agreement. `first_on` and `last_on` are the days, both included, whose turns,
    events and requests it applies to. `declared` is what plugin and settings said when it was accepted.
    """

    number: int
    parts: AgreedParts
    first_on: date
    proposed_at: datetime
    proposed_by: str
    proposed_from: str
    last_on: date | None = None
    note: str = ""
    state: ProposalState = ProposalState.OPEN
    decided_at: datetime | None = None
    decided_by: str = ""
    decided_from: str = ""
    answer: str = ""
    declared: AgreedParts | None = None

    def can_begin(self, today: date) -> bool:
        """Return whether it can be accepted today: nothing is agreed for the past."""
        return self.first_on >= today


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What a provider and a consumer have proposed and agreed about one obligation.

    `created` is the obligation itself where no plugin declares it. `ended_at` is when its obligation was found gone.
    """

    id: str
    obligation: str
    provider: str
    consumer: str
    title: Text
    proposals: tuple[Proposal, ...] = ()
    created: NewObligation | None = None
    ended_at: datetime | None = None

    @property
    def open(self) -> Proposal | None:
        """Return the proposal that waits for a decision, or None."""
        return next((one for one in self.proposals if one.state is ProposalState.OPEN), None)

    @property
    def reference(self) -> str:
        """Return the short reference that people type: the end of the id."""
        return reference_of(self.id)

    @property
    def sides(self) -> tuple[str, str]:
        """Return provider and consumer."""
        return self.provider, self.consumer


def versions_of(agreement: Agreement) -> tuple[Proposal, ...]:
    """Return the accepted proposals, in the order of their numbers; each is a version."""
    return tuple(one for one in agreement.proposals if one.state is ProposalState.ACCEPTED)


def public_part(agreement: Agreement) -> Agreement | None:
    """Return what everybody may read of an agreement; None while nothing is agreed.

    Everybody may read the versions, by which duties are opened. What was proposed besides, and what was said about it,
    stays between the two departments.
    """
    versions = tuple(replace(one, note="", answer="") for one in versions_of(agreement))
    return replace(agreement, proposals=versions) if versions else None


def version_on(agreement: Agreement, day: date) -> Proposal | None:
    """Return the version that applies on a day; the later one of two that do."""
    found = [one for one in versions_of(agreement) if one.first_on <= day]
    return found[-1] if found else None


def decided(
    agreement: Agreement,
    state: ProposalState,
    *,
    by: str,
    department: str,
    now: datetime,
    answer: str = "",
    declared: AgreedParts | None = None,
) -> Agreement:
    """Return the agreement with its open proposal decided."""
    proposals = tuple(
        replace(
            one,
            state=state,
            decided_at=now,
            decided_by=by,
            decided_from=department,
            answer=answer,
            declared=declared,
        )
        if one.state is ProposalState.OPEN
        else one
        for one in agreement.proposals
    )
    return replace(agreement, proposals=proposals)
