"""Changes single values of a settings file and keeps its comments and order.

Every edit is checked against what it has to mean: the new text, read as TOML, holds the change and nothing else.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, cast

import tomlkit
from tomlkit.exceptions import TOMLKitError

from sla_tracker.domain.toml_reader import Key, line_of, table_headings
from sla_tracker.errors import N_, NotFound, UsageError

Table = dict[str, Any]


def with_value(text: str, key: Key, value: object) -> str:
    """Return the settings with one value set; missing tables are begun at the end.

    Raises UsageError for a path through something that is no table.
    """
    wanted = deepcopy(tomllib.loads(text))
    table = _table_at(wanted, key[:-1])
    is_there = key[-1] in table
    table[str(key[-1])] = value
    line = f"{_written_key(key[-1:])} = {_written(value)}\n"
    if is_there:
        return _rewritten(text, key, line, wanted)
    if len(key) > 1 and _get(tomllib.loads(text), key[:-1]) is None:
        return _checked(f"{text.rstrip()}\n\n[{_written_key(key[:-1])}]\n{line}", wanted)
    return _inserted(text, key[:-1], line, wanted)


def without_value(text: str, key: Key) -> str:
    """Return the settings without one value; raises NotFound where there is none."""
    wanted = deepcopy(tomllib.loads(text))
    table = _table_at(wanted, key[:-1])
    if key[-1] not in table:
        raise NotFound(
            N_("“{key}” is not in the settings; its default holds already."), key=_written_key(key)
        )
    del table[str(key[-1])]
    return _rewritten(text, key, "", wanted)


def with_person(text: str, person: Mapping[str, object]) -> str:
    """Return the settings with one person more, behind the last one."""
    wanted = deepcopy(tomllib.loads(text))
    people = wanted.setdefault("people", [])
    people.append(dict(person))
    lines = "".join(f"{name} = {_written(value)}\n" for name, value in person.items())
    block = f"\n[[people]]\n{lines}"
    if len(people) == 1:
        return _checked(f"{text.rstrip()}\n{block}", wanted)
    return _inserted(text, ("people", len(people) - 2), block, wanted)


def with_person_changed(text: str, place: int, changes: Mapping[str, object]) -> str:
    """Return the settings with values of one person set; None takes a value away."""
    for name, value in changes.items():
        key: Key = ("people", place, name)
        there = _get(tomllib.loads(text), key)
        if value is None:
            text = without_value(text, key) if there is not None else text
        elif there != value:
            text = with_value(text, key, value)
    return text


def value_of(typed: str) -> object:
    """Return the value that a typed text means: TOML if it is, else the text itself."""
    try:
        return tomllib.loads(f"value = {typed}")["value"] if "\n" not in typed else typed
    except (ValueError, RecursionError):  # no TOML, numbers of thousands of digits, brackets in brackets
        return typed


def _get(tree: Any, key: Sequence[str | int]) -> Any:
    """Return the value at a path, None where there is none."""
    for part in key:
        try:
            tree = tree[part]
        except (KeyError, IndexError, TypeError):
            return None
    return tree


def _table_at(tree: Table, key: Key) -> Table:
    """Return the table at a path, begun where it is missing; raises UsageError."""
    node: Any = tree
    for part in key:
        if isinstance(node, list) and isinstance(part, int) and part < len(node):
            node = node[part]
        elif isinstance(node, dict) and isinstance(part, str):
            node = node.setdefault(part, {})
        else:
            node = None
    if not isinstance(node, dict):
        raise UsageError(
            N_("“{key}” is no table of the settings; see docs/reference/settings.md."), key=_written_key(key)
        )
    return cast(Table, node)


def _rewritten(text: str, key: Key, line: str, wanted: Table) -> str:
    """Return the text with the lines of one value replaced.

    The comment behind a value of one line stays. The lines are replaced as text, because tomlkit writes other values of
    the file anew in its own way.
    """
    number = line_of(text, key)
    lines = text.splitlines(keepends=True)
    if number is not None:
        before, old = "".join(lines[: number - 1]), lines[number - 1]
        for end in range(number, len(lines) + 1):
            comment = _comment_of(old) if end == number and line else ""
            candidate = f"{before}{line.rstrip() + comment + chr(10) if line else ''}{''.join(lines[end:])}"
            if _means(candidate, wanted):
                return candidate
    raise _cannot_change()


def _comment_of(line: str) -> str:
    """Return the comment at the end of a line, with the blanks before it.

    The line has a key and its value.
    """
    for place, char in enumerate(line):
        if char == "#":
            try:
                tomllib.loads(line[:place])
            except tomllib.TOMLDecodeError:
                continue
            value = line[:place].rstrip()
            return line[len(value) :].rstrip()
    return ""


def _cannot_change() -> UsageError:
    return UsageError(
        N_("The settings are written in a way that cannot be changed here; edit the file yourself.")
    )


def _inserted(text: str, table: Key, block: str, wanted: Table) -> str:
    """Return the text with lines put behind the last key of a table.

    The lines come before the comments that follow the key. tomlkit would put them behind those comments, below the
    heading of the next table.
    """
    lines = text.splitlines(keepends=True)
    tree = _get(tomllib.loads(text), table)
    own = [name for name, value in tree.items() if not _is_table(value)] if isinstance(tree, dict) else []
    begun = [line_of(text, (*table, name)) or 0 for name in own]
    first = max(begun, default=line_of(text, table) or 0 if table else 0)
    for line in range(first, len(lines) + 1):
        before = "".join(lines[:line])
        candidate = f"{before}{'' if before.endswith(chr(10)) or not before else chr(10)}{block}{''.join(lines[line:])}"
        if _means(candidate, wanted):
            return candidate
    return _headed(text, table, block, wanted)


def _headed(text: str, table: Key, block: str, wanted: Table) -> str:
    """Return the text with a table begun before the first of its parts.

    TOML lets a table have parts, such as [calendar.weekly], without a heading of its own.
    """
    parts = (number for number, path in table_headings(text) if table and path[: len(table)] == table)
    if (first := next(parts, None)) is None:
        raise _cannot_change()
    lines = text.splitlines(keepends=True)
    heading = f"[{_written_key(table)}]\n{block}\n"
    return _checked(f"{''.join(lines[: first - 1])}{heading}{''.join(lines[first - 1 :])}", wanted)


def _is_table(value: object) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list) and any(isinstance(one, dict) for one in value)
    )


def _checked(text: str, wanted: Table) -> str:
    if not _means(text, wanted):
        raise _cannot_change()
    return text


def _means(text: str, wanted: Table) -> bool:
    try:
        return tomllib.loads(text) == wanted
    except tomllib.TOMLDecodeError:
        return False


def _written(value: object) -> str:
    try:
        return tomlkit.item(value).as_string()
    except (TOMLKitError, ValueError) as reason:
        raise UsageError(N_("“{value}” cannot be written into the settings."), value=str(value)) from reason


def _written_key(key: Sequence[str | int]) -> str:
    return ".".join(tomlkit.key(str(part)).as_string() for part in key)
