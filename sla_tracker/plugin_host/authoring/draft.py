"""Writes a checklist from a Draft, for the terminal's form and `sla plugin new`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import tomlkit

from sla_tracker.domain.agreements.fields import FieldKind
from sla_tracker.domain.agreements.obligation import TriggerKind
from sla_tracker.domain.text import Text
from sla_tracker.i18n import gettext as _
from sla_tracker.services.authoring.draft import Draft, DraftEvent, DraftEvidence, DraftObligation


def checklist_text(draft: Draft) -> str:
    """Return the draft as a checklist in TOML, with comments for editing it by hand."""
    return "\n".join(_lines(draft)).rstrip() + "\n"


def _lines(draft: Draft) -> Iterator[str]:
    yield f"# {_('What this department owes others. Lines that begin with # are notes.')}"
    yield f"# {_('Check this file: sla plugin check FILE. Take it into use: sla plugin use FILE.')}"
    heading = "[[department]]" if draft.consumers else "[department]"
    yield from ("", 'version = "1"')
    for id, name in {draft.department: draft.name, **draft.consumers}.items():
        yield from department_lines(id, name, heading)
    if draft.event_types:
        yield from ("", f"# {_('What can happen, and to what (a contract, a vehicle, a person).')}")
    for event in draft.event_types:
        yield from event_lines(event)
    for obligation in draft.obligations:
        yield from obligation_lines(obligation)


def department_lines(id: str, name: Text, heading: str = "[[department]]") -> Iterator[str]:
    """Yield the lines of a department, an empty one first."""
    yield from ("", heading, _pair("id", id), _pair("name", words_of(name)))


def event_lines(event: DraftEvent) -> Iterator[str]:
    """Yield the lines of an event type, an empty one first."""
    yield from ("", "[[event_type]]", _pair("id", event.id), _pair("title", words_of(event.title)))
    yield _pair("subject", words_of(event.subject))
    if event.planned:
        yield _pair("planned", True)


def obligation_lines(draft: DraftObligation) -> Iterator[str]:
    """Yield the lines of an obligation, an empty one first."""
    yield from ("", "[[obligation]]")
    yield from (f"# {' '.join(note.split())}" for note in draft.notes)
    yield _pair("id", draft.id)
    yield _pair("title", words_of(draft.title))
    if draft.consumer:
        yield _pair("consumer", draft.consumer)
    if draft.target is not None:
        yield _pair("target", draft.target)
    if draft.measure:
        yield _pair("measure", draft.measure)
    if draft.due:
        yield from _trigger(draft)
    for evidence in draft.evidence:
        yield from evidence_lines(evidence)
    if draft.guide is not None:
        guide = {"zh": draft.guide.zh, "en": draft.guide.en}
        yield from ("", "  [obligation.guide]")
        yield from (f"  {_pair(lang, words)}" for lang, words in guide.items() if words)


def trigger_table(draft: DraftObligation) -> dict[str, object]:
    """Return the keys of the first trigger that a form knows."""
    table: dict[str, object] = {}
    if draft.on_event:
        table["type"] = draft.on_event
    if draft.answer:
        table["answer"] = dict(draft.answer)
    table["due"] = dict(draft.due)
    table |= draft.asked
    if draft.condition and draft.kind != TriggerKind.RECURRING:
        table["condition"] = dict(draft.condition)
    if draft.kind == TriggerKind.RECURRING:
        table["about"] = draft.about
    return table


def triggers_by_kind(
    draft: DraftObligation, first: Mapping[str, object]
) -> dict[str, Mapping[str, object] | list[Mapping[str, object]]]:
    """Return all triggers by their key: a table each, or a list of several.

    `first` is the table of the first trigger.
    """
    found: dict[str, list[Mapping[str, object]]] = {draft.kind: [first]}
    for kind, table in draft.further:
        found.setdefault(kind, []).append(table)
    return {kind: tables if len(tables) > 1 else tables[0] for kind, tables in found.items()}


def _trigger(draft: DraftObligation) -> Iterator[str]:
    if draft.further:
        yield f"# {_('Each of these opens it.')}"
        yield from (_pair(kind, one) for kind, one in triggers_by_kind(draft, trigger_table(draft)).items())
    elif draft.on_event:
        yield f"# {_('due: days or workdays after the event; 0 is the same day; working_hours counts working time.')}"
        yield _pair(TriggerKind.ON_EVENT, trigger_table(draft))
    elif draft.on_request:
        table = trigger_table(draft)
        yield f"# {_('answer: when a first answer is due; due: when it is settled.')}"
        if not draft.asked:
            yield _pair(TriggerKind.ON_REQUEST, table)
            return
        yield from ("", "  [obligation.on_request]")
        yield from (f"  {_pair(key, value)}" for key, value in table.items())
    else:
        yield f"# {_('due: day of the month, nth_workday (-1 is the last) or weekdays; at: a time, else the close.')}"
        yield _pair(TriggerKind.RECURRING, trigger_table(draft))


def evidence_lines(evidence: DraftEvidence) -> Iterator[str]:
    """Yield the lines of one piece of evidence, an empty one first."""
    yield from ("", "  [[obligation.evidence]]", f"  {_pair('id', evidence.id)}")
    yield f"  {_pair('kind', evidence.kind.value)}  # {', '.join(FieldKind)}"
    yield f"  {_pair('label', words_of(evidence.label))}"
    if not evidence.required:
        yield f"  {_pair('required', False)}"


def words_of(text: Text) -> object:
    """Return a text as people would write it: without English, as a plain sentence."""
    if text.en and not text.zh:
        return {"en": text.en}
    return {"zh": text.zh, "en": text.en} if text.en else text.zh


def _pair(key: str, value: object) -> str:
    return f"{key} = {toml_value(value)}"


def toml_value(value: object) -> str:
    """Return a value in TOML, tables and lists on one line."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(_pair(str(key), inner) for key, inner in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return tomlkit.item(value).as_string()
