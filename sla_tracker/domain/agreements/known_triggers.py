"""Recognises the triggers of an obligation again after its checklist was changed.

A trigger gives its duties part of their key, so it needs a name that depends neither on its place in the list nor on
the day that its rule names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from json import JSONDecoder, dumps

from sla_tracker.domain.agreements.conditions import Condition
from sla_tracker.domain.agreements.obligation import (
    Obligation,
    OnEvent,
    OnRequest,
    Recurring,
    Trigger,
    TriggerKind,
)
from sla_tracker.domain.deadlines.due import rule_to_table
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTrigger:
    """A trigger as the roster remembers it; `name` stays the same whatever changes.

    `kind`, `id` and `rule` are those last seen. `changed_at` is when a changed or added trigger was first seen.
    `opened_end` is the end of the last period that has a duty, `covered_end` the same when it was changed. `gone`
    means that the checklist has it no longer.
    """

    name: str
    kind: str
    rule: str
    provider: str
    id: str = ""
    changed_at: datetime | None = None
    opened_end: date | None = None
    covered_end: date | None = None
    gone: bool = False


def kind_of(trigger: Trigger) -> TriggerKind:
    """Return the kind of a trigger."""
    match trigger:
        case Recurring():
            return TriggerKind.RECURRING
        case OnEvent():
            return TriggerKind.ON_EVENT
        case OnRequest():
            return TriggerKind.ON_REQUEST


# Cached: every list of planned duties asks for the text of every trigger.
@lru_cache(maxsize=8192)
def rule_text(trigger: Trigger) -> str:
    """Return a trigger's due rule, with the event that it needs, as one line of JSON."""
    table: dict[str, object] = rule_to_table(trigger.due)
    if isinstance(trigger, OnEvent):
        table["type"] = trigger.event_type
    condition = None if isinstance(trigger, Recurring) else trigger.condition
    if condition is not None:
        table |= _condition_keys(condition)
    return dumps(table, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _condition_keys(condition: Condition) -> dict[str, object]:
    """Return the keys of a condition.

    Keys of later versions are among them only where they are used.
    """
    later = {
        "at_least": condition.at_least,
        "at_most": condition.at_most,
        "less_than": condition.less_than,
    }
    return {
        "after": condition.after.isoformat() if condition.after else "",
        "field": condition.field,
        "equals": condition.equals,
        **{key: str(bound) for key, bound in later.items() if bound is not None},
        **({"asked_by": list(condition.asked_by)} if condition.asked_by else {}),
    }


def recognised(
    known: Sequence[KnownTrigger], obligation: Obligation, now: datetime | None = None
) -> tuple[KnownTrigger, ...]:
    """Return the obligation's triggers in order, each with its known name.

    A trigger is recognised by its id, else by its rule, else as the one of its kind that is left. With `now`, changed
    and added triggers are marked as changed at that instant; an obligation without known triggers is new as a whole.
    An agreed version is its declared trigger, whose turns it goes on with.
    """
    if len(obligation.declared) == len(obligation.triggers):
        return _declared(known, obligation, now)
    declared = _declared(known, replace(obligation, triggers=obligation.declared), now)
    return tuple(declared[obligation.place_of(trigger)] for trigger in obligation.triggers)


def _declared(
    known: Sequence[KnownTrigger], obligation: Obligation, now: datetime | None
) -> tuple[KnownTrigger, ...]:
    found = _matched(known, obligation.triggers)
    taken = {one.name for one in known}
    result: list[KnownTrigger] = []
    for trigger, match in zip(obligation.triggers, found, strict=True):
        kind, rule, provider = kind_of(trigger).value, rule_text(trigger), obligation.provider
        if match is None:
            added = KnownTrigger(
                name=_version_name(result, trigger) or _new_name(trigger, obligation, taken),
                kind=kind,
                rule=rule,
                provider=provider,
                id=trigger.id,
            )
            taken.add(added.name)
            result.append(replace(added, changed_at=now if known else None))
            continue
        seen = replace(match, kind=kind, rule=rule, provider=provider, id=trigger.id, gone=False)
        is_changed = (match.rule, match.provider, match.gone) != (rule, provider, False)
        if is_changed and now is not None:
            seen = replace(seen, changed_at=now, covered_end=match.opened_end)
        result.append(seen)
    return tuple(result)


def remembered(
    known: Sequence[KnownTrigger], obligation: Obligation, now: datetime
) -> tuple[KnownTrigger, ...]:
    """Return the triggers for the roster to keep: the current ones, then those gone."""
    present = recognised(known, replace(obligation, triggers=obligation.declared), now)
    names = {one.name for one in present}
    return (*present, *as_gone(one for one in known if one.name not in names))


def as_gone(known: Iterable[KnownTrigger]) -> tuple[KnownTrigger, ...]:
    """Return triggers that no checklist in force has any longer."""
    return tuple(replace(one, gone=True) for one in known)


def _matched(known: Sequence[KnownTrigger], triggers: Sequence[Trigger]) -> list[KnownTrigger | None]:
    found: list[KnownTrigger | None] = [None] * len(triggers)
    left = list(known)
    for is_same in (_is_same_version, _has_id, _has_rule, _is_left):
        for index, trigger in enumerate(triggers):
            match = (
                next((one for one in left if is_same(one, trigger)), None) if found[index] is None else None
            )
            if match is not None:
                found[index] = match
                left.remove(match)
    return found


def _is_same_version(known: KnownTrigger, trigger: Trigger) -> bool:
    """Return whether id and rule are the same: versions of a trigger share their id."""
    return _has_id(known, trigger) and _has_rule(known, trigger)


def _has_id(known: KnownTrigger, trigger: Trigger) -> bool:
    return bool(trigger.id) and (known.kind, known.id) == (kind_of(trigger), trigger.id)


def _has_rule(known: KnownTrigger, trigger: Trigger) -> bool:
    return (known.kind, known.rule) == (kind_of(trigger), rule_text(trigger))


def _is_left(known: KnownTrigger, trigger: Trigger) -> bool:
    """Return whether a known trigger can be this one with a changed rule.

    Only triggers that neither id nor rule has matched are asked about.
    """
    return known.kind == kind_of(trigger) and not known.gone and not (known.id and trigger.id)


def _version_name(named: Sequence[KnownTrigger], trigger: Trigger) -> str:
    """Return the name of an earlier version of a trigger with the same id, or ""."""
    return next((one.name for one in named if _has_id(one, trigger)), "")


def _new_name(trigger: Trigger, obligation: Obligation, taken: set[str]) -> str:
    return next(name for name in _names(trigger, obligation) if name not in taken)


def _names(trigger: Trigger, obligation: Obligation) -> Iterator[str]:
    """Yield the possible names of a trigger, the preferred one first.

    The first is its id or its kind, then follow its kind and rule, then the same with a number.
    """
    kind = kind_of(trigger)
    if trigger.id:
        yield trigger.id
    elif len(obligation.trigger_of(type(trigger))) == 1:
        yield kind.value
    by_rule = f"{kind}:{rule_text(trigger)}"
    yield by_rule
    number = 2
    while True:
        yield f"{by_rule}#{number}"
        number += 1


# An id or a kind, which have none of the signs that may stand in a rule's JSON or behind a name.
_NAME_BEGINS = re.compile(r"[a-z0-9_-]+")
_NAME_NUMBER = re.compile(r"#\d+")


def leading_name(text: str, end: str) -> tuple[str, str] | None:
    """Return the trigger's name that begins a text, and what stands behind `end`.

    None if it begins with no name. The rule in a name may hold any sign, such as the zone `Europe/Berlin`, so that the
    text cannot be split.
    """
    begins = _NAME_BEGINS.match(text)
    if begins is None:
        return None
    at = begins.end()
    if text.startswith(":{", at):
        try:
            _rule, at = JSONDecoder().raw_decode(text, at + 1)
        except ValueError:
            return None
        number = _NAME_NUMBER.match(text, at)
        at = at if number is None else number.end()
    return (text[:at], text[at + len(end) :]) if text.startswith(end, at) else None
