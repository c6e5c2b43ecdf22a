"""`sla complaint figures`: counts complaints by cause, department or quarter."""

from __future__ import annotations

from typing import Any

import click

from sla_tracker.cli import output
from sla_tracker.cli.formats.detail_lines import write_complaints, write_effect, write_steps
from sla_tracker.cli.formats.documents import minutes, ratio
from sla_tracker.cli.formats.duty_lines import report_end
from sla_tracker.cli.formats.list_files import OutputForm, to_file
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.cli.grammar import Command, as_json, date_range, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.duties.complaint import Complaint, Stage
from sla_tracker.domain.measures.comparisons.complaint_effect import ComplaintEffect, EffectSide
from sla_tracker.domain.measures.complaint_counts import (
    ComplaintCounts,
    ComplaintsBy,
    ComplaintSet,
    StepTimes,
)
from sla_tracker.domain.measures.date_range import DateRange
from sla_tracker.domain.measures.figure_rows import EffectFigure
from sla_tracker.domain.reference import reference_of
from sla_tracker.errors import N_, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.services.departments.complaint_effects import complaint_effects
from sla_tracker.services.departments.complaint_figures import ComplaintFigures, complaint_figures
from sla_tracker.services.lookup.references import resolve
from sla_tracker.wording.duties import percent
from sla_tracker.wording.figures.complaints import (
    complaint_group,
    complaint_headings,
    complaint_numbers,
    effect_headings,
    effect_note,
    effect_texts,
    step_headings,
    step_texts,
)
from sla_tracker.wording.figures.league import in_points
from sla_tracker.wording.figures.ranges import range_word
from sla_tracker.wording.lists.figures import complaint_count_list


@click.command(
    "figures",
    cls=Command,
    help=N_(
        "Count the complaints recorded in a range: founded, repeated, and how long each step took.\n"
        "Only those that you may read; repeated ones follow a like one within a year."
    ),
)
@date_range
@option(
    "--by",
    type=click.Choice([by.value for by in ComplaintsBy]),
    default=ComplaintsBy.DEPARTMENT.value,
    help=N_("A line for each department that answers, cause, or quarter."),
)
@option(
    "--rows",
    type=click.Choice([one.value for kind in (ComplaintSet, Stage, EffectSide) for one in kind]),
    help=N_(
        "The complaints that a number counts, the time that each waited for a step, or the duties compared before and "
        "after one (--complaint)."
    ),
)
@option(
    "--complaint", metavar="REF", help=N_("With --rows before or after: the complaint that compares them.")
)
@option("--group", metavar="GROUP", help=N_("With --rows: of one department, cause or quarter only."))
@to_file
@as_json
@click.pass_obj
def figures_command(
    invocation: Invocation,
    dates: str,
    since: str,
    until: str,
    by: str,
    rows: str | None,
    complaint: str | None,
    group: str | None,
    file: str | None,
    as_json: bool,
) -> None:
    """Show the figures of complaints."""
    if (rows in set(EffectSide)) is not (complaint is not None):
        raise UsageError(N_("--rows before, --rows after and --complaint REF go together."))
    asked, grouping = invocation.range(dates, since, until), ComplaintsBy(by)
    out = OutputForm(file=file, as_json=as_json)
    if group is not None and rows is None:
        raise UsageError(N_("{option} goes with --rows SET only."), option="--group")
    if rows is not None:
        _write_rows(invocation, asked, grouping, rows, group, complaint, out)
        return
    found = complaint_figures(invocation.context, asked, grouping)
    if file or as_json:
        document = {
            "range": {"id": asked.id, "first_on": str(asked.first_on), "last_on": str(asked.last_on)},
            "by": grouping.value,
            "complaints": [{"group": row.group or None, **_document(row)} for row in found.rows],
            "total": _document(found.total),
            "steps": [_step_document(step) for step in found.steps],
            "effects": [_effect_document(one) for one in complaint_effects(invocation.context, found.found)],
        }
        content = complaint_count_list(invocation.context, found, asked, grouping)
        out.write(invocation, content, document)
        return
    if not found.rows:
        output.message(_("No complaint was recorded in {range}.", range=range_word(asked)), Tone.QUIET)
        return
    output.line(Span(range_word(asked), Tone.HEADING))
    columns = [
        Column(heading=heading, flexible=not place)
        for place, heading in enumerate(complaint_headings(grouping))
    ]
    cells = [_cells(complaint_group(invocation.context, row.group, grouping), row) for row in found.rows]
    output.table(columns, [*cells, _cells(_("Total"), found.total)] if len(cells) > 1 else cells)
    if found.steps:
        output.line("")
        steps = [Column(heading=heading, flexible=not place) for place, heading in enumerate(step_headings())]
        output.table(steps, [step_texts(step) for step in found.steps])
    _write_effects(invocation, found)
    report_end(invocation)


def _write_rows(
    invocation: Invocation,
    asked: DateRange,
    grouping: ComplaintsBy,
    rows: str,
    group: str | None,
    complaint: str | None,
    out: OutputForm,
) -> None:
    """Print what a number about complaints counts.

    These are complaints, the time of their steps, or duties compared by one complaint.
    """
    context = invocation.context
    if complaint is not None:
        found = context.store.read(lambda tx: resolve(tx, Complaint, complaint, "sla complaint list"))
        write_effect(invocation, EffectFigure(complaint=found.id, side=EffectSide(rows)), out)
    elif rows in set(ComplaintSet):
        write_complaints(invocation, asked, ComplaintSet(rows), grouping, group, out)
    elif group is not None:
        raise UsageError(N_("The time in a step is not counted by group; leave out --group."))
    else:
        write_steps(invocation, asked, Stage(rows), out)


def _write_effects(invocation: Invocation, found: ComplaintFigures) -> None:
    """Print the misses before complaints and after remedies that were carried out."""
    effects = [one for one in complaint_effects(invocation.context, found.found) if one.after is not None]
    if effects:
        output.line("")
        columns = [
            Column(heading=heading, flexible=place == 1) for place, heading in enumerate(effect_headings())
        ]
        output.table(columns, [effect_texts(invocation.context, one) for one in effects])
        output.message(effect_note(), Tone.QUIET)


def _cells(name: str, counts: ComplaintCounts) -> list[Span | str]:
    lodged, founded, unfounded, *others = (str(number) for number in complaint_numbers(counts))
    return [name, lodged, founded, unfounded, percent(counts.founded_ratio), *others]


def _document(counts: ComplaintCounts) -> dict[str, Any]:
    return {
        "lodged": counts.lodged,
        "founded": counts.founded,
        "unfounded": counts.unfounded,
        "founded_share": ratio(counts.founded_ratio),
        "running": counts.running,
        "repeated": counts.repeated,
        "escalated": counts.escalated,
    }


def _effect_document(effect: ComplaintEffect) -> dict[str, Any]:
    difference, after = effect.difference, effect.after
    return {
        "id": effect.complaint.id,
        "reference": reference_of(effect.complaint.id),
        "before": {"misses": effect.before.missed, "judged": effect.before.judged},
        "after": None if after is None else {"misses": after.missed, "judged": after.judged},
        "final": effect.is_over,
        "change_points": None if difference is None else str(in_points(difference)),
    }


def _step_document(step: StepTimes) -> dict[str, Any]:
    return {
        "step": step.stage.value,
        "taken": step.taken,
        "median_minutes": minutes(step.median),
        "longest_minutes": minutes(step.longest),
        "limit_passed": step.escalated,
    }
