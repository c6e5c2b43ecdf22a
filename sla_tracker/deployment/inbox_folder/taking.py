"""Takes the lists of an inbox folder over, each wholly or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import PurePath
from traceback import extract_tb
from typing import TYPE_CHECKING, Any

from sla_tracker.deployment.inbox_folder.content import FileContent
from sla_tracker.deployment.inbox_folder.folder import (
    DONE,
    REFUSED,
    InboxFile,
    InboxFolder,
    UnusableFolder,
    inbox_path,
    opened_folder,
)
from sla_tracker.deployment.inbox_folder.report import report_text
from sla_tracker.deployment.inbox_folder.settings_files import correction, refused, take_dates, take_people
from sla_tracker.deployment.lists import read_list
from sla_tracker.domain.imports.run import ImportKind, ImportRun, ListReading, RunState
from sla_tracker.domain.people import Actor
from sla_tracker.errors import N_, Forbidden, Overtaken, Refused, SlaError
from sla_tracker.os_login import process_login
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.imports.inbox import FileFate, InboxFileKind, Stated, TakenFile
from sla_tracker.services.imports.kinds import plan_list, take_list
from sla_tracker.services.imports.maps import maps, remembered
from sla_tracker.services.imports.parts import runs
from sla_tracker.services.imports.rows import NOT_OF_THE_ROW, Imported, PlannedRow, RowFate
from sla_tracker.services.imports.undo import take_back
from sla_tracker.sheets.limits import LARGEST_FILE

if TYPE_CHECKING:
    from sla_tracker.config.load import Deployment
    from sla_tracker.config.sections.inbox import InboxSection
    from sla_tracker.plugin_host.host import PluginHost

VIA = "inbox"
"""The way that is on record with what a file of the inbox did."""
NOT_OF_THE_FILE = (*NOT_OF_THE_ROW, Forbidden, Overtaken, OSError)
"""Errors that nothing in a file can mend: it stays where it is, and is tried again."""
LISTS = {
    InboxFileKind.EVENTS: ImportKind.EVENTS,
    InboxFileKind.REQUESTS: ImportKind.REQUESTS,
    InboxFileKind.PAST: ImportKind.PAST,
}


def take_inbox(context: ServiceContext, deployment: Deployment, host: PluginHost) -> list[TakenFile]:
    """Import every complete file in the inbox folder; return the files it imported.

    The account of the settings imports them. A file is imported wholly or not at all. After a stop at any moment the
    next call goes on and does nothing twice: what a file registered is there already. Raises Refused without an inbox,
    Forbidden where the account may not register events or change the settings, StoreError; the files stay where they
    are then. A file at which the program fails is refused as one with mistakes is.
    """
    section, path = deployment.config.inbox, inbox_path(deployment)
    if path is None:
        raise Refused(N_("There is no inbox folder; name one in the settings: folder under [inbox]."))
    actor = Actor(person=context.person(section.account), via=process_login(VIA))
    context.require(actor, Right.REGISTER_EVENT, context.now())
    readings = readings_of(context, section)
    found: list[TakenFile] = []
    takers: dict[InboxFileKind, Callable[[InboxFile], TakenFile]] = {
        InboxFileKind.PEOPLE: partial(take_people, context, actor, deployment, update=section.update),
        InboxFileKind.DATES: partial(take_dates, context, actor, deployment, host, update=section.update),
        **{
            kind: _Lists(context, actor, kind, reading, update=section.update).taken
            for kind, reading in readings.items()
        },
    }
    with opened_folder(path) as root:
        for kind in section.takes:
            report = partial(report_text, context, actor)
            found += _taken(root, kind, section.keep_days, report, takers[kind])
    return found


def _taken(
    root: InboxFolder,
    kind: InboxFileKind,
    keep_days: int,
    report: Callable[[TakenFile], str],
    take: Callable[[InboxFile], TakenFile],
) -> Iterator[TakenFile]:
    """Yield what became of each file of one kind.

    Files that are still being written are left out.
    """
    try:
        with root.inside(kind) as folder:
            if folder is not None:
                folder.finish_reports()
                folder.remove_older(keep_days)
                yield from _files_taken(folder, kind, report, take)
    except UnusableFolder as problem:
        yield TakenFile(
            name=kind.value, kind=kind, fate=FileFate.WAITING, place=kind.value, problems=(problem,)
        )


def _files_taken(
    folder: InboxFolder,
    kind: InboxFileKind,
    report: Callable[[TakenFile], str],
    take: Callable[[InboxFile], TakenFile],
) -> Iterator[TakenFile]:
    for name in folder.names():
        try:
            file = folder.read(name, LARGEST_FILE)
        except Refused as problem:
            place = folder.named(name)
            yield TakenFile(name=name, kind=kind, fate=FileFate.WAITING, place=place, problems=(problem,))
            continue
        if file is None:
            continue
        try:
            found = take(file)
        except NOT_OF_THE_FILE:
            raise
        except SlaError as problem:
            found = refused(file, kind, [problem])
        except Exception as fault:  # one file with something unforeseen must not keep all others waiting
            found = refused(file, kind, [_unforeseen(fault)])
        place = DONE if found.fate is FileFate.DONE else REFUSED
        yield replace(found, place=folder.put_away(file, place, report(found)))


def _unforeseen(fault: Exception) -> SlaError:
    """Return the problem of a file at which the program failed.

    It says where in the program that was. The fault's own words are left out: they may hold what stands in the file.
    """
    place = extract_tb(fault.__traceback__)[-1]
    return Refused(
        N_(
            "The program cannot read this file ({kind} in {place}); please report it to whoever runs sla here."
        ),
        kind=type(fault).__name__,
        place=f"{PurePath(place.filename).name}:{place.lineno}",
    )


def readings_of(context: ServiceContext, section: InboxSection) -> Mapping[InboxFileKind, ListReading]:
    """Return how each kind of list is read.

    Raises NotFound for a map that no such list has.
    """
    named = {one.kind for one in maps(context) if one.name == section.map}
    found = {}
    for kind, list_kind in LISTS.items():
        wanted = section.map and (list_kind in named or not named)
        reading = remembered(context, section.map, list_kind) if wanted else ListReading()
        about = section.kind if kind is InboxFileKind.EVENTS else ""
        source = reading.source or section.map or VIA
        found[kind] = replace(reading, about=about or reading.about, source=source)
    return found


class _Lists:
    """Takes lists of one kind over as an import."""

    def __init__(
        self,
        context: ServiceContext,
        actor: Actor,
        kind: InboxFileKind,
        reading: ListReading,
        *,
        update: bool,
    ) -> None:
        self._context, self._actor, self._kind = context, actor, kind
        self._reading, self._update = reading, update

    def taken(self, file: InboxFile) -> TakenFile:
        """Take one list over wholly, or say why nothing of it was taken."""
        try:
            return self._taken(file)
        except NOT_OF_THE_FILE:
            raise
        except Exception:
            if (run := self._begun(file)) is not None:
                take_back(self._context, self._actor, run)
            raise

    def _taken(self, file: InboxFile) -> TakenFile:
        read = read_list(
            self._context, FileContent(file.content), LISTS[self._kind], file.name, self._reading
        )
        run = self._begun(file)
        plan = plan_list(self._context, self._actor, read, run)
        wrong = [*plan.with_fate(RowFate.DOUBTFUL)]
        if not self._update:
            wrong += plan.with_fate(RowFate.CHANGED)
        if wrong:
            return self._given_back(file, run, wrong)
        done = take_list(self._context, self._actor, plan, update=self._update, run=run)
        if done.left_out:  # others registered the same in this moment
            started = next((one for one in runs(self._context) if one.id == done.id), None)
            return self._given_back(file, started, done.left_out)
        return _done(file, self._kind, done)

    def _begun(self, file: InboxFile) -> ImportRun | None:
        """Return the import of this file that a stop broke off.

        An import that was being taken back is taken back.
        """
        digest = sha256(file.content).hexdigest()
        for run in runs(self._context):
            if (run.digest, run.by, run.kind) == (digest, self._actor.id, LISTS[self._kind]):
                if run.state is RunState.UNDOING:
                    take_back(self._context, self._actor, run)
                elif run.state is RunState.RUNNING:
                    return run
        return None

    def _given_back(
        self, file: InboxFile, run: ImportRun | None, wrong: Sequence[PlannedRow[Any]]
    ) -> TakenFile:
        """Return a file as refused, and take back what its broken-off import registered."""
        if run is not None:
            take_back(self._context, self._actor, run)
        return refused(file, self._kind, [problem for row in wrong for problem in _problems(row)])


def _problems(row: PlannedRow[Any]) -> list[Stated]:
    return list(row.unclear) if row.unclear else [correction(row.row)]


def _done(file: InboxFile, kind: InboxFileKind, done: Imported[Any]) -> TakenFile:
    return TakenFile(
        name=file.name,
        kind=kind,
        fate=FileFate.DONE,
        place="",
        import_id=done.id,
        added=done.added,
        changed=done.changed,
        same=done.same,
        opened=done.opened,
    )
