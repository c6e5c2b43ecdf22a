"""Prints what a change of the settings changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sla_tracker.cli import output
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.i18n import gettext as _

if TYPE_CHECKING:
    from sla_tracker.services.authoring.settings_editor import ValueChange


def print_changes(changes: Sequence[ValueChange]) -> None:
    """Print one line a value: its key, before, after."""
    columns = (
        Column(heading=_("Setting")),
        Column(heading=_("Before"), flexible=True),
        Column(heading=_("After"), flexible=True),
    )
    output.table(
        columns,
        [(Span(one.key), _shown(one.before, Tone.QUIET), _shown(one.after, Tone.PLAIN)) for one in changes],
    )


def change_documents(changes: Sequence[ValueChange]) -> list[dict[str, Any]]:
    """Return the changed values as JSON; null where a value is not written."""
    return [{"key": one.key, "before": one.before, "after": one.after} for one in changes]


def _shown(value: str | None, tone: Tone) -> Span:
    return Span("–", Tone.QUIET) if value is None else Span(value.replace("\n", " "), tone)
