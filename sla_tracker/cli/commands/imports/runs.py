"""`sla imports`: lists what was taken over from lists, and the remembered maps."""

from __future__ import annotations

import click

from sla_tracker.cli import output
from sla_tracker.cli.commands.imports.lines import import_document
from sla_tracker.cli.formats.duty_lines import moment_word
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.cli.grammar import Command, as_json
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.imports.run import RunState
from sla_tracker.i18n import gettext as _
from sla_tracker.services.imports.maps import maps
from sla_tracker.services.imports.parts import runs
from sla_tracker.wording.duties import person_word
from sla_tracker.wording.imports.sentences import import_reference, kind_word, run_word


@click.command("imports", cls=Command)
@as_json
@click.pass_obj
def imports_command(invocation: Invocation, as_json: bool) -> None:
    """List the imports."""
    found, known = runs(invocation.context), maps(invocation.context)
    if as_json:
        output.document(
            imports=[import_document(run) for run in found],
            maps=[
                {"name": one.name, "kind": one.kind.value, "columns": one.reading.columns} for one in known
            ],
        )
        return
    rows = [
        (
            Span(import_reference(run.id), Tone.QUIET),
            Span(moment_word(invocation, run.at)),
            Span(kind_word(run.kind)),
            Span(run.file),
            Span(person_word(invocation.context.people, run.by), Tone.QUIET),
            Span(f"{run.added}/{run.rows}"),
            Span(run_word(run), Tone.WARNING if run.state is not RunState.DONE else Tone.QUIET),
        )
        for run in found
    ]
    headings = (_("Ref"), _("When"), _("Kind"), _("File"), _("By"), _("Rows taken over"), "")
    if rows:
        output.table([Column(heading=heading, flexible=heading == _("File")) for heading in headings], rows)
    else:
        output.message(_("Nothing was imported yet; sla event import takes a list of events over."))
    if known:
        output.message(_("Remembered maps: {names}", names=_(", ").join(one.name for one in known)))
