"""`sla period`: closes, reopens and lists months, and shows the duties of one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from sla_tracker.cli import output
from sla_tracker.cli.formats.documents import duty_document, instant
from sla_tracker.cli.formats.duty_lines import (
    anchor_document,
    duty_line,
    duty_table,
    moment_word,
    report_end,
)
from sla_tracker.cli.formats.list_files import to_file, write_list_file
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.cli.grammar import Command, Group, argument, as_json, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.checklist import CheckKind, Part, Signature
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.measures.scorecard import combined
from sla_tracker.errors import N_, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.services.months import archive, closing, signatures
from sla_tracker.services.months.month_end import month_end
from sla_tracker.services.queries.duties import row_of
from sla_tracker.services.queries.list_content import ListContent
from sla_tracker.wording.duties import department_word, percent_on_time, person_word
from sla_tracker.wording.figures.month_end import check_headings, check_texts, month_state, progress_word

ALL_POINTS = "all"
MONTH: dict[str, Any] = {"metavar": "MONTH", "help": N_("The month (2026-10, last month).")}


@click.group("period", cls=Group)
def period_command() -> None:
    """Hold the commands about months."""


@period_command.command(
    "close", cls=Command, help=N_("Close a month that is over and seal its duties into an archive.")
)
@argument("month", **MONTH)
@option("--missed", is_flag=True, help=N_("Write down as missed what is overdue and was never delivered."))
@click.pass_obj
def close_command(invocation: Invocation, month: str, missed: bool) -> None:
    """Close a month."""
    named = invocation.month(month)
    closed = archive.close_and_seal(invocation.context, invocation.actor, named, mark_missed=missed)
    for duty in closed.missed:
        output.line(_("Missed: {duty}", duty=duty_line(invocation, duty)))
    output.line(_("{month} is closed; {count} documents were sealed.", month=named, count=closed.sealed))
    _figures(invocation, closed.month)
    report_end(invocation)


@period_command.command("reopen", cls=Command, help=N_("Open a closed month again, with a reason."))
@argument("month", **MONTH)
@option("--reason", metavar="TEXT", required=True, help=N_("Why; it stays on record."))
@click.pass_obj
def reopen_command(invocation: Invocation, month: str, reason: str) -> None:
    """Open a closed month again."""
    named = invocation.month(month)
    archive.reopen_and_unseal(invocation.context, invocation.actor, named, reason)
    output.line(_("{month} is open again.", month=named))


@period_command.command("list", cls=Command, help=N_("List the closed months."))
@to_file
@as_json
@click.pass_obj
def list_command(invocation: Invocation, file: str | None, as_json: bool) -> None:
    """List closed months."""
    closed = closing.closed_months(invocation.context)
    months = [{"month": one.id, "closed_at": instant(one.closed_at), "by": one.closed_by} for one in closed]
    document = {"months": months, "anchor": anchor_document(invocation)}
    headings = (_("Month"), _("Closed at"), _("Done by"), _("On time"), _("Rate"))
    if file:
        rows = tuple(_month_cells(invocation, one) for one in closed)
        content = ListContent(id="months", title=_("Closed months"), headings=headings, rows=rows)
        write_list_file(invocation, content, file, document)
        return
    if as_json:
        output.document(**document)
        return
    if not closed:
        output.message(_("No month is closed yet: sla period close MONTH"))
        return
    output.table(
        [Column(heading=heading) for heading in headings[:-1]],
        [
            [month, moment_word(invocation, one.closed_at), by, f"{on_time}  {rate}"]
            for one in closed
            for month, _at, by, on_time, rate in (_month_cells(invocation, one),)
        ],
    )
    report_end(invocation)


@period_command.command(
    "show", cls=Command, help=N_("Show a month's duties, from its archive when it is closed.")
)
@argument("month", **MONTH)
@click.pass_obj
def show_command(invocation: Invocation, month: str) -> None:
    """Show a month's duties."""
    named = invocation.month(month)
    now = invocation.now()
    rows = [row_of(invocation.context, duty, now) for duty in archive.duties_of(invocation.context, named)]
    duty_table(invocation, rows)
    report_end(invocation)


@period_command.command(
    "check", cls=Command, help=N_("Show what is left to do before a month can be closed, and by whom.")
)
@argument("month", **MONTH)
@as_json
@click.pass_obj
def check_command(invocation: Invocation, month: str, as_json: bool) -> None:
    """Show the checklist of a month's end."""
    context, found = invocation.context, month_end(invocation.context, invocation.month(month))
    if as_json:
        output.document(
            month=found.month,
            closed=found.is_closed,
            can_close_from=instant(found.over_at),
            settled=found.settled,
            total=found.total,
            checks=[
                {
                    "check": one.kind.value,
                    "left": dict(one.left),
                    "reviewers": list(one.reviewers),
                    "prepared": _signature_document(one.prepared),
                    "reviewed": _signature_document(one.reviewed),
                    "came_since": list(one.came_since),
                }
                for one in found.checks
            ],
            duties=[{"check": kind.value, **duty_document(row)} for kind, row in found.rows],
        )
        return
    now = invocation.now()
    state = month_state(context, found, now)
    output.line(Span(f"{found.month}  ", Tone.HEADING), state)
    output.line(progress_word(found))
    columns = [Column(heading=heading, flexible=not place) for place, heading in enumerate(check_headings())]
    output.table(columns, [check_texts(context, one, now) for one in found.checks])
    if found.rows:
        output.line("")
        duty_table(invocation, [row for _kind, row in found.rows])


@period_command.command(
    "sign",
    cls=Command,
    help=N_(
        "Sign points of a month's checklist as prepared, or as a second person as reviewed.\n"
        "A point is signed when nothing of it is left; a reopened month is signed anew."
    ),
)
@argument("month", **MONTH)
@argument(
    "points",
    metavar="POINT…",
    nargs=-1,
    required=True,
    type=click.Choice([*(point.value for point in CheckKind), ALL_POINTS]),
    help=N_("The points: overdue, verdicts, holds, waiting, not_due, causes; or all."),
)
@option("--review", is_flag=True, help=N_("Sign what somebody else has prepared as reviewed."))
@option("--take-back", "back", is_flag=True, help=N_("Take your own signature back."))
@click.pass_obj
def sign_command(invocation: Invocation, month: str, points: Sequence[str], review: bool, back: bool) -> None:
    """Sign points of the checklist."""
    if review and back:
        raise UsageError(N_("Say either --review or --take-back."))
    context, named = invocation.context, invocation.month(month)
    part = None if back else Part.REVIEWED if review else Part.PREPARED
    chosen = [CheckKind(one) for one in dict.fromkeys(points) if one != ALL_POINTS]
    if ALL_POINTS in points:
        signable = signatures.open_points(month_end(context, named), invocation.actor, part)
        chosen = [check.kind for check in signable] or list(CheckKind)
    if part is None:
        signatures.take_back(context, invocation.actor, named, chosen)
    else:
        signatures.sign(context, invocation.actor, named, chosen, part)
    output.line(progress_word(month_end(context, named)))


def _signature_document(signature: Signature | None) -> dict[str, Any] | None:
    return None if signature is None else {"by": signature.by, "at": instant(signature.at)}


def _month_cells(invocation: Invocation, month: Month) -> tuple[str, datetime, str, str, str]:
    total = combined((figure.score for figure in month.figures), invocation.context.settings.target)
    return (
        month.id,
        month.closed_at.astimezone(invocation.zone),
        person_word(invocation.context.people, month.closed_by),
        f"{total.good}/{total.valid}",
        percent_on_time(total),
    )


def _figures(invocation: Invocation, month: Month) -> None:
    if not month.figures:
        output.message(_("Nothing was owed in {month}.", month=month.id), Tone.QUIET)
        return
    rows: list[list[Span | str]] = []
    for provider in dict.fromkeys(figure.provider for figure in month.figures):
        scores = [figure.score for figure in month.figures if figure.provider == provider]
        total = combined(scores, invocation.context.settings.target)
        kept = total.bad <= total.budget
        rows.append(
            [
                department_word(invocation.context, provider),
                f"{total.good}/{total.valid}",
                Span(percent_on_time(total), Tone.GOOD if kept else Tone.ALARM),
                _("kept") if kept else _("not kept"),
            ]
        )
    output.table(
        [
            Column(heading=_("Department")),
            Column(heading=_("On time")),
            Column(),
            Column(heading=_("Target")),
        ],
        rows,
    )
