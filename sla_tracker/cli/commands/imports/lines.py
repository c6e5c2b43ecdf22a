"""Prints the plan of an import, and makes its JSON document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sla_tracker.cli import output
from sla_tracker.cli.formats.documents import instant
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.imports.run import ImportRun
from sla_tracker.i18n import gettext as _
from sla_tracker.services.imports.rows import (
    EventRow,
    Imported,
    ImportPlan,
    PastRow,
    PlannedRow,
    RequestRow,
    RowFate,
)
from sla_tracker.wording.imports.sentences import (
    FATE_WORDS,
    format_differences,
    format_entry,
    format_reading,
    format_unread,
)

TONES = {
    RowFate.NEW: Tone.GOOD,
    RowFate.CHANGED: Tone.WARNING,
    RowFate.SAME: Tone.QUIET,
    RowFate.DOUBTFUL: Tone.ALARM,
    RowFate.NO_ENTRY: Tone.QUIET,
}


def print_plan(invocation: Invocation, plan: ImportPlan[Any]) -> None:
    """Print how the list was read, the fate of each row, and every doubtful cell."""
    for sentence in format_reading(plan.read):
        output.message(sentence)
    now = invocation.now()
    unread = format_unread(plan.read)
    rows = [
        (
            Span(str(row.row), Tone.QUIET),
            *_entry_words(format_entry(invocation.context, row.entry, now), unread.get(row.row, "")),
            Span(_(FATE_WORDS[row.fate]), TONES[row.fate]),
        )
        for row in plan.rows
    ]
    headings = (_("Row"), _("What"), _("About"), _("When"), _("Fate"))
    output.table([Column(heading=heading, flexible=heading == _("About")) for heading in headings], rows)
    for row in plan.with_fate(RowFate.CHANGED):
        told = format_differences(plan.read, row, now, invocation.zone)
        output.message(_("Row {row}: {changes}", row=row.row, changes=told), Tone.WARNING)
    print_left_out(plan.with_fate(RowFate.DOUBTFUL))
    for question in plan.read.questions:
        output.message(str(question.text), Tone.WARNING)


def _entry_words(words: tuple[str, str, str], unread: str) -> Sequence[Span]:
    """Return a row as text: its values, or its raw cells if it could not be read."""
    what, about, when = words
    return Span(what), Span(about) if about or not unread else Span(unread, Tone.QUIET), Span(when)


def print_left_out(rows: Sequence[PlannedRow[Any]]) -> None:
    """Print every cell that keeps rows out."""
    for row in rows:
        for cell in row.unclear:
            output.message(cell.sentence(), Tone.ALARM)


def run_document(plan: ImportPlan[Any], found: Imported[Any] | None) -> dict[str, object]:
    """Return a plan, and what was taken over, as a JSON document."""
    read = plan.read
    left_out = {row.row: row for row in found.left_out} if found is not None else {}
    return {
        "file": read.file,
        "sheet": read.sheet,
        "about": read.reading.about or None,
        "columns": {name: {"heading": heading, "cell": cell} for name, (heading, cell) in read.used.items()},
        "unused": list(read.unused),
        "others": list(read.others),
        "hidden_rows": list(read.hidden_rows),
        "hidden_columns": list(read.hidden_columns),
        "questions": [
            {
                "option": one.option.value,
                "question": str(one.text),
                "proposed": one.proposed or None,
                "cells": list(one.cells),
            }
            for one in read.questions
        ],
        "rows": [_row_document(left_out.get(row.row, row)) for row in plan.rows],
        "import": None
        if found is None
        else {
            "id": found.id or None,
            "added": found.added,
            "changed": found.changed,
            "same": found.same,
            "opened": found.opened,
            "left_out": len(found.left_out),
        },
    }


def _row_document(row: PlannedRow[Any]) -> dict[str, object]:
    return {
        "row": row.row,
        "fate": row.fate.value,
        "id": row.id or None,
        "entry": _entry_document(row.entry),
        "changes": [
            {"what": one.what, "before": _value(one.before), "after": _value(one.after)}
            for one in row.differences
        ],
        "problems": [cell.sentence() for cell in row.unclear],
    }


def _value(value: object) -> object:
    return instant(value) if hasattr(value, "astimezone") else value  # type: ignore[arg-type]


def _entry_document(entry: object) -> dict[str, object] | None:
    match entry:
        case EventRow():
            return {
                "type": entry.type,
                "subject": entry.subject,
                "at": instant(entry.at),
                "fields": dict(entry.fields),
                "key": entry.key or None,
            }
        case RequestRow():
            return {
                "obligation": entry.obligation or None,
                "provider": entry.provider,
                "subject": entry.subject,
                "text": entry.text,
                "wanted_at": instant(entry.wanted_at) if entry.wanted_at else None,
                "fields": dict(entry.fields),
                "key": entry.key or None,
            }
        case PastRow():
            return {
                "obligation": entry.obligation,
                "provider": entry.provider,
                "consumer": entry.consumer,
                "due_at": instant(entry.due_at),
                "delivered_at": instant(entry.delivered_at) if entry.delivered_at else None,
                "subject": entry.subject,
                "key": entry.key or None,
            }
    return None


def import_document(run: ImportRun) -> dict[str, object]:
    """Return an import as a JSON document."""
    return {
        "id": run.id,
        "kind": run.kind.value,
        "file": run.file,
        "state": run.state.value,
        "at": instant(run.at),
        "by": run.by,
        "rows": run.rows,
        "added": run.added,
        "same": run.same,
        "opened": run.opened,
        "taken_back": run.taken_back,
        "last_row": run.last_row,
    }
