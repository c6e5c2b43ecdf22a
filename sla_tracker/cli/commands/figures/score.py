"""`sla score`, `sla causes`: print a month's rates and the causes of misses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sla_tracker.cli import output
from sla_tracker.cli.completion import complete_departments
from sla_tracker.cli.formats.duty_lines import anchor_document, department_word, report_end
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.cli.grammar import Command, argument, as_json, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.measures.beside import Beside
from sla_tracker.domain.measures.causes import NOT_SAID, CauseRow
from sla_tracker.domain.measures.rounding import rounded
from sla_tracker.domain.measures.scorecard import Score
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.services.months import service_levels
from sla_tracker.services.months.service_levels import By, ServiceLevel
from sla_tracker.wording.duties import format_hours
from sla_tracker.wording.figures import cause_headings, cause_texts, is_kept, level_headings, level_texts

if TYPE_CHECKING:
    from datetime import timedelta
    from decimal import Decimal

# Index of the misses column; a narrow screen leaves out the columns after it first.
LAST_KEPT = 3
NOT_KEPT = "–"
MONTH: dict[str, Any] = {
    "metavar": "[MONTH]",
    "required": False,
    "default": "",
    "help": N_("A month, such as 2026-10; else this one."),
}


@click.command(
    "score",
    cls=Command,
    help=N_(
        "Show how much was on time in a month, against the target.\n"
        "A closed month shows the figures it was closed with; only --by person opens its archive."
    ),
)
@argument("month", **MONTH)
@option(
    "--by",
    type=click.Choice([by.value for by in By]),
    default=By.DEPARTMENT.value,
    help=N_("A line for each department, pair of departments, obligation or person."),
)
@as_json
@click.pass_obj
def score_command(invocation: Invocation, month: str, by: str, as_json: bool) -> None:
    """Show the rates of a month."""
    found = service_levels.levels(invocation.context, invocation.month(month) if month else "", by=By(by))
    if as_json:
        rows = [_level_document(one) for one in found.rows]
        output.document(
            month=found.month,
            closed=found.closed,
            by=by,
            levels=rows,
            anchor=anchor_document(invocation),
        )
        return
    if not found.rows:
        output.message(_("Nothing was owed in {month}.", month=found.month), Tone.QUIET)
        return
    output.line(Span(_("{month} (closed)", month=found.month) if found.closed else found.month, Tone.HEADING))
    output.table(_score_columns(By(by)), [_score_cells(invocation, one, By(by)) for one in found.rows])
    if by == By.DEPARTMENT:
        output.line("")
        cells = [_beside_cells(invocation, one.provider, one.beside) for one in found.rows]
        output.table(_beside_columns(), cells)
    report_end(invocation)
    if by == By.DEPARTMENT and all(one.beside is None for one in found.rows):
        said = _("This month was closed before verdict times and request clocks were kept with it.")
        output.message(said, Tone.QUIET)


@click.command(
    "causes", cls=Command, help=N_("Show what made a month's duties late or returned, most frequent first.")
)
@argument("month", **MONTH)
@option(
    "--department",
    metavar="DEPARTMENT",
    default="",
    help=N_("Of one department's duties only."),
    shell_complete=complete_departments,
)
@as_json
@click.pass_obj
def causes_command(invocation: Invocation, month: str, department: str, as_json: bool) -> None:
    """Show the causes of a month."""
    provider = invocation.context.catalogue.department(department).id if department else ""
    month = invocation.month(month) if month else service_levels.present_month(invocation.context)
    found = service_levels.causes(invocation.context, month, provider=provider)
    if as_json:
        rows = [
            {
                "cause": one.cause or None,
                "count": one.count,
                "share": _ratio(one.share_ratio),
                "cumulative": _ratio(one.cumulative_ratio),
            }
            for one in found
        ]
        output.document(
            month=month,
            department=provider or None,
            causes=rows,
            anchor=anchor_document(invocation),
        )
        return
    if not found:
        output.message(_("Nothing was late or returned in {month}.", month=month), Tone.GOOD)
        return
    first, *others = cause_headings()
    columns = [Column(heading=first, flexible=True), *(Column(heading=heading) for heading in others)]
    output.table(columns, [_cause_cells(one) for one in found])
    report_end(invocation)


def _score_columns(by: By) -> list[Column]:
    first, *others = level_headings(by)
    return [
        Column(heading=first, flexible=True),
        *(Column(heading=heading, spare=max(0, place - LAST_KEPT)) for place, heading in enumerate(others)),
    ]


def _score_cells(invocation: Invocation, level: ServiceLevel, by: By) -> list[Span | str]:
    name, kept, rate, *others = level_texts(invocation.context, level, by)
    return [name, kept, Span(rate, Tone.GOOD if is_kept(level.score) else Tone.ALARM), *others]


def _cause_cells(cause: CauseRow) -> list[Span | str]:
    said, *others = cause_texts(cause)
    return [Span(said, Tone.QUIET) if cause.cause == NOT_SAID else said, *others]


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
        str(requests.uncovered),
    ]


def _span(span: timedelta | None) -> str:
    return NOT_KEPT if span is None else format_hours(span)


def _level_document(level: ServiceLevel) -> dict[str, Any]:
    return {
        "provider": level.provider,
        "consumer": level.consumer or None,
        "obligation": level.obligation or None,
        "person": level.person or None,
        **_score_document(level.score),
        **({} if level.beside is None else _beside_document(level.beside)),
    }


def _score_document(score: Score) -> dict[str, Any]:
    return {
        "good": score.good,
        "valid": score.valid,
        "on_time": _ratio(score.on_time_ratio, target=score.target),
        "target": _ratio(score.target),
        "misses": score.bad,
        "misses_allowed": score.budget,
        "first_pass": score.first_pass,
        "judged": score.judged,
        "first_pass_share": _ratio(score.first_pass_ratio),
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
            "median_minutes": _minutes(verdicts.median),
            "longest_minutes": _minutes(verdicts.longest),
        },
        "requests": {
            "asked": requests.asked,
            "answered_in_time": requests.answered_well,
            "answers_judged": requests.answer_judged,
            "settled_in_time": beside.settled.good,
            "settlements_judged": beside.settled.valid,
            "withdrawn": requests.withdrawn,
            "uncovered": requests.uncovered,
        },
    }


def _ratio(ratio: Decimal | None, *, target: Decimal | int = 1) -> str | None:
    """Return a ratio as decimal text, rounded half up to six places.

    A ratio below 1 or below its target stays below it after rounding.
    """
    if ratio is None:
        return None
    return f"{rounded(ratio, 6, bounds=(1, target)):.6f}".rstrip("0").rstrip(".")


def _minutes(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds() // 60)
