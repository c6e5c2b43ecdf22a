"""Applies a deployment's own figures: replacements of assumed ones, and targets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from decimal import Decimal
from typing import TypeVar

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.obligation import (
    About,
    AssumedPart,
    Obligation,
    OnEvent,
    OnRequest,
    Recurring,
    Trigger,
    TriggerKind,
    assumed_parts,
)
from sla_tracker.domain.agreements.renames import names_of
from sla_tracker.domain.deadlines.calendar_rules import RecurringRule
from sla_tracker.domain.deadlines.due import rule_from_table
from sla_tracker.domain.deadlines.due_rule import DueRule, Roll
from sla_tracker.domain.deadlines.rules import with_roll
from sla_tracker.domain.toml_reader import Key, TomlFile, dotted, problem_at, unknown_name
from sla_tracker.errors import N_, ConfigError, PluginError, SlaError, UsageError, Wrong
from sla_tracker.plugin_host.checks import obligation_problems
from sla_tracker.plugin_host.declarations import counting_problems
from sla_tracker.value_class import dataclass

_Named = TypeVar("_Named", About, Roll)

KIND_KEYS: Mapping[str, type[Trigger]] = {
    TriggerKind.RECURRING: Recurring,
    TriggerKind.ON_EVENT: OnEvent,
    TriggerKind.ON_REQUEST: OnRequest,
}
# In the order in which they are set; the day alone is set as the due.
PARTS = (AssumedPart.DUE, AssumedPart.ANSWER, AssumedPart.ABOUT, AssumedPart.ROLL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """The deployment's own figures.

    `assumed` is by obligation and part, `targets` by obligation.

    With `source`, the settings file, errors name file and line.
    """

    assumed: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    targets: Mapping[str, Decimal] = field(default_factory=dict)
    source: TomlFile | None = None


def overridden(catalogue: Catalogue, overrides: Overrides) -> tuple[Catalogue, tuple[SlaError, ...]]:
    """Return the catalogue with the deployment's figures, and errors of some.

    Figures that are not applicable have errors. A figure that the deployment sets stays assumed, because no two
    departments have agreed it.
    """
    obligations = dict(catalogue.obligations)
    variants: dict[tuple[str, str], Obligation] = {}
    present = names_of(obligations.values()).present
    found: list[tuple[Key, object]] = []
    for id, table in overrides.assumed.items():
        now = present(id)
        if now in obligations:
            obligations[now], own, problems = _with_assumed(catalogue, obligations[now], table)
            variants |= {(now, provider): one for provider, one in own.items()}
            found += [(("assumed", id, *part), what) for part, what in problems]
        else:
            assumed = [one.id for one in obligations.values() if one.is_assumed]
            found.append((("assumed", id), unknown_name(id, assumed)))
    known = {present(id): id for id in overrides.assumed if present(id) in obligations}
    for now, wrong in _miscounted(replace(catalogue, obligations=obligations), known, variants).items():
        obligations[now] = catalogue.obligations[now]
        variants = {key: one for key, one in variants.items() if key[0] != now}
        found += [(("assumed", known[now]), problem) for problem in wrong]
    for id, target in overrides.targets.items():
        now = present(id)
        if now in obligations:
            obligations[now] = replace(obligations[now], target=target)
            variants |= {key: replace(one, target=target) for key, one in variants.items() if key[0] == now}
        else:
            found.append((("targets", "obligations", id), unknown_name(id, obligations)))
    changed = replace(catalogue, obligations=obligations, variants=variants)
    return changed, tuple(_placed(overrides, *one) for one in found)


def _miscounted(
    catalogue: Catalogue, ids: Iterable[str], variants: Mapping[tuple[str, str], Obligation]
) -> dict[str, list[PluginError]]:
    """Return the errors of what some obligations count from, by id, if there are any.

    All figures must be known for obligations that count from each other.
    """
    found: dict[str, list[PluginError]] = {}
    for id in ids:
        own = (one for key, one in variants.items() if key[0] == id)
        for one in (catalogue.obligations[id], *own):
            problems = list(counting_problems(one, catalogue))
            if problems:
                found[id] = problems
    return found


def _with_assumed(
    catalogue: Catalogue, declared: Obligation, table: Mapping[str, object]
) -> tuple[Obligation, dict[str, Obligation], list[tuple[Key, object]]]:
    """Return the obligation with figures for all, those per provider, and errors.

    The variants for a single provider have that provider's id as key.
    """
    own = _by_provider(catalogue, declared, table)
    general = {key: value for key, value in table.items() if key not in own}
    for_all, found = _with_figures(declared, general)
    variants: dict[str, Obligation] = {}
    bound = {one.provider: one for one in declared.bound(catalogue.departments)}
    for written, (provider, nearer) in own.items():
        variants[provider], problems = _with_figures(bound[provider], _nearest(general, nearer))
        named = {part for _kind, part, _value in _settings(nearer)}
        found += [((written, *key), what) for key, what in problems if not key or key[-1] in named]
    return for_all, variants, found


def _by_provider(
    catalogue: Catalogue, obligation: Obligation, table: Mapping[str, object]
) -> dict[str, tuple[str, Mapping[str, object]]]:
    """Return the tables for single providers of a shared obligation.

    Each has the key as written, and stands with the provider's id.
    """
    if not obligation.is_shared:
        return {}
    renamed = names_of(catalogue.departments.values()).present
    owing = obligation.owed_by(catalogue.departments)
    return {
        key: (renamed(key), value)
        for key, value in table.items()
        if isinstance(value, Mapping) and key not in {*KIND_KEYS, *PARTS} and renamed(key) in owing
    }


def _nearest(general: Mapping[str, object], nearer: Mapping[str, object]) -> dict[str, object]:
    """Return a provider's own figures, and those for all that they do not replace."""
    own = {part for _kind, part, _value in _settings(nearer)}
    left = [one for one in _settings(general) if one[1] not in own]
    kept: dict[str, object] = {part: value for kind, part, value in (*left, *_settings(nearer)) if not kind}
    for kind in KIND_KEYS:
        inside = {part: value for named, part, value in (*left, *_settings(nearer)) if named == kind}
        kept |= {kind: inside} if inside else {}
    return kept


def _placed(overrides: Overrides, key: Key, what: object) -> SlaError:
    if overrides.source is not None:
        return problem_at(overrides.source, key, what)
    return ConfigError(N_("{where}: {what}"), where=dotted(key), what=what)


def _with_figures(
    obligation: Obligation, table: Mapping[str, object]
) -> tuple[Obligation, list[tuple[Key, object]]]:
    """Return the obligation with the figures of a table, and errors by key.

    If there are errors, the obligation is unchanged.
    """
    found: list[tuple[Key, object]] = []
    triggers = obligation.triggers
    for kind, part, value in _settings(table):
        key: Key = (kind, part) if kind else (part,)
        meant = [
            one
            for one in triggers
            if _is_assumed(one, part) and (not kind or isinstance(one, KIND_KEYS[kind]))
        ]
        if len(meant) != 1:
            found.append((key, _not_settable(obligation, several=len(meant) > 1)))
            continue
        try:
            changed = _changed(meant[0], part, value)
        except Wrong as reason:
            found += [(key, problem) for problem in reason.problems]
            continue
        triggers = tuple(changed if one is meant[0] else one for one in triggers)
    changed_obligation = replace(obligation, triggers=triggers)
    found += [((), problem) for problem in obligation_problems(changed_obligation)]
    return (obligation if found else changed_obligation), found


def _settings(table: Mapping[str, object]) -> list[tuple[str, str, object]]:
    """Return the kind of trigger, part and value of each setting.

    The kind is empty where not named. A rule comes before its roll.
    """
    found: list[tuple[str, str, object]] = []
    for key, value in table.items():
        if key in KIND_KEYS and isinstance(value, Mapping):
            found += [(key, str(part), inner) for part, inner in value.items()]
        else:
            found.append(("", key, value))
    return sorted(found, key=lambda one: PARTS.index(AssumedPart(one[1])) if one[1] in PARTS else 0)


def _is_assumed(trigger: Trigger, part: str) -> bool:
    assumed = assumed_parts(trigger)
    return part in PARTS and (part in assumed or (part == AssumedPart.DUE and AssumedPart.DAY in assumed))


def _changed(trigger: Trigger, part: str, value: object) -> Trigger:
    trigger = _set_by_admin(trigger, part)
    if part == AssumedPart.ABOUT and isinstance(trigger, Recurring):
        return replace(trigger, about=_named(value, About))
    if part == AssumedPart.ROLL:
        return replace(trigger, due=with_roll(trigger.due, _named(value, Roll)))
    if not isinstance(value, Mapping):
        raise Wrong(UsageError(N_("Write a table, such as {example}."), example="{ workdays = 1 }"))
    rule = rule_from_table(value)
    if part == AssumedPart.ANSWER and isinstance(trigger, OnRequest):
        return replace(trigger, answer=rule)
    if AssumedPart.DAY in trigger.assumed and not _is_monthly(rule):
        raise Wrong(
            UsageError(
                N_("Only the day is assumed: write {example} or {other}, once a month."),
                example="{ day = 28 }",
                other="{ nth_workday = -1 }",
            )
        )
    return replace(
        _set_by_admin(trigger, AssumedPart.ROLL) if AssumedPart.ROLL in value else trigger, due=rule
    )


def _set_by_admin(trigger: Trigger, part: str) -> Trigger:
    """Return the trigger with a part marked as set by the settings, and still assumed."""
    is_day = part == AssumedPart.DUE and AssumedPart.DAY in trigger.assumed
    named = AssumedPart.DAY.value if is_day else str(part)
    assumed = trigger.assumed if named in trigger.assumed else (*trigger.assumed, named)
    return replace(trigger, assumed=assumed, set_by_admin=(*trigger.set_by_admin, named))


def _named(value: object, kind: type[_Named]) -> _Named:
    """Return the member of an enumeration that a setting names; raises Wrong."""
    try:
        return kind(str(value))
    except ValueError:
        raise Wrong(unknown_name(str(value), kind)) from None


def _is_monthly(rule: DueRule) -> bool:
    return isinstance(rule, RecurringRule) and getattr(rule, "months", None) == ()


def _not_settable(obligation: Obligation, *, several: bool) -> ConfigError:
    allowed = ", ".join(_settable(obligation)) or "-"
    if several:
        return ConfigError(N_("Several triggers have this; say which: {allowed}."), allowed=allowed)
    return ConfigError(
        N_("This is agreed, not assumed, or does not exist; what can be set for “{title}”: {allowed}."),
        title=obligation.title,
        allowed=allowed,
    )


def _settable(obligation: Obligation) -> Iterator[str]:
    several = len(obligation.triggers) > 1
    kinds = {kind: key for key, kind in KIND_KEYS.items()}
    for trigger in obligation.triggers:
        for part in PARTS:
            if _is_assumed(trigger, part):
                yield f"{kinds[type(trigger)]}.{part}" if several else part
