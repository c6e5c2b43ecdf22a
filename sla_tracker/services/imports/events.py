"""Judges the rows of a list of events, and imports them in bounded commits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import field, replace
from datetime import datetime

from sla_tracker.domain.agreements.fields import filled
from sla_tracker.domain.duties.event import Event, EventState, EventType
from sla_tracker.domain.duties.subject import subject_key
from sla_tracker.domain.imports.run import ImportRun
from sla_tracker.domain.people import Actor
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, SlaError, UsageError
from sla_tracker.services import events
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.new_events import EventOpener
from sla_tracker.services.imports.columns import KEY, SUBJECT, TIME, field_column
from sla_tracker.services.imports.judging import (
    doubtful,
    judged,
    key_of_row,
    planned_rows,
    refused,
    source_of,
)
from sla_tracker.services.imports.known_events import (
    KnownEvents,
    archived_events,
    is_same_day,
    known_events,
)
from sla_tracker.services.imports.mistyped import without_mistyped
from sla_tracker.services.imports.parts import ImportPart, new_run, run_to_continue, take_parts
from sla_tracker.services.imports.rows import (
    NOT_OF_THE_ROW,
    ColumnDifference,
    EventRow,
    Imported,
    ImportPlan,
    PlannedRow,
    ReadList,
    ReadRow,
    RowFate,
)
from sla_tracker.services.ports import Writing
from sla_tracker.value_class import dataclass


def plan_events(
    context: ServiceContext, actor: Actor, read: ReadList[EventRow], run: ImportRun | None = None
) -> ImportPlan[EventRow]:
    """Return what would become of each row of a list; changes nothing.

    `run` is an import that was broken off: its rows are there already, and what it registered is not compared with the
    rows that are left. Raises Forbidden.
    """
    now = context.now()
    context.require(actor, Right.REGISTER_EVENT, now)
    entries = [row.entry for row in read.rows if row.entry is not None]
    archived = archived_events(context, entries)
    without = run.id if run is not None else ""
    known = context.store.read(lambda tx: known_events(tx, read.reading, entries, archived, without=without))
    judge = Judge(context=context, read=read, known=known, now=now)
    rows = planned_rows(read, run, judge.fate)
    return without_mistyped(context, ImportPlan(read=read, rows=rows))


def import_events(
    context: ServiceContext,
    actor: Actor,
    plan: ImportPlan[EventRow],
    *,
    update: bool = False,
    run: ImportRun | None = None,
    progress: Callable[[int], None] | None = None,
) -> Imported[EventRow]:
    """Register the new events of a plan, and with `update` make its corrections.

    Each row is judged again in the transaction that registers it. A large list is several commits; `run` is an import
    that was broken off and goes on, `progress` is called with the number of the last row of each commit. Doubtful rows
    are left out and returned. Raises Forbidden, and Refused where the import cannot go on.
    """
    context.require(actor, Right.REGISTER_EVENT, context.now())
    read = plan.read
    started = run_to_continue(read, run) if run is not None else None
    new = {row.row for row in plan.with_fate(RowFate.NEW)}
    chosen = [row for row in read.rows if row.row in new]
    left_out = {row.row: row for row in plan.with_fate(RowFate.DOUBTFUL)}
    done = started
    if chosen:
        begun = started or new_run(context, actor, read, len(chosen), update=update)
        archived = archived_events(context, [row.entry for row in chosen if row.entry is not None])

        def take(tx: Writing, now: datetime, part: ImportPart[EventRow], run: ImportRun) -> None:
            taking = _Taking(context=context, tx=tx, actor=actor, read=read, now=now, run=run)
            left_out.update({row.row: row for row in taking.take(part, archived)})

        done = take_parts(context, actor, Verb.IMPORTED_EVENTS, begun, chosen, take, progress)
    corrections = plan.with_fate(RowFate.CHANGED) if update else ()
    not_corrected = [row for one in corrections if (row := _corrected(context, actor, read, one)) is not None]
    left_out.update({row.row: row for row in not_corrected})
    return Imported(
        id=done.id if done is not None and done.added else "",
        added=done.added if done is not None else 0,
        changed=len(corrections) - len(not_corrected),
        same=len(plan.with_fate(RowFate.SAME)) + (done.same if done is not None else 0),
        opened=done.opened if done is not None else 0,
        left_out=tuple(left_out[row] for row in sorted(left_out)),
    )


def _corrected(
    context: ServiceContext, actor: Actor, read: ReadList[EventRow], row: PlannedRow[EventRow]
) -> PlannedRow[EventRow] | None:
    """Make the correction of a row.

    Returns the row with the reason where it is refused, else None.
    """
    try:
        _correct(context, actor, row)
    except NOT_OF_THE_ROW:
        raise  # nothing is wrong with the row
    except SlaError as problem:
        return refused(read, row, KEY, problem)
    return None


@dataclass(slots=True, kw_only=True)
class Judge:
    """Finds the fate of rows one after the other.

    Each row is compared with the rows before, unless the judge is `alone`.
    """

    context: ServiceContext
    read: ReadList[EventRow]
    known: KnownEvents
    now: datetime
    alone: bool = False
    _by_key: dict[str, int] = field(default_factory=dict)
    _by_subject: dict[tuple[str, str], list[tuple[datetime, int, str]]] = field(default_factory=dict)

    def fate(self, row: ReadRow[EventRow]) -> PlannedRow[EventRow]:
        """Return a row with its fate."""
        return judged(row, self._fate_of_entry)

    def _fate_of_entry(self, row: ReadRow[EventRow], entry: EventRow) -> PlannedRow[EventRow]:
        problems = tuple(self._problems(entry))
        if problems:
            return doubtful(self.read, row, problems)
        key = key_of_row(self.read.reading, entry)
        if key and (earlier := self._by_key.setdefault(key, row.row)) != row.row:
            return self._repeated(row, KEY, UsageError(N_("row {row} has the same key"), row=earlier))
        if key and (there := self.known.by_key.get(key)) is not None:
            return self._compared(row, entry, there)
        return self._without_known_key(row, entry, key)

    def _problems(self, entry: EventRow) -> Iterator[tuple[str, SlaError]]:
        event_type = self.context.catalogue.event_type(entry.type)
        fields = filled(entry.fields)
        for id, problem in events.problems_of_event(
            self.context, event_type, entry.subject, entry.at, fields
        ):
            yield field_column(id) if id else SUBJECT, problem
        try:
            events.check_time(event_type.title, planned=event_type.planned, at=entry.at, now=self.now)
        except UsageError as problem:
            yield TIME, problem

    def _compared(self, row: ReadRow[EventRow], entry: EventRow, there: Event) -> PlannedRow[EventRow]:
        """Return the fate of a row whose key is known."""
        if there.type != entry.type:
            wrong = UsageError(N_("this key is that of “{title}”"), title=there.title)
            return doubtful(self.read, row, [(KEY, wrong)])
        differences = tuple(_differences(entry, there))
        if not differences or there.state is EventState.CANCELLED:
            return PlannedRow(row=row.row, fate=RowFate.SAME, entry=entry, id=there.id)
        if there.id in self.known.archived:
            closed = UsageError(N_("it differs from the event in the archive of a closed month"))
            return doubtful(self.read, row, [(KEY, closed)])
        return PlannedRow(
            row=row.row, fate=RowFate.CHANGED, entry=entry, id=there.id, differences=differences
        )

    def _without_known_key(self, row: ReadRow[EventRow], entry: EventRow, key: str) -> PlannedRow[EventRow]:
        """Return the fate of a row by type, subject and time."""
        # Different keys of one source name different events.
        source = source_of(self.read.reading)
        others = [one for one in self.known.about(entry) if not (key and one.import_key.startswith(source))]
        same = next((one for one in others if one.at == entry.at), None)
        if same is not None and not key:
            return PlannedRow(row=row.row, fate=RowFate.SAME, entry=entry, id=same.id)
        near = next(
            (
                one
                for one in others
                if one.state is EventState.ACTIVE and is_same_day(self.context, one.at, entry.at)
            ),
            None,
        )
        if near is not None and not self.read.reading.again:
            registered = UsageError(
                N_("on that day it was already registered by {by}, for {at}"),
                by=self.context.name_of(near.registered_by),
                at=near.at,
            )
            return self._repeated(row, SUBJECT, registered)
        about = (entry.type, subject_key(entry.subject))
        before = self._by_subject.setdefault(about, [])
        repeated = (
            0
            if self.alone
            else next(
                (
                    number
                    for at, number, other in before
                    if not (key and other) and is_same_day(self.context, at, entry.at)
                ),
                0,
            )
        )
        before.append((entry.at, row.row, key))
        if repeated and not self.read.reading.again:
            return self._repeated(row, SUBJECT, UsageError(N_("row {row} says the same"), row=repeated))
        return PlannedRow(row=row.row, fate=RowFate.NEW, entry=entry)

    def _repeated(self, row: ReadRow[EventRow], column: str, problem: SlaError) -> PlannedRow[EventRow]:
        return doubtful(self.read, row, [(column, problem)], repeats=column is not KEY)


@dataclass(slots=True, kw_only=True)
class _Taking:
    """Registers the rows of one commit."""

    context: ServiceContext
    tx: Writing
    actor: Actor
    read: ReadList[EventRow]
    now: datetime
    run: ImportRun

    def take(self, part: ImportPart[EventRow], archived: Sequence[Event]) -> list[PlannedRow[EventRow]]:
        """Register what is still new, and return the rows that became doubtful meanwhile."""
        entries = [row.entry for row in part.rows if row.entry is not None]
        known = known_events(self.tx, self.read.reading, entries, archived, without=self.run.id)
        # The rows were compared with each other before; here only with what others did meanwhile.
        judge = Judge(context=self.context, read=self.read, known=known, now=self.now, alone=True)
        opener, types = EventOpener(self.context, self.tx, self.now), self.context.catalogue.event_types
        doubtful = []
        for row in part.taken():
            found = judge.fate(row)
            if found.fate is RowFate.NEW and row.entry is not None:
                event = self._event(types[row.entry.type], row.entry)
                self.tx.put(event)
                part.added += 1
                part.opened += sum(1 for _duty in opener.open(event))
            elif found.fate is RowFate.DOUBTFUL:
                doubtful.append(found)
            else:
                part.same += 1
        return doubtful

    def _event(self, event_type: EventType, entry: EventRow) -> Event:
        event = events.new_event(
            self.actor,
            event_type,
            self.now,
            subject=entry.subject,
            at=entry.at,
            fields=filled(entry.fields),
        )
        return replace(event, import_id=self.run.id, import_key=key_of_row(self.read.reading, entry))


def _differences(entry: EventRow, there: Event) -> Iterator[ColumnDifference]:
    """Yield what a row says otherwise; an empty cell says nothing."""
    if entry.subject.strip() != there.subject:
        yield ColumnDifference(what=SUBJECT, before=there.subject, after=entry.subject.strip())
    if entry.at != there.at:
        yield ColumnDifference(what=TIME, before=there.at, after=entry.at)
    for id, value in filled(entry.fields).items():
        if there.fields.get(id, "") != value:
            yield ColumnDifference(what=field_column(id), before=there.fields.get(id, ""), after=value)


def _correct(context: ServiceContext, actor: Actor, row: PlannedRow[EventRow]) -> None:
    """Make the correction of one row: a planned event is moved, all else is put right."""
    entry = row.entry
    if entry is None:
        return
    other = {one.what for one in row.differences}
    if TIME in other and context.catalogue.event_type(entry.type).planned:
        events.move(context, actor, row.id, entry.at)
        other -= {TIME}
    if other:
        events.correct(
            context,
            actor,
            row.id,
            subject=entry.subject if SUBJECT in other else None,
            at=entry.at if TIME in other else None,
            fields=filled(entry.fields),
        )
