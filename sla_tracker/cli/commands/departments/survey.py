"""`sla survey`: answers the quarterly survey and shows gap scores."""

from __future__ import annotations

import click

from sla_tracker.cli import output
from sla_tracker.cli.completion import complete_departments
from sla_tracker.cli.formats.department_documents import gaps_document
from sla_tracker.cli.formats.list_files import OutputForm, to_file
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.cli.grammar import Command, Group, argument, as_json, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.measures.survey import DIMENSION_WORDS, Dimension, Gaps, Mark, check_quarter
from sla_tracker.errors import N_, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import paired
from sla_tracker.services.departments import surveys
from sla_tracker.wording.duties import department_word
from sla_tracker.wording.lists.departments import asked_list, gap_list


@click.group("survey", cls=Group)
def survey_command() -> None:
    """Hold the commands about surveys."""


@survey_command.command("list", cls=Command, help=N_("List the departments you are still asked about."))
@to_file
@as_json
@click.pass_obj
def list_command(invocation: Invocation, file: str | None, as_json: bool) -> None:
    """List open surveys."""
    asked = surveys.asked(invocation.context, invocation.actor)
    if file or as_json:
        quarter = surveys.quarter_now(invocation.context)
        content = asked_list(invocation.context, quarter, asked)
        document = {"quarter": quarter, "providers": asked}
        OutputForm(file=file, as_json=as_json).write(invocation, content, document)
        return
    if not asked and not surveys.providers_of(invocation.context, invocation.actor):
        output.message(_("Nobody owes your department anything, so there is no survey for it."))
    elif not asked:
        output.message(_("You have answered every survey of this quarter."), Tone.GOOD)
    for provider in asked:
        output.line(
            f"{surveys.quarter_now(invocation.context)}  {department_word(invocation.context, provider)}"
        )


@survey_command.command(
    "answer",
    cls=Command,
    help=N_(
        "Answer about a department: for tangibles, reliability, responsiveness, assurance and empathy in this order, "
        "expectation/perception from 1 to 7, such as 6/5."
    ),
)
@argument("department", metavar="DEPARTMENT", help=N_("About whom."), shell_complete=complete_departments)
@argument(
    "marks", metavar="E/P…", nargs=-1, required=True, help=N_("Five pairs, such as 6/5 7/4 6/6 5/5 4/6.")
)
@option("--weights", metavar="N,N,N,N,N", help=N_("How much each weighs for you; together 100."))
@option("--comment", metavar="TEXT", default="", help=N_("In your own words."))
@click.pass_obj
def answer_command(
    invocation: Invocation, department: str, marks: tuple[str, ...], weights: str | None, comment: str
) -> None:
    """Answer a survey."""
    given = surveys.answer(
        invocation.context,
        invocation.actor,
        department,
        _marks(marks),
        weights=_weights(weights) if weights else None,
        comment=comment,
    )
    name = department_word(invocation.context, given.provider)
    anonymous = _("without your name") if not given.by else _("in your name")
    output.line(paired(_("Answered"), f"{given.quarter} {name}  ·  {anonymous}"))


@survey_command.command("results", cls=Command, help=N_("Show the gaps between expectation and perception."))
@option("--quarter", metavar="QUARTER", help=N_("Such as 2026-Q4; the present one if not given."))
@to_file
@as_json
@click.pass_obj
def results_command(invocation: Invocation, quarter: str | None, file: str | None, as_json: bool) -> None:
    """Show results."""
    found = surveys.results(
        invocation.context, check_quarter(quarter) if quarter else surveys.quarter_now(invocation.context)
    )
    if file or as_json:
        document = {"results": [gaps_document(one) for one in found]}
        content = gap_list(invocation.context, found)
        OutputForm(file=file, as_json=as_json).write(invocation, content, document)
        return
    if not found:
        output.message(_("Nobody has answered in that quarter."), Tone.QUIET)
        return
    columns = [
        Column(heading=_("By → about"), flexible=True),
        Column(heading=_("Answers")),
        *(Column(heading=_(DIMENSION_WORDS[dimension])) for dimension in Dimension),
        Column(heading=_("Weighted")),
    ]
    output.table(columns, [_cells(invocation, one) for one in found])
    if any(one.weighted is None for one in found):
        least = invocation.context.settings.survey_minimum
        output.message(_("Figures are shown from {n} answers on.", n=least), Tone.QUIET)


def _marks(texts: tuple[str, ...]) -> dict[Dimension, Mark]:
    if len(texts) != len(Dimension):
        raise UsageError(N_("Give five pairs, one for each dimension; there are {n}."), n=len(texts))
    found = {}
    for dimension, text in zip(Dimension, texts, strict=True):
        expectation, _slash, perception = text.partition("/")
        try:
            found[dimension] = Mark(expectation=int(expectation), perception=int(perception))
        except ValueError:
            raise UsageError(
                N_("“{text}” is no pair of expectation and perception; write it like 6/5."), text=text
            ) from None
    return found


def _weights(text: str) -> dict[Dimension, int]:
    try:
        numbers = [int(part) for part in text.split(",")]
        return dict(zip(Dimension, numbers, strict=True))
    except ValueError:
        raise UsageError(
            N_("“{text}” are no five weights; write them like 20,30,20,15,15."), text=text
        ) from None


def _cells(invocation: Invocation, gaps: Gaps) -> list[Span]:
    context = invocation.context
    by = [department_word(context, id) for id in gaps.joined or (gaps.consumer,)]
    between = f"{_(' and ').join(by)} → {department_word(context, gaps.provider)}"
    figures = gaps.per_dimension
    return [
        Span(between),
        Span(str(gaps.answers)),
        *(Span(f"{figures[dimension]:+.1f}" if figures else "–") for dimension in Dimension),
        Span("–" if gaps.weighted is None else f"{gaps.weighted:+.2f}"),
    ]
