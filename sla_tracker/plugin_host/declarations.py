"""Declarations of plugins, and their combination into one catalogue."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, fields, is_dataclass, replace
from decimal import Decimal
from hashlib import sha256

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.clocks import calendars_named_by
from sla_tracker.domain.agreements.conditions import Condition
from sla_tracker.domain.agreements.dependencies import Depended, dependencies
from sla_tracker.domain.agreements.fields import Field, FieldKind
from sla_tracker.domain.agreements.obligation import (
    EVERY,
    Department,
    Obligation,
    OnEvent,
    OnRequest,
    Recurring,
    Trigger,
)
from sla_tracker.domain.agreements.renames import Renames
from sla_tracker.domain.deadlines.rules import AfterDuty
from sla_tracker.domain.duties.event import EventType
from sla_tracker.domain.time.calendar_layers import DaySource
from sla_tracker.domain.toml_reader import TomlFile, did_you_mean, unknown_name
from sla_tracker.errors import N_, Phrase, PluginError
from sla_tracker.plugin_host.field_checks import place_of
from sla_tracker.value_class import dataclass

Notifiers = Mapping[str, Callable[..., object]]
Owners = Mapping[tuple[str, str], str]
"""The plugin that declares each kind and id, or had it before a rename."""
_Claim = tuple[str, tuple[str, str]]  # plugin, and kind and id


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """Declarations of one plugin, checked, but not yet against other plugins.

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
        yield from ((kind, id) for kind, id, present in self.names() if not present)

    def names(self) -> Iterator[tuple[str, str, str]]:
        """Yield kind and id of every declaration, then its old ids with the present one."""
        for kind, declared in (
            (N_("department"), self.departments),
            (N_("event type"), self.event_types),
            (N_("obligation"), self.obligations),
        ):
            yield from ((kind, one.id, "") for one in declared)
            yield from ((kind, old, one.id) for one in declared for old in one.renamed_from)
        yield from ((N_("calendar"), id, "") for id in self.calendars)
        yield from ((N_("notifier"), id, "") for id in self.notifiers)

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
    """Return the declarations that fit together, and the others' errors by plugin.

    Of two plugins that declare the same id, or were renamed from it, the one that `kept` it until now wins, else the
    first. References to old ids become present ones. A plugin that refers to an undeclared name is removed, and so are
    the plugins that refer to it, until every reference is resolved. `work_calendars` are the calendars of the settings;
    None skips their check.
    """
    accepted, faults = _without_repeats(all_declared, kept or {})
    renames = catalogue_of(accepted).renames()
    if renames:
        accepted = [_with_present_names(declared, renames) for declared in accepted]
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
    variants = tuple(one for _key, one in sorted(catalogue.variants.items()))
    for part in (
        *_parts_outside_repr(tuple(one for _id, one in sorted(catalogue.obligations.items()))),
        *map(repr, variants),
    ):
        total.update(part.encode("utf-8", "backslashreplace"))
    # Ids of triggers and old ids are no part of repr: a catalogue without any keeps the digest that stores know.
    for obligation in catalogue.obligations.values():
        for trigger in obligation.triggers:
            if trigger.id:
                total.update(f"{obligation.id}/{trigger.id}".encode("utf-8", "backslashreplace"))
    for values in (catalogue.departments, catalogue.event_types, catalogue.obligations):
        for one in values.values():
            if one.renamed_from:
                total.update(f"{one.id}<{one.renamed_from}".encode("utf-8", "backslashreplace"))
    return total.hexdigest()


_WITH_THEIR_OWN = frozenset({"id", "renamed_from"})


def _parts_outside_repr(value: object) -> Iterator[str]:
    """Yield what a value or its parts say in fields that are no part of their repr.

    Fields of later versions are such: a declaration without them keeps the digest that stores know.
    """
    if isinstance(value, tuple):
        for one in value:
            yield from _parts_outside_repr(one)
    elif is_dataclass(value):
        for part in fields(value):
            inner = getattr(value, part.name)
            if part.repr or part.name in _WITH_THEIR_OWN:
                yield from _parts_outside_repr(inner)
            elif inner != part.default:
                yield f"{part.name}={inner!r}"
                yield from _parts_outside_repr(inner)


def owners_of(all_declared: Iterable[Declared]) -> Owners:
    """Return the plugin of each kind and id."""
    return {(kind, id): declared.plugin for declared in all_declared for kind, id, _old in declared.names()}


def _without_repeats(
    all_declared: Sequence[Declared], kept: Owners
) -> tuple[list[Declared], dict[str, tuple[PluginError, ...]]]:
    owners: dict[tuple[str, str], str] = {}
    accepted: list[Declared] = []
    faults: dict[str, tuple[PluginError, ...]] = {}
    claims: dict[_Claim, str] = {
        (declared.plugin, (kind, id)): present
        for declared in all_declared
        for kind, id, present in declared.names()
    }
    rightful = {key: plugin for key, plugin in kept.items() if (plugin, key) in claims}
    for declared in all_declared:
        problems = tuple(_duplicate_ids(declared, ChainMap(rightful, owners), claims))
        if problems:
            faults[declared.plugin] = problems
            continue
        owners |= {(kind, id): declared.plugin for kind, id, _old in declared.names()}
        accepted.append(declared)
    return accepted, faults


def _duplicate_ids(
    declared: Declared, owners: Mapping[tuple[str, str], str], claims: Mapping[_Claim, str]
) -> Iterator[PluginError]:
    seen: dict[tuple[str, str], str] = {}
    for kind, id, present in declared.names():
        key = (kind, id)
        owner = owners.get(key)
        if key in seen:
            yield _taken(declared.plugin, key, present, declared.plugin, seen[key])
        elif owner not in (None, declared.plugin):
            yield _taken(declared.plugin, key, present, owner, claims[owner, key])
        seen.setdefault(key, present)


def _taken(plugin: str, key: tuple[str, str], present: str, owner: str, owners_present: str) -> PluginError:
    """Return the error of an id that another declaration has.

    If `present` is given, the id is an old one of that.
    """
    kind, id = key
    where = place_of(kind.replace(" ", "_"), present or id)
    if present and owners_present:
        return PluginError(
            N_(
                "“{one}” of plugin “{plugin}” and “{other}” of plugin “{owner}” both name the {kind} “{id}” "
                "in renamed_from; only one can have been called so."
            ),
            where=where,
            one=present,
            plugin=plugin,
            other=owners_present,
            owner=owner,
            kind=Phrase(kind),
            id=id,
        )
    if present or owners_present:
        return PluginError(
            N_(
                "The {kind} “{id}” of plugin “{plugin}” is an old name of “{other}” of plugin “{owner}” "
                "(renamed_from); a name cannot be used again."
            ),
            where=where,
            kind=Phrase(kind),
            id=id,
            plugin=owner if present else plugin,
            other=present or owners_present,
            owner=plugin if present else owner,
        )
    return PluginError(
        N_("The {kind} “{id}” of plugin “{plugin}” is already declared by plugin “{owner}”."),
        where=where,
        kind=Phrase(kind),
        id=id,
        plugin=plugin,
        owner=owner,
    )


def _with_present_names(declared: Declared, renames: Renames) -> Declared:
    """Return the declarations with present ids in place of old ones."""
    return replace(declared, obligations=tuple(_renamed(one, renames) for one in declared.obligations))


def _renamed(obligation: Obligation, renames: Renames) -> Obligation:
    return replace(
        obligation,
        provider=renames.departments.present(obligation.provider),
        providers=tuple(map(renames.departments.present, obligation.providers)),
        not_from=tuple(map(renames.departments.present, obligation.not_from)),
        consumer=renames.departments.present(obligation.consumer),
        consumers=tuple(map(renames.departments.present, obligation.consumers)),
        depends_on=tuple(_renamed_dependency(one, renames) for one in obligation.depends_on),
        triggers=tuple(_renamed_trigger(one, renames) for one in obligation.triggers),
    )


def _renamed_trigger(trigger: Trigger, renames: Renames) -> Trigger:
    present = renames.departments.present
    if isinstance(trigger, Recurring):
        rule = trigger.due
        if isinstance(rule, AfterDuty):
            return replace(trigger, due=replace(rule, after=renames.obligations.present(rule.after)))
        return trigger
    condition = trigger.condition
    if condition is not None and condition.asked_by:
        trigger = replace(
            trigger, condition=replace(condition, asked_by=tuple(map(present, condition.asked_by)))
        )
    if isinstance(trigger, OnEvent):
        return replace(trigger, event_type=renames.event_types.present(trigger.event_type))
    limits = tuple(replace(one, consumers=tuple(map(present, one.consumers))) for one in trigger.limits)
    return replace(trigger, limits=limits)


def _renamed_dependency(one: Depended, renames: Renames) -> Depended:
    if isinstance(one, str):
        return renames.obligations.present(one)
    return replace(one, obligation=renames.obligations.present(one.obligation))


def _unknown_references(declared: Declared, catalogue: Catalogue) -> Iterator[PluginError]:
    for obligation in declared.obligations:
        where = place_of("obligation", obligation.id)
        yield from _unknown_departments(obligation, where, catalogue)
        yield from _unknown_askers(obligation, where, catalogue)
        for other in dependencies(obligation.depends_on):
            yield from _unknown(other.obligation, f"{where}.depends_on", catalogue.obligations)
        yield from counting_problems(obligation, catalogue)
        of_events = (trigger for trigger in obligation.triggers if isinstance(trigger, OnEvent))
        for number, trigger in enumerate(of_events, start=1):
            place = f"{where}.on_event[{number}]"
            yield from _unknown(trigger.event_type, f"{place}.type", catalogue.event_types)
            event_type = catalogue.event_types.get(trigger.event_type)
            if event_type is not None and trigger.condition is not None:
                yield from _unknown_condition_fields(trigger.condition, event_type, f"{place}.condition")


def _unknown_departments(obligation: Obligation, where: str, catalogue: Catalogue) -> Iterator[PluginError]:
    """Yield an error for each provider, consumer or exception that nobody declares."""
    sides = (
        ("provider", obligation.providers or (obligation.provider,)),
        ("except", obligation.not_from),
        ("consumer", obligation.consumers or (obligation.consumer,)),
    )
    for side, named in sides:
        for id in named:
            if id != EVERY:
                yield from _unknown(id, f"{where}.{side}", catalogue.departments)


def _unknown_askers(obligation: Obligation, where: str, catalogue: Catalogue) -> Iterator[PluginError]:
    """Yield an error for each department of a condition or limit that nobody declares."""
    for number, trigger in enumerate(obligation.triggers, start=1):
        place = f"{where}.triggers[{number}]"
        condition = None if isinstance(trigger, Recurring) else trigger.condition
        for id in condition.asked_by if condition else ():
            yield from _unknown(id, f"{place}.condition.asked_by", catalogue.departments)
        if isinstance(trigger, OnRequest):
            owed_to = dict.fromkeys(obligation.owed_to(catalogue.departments))
            for id in (id for one in trigger.limits for id in one.consumers):
                yield from _unknown(id, f"{place}.limits", owed_to)


def counting_problems(obligation: Obligation, catalogue: Catalogue) -> Iterator[PluginError]:
    """Yield the errors of what an obligation counts from, also over others.

    One of them is that it would wait for itself.
    """
    where = place_of("obligation", obligation.id)
    yield from _unknown_bases(obligation, where, catalogue)
    if circle := _circle(obligation, catalogue):
        yield PluginError(
            N_("{where}.depends_on: it would wait for itself: {path}")
            if obligation.depends_on
            else N_("{where}: it would count from itself: {path}"),
            where=where,
            path=" → ".join(circle),
        )


def _unknown_bases(obligation: Obligation, where: str, catalogue: Catalogue) -> Iterator[PluginError]:
    """Yield the errors of the obligations from which its rules count."""
    for number, trigger in enumerate(obligation.triggers, start=1):
        if isinstance(trigger.due, AfterDuty):
            place = f"{where}.triggers[{number}].due"
            yield from _unknown(trigger.due.after, place, catalogue.obligations)
            yield from _uncountable(obligation, trigger.due, place, catalogue)


def _uncountable(
    obligation: Obligation, rule: AfterDuty, where: str, catalogue: Catalogue
) -> Iterator[PluginError]:
    """Yield the errors of a rule that counts from an obligation without a single turn."""
    other = catalogue.obligations.get(rule.after)
    if other is None:
        return
    if not all(isinstance(one, Recurring) for one in other.triggers):
        yield PluginError(
            N_(
                "{where}: “{id}” opens by an event or a request and has no turns to count from; let this one open by "
                "the same event, and wait for it with depends_on."
            ),
            where=where,
            id=rule.after,
        )
    if other.is_shared and not obligation.is_shared:
        yield PluginError(
            N_(
                "{where}: several departments owe “{id}”, and a duty counts from one only; let the same departments "
                "owe this too, or wait for them with depends_on."
            ),
            where=where,
            id=rule.after,
        )


def _unknown_calendars(declared: Declared, known: Collection[str] | None) -> Iterator[PluginError]:
    if known is None:
        return
    named = [("department", one.id, one.calendar) for one in declared.departments if one.calendar]
    for obligation in declared.obligations:
        each = dict.fromkeys(calendars_named_by(obligation))
        named += [("obligation", obligation.id, name) for name in each]
    for kind, id, name in named:
        if name not in known:
            yield PluginError(
                N_("{where}.calendar: the settings have no such calendar: {what}"),
                where=place_of(kind, id),
                what=unknown_name(name, known),
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
            N_(
                "{where}: no active plugin declares “{id}”; declared are {known}. If another new file declares it, "
                "name both in one command."
            ),
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
    bounds = condition.bounds
    if bounds and condition.field in asked:
        wanted = FieldKind.NUMBER if isinstance(bounds[0], Decimal) else FieldKind.DATE
        if asked[condition.field].kind is not wanted:
            yield PluginError(
                N_("{where}.field: {field} is no {kind}, and cannot be compared with one."),
                where=where,
                field=f"“{condition.field}”",
                kind=Phrase(_KIND_WORDS[wanted]),
            )
        return
    choices = (
        {choice.id: choice for choice in asked[condition.field].choices} if condition.field in asked else {}
    )
    if choices:
        yield from _unknown(condition.equals, f"{where}.equals", choices)


_KIND_WORDS = {FieldKind.NUMBER: N_("number"), FieldKind.DATE: N_("date")}


def _circle(obligation: Obligation, catalogue: Catalogue) -> tuple[str, ...]:
    """Return the shortest path of waiting and counting from an obligation to itself.

    Empty when there is no such path.
    """
    paths: list[tuple[str, ...]] = [(obligation.id,)]
    seen = set[str]()
    while paths:
        path = paths.pop(0)
        last = obligation if path == (obligation.id,) else catalogue.obligations[path[-1]]
        for id in last.refers_to():
            if id == obligation.id:
                return (*path, id)
            if id not in seen and id in catalogue.obligations:
                seen.add(id)
                paths.append((*path, id))
    return ()
