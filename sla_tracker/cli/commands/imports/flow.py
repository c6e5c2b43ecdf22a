"""Takes a list over: reads it, asks, shows the fate of each row, imports."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from sla_tracker.cli import output, screen
from sla_tracker.cli.commands.imports.lines import print_left_out, print_plan, run_document
from sla_tracker.cli.commands.imports.options import ImportOptions
from sla_tracker.cli.formats.text_table import Tone
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.imports.run import DateOrder, ImportKind, ImportRun, ListReading, RunState
from sla_tracker.errors import N_, ExitCode, Refused
from sla_tracker.i18n import gettext as _
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.imports.kinds import plan_list, take_list
from sla_tracker.services.imports.maps import check_map_name, completed_by, remember, remembered
from sla_tracker.services.imports.parts import find_run
from sla_tracker.services.imports.rows import Asked, Imported, ImportPlan, Question, ReadList, RowFate
from sla_tracker.services.imports.undo import take_back
from sla_tracker.wording.imports.sentences import (
    format_counts,
    format_imported,
    format_repeats,
    format_taken_back,
    format_uncorrected,
    format_undo_question,
)
from sla_tracker.wording.parse_date import FIRST_YEAR, LAST_YEAR, parse_year

# What may be typed for the number that comes first in a date, in either language.
_ORDERS = {
    DateOrder.DAY_FIRST: ("day", "d", "日", "日期", DateOrder.DAY_FIRST.value),
    DateOrder.MONTH_FIRST: ("month", "m", "月", "月份", DateOrder.MONTH_FIRST.value),
}


def run_import(ctx: click.Context, kind: ImportKind, options: ImportOptions) -> None:
    """Do what the options say with one kind of list.

    Ends with exit code 4 where rows were left out.
    """
    invocation: Invocation = ctx.obj
    if options.undo:
        _undo(invocation, options)
        return
    if options.remember:
        check_map_name(options.remember)  # a wrong name is no reason to stop after the import
    run = find_run(invocation.context, options.resume) if options.resume else None
    update = options.update or (run is not None and run.update)
    reading = run.reading if run is not None else _reading(invocation.context, kind, options)
    read, plan = _planned(invocation, kind, options, reading, run)
    if not options.as_json:
        print_plan(invocation, plan)
    # An import that was broken off is ended by resuming it, also where all its rows were taken over.
    wanted = (
        run is not None
        or bool(plan.with_fate(RowFate.NEW))
        or (update and bool(plan.with_fate(RowFate.CHANGED)))
    )
    found: Imported[Any] | None = None
    if wanted and _is_confirmed(invocation, options):
        found = take_list(invocation.context, invocation.actor, plan, update=update, run=run)
    if options.remember and (found is not None or not (wanted or options.dry_run)):
        remember(invocation.context, invocation.actor, options.remember, kind, read.reading)
    if options.as_json:
        output.document(**run_document(plan, found))
    else:
        _report(plan, found, wanted=wanted, update=update)
    left_out = found.left_out if found is not None else plan.with_fate(RowFate.DOUBTFUL)
    if left_out:
        ctx.exit(ExitCode.REFUSED)


def _reading(context: ServiceContext, kind: ImportKind, options: ImportOptions) -> ListReading:
    """Return how to read a list, as typed and else as the remembered map says."""
    if not options.named:
        return options.reading
    return completed_by(options.reading, remembered(context, options.named, kind))


def _planned(
    invocation: Invocation,
    kind: ImportKind,
    options: ImportOptions,
    reading: ListReading,
    run: ImportRun | None,
) -> tuple[ReadList[Any], ImportPlan[Any]]:
    """Read and plan a list; asks what is doubtful where somebody can answer."""
    asks = invocation.may_ask and not options.as_json and not options.yes
    read = invocation.deployment.read_list(kind, options.file, reading)
    if asks and read.questions:
        read = invocation.deployment.read_list(kind, options.file, _answered(read))
    plan = plan_list(invocation.context, invocation.actor, read, run)
    repeats = sum(row.repeats for row in plan.rows)
    if asks and repeats and screen.confirm(format_repeats(repeats)):
        read = replace(read, reading=replace(read.reading, again=True))
        plan = plan_list(invocation.context, invocation.actor, read, run)
    return read, plan


def _answered(read: ReadList[Any]) -> ListReading:
    """Return the reading with what somebody answers to its questions.

    An empty answer leaves the cells out.
    """
    reading = read.reading
    for question in read.questions:
        output.message(_("Cells: {cells}", cells=_(", ").join(question.cells)))
        if question.option is Asked.DATES:
            hint = f"{question.text} [{_('day/month')}]"
            how = _("Type day or month, or nothing to leave these cells out.")
            if (order := screen.chosen(hint, _ORDERS, how)) is not None:
                reading = replace(reading, dates_of={**reading.dates_of, question.column: order})
        elif question.option is Asked.YEAR:
            reading = replace(reading, year=_year(question))
    return reading


def _year(question: Question) -> int:
    """Ask for a year until one is typed."""
    while (year := parse_year(screen.prompt(str(question.text), default=question.proposed))) is None:
        output.message(_("A year from {first} to {last}, such as 2026.", first=FIRST_YEAR, last=LAST_YEAR))
    return year


def _is_confirmed(invocation: Invocation, options: ImportOptions) -> bool:
    if options.dry_run:
        return False
    if options.yes or options.resume:
        return True
    if invocation.may_ask and not options.as_json:
        if not screen.confirm(_("Take this over?")):
            raise Refused(N_("Nothing was done."))
        return True
    return False


def _report(plan: ImportPlan[Any], found: Imported[Any] | None, *, wanted: bool, update: bool) -> None:
    corrections = 0 if update else len(plan.with_fate(RowFate.CHANGED))
    if found is None:
        output.message(format_counts(plan.counts))
        if wanted:
            output.message(_("Nothing was written. To take it over, give --yes."))
        elif corrections:
            output.message(format_uncorrected(corrections), Tone.WARNING)
        return
    planned = {row.row for row in plan.with_fate(RowFate.DOUBTFUL)}
    print_left_out([row for row in found.left_out if row.row not in planned])
    for sentence in format_imported(found, corrections=corrections):
        output.message(sentence, Tone.GOOD if found.added or found.changed else Tone.PLAIN)


def _undo(invocation: Invocation, options: ImportOptions) -> None:
    run = find_run(invocation.context, options.undo)
    if not options.yes and run.state is not RunState.UNDONE:
        _confirm_undo(invocation, run)
    found = take_back(invocation.context, invocation.actor, run)
    if options.as_json:
        output.document(id=run.id, cancelled=found.cancelled, kept=found.kept, archived=found.archived)
        return
    for sentence in format_taken_back(found):
        output.message(sentence, Tone.GOOD)


def _confirm_undo(invocation: Invocation, run: ImportRun) -> None:
    if not invocation.may_ask:
        raise Refused(N_("Nothing was done. To take the import back, give --yes."))
    if not screen.confirm(format_undo_question(run)):
        raise Refused(N_("Nothing was done."))
