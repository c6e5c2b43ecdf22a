"""Writes a checklist from a Draft.

Used by the terminal's form and `sla plugin new`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import tomlkit

from sla_tracker.domain.agreements.fields import FieldKind
from sla_tracker.domain.text import Text
from sla_tracker.i18n import gettext as _
from sla_tracker.services.authoring.draft import Draft, DraftObligation


def checklist_text(draft: Draft) -> str:
    """Return the draft as a checklist in TOML, with comments for editing it by hand."""
    return "\n".join(_lines(draft)).rstrip() + "\n"


def _lines(draft: Draft) -> Iterator[str]:
    yield f"# {_('What this department owes others. Lines that begin with # are notes.')}"
    yield f"# {_('Check this file: sla plugin check FILE. Take it into use: sla plugin use FILE.')}"
    heading = "[[department]]" if draft.consumers else "[department]"
    yield from ("", 'version = "1"')
    for id, name in {draft.department: draft.name, **draft.consumers}.items():
        yield from ("", heading, _pair("id", id), _pair("name", _words(name)))
    if draft.event_types:
        yield from ("", f"# {_('What can happen, and to what (a contract, a vehicle, a person).')}")
    for event in draft.event_types:
        yield from ("", "[[event_type]]", _pair("id", event.id), _pair("title", _words(event.title)))
        yield _pair("subject", _words(event.subject))
        if event.planned:
            yield _pair("planned", True)
    for obligation in draft.obligations:
        yield from ("", "[[obligation]]", *_obligation(obligation))


def _obligation(draft: DraftObligation) -> Iterator[str]:
    yield from (f"# {' '.join(note.split())}" for note in draft.notes)
    yield _pair("id", draft.id)
    yield _pair("title", _words(draft.title))
    if draft.consumer:
        yield _pair("consumer", draft.consumer)
    if draft.due:
        yield from _trigger(draft)
    yield from _evidence(draft)
    if draft.guide is not None:
        guide = {"zh": draft.guide.zh, "en": draft.guide.en}
        yield from ("", "  [obligation.guide]")
        yield from (f"  {_pair(lang, words)}" for lang, words in guide.items() if words)


def _trigger(draft: DraftObligation) -> Iterator[str]:
    if draft.on_event:
        yield f"# {_('due: days or workdays after the event; 0 is the same day; working_hours counts working time.')}"
        yield _pair("on_event", {"type": draft.on_event, "due": dict(draft.due)})
    elif draft.on_request:
        answer = {"answer": dict(draft.answer)} if draft.answer else {}
        yield f"# {_('answer: when a first answer is due; due: when it is settled.')}"
        yield _pair("on_request", {**answer, "due": dict(draft.due)})
    else:
        yield f"# {_('due: day of the month, nth_workday (-1 is the last) or weekdays; at: a time, else the close.')}"
        yield _pair("recurring", {"due": dict(draft.due), "about": draft.about})


def _evidence(draft: DraftObligation) -> Iterator[str]:
    for evidence in draft.evidence:
        yield from ("", "  [[obligation.evidence]]", f"  {_pair('id', evidence.id)}")
        yield f"  {_pair('kind', evidence.kind.value)}  # {', '.join(FieldKind)}"
        yield f"  {_pair('label', _words(evidence.label))}"
        if not evidence.required:
            yield f"  {_pair('required', False)}"


def _words(text: Text) -> object:
    """Return a text as people would write it.

    A plain sentence when there is Chinese only.
    """
    if text.en and not text.zh:
        return {"en": text.en}
    return {"zh": text.zh, "en": text.en} if text.en else text.zh


def _pair(key: str, value: object) -> str:
    return f"{key} = {_value(value)}"


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(_pair(str(key), inner) for key, inner in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return tomlkit.item(value).as_string()
