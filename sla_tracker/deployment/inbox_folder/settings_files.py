"""Takes lists of people and calendar files over from the inbox.

Only an administrator's account may do so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sla_tracker.deployment.inbox_folder.content import FileContent
from sla_tracker.deployment.inbox_folder.folder import InboxFile
from sla_tracker.domain.people import Actor, Role
from sla_tracker.errors import N_, Refused, SlaError
from sla_tracker.services.access import Right
from sla_tracker.services.authoring.settings_editor import PeopleList, PersonRow, change_settings
from sla_tracker.services.calendar_import import CalendarReading, ReadStatus, take_calendar_file
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.imports.inbox import FileFate, InboxFileKind, Stated, TakenFile
from sla_tracker.services.imports.rows import RowFate

if TYPE_CHECKING:
    from sla_tracker.config.load import Deployment
    from sla_tracker.plugin_host.host import PluginHost


def take_people(
    context: ServiceContext, actor: Actor, deployment: Deployment, file: InboxFile, *, update: bool
) -> TakenFile:
    """Write the people of a list into the settings, all or none.

    Nobody becomes an administrator by it. Raises Forbidden for an account that may not, Overtaken where the settings
    changed meanwhile.
    """
    from sla_tracker.config.load import read_config
    from sla_tracker.deployment.settings.editing import FileEditor

    context.require(actor, Right.ADMINISTER, context.now())
    editor = FileEditor(read_config(deployment.folder), FileContent(file.content))
    read = editor.read_people(file.name)
    problems = list(_problems_of_people(context, read, update=update))
    if problems:
        return refused(file, InboxFileKind.PEOPLE, problems)
    changed = read.with_fate(RowFate.CHANGED)
    values = {row.id: {key: value for key, value in row.values.items() if key != "id"} for row in changed}
    added = [row.values for row in read.with_fate(RowFate.NEW)]
    change = editor.with_people(added, values)
    if change.changes:
        change_settings(context, actor, editor, change, "inbox people")
    return TakenFile(
        name=file.name,
        kind=InboxFileKind.PEOPLE,
        fate=FileFate.DONE,
        place="",
        added=len(added),
        changed=len(changed),
        same=len(read.with_fate(RowFate.SAME)),
    )


def _problems_of_people(context: ServiceContext, read: PeopleList, *, update: bool) -> Iterator[Stated]:
    for row in read.rows:
        yield from row.unclear
        if row.fate is RowFate.CHANGED and not update:
            yield correction(row.row)
        if row.fate in {RowFate.NEW, RowFate.CHANGED} and _makes_admin(context, row):
            yield Refused(
                N_("Row {row} makes somebody an administrator; the inbox does not: sla person import does."),
                row=row.row,
            )


def _makes_admin(context: ServiceContext, row: PersonRow) -> bool:
    known = context.people.get(row.id)
    return row.values.get("role") == Role.ADMIN.value and (known is None or known.role is not Role.ADMIN)


def take_dates(
    context: ServiceContext,
    actor: Actor,
    deployment: Deployment,
    host: PluginHost,
    file: InboxFile,
    *,
    update: bool,
) -> TakenFile:
    """Take the published days of a calendar file over, if nothing in it is doubtful.

    The file's name says whose days of which year they are, such as china-2027.csv. Raises Forbidden for an account that
    may not.
    """
    from sla_tracker.deployment.calendar_import import FolderImporter

    now = context.now()
    context.require(actor, Right.ADMINISTER, now)
    today = now.astimezone(context.settings.zone).date()
    importer = FolderImporter(deployment=deployment, host=host, today=today)
    reading = importer.read(Path(file.name), "", None, content=file.content)
    before = reading.target.read_bytes() if reading.target.exists() else None
    is_there = before == reading.text.encode()
    is_correction = before is not None and not is_there
    problems = [*_problems_of_dates(reading, may_correct=update or not is_correction)]
    if problems:
        return refused(file, InboxFileKind.DATES, problems)
    if not is_there:
        take_calendar_file(context, actor, importer, reading)
    days = len(reading.days)
    return TakenFile(
        name=file.name,
        kind=InboxFileKind.DATES,
        fate=FileFate.DONE,
        place="",
        added=0 if before is not None else days,
        changed=days if is_correction else 0,
        same=days if is_there else 0,
    )


def _problems_of_dates(reading: CalendarReading, *, may_correct: bool) -> Iterator[Stated]:
    yield from reading.problems
    for text in (*reading.contradictions, *reading.remarks):
        yield Refused(N_("{what}"), what=text)
    for one in reading.days:
        if one.status is ReadStatus.UNCLEAR:
            yield Refused(N_("{day} “{name}” is neither a day off nor worked."), day=one.day, name=one.name)
    if not may_correct:
        yield Refused(
            N_(
                "{file} is there and says otherwise; to let the inbox make such corrections, write update = true "
                "under [inbox]."
            ),
            file=reading.target.name,
        )


def refused(file: InboxFile, kind: InboxFileKind, problems: Sequence[Stated | SlaError]) -> TakenFile:
    """Return a file of which nothing was taken, and why."""
    return TakenFile(name=file.name, kind=kind, fate=FileFate.REFUSED, place="", problems=tuple(problems))


def correction(row: int) -> Refused:
    """Return why a row that changes what is there is not taken."""
    return Refused(
        N_(
            "Row {row} changes what is there; to let the inbox make such corrections, write update = true under "
            "[inbox]."
        ),
        row=row,
    )
