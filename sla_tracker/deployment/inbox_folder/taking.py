"""Takes the lists of an inbox folder over, each wholly or not at all."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, BinaryIO

from sla_tracker.deployment.caller_files import LocalFiles
from sla_tracker.deployment.inbox_folder.folder import (
    DONE,
    REFUSED,
    InboxFile,
    InboxFolder,
    inbox_path,
    opened_folder,
)
from sla_tracker.deployment.inbox_folder.report import report_text
from sla_tracker.deployment.lists import read_list
from sla_tracker.domain.imports.run import ImportKind, ImportRun, Reading, RunState
from sla_tracker.domain.people import Actor
from sla_tracker.errors import N_, Forbidden, Refused, SlaError, StoreError
from sla_tracker.os_login import process_login
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.imports.events import import_events, plan_events
from sla_tracker.services.imports.inbox import FileFate, Stated, TakenFile
from sla_tracker.services.imports.maps import remembered
from sla_tracker.services.imports.parts import runs
from sla_tracker.services.imports.rows import EventRow, Imported, PlannedRow, ReadList, RowFate
from sla_tracker.services.imports.undo import take_back
from sla_tracker.sheets.limits import LARGEST_FILE

if TYPE_CHECKING:
    from sla_tracker.config.load import Deployment
    from sla_tracker.config.sections.inbox import InboxSection

VIA = "inbox"
"""The way that is on record with what a file of the inbox did."""


def take_inbox(context: ServiceContext, deployment: Deployment) -> list[TakenFile]:
    """Take every file over that lies ready in the inbox, as the account of the settings.

    A file is taken wholly or not at all. After a stop at any moment the next call goes on and does nothing twice: what
    a file registered is there already. Raises Refused without an inbox, Forbidden where the account may not register
    events, StoreError; the files stay where they are then.
    """
    section, path = deployment.config.inbox, inbox_path(deployment)
    if path is None:
        raise Refused(N_("There is no inbox folder; name one in the settings: folder under [inbox]."))
    actor = Actor(person=context.person(section.account), via=process_login(VIA))
    context.require(actor, Right.REGISTER_EVENT, context.now())
    reading = reading_of(context, section)
    with opened_folder(path) as folder:
        folder.finish_reports()
        folder.remove_older(section.keep_days)
        taker = _Taker(context=context, actor=actor, folder=folder, reading=reading, update=section.update)
        return list(taker.taken())


def reading_of(context: ServiceContext, section: InboxSection) -> Reading:
    """Return how the lists of the inbox are read; raises NotFound for an unknown map."""
    reading = remembered(context, section.map, ImportKind.EVENTS) if section.map else Reading()
    return replace(reading, about=section.kind or reading.about, source=reading.source or section.map or VIA)


class _Content(LocalFiles):
    """The one file that is being taken, for what reads files of a caller."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self, path: str) -> BinaryIO:
        """Return the content that was read already, whatever lies at the path now."""
        return io.BytesIO(self._content)


class _Taker:
    """Takes one file after the other."""

    def __init__(
        self, *, context: ServiceContext, actor: Actor, folder: InboxFolder, reading: Reading, update: bool
    ) -> None:
        self._context, self._actor, self._folder = context, actor, folder
        self._reading, self._update = reading, update

    def taken(self) -> Iterator[TakenFile]:
        """Yield what became of each file; one that is still being written is left out."""
        for name in self._folder.names():
            try:
                file = self._folder.read(name, LARGEST_FILE)
            except Refused as problem:
                yield TakenFile(name=name, fate=FileFate.WAITING, place=name, problems=(problem,))
                continue
            if file is not None:
                found = self._imported(file)
                place = DONE if found.fate is FileFate.DONE else REFUSED
                report = report_text(self._context, self._actor, found)
                yield replace(found, place=self._folder.put_away(file, place, report))

    def _imported(self, file: InboxFile) -> TakenFile:
        try:
            read = read_list(
                self._context, _Content(file.content), ImportKind.EVENTS, file.name, self._reading
            )
            return self._list_taken(file, read)
        except (StoreError, Forbidden):
            raise  # nothing that is wrong with the file
        except SlaError as problem:
            return _refused(file, [problem])

    def _list_taken(self, file: InboxFile, read: ReadList[EventRow]) -> TakenFile:
        run = self._begun(file)
        plan = plan_events(self._context, self._actor, read, run)
        wrong = [*plan.with_fate(RowFate.DOUBTFUL)]
        if not self._update:
            wrong += plan.with_fate(RowFate.CHANGED)
        if wrong:
            return self._given_back(file, run, wrong)
        done = import_events(self._context, self._actor, plan, update=self._update, run=run)
        if done.left_out:  # others registered the same in this moment
            started = next((one for one in runs(self._context) if one.id == done.id), None)
            return self._given_back(file, started, done.left_out)
        return _done(file, done)

    def _begun(self, file: InboxFile) -> ImportRun | None:
        """Return the import of this file that a stop broke off; one that was being taken back is taken back."""
        digest = sha256(file.content).hexdigest()
        for run in runs(self._context):
            if (run.digest, run.by, run.kind) == (digest, self._actor.id, ImportKind.EVENTS):
                if run.state is RunState.UNDOING:
                    take_back(self._context, self._actor, run)
                elif run.state is RunState.RUNNING:
                    return run
        return None

    def _given_back(
        self, file: InboxFile, run: ImportRun | None, wrong: Sequence[PlannedRow[EventRow]]
    ) -> TakenFile:
        """Return a file as refused; what a broken-off import of it registered is taken back."""
        if run is not None:
            take_back(self._context, self._actor, run)
        return _refused(file, [problem for row in wrong for problem in _problems(row)])


def _problems(row: PlannedRow[EventRow]) -> list[Stated]:
    if row.unclear:
        return list(row.unclear)
    return [
        Refused(
            N_(
                "Row {row} differs from the event that its key names; to let the inbox make such corrections, write "
                "update = true under [inbox]."
            ),
            row=row.row,
        )
    ]


def _refused(file: InboxFile, problems: Sequence[Stated]) -> TakenFile:
    return TakenFile(name=file.name, fate=FileFate.REFUSED, place="", problems=tuple(problems))


def _done(file: InboxFile, done: Imported[EventRow]) -> TakenFile:
    return TakenFile(
        name=file.name,
        fate=FileFate.DONE,
        place="",
        import_id=done.id,
        added=done.added,
        changed=done.changed,
        same=done.same,
        opened=done.opened,
    )
