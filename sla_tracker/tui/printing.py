"""Formats a list of duties as plain text for paper, and writes or prints it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from pathlib import PurePath

from sla_tracker.domain.clean import clean
from sla_tracker.errors import N_, NeedsConfirmation, Refused, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.services.deployment import OpenDeployment
from sla_tracker.services.ports import PRINTER
from sla_tracker.services.queries.duties import DutyRow
from sla_tracker.services.queries.list_content import FORMS, form_of
from sla_tracker.tui.gateway import Call
from sla_tracker.tui.messages import Done
from sla_tracker.tui.text_content import fit, width
from sla_tracker.tui.view_context import ViewContext
from sla_tracker.wording.checkpoints import footer
from sla_tracker.wording.duties import bucket_word, format_moment, format_period, format_standing, text_of
from sla_tracker.wording.lists.duties import duty_list

# Cells of the widest column.
WIDEST = 40
BOX = "[ ]"
TEXT = "txt"


class ListWritten(Done):
    """A list was written; says how many duties it has, and where to."""

    undoable = False

    def __init__(self, duties: int, place: str) -> None:
        super().__init__()
        self.duties, self.place = duties, place

    def sentence(self) -> str:
        """Return what was written."""
        said = ngettext("{n} duty written to {place}", "{n} duties written to {place}", self.duties)
        return said.replace("{place}", clean(self.place))


def printed(rows: Sequence[DutyRow], heading: str, place: ViewContext, now: datetime) -> tuple[str, ...]:
    """Return the lines: the heading, then each group of rows with a box to tick."""
    cells = [_cells(row, place, now) for row in rows]
    wide = [min(WIDEST, max(map(width, column))) for column in zip(*cells, strict=True)]
    lines = [heading]
    for bucket, group in groupby(zip(rows, cells, strict=True), key=lambda pair: pair[0].bucket):
        lines += ["", bucket_word(bucket)]
        for _row, texts in group:
            shown = "  ".join(fit(text, cells) for text, cells in zip(texts, wide, strict=True) if cells)
            lines.append(f"{BOX} {shown}".rstrip())
    return tuple(lines)


def _cells(row: DutyRow, place: ViewContext, now: datetime) -> tuple[str, ...]:
    return (
        format_moment(row.due_at, now, place.zone),
        format_standing(row, now, place.zone),
        text_of(row.title),
        clean(row.subject) or format_period(row.period_start, row.period_end),
        f"{place.department(row.provider)} → {place.department(row.consumer)}",
        place.person(row.assignee) if row.assignee else "",
        f"#{row.reference}" if row.reference else "",
    )


def _ended(lines: Sequence[str], deployment: OpenDeployment) -> str:
    """Return the whole text; its last line is the store's checkpoint."""
    context = deployment.context
    said = footer(context.store, context.now(), context.settings.zone)
    return "\n".join([*lines, *(["", said] if said else [])]) + "\n"


def to_file(lines: Sequence[str], rows: Sequence[DutyRow], name: str, *, again: bool) -> Call:
    """Write a list to a file, as text or as rows by the ending of its name.

    Raises NeedsConfirmation for an existing file (unless `again`), UsageError for another ending and Refused on errors.
    """

    def call(deployment: OpenDeployment) -> ListWritten:
        if not name:
            raise UsageError(N_("The file needs a name."))
        form = form_of(name, (TEXT, *FORMS)) if PurePath(name).suffix else TEXT
        if form == TEXT:
            content = _ended(lines, deployment).encode()
        else:
            content = deployment.list_file(duty_list(deployment.context, lines[0], rows), form)
        try:
            file = deployment.files.write(name, content, replace=again)
        except FileExistsError as error:
            raise NeedsConfirmation(
                N_("{file} is there already. Confirm again to write over it."), file=error.filename or name
            ) from None
        except (OSError, ValueError, RuntimeError) as error:
            raise Refused(N_("{file} cannot be written: {why}"), file=clean(name), why=error) from error
        return ListWritten(len(rows), file)

    return call


def printer() -> str:
    """Return the printer command of this machine, or the empty text."""
    return shutil.which(PRINTER) or ""


def to_printer(lines: Sequence[str], rows: Sequence[DutyRow]) -> Call:
    """Send a list to the printer command; raises Refused with its output."""

    def call(deployment: OpenDeployment) -> ListWritten:
        text = _ended(lines, deployment).encode()
        try:
            code, output = deployment.files.print_text(text)
        except OSError as error:
            raise Refused(
                N_("The printer command {command} failed: {why}"), command=PRINTER, why=error
            ) from error
        said = clean(output).strip()
        if code:
            raise Refused(N_("The printer command {command} failed: {why}"), command=PRINTER, why=said)
        return ListWritten(len(rows), " ".join(filter(None, (_("the printer"), said))))

    return call
