"""What a request asks for, which limits its fields choose, when its clocks start."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from decimal import Decimal
from enum import StrEnum

from sla_tracker.domain.agreements.fields import Field
from sla_tracker.domain.consent.agreed_version import AgreedVersion
from sla_tracker.domain.deadlines.due_rule import DueRule
from sla_tracker.value_class import dataclass

BY_CONSUMER = "consumer"  # instead of a field's id: limits are chosen by the department that asks


class SettleFrom(StrEnum):
    """What starts the settle clock of a request.

    The request itself, its first answer, or the last paper that was asked for.
    """

    REQUEST = "request"
    ANSWER = "answer"
    PAPERS = "papers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Limits of the requests of some consumers, or with some values of a field.

    The field is the one that chooses the limits. Without `answer` there is no answer clock. `earliest` is the earlier
    end of a range whose later end is `due`. `target` is the share of these requests to be on time; None takes the
    obligation's. `agreed` names the parts of the row that two departments have agreed.
    """

    consumers: tuple[str, ...] = ()
    due: DueRule
    answer: DueRule | None = None
    values: tuple[str, ...] = field(default=(), repr=False)
    earliest: DueRule | None = field(default=None, repr=False)
    target: Decimal | None = field(default=None, repr=False)
    agreed: tuple[str, ...] = field(default=(), repr=False)

    def rules(self) -> Iterator[DueRule]:
        """Yield its rules: of the settlement, of the answer, of the earlier end."""
        yield from (rule for rule in (self.due, self.answer, self.earliest) if rule is not None)

    def with_rules(self, convert: Callable[[DueRule], DueRule]) -> Limit:
        """Return the limits with each of their rules converted."""
        answer, earliest = (None if one is None else convert(one) for one in (self.answer, self.earliest))
        return replace(self, due=convert(self.due), answer=answer, earliest=earliest)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestTerms:
    """Terms that only a duty opened by a request has; they never change afterwards.

    `fields` are asked with the request. `usual` are the limits of every value that `limits`, chosen by the field
    `limits_by`, do not name. `papers` are what the settle clock waits for, `updates_every` is the rule by which the
    next update is due. Where rows of the limits are agreed, `version` is the version that did, and `assumed` are the
    parts that are assumed in every row in which they are not agreed.
    """

    usual: Limit
    fields: tuple[Field, ...] = ()
    limits_by: str = BY_CONSUMER
    limits: tuple[Limit, ...] = ()
    settle_from: SettleFrom = SettleFrom.REQUEST
    papers: tuple[Field, ...] = ()
    updates_every: DueRule | None = None
    assumed: tuple[str, ...] = ()
    version: AgreedVersion | None = None

    @property
    def is_special(self) -> bool:
        """Return whether it holds more than the usual limits."""
        return self != RequestTerms(usual=replace(self.usual, earliest=None, target=None))

    def with_rules(self, convert: Callable[[DueRule], DueRule]) -> RequestTerms:
        """Return the terms with each of their rules converted."""
        every = self.updates_every
        return replace(
            self,
            usual=self.usual.with_rules(convert),
            limits=tuple(one.with_rules(convert) for one in self.limits),
            updates_every=None if every is None else convert(every),
        )

    def target_for(self, values: Mapping[str, str], otherwise: Decimal | None) -> Decimal | None:
        """Return the target of the limits that the values choose, else `otherwise`."""
        chosen = self.limit_for(values)
        return next((one for one in (chosen.target, self.usual.target) if one is not None), otherwise)

    def assumed_for(self, values: Mapping[str, str]) -> tuple[str, ...]:
        """Return the assumed parts of the limits that the values choose.

        In a row of limits that is agreed nothing is assumed.
        """
        return tuple(part for part in self.assumed if part not in self.limit_for(values).agreed)

    def version_for(self, values: Mapping[str, str]) -> AgreedVersion | None:
        """Return the agreed version by which the chosen limits go, with their parts.

        None where nothing of them is agreed.
        """
        parts = self.limit_for(values).agreed
        return replace(self.version, parts=parts) if self.version is not None and parts else None

    def limit_for(self, values: Mapping[str, str]) -> Limit:
        """Return the limits that the values of a request's fields choose."""
        value = values.get(self.limits_by, "")
        return next((one for one in self.limits if value in one.values), self.usual)
