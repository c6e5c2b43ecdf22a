"""Holds a department that a user fills in before it is written as a checklist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

from sla_tracker.domain.agreements.fields import FieldKind
from sla_tracker.domain.agreements.obligation import About, TriggerKind
from sla_tracker.domain.text import Text
from sla_tracker.value_class import dataclass

Due = Mapping[str, object]
FurtherTrigger = tuple[str, Mapping[str, object]]
"""A trigger besides the first: its kind, such as `on_event`, and its table as a checklist has it."""
ASKED_KEYS = ("earliest", "fields", "limits", "settle_from", "updates_every")
"""Keys of a request's trigger that say what is asked for and promised besides its limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftEvidence:
    """One piece of evidence of a drafted obligation."""

    id: str
    label: Text
    kind: FieldKind = FieldKind.TICK
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftEvent:
    """An event type that the drafted department declares."""

    id: str
    title: Text
    subject: Text
    planned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftObligation:
    """One drafted obligation.

    `on_event` (a type id) or `on_request` says what opens it; without either it recurs.

    `due` and `answer` are rule tables such as `{"workdays": 1}`; an empty `due` or `consumer` is still to be written.
    `about` applies to recurring obligations only. `asked` are the keys of a request besides its limits (`ASKED_KEYS`),
    `target` and `measure` those of the obligation, `condition` that of its first trigger, `further` its other triggers,
    all as a checklist has them. `notes` are comments that stand beside it.
    """

    id: str
    title: Text
    consumer: str
    due: Due
    on_event: str = ""
    on_request: bool = False
    answer: Due | None = None
    about: str = About.PREVIOUS
    evidence: Sequence[DraftEvidence] = ()
    guide: Text | None = None
    notes: Sequence[str] = ()
    asked: Mapping[str, object] = field(default_factory=dict)
    target: object = None
    measure: Mapping[str, object] | None = None
    condition: Mapping[str, object] | None = None
    further: Sequence[FurtherTrigger] = ()

    @property
    def kind(self) -> TriggerKind:
        """Return the kind of its first trigger."""
        if self.on_event:
            return TriggerKind.ON_EVENT
        return TriggerKind.ON_REQUEST if self.on_request else TriggerKind.RECURRING


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A drafted department; `consumers` are departments that no plugin declares yet."""

    department: str
    name: Text
    consumers: Mapping[str, Text] = field(default_factory=dict)
    event_types: Sequence[DraftEvent] = ()
    obligations: Sequence[DraftObligation] = ()
