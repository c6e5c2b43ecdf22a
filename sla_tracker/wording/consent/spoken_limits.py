"""Writes limits of requests so that what is shown can be typed again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import time

from sla_tracker.domain.deadlines.due_rule import RuleKey
from sla_tracker.i18n import ngettext


def spoken_limit(table: Mapping[str, object]) -> str:
    """Return a due rule's table as a phrase that `parse_limit` understands.

    A table without a phrase is in the notation of checklists.
    """
    if len(table) == 1:
        ((unit, figure),) = table.items()
        if isinstance(figure, int) and not isinstance(figure, bool) and figure > 0 and unit in _PHRASES:
            return _PHRASES[unit](figure)
    return as_notation(table)


def as_notation(table: Mapping[str, object]) -> str:
    """Return a table in the notation of checklists, without its braces."""
    return ", ".join(f"{key} = {_notation(value)}" for key, value in table.items())


_PHRASES: Mapping[str, Callable[[int], str]] = {
    RuleKey.WORKDAYS: lambda n: ngettext("{n} workday", "{n} workdays", n),
    RuleKey.DAYS: lambda n: ngettext("{n} day", "{n} days", n),
    RuleKey.WORKING_HOURS: lambda n: ngettext("{n} working hour", "{n} working hours", n),
    RuleKey.WORKING_MINUTES: lambda n: ngettext("{n} working minute", "{n} working minutes", n),
    RuleKey.HOURS: lambda n: ngettext("{n} elapsed hour", "{n} elapsed hours", n),
    RuleKey.MINUTES: lambda n: ngettext("{n} elapsed minute", "{n} elapsed minutes", n),
}


def _notation(value: object) -> str:
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_notation, value)) + "]"
    if isinstance(value, time):
        return f'"{value:%H:%M}"'
    return f'"{value}"' if isinstance(value, str) else str(value)
