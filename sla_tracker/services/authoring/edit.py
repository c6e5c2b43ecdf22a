"""Changes to a checklist that is there, as a form collects them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path

from sla_tracker.domain.text import Text
from sla_tracker.services.authoring.draft import DraftEvent, DraftObligation
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedChecklist:
    """A checklist as a form shows it.

    `digest` is that of the text it was read from. A packaged one is written to `file` as the deployment's own, which
    stands in for it. Obligations whose trigger a form cannot show have an empty `due`.
    """

    plugin: str
    file: Path
    digest: str
    packaged: bool
    department: str
    name: Text
    obligations: Sequence[DraftObligation] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ObligationChange:
    """One obligation that is new (no `before`), removed (no `after`) or changed."""

    before: DraftObligation | None
    after: DraftObligation | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistEdit:
    """All changes to one checklist.

    `event_types` and `departments` are those that it declares in addition.
    """

    plugin: str
    digest: str
    changes: Sequence[ObligationChange] = ()
    event_types: Sequence[DraftEvent] = ()
    departments: Mapping[str, Text] = field(default_factory=dict)
