"""`sla league`: prints the departments of a range by their rate, with distances."""

from __future__ import annotations

from typing import Any

import click

from sla_tracker.cli import output
from sla_tracker.cli.formats.documents import range_document, ratio
from sla_tracker.cli.formats.duty_lines import anchor_document, report_end
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.cli.grammar import Command, as_json, date_range
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.measures.comparisons.league import MINIMUM, LeagueRow
from sla_tracker.i18n import gettext as _
from sla_tracker.services.months.league import league_of
from sla_tracker.wording.figures.league import in_points, league_headings, league_texts, minimum_note
from sla_tracker.wording.figures.ranges import range_word, standing_word

SPARE = {2: 3, 5: 1, 6: 2}
"""Columns that a narrow screen leaves out, the highest number first."""


@click.command("league", cls=Command)
@date_range
@as_json
@click.pass_obj
def league_command(invocation: Invocation, dates: str, since: str, until: str, as_json: bool) -> None:
    """Show the departments by their rate."""
    asked = invocation.range(dates, since, until)
    found = league_of(invocation.context, asked)
    if as_json:
        output.document(
            range=range_document(found.standing),
            minimum=MINIMUM,
            departments=[_document(row) for row in found.rows],
            anchor=anchor_document(invocation),
        )
        return
    if not found.rows:
        output.message(_("Nothing was owed in {month}.", month=range_word(asked)), Tone.QUIET)
        return
    output.line(Span(standing_word(found.standing), Tone.HEADING))
    columns = [
        Column(heading=heading, flexible=place == 1, spare=SPARE.get(place, 0))
        for place, heading in enumerate(league_headings())
    ]
    output.table(columns, [_cells(invocation, row) for row in found.rows])
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
    }
