"""Events from a list: the fate of each row, twice the same list, corrections, parts, taking back, erasing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.duties.event import Event, EventState
from sla_tracker.domain.imports.run import ImportKind, ImportMap, ImportRun, ListReading, RunState
from sla_tracker.errors import Forbidden, NotFound, Refused, StoreError
from sla_tracker.services import erasure, events
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import operations
from sla_tracker.services.imports import parts
from sla_tracker.services.imports.events import import_events, plan_events
from sla_tracker.services.imports.maps import remember, remembered
from sla_tracker.services.imports.rows import EventRow, Imported, ReadList, ReadRow
from sla_tracker.services.imports.undo import take_back
from sla_tracker.services.months.archive import close_and_seal
from sla_tracker.services.ports import Store
from sla_tracker.testing.company import a_context, local, set_clock
from tests.services.acts import TICKED, live, who

AT = "2026-11-19 10:00"


def row(number: int, subject: str, at: str = AT, *, key: str = "", **fields: str) -> ReadRow[EventRow]:
    entry = EventRow(type="vehicle-delivered", subject=subject, at=local(at), fields=fields, key=key)
    return ReadRow(
        row=number, entry=entry, cells={"subject": (f"A{number}", subject), "at": (f"B{number}", at)}
    )


def a_list(*rows: ReadRow[EventRow], digest: str = "1", again: bool = False) -> ReadList[EventRow]:
    return ReadList(
        kind=ImportKind.EVENTS, file="交车.xlsx", digest=digest, sheet="交车", used={}, labels={}, rows=rows,
        reading=ListReading(about="vehicle-delivered", again=again),
    )  # fmt: skip


def take(
    context: ServiceContext, read: ReadList[EventRow], *, update: bool = False, run: ImportRun | None = None
) -> Imported[EventRow]:
    actor = who(context, "chen.jing")
    return import_events(context, actor, plan_events(context, actor, read, run), update=update, run=run)


def fates(context: ServiceContext, read: ReadList[EventRow]) -> list[str]:
    return [row.fate.value for row in plan_events(context, who(context, "chen.jing"), read).rows]


def stored(context: ServiceContext) -> list[Event]:
    return context.store.read(lambda tx: sorted(tx.find(Event), key=lambda event: event.subject))


def test_a_list_opens_what_its_events_would_open_and_a_second_time_nothing(any_store: Store) -> None:
    context = a_context(store=any_store)
    read = a_list(row(2, "鄂F·1", key="A1"), row(3, "鄂F·2", "2026-11-20 09:00", cash="no"), ReadRow(row=4))
    done = take(context, read)
    assert (done.added, done.opened, done.left_out) == (2, 6, ())
    one, two = stored(context)
    assert (one.import_key, two.import_key, one.registered_from) == ("vehicle-delivered/A1", "", "finance")
    by_hand = a_context()
    same = events.register(
        by_hand, who(by_hand, "chen.jing"), "vehicle-delivered", subject="鄂F·1", at=local(AT)
    )
    duties = context.store.read(lambda tx: tx.find(Duty, event=one.id))
    assert {duty.obligation: duty.deadline for duty in duties} == {
        duty.obligation: duty.deadline for duty in same.opened
    }
    sequence = context.store.sequence()
    assert fates(context, read) == ["same", "same", "no_entry"]
    assert take(context, read) == Imported(same=2)
    assert context.store.sequence() == sequence
    (run,) = parts.runs(context)
    assert (run.state, run.added, run.opened, run.by) == (RunState.DONE, 2, 6, "chen.jing")
    assert parts.find_run(context, run.id[-6:]) == run
    with pytest.raises(NotFound, match="sla imports shows them"):
        parts.find_run(context, "nothing")


def test_rows_that_repeat_another_are_left_out_until_somebody_insists() -> None:
    context = a_context()
    events.register(context, who(context, "wang.fang"), "vehicle-delivered", subject="鄂F9", at=local(AT))
    rows = (
        row(2, "鄂F·1"), row(3, "鄂f1"), row(4, "鄂F·1", "2026-11-19 15:00"), row(5, "鄂F·9"),
        row(6, "鄂F·9", "2026-11-19 15:00"),
    )  # fmt: skip
    assert fates(context, a_list(*rows)) == ["new", "doubtful", "doubtful", "same", "doubtful"]
    plan = plan_events(context, who(context, "chen.jing"), a_list(*rows))
    assert [cell.sentence() for planned in plan.rows for cell in planned.unclear] == [
        "交车, cell A3, “鄂f1”: row 2 says the same", "交车, cell A4, “鄂F·1”: row 2 says the same",
        "交车, cell A6, “鄂F·9”: on that day it was already registered by 王芳, for 2026-11-19 02:00",
    ]  # fmt: skip
    assert fates(context, a_list(*rows, again=True)) == ["new", "new", "new", "same", "new"]
    assert take(context, a_list(*rows, again=True)).added == 4
    assert fates(context, a_list(*rows)) == ["same", "same", "same", "same", "same"]


def test_different_keys_are_different_events_and_a_key_twice_is_a_mistake() -> None:
    context = a_context()
    rows = (row(2, "鄂F·1", key="A"), row(3, "鄂F·1", key="B"), row(4, "鄂F·2", key="A"))
    assert fates(context, a_list(*rows)) == ["new", "new", "doubtful"]
    assert fates(context, a_list(*rows, again=True)) == ["new", "new", "doubtful"]
    take(context, a_list(*rows))
    other = replace(a_list(*rows), reading=ListReading(about="vehicle-delivered", source="other"))
    assert fates(context, other) == ["doubtful", "doubtful", "doubtful"]


def test_what_cannot_be_registered_names_its_cell() -> None:
    context = a_context()
    read = a_list(row(2, "…"), row(3, "鄂F·2", "2026-11-20 15:00"), row(4, "鄂F·3", cash="maybe"))
    done = take(context, read)
    assert [cell.sentence() for left in done.left_out for cell in left.unclear] == [
        "交车, cell A2, “…”: Plate: “…” has no letter and no digit, by which it would be found again.",
        ("交车, cell B3, “2026-11-20 15:00”: “Vehicle delivered” is something that has happened, but 2026-11-20 07:00 "
        "lies ahead (now 2026-11-20 06:00)."),
        "交车, cell A4, “鄂F·3”: Cash: “maybe” is not one of yes (Yes), no (No).",
    ]  # fmt: skip
    assert (done.id, done.added, stored(context)) == ("", 0, [])
    with pytest.raises(Forbidden):
        plan_events(context, who(context, "guest"), read)


def test_a_correction_is_made_only_when_it_is_wanted() -> None:
    context = a_context()
    take(context, a_list(row(2, "鄂F·1", key="A", cash="no"), row(3, "鄂F·2", key="B")))
    again = a_list(
        row(2, "鄂F·7", "2026-11-19 11:00", key="A"), row(3, "鄂F·2", key="B", cash="yes"), digest="2"
    )
    plan = plan_events(context, who(context, "chen.jing"), again)
    assert [[one.what for one in planned.differences] for planned in plan.rows] == [
        ["subject", "at"],
        ["field.cash"],
    ]
    assert take(context, again).added == 0
    assert [event.subject for event in stored(context)] == ["鄂F·1", "鄂F·2"]
    assert take(context, again, update=True).changed == 2
    assert [(event.subject, event.fields) for event in stored(context)] == [
        ("鄂F·2", {"cash": "yes"}), ("鄂F·7", {"cash": "no"}),
    ]  # fmt: skip
    assert {duty.subject for duty in context.store.read(lambda tx: tx.find(Duty))} == {"鄂F·2", "鄂F·7"}
    assert fates(context, again) == ["same", "same"]


def test_a_planned_event_of_a_list_is_moved() -> None:
    context = a_context()

    def settlement(at: str) -> ReadList[EventRow]:
        entry = EventRow(type="settlement-scheduled", subject="合同 1", at=local(at), key="7")
        return a_list(ReadRow(row=2, entry=entry, cells={"subject": ("A2", "合同 1")}), digest=at)

    take(context, settlement("2026-12-01 10:00"))
    assert take(context, settlement("2026-12-03 10:00"), update=True).changed == 1
    (event,) = stored(context)
    assert event.at == local("2026-12-03 10:00")
    assert [change.act.what for change in context.store.history(event.id)] == [
        "imported_events",
        "moved_event",
    ]


class StopAfter:
    """A store that fails before a commit, as a killed program does."""

    def __init__(self, store: Store, commits: int) -> None:
        self._store, self._left = store, commits

    def __getattr__(self, name: str) -> object:
        if name == "write":
            self._left -= 1
            if self._left < 0:
                raise StoreError("the power is gone")
        return getattr(self._store, name)


def many(count: int = 23) -> ReadList[EventRow]:
    # Two equal rows that were insisted on: only the record of the import keeps them from being taken twice.
    rows = [row(2 + number, f"鄂F·{number // 2}") for number in range(count)]
    return a_list(*rows, again=True)


@pytest.mark.parametrize("commits", [0, 1, 3, 4])
def test_an_import_that_was_broken_off_goes_on_and_takes_nothing_twice(
    monkeypatch: pytest.MonkeyPatch, commits: int
) -> None:
    monkeypatch.setattr(parts, "MOST_ROWS", 7)
    monkeypatch.setattr(parts, "MOST_DUTIES", 15)
    context = a_context()
    broken = a_context(store=StopAfter(context.store, commits))  # type: ignore[arg-type]
    with pytest.raises(StoreError):
        take(broken, many())
    assert len(stored(context)) == (0, 5, 7, 12, 14)[commits]  # 15 duties are reached after 5 events
    runs = parts.runs(context)
    assert [run.state for run in runs] == ([RunState.RUNNING] if commits else [])
    done = take(context, many(), run=runs[0] if runs else None)
    assert (done.added, len(stored(context)), done.opened) == (
        23,
        23,
        len(context.store.read(lambda tx: tx.find(Duty))),
    )
    (run,) = parts.runs(context)
    assert run.state is RunState.DONE
    with pytest.raises(Refused, match="nothing to continue"):
        take(context, many(), run=run)


def test_another_file_does_not_go_on_with_an_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "MOST_ROWS", 7)
    context = a_context()
    with pytest.raises(StoreError):
        take(a_context(store=StopAfter(context.store, 1)), many())  # type: ignore[arg-type]
    with pytest.raises(Refused, match="is not the file of this import"):
        take(context, a_list(row(2, "鄂F·1"), digest="other"), run=parts.runs(context)[0])


def test_an_import_is_taken_back_with_its_duties_and_its_keys(any_store: Store) -> None:
    context = a_context(store=any_store)
    read = a_list(row(2, "鄂F·1", key="A"), row(3, "鄂F·2", key="B"))
    run = parts.find_run(context, take(context, read).id)
    with pytest.raises(Forbidden):
        take_back(context, who(context, "wang.fang"), run)
    done = take_back(context, who(context, "sun.li"), run)
    assert (done.cancelled, done.kept) == (2, 0)
    assert {event.state for event in stored(context)} == {EventState.CANCELLED}
    assert {duty.state for duty in context.store.read(lambda tx: tx.find(Duty))} == {State.CANCELLED}
    assert parts.runs(context)[0].state is RunState.UNDONE
    with pytest.raises(Refused, match="taken back already"):
        take_back(context, who(context, "sun.li"), parts.runs(context)[0])
    assert fates(context, read) == ["new", "new"]


def test_taking_back_keeps_what_was_delivered() -> None:
    context = a_context()
    run = parts.find_run(context, take(context, a_list(row(2, "鄂F·1"))).id)
    (sheet,) = live(context, "decoration-sheet")
    operations.deliver(context, who(context, "wang.fang"), sheet.id, evidence=TICKED)
    set_clock(context, "2026-11-20 16:00")
    done = take_back(context, who(context, "chen.jing"), run)
    assert (done.cancelled, done.kept) == (1, 1)
    assert context.store.read(lambda tx: tx.get(Duty, sheet.id)).state is State.DELIVERED  # type: ignore[union-attr]


def test_taking_back_says_what_lies_in_archives_of_the_year_before_too() -> None:
    context = a_context(now="2027-01-05 09:00", obligations=())
    run_at = "2026-12-28 10:00"
    take(context, a_list(row(2, "鄂F·1", run_at), row(3, "鄂F·2", "2027-01-04 10:00")))
    set_clock(context, "2027-01-08 09:00")
    assert close_and_seal(context, who(context, "root"), "2026-12").sealed == 1
    done = take_back(context, who(context, "chen.jing"), parts.runs(context)[0])
    assert (done.cancelled, done.archived) == (1, 1)


def test_an_event_that_was_cancelled_by_hand_stays_cancelled() -> None:
    context = a_context()
    for key in ("", "A"):
        read = a_list(row(2, f"鄂F·{key}1", key=key))
        take(context, read)
        event = next(one for one in stored(context) if one.state is EventState.ACTIVE)
        events.cancel(context, who(context, "chen.jing"), event.id, "a mistake")
        assert fates(context, read) == ["same"]


def test_maps_are_remembered_without_the_doubts_of_one_file() -> None:
    context = a_context()
    actor = who(context, "chen.jing")
    wanted = ListReading(about="vehicle-delivered", columns={"subject": "车牌"}, year=2025, again=True)
    remember(context, actor, "交车", ImportKind.EVENTS, wanted)
    remember(context, actor, "交车", ImportKind.EVENTS, wanted)
    assert remembered(context, "交车", ImportKind.EVENTS) == ListReading(
        about="vehicle-delivered", columns={"subject": "车牌"}
    )
    with pytest.raises(NotFound, match="there are: 交车"):
        remembered(context, "other", ImportKind.EVENTS)
    assert context.store.sequence() == 1


def texts(values: Iterable[object]) -> str:
    return " ".join(map(repr, values))


def test_erasing_a_person_finds_names_of_files_headings_and_keys(any_store: Store) -> None:
    context = a_context(store=any_store)
    actor = who(context, "chen.jing")
    read = a_list(row(2, "张三", key="张三-1"), row(3, "李四"))
    named = ReadList(**{**{name: getattr(read, name) for name in read.__slots__}, "file": "张三的合同.xlsx"})
    take(context, named)
    remember(context, actor, "给张三的表", ImportKind.EVENTS, ListReading(columns={"subject": "张三车牌"}))
    erasure.erase(context, who(context, "root"), "张三", "asked for")
    kinds = (Event, Duty, ImportRun, ImportMap)
    left = context.store.read(lambda tx: texts(value for kind in kinds for value in tx.find(kind)))
    assert "张三" not in left
    assert "李四" in left
    assert "张三" not in texts(values for _change, values in context.store.revisions())
