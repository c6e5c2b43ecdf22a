"""Parses and writes a line about a trigger.

The line says what opens it, its limit, its first answer and its condition.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sla_tracker.domain.agreements.obligation import TriggerKind
from sla_tracker.domain.duties.event import EventType
from sla_tracker.domain.typed_text import folded
from sla_tracker.errors import N_, Choices, Phrase, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.value_class import dataclass
from sla_tracker.wording.consent.typed_requests import NONE
from sla_tracker.wording.duties import text_of

TRIGGER_WORDS: Mapping[str, str] = {
    TriggerKind.RECURRING: N_("by the calendar"),
    TriggerKind.ON_EVENT: N_("by an event"),
    TriggerKind.ON_REQUEST: N_("by a request"),
}
_SHORT: Mapping[str, str] = {TriggerKind.RECURRING: N_("calendar"), TriggerKind.ON_REQUEST: N_("request")}
EXAMPLE = N_("request: 2 workdays if Amount>=1000")
# Every language's word, so that a line is understood wherever it was written.
_LINE = re.compile(
    r"(?P<what>[^:：]+)[:：]\s*(?P<due>[^/]+?)\s*(?:/\s*(?P<answer>[^/]+?)\s*)?"
    r"(?:(?:\s+if\s+|\s*[,，]?\s*仅当\s*)(?P<when>\S.*))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedTrigger:
    """A trigger as it is typed, such as `settlement: 2 workdays if Amount>=1000`.

    `kind` is that of the trigger, `event_type` the id of what happens. A part that is not typed is empty.
    """

    kind: str
    due: str
    event_type: str = ""
    answer: str = ""
    when: str = ""


def typed_trigger(line: str, events: Mapping[str, EventType]) -> TypedTrigger:
    """Return the trigger that a line means; raises UsageError with an example."""
    match = _LINE.fullmatch(line.strip())
    if match is None:
        raise UsageError(
            N_("“{text}” says not what opens it and by when; write something like “{example}”."),
            text=line,
            example=Phrase(EXAMPLE),
        )
    kind, event_type = _opened_by(match["what"].strip(), events)
    answer = (match["answer"] or "").strip()
    if answer in {NONE, "–", "—"}:
        answer = ""
    if answer and kind != TriggerKind.ON_REQUEST:
        raise UsageError(N_("Only a request has a first answer: “{text}”."), text=line)
    when = (match["when"] or "").strip()
    if when and kind == TriggerKind.RECURRING:
        raise UsageError(N_("What the calendar opens has no condition: “{text}”."), text=line)
    return TypedTrigger(kind=kind, event_type=event_type, due=match["due"].strip(), answer=answer, when=when)


def _opened_by(what: str, events: Mapping[str, EventType]) -> tuple[str, str]:
    """Return the kind of trigger and the event type that a word means."""
    word = folded(what)
    for kind, words in ((kind, (TRIGGER_WORDS[kind], short)) for kind, short in _SHORT.items()):
        if word in {kind, *map(folded, words), *(folded(_(one)) for one in words)}:
            return kind, ""
    for id, one in events.items():
        if word in {folded(id), folded(one.title.zh), folded(one.title.en)}:
            return TriggerKind.ON_EVENT, id
    raise UsageError(
        N_("“{what}” opens nothing; write {calendar}, {request} or a kind of event: {known}."),
        what=what,
        calendar=Phrase(_SHORT[TriggerKind.RECURRING]),
        request=Phrase(_SHORT[TriggerKind.ON_REQUEST]),
        known=Choices({id: one.title for id, one in events.items()}, 5),
    )


def trigger_line(typed: TypedTrigger, events: Mapping[str, EventType]) -> str:
    """Return a trigger as the line that `typed_trigger` understands."""
    answer = f" / {typed.answer}" if typed.answer else ""
    line = f"{_what(typed, events)}: {typed.due}{answer}"
    return _("{trigger} if {condition}", trigger=line, condition=typed.when) if typed.when else line


def _what(typed: TypedTrigger, events: Mapping[str, EventType]) -> str:
    if typed.kind != TriggerKind.ON_EVENT:
        return _(_SHORT[typed.kind])
    known = events.get(typed.event_type)
    title = text_of(known.title) if known is not None else ""
    return title if title and ":" not in title and "：" not in title else typed.event_type


def opening_word(kind: str, event_type: str, events: Mapping[str, EventType]) -> str:
    """Return what opens a trigger: its event's title, else its kind."""
    known = events.get(event_type)
    return text_of(known.title) if known is not None else event_type or _(TRIGGER_WORDS[kind])


def parts_of_line(text: str) -> tuple[str, ...]:
    """Return what stands in one line with semicolons between, without empty parts."""
    return tuple(part.strip() for part in re.split(r"[;；]", text) if part.strip())
