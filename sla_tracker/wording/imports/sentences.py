"""Says how a list was read, what becomes of its rows, and what an import did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any

from sla_tracker.domain.clean import clean
from sla_tracker.domain.imports.run import RUN_WORDS, ImportKind, ImportRun
from sla_tracker.domain.reference import reference_of
from sla_tracker.errors import N_, shown
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.imports.rows import (
    EventRow,
    Imported,
    ImportPlan,
    PastRow,
    PlannedRow,
    ReadList,
    RequestRow,
    RowFate,
)
from sla_tracker.services.imports.undo import TakenBack
from sla_tracker.wording.times import format_moment, text_of

FATE_WORDS = {
    RowFate.NEW: N_("new"),
    RowFate.CHANGED: N_("correction"),
    RowFate.SAME: N_("there already"),
    RowFate.DOUBTFUL: N_("left out"),
    RowFate.NO_ENTRY: N_("no entry"),
}
KIND_WORDS = {
    ImportKind.EVENTS: N_("events"),
    ImportKind.REQUESTS: N_("requests"),
    ImportKind.PAST: N_("past duties"),
}
MOST_LINES = 300
"""Rows of a plan that a dialog lists."""
MOST_HEADINGS = 30
"""Headings that are not used and are named nevertheless."""


def format_reading(read: ReadList[Any]) -> Iterator[str]:
    """Yield how a list was read: its columns, and what of the file was not read."""
    used = _(", ").join(
        _("{cell} {heading} = {what}", cell=cell, heading=heading or "-", what=column_word(read, name))
        for name, (heading, cell) in read.used.items()
    )
    yield _("Sheet “{sheet}”, columns: {used}.", sheet=clean(read.sheet, limit=40), used=used)
    if read.unused:
        columns = _(", ").join(read.unused[:MOST_HEADINGS])
        yield _("Columns that are not used: {columns}.", columns=columns)
    if read.others:
        yield _("Not read: {others}.", others=_(", ").join(read.others[:MOST_HEADINGS]))
    if read.hidden_columns:
        yield _("Hidden columns: {columns}.", columns=_(", ").join(read.hidden_columns))
    if read.hidden_rows:
        yield _("Hidden rows: {rows}.", rows=_(", ").join(read.hidden_rows[:MOST_HEADINGS]))


def column_word(read: ReadList[Any], name: str) -> str:
    """Return what people call a column."""
    return clean(str(shown(read.labels.get(name, name))))


def format_counts(counts: Mapping[RowFate, int]) -> str:
    """Return how many rows have each fate, without those that none has."""
    each = (_("{word} {n}", word=_(FATE_WORDS[fate]), n=counts[fate]) for fate in RowFate if counts.get(fate))
    return _(", ").join(each) or _("no rows")


def format_entry(context: ServiceContext, entry: object, now: datetime) -> tuple[str, str, str]:
    """Return what an entry is, what it is about, and when."""
    zone = context.settings.zone
    match entry:
        case EventRow():
            known = context.catalogue.event_types.get(entry.type)
            title = text_of(known.title) if known else clean(entry.type)
            return title, clean(entry.subject), format_moment(entry.at, now, zone)
        case RequestRow():
            asked = context.catalogue.obligations.get(entry.obligation)
            title = text_of(asked.title) if asked else clean(entry.text, limit=40)
            when = format_moment(entry.wanted_at, now, zone) if entry.wanted_at else ""
            return title, clean(entry.subject), when
        case PastRow():
            owed = context.catalogue.obligations.get(entry.obligation)
            title = text_of(owed.title) if owed else clean(entry.obligation)
            return title, clean(entry.subject), format_moment(entry.due_at, now, zone)
    return "", "", ""


def format_unread(read: ReadList[Any]) -> Mapping[int, str]:
    """Return what stands in the cells of the rows that were not understood, by row."""
    return {
        row.row: clean("  ".join(text for _cell, text in row.cells.values() if text), limit=60)
        for row in read.rows
        if row.unclear
    }


def plan_lines(context: ServiceContext, plan: ImportPlan[Any]) -> Iterator[str]:
    """Yield how a list was read and what becomes of its rows, line by line.

    The doubts come first.
    """
    yield from format_reading(plan.read)
    now = context.now()
    for row in plan.with_fate(RowFate.DOUBTFUL):
        yield from (cell.sentence() for cell in row.unclear)
    yield from (str(question.text) for question in plan.read.questions)
    zone = context.settings.zone
    unread = format_unread(plan.read)
    for row in plan.rows[:MOST_LINES]:
        told = " ".join(word for word in format_entry(context, row.entry, now) if word)
        told = told or unread.get(row.row, "")
        changes = format_differences(plan.read, row, now, zone)
        fate = _(FATE_WORDS[row.fate])
        yield "  ".join(part for part in (f"{row.row}", fate, told, changes) if part)
    if len(plan.rows) > MOST_LINES:
        more = len(plan.rows) - MOST_LINES
        yield ngettext("… and {n} more row", "… and {n} more rows", more)


def format_differences(read: ReadList[Any], row: PlannedRow[Any], now: datetime, zone: tzinfo) -> str:
    """Return what a correction changes."""

    def said(value: str | datetime) -> str:
        return format_moment(value, now, zone) if isinstance(value, datetime) else clean(value) or "-"

    return _(", ").join(
        _(
            "{what}: {before} → {after}",
            what=column_word(read, one.what),
            before=said(one.before),
            after=said(one.after),
        )
        for one in row.differences
    )


def format_repeats(n: int) -> str:
    """Return the question about rows that repeat another row or what is there."""
    return ngettext(
        "{n} row repeats another one or what is there, or its subject looks mistyped. Take it as well?",
        "{n} rows repeat another one or what is there, or their subject looks mistyped. Take them as well?",
        n,
    )


def format_imported(found: Imported[Any], *, corrections: int = 0) -> Iterator[str]:
    """Yield what an import did; `corrections` are those that were not made."""
    if found.added or found.changed:
        yield _(
            "Taken over: {added}; corrected: {changed}; there already: {same}.",
            added=found.added,
            changed=found.changed,
            same=found.same,
        )
    else:
        yield _("Nothing was taken over; there already: {same}.", same=found.same)
    if found.opened:
        yield ngettext("It opened {n} duty.", "It opened {n} duties.", found.opened)
    if found.id:
        yield _("The import is {ref}; sla imports shows it.", ref=import_reference(found.id))
    if corrections:
        yield format_uncorrected(corrections)
    if found.left_out:
        yield ngettext("{n} row was left out.", "{n} rows were left out.", len(found.left_out))


def format_uncorrected(corrections: int) -> str:
    """Return how many corrections were not made, and what makes them."""
    return ngettext(
        "{n} row differs from what is there and was not corrected (--update).",
        "{n} rows differ from what is there and were not corrected (--update).",
        corrections,
    )


def format_undo_question(run: ImportRun) -> str:
    """Return the question whether an import is to be taken back."""
    return _(
        "Take back the import of {file}, {n} entries and their duties?", file=clean(run.file), n=run.added
    )


def format_taken_back(found: TakenBack) -> Iterator[str]:
    """Yield what taking an import back did."""
    yield ngettext("{n} entry was taken back.", "{n} entries were taken back.", found.cancelled)
    if found.kept:
        yield ngettext(
            "{n} duty stays: it is delivered, or its consumer has to confirm.",
            "{n} duties stay: they are delivered, or their consumer has to confirm.",
            found.kept,
        )
    if found.archived:
        yield ngettext(
            "{n} entry lies in the archive of a closed month and stays.",
            "{n} entries lie in archives of closed months and stay.",
            found.archived,
        )


def import_reference(id: str) -> str:
    """Return the short reference of an import."""
    return reference_of(id)


def run_word(run: ImportRun) -> str:
    """Return how far an import got."""
    return _(RUN_WORDS[run.state])


def kind_word(kind: ImportKind) -> str:
    """Return what an import took over."""
    return _(KIND_WORDS[kind])
