"""`sla league`: prints the departments of a range by their rate, with distances."""

from __future__ import annotations

from typing import Any

import click

from sla_tracker.cli import output
from sla_tracker.cli.formats.documents import range_document, ratio
from sla_tracker.cli.formats.duty_lines import anchor_document, report_end
from sla_tracker.cli.formats.list_files import OutputForm, to_file
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.cli.grammar import Command, as_json, date_range
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.measures.comparisons.league import MINIMUM, LeagueRow
from sla_tracker.i18n import gettext as _
from sla_tracker.services.months.league import league_of
from sla_tracker.wording.figures.league import (
    imported_word,
    in_points,
    league_headings,
    league_texts,
    minimum_note,
)
from sla_tracker.wording.figures.ranges import range_word, standing_word
from sla_tracker.wording.lists.figures import league_list

SPARE = {2: 3, 5: 1, 6: 2}
"""Columns that a narrow screen leaves out, the highest number first."""


@click.command("league", cls=Command)
@date_range
@to_file
@as_json
@click.pass_obj
def league_command(
    invocation: Invocation, dates: str, since: str, until: str, file: str | None, as_json: bool
) -> None:
    """Show the departments by their rate."""
    asked = invocation.range(dates, since, until)
    found = league_of(invocation.context, asked)
    if file or as_json:
        document = {
            "range": range_document(found.standing),
            "minimum": MINIMUM,
            "departments": [_document(row) for row in found.rows],
            "anchor": anchor_document(invocation),
        }
        content = league_list(invocation.context, found)
        OutputForm(file=file, as_json=as_json).write(invocation, content, document)
        return
    if not found.rows:
        output.message(_("Nothing was owed in {month}.", month=range_word(asked)), Tone.QUIET)
        return
    output.line(Span(standing_word(found.standing), Tone.HEADING))
    columns = [
        Column(heading=heading, flexible=place == 1, spare=SPARE.get(place, 0))
        for place, heading in enumerate(league_headings())
    ]
    cells = [_cells(invocation, row) for row in found.rows]
    if any(row.imported is not None for row in found.rows):
        columns.append(Column(heading=_("Imported past"), spare=3))
        for line, row in zip(cells, found.rows, strict=True):
            line.append(imported_word(row))
    output.table(columns, cells)
    output.message(minimum_note(), Tone.QUIET)
    report_end(invocation)


def _cells(invocation: Invocation, row: LeagueRow) -> list[Span | str]:
    place, name, counts, rate, *others = league_texts(invocation.context, row)
    tone = Tone.GOOD if row.score.is_kept else Tone.ALARM
    return [place, name, counts, Span(rate, tone), *others]


def _document(row: LeagueRow) -> dict[str, Any]:
    best = row.best
    return {
        "place": row.place,
        "department": row.provider,
        "good": row.score.good,
        "valid": row.score.valid,
        "on_time": ratio(row.score.on_time_ratio, target=row.score.target),
        "behind_points": None if row.behind is None else str(in_points(row.behind)),
        "best": None
        if best is None
        else {"month": best.month, "on_time": ratio(best.score.on_time_ratio, target=best.score.target)},
        "from_best_points": None if row.from_best is None else str(in_points(row.from_best)),
        "imported": None
        if row.imported is None
        else {"month": row.imported.month, "on_time": ratio(row.imported.score.on_time_ratio)},
    }
