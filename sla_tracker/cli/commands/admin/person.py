"""`sla person`: who works here. It changes the settings and keeps their comments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import click

from sla_tracker.cli import output, screen
from sla_tracker.cli.commands.admin.settings import write_settings
from sla_tracker.cli.completion import complete_departments, complete_people
from sla_tracker.cli.formats.duty_lines import duty_line
from sla_tracker.cli.formats.list_files import to_file, write_list_file
from sla_tracker.cli.formats.settings_changes import change_documents, print_changes
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.cli.grammar import Command, Group, argument, as_json, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.people import Person, Role
from sla_tracker.domain.toml_reader import unknown_name
from sla_tracker.errors import N_, ExitCode, NotFound, Refused
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.services.access import ROLE_WORDS, Right, may_see_logins
from sla_tracker.services.departments.staffing import owed_duties_with, pass_duties_on
from sla_tracker.services.imports.rows import RowFate
from sla_tracker.services.queries.list_content import ListContent
from sla_tracker.wording.duties import department_word

if TYPE_CHECKING:
    from sla_tracker.services.authoring.settings_editor import PeopleList, PersonRow, SettingsChange

ROLES = click.Choice([role.value for role in Role])
FATES = {
    RowFate.NEW: N_("new"),
    RowFate.CHANGED: N_("changed"),
    RowFate.SAME: N_("there already"),
    RowFate.DOUBTFUL: N_("left out"),
}
FATE_TONES = {
    RowFate.NEW: Tone.GOOD,
    RowFate.CHANGED: Tone.WARNING,
    RowFate.SAME: Tone.QUIET,
    RowFate.DOUBTFUL: Tone.ALARM,
}


@click.group("person", cls=Group)
def person_command() -> None:
    """Hold the commands about people."""


@person_command.command(
    "list",
    cls=Command,
    help=N_(
        "List the people: department, role, logins, deputy.\n"
        "Logins are shown to administrators and to the person whose they are."
    ),
)
@option(
    "--department",
    metavar="DEPARTMENT",
    help=N_("Only one department's people."),
    shell_complete=complete_departments,
)
@to_file
@as_json
@click.pass_obj
def list_command(invocation: Invocation, department: str | None, file: str | None, as_json: bool) -> None:
    """List the people."""
    context = invocation.context
    if department:
        _must_be_department(invocation, department)
    people = [
        one if may_see_logins(invocation.actor, one.id) else replace(one, logins=())
        for one in context.people.values()
        if department in {None, one.department}
    ]
    document = {"people": [_document(one) for one in people]}
    if as_json:
        output.document(**document)
        return
    today = invocation.today()
    headings = (_("Id"), _("Name"), _("Department"), _("Role"), _("Logins"), _("Deputy"), "")
    rows = [_row(invocation, one, today) for one in people]
    if file:
        texts = tuple(tuple(cell.text for cell in row) for row in rows)
        named = (*headings[:-1], _("Remark"))
        content = ListContent(id="people", title=_("People"), headings=named, rows=texts)
        write_list_file(invocation, content, file, document)
        return
    output.table([Column(heading=heading) for heading in headings], rows)


def _must_be_department(invocation: Invocation, id: str) -> None:
    """Raise NotFound for an id that no department has."""
    known = invocation.context.catalogue.departments
    if id not in known:
        raise NotFound(N_("There is no such department: {what}"), what=unknown_name(id, known))


def _row(invocation: Invocation, one: Person, today: date) -> tuple[Span, ...]:
    left = not one.is_here(today)
    told = _("left {day}", day=one.left_on) if one.left_on else _("away") if one.is_away(today) else ""
    tone = Tone.QUIET if left else Tone.PLAIN
    return (
        Span(one.id, tone),
        Span(one.name, tone),
        Span(department_word(invocation.context, one.department) if one.department else "", tone),
        Span(_(ROLE_WORDS[one.role]), tone),
        Span(", ".join(one.logins), tone),
        Span(invocation.context.name_of(one.deputy) if one.deputy else "", tone),
        Span(told, Tone.WARNING if told and not left else Tone.QUIET),
    )


def _document(one: Person) -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "department": one.department or None,
        "role": one.role.value,
        "logins": list(one.logins),
        "deputy": one.deputy or None,
        "left_on": one.left_on.isoformat() if one.left_on else None,
    }


@person_command.command("add", cls=Command, help=N_("Add a person to the settings."))
@argument("id", metavar="ID", help=N_("What is kept on record and never changes, such as wang.fang."))
@option("--name", metavar="NAME", required=True, help=N_("What the person is called on screens."))
@option(
    "--department",
    metavar="DEPARTMENT",
    help=N_("The department's id; none for somebody who only administers."),
    shell_complete=complete_departments,
)
@option("--role", type=ROLES, help=N_("reader, staff, head or admin; else staff."))
@option("--login", "logins", metavar="LOGIN", multiple=True, help=N_("A name to the operating system."))
@option("--mail", metavar="ADDRESS", help=N_("Where reminders go by mail."))
@option("--deputy", metavar="PERSON", help=N_("Who stands in."), shell_complete=complete_people)
@click.pass_obj
def add_command(
    invocation: Invocation,
    id: str,
    name: str,
    department: str | None,
    role: str | None,
    logins: tuple[str, ...],
    mail: str | None,
    deputy: str | None,
) -> None:
    """Add a person."""
    given = {"department": department, "role": role, "logins": list(logins), "mail": mail, "deputy": deputy}
    person: dict[str, object] = {"id": id, "name": name}
    person |= {key: value for key, value in given.items() if value}
    change = invocation.settings_editor.with_people([person], {})
    write_settings(invocation, change, f"person add {id}")
    output.message(_("{person} is in the settings now.", person=name), Tone.GOOD)


@person_command.command(
    "move",
    cls=Command,
    help=N_(
        "Put a person into another department.\n"
        "What the person has in hand stays with the old department and goes into its pool, or to --to."
    ),
)
@argument("person", metavar="PERSON", help=N_("The person's id."), shell_complete=complete_people)
@argument(
    "department",
    metavar="DEPARTMENT",
    help=N_("The new department's id."),
    shell_complete=complete_departments,
)
@option("--role", type=ROLES, help=N_("The role there; else the present one."))
@option("--to", metavar="PERSON", help=N_("Who takes the duties over."), shell_complete=complete_people)
@click.pass_obj
def move_command(
    invocation: Invocation, person: str, department: str, role: str | None, to: str | None
) -> None:
    """Move a person."""
    moved = invocation.context.person(person)
    _must_be_department(invocation, department)
    if moved.department == department and role in {None, moved.role.value}:
        raise Refused(N_("{person} is in {department} already."), person=moved.name, department=department)
    values: dict[str, object] = {"department": department}
    if role:
        values["role"] = role
    change = invocation.settings_editor.with_people([], {moved.id: values})
    other = _other(invocation, moved, to)
    if moved.department != department:
        _pass_on(invocation, moved, other)
    write_settings(invocation, change, f"person move {moved.id} {department}")
    output.message(
        _(
            "{person} is in {department} now.",
            person=moved.name,
            department=department_word(invocation.context, department),
        ),
        Tone.GOOD,
    )


@person_command.command(
    "leave",
    cls=Command,
    help=N_(
        "Write down that a person leaves.\n"
        "What the person has in hand goes to --to at once; without it into the department's pool once the day is there."
    ),
)
@argument("person", metavar="PERSON", help=N_("The person's id."), shell_complete=complete_people)
@option("--on", "day", metavar="DAY", help=N_("The first day without the person; else today."))
@option("--to", metavar="PERSON", help=N_("Who takes the duties over."), shell_complete=complete_people)
@click.pass_obj
def leave_command(invocation: Invocation, person: str, day: str | None, to: str | None) -> None:
    """Let a person leave."""
    leaving = invocation.context.person(person)
    on = invocation.day(day, future=True) if day else invocation.today()
    change = invocation.settings_editor.with_people([], {leaving.id: {"left_on": on}})
    other = _other(invocation, leaving, to)
    if other is not None or on <= invocation.today():
        _pass_on(invocation, leaving, other)
    else:
        _tell_what_stays(invocation, leaving, on)
    if change.changes:
        write_settings(invocation, change, f"person leave {leaving.id} {on}")
    output.message(_("{person} does not work here from {day} on.", person=leaving.name, day=on), Tone.GOOD)
    for absent in invocation.context.people.values():
        if absent.deputy == leaving.id and absent.is_here(on):
            output.message(
                _(
                    "{person} is the deputy of {other}; name another one.",
                    person=leaving.name,
                    other=absent.name,
                ),
                Tone.WARNING,
            )


def _other(invocation: Invocation, person: Person, to: str | None) -> Person | None:
    """Return who takes over a person's duties; None for nobody.

    Raises Refused or NotFound for somebody who cannot.
    """
    invocation.context.require(invocation.actor, Right.ADMINISTER, invocation.now())
    if not to:
        return None
    other = invocation.context.person(to)
    if other.id == person.id or other.department != person.department:
        raise Refused(
            N_("{other} cannot take over from {person}; name somebody else of the same department."),
            other=other.name,
            person=person.name,
        )
    return other


def _pass_on(invocation: Invocation, person: Person, to: Person | None) -> None:
    """Give a person's duties to somebody else or to the pool, and print them."""
    result = pass_duties_on(invocation.context, invocation.actor, person.id, to.id if to is not None else "")
    for duty in result.done:
        output.line(duty_line(invocation, duty))
    for problem in result.refused:
        output.message(problem.sentence(), Tone.ALARM)
    if result.done:
        taken = _("with {person} now", person=to.name) if to else _("in the pool now")
        output.message(
            ngettext("{n} duty is {where}.", "{n} duties are {where}.", len(result.done), where=taken)
        )


def _tell_what_stays(invocation: Invocation, person: Person, on: date) -> None:
    duties = owed_duties_with(invocation.context, person.id)
    for duty in duties:
        output.line(duty_line(invocation, duty))
    if duties:
        output.message(
            ngettext(
                "{n} duty stays with {person} and goes into the pool on {day}; --to gives it to somebody else now.",
                "{n} duties stay with {person} and go into the pool on {day}; --to gives them to somebody else now.",
                len(duties),
                person=person.name,
                day=on,
            ),
            Tone.WARNING,
        )


@person_command.command(
    "import",
    cls=Command,
    help=N_(
        "Take people over from a list of staff (.csv, .xlsx).\n"
        "Shows what becomes of each row; nothing is written before that is confirmed. Rows that are not certain are "
        "left out and named with their cell; people who are not in the list stay as they are."
    ),
)
@argument(
    "file", metavar="FILE", help=N_("The list; its headings name the columns, such as 姓名, 部门, 登录名.")
)
@option("--yes", is_flag=True, help=N_("Do not ask."))
@as_json
@click.pass_context
def import_command(ctx: click.Context, file: str, yes: bool, as_json: bool) -> None:
    """Import people."""
    invocation: Invocation = ctx.obj
    invocation.context.require(invocation.actor, Right.ADMINISTER, invocation.now())
    editor = invocation.settings_editor
    read = editor.read_people(file)
    added = [row.values for row in read.with_fate(RowFate.NEW)]
    changed = {row.id: _changeable(row.values) for row in read.with_fate(RowFate.CHANGED)}
    change = editor.with_people(added, changed)
    if not as_json:
        _print_list(read)
        print_changes(change.changes)
    written = bool(change.changes) and _is_confirmed(invocation, file, yes=yes, as_json=as_json)
    if written:
        write_settings(invocation, change, f"person import {read.sheet}", quiet=True)
    if as_json:
        output.document(**_list_document(read, change), written=written)
    elif written:
        output.message(_("New: {new}, changed: {changed}.", new=len(added), changed=len(changed)), Tone.GOOD)
    elif not change.changes:
        output.message(_("Nothing is new in this list."))
    if read.with_fate(RowFate.DOUBTFUL):
        ctx.exit(ExitCode.REFUSED)


def _changeable(values: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in values.items() if key != "id"}


def _is_confirmed(invocation: Invocation, file: str, *, yes: bool, as_json: bool) -> bool:
    if yes:
        return True
    if invocation.may_ask and not as_json:
        if not screen.confirm(_("Write this into the settings?")):
            raise Refused(N_("Nothing was done."))
        return True
    output.message(_("Nothing is written. To take it over: sla person import {file} --yes", file=file))
    return False


def _print_list(read: PeopleList) -> None:
    used = _(", ").join(f"{cell} = {key}" for key, cell in read.used.items())
    output.message(_("Sheet “{sheet}”, headings: {used}.", sheet=read.sheet, used=used))
    if read.unused:
        output.message(_("Columns that are not used: {columns}.", columns=_(", ").join(read.unused)))
    rows = [_list_row(row) for row in read.rows]
    headings = (_("Row"), _("Id"), _("Name"), _("Department"), _("Fate"))
    output.table([Column(heading=heading) for heading in headings], rows)
    for row in read.rows:
        for cell in row.unclear:
            output.message(cell.sentence(), Tone.ALARM)


def _list_row(row: PersonRow) -> Sequence[Span]:
    tone = FATE_TONES[row.fate]
    return (
        Span(str(row.row), Tone.QUIET),
        Span(row.id),
        Span(str(row.values.get("name", ""))),
        Span(str(row.values.get("department", ""))),
        Span(_(FATES[row.fate]), tone),
    )


def _list_document(read: PeopleList, change: SettingsChange) -> dict[str, object]:
    return {
        "sheet": read.sheet,
        "columns": dict(read.used),
        "unused": list(read.unused),
        "rows": [
            {
                "row": row.row,
                "id": row.id,
                "values": dict(row.values),
                "fate": row.fate.value,
                "problems": [cell.sentence() for cell in row.unclear],
            }
            for row in read.rows
        ],
        "changes": change_documents(change.changes),
    }
