"""Subjects that the fields of an event tie to its own subject.

A contract names its customer and its vehicle. Ties are shown; they never change a duty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sla_tracker.domain.agreements.fields import Field
from sla_tracker.domain.duties.event import EventType
from sla_tracker.domain.duties.subject import subject_key


def named_subjects(event_type: EventType | None, fields: Mapping[str, str]) -> Iterator[tuple[Field, str]]:
    """Yield the subjects that an event's fields name, each with its field."""
    for field in event_type.fields if event_type is not None else ():
        value = fields.get(field.id, "").strip()
        if field.is_subject and subject_key(value):
            yield field, value


def tied_keys(event_type: EventType, fields: Mapping[str, str]) -> tuple[str, ...]:
    """Return the keys of the subjects that an event's fields name.

    They come in the order of the fields, each once.
    """
    return tuple(dict.fromkeys(subject_key(value) for _field, value in named_subjects(event_type, fields)))
