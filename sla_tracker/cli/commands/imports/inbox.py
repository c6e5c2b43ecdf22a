"""`sla inbox`: takes over the lists that lie in the inbox folder."""

from __future__ import annotations

import click

from sla_tracker.cli import output
from sla_tracker.cli.formats.text_table import Span, Tone
from sla_tracker.cli.grammar import Command, as_json
from sla_tracker.cli.invocation import Invocation
from sla_tracker.errors import ExitCode
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.services.access import Right
from sla_tracker.services.imports.inbox import FileFate, TakenFile
from sla_tracker.wording.imports.inbox import format_taken

MOST_PROBLEMS = 10
"""Problems of one file that are printed; its report has all."""
TONES = {FileFate.DONE: Tone.GOOD, FileFate.REFUSED: Tone.ALARM, FileFate.WAITING: Tone.WARNING}


@click.command("inbox", cls=Command)
@as_json
@click.pass_context
def inbox_command(ctx: click.Context, as_json: bool) -> None:
    """Take over what lies in the inbox."""
    invocation: Invocation = ctx.obj
    invocation.context.require(invocation.actor, Right.ADMINISTER, invocation.now())
    found = invocation.deployment.take_inbox()
    if as_json:
        output.document(files=[_document(one) for one in found])
    elif not found:
        output.message(_("No file lies ready in the inbox."))
    else:
        for one in found:
            _print(one)
    if any(one.fate is not FileFate.DONE for one in found):
        ctx.exit(ExitCode.REFUSED)


def _print(one: TakenFile) -> None:
    output.line(Span(one.place, TONES[one.fate]), f"  {format_taken(one)}")
    for problem in one.problems[:MOST_PROBLEMS]:
        output.message(problem.sentence(), Tone.ALARM)
    more = len(one.problems) - MOST_PROBLEMS
    if more > 0:
        output.message(
            ngettext("{n} more problem stands in the report.", "{n} more problems stand in the report.", more)
        )


def _document(one: TakenFile) -> dict[str, object]:
    return {
        "name": one.name,
        "kind": one.kind.value,
        "fate": one.fate.value,
        "place": one.place,
        "import": one.import_id or None,
        "added": one.added,
        "changed": one.changed,
        "same": one.same,
        "opened": one.opened,
        "problems": [problem.sentence() for problem in one.problems],
    }
