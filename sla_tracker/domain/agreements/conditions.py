"""Conditions of triggers: when an event or a request opens a duty."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal, InvalidOperation

from sla_tracker.value_class import dataclass

Bound = Decimal | date
"""What a number or a date of an event is compared with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Condition that an event or request must meet to open a duty.

    `after` is a local clock time that the event must be later than (17:00:00 itself is not after 17:00);
    `field` must hold `equals`, or, with bounds, a number or date from `at_least` up to `at_most` (included) and below
    `less_than`. `asked_by` are the departments of which one must have registered the event or made the request.
    """

    after: time | None = None
    field: str = ""
    equals: str = "yes"
    at_least: Bound | None = dataclasses.field(default=None, repr=False)
    at_most: Bound | None = dataclasses.field(default=None, repr=False)
    less_than: Bound | None = dataclasses.field(default=None, repr=False)
    asked_by: tuple[str, ...] = dataclasses.field(default=(), repr=False)

    @property
    def bounds(self) -> tuple[Bound, ...]:
        """Return the bounds of the field's value; none if it is compared with `equals`."""
        return tuple(one for one in (self.at_least, self.at_most, self.less_than) if one is not None)

    def holds(self, local_time: time, fields: Mapping[str, str], asked_by: str = "") -> bool:
        """Return whether an event or a request meets the condition."""
        return (
            self.holds_at(local_time)
            and self.is_open_to(asked_by)
            and (not self.field or self.takes(fields.get(self.field, "")))
        )

    def is_open_to(self, department: str) -> bool:
        """Return whether what a department registers or asks for can meet this."""
        return not self.asked_by or department in self.asked_by

    def holds_at(self, local_time: time) -> bool:
        """Return whether an event at this time can open the duty, whatever its fields."""
        return self.after is None or local_time > self.after

    def takes(self, value: str) -> bool:
        """Return whether the field's value meets the condition.

        An empty value meets no bound.
        """
        if not self.bounds:
            return value == self.equals
        found = value_like(self.bounds[0], value)
        return (
            found is not None
            and (self.at_least is None or not _is_less(found, self.at_least))
            and (self.at_most is None or not _is_less(self.at_most, found))
            and (self.less_than is None or _is_less(found, self.less_than))
        )


def value_like(bound: Bound, text: str) -> Bound | None:
    """Return a field's value as the bound's kind: a number or a date.

    None if it is none.
    """
    try:
        return Decimal(text) if isinstance(bound, Decimal) else date.fromisoformat(text)
    except (InvalidOperation, ValueError):
        return None


def _is_less(one: Bound, other: Bound) -> bool:
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return one < other
    return isinstance(one, date) and isinstance(other, date) and one < other
