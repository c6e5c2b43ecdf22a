"""Departments, obligations and the triggers that open duties."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import field, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from sla_tracker.domain.agreements.conditions import Condition
from sla_tracker.domain.agreements.dependencies import Depended, dependencies
from sla_tracker.domain.agreements.fields import Field
from sla_tracker.domain.agreements.measure import Measure
from sla_tracker.domain.agreements.request_terms import BY_CONSUMER, Limit, RequestTerms, SettleFrom
from sla_tracker.domain.consent.agreed_version import TriggerVersion
from sla_tracker.domain.deadlines.due_rule import DueRule, Roll
from sla_tracker.domain.deadlines.rules import AfterDuty, can_roll, roll_of
from sla_tracker.domain.reminders.policy import Policy
from sla_tracker.domain.text import Text
from sla_tracker.value_class import dataclass

EVERY = "*"  # in place of a department: every one but the other side


class TriggerKind(StrEnum):
    """Kind of a trigger as checklists write it, in the order of counting."""

    RECURRING = "recurring"
    ON_EVENT = "on_event"
    ON_REQUEST = "on_request"


class About(StrEnum):
    """Period of a recurring duty, as seen from its due date.

    The period holds the due date, or is the one before or after. `TURN` is the day of the turn alone.
    """

    PREVIOUS = "previous"
    CURRENT = "current"
    NEXT = "next"
    TURN = "turn"


class AssumedPart(StrEnum):
    """A part of a trigger that can be assumed, or named as agreed.

    The values are its names in plugins and settings. `DAY` is the day alone of a rule that names one.
    """

    DUE = "due"
    ANSWER = "answer"
    ABOUT = "about"
    DAY = "day"
    ROLL = "roll"


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """First and last day on which a trigger opens duties, both included; None is open."""

    first_on: date | None = None
    last_on: date | None = None

    def within(self, start: date, end: date) -> tuple[date, date]:
        """Return the part of [start, end) in which it is valid; empty where none is."""
        first = start if self.first_on is None else max(start, self.first_on)
        if self.last_on is None or self.last_on >= end:
            return first, end
        return first, self.last_on + timedelta(days=1)

    def has(self, day: date) -> bool:
        """Return whether the day lies within."""
        return (self.first_on is None or self.first_on <= day) and (
            self.last_on is None or day <= self.last_on
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurring:
    """Trigger that opens a duty by the calendar.

    `standing` marks the recurring check of a lasting rule. `id` keeps the trigger known when its rule changes.
    `valid_from_on` and `valid_until_on` are the first and last turn's day before roll, both included; triggers
    with the same id are versions of one, of which only one is valid on a day. `set_by_admin` names assumed parts that
    the deployment's settings set; `version` is there if two departments have agreed parts of it.
    """

    due: DueRule
    about: About = About.PREVIOUS
    standing: bool = False
    assumed: tuple[str, ...] = ()
    agreed: tuple[str, ...] = ()
    id: str = field(default="", repr=False)
    valid_from_on: date | None = field(default=None, repr=False)
    valid_until_on: date | None = field(default=None, repr=False)
    set_by_admin: tuple[str, ...] = field(default=(), repr=False)
    version: TriggerVersion | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnEvent:
    """Trigger that opens a duty when an event of its type meets the condition.

    `id` keeps the trigger known when its rule changes. `valid_from_on` and `valid_until_on` are compared with the day
    of the event.
    """

    event_type: str
    due: DueRule
    condition: Condition | None = None
    assumed: tuple[str, ...] = ()
    agreed: tuple[str, ...] = ()
    id: str = field(default="", repr=False)
    valid_from_on: date | None = field(default=None, repr=False)
    valid_until_on: date | None = field(default=None, repr=False)
    set_by_admin: tuple[str, ...] = field(default=(), repr=False)
    version: TriggerVersion | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnRequest:
    """Trigger that opens a duty when the consumer requests it.

    `answer` is the due rule of the first answer, `due` that of the settlement; `limits` replace both for some
    consumers, or for some values of the field `limits_by`. `id` keeps the trigger known when its rule changes.
    `valid_from_on` and `valid_until_on` are compared with the request's day. `fields` are asked with the request.
    `settle_from` is what starts the settle clock, `papers` those that it waits for. While the duty is open, an update
    is due by the rule `updates_every`. `earliest` is the earlier end of a range whose later end is `due`.
    `target` is that of the limits of some consumers.
    """

    due: DueRule
    answer: DueRule | None = None
    assumed: tuple[str, ...] = ()
    agreed: tuple[str, ...] = ()
    id: str = field(default="", repr=False)
    valid_from_on: date | None = field(default=None, repr=False)
    valid_until_on: date | None = field(default=None, repr=False)
    condition: Condition | None = field(default=None, repr=False)
    limits: tuple[Limit, ...] = field(default=(), repr=False)
    limits_by: str = field(default=BY_CONSUMER, repr=False)
    fields: tuple[Field, ...] = field(default=(), repr=False)
    settle_from: SettleFrom = field(default=SettleFrom.REQUEST, repr=False)
    papers: tuple[Field, ...] = field(default=(), repr=False)
    updates_every: DueRule | None = field(default=None, repr=False)
    earliest: DueRule | None = field(default=None, repr=False)
    target: Decimal | None = field(default=None, repr=False)
    set_by_admin: tuple[str, ...] = field(default=(), repr=False)
    version: TriggerVersion | None = field(default=None, repr=False)

    @property
    def terms(self) -> RequestTerms:
        """Return what a request's duty keeps of the trigger."""
        version = self.version.agreed if self.version is not None else None
        has_agreed_rows = version is not None and self.limits_by != BY_CONSUMER and bool(self.limits)
        usual = Limit(due=self.due, answer=self.answer, earliest=self.earliest, target=self.target)
        if version is not None and has_agreed_rows:
            usual = replace(usual, agreed=version.parts)
        return RequestTerms(
            usual=usual,
            assumed=assumed_parts(self) if has_agreed_rows else (),
            version=version if has_agreed_rows else None,
            fields=self.fields,
            limits_by=self.limits_by,
            limits=() if self.limits_by == BY_CONSUMER else self.limits,
            settle_from=self.settle_from,
            papers=self.papers,
            updates_every=self.updates_every,
        )

    def for_consumer(self, consumer: str) -> OnRequest:
        """Return the trigger with the limits that a consumer has.

        Limits by a field stay to be chosen.
        """
        found = next((one for one in self.limits if consumer in one.consumers), None)
        if found is None:
            return self
        return replace(
            self, due=found.due, answer=found.answer, earliest=found.earliest, target=found.target, limits=()
        )


Trigger = Recurring | OnEvent | OnRequest


def assumed_parts(trigger: Trigger) -> tuple[str, ...]:
    """Return the parts of a trigger that nobody has agreed.

    Where a due day moves that is no workday (`roll`) is assumed as long as neither another roll than the usual one nor
    `agreed` says otherwise.
    """
    said = (*trigger.assumed, *trigger.agreed)
    if AssumedPart.ROLL not in said and can_roll(trigger.due) and roll_of(trigger.due) is Roll.FOLLOWING:
        return (*trigger.assumed, AssumedPart.ROLL.value)
    return trigger.assumed


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """A provider or consumer inside the company.

    `calendar` names its working calendar; empty means the company's. `reminders` replaces the deployment's default
    reminders for the duties that it owes. `renamed_from` are the ids that it had before.
    """

    id: str
    name: Text
    calendar: str = ""
    reminders: Policy | None = None
    renamed_from: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """One agreement of a provider with a consumer, from which duties are opened.

    `assumed` on a trigger names the parts that are assumed, not agreed (`due`, `answer`, `about`, `day`, `roll`);
    `agreed` those that are agreed although they look like a default (`roll`).
    `provider` and `consumer` name one department each, or `*` for every other one; `providers` and `consumers` name
    several instead (then the single one is empty), and `not_from` those that `*` leaves out.
    `accept_within` counts workdays, or is a span of working time; `opens_before` counts workdays. `target` is the share
    of duties to be on time, 0..1; None takes the deployment's. `reminders` replaces the department's and the
    deployment's usual ones. `renamed_from` are the ids that it had before. `valid_from_on` and `valid_until_on` bound
    all its triggers. `measure` is the level that the delivered numbers must reach, a figure beside punctuality.
    """

    id: str
    title: Text
    provider: str
    consumer: str
    triggers: tuple[Trigger, ...]
    evidence: tuple[Field, ...] = ()
    guide: Text | None = None
    target: Decimal | None = None
    accept_within: int | timedelta = 3
    opens_before: int = 5
    calendar: str = ""
    depends_on: tuple[Depended, ...] = ()
    retired: bool = False
    reminders: Policy | None = None
    renamed_from: tuple[str, ...] = field(default=(), repr=False)
    valid_from_on: date | None = field(default=None, repr=False)
    valid_until_on: date | None = field(default=None, repr=False)
    providers: tuple[str, ...] = field(default=(), repr=False)
    consumers: tuple[str, ...] = field(default=(), repr=False)
    not_from: tuple[str, ...] = field(default=(), repr=False)
    measure: Measure | None = field(default=None, repr=False)

    def trigger_of(self, kind: type[Trigger]) -> tuple[Trigger, ...]:
        """Return the obligation's triggers of one kind."""
        return tuple(trigger for trigger in self.triggers if isinstance(trigger, kind))

    @property
    def declared(self) -> tuple[Trigger, ...]:
        """Return the triggers as plugin and settings have them, without agreed versions."""
        return tuple(trigger for trigger in self.triggers if trigger.version is None)

    def place_of(self, trigger: Trigger) -> int:
        """Return the place of a trigger among the declared ones.

        A version has the place of the declared trigger.
        """
        if trigger.version is not None:
            return trigger.version.place
        return next(place for place, one in enumerate(self.declared) if one is trigger)

    @property
    def is_assumed(self) -> bool:
        """Return whether any figure of the obligation is assumed rather than agreed."""
        return any(assumed_parts(trigger) for trigger in self.triggers)

    def validity_of(self, trigger: Trigger) -> Validity:
        """Return the days on which a trigger opens duties, by its own bounds and these."""
        firsts = [day for day in (self.valid_from_on, trigger.valid_from_on) if day is not None]
        lasts = [day for day in (self.valid_until_on, trigger.valid_until_on) if day is not None]
        return Validity(first_on=max(firsts, default=None), last_on=min(lasts, default=None))

    def owed_by(self, departments: Collection[str]) -> tuple[str, ...]:
        """Return the departments, of all there are, that owe this."""
        if self.provider == EVERY:
            receivers = {*self.owed_to(departments)} if self.consumer != EVERY else set[str]()
            return tuple(one for one in departments if one not in receivers and one not in self.not_from)
        return self.providers or (self.provider,)

    def owed_to(self, departments: Collection[str]) -> tuple[str, ...]:
        """Return the departments, of all there are, that are owed this."""
        if self.consumer == EVERY:
            givers = self.providers or (self.provider,)
            return tuple(one for one in departments if one not in givers and one not in self.not_from)
        return self.consumers or (self.consumer,)

    def refers_to(self) -> tuple[str, ...]:
        """Return the ids of the obligations that it waits for or counts from, each once."""
        waited = (other.obligation for other in dependencies(self.depends_on))
        counted = (one.due.after for one in self.triggers if isinstance(one.due, AfterDuty))
        return tuple(dict.fromkeys((*waited, *counted)))

    @property
    def is_shared(self) -> bool:
        """Return whether several departments owe this, each for itself."""
        return self.provider == EVERY or bool(self.providers)

    @property
    def entry(self) -> str:
        """Return the obligation's key in the roster; with the provider of a shared one."""
        return f"{self.id}/{self.provider}" if self.is_shared and self.provider else self.id

    def bound(self, departments: Collection[str]) -> tuple[Obligation, ...]:
        """Return the obligation as it binds each of its providers, of all departments."""
        if not self.is_shared:
            return (self,)
        owing = self.owed_by(departments)
        return tuple(replace(self, provider=one, providers=owing, not_from=()) for one in owing)

    def to(self, consumer: str) -> Obligation:
        """Return the obligation as it is owed to one of its consumers."""
        return self if self.consumer == consumer else replace(self, consumer=consumer, consumers=())
