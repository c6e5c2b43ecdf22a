"""Formats plugin declarations and the differences between two versions of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from sla_tracker.domain.agreements.conditions import Condition
from sla_tracker.domain.agreements.dependencies import Dependency
from sla_tracker.domain.agreements.fields import Field
from sla_tracker.domain.agreements.measure import Measure
from sla_tracker.domain.agreements.obligation import OnEvent, OnRequest, Recurring, Trigger
from sla_tracker.domain.agreements.request_terms import SettleFrom
from sla_tracker.domain.clean import clean
from sla_tracker.domain.deadlines.due import DueRule, InWorkingTime, rule_to_table
from sla_tracker.domain.text import Text
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import bracketed
from sla_tracker.services.authoring.difference import KIND_WORDS, Difference, Kind, Part
from sla_tracker.wording.duties import text_of
from sla_tracker.wording.figures.measured import format_measure

LONGEST = 120  # characters of a declared value
NOTHING = "–"
FIELD_PARTS = frozenset({"evidence", "fields"})

THING_WORDS = {
    "department": N_("department"),
    "event_type": N_("event type"),
    "obligation": N_("obligation"),
}
PART_WORDS = {
    "name": N_("name"),
    "title": N_("title"),
    "subject": N_("subject"),
    "provider": N_("provider"),
    "consumer": N_("consumer"),
    "triggers": N_("opens and is due"),
    "evidence": N_("evidence"),
    "fields": N_("fields"),
    "guide": N_("guide"),
    "target": N_("target"),
    "accept_within": N_("accepted by silence after workdays"),
    "opens_before": N_("opens workdays before"),
    "calendar": N_("calendar"),
    "depends_on": N_("waits for"),
    "measure": N_("level"),
    "retired": N_("retired"),
    "planned": N_("planned"),
    "reminders": N_("reminders"),
    "valid_from_on": N_("valid from"),
    "valid_until_on": N_("valid until"),
    "providers": N_("provider"),
    "consumers": N_("consumer"),
    "not_from": N_("except"),
}


def kind_word(kind: Kind) -> str:
    """Return the translated kind of change: added, removed or changed."""
    return _(KIND_WORDS[kind])


def difference_heading(difference: Difference) -> str:
    """Return what differs and how, such as `obligation workshop-report: changed`."""
    thing = _(THING_WORDS[difference.what])
    return _("{thing} {id}: {kind}", thing=thing, id=clean(difference.id), kind=kind_word(difference.kind))


def difference_lines(difference: Difference) -> list[str]:
    """Return one line, `part: before → after`, for each changed part.

    A list of fields gives one line for each field.
    """
    return [line for part in difference.parts for line in _part_lines(part)]


def _part_lines(part: Part) -> Iterator[str]:
    name = _(PART_WORDS[part.name]) if part.name in PART_WORDS else part.name
    pairs = (
        _changed_fields(part)
        if part.name in FIELD_PARTS
        else [(value_word(part.before), value_word(part.after))]
    )
    for before, after in pairs or [(value_word(part.before), value_word(part.after))]:
        yield _("{part}: {before} → {after}", part=name, before=before, after=after)


def _changed_fields(part: Part) -> list[tuple[str, str]]:
    """Return each added, removed or changed field in words, before and after."""
    before, after = (
        {one.id: _field_word(one) for one in side if isinstance(one, Field)}
        if isinstance(side, tuple)
        else {}
        for side in (part.before, part.after)
    )
    return [
        (before.get(id, NOTHING), after.get(id, NOTHING))
        for id in {**before, **after}
        if before.get(id) != after.get(id)
    ]


def _field_word(field: Field) -> str:
    """Return a field in words: label, id, kind, whether optional, choices.

    These are all its parts that may change.
    """
    choices = _(", ").join(text_of(choice.label) for choice in field.choices)
    parts = (field.id, field.kind.value, "" if field.required else _("optional"), choices)
    return clean(f"{text_of(field.label)} ({_(', ').join(filter(None, parts))})", limit=LONGEST)


def value_word(value: object) -> str:
    """Return a declared value formatted for display."""
    for kind, word in _WORDS:
        if isinstance(value, kind):
            return clean(word(value), limit=LONGEST) or NOTHING
    return clean(str(value), limit=LONGEST) or NOTHING


def rule_word(rule: DueRule) -> str:
    """Return a due rule in the notation of a checklist file, such as `workdays = 1`."""
    return ", ".join(f"{key} = {_plain(value)}" for key, value in rule_to_table(rule).items())


def _plain(value: object) -> str:
    return "[" + ", ".join(map(str, value)) + "]" if isinstance(value, list) else str(value)


def _with_id(trigger: Trigger, said: str) -> str:
    """Return a trigger's words with its id, its days of validity and its condition."""
    condition = None if isinstance(trigger, Recurring) else trigger.condition
    parts = (
        trigger.id,
        _("from {day}", day=f"{trigger.valid_from_on}") if trigger.valid_from_on else "",
        _("until {day}", day=f"{trigger.valid_until_on}") if trigger.valid_until_on else "",
        _condition(condition) if condition else "",
    )
    details = _(", ").join(filter(None, parts))
    return bracketed(said, details) if details else said


def _condition(condition: Condition) -> str:
    """Return a condition in the notation of a checklist file."""
    figures = {
        "after": f"{condition.after:%H:%M}" if condition.after else None,
        "field": condition.field or None,
        "equals": condition.equals if condition.field and not condition.bounds else None,
        "at_least": condition.at_least,
        "at_most": condition.at_most,
        "less_than": condition.less_than,
        "asked_by": " ".join(condition.asked_by) or None,
    }
    return " ".join(f"{key} = {value}" for key, value in figures.items() if value is not None)


def _recurring(trigger: Recurring) -> str:
    return _with_id(trigger, _("by the calendar: {rule}", rule=rule_word(trigger.due)))


def _on_event(trigger: OnEvent) -> str:
    said = _("after the event {type}: {rule}", type=trigger.event_type, rule=rule_word(trigger.due))
    return _with_id(trigger, said)


def _on_request(trigger: OnRequest) -> str:
    said = _("on request: {rule}", rule=rule_word(trigger.due))
    limits = [
        f"{' '.join(one.consumers or one.values)}: {rule_word(one.due)}"
        + (f", {rule_word(one.answer)}" if one.answer else "")
        for one in trigger.limits
    ]
    return _with_id(trigger, _("; ").join((said, *limits, *_of_request(trigger))))


def _of_request(trigger: OnRequest) -> Iterator[str]:
    """Yield what a request asks for and promises besides its limits.

    The notation is that of a checklist file.
    """
    if trigger.earliest is not None:
        yield f"earliest = {rule_word(trigger.earliest)}"
    if trigger.fields:
        yield f"fields = {_listed(trigger.fields)}"
    if trigger.settle_from is not SettleFrom.REQUEST:
        yield f"settle_from = {_listed(trigger.papers) or trigger.settle_from}"
    if trigger.updates_every is not None:
        yield f"updates_every = {rule_word(trigger.updates_every)}"


def _listed(values: Sequence[object]) -> str:
    return _(", ").join(value_word(value) for value in values)


_WORDS: tuple[tuple[type, Callable[..., str]], ...] = (
    (Text, text_of),
    (Field, lambda field: text_of(field.label)),
    (Recurring, _recurring),
    (OnEvent, _on_event),
    (OnRequest, _on_request),
    (Measure, format_measure),
    (bool, lambda value: _("yes") if value else _("no")),
    (Dependency, lambda value: bracketed(value.obligation, f"turn = {value.turn}")),
    (timedelta, lambda value: rule_word(InWorkingTime(span=value))),
    (tuple, _listed),
    (type(None), lambda value: ""),
)
