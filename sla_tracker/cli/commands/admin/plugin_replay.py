"""`sla plugin replay`: judges the past by the terms of a changed plugin file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import click

from sla_tracker.cli import output
from sla_tracker.cli.formats.documents import instant, words
from sla_tracker.cli.formats.duty_lines import moment_word
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.cli.grammar import Command, argument, as_json, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.measures.date_range import DateRange, free_range
from sla_tracker.domain.measures.scorecard import Score
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.errors import N_, PluginError, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.services.consent.replay import Replay, replay_catalogue
from sla_tracker.wording.consent.replay_words import (
    compared_figures,
    format_flip,
    format_moved,
    replay_note,
)
from sla_tracker.wording.duties import department_word, text_of

MOST_TITLES = 8  # obligations that are named above the figures; more are only counted


@click.command(
    "replay",
    cls=Command,
    help=N_(
        "Judge past duties by a changed plugin file or calendar, beside the verdicts they have.\n"
        "It changes nothing; Python in the file is run."
    ),
)
@argument("file", metavar="[FILE|NAME]", required=False, help=N_("The changed file, or the name of a draft."))
@option(
    "--calendar",
    "days",
    metavar="FILE",
    default="",
    help=N_("A changed calendar file, as sla calendar import reads it; --name and --year as there."),
)
@option("--name", metavar="NAME", default="", help=N_("Whose days the calendar file has."))
@option(
    "--year", metavar="YEAR", type=click.IntRange(1901, 2099), help=N_("Which year of the calendar file.")
)
@option(
    "--since",
    metavar="DAY",
    default="",
    help=N_("The first day (2026-01, 2026-01-15); else the first of this year."),
)
@option("--until", metavar="DAY", default="", help=N_("The last day; else today."))
@as_json
@click.pass_obj
def replay_command(
    invocation: Invocation,
    file: str | None,
    days: str,
    name: str,
    year: int | None,
    since: str,
    until: str,
    as_json: bool,
) -> None:
    """Judge the past by a changed file."""
    context = invocation.context
    if bool(file) is bool(days):
        raise UsageError(N_("Name a changed plugin file, or a changed calendar file by --calendar."))
    dates = _dates(invocation, since, until)
    if days:
        found = replay_catalogue(
            context, context.declared, dates, _calendars_with(invocation, Path(days), name, year)
        )
    else:
        found = _by_plugin(invocation, file or "", dates)
    if as_json:
        output.document(replay=replay_document(found))
        return
    if not found.obligations:
        output.message(_("This file changes nothing that could be judged: no limit, calendar or target."))
        return
    print_replay(invocation, found)


def _by_plugin(invocation: Invocation, named: str, dates: DateRange) -> Replay:
    """Return the past by a changed plugin file and the national days it supplies."""
    workshop = invocation.workshop
    file = workshop.find(named)
    checked = workshop.check(file)
    if checked.problems:
        raise PluginError(N_("“{name}” cannot be used:"), tuple(checked.problems), name=checked.name)
    supplies_days = bool(checked.contributed.get("calendars"))
    calendars = workshop.calendars_with(file) if supplies_days else None
    return replay_catalogue(invocation.context, checked.catalogue, dates, calendars)


def _calendars_with(
    invocation: Invocation, file: Path, name: str, year: int | None
) -> Mapping[str, WorkCalendar]:
    """Return the working calendars, changed by the days in a calendar file.

    Raises UsageError if the file has problems.
    """
    importer = invocation.deployments.calendar_importer(invocation.deployment.folder, invocation.today())
    reading = importer.read(file, name, year)
    if reading.problems:
        raise UsageError(
            N_("{file} cannot be taken over: {reason}"), file=str(file), reason=reading.problems[0]
        )
    return importer.calendars_with(reading)


def _dates(invocation: Invocation, since: str, until: str) -> DateRange:
    today = invocation.today()
    first_on = _day_or_range(invocation, since).first_on if since else date(today.year, 1, 1)
    last_on = _day_or_range(invocation, until).last_on if until else today
    if last_on < first_on:
        raise UsageError(
            N_("The last day, {last}, lies before the first day, {first}."), last=last_on, first=first_on
        )
    return free_range(first_on, min(last_on, today))


def _day_or_range(invocation: Invocation, text: str) -> DateRange:
    """Return the days that a text means: a day, month, week, quarter or year.

    Raises UsageError.
    """
    try:
        day = invocation.day(text)
    except UsageError:
        return invocation.range(text)
    return free_range(day, day)


def print_replay(invocation: Invocation, found: Replay) -> None:
    """Print the past under both rules: figures, flips, and what only one rule opens."""
    output.message(replay_note(found))
    if len(found.obligations) > MOST_TITLES:
        said = ngettext("{n} obligation", "{n} obligations", len(found.obligations))
        output.line(Span(said, Tone.HEADING))
    for one in found.obligations if len(found.obligations) <= MOST_TITLES else ():
        output.line(
            Span(text_of(one.title), Tone.HEADING),
            Span(f"  {department_word(invocation.context, one.provider)}", Tone.QUIET),
        )
    columns = [Column(), Column(_("as it was")), Column(_("as changed"))]
    output.table(columns, [(one.label, one.before, one.after) for one in compared_figures(found)])
    _print_flips(invocation, found)
    _print_apart(
        _("Only the present rule opened:"),
        [(text_of(one.title), one.subject, moment_word(invocation, one.due_at)) for one in found.only_before],
    )
    _print_apart(
        _("Only the changed rule would have opened:"),
        [(text_of(one.title), one.subject, moment_word(invocation, one.due_at)) for one in found.only_after],
    )


def _print_flips(invocation: Invocation, found: Replay) -> None:
    if not found.flips:
        output.message(_("No verdict changes."), Tone.GOOD)
        return
    count = ngettext("{n} verdict changes:", "{n} verdicts change:", len(found.flips))
    output.line(Span(count, Tone.HEADING))
    columns = [
        Column(_("Ref")),
        Column(_("Duty"), flexible=True),
        Column(_("About")),
        Column(_("Due")),
        Column(),
    ]
    rows = [
        (
            Span(one.duty.reference, Tone.QUIET),
            Span(text_of(one.duty.title)),
            Span(one.duty.subject),
            Span(format_moved(moment_word(invocation, one.duty.due_at), moment_word(invocation, one.due_at))),
            Span(format_flip(one)),
        )
        for one in found.flips
    ]
    output.table(columns, rows)


def _print_apart(heading: str, rows: list[tuple[str, str, str]]) -> None:
    if rows:
        output.line(Span(heading, Tone.HEADING))
        output.table([Column(_("Duty"), flexible=True), Column(_("About")), Column(_("Due"))], rows)


def replay_document(found: Replay) -> dict[str, Any]:
    """Return a replay as a JSON document."""
    return {
        "since": found.dates.first_on.isoformat(),
        "until": found.dates.last_on.isoformat(),
        "obligations": [one.id for one in found.obligations],
        "duties": found.duties,
        "before": _score(found.before),
        "after": _score(found.after),
        "flips": [
            {
                "reference": one.duty.reference,
                "title": words(one.duty.title),
                "subject": one.duty.subject or None,
                "before": one.before.value,
                "after": one.after.value,
                "due_before": instant(one.duty.due_at),
                "due_after": instant(one.due_at),
            }
            for one in found.flips
        ],
        "only_before": [
            {"reference": one.reference, "title": words(one.title), "due_at": instant(one.due_at)}
            for one in found.only_before
        ],
        "only_after": [
            {"obligation": one.obligation, "title": words(one.title), "due_at": instant(one.due_at)}
            for one in found.only_after
        ],
    }


def _score(score: Score) -> dict[str, Any]:
    return {
        "good": score.good,
        "valid": score.valid,
        "on_time_ratio": None if score.on_time_ratio is None else str(score.on_time_ratio),
        "target": str(score.target),
        "misses": score.bad,
        "allowed": score.budget,
    }
