"""Writes a list into a file; the file's name says in which form."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sla_tracker.cli import output
from sla_tracker.cli.formats.text_table import Tone
from sla_tracker.cli.grammar import option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.errors import N_, UsageError
from sla_tracker.i18n import ngettext
from sla_tracker.services.queries.list_content import CALENDAR, JSON, ListContent, form_of
from sla_tracker.services.queries.new_files import write_new_file
from sla_tracker.services.queries.rows import DutyRow
from sla_tracker.value_class import dataclass
from sla_tracker.wording.lists.duties import duty_list

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

to_file: Decorator = option(
    "--to",
    "file",
    metavar="FILE",
    help=N_("Write the list into a new file: .xlsx, .csv, .json, .md, .html or .pdf."),
)
to_dated_file: Decorator = option(
    "--to",
    "file",
    metavar="FILE",
    help=N_("Write the list into a new file: .xlsx, .csv, .json, .ics, .md, .html or .pdf."),
)
as_tasks: Decorator = option("--todo", is_flag=True, help=N_("In an .ics file, as tasks instead of events."))


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputForm:
    """How a list is asked for: as a file, as JSON, else as a table on the screen."""

    file: str | None = None
    as_json: bool = False

    def write(self, invocation: Invocation, content: ListContent, document: Mapping[str, Any]) -> None:
        """Write the file that is asked for, or print the document.

        Raises UsageError or StoreError.
        """
        if self.file:
            write_list_file(invocation, content, self.file, document)
        else:
            output.document(**document)


def write_list_file(
    invocation: Invocation,
    content: ListContent,
    file: str,
    document: Mapping[str, Any] | None = None,
    *,
    todo: bool = False,
) -> None:
    """Write a list into a new file and say where it is; raises UsageError, StoreError.

    `document` is what a JSON file holds: what the command prints with --json; a list of duties has its own.
    """
    form = form_of(file, content.forms)
    if todo and form != CALENDAR:
        raise UsageError(N_("--todo is for calendars; end the name of the file in .ics."))
    if form == JSON and document is not None:
        shown = {"version": output.JSON_VERSION, **document}
        written = json.dumps(shown, ensure_ascii=False, indent=2).encode()
    else:
        written = invocation.deployment.list_file(content, form, todo=todo)
    place = write_new_file(invocation.deployments.files, file, written)
    said = ngettext("{n} line written to {place}", "{n} lines written to {place}", len(content.rows))
    output.message(said.replace("{place}", place), Tone.GOOD)


def write_rows(
    invocation: Invocation, title: str, rows: Sequence[DutyRow], file: str, *, todo: bool = False
) -> None:
    """Write duties into a new file and say where it is; raises UsageError, StoreError."""
    write_list_file(invocation, duty_list(invocation.context, title, rows), file, todo=todo)
