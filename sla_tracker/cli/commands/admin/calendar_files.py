"""`sla calendar import` and `sla calendar sources`: published holidays from files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sla_tracker import i18n
from sla_tracker.cli import output, screen
from sla_tracker.cli.formats.documents import words
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.cli.grammar import Command, argument, as_json, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.errors import N_, ExitCode, Refused
from sla_tracker.i18n import gettext as _
from sla_tracker.services.access import Right
from sla_tracker.services.calendar_import import ReadStatus, take_calendar_file
from sla_tracker.wording.duties import text_of, weekday_word

if TYPE_CHECKING:
    from sla_tracker.services.calendar_import import CalendarImporter, CalendarReading, CalendarSource

STATUS_WORDS = {
    ReadStatus.OFF: N_("day off"),
    ReadStatus.WORKED: N_("worked"),
    ReadStatus.UNCLEAR: N_("not understood"),
}
TONES = {ReadStatus.OFF: Tone.PLAIN, ReadStatus.WORKED: Tone.WARNING, ReadStatus.UNCLEAR: Tone.QUIET}


@click.command("import", cls=Command)
@argument("file", metavar="FILE", help=N_("The calendar file."), type=click.Path(path_type=Path))
@option(
    "--name",
    metavar="NAME",
    default="",
    help=N_("Whose days: a source's name, such as china; else the company's."),
)
@option(
    "--year",
    metavar="YEAR",
    type=click.IntRange(1901, 2099),
    help=N_("Which year, where the file has several."),
)
@option("--yes", is_flag=True, help=N_("Do not ask."))
@as_json
@click.pass_context
def import_command(
    ctx: click.Context, file: Path, name: str, year: int | None, yes: bool, as_json: bool
) -> None:
    """Show what a calendar file says and take it over."""
    invocation: Invocation = ctx.obj
    if yes:
        invocation.context.require(invocation.actor, Right.ADMINISTER, invocation.now())
    importer = _importer(invocation)
    reading = importer.read(file, name, year)
    if not as_json:
        _print_reading(reading)
    written = not reading.problems and _is_confirmed(invocation, reading, yes=yes, as_json=as_json)
    if written:
        _take(invocation, importer, reading)
    if as_json:
        output.document(**_reading_document(reading), written=written)
    if reading.problems:
        ctx.exit(ExitCode.USAGE)
    if reading.contradictions and not written:
        ctx.exit(ExitCode.REFUSED)


@click.command("sources", cls=Command)
@as_json
@click.pass_obj
def sources_command(invocation: Invocation, as_json: bool) -> None:
    """Show the sources of national days."""
    sources = _importer(invocation).sources()
    if as_json:
        output.document(sources=[_source_document(source) for source in sources])
        return
    columns = [
        Column(_("Source")),
        Column(_("From")),
        Column(_("Years known")),
        Column(_("Used by"), flexible=True),
    ]
    output.table(columns, [_source_row(source) for source in sources])
    for source in sources:
        for reason in source.left_out.values():
            output.message(reason.get(i18n.language()), Tone.WARNING)


def _importer(invocation: Invocation) -> CalendarImporter:
    return invocation.deployments.calendar_importer(invocation.deployment.folder, invocation.today())


def _is_confirmed(invocation: Invocation, reading: CalendarReading, *, yes: bool, as_json: bool) -> bool:
    if yes:
        return True
    if invocation.may_ask and not as_json:
        invocation.context.require(invocation.actor, Right.ADMINISTER, invocation.now())
        if not screen.confirm(_("Take these days over?")):
            raise Refused(N_("Nothing was done."))
        return True
    output.message(
        _(
            "Nothing is written. To take these days over: sla calendar import {file} --name {name} --year {year} --yes",
            file=reading.file,
            name=reading.name,
            year=reading.year,
        )
    )
    return False


def _take(invocation: Invocation, importer: CalendarImporter, reading: CalendarReading) -> None:
    target = take_calendar_file(invocation.context, invocation.actor, importer, reading)
    invocation.deployment.reload()
    invocation.deployment.begin()
    if any(one.name == reading.name and not one.used_by for one in _importer(invocation).sources()):
        said = _(
            "Written to {file}. No calendar uses it yet; for the company's: sla config set calendar.national {name}",
            file=str(target),
            name=reading.name,
        )
        output.message(said, Tone.WARNING)
    else:
        output.message(_("Written to {file}; open duties follow it, on record.", file=str(target)), Tone.GOOD)
    if reading.contradictions:
        output.message(
            _("It counts as it is, as you confirmed: days off that it lacks are ordinary days now."),
            Tone.WARNING,
        )


def _print_reading(reading: CalendarReading) -> None:
    output.line(Span(f"{reading.name} {reading.year}", Tone.HEADING), Span(f"  {reading.file}", Tone.QUIET))
    for one in reading.days:
        shown = f"{one.day} {weekday_word(one.day)}  {_(STATUS_WORDS[one.status])}  {text_of(one.name)}"
        output.line(Span(shown.rstrip(), TONES[one.status]))
    counts = {status: sum(one.status is status for one in reading.days) for status in ReadStatus}
    output.message(
        _(
            "Days off: {off}, worked: {worked}, not understood: {unclear}.",
            off=counts[ReadStatus.OFF],
            worked=counts[ReadStatus.WORKED],
            unclear=counts[ReadStatus.UNCLEAR],
        )
    )
    language = i18n.language()
    for remark in reading.remarks:
        output.message(remark.get(language), Tone.QUIET)
    for contradiction in reading.contradictions:
        output.message(_("Contradiction: {what}", what=contradiction.get(language)), Tone.WARNING)
    for problem in reading.problems:
        output.message(problem.sentence(), Tone.ALARM)


def _reading_document(reading: CalendarReading) -> dict[str, object]:
    return {
        "name": reading.name,
        "year": reading.year,
        "file": reading.file,
        "target": str(reading.target),
        "days": [
            {"day": one.day.isoformat(), "status": one.status.value, "name": words(one.name)}
            for one in reading.days
        ],
        "contradictions": [words(one) for one in reading.contradictions],
        "remarks": [words(one) for one in reading.remarks],
        "problems": [problem.sentence() for problem in reading.problems],
    }


def _source_row(source: CalendarSource) -> list[Span | str]:
    origin = _("plugin {name}", name=source.plugin) if source.plugin else ""
    origins = _(", ").join(filter(None, [origin, *source.files]))
    years = f"{source.published[0]}–{source.published[1]}" if source.published else "–"
    used = _(", ").join(name or _("company") for name in source.used_by) or "–"
    return [source.name, origins, years, used]


def _source_document(source: CalendarSource) -> dict[str, object]:
    return {
        "name": source.name,
        "plugin": source.plugin or None,
        "files": list(source.files),
        "published_from": source.published[0] if source.published else None,
        "published_through": source.published[1] if source.published else None,
        "left_out": {str(year): words(reason) for year, reason in source.left_out.items()},
        "used_by": [name or "company" for name in source.used_by],
    }
