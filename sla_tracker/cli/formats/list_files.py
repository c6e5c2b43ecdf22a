"""Writes a list of duties into a file; the file's name says in which form."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import PurePath

from sla_tracker.cli import output
from sla_tracker.cli.errors import write_new_file
from sla_tracker.cli.formats.documents import duty_document, instant
from sla_tracker.cli.formats.text_table import Tone
from sla_tracker.cli.invocation import Invocation
from sla_tracker.errors import N_, UsageError
from sla_tracker.i18n import ngettext
from sla_tracker.services.queries.rows import DutyRow

FORMS = ("xlsx", "csv", "json", "ics", "md", "html", "pdf")


def form_of(file: str) -> str:
    """Return the form that a file's name means; raises UsageError for another ending."""
    form = PurePath(file).suffix.lower().removeprefix(".")
    if form not in FORMS:
        raise UsageError(
            N_("The name {file} does not say which form; end it in {suffixes}."),
            file=file,
            suffixes=", ".join(f".{one}" for one in FORMS),
        )
    return form


def write_rows(
    invocation: Invocation, title: str, rows: Sequence[DutyRow], file: str, *, todo: bool = False
) -> None:
    """Write rows into a new file and say where it is; raises UsageError, StoreError."""
    form = form_of(file)
    if todo and form != "ics":
        raise UsageError(N_("--todo is for calendars; end the name of the file in .ics."))
    if form == "json":
        document = {"at": instant(invocation.now()), "duties": [duty_document(row) for row in rows]}
        shown = {"version": output.JSON_VERSION, **document}
        content = json.dumps(shown, ensure_ascii=False, indent=2).encode()
    else:
        content = invocation.deployment.duty_file(title, rows, form, todo=todo)
    place = write_new_file(invocation.deployments.files, file, content)
    said = ngettext("{n} line written to {place}", "{n} lines written to {place}", len(rows))
    output.message(said.replace("{place}", place), Tone.GOOD)
