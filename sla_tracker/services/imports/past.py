"""Takes finished duties of the past over from a list.

These duties are counted by month as a separate series.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from datetime import datetime

from sla_tracker.domain.duties.subject import subject_key
from sla_tracker.domain.imports.past import PastDuty
from sla_tracker.domain.imports.run import ImportRun
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.people import Actor
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, SlaError, UsageError
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.imports.columns import DELIVERED, DUE, KEY, OBLIGATION
from sla_tracker.services.imports.judging import doubtful, judged, key_of_row, planned_rows
from sla_tracker.services.imports.known_events import AT_ONCE
from sla_tracker.services.imports.parts import ImportPart, new_run, run_to_continue, take_parts
from sla_tracker.services.imports.rows import (
    ColumnDifference,
    Imported,
    ImportPlan,
    PastRow,
    PlannedRow,
    ReadList,
    ReadRow,
    RowFate,
)
from sla_tracker.services.lookup.references import new_id
from sla_tracker.services.ports import Reading, Writing
from sla_tracker.value_class import dataclass

Same = tuple[str, str, str, str, datetime]


def plan_past(
    context: ServiceContext, actor: Actor, read: ReadList[PastRow], run: ImportRun | None = None
) -> ImportPlan[PastRow]:
    """Return what would become of each row of a list of finished duties.

    Nothing is changed. The duties have to be due before the deployment's first day and in no closed month. Raises
    Forbidden.
    """
    context.require(actor, Right.REGISTER_EVENT, context.now())
    closed = context.store.read(lambda tx: frozenset(one.id for one in tx.find(Month, closed=True)))
    entries = [row.entry for row in read.rows if row.entry is not None]
    without = run.id if run is not None else ""
    known = context.store.read(lambda tx: _known(tx, read, entries, without))
    judge = _Judge(context=context, actor=actor, read=read, known=known, closed=closed)
    return ImportPlan(read=read, rows=planned_rows(read, run, judge.fate))


def import_past(
    context: ServiceContext,
    actor: Actor,
    plan: ImportPlan[PastRow],
    *,
    update: bool = False,
    run: ImportRun | None = None,
    progress: Callable[[int], None] | None = None,
) -> Imported[PastRow]:
    """Store the finished duties of a plan, and with `update` its corrections.

    Imported duties open nothing and remind nobody. Raises Forbidden, and Refused where the import cannot go on.
    """
    context.require(actor, Right.REGISTER_EVENT, context.now())
    read = plan.read
    started = run_to_continue(read, run) if run is not None else None
    wanted = {
        row.row: row
        for row in (*plan.with_fate(RowFate.NEW), *(plan.with_fate(RowFate.CHANGED) if update else ()))
    }
    chosen = [row for row in read.rows if row.row in wanted]
    done = started
    if chosen:

        def take(tx: Writing, now: datetime, part: ImportPart[PastRow], run: ImportRun) -> None:
            known = _known(tx, read, [row.entry for row in part.rows if row.entry is not None], run.id)
            for row in part.taken():
                entry, planned = row.entry, wanted[row.row]
                if entry is None or (planned.fate is RowFate.NEW and known.there(read, entry) is not None):
                    part.same += 1
                    continue
                tx.put(_stored(actor, read, entry, run, now, planned.id))
                part.added += planned.fate is RowFate.NEW

        begun = started or new_run(context, actor, read, len(chosen), update=update)
        done = take_parts(context, actor, Verb.IMPORTED_PAST, begun, chosen, take, progress)
    return Imported(
        id=done.id if done is not None and done.added else "",
        added=done.added if done is not None else 0,
        changed=sum(row.fate is RowFate.CHANGED for row in wanted.values()),
        same=len(plan.with_fate(RowFate.SAME)) + (done.same if done is not None else 0),
        left_out=tuple(plan.with_fate(RowFate.DOUBTFUL)),
    )


def _stored(
    actor: Actor, read: ReadList[PastRow], entry: PastRow, run: ImportRun, now: datetime, id: str
) -> PastDuty:
    return PastDuty(
        id=id or new_id(now),
        obligation=entry.obligation,
        provider=entry.provider,
        consumer=entry.consumer,
        due_at=entry.due_at,
        delivered_at=entry.delivered_at,
        month=entry.month,
        imported_by=actor.id,
        imported_at=now,
        import_id=run.id,
        import_key=key_of_row(read.reading, entry),
        source=read.reading.source or read.file,
        subject=entry.subject,
        subject_key=subject_key(entry.subject),
    )


@dataclass(slots=True)
class _Known:
    """Finished duties that are there, by key and by what makes them the same."""

    by_key: dict[str, PastDuty] = field(default_factory=dict)
    by_what: dict[Same, PastDuty] = field(default_factory=dict)

    def there(self, read: ReadList[PastRow], entry: PastRow) -> PastDuty | None:
        """Return the duty that a row means, by the row's key or else by what it says."""
        key = key_of_row(read.reading, entry)
        return self.by_key.get(key) if key else self.by_what.get(_what(entry))


def _what(one: PastRow | PastDuty) -> Same:
    return one.obligation, one.provider, one.consumer, subject_key(one.subject), one.due_at


def _known(tx: Reading, read: ReadList[PastRow], entries: Sequence[PastRow], without: str) -> _Known:
    found = _Known()
    months = tuple(sorted({entry.month for entry in entries}))
    values = tx.find(PastDuty, month=months) if months else []
    keys = sorted({key for entry in entries if (key := key_of_row(read.reading, entry))})
    for start in range(0, len(keys), AT_ONCE):
        values += tx.find(PastDuty, import_key=tuple(keys[start : start + AT_ONCE]))
    for one in values:
        if one.import_id != without and not one.taken_back:
            found.by_what[_what(one)] = one
            if one.import_key:
                found.by_key[one.import_key] = one
    return found


@dataclass(slots=True, kw_only=True)
class _Judge:
    """Finds the fate of rows one after the other."""

    context: ServiceContext
    actor: Actor
    read: ReadList[PastRow]
    known: _Known
    closed: frozenset[str]
    _rows: dict[str | Same, int] = field(default_factory=dict)

    def fate(self, row: ReadRow[PastRow]) -> PlannedRow[PastRow]:
        """Return a row with its fate."""
        return judged(row, self._fate_of_entry)

    def _fate_of_entry(self, row: ReadRow[PastRow], entry: PastRow) -> PlannedRow[PastRow]:
        problems = tuple(self._problems(entry))
        if problems:
            return doubtful(self.read, row, problems)
        earlier = self._rows.setdefault(key_of_row(self.read.reading, entry) or _what(entry), row.row)
        if earlier != row.row and (entry.key or not self.read.reading.again):
            told = UsageError(N_("row {row} says the same"), row=earlier)
            column = KEY if entry.key else OBLIGATION
            return doubtful(self.read, row, [(column, told)], repeats=not entry.key)
        there = self.known.there(self.read, entry)
        if there is None:
            return PlannedRow(row=row.row, fate=RowFate.NEW, entry=entry)
        differences = tuple(_differences(entry, there))
        fate = RowFate.CHANGED if differences else RowFate.SAME
        return PlannedRow(row=row.row, fate=fate, entry=entry, id=there.id, differences=differences)

    def _problems(self, entry: PastRow) -> Iterator[tuple[str, SlaError]]:
        first, now = self.context.settings.in_force_from, self.context.now()
        if entry.due_at.astimezone(self.context.settings.zone).date() >= first:
            yield (
                DUE,
                UsageError(
                    N_("duties from {day} on are kept here themselves; the past ends before"), day=first
                ),
            )
        elif entry.month in self.closed:
            yield DUE, UsageError(N_("{month} is closed; nothing is added to it"), month=entry.month)
        if entry.delivered_at is not None and entry.delivered_at > now:
            yield DELIVERED, UsageError(N_("it lies ahead"))
        if self.actor.department not in {entry.provider, entry.consumer}:
            try:
                self.context.require(self.actor, Right.ADMINISTER, now)
            except SlaError:
                yield (
                    OBLIGATION,
                    UsageError(
                        N_("it is between other departments; one of them or an administrator imports it")
                    ),
                )


def _differences(entry: PastRow, there: PastDuty) -> Iterator[ColumnDifference]:
    if entry.due_at != there.due_at:
        yield ColumnDifference(what=DUE, before=there.due_at, after=entry.due_at)
    if entry.delivered_at != there.delivered_at:
        yield ColumnDifference(
            what=DELIVERED, before=there.delivered_at or "", after=entry.delivered_at or ""
        )
    if (entry.obligation, entry.provider, entry.consumer) != (
        there.obligation,
        there.provider,
        there.consumer,
    ):
        yield ColumnDifference(what=OBLIGATION, before=there.obligation, after=entry.obligation)
