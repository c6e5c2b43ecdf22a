"""Checks the types of values returned by plugins, down to every field.

A plugin's values are kept in the catalogue, stored and shown; a subclass with its own behaviour, or a number instead of
a text, would otherwise cause errors only there. Types are compared exactly: a subclass of `str` is not a `str`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from sla_tracker.domain.deadlines.calendar_rules import MonthlyRule, RecurringRule
from sla_tracker.domain.deadlines.due_rule import CalendarRule, DueRule
from sla_tracker.errors import N_, PluginError

MOST_VALUES = 2000  # values in one list
LONGEST_SHOWN = 80  # characters
_BASES = (DueRule, CalendarRule, RecurringRule, MonthlyRule)  # classes that are no rules themselves


def shape_problems(value: object, wanted: Any, where: str) -> Iterator[PluginError]:
    """Yield an error for each value, in `value` and below, whose type is wrong."""
    origin = get_origin(wanted)
    if origin in (Union, UnionType):
        yield from _union_problems(value, get_args(wanted), where)
    elif origin is tuple:
        yield from _tuple_problems(value, get_args(wanted)[0], where)
    elif wanted is DueRule:
        yield from _rule_problems(value, where)
    elif type(value) is not wanted:
        yield _wrong(value, _name(wanted), where)
    elif is_dataclass(wanted):
        for name, hint in _hints(wanted).items():
            yield from shape_problems(getattr(value, name), hint, f"{where}.{name}")


def shown(value: object) -> str:
    """Return a value for an error message: its type and the beginning of its repr."""
    try:
        look = ascii(value)
    except Exception:  # the plugin's own __repr__ may do anything
        return type(value).__name__
    return f"{type(value).__name__} {look[:LONGEST_SHOWN]}{'…' if len(look) > LONGEST_SHOWN else ''}"


def _union_problems(value: object, kinds: tuple[Any, ...], where: str) -> Iterator[PluginError]:
    for kind in kinds:
        if type(value) is (get_origin(kind) or kind) or (kind is DueRule and isinstance(value, DueRule)):
            yield from shape_problems(value, kind, where)
            return
    yield _wrong(value, ", ".join(map(_name, kinds)), where)


def _tuple_problems(value: object, kind: Any, where: str) -> Iterator[PluginError]:
    if type(value) is not tuple:
        yield _wrong(value, "tuple", where)
    elif len(value) > MOST_VALUES:
        yield PluginError(N_("{where}: at most {limit} values."), where=where, limit=MOST_VALUES)
    else:
        for index, one in enumerate(value):
            yield from shape_problems(one, kind, f"{where}[{index}]")


def _rule_problems(value: object, where: str) -> Iterator[PluginError]:
    if type(value) in rule_classes():
        yield from shape_problems(value, type(value), where)
    else:
        yield _wrong(value, ", ".join(sorted(kind.__name__ for kind in rule_classes())), where)


# Cached: the classes stand in the program, and every rule of every plugin asks for them.
@cache
def rule_classes() -> frozenset[type[DueRule]]:
    """Return all classes of due rules."""
    found: set[type[DueRule]] = set()
    open_ended: list[type[DueRule]] = [DueRule]
    while open_ended:
        kind = open_ended.pop()
        open_ended += kind.__subclasses__()
        # A dataclass with slots is made twice; only the second one carries its name in the module.
        is_current = getattr(sys.modules.get(kind.__module__), kind.__name__, None) is kind
        if is_current and kind.__module__.startswith("sla_tracker.domain.") and kind not in _BASES:
            found.add(kind)
    return frozenset(found)


# Cached because typing evaluates the annotations anew for every value of a plugin.
@cache
def _hints(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _name(wanted: Any) -> str:
    if wanted is type(None):
        return "None"
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return f"{wanted.__name__} ({', '.join(str(member.value) for member in wanted)})"
    return getattr(wanted, "__name__", str(wanted))


def _wrong(value: object, wanted: str, where: str) -> PluginError:
    return PluginError(
        N_("{where}: this should be {wanted}, and is {found}."),
        where=where,
        wanted=wanted,
        found=shown(value),
    )
