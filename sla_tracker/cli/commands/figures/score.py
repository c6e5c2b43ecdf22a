"""`sla score`: prints the rates of a range, or the duties behind one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sla_tracker.cli import output
from sla_tracker.cli.completion import complete_departments
from sla_tracker.cli.formats.documents import minutes, range_document, ratio, words
from sla_tracker.cli.formats.duty_lines import anchor_document, report_end
from sla_tracker.cli.formats.list_files import OutputForm, to_file
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.cli.grammar import Command, as_json, date_range, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.measures.beside import Beside
from sla_tracker.domain.measures.date_range import DateRange, Unit, compared_ranges
from sla_tracker.domain.measures.figure_rows import (
    DetailFigure,
    MeasuredFigure,
    MeasuredSet,
    OpenedFigure,
    RequestFigure,
    RowSet,
    UpdateFigure,
    UpdateSet,
    VerdictFigure,
)
from sla_tracker.domain.measures.request_counts import RequestSet
from sla_tracker.domain.measures.scorecard import Score
from sla_tracker.errors import N_, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.services.months import service_levels
from sla_tracker.services.months.figure_source import levels_in
from sla_tracker.services.months.people_levels import FEWEST_CASES, people_levels
from sla_tracker.services.months.service_levels import By, ServiceLevel, ServiceLevels
from sla_tracker.value_class import dataclass
from sla_tracker.wording.duties import department_word, format_hours, percent_on_time
from sla_tracker.wording.figures.levels import (
    is_kept,
    level_headings,
    level_texts,
    obligation_word,
    total_texts,
)
from sla_tracker.wording.figures.measured import measured_headings, measured_texts
from sla_tracker.wording.figures.ranges import range_word, standing_word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from sla_tracker.domain.measures.measured_level import MeasuredLevel

# Index of the misses column; a narrow screen leaves out the columns after it first.
LAST_KEPT = 3
FIRST_PASS = 2  # index of the first-pass column behind the rate
NOT_KEPT = "–"
VERDICTS = "verdicts"
DETAIL_ROWS = (*(one.value for names in (RequestSet, UpdateSet, MeasuredSet) for one in names), VERDICTS)
"""Names for --rows of sets that hold requests, updates, reports or verdicts instead of duties."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Options of one call: range, grouping, order, and the ranges to compare with."""

    dates: DateRange
    by: By
    is_worst_first: bool
    is_compared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The rates of a range in order, with those of the range before and a year before."""

    found: ServiceLevels
    rows: Sequence[ServiceLevel]
    past: Sequence[ServiceLevels] = ()
    is_withheld: bool = False
    measured: Sequence[MeasuredLevel] = ()


@click.command(
    "score",
    cls=Command,
)
@date_range
@option(
    "--by",
    type=click.Choice([by.value for by in By]),
    default=By.DEPARTMENT.value,
    help=N_("A line for each department, pair of departments, obligation or person."),
)
@option("--worst", is_flag=True, help=N_("The lowest rate first."))
@option("--compare", is_flag=True, help=N_("With the rates of the range before and of a year before."))
@option(
    "--rows",
    type=click.Choice([*(one.value for one in RowSet if one is not RowSet.CAUSES), *DETAIL_ROWS]),
    help=N_("The duties, requests, verdicts, updates or reports that a number counts."),
)
@option(
    "--department",
    metavar="DEPARTMENT",
    default="",
    shell_complete=complete_departments,
    help=N_("With --rows: of one department's duties only."),
)
@option(
    "--consumer",
    metavar="DEPARTMENT",
    default="",
    shell_complete=complete_departments,
    help=N_("With --rows: only what this department was owed."),
)
@option("--obligation", metavar="ID", default="", help=N_("With --rows: of one obligation only."))
@to_file
@as_json
@click.pass_obj
def score_command(
    invocation: Invocation,
    /,
    dates: str,
    since: str,
    until: str,
    rows: str | None,
    **chosen: Any,
) -> None:
    """Show the rates of a range."""
    asked = invocation.range(dates, since, until)
    out = OutputForm(file=chosen["file"], as_json=chosen["as_json"])
    if rows is not None:
        _write_rows(invocation, asked, rows, chosen, out)
        return
    for name in ("department", "consumer", "obligation"):
        if chosen[name]:
            raise UsageError(N_("{option} goes with --rows SET only."), option=f"--{name}")
    wanted = Wanted(
        dates=asked, by=By(chosen["by"]), is_worst_first=chosen["worst"], is_compared=chosen["compare"]
    )
    if wanted.by is By.PERSON and wanted.is_worst_first:
        raise UsageError(N_("People are not ranked; leave out --worst."))
    if wanted.by is By.PERSON and wanted.is_compared:
        raise UsageError(N_("Rates of people are not compared with other ranges; leave out --compare."))
    shown = _read(invocation, wanted)
    if out.file or out.as_json:
        from sla_tracker.wording.lists.figures import level_list

        content = level_list(invocation.context, shown.found, shown.rows, wanted.by, shown.past)
        out.write(invocation, content, _document(invocation, wanted, shown))
        if shown.is_withheld:
            _say_withheld()
    else:
        _write_table(invocation, wanted, shown)


def _write_rows(
    invocation: Invocation, asked: DateRange, rows: str, chosen: Mapping[str, Any], out: OutputForm
) -> None:
    """Print the rows of a set."""
    # Here, as their modules take a twentieth of the time of the rates, which need none of them.
    from sla_tracker.cli.formats.detail_lines import write_details
    from sla_tracker.cli.formats.figure_lines import write_rows

    catalogue, obligation = invocation.context.catalogue, chosen["obligation"]
    provider, consumer = (
        catalogue.department(chosen[side]).id if chosen[side] else "" for side in ("department", "consumer")
    )
    if rows not in DETAIL_ROWS:
        figure = OpenedFigure(rows=RowSet(rows), provider=provider, consumer=consumer, obligation=obligation)
        write_rows(invocation, asked, figure, out)
        return
    figure_asked = _detail_figure(rows, provider, consumer, obligation)
    write_details(invocation, asked, figure_asked, rows, out)


def _detail_figure(rows: str, provider: str, consumer: str, obligation: str) -> DetailFigure:
    """Return the figure whose rows `--rows` names.

    Raises UsageError if an obligation is given and the figure is not counted by obligation.
    """
    if rows in set(MeasuredSet):
        return MeasuredFigure(
            reports=MeasuredSet(rows), provider=provider, consumer=consumer, obligation=obligation
        )
    if obligation:
        raise UsageError(N_("--rows {set} is not counted by obligation; leave out --obligation."), set=rows)
    if rows in set(UpdateSet):
        return UpdateFigure(updates=UpdateSet(rows), provider=provider, consumer=consumer)
    if rows == VERDICTS:
        return VerdictFigure(provider=provider, consumer=consumer)
    return RequestFigure(requests=RequestSet(rows), provider=provider, consumer=consumer)


def _read(invocation: Invocation, wanted: Wanted) -> Shown:
    context, fiscal = invocation.context, invocation.context.settings.fiscal
    if wanted.by is By.PERSON:
        of_people = people_levels(context, invocation.actor, wanted.dates)
        return Shown(found=of_people.levels, rows=of_people.levels.rows, is_withheld=of_people.is_withheld)
    found = service_levels.levels(context, wanted.dates, by=wanted.by)
    past: tuple[ServiceLevels, ...] = ()
    if wanted.is_compared:
        before = compared_ranges(wanted.dates, fiscal)
        past = tuple(service_levels.levels(context, one, by=wanted.by) for one in before)
    return Shown(
        found=found,
        rows=found.worst_first() if wanted.is_worst_first else found.rows,
        past=past,
        measured=levels_in(context, found.standing),
    )


def _document(invocation: Invocation, wanted: Wanted, shown: Shown) -> dict[str, Any]:
    found = shown.found
    compared = {
        name: {
            "range": range_document(one.standing),
            "levels": [level_document(row) for row in one.rows],
            "total": score_document(one.total),
        }
        for name, one in zip(("before", "year_before"), shown.past, strict=False)
    }
    return dict(
        month=wanted.dates.id if wanted.dates.unit is Unit.MONTH else None,
        closed=found.standing.is_final,
        range=range_document(found.standing),
        by=wanted.by.value,
        levels=[level_document(one) for one in shown.rows],
        total=score_document(found.total),
        measured=[_measured_document(one) for one in shown.measured],
        **compared,
        anchor=anchor_document(invocation),
    )


def _write_table(invocation: Invocation, wanted: Wanted, shown: Shown) -> None:
    if shown.is_withheld:
        _say_withheld()
    found, by = shown.found, wanted.by
    if not shown.rows:
        if not shown.is_withheld:
            output.message(_("Nothing was owed in {month}.", month=range_word(wanted.dates)), Tone.QUIET)
        return
    output.line(Span(standing_word(found.standing), Tone.HEADING))
    if by is By.PERSON and not shown.is_withheld:
        agreed = invocation.context.settings.people_figures_agreed_with
        output.line(Span(_("Figures about people, as agreed with {whom}.", whom=agreed), Tone.QUIET))
    cells = [_score_cells(invocation, one, by, shown.past) for one in shown.rows]
    if len(shown.rows) > 1:
        cells.append(_total_cells(shown))
    output.table(_score_columns(by, shown.past), cells)
    if by is By.DEPARTMENT:
        output.line("")
        details = [_beside_cells(invocation, one.provider, one.beside) for one in shown.rows]
        output.table(_beside_columns(), details)
    _print_measured(invocation, shown.measured)
    report_end(invocation)
    if by is By.DEPARTMENT and all(one.beside is None for one in shown.rows):
        said = _("This month was closed before verdict times and request clocks were kept with it.")
        output.message(said, Tone.QUIET)


def _print_measured(invocation: Invocation, measured: Sequence[MeasuredLevel]) -> None:
    """Print the levels of measured obligations, in a table of their own."""
    if not measured:
        return
    output.line("")
    output.line(Span(_("Levels of what is measured; no part of the rates"), Tone.HEADING))
    columns = [Column(heading=_("Obligation"), flexible=True), Column(heading=_("From → to"), flexible=True)]
    columns += [Column(heading=heading) for heading in measured_headings()]
    cells: list[list[Span | str]] = []
    for one in measured:
        reports, level, share, *others = measured_texts(one)
        sides = (department_word(invocation.context, id) for id in (one.provider, one.consumer))
        tone = Tone.GOOD if one.is_kept else Tone.ALARM
        title = obligation_word(invocation.context, one.obligation)
        cells.append([title, " → ".join(sides), reports, level, Span(share, tone), *others])
    output.table(columns, cells)


def _measured_document(level: MeasuredLevel) -> dict[str, Any]:
    measure = level.measure
    return {
        "provider": level.provider,
        "consumer": level.consumer,
        "obligation": level.obligation,
        "kind": "share" if measure.is_counted else "bound",
        "min": None if measure.minimum is None else f"{measure.minimum:f}",
        "max": None if measure.maximum is None else f"{measure.maximum:f}",
        "unit": words(measure.unit),
        "reports": level.reports,
        "reports_at_level": level.met,
        "good": level.good if measure.is_counted else None,
        "of": level.total if measure.is_counted else None,
        "share": ratio(level.ratio, target=1 if level.target is None else level.target),
        "target": None if level.target is None else ratio(level.target),
        "misses": level.misses,
        "misses_allowed": level.allowed,
    }


def _say_withheld() -> None:
    output.message(
        _(
            "Figures about people are shown only where they were agreed: [people_figures] in the settings, with "
            "enabled, since and agreed_with. Your own row is the exception."
        ),
        Tone.QUIET,
    )


def _score_columns(by: By, past: Sequence[ServiceLevels]) -> list[Column]:
    first, *others = level_headings(by)
    return [
        Column(heading=first, flexible=True),
        *(Column(heading=heading, spare=max(0, place - LAST_KEPT)) for place, heading in enumerate(others)),
        *(Column(heading=one.standing.dates.id) for one in past),
    ]


def _score_cells(
    invocation: Invocation, level: ServiceLevel, by: By, past: Sequence[ServiceLevels]
) -> list[Span | str]:
    name, kept, rate, *others = level_texts(invocation.context, level, by)
    if by is By.PERSON and _is_too_small(level):
        rate = NOT_KEPT
        others[FIRST_PASS] = f"{level.score.first_pass}/{level.score.judged}"
    earlier = ({row.key: row.score for row in one.rows}.get(level.key) for one in past)
    return [
        name,
        kept,
        Span(rate, Tone.GOOD if is_kept(level.score) else Tone.ALARM),
        *others,
        *(NOT_KEPT if one is None else percent_on_time(one) for one in earlier),
    ]


def _is_too_small(level: ServiceLevel) -> bool:
    """Return whether a person has too few cases for a rate."""
    return bool(level.person) and level.score.valid < FEWEST_CASES


def _total_cells(shown: Shown) -> list[Span | str]:
    name, *others = total_texts(shown.found.total)
    return [Span(name, Tone.HEADING), *others, *(percent_on_time(one.total) for one in shown.past)]


def _beside_columns() -> list[Column]:
    return [
        Column(heading=_("Department"), flexible=True),
        Column(heading=_("Verdicts")),
        Column(heading=_("Half within"), spare=3),
        Column(heading=_("Longest"), spare=4),
        Column(heading=_("By silence"), spare=2),
        Column(heading=_("Requests")),
        Column(heading=_("Answered in time")),
        Column(heading=_("Settled in time")),
        Column(heading=_("Updates in time"), spare=1),
        Column(heading=_("Uncovered"), spare=1),
    ]


def _beside_cells(invocation: Invocation, provider: str, beside: Beside | None) -> list[Span | str]:
    name = department_word(invocation.context, provider)
    if beside is None:
        return [name, *(NOT_KEPT for _column in _beside_columns()[1:])]
    verdicts, requests, settled = beside.verdicts, beside.requests, beside.settled
    return [
        name,
        str(verdicts.verdicts),
        _span(verdicts.median),
        _span(verdicts.longest),
        str(verdicts.silent),
        str(requests.asked),
        f"{requests.answered_well}/{requests.answer_judged}",
        f"{settled.good}/{settled.valid}",
        f"{beside.updates.given}/{beside.updates.judged}",
        str(requests.uncovered),
    ]


def _span(span: timedelta | None) -> str:
    return NOT_KEPT if span is None else format_hours(span)


def level_document(level: ServiceLevel) -> dict[str, Any]:
    """Return the levels of one row."""
    return {
        "provider": level.provider,
        "consumer": level.consumer or None,
        "obligation": level.obligation or None,
        "person": level.person or None,
        **score_document(level.score),
        **({"on_time": None, "first_pass_share": None} if _is_too_small(level) else {}),
        **({} if level.beside is None else _beside_document(level.beside)),
    }


def score_document(score: Score) -> dict[str, Any]:
    """Return a score: counts, rate and target."""
    return {
        "good": score.good,
        "valid": score.valid,
        "on_time": ratio(score.on_time_ratio, target=score.target),
        "target": ratio(score.target),
        "misses": score.bad,
        "misses_allowed": score.budget,
        "first_pass": score.first_pass,
        "judged": score.judged,
        "first_pass_share": ratio(score.first_pass_ratio),
        "waived": score.waived,
        "short_notice": score.short_notice,
        "pending": score.pending,
    }


def _beside_document(beside: Beside) -> dict[str, Any]:
    verdicts, requests = beside.verdicts, beside.requests
    return {
        "verdicts": {
            "count": verdicts.verdicts,
            "by_silence": verdicts.silent,
            "median_minutes": minutes(verdicts.median),
            "longest_minutes": minutes(verdicts.longest),
        },
        "requests": {
            "asked": requests.asked,
            "answered_in_time": requests.answered_well,
            "answers_judged": requests.answer_judged,
            "settled_in_time": beside.settled.good,
            "settlements_judged": beside.settled.valid,
            "updates_in_time": beside.updates.given,
            "updates_judged": beside.updates.judged,
            "withdrawn": requests.withdrawn,
            "uncovered": requests.uncovered,
        },
    }
