"""Writes values of the program as JSON and makes equal values of it again.

Only what the program itself defines is made: its value classes and enumerations, found by the names under which they
were written, and the few types of `_TYPES`. Nothing of a file is run, as a pickle would be. A class whose fields are
others than those in the file raises ValueError, so a changed program reads nothing that an older one wrote of it.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

PACKAGE = "sla_tracker."
LIST, TUPLE, SET, MAPPING, AGAIN = "l", "t", "s", "m", "="
_CONTAINERS: dict[type, str] = {list: LIST, tuple: TUPLE, frozenset: SET}


def _span(days: int, seconds: int, microseconds: int) -> timedelta:
    return timedelta(days, seconds, microseconds)


# Types of the standard library by their sign in a file: how each is written, as arguments, and made.
_TYPES: dict[type, tuple[str, Callable[[Any], list[Any]], Callable[..., Any]]] = {
    date: ("date", lambda value: [value.isoformat()], date.fromisoformat),
    datetime: ("datetime", lambda value: [value.isoformat()], datetime.fromisoformat),
    time: ("time", lambda value: [value.isoformat()], time.fromisoformat),
    timedelta: ("span", lambda value: [value.days, value.seconds, value.microseconds], _span),
    Decimal: ("decimal", lambda value: [str(value)], Decimal),
    ZoneInfo: ("zone", lambda value: [value.key], ZoneInfo),
}
_MAKERS = {sign: make for sign, _write, make in _TYPES.values()}


class NotWritable(TypeError):
    """Raised for a value of a type that is not written."""


class ValueWriter:
    """Writes values; equal ones are written once."""

    def __init__(self) -> None:
        self._classes: dict[type, int] = {}
        self._shared: dict[str, int] = {}
        self._parts: list[Any] = []

    def write(self, value: Any) -> Any:
        """Return a value as plain lists and texts; raises NotWritable."""
        if value is None or type(value) in (bool, int, float, str):
            return value
        if dataclasses.is_dataclass(value) or isinstance(value, Enum):
            return self._once([self._class_of(type(value)), *map(self.write, _contents(value))])
        if type(value) in _TYPES:
            sign, arguments, _make = _TYPES[type(value)]
            return [sign, *arguments(value)]
        if type(value) is dict:
            return [MAPPING, *(self.write(part) for item in value.items() for part in item)]
        if type(value) in _CONTAINERS:
            return [_CONTAINERS[type(value)], *map(self.write, value)]
        raise NotWritable(f"{type(value).__qualname__} is not written.")

    def document(self, value: Any) -> dict[str, Any]:
        """Return the JSON document of a value; raises NotWritable."""
        written = self.write(value)
        classes = [[kind.__module__, kind.__qualname__, *_names(kind)] for kind in self._classes]
        return {"classes": classes, "shared": self._parts, "value": written}

    def _class_of(self, kind: type) -> int:
        if not kind.__module__.startswith(PACKAGE):
            raise NotWritable(f"{kind.__qualname__} belongs to another package.")
        return self._classes.setdefault(kind, len(self._classes))

    def _once(self, written: list[Any]) -> list[Any]:
        """Return a reference to a part that is written once for all that are equal."""
        text = json.dumps(written, ensure_ascii=False)
        place = self._shared.get(text)
        if place is None:
            place = self._shared[text] = len(self._parts)
            self._parts.append(written)
        return [AGAIN, place]


class ValueReader:
    """Makes the values of a document.

    Raises ValueError, TypeError, KeyError, IndexError for a wrong one.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self._classes = [_class_named(*described) for described in document["classes"]]
        self._shared: list[Any] = document["shared"]
        self._made: dict[int, Any] = {}
        self._value = document["value"]

    def value(self) -> Any:
        """Return the value that was written."""
        return self._read(self._value)

    def _read(self, written: Any) -> Any:
        if type(written) is not list:
            return written
        sign, *parts = written
        if sign == AGAIN:
            return self._once(parts[0])
        if type(sign) is int:
            make = self._classes[sign]
            return make(*[self._read(part) if type(part) is list else part for part in parts])
        if sign in _MAKERS:
            return _MAKERS[sign](*parts)
        read = [self._read(part) if type(part) is list else part for part in parts]
        if sign == MAPPING:
            return dict(zip(read[::2], read[1::2], strict=True))
        return {LIST: list, TUPLE: tuple, SET: frozenset}[sign](read)

    def _once(self, place: int) -> Any:
        if place not in self._made:
            self._made[place] = self._read(self._shared[place])
        return self._made[place]


def _contents(value: Any) -> list[Any]:
    if isinstance(value, Enum):
        return [value.value]
    return [getattr(value, name) for name in _names(type(value))]


def _names(kind: Any) -> list[str]:
    """Return the fields of which a class is made.

    Caches that a class fills later are no part of a value.
    """
    return [] if issubclass(kind, Enum) else [field.name for field in dataclasses.fields(kind) if field.init]


def _class_named(module: str, name: str, *names: str) -> Callable[..., Any]:
    """Return what makes values of a class from its fields in the given order.

    Raises ValueError.
    """
    if not module.startswith(PACKAGE):
        raise ValueError(f"{module} is not of this program.")
    kind: Any = getattr(sys.modules.get(module) or import_module(module), name)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    if not dataclasses.is_dataclass(kind) or _names(kind) != list(names):
        raise ValueError(f"{name} has other fields.")
    later = {
        field.name: field.default_factory
        for field in dataclasses.fields(kind)
        if not field.init and field.default_factory is not dataclasses.MISSING
    }
    new: Any = object.__new__
    set_value = object.__setattr__

    def make(*values: Any) -> Any:
        # Checks of the class were passed by the value that was written; running them again takes half of the reading.
        made = new(kind)
        for each, value in zip(names, values, strict=True):
            set_value(made, each, value)
        for each, factory in later.items():
            set_value(made, each, factory())
        return made

    return make
