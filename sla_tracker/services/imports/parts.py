"""Takes rows over in several bounded commits of one import that can be continued."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Generic

from sla_tracker.domain.imports.run import ImportRun, RunState
from sla_tracker.domain.measures.archive_index import SHORTEST_REFERENCE, typed_reference
from sla_tracker.domain.people import Actor
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, NotFound, Refused
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.imports.rows import Entry, ReadList, ReadRow
from sla_tracker.services.lookup.references import existing, new_id
from sla_tracker.services.ports import Reading, Writing
from sla_tracker.value_class import dataclass

MOST_ROWS = 30
"""Rows of one commit, so that it holds the lock for some 40 ms."""
MOST_DUTIES = 60
"""Duties that one commit opens, but for those of its last row."""
MOST_CHARACTERS = 2_000_000
"""Characters of the cells of one commit's rows: at most 8 MB as UTF-8."""


@dataclass(slots=True)
class ImportPart(Generic[Entry]):
    """What one commit may still take; ends where a bound is reached."""

    rows: Sequence[ReadRow[Entry]]
    added: int = 0
    same: int = 0
    opened: int = 0
    last_row: int = 0

    def taken(self) -> Iterator[ReadRow[Entry]]:
        """Yield the rows until a commit holds as many opened duties as it may."""
        for row in self.rows:
            if self.opened >= MOST_DUTIES:
                return
            yield row
            self.last_row = row.row


def parts_of(rows: Sequence[ReadRow[Entry]], after: int) -> Iterator[Sequence[ReadRow[Entry]]]:
    """Yield the rows after a row number in parts by number and by characters."""
    part: list[ReadRow[Entry]] = []
    size = 0
    for row in rows:
        if row.row <= after:
            continue
        length = sum(len(text) for _address, text in row.cells.values())
        if part and (len(part) >= MOST_ROWS or size + length > MOST_CHARACTERS):
            yield part
            part, size = [], 0
        part.append(row)
        size += length
    if part:
        yield part


def new_run(
    context: ServiceContext, actor: Actor, read: ReadList[Entry], rows: int, *, update: bool
) -> ImportRun:
    """Return a run that is not stored yet."""
    now = context.now()
    return ImportRun(
        id=new_id(now),
        kind=read.kind,
        file=read.file,
        digest=read.digest,
        at=now,
        by=actor.id,
        department=actor.department,
        reading=read.reading,
        rows=rows,
        update=update,
    )


def run_to_continue(read: ReadList[Entry], run: ImportRun) -> ImportRun:
    """Return an import that was broken off.

    Raises Refused for another file, or for an import that is finished.
    """
    if run.state is not RunState.RUNNING:
        raise Refused(N_("This import is finished; there is nothing to continue."))
    if (run.kind, run.digest) != (read.kind, read.digest):
        raise Refused(
            N_(
                "{file} is not the file of this import, which began with “{other}” and its content at that time."
            ),
            file=read.file,
            other=run.file,
        )
    return run


def take_parts(
    context: ServiceContext,
    actor: Actor,
    what: Verb,
    run: ImportRun,
    rows: Sequence[ReadRow[Entry]],
    take: Callable[[Writing, datetime, ImportPart[Entry], ImportRun], None],
    progress: Callable[[int], None] | None = None,
) -> ImportRun:
    """Take rows over, commit by commit, and return the import when all are.

    `take` handles the rows that `ImportPart.taken` yields and counts in the part. The record of the import is written
    with each commit, so that what was dealt with is known after a stop at any moment.
    """
    pending = list(parts_of(rows, run.last_row))
    while pending:
        chosen = pending.pop(0)
        work = _commit_of(run, chosen, take, is_last=not pending)
        run = context.write(actor, what, work, reason=run.id)
        if run.last_row < chosen[-1].row:
            pending.insert(0, [row for row in chosen if row.row > run.last_row])
        if progress is not None:
            progress(run.last_row)
    return run


def _commit_of(
    run: ImportRun,
    chosen: Sequence[ReadRow[Entry]],
    take: Callable[[Writing, datetime, ImportPart[Entry], ImportRun], None],
    *,
    is_last: bool,
) -> Callable[[Writing, datetime], ImportRun]:
    """Return the work of one commit, which may be run again after a conflict."""

    def work(tx: Writing, now: datetime) -> ImportRun:
        stored = tx.get(ImportRun, run.id) or run
        if stored.last_row != run.last_row or stored.state is not RunState.RUNNING:
            raise Refused(N_("Somebody else continues this import or takes it back; look at sla imports."))
        part = ImportPart(chosen)
        take(tx, now, part, run)
        is_done = is_last and part.last_row == chosen[-1].row
        changed = replace(
            stored,
            last_row=part.last_row,
            added=stored.added + part.added,
            same=stored.same + part.same,
            opened=stored.opened + part.opened,
            state=RunState.DONE if is_done else RunState.RUNNING,
        )
        if changed.added or not is_done:
            tx.put(changed)
        return changed

    return work


def find_run(context: ServiceContext, reference: str) -> ImportRun:
    """Return the import of an id or of the end of one; raises NotFound."""
    wanted = typed_reference(reference)
    found = [run for run in runs(context) if len(wanted) >= SHORTEST_REFERENCE and run.id.endswith(wanted)]
    if len(found) != 1:
        raise NotFound(N_("There is no import “{ref}”; sla imports shows them."), ref=reference)
    return found[0]


def runs(context: ServiceContext) -> Sequence[ImportRun]:
    """Return the imports, latest first."""

    def work(tx: Reading) -> list[ImportRun]:
        return sorted(tx.find(ImportRun), key=lambda run: run.id, reverse=True)

    return context.store.read(work)


def mark(tx: Writing, run: ImportRun, state: RunState, taken_back: int = 0) -> None:
    """Store the state of an import."""
    stored = existing(tx, ImportRun, run.id)
    tx.put(replace(stored, state=state, taken_back=stored.taken_back + taken_back))
