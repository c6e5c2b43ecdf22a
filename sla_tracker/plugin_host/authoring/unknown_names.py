"""Finds undeclared names in a checklist that fails validation.

The author then sees these errors together with those of the validation, not only after correcting them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.obligation import EVERY, TriggerKind
from sla_tracker.domain.toml_reader import Key, TomlFile, problem_at, read_toml, unknown_name
from sla_tracker.errors import SlaError
from sla_tracker.plugin_host.trust import LARGEST_CHECKLIST, read_trusted

Tables = list[tuple[Key, Mapping[str, object]]]


def unknown_names(path: Path, catalogue: Catalogue) -> tuple[SlaError, ...]:
    """Return an error for each department and event type that is not declared.

    The file or the catalogue has to declare them.
    """
    try:
        file = read_toml(read_trusted(path, path.parent, LARGEST_CHECKLIST).content, path.name)
    except SlaError:
        return ()
    return tuple(_problems(file, catalogue))


def _problems(file: TomlFile, catalogue: Catalogue) -> Iterator[SlaError]:
    departments = {*catalogue.departments, *_ids(file.tree, "department")}
    event_types = {*catalogue.event_types, *_ids(file.tree, "event_type")}
    for key, obligation in _tables(file.tree, "obligation"):
        for side, name in _parties(obligation):
            if name != EVERY:
                yield from _unknown(file, (*key, side), name, departments)
        for place, trigger in _tables(obligation, TriggerKind.ON_EVENT):
            yield from _unknown(file, (*key, *place, "type"), trigger.get("type"), event_types)


def _parties(obligation: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Yield the names of departments that an obligation writes, each with its key."""
    for side in ("provider", "except", "consumer"):
        written = obligation.get(side)
        for name in written if isinstance(written, list) else [written]:
            yield side, name


def _unknown(file: TomlFile, key: Key, name: object, known: Collection[str]) -> Iterator[SlaError]:
    if isinstance(name, str) and name and name not in known:
        yield problem_at(file, key, unknown_name(name, known))


def _ids(tree: Mapping[str, object], name: str) -> set[str]:
    return {str(table.get("id")) for _key, table in _tables(tree, name)}


def _tables(tree: Mapping[str, object], name: str) -> Tables:
    """Return the tables of a name with their keys.

    A single table counts as a list of one.
    """
    value = tree.get(name)
    listed = value if isinstance(value, list) else [value]
    return [((name, place), table) for place, table in enumerate(listed) if isinstance(table, Mapping)]
