"""`sla plugin`: creates, checks, compares and installs plugins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import click

from sla_tracker.cli import output, screen
from sla_tracker.cli.commands.admin.plugin_replay import replay_command
from sla_tracker.cli.formats.plugin_lines import (
    changes_document,
    checked_document,
    plugin_document,
    print_changes,
    print_checked,
    print_joins,
    print_plugin,
    problem_lines,
)
from sla_tracker.cli.formats.text_table import Span, Tone
from sla_tracker.cli.grammar import Command, Group, argument, as_json, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.agreements.obligation import Department
from sla_tracker.domain.clean import clean
from sla_tracker.domain.text import Text
from sla_tracker.errors import N_, ExitCode, NotFound, Refused, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.services.access import Right
from sla_tracker.services.authoring.unclear import BegunList
from sla_tracker.services.authoring.workshop import Checked, PluginWorkshop
from sla_tracker.wording.parse_time import parse_until

FARTHEST = timedelta(days=3653)
"""How far ahead duties are listed."""
PLUGIN_FILES = N_("The file, or the name of one in the plugin folder; several that come into use together.")

plugin_files = argument("files", metavar="FILE…", nargs=-1, required=True, help=PLUGIN_FILES)


@click.group("plugin", cls=Group)
def plugin_command() -> None:
    """Hold the commands for those who write plugins."""


@plugin_command.command(
    "new",
    cls=Command,
    help=N_(
        "Begin a department: a checklist with one obligation of each kind, to be changed.\n"
        "It lies in the plugin folder and is not in use until sla plugin use. With --python a package with tests is "
        "written instead. With --from it holds what the department's own list says, and names every cell that was not "
        "understood."
    ),
)
@argument("name", metavar="NAME", help=N_("The department's id: a to z, 0 to 9 and -."))
@option("--zh", metavar="TEXT", help=N_("The department's name in Chinese."))
@option("--en", metavar="TEXT", help=N_("The department's name in English."))
@option("--consumer", metavar="ID", help=N_("The department that is owed."))
@option("--consumer-name", metavar="TEXT", help=N_("Its name, when no plugin brings that department yet."))
@option("--python", metavar="FOLDER", help=N_("Write a Python package there instead."))
@option("--from", "source", metavar="FILE", help=N_("The department's list: a .xlsx or .csv file."))
@option("--sheet", metavar="NAME", help=N_("The sheet that holds the list; else the first with headings."))
@click.pass_obj
def new_command(
    invocation: Invocation,
    name: str,
    zh: str | None,
    en: str | None,
    consumer: str | None,
    consumer_name: str | None,
    python: str | None,
    source: str | None,
    sheet: str | None,
) -> None:
    """Begin a plugin."""
    if python and source:
        raise UsageError(N_("Give --python or --from, not both."))
    if source:
        _begin_from_list(
            invocation, source, name, _name(invocation, name, zh, en), consumer or "", sheet or ""
        )
        return
    known = {} if python else invocation.workshop.catalogue.departments
    called = _name(invocation, name, zh, en)
    wanted = consumer or _asked(invocation, _consumer_question(list(known)), "--consumer")
    owed = _id_of(known, wanted)
    if python:
        for file in invocation.deployments.new_package(Path(python), name, called, owed):
            output.line(str(file))
        output.message(
            _(
                'Next: pip install {folder}, then enabled = [… "{name}"] under [plugins].',
                folder=python,
                name=name,
            )
        )
        return
    if not consumer_name and owed not in known and invocation.may_ask:
        consumer_name = _asked(invocation, _("What is “{id}” called", id=owed), "--consumer-name")
    words = Text(consumer_name, "") if consumer_name else None
    file = invocation.workshop.begin(name, called, owed, words)
    output.line(str(file))
    output.message(
        _("Not in use yet. Change it, then: sla plugin check {name}, sla plugin use {name}", name=name)
    )


@plugin_command.command(
    "show", cls=Command, help=N_("Show one plugin: its state, what it declares, and why it does not work.")
)
@argument("name", metavar="NAME", help=N_("The plugin's name, as sla plugins shows it."))
@as_json
@click.pass_obj
def show_command(invocation: Invocation, name: str, as_json: bool) -> None:
    """Show one plugin."""
    invocation.lists_plugins = True
    row = next((one for one in invocation.deployment.plugins() if one.name == name), None)
    if row is None:
        raise NotFound(N_("There is no plugin “{name}”; sla plugins lists them."), name=name)
    if as_json:
        output.document(plugin=plugin_document(row))
        return
    known = invocation.context.catalogue.departments
    print_plugin(row, {id: department.name for id, department in known.items()})


@plugin_command.command(
    "check",
    cls=Command,
    help=N_(
        "Check a plugin file: everything that is wrong, and what it will open in the next twelve months."
    ),
)
@plugin_files
@option(
    "--until", metavar="DAY", help=N_("List what the calendar opens until this day; else for twelve months.")
)
@as_json
@click.pass_context
def check_command(ctx: click.Context, files: Sequence[str], until: str | None, as_json: bool) -> None:
    """Check plugins."""
    invocation: Invocation = ctx.obj
    workshop = invocation.workshop
    paths = [workshop.find(file) for file in files]
    today = workshop.now().astimezone(workshop.zone).date()
    last = _last_day(until, today) if until else None
    found = [workshop.check(path, last, paths) for path in paths]
    if as_json:
        documents = [checked_document(checked) for checked in found]
        output.document(**(documents[0] if len(documents) == 1 else {"plugins": documents}))
    else:
        for path, checked in zip(paths, found, strict=True):
            _report_checked(workshop, path, checked, is_one_of_several=len(paths) > 1)
    if not all(checked.is_good for checked in found):
        ctx.exit(ExitCode.PLUGIN)


def _report_checked(
    workshop: PluginWorkshop, path: Path, checked: Checked, *, is_one_of_several: bool
) -> None:
    if is_one_of_several and checked.is_good:  # the others name their file themselves
        output.line(Span(path.name, Tone.HEADING))
    if checked.is_good:
        print_checked(workshop, checked)
    else:
        problem_lines(path.name, checked.problems)
        print_joins(workshop, checked)
    _say_that_it_ran(path)
    if checked.is_good:
        said = _("{file} is good.", file=path.name) if is_one_of_several else _("It is good.")
        output.message(said, Tone.GOOD)


@plugin_command.command(
    "diff",
    cls=Command,
    help=N_(
        "Show what a changed or new plugin changes, before it is taken over.\n"
        "Without FILE: what the drafts in the plugin folder (their names begin with _) would change together."
    ),
)
@argument(
    "given",
    metavar="[FILE…]",
    nargs=-1,
    help=PLUGIN_FILES,
)
@as_json
@click.pass_context
def diff_command(ctx: click.Context, given: Sequence[str], as_json: bool) -> None:
    """Compare plugins."""
    invocation: Invocation = ctx.obj
    workshop = invocation.workshop
    files = [workshop.find(one) for one in given] or workshop.drafts()
    if not files and not as_json:
        output.message(_("There is no draft in {folder}; name a file.", folder=str(workshop.folder)))
        return
    changes = workshop.changes(files)
    if as_json:
        output.document(**changes_document(changes))
    else:
        print_changes(workshop, changes)
    if changes.problems:
        ctx.exit(ExitCode.PLUGIN)


plugin_command.add_command(replay_command)


@plugin_command.command(
    "use",
    cls=Command,
    help=N_(
        "Take a plugin file into use: checked, compared, then put into the plugin folder.\n"
        "Several at once are judged together: departments that owe each other need that."
    ),
)
@plugin_files
@option("--yes", is_flag=True, help=N_("Do not ask."))
@click.pass_obj
def use_command(invocation: Invocation, files: Sequence[str], yes: bool) -> None:
    """Take plugins into use."""
    invocation.context.require(invocation.actor, Right.ADMINISTER, invocation.now())
    workshop = invocation.workshop
    paths = [workshop.find(file) for file in files]
    changes = workshop.changes(paths)
    if not changes.problems:
        print_changes(workshop, changes)
    if not yes and not changes.problems:
        if not invocation.may_ask:
            raise Refused(N_("Nothing was done. To take it into use, give --yes."))
        if not screen.confirm(_("Take it into use?")):
            raise Refused(N_("Nothing was done."))
    for placed in workshop.take(paths):
        output.line(str(placed))
    output.message(_("In use from now on; sla due shows what it opens."), Tone.GOOD)


@plugin_command.command(
    "retry",
    cls=Command,
    help=N_("Run a plugin again that ended the program and is kept from running since."),
)
@argument("name", metavar="NAME", help=N_("The plugin's name, as sla plugins shows it."))
@click.pass_obj
def retry_command(invocation: Invocation, name: str) -> None:
    """Run a plugin again."""
    if not invocation.deployments.retry_plugin(invocation.folder(), name):
        raise NotFound(
            N_("No plugin “{name}” is kept from running for you; sla plugins lists them."), name=name
        )
    output.message(
        _("It is loaded again with the next command; sla plugins shows whether it works."), Tone.GOOD
    )


@plugin_command.command(
    "schema",
    cls=Command,
    help=N_("Write the JSON Schema of a checklist, for editors that complete and check."),
)
@click.pass_obj
def schema_command(invocation: Invocation) -> None:
    """Write the schema."""
    output.raw(invocation.deployments.plugin_schema().rstrip("\n"))


def _begin_from_list(
    invocation: Invocation, source: str, id: str, called: Text, consumer: str, sheet: str
) -> None:
    """Write a draft from a department's list, and print the cells not understood."""
    owed = _id_of(invocation.workshop.catalogue.departments, consumer)
    begun = invocation.workshop.begin_from(source, id, called, consumer=owed, sheet=sheet)
    output.line(str(begun.file))
    output.message(
        ngettext(
            "Read from {sheet}: {n} obligation; columns {columns}.",
            "Read from {sheet}: {n} obligations; columns {columns}.",
            begun.obligations,
            sheet=clean(begun.sheet, limit=80),
            columns=_(", ").join(begun.used),
        )
    )
    for remark in _left_out(begun):
        output.message(remark, Tone.WARNING)
    if begun.unclear:
        output.message(_("Look at these; they stand as comments in the file too:"), Tone.WARNING)
    for cell in begun.unclear:
        output.message(f"  - {cell.sentence()}", Tone.WARNING)
    output.message(
        _("Not in use yet. Change it, then: sla plugin check {name}, sla plugin use {name}", name=id)
    )


def _left_out(begun: BegunList) -> Iterator[str]:
    if begun.unused:
        yield _("Columns that are not used: {columns}.", columns=_(", ").join(begun.unused))
    if begun.others:
        yield _("Not read: {others}. --sheet names another sheet.", others=_(", ").join(begun.others))


def _last_day(text: str, today: date) -> date:
    """Return the day that a text means.

    Raises UsageError for a day that is past or too far ahead.
    """
    day = parse_until(text, today)
    if day > today + FARTHEST:
        raise UsageError(
            N_("--until: give a day from today to {last}, not {day}."),
            last=f"{today + FARTHEST}",
            day=f"{day}",
        )
    return day


def _say_that_it_ran(path: Path) -> None:
    """Say that checking a file of code ran it."""
    if path.suffix == ".py":
        output.message(
            _(
                "{file} is code: to check it, it was run with your rights, in a process of its own.",
                file=path.name,
            )
        )


def _name(invocation: Invocation, id: str, zh: str | None, en: str | None) -> Text:
    """Return the department's name: from the options, else from prompts, else its id."""
    if not zh and not en and invocation.may_ask:
        zh = _asked(invocation, _("What is “{id}” called", id=id), "--zh")
    return Text(zh or ("" if en else id), en or "")


def _id_of(known: Mapping[str, Department], named: str) -> str:
    """Return the id of the department with this name, else the text, perhaps an id."""
    return next((id for id, one in known.items() if named in {one.name.zh, one.name.en}), named)


def _consumer_question(known: Sequence[str]) -> str:
    if not known:
        return _("Who is owed, by id (such as finance)")
    return _("Who is owed ({known})", known=", ".join(known))


def _asked(invocation: Invocation, question: str, name: str) -> str:
    """Prompt for a value; raises UsageError when nobody can be asked."""
    if not invocation.may_ask:
        raise UsageError(N_("{name} is missing: {meant}."), name=name, meant=question)
    return screen.prompt(question).strip()
