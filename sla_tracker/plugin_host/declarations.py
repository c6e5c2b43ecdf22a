"""Declarations of plugins, and their combination into one catalogue."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.fields import Field
from sla_tracker.domain.agreements.obligation import Condition, Department, Obligation, OnEvent
from sla_tracker.domain.duties.event import EventType
from sla_tracker.domain.time.calendar_layers import DaySource
from sla_tracker.domain.toml_reader import TomlFile, did_you_mean, unknown_name
from sla_tracker.errors import N_, Phrase, PluginError
from sla_tracker.plugin_host.checks import place_of

Notifiers = Mapping[str, Callable[..., object]]
Owners = Mapping[tuple[str, str], str]
"""The plugin that declares each kind and id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """Declarations of one plugin.

    They were checked on their own, but not yet against other plugins.

    `checklist` is the file that they stand in, if it is one, so that their errors can name lines.
    """

    plugin: str
    departments: tuple[Department, ...] = ()
    event_types: tuple[EventType, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    calendars: Mapping[str, DaySource] = field(default_factory=dict)
    checklist: TomlFile | None = None
    notifiers: Notifiers = field(default_factory=dict)

    def ids(self) -> Iterator[tuple[str, str]]:
        """Yield kind (a message id) and id of every declaration."""
        yield from ((N_("department"), one.id) for one in self.departments)
        yield from ((N_("event type"), one.id) for one in self.event_types)
        yield from ((N_("obligation"), one.id) for one in self.obligations)
        yield from ((N_("calendar"), id) for id in self.calendars)
        yield from ((N_("notifier"), id) for id in self.notifiers)

    def counts(self) -> dict[str, int]:
        """Return the number of declarations per kind, without kinds that have none."""
        every = {
            "departments": len(self.departments),
            "event_types": len(self.event_types),
            "obligations": len(self.obligations),
            "calendars": len(self.calendars),
            "notifiers": len(self.notifiers),
        }
        return {kind: count for kind, count in every.items() if count}


def together(
    all_declared: Sequence[Declared],
    work_calendars: Collection[str] | None = None,
    kept: Owners | None = None,
) -> tuple[list[Declared], dict[str, tuple[PluginError, ...]]]:
    """Return the declarations that fit together, and the others' errors.

    The errors are by plugin.

    Of two plugins that declare the same id, the one that `kept` it until now wins, else the first. A plugin that refers
    to an undeclared name is removed, and so are the plugins that refer to it, until every reference is resolved.
    `work_calendars` are the calendars of the settings; None skips their check.
    """
    accepted, faults = _without_repeats(all_declared, kept or {})
    while True:
        catalogue = catalogue_of(accepted)
        unresolved = {
            declared.plugin: (
                *_unknown_references(declared, catalogue),
                *_unknown_calendars(declared, work_calendars),
            )
            for declared in accepted
        }
        broken = {plugin: problems for plugin, problems in unresolved.items() if problems}
        if not broken:
            return accepted, faults
        faults |= broken
        accepted = [declared for declared in accepted if declared.plugin not in broken]


def catalogue_of(all_declared: Iterable[Declared]) -> Catalogue:
    """Return the catalogue of several declarations, without a digest."""
    listed = list(all_declared)
    return Catalogue(
        departments={one.id: one for declared in listed for one in declared.departments},
        event_types={one.id: one for declared in listed for one in declared.event_types},
        obligations={one.id: one for declared in listed for one in declared.obligations},
    )


def digest_of(catalogue: Catalogue) -> str:
    """Return the SHA-256 of a catalogue's contents: equal terms give equal digests."""
    total = sha256()
    for values in (catalogue.departments, catalogue.event_types, catalogue.obligations):
        for id in sorted(values):
            total.update(repr(values[id]).encode("utf-8", "backslashreplace"))
    # Ids of triggers are no part of repr, so that a catalogue without any keeps the digest that stores know.
    for obligation in catalogue.obligations.values():
        for trigger in obligation.triggers:
            if trigger.id:
                total.update(f"{obligation.id}/{trigger.id}".encode("utf-8", "backslashreplace"))
    return total.hexdigest()


def owners_of(all_declared: Iterable[Declared]) -> Owners:
    """Return the plugin of each kind and id."""
    return {key: declared.plugin for declared in all_declared for key in declared.ids()}


def _without_repeats(
    all_declared: Sequence[Declared], kept: Owners
) -> tuple[list[Declared], dict[str, tuple[PluginError, ...]]]:
    owners: dict[tuple[str, str], str] = {}
    accepted: list[Declared] = []
    faults: dict[str, tuple[PluginError, ...]] = {}
    claimed = {(declared.plugin, key) for declared in all_declared for key in declared.ids()}
    rightful = {key: plugin for key, plugin in kept.items() if (plugin, key) in claimed}
    for declared in all_declared:
        problems = tuple(_duplicate_ids(declared, ChainMap(rightful, owners)))
        if problems:
            faults[declared.plugin] = problems
            continue
        owners |= dict.fromkeys(declared.ids(), declared.plugin)
        accepted.append(declared)
    return accepted, faults


def _duplicate_ids(declared: Declared, owners: Mapping[tuple[str, str], str]) -> Iterator[PluginError]:
    seen: set[tuple[str, str]] = set()
    for kind, id in declared.ids():
        owner = owners.get((kind, id))
        is_repeated = (kind, id) in seen
        seen.add((kind, id))
        if is_repeated or owner not in (None, declared.plugin):
            yield PluginError(
                N_("The {kind} “{id}” of plugin “{plugin}” is already declared by plugin “{owner}”."),
                where=place_of(kind.replace(" ", "_"), id),
                kind=Phrase(kind),
                id=id,
                plugin=declared.plugin,
                owner=declared.plugin if is_repeated else owner,
            )


def _unknown_references(declared: Declared, catalogue: Catalogue) -> Iterator[PluginError]:
    for obligation in declared.obligations:
        where = place_of("obligation", obligation.id)
        yield from _unknown(obligation.provider, f"{where}.provider", catalogue.departments)
        yield from _unknown(obligation.consumer, f"{where}.consumer", catalogue.departments)
        for other in obligation.depends_on:
            yield from _unknown(other, f"{where}.depends_on", catalogue.obligations)
        if circle := _circle(obligation, catalogue):
            yield PluginError(
                N_("{where}.depends_on: it would wait for itself: {path}"),
                where=where,
                path=" → ".join(circle),
            )
        of_events = (trigger for trigger in obligation.triggers if isinstance(trigger, OnEvent))
        for number, trigger in enumerate(of_events, start=1):
            place = f"{where}.on_event[{number}]"
            yield from _unknown(trigger.event_type, f"{place}.type", catalogue.event_types)
            event_type = catalogue.event_types.get(trigger.event_type)
            if event_type is not None and trigger.condition is not None:
                yield from _unknown_condition_fields(trigger.condition, event_type, f"{place}.condition")


def _unknown_calendars(declared: Declared, known: Collection[str] | None) -> Iterator[PluginError]:
    if known is None:
        return
    for kind, listed in (("department", declared.departments), ("obligation", declared.obligations)):
        for one in listed:
            if one.calendar and one.calendar not in known:
                yield PluginError(
                    N_("{where}.calendar: the settings have no such calendar: {what}"),
                    where=place_of(kind, one.id),
                    what=unknown_name(one.calendar, known),
                )


def _unknown(id: str, where: str, known: Mapping[str, object]) -> Iterator[PluginError]:
    if id in known:
        return
    meant = did_you_mean(id, known)
    if meant:
        yield PluginError(
            N_("{where}: no active plugin declares “{id}”. Did you mean “{meant}”?"),
            where=where,
            id=id,
            meant=meant,
        )
    else:
        yield PluginError(
            N_("{where}: no active plugin declares “{id}”; declared are {known}."),
            where=where,
            id=id,
            known=", ".join(list(known)[:20]) or "-",
        )


def _unknown_condition_fields(
    condition: Condition, event_type: EventType, where: str
) -> Iterator[PluginError]:
    if not condition.field:
        return
    asked: dict[str, Field] = {field.id: field for field in event_type.fields}
    yield from _unknown(condition.field, f"{where}.field", asked)
    choices = (
        {choice.id: choice for choice in asked[condition.field].choices} if condition.field in asked else {}
    )
    if choices:
        yield from _unknown(condition.equals, f"{where}.equals", choices)


def _circle(obligation: Obligation, catalogue: Catalogue) -> tuple[str, ...]:
    """Return the shortest path of dependencies from an obligation to itself.

    Empty when there is none.
    """
    paths: list[tuple[str, ...]] = [(obligation.id,)]
    seen = set[str]()
    while paths:
        path = paths.pop(0)
        for id in catalogue.obligations[path[-1]].depends_on:
            if id == obligation.id:
                return (*path, id)
            if id not in seen and id in catalogue.obligations:
                seen.add(id)
                paths.append((*path, id))
    return ()
