"""Rows of a table of limits, as agreements name them.

Each value of the field that chooses is a term of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sla_tracker.domain.agreements.obligation import OnRequest, Trigger
from sla_tracker.domain.agreements.request_terms import BY_CONSUMER, Limit
from sla_tracker.domain.consent.agreement import AgreedLimit, TermPart


def parts_set(limit: AgreedLimit | None) -> tuple[TermPart, ...]:
    """Return the parts that an agreed limit sets."""
    if limit is None:
        return ()
    values = {
        TermPart.DUE: limit.due,
        TermPart.ANSWER: limit.answer,
        TermPart.EARLIEST: limit.earliest,
        TermPart.ROLL: limit.roll,
        TermPart.TARGET: limit.target,
    }
    return tuple(part for part, value in values.items() if value is not None)


def values_of(trigger: Trigger) -> tuple[str, ...]:
    """Return the values of the field that chooses a trigger's limits.

    Empty where no field chooses them.
    """
    if not isinstance(trigger, OnRequest) or trigger.limits_by == BY_CONSUMER:
        return ()
    field = next((one for one in trigger.fields if one.id == trigger.limits_by), None)
    return tuple(choice.id for choice in field.choices) if field is not None else ()


def declared_rows(trigger: Trigger) -> Iterator[tuple[str, Limit]]:
    """Yield each value that has limits of its own, with them."""
    if isinstance(trigger, OnRequest) and trigger.limits_by != BY_CONSUMER:
        yield from ((value, one) for one in trigger.limits for value in one.values)


def row_of(trigger: OnRequest, value: str) -> Limit:
    """Return the limits of a value: its own, else the usual ones."""
    found = next((one for known, one in declared_rows(trigger) if known == value), None)
    if found is not None:
        return found
    return Limit(values=(value,), due=trigger.due, answer=trigger.answer, earliest=trigger.earliest)


def with_rows(trigger: OnRequest, agreed: Sequence[Limit]) -> OnRequest:
    """Return a trigger with these rows in place of those of the same values."""
    values = {value for one in agreed for value in one.values}
    kept = (
        replace(one, values=tuple(value for value in one.values if value not in values))
        for one in trigger.limits
    )
    return replace(trigger, limits=(*agreed, *(one for one in kept if one.values)))
