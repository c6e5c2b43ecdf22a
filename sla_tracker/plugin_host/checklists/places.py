"""Adds the place in a checklist to errors of its declarations.

These errors name a table by its id; the place is the file and line of that table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sla_tracker.domain.agreements.obligation import TriggerKind
from sla_tracker.domain.toml_reader import Key, TomlFile, line_of
from sla_tracker.errors import N_, Phrase, PluginError
from sla_tracker.plugin_host.field_checks import readable

_TABLE = re.compile(r"(department|event_type|obligation)\[(.*?)\](?=\.|$)(.*)")
_STEP = re.compile(r"\.([\w-]+)(?:\[(\d+)\])?")
_BEHIND = re.compile(r"\{where\}((?:\.[\w{}]+)*)")


def placed(problem: PluginError, file: TomlFile | None) -> PluginError:
    """Return an error with file and line in front of its place.

    Without a file or a place in it, the error stays unchanged.
    """
    where = problem.values.get("where")
    if file is None or not isinstance(where, str):
        return problem
    behind = _BEHIND.search(problem.message)
    key = _key(file.tree, where + (behind[1].format(**problem.values) if behind else ""))
    line = line_of(file.text, key)
    if line is None:
        return problem
    place = Phrase(N_("{file}, line {line}, {key}"), file=file.name, line=line, key=where)
    if behind is None:
        return PluginError(N_("{where}: {what}"), where=place, what=problem)
    return PluginError(problem.message, problem.problems, **problem.values | {"where": place})


def placed_within(problem: PluginError, file: TomlFile) -> PluginError:
    """Return an error whose inner errors have file and line in front."""
    inner = tuple(placed(one, file) if isinstance(one, PluginError) else one for one in problem.problems)
    return PluginError(problem.message, inner, **problem.values)


def _key(tree: Mapping[str, object], where: str) -> Key:
    """Return the key path of a place such as `obligation[wash].triggers[2].due`.

    Empty when the file lacks this place.
    """
    named = _TABLE.fullmatch(where)
    if named is None:
        return ()
    name, id, inside = named.groups()
    same = [place for place, one in enumerate(_tables(tree, name)) if readable(str(one.get("id"))[:64]) == id]
    if not same:
        return ()
    key: Key = (name, same[-1])  # of an id that is there twice, the second is wrong
    if not inside:
        return (*key, "id")
    table = _tables(tree, name)[same[-1]]
    for part, number in _STEP.findall(inside):
        if part == "triggers" and number:
            key += _trigger_key(table, int(number) - 1)
        else:
            key += (part, int(number) - 1) if number else (part,)
    return key


def _trigger_key(obligation: Mapping[str, object], place: int) -> Key:
    """Return the key of an obligation's trigger, counted over all kinds of triggers."""
    keys = [(kind, number) for kind in TriggerKind for number in range(len(_tables(obligation, kind)))]
    return keys[place] if place < len(keys) else ()


def _tables(tree: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    value = tree.get(name)
    return [
        one if isinstance(one, Mapping) else {}
        for one in (value if isinstance(value, list) else [value])
        if one is not None
    ]
