"""An open terminal is told of what others commit, and reads only that."""

from __future__ import annotations

import asyncio
import select
import socket
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from textual.message import Message

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.event_change import ChangeEffect, EventChange, EventChangeKind, EventTime
from sla_tracker.domain.reminders.reminder import Reminder
from sla_tracker.domain.verbs import Verb
from sla_tracker.serve.sessions.session import SessionLine
from sla_tracker.services import events
from sla_tracker.services.consent.in_force import AgreementsInForce
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import operations
from sla_tracker.services.queries import duties as boards
from sla_tracker.storage.file_events import written_files
from sla_tracker.storage.tinydb import TinyStore
from sla_tracker.testing.company import a_context, an_actor, local, set_clock
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.calls import following
from sla_tracker.tui.messages.session import StoreChanged
from sla_tracker.tui.screens.base import duty_list_screen
from sla_tracker.tui.screens.base.duty_list_screen import BoardScreen
from sla_tracker.tui.startup import start_of
from tests.tui.trial import a_deployment, quiet, text_of, told, until, work_some_days

SIZE = (110, 34)


@dataclass
class CountedReads:
    """Counts how often whole lists are read."""

    whole: int = 0
    reads: list[str] = field(default_factory=list)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> CountedReads:
    found = CountedReads()

    def counting(read: Callable[..., Any]) -> Callable[..., Any]:
        def work(*words: Any, **named: Any) -> Any:
            found.whole += 1
            return read(*words, **named)

        return work

    for name in ("owed_by", "owed_to"):
        monkeypatch.setattr(boards, name, counting(getattr(boards, name)))
    return found


def at_work() -> ServiceContext:
    context = a_context(now="2026-11-02 09:00", name="Trial Motors")
    work_some_days(context)
    return context


def register(context: ServiceContext, plate: str) -> str:
    colleague = an_actor(context, "zhao.lei")
    opened = events.register(
        context, colleague, "vehicle-delivered", subject=plate, at=local("2026-11-20 13:00")
    ).opened
    return next(duty.id for duty in opened if duty.provider == "sales")


def shown(app: SlaApp) -> set[str]:
    """Return the ids of the rows in the list."""
    assert isinstance(app.screen, BoardScreen)
    return {row.id for row in app.screen.list.rows}


async def test_rows_of_others_appear_change_and_go_without_reading_the_list(counted: CountedReads) -> None:
    context = at_work()
    app = SlaApp(start_of(a_deployment(context=context)))
    async with app.run_test(size=SIZE) as pilot:
        await quiet(pilot)
        read = counted.whole
        id = register(context, "鄂F·77777")
        await until(pilot, lambda: "鄂F·77777" in text_of(app), 6)
        assert id in shown(app)
        zhao = an_actor(context, "zhao.lei")
        operations.take(context, zhao, id)  # it is no longer in the pool
        await until(pilot, lambda: id not in shown(app), 6)
        await quiet(pilot)
        assert counted.whole == read


async def test_a_minute_reads_no_list(counted: CountedReads) -> None:
    app = SlaApp(start_of(a_deployment(context=at_work())))
    async with app.run_test(size=SIZE) as pilot:
        await quiet(pilot)
        read = counted.whole
        assert isinstance(app.screen, BoardScreen)
        app.screen.minute_passed()
        await quiet(pilot)
        assert counted.whole == read


async def test_news_end_a_wait_and_silence_does_not() -> None:
    channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with channel, following.StoreNews(SessionLine(channel=channel)) as news:
        began = time.monotonic()
        await news.wait(0.05)
        assert time.monotonic() - began >= 0.04
        theirs.send(b"changed")
        await news.wait(30)
        assert time.monotonic() - began < 20
        theirs.close()  # the teller is gone: no endless loop of empty news
        await news.wait(30)
        assert not news.is_told
        await asyncio.wait_for(news.wait(60), 5)


async def test_without_news_the_store_is_asked() -> None:
    with following.StoreNews(None) as news:
        assert not news.is_told
        await asyncio.wait_for(news.wait(60), 1)


def test_a_long_reading_is_repeated_later_than_a_short_one() -> None:
    pace = following.Pace()
    key = "1:board"
    pace.timed(key, lambda _nothing: None)(None)
    assert pace.pause(key) == 0.0
    assert pace.pause(key) is None  # one waits already
    pace.run(key, lambda: None)
    assert 1.5 < (pace.pause(key) or 0) <= following.LEAST_PAUSE
    pace.run(key, lambda: None)
    pace.timed(key, lambda _nothing: time.sleep(0.2))(None)
    assert (pace.pause(key) or 0) > 3


def test_a_commit_is_told_by_the_system(tmp_path: Path) -> None:
    with closing(TinyStore.open(tmp_path / "store", create=True)) as store:
        context = a_context(store=store)
        source = written_files(store.journal.folders())
        assert source is not None
        try:
            source.take()
            poll = select.poll()  # select.select takes no descriptor beyond 1,023
            poll.register(source, select.POLLIN)
            assert not poll.poll(50)
            with closing(TinyStore.open(tmp_path / "store")) as other:
                register(a_context(store=other), "鄂F·11111")
            assert poll.poll(5_000)
            assert source.take()
            assert context.store.sequence() > 0
        finally:
            source.close()


def test_a_folder_that_is_not_there_is_asked_for(tmp_path: Path) -> None:
    assert written_files([tmp_path / "missing"]) is None


async def test_what_others_do_among_themselves_reads_nothing_for_the_list(
    counted: CountedReads, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sla_tracker.services.queries import board_updates

    context = at_work()
    updates: list[str] = []
    update = board_updates.updated

    def counting(*words: Any, **named: Any) -> Any:
        updates.append("read")
        return update(*words, **named)

    monkeypatch.setattr(board_updates, "updated", counting)
    app, heard = SlaApp(start_of(a_deployment(context=context))), list[Message]()
    async with app.run_test(size=SIZE, message_hook=heard.append) as pilot:
        await quiet(pilot)
        mine = register(context, "鄂F·77777")
        await until(pilot, lambda: mine in shown(app), 6)
        await quiet(pilot)
        assert isinstance(app.screen, BoardScreen)
        heard.clear()
        read, before, whole = len(updates), app.sequence, counted.whole
        live = context.store.read(lambda tx: tx.find(Duty, provider="warehouse"))
        other = next(duty for duty in live if duty.consumer != "sales")
        operations.note(context, an_actor(context, "ma.chao"), other.id, "among us")
        await until(pilot, lambda: app.sequence > before, 6)
        await quiet(pilot)
        assert len(updates) == read
        assert told(heard, StoreChanged) == []  # each message would cost every terminal more than the look
        operations.take(
            context, an_actor(context, "zhao.lei"), mine
        )  # what was passed over keeps nothing back
        await until(pilot, lambda: mine not in shown(app), 6)
        assert (len(updates) > read, counted.whole) == (True, whole)
        assert told(heard, StoreChanged)


def test_a_commit_of_others_costs_their_departments_and_not_the_agreements(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context = at_work()
    live = context.store.read(lambda tx: tx.find(Duty, provider="warehouse"))
    other = next(duty for duty in live if duty.consumer != "sales")
    watching = a_context(store=context.store, now="2026-11-20 14:02")
    seen = watching.store.sequence()
    watching.store.read(lambda tx: None)
    read: list[object] = []
    monkeypatch.setattr(AgreementsInForce, "take", lambda _self, agreements: read.append(agreements))
    operations.note(context, an_actor(context, "ma.chao"), other.id, "among us")
    read.clear()
    changed = following.changes_since(watching, seen)
    assert changed.departments == frozenset({other.provider, other.consumer})
    assert changed.touched == frozenset({("duties", other.id)})
    assert not read
    watching.store.read(lambda tx: None)
    assert read, "what is read afterwards goes by the agreements of then"


def test_who_registered_the_event_of_a_moved_duty_is_concerned() -> None:
    context = at_work()
    planned = next(duty for duty in context.store.read(lambda tx: tx.find(Duty)) if duty.subject == "HT-2211")
    now = context.now()
    change = EventChange(
        kind=EventChangeKind.MOVED, effect=ChangeEffect.AT_ONCE, at=now, by="wang.fang", department="sales",
        registered_from="service", before=EventTime(at=now, set_at=now, set_by="x", set_from="sales"), new_at=now,
    )  # fmt: skip
    moved = replace(planned, event_changes=(change,))
    seen = context.store.sequence()
    context.write(None, Verb.NOTED, lambda tx, _now: tx.put(moved))
    departments = frozenset({planned.provider, planned.consumer, "service"})
    assert following.changes_since(context, seen).departments == departments


@pytest.mark.parametrize("does_chores", [True, False])
async def test_a_terminal_behind_a_service_plans_no_reminders(does_chores: bool) -> None:
    context = at_work()
    register(context, "鄂F·77777")
    set_clock(context, "2026-11-23 09:30")
    deployment = a_deployment(context=context)
    deployment.does_chores = does_chores
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.gateway.planner.first is not None, 20)
        await quiet(pilot)
    assert bool(context.store.read(lambda tx: tx.find(Reminder))) is does_chores


async def test_a_long_list_is_filtered_in_steps_to_the_same_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duty_list_screen, "FILTERED_AT_ONCE", 1)
    monkeypatch.setattr(duty_list_screen, "FILTER_STEP", 2)
    context = at_work()
    ids = [register(context, f"鄂F·{number}") for number in (77771, 77772, 88888)]
    app = SlaApp(start_of(a_deployment(context=context)))
    async with app.run_test(size=SIZE) as pilot:
        await quiet(pilot)
        assert isinstance(app.screen, BoardScreen)
        whole = shown(app)
        wanted = {row.id for row in app.screen.list.rows if "7777" in row.subject}
        await pilot.press("slash", *"7777")
        await until(pilot, lambda: shown(app) == wanted, 6)
        operations.take(context, an_actor(context, "zhao.lei"), ids[0])  # rows that change stay filtered
        await until(pilot, lambda: shown(app) == wanted - {ids[0]}, 6)
        await pilot.press("escape")
        await until(pilot, lambda: shown(app) == whole - {ids[0]}, 6)
