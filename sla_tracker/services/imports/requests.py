"""Takes requests over from a list; each is asked as if somebody had typed it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import TypeVar

from sla_tracker.domain.agreements.fields import filled, problems_with
from sla_tracker.domain.agreements.obligation import OnRequest
from sla_tracker.domain.agreements.occurrences import fields_of_request
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.duties.subject import subject_key
from sla_tracker.domain.imports.run import ImportRun, RunState
from sla_tracker.domain.people import Actor
from sla_tracker.domain.reference import reference_of
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, Incomplete, NeedsConfirmation, SlaError, UsageError
from sla_tracker.services import requests
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.imports.columns import KEY, OBLIGATION, SUBJECT, field_column
from sla_tracker.services.imports.judging import doubtful, judged, key_of_row, refused
from sla_tracker.services.imports.parts import new_run, run_to_continue
from sla_tracker.services.imports.rows import (
    NOT_OF_THE_ROW,
    Imported,
    ImportPlan,
    PlannedRow,
    ReadList,
    ReadRow,
    RequestRow,
    RowFate,
)
from sla_tracker.services.ports import Act, Store, Writing
from sla_tracker.value_class import dataclass

R = TypeVar("R")

Said = tuple[str, str, str, str, tuple[tuple[str, str], ...]]


class _Tried(Exception):
    """Ends the transaction of a trial, so that nothing of it is stored."""

    def __init__(self, found: object) -> None:
        super().__init__()
        self.found = found


class _TrialStore:
    """A store that rolls every write back after its work was done."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> object:
        """Return what the store itself has."""
        return getattr(self._store, name)

    def write(
        self, act: Act, work: Callable[[Writing], R], _on_commit: Callable[[int], None] | None = None
    ) -> R:
        """Run work, roll it back, and return its result."""

        def trial(tx: Writing) -> R:
            raise _Tried(work(tx))

        try:
            return self._store.write(act, trial)
        except _Tried as tried:
            return tried.found  # type: ignore[return-value]


def plan_requests(
    context: ServiceContext, actor: Actor, read: ReadList[RequestRow], run: ImportRun | None = None
) -> ImportPlan[RequestRow]:
    """Return what would become of each row of a list of requests; changes nothing.

    Each request is tried by the rules by which it would be asked. Raises Forbidden.
    """
    context.require(actor, Right.REGISTER_EVENT, context.now())
    known = context.store.read(lambda tx: tx.find(Request, consumer=actor.department))
    trying = replace(context, store=_TrialStore(context.store), observers=())  # type: ignore[arg-type]
    judge = _Judge(context=trying, actor=actor, read=read)
    judge.remember(known, run)
    return ImportPlan(read=read, rows=tuple(judge.fate(row) for row in read.rows))


def import_requests(
    context: ServiceContext,
    actor: Actor,
    plan: ImportPlan[RequestRow],
    *,
    update: bool = False,
    run: ImportRun | None = None,
    progress: Callable[[int], None] | None = None,
) -> Imported[RequestRow]:
    """Ask the new requests of a plan, one commit each.

    The record of the import is written before the first and after the last. What was asked is never changed by a list,
    so `update` changes nothing. Raises Forbidden, and Refused where the import cannot go on.
    """
    context.require(actor, Right.REGISTER_EVENT, context.now())
    read, new = plan.read, plan.with_fate(RowFate.NEW)
    left_out = list(plan.with_fate(RowFate.DOUBTFUL))
    same = len(plan.with_fate(RowFate.SAME))
    if run is not None:
        run_to_continue(read, run)
    if not new and run is None:
        return Imported(same=same, left_out=tuple(left_out))
    begun = run or new_run(context, actor, read, len(new), update=update)
    if run is None:
        _store(context, actor, begun)
    added = begun.added
    for row in new:
        try:
            _ask(context, actor, read, row, begun.id)
        except NOT_OF_THE_ROW:
            raise  # nothing is wrong with the row: the import goes on later
        except SlaError as problem:
            left_out.append(refused(read, row, OBLIGATION, problem))
            continue
        added += 1
        if progress is not None:
            progress(row.row)
    done = replace(
        begun, state=RunState.DONE, added=added, opened=added, last_row=max(row.row for row in read.rows)
    )
    _store(context, actor, done)
    return Imported(
        id=done.id,
        added=added,
        same=same,
        opened=added,
        left_out=tuple(sorted(left_out, key=lambda row: row.row)),
    )


def _store(context: ServiceContext, actor: Actor, run: ImportRun) -> None:
    context.write(actor, Verb.IMPORTED_REQUESTS, lambda tx, _now: tx.put(run), reason=run.id)


def _ask(
    context: ServiceContext, actor: Actor, read: ReadList[RequestRow], row: PlannedRow[RequestRow], run: str
) -> None:
    entry = row.entry
    if entry is not None:
        requests.ask(
            context,
            actor,
            entry.obligation,
            provider=entry.provider,
            subject=entry.subject,
            text=entry.text,
            wanted_at=entry.wanted_at,
            fields=entry.fields,
            again=True,  # the plan has compared it already
            import_id=run,
            import_key=key_of_row(read.reading, entry),
        )


@dataclass(slots=True, kw_only=True)
class _Judge:
    """Finds the fate of rows one after the other."""

    context: ServiceContext
    actor: Actor
    read: ReadList[RequestRow]
    _by_key: dict[str, str] = field(default_factory=dict)
    _open: dict[Said, str] = field(default_factory=dict)
    _asked: Counter[Said] = field(default_factory=Counter)
    _rows: dict[str | Said, int] = field(default_factory=dict)

    def remember(self, known: Sequence[Request], run: ImportRun | None) -> None:
        """Keep the known requests by key, the open ones, and those of this import.

        `run` is an import that goes on, if there is one.
        """
        for one in known:
            said = (one.obligation, one.provider, one.subject_key, one.text, _in_order(one.fields))
            if one.import_key:
                self._by_key[one.import_key] = one.id
            if run is not None and one.import_id == run.id:
                self._asked[said] += 1
            elif one.state in requests.OPEN:
                self._open[said] = one.id

    def fate(self, row: ReadRow[RequestRow]) -> PlannedRow[RequestRow]:
        """Return a row with its fate."""
        return judged(row, self._fate_of_entry)

    def _fate_of_entry(self, row: ReadRow[RequestRow], entry: RequestRow) -> PlannedRow[RequestRow]:
        key, said = key_of_row(self.read.reading, entry), _said(entry)
        there = self._by_key.get(key, "") if key else self._open.get(said, "")
        if there or self._asked[said] > 0:
            self._asked[said] -= 1
            return PlannedRow(row=row.row, fate=RowFate.SAME, entry=entry, id=there)
        doubt = next(self._doubts(row, entry, key, said), None)
        return doubt or PlannedRow(row=row.row, fate=RowFate.NEW, entry=entry)

    def _doubts(
        self, row: ReadRow[RequestRow], entry: RequestRow, key: str, said: Said
    ) -> Iterator[PlannedRow[RequestRow]]:
        again = self.read.reading.again
        earlier = self._rows.setdefault(key or said, row.row)
        if earlier != row.row and (key or not again):
            told = UsageError(N_("row {row} says the same"), row=earlier)
            yield doubtful(self.read, row, [(KEY if key else OBLIGATION, told)], repeats=not key)
        try:
            requests.ask(
                self.context,
                self.actor,
                entry.obligation,
                provider=entry.provider,
                subject=entry.subject,
                text=entry.text,
                wanted_at=entry.wanted_at,
                fields=entry.fields,
                again=again or bool(key),
            )
        except NeedsConfirmation as problem:
            yield doubtful(self.read, row, [(SUBJECT, problem)], repeats=True)
        except NOT_OF_THE_ROW:
            raise
        except SlaError as problem:
            yield doubtful(self.read, row, list(self._wrong_cells(entry, problem)))

    def _wrong_cells(self, entry: RequestRow, problem: SlaError) -> Iterator[tuple[str, SlaError]]:
        """Yield the columns that a refused request is wrong in, each with its error.

        Where no field is wrong, it is the column of the obligation.
        """
        asked = self.context.catalogue.obligations[entry.obligation]
        fields = fields_of_request(one for one in asked.triggers if isinstance(one, OnRequest))
        wrong = [
            (field_column(field.id), one)
            for field in (fields if isinstance(problem, Incomplete) else ())
            for one in problems_with(
                (field,), {id: text for id, text in entry.fields.items() if id == field.id}
            )
        ]
        yield from wrong or [(OBLIGATION, problem)]


def _said(entry: RequestRow) -> Said:
    given = _in_order(filled(entry.fields))
    return entry.obligation, entry.provider, subject_key(entry.subject), entry.text.strip(), given


def _in_order(fields: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(fields.items()))


def withdraw_all(context: ServiceContext, actor: Actor, run: ImportRun) -> tuple[int, int]:
    """Withdraw the open requests of an import.

    Returns how many, and how many stay because they are settled.
    """
    found = context.store.read(lambda tx: tx.find(Request, import_id=run.id))
    open_ones = [one for one in found if one.state in requests.OPEN]
    for one in open_ones:
        requests.withdraw(context, actor, one.id, f"sla imports {reference_of(run.id)}")
    return len(open_ones), len(found) - len(open_ones)
