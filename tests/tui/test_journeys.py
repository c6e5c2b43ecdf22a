"""What people do in the terminal, from key to store; what was told is looked at before what is drawn."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import TextArea

from sla_tracker import i18n
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.duties.event import Event, EventState
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.measures.scorecard import figures
from sla_tracker.domain.verbs import Verb
from sla_tracker.services import events, requests
from sla_tracker.services.duties import operations as use_cases
from sla_tracker.services.ports import Writing
from sla_tracker.testing.company import a_context, an_actor, local, set_clock
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.dialogs.dialog import Dialog
from sla_tracker.tui.dialogs.duties.deliver import DeliverDialog
from sla_tracker.tui.dialogs.duties.judge import JudgeDialog
from sla_tracker.tui.dialogs.register import AskDialog, RegisterDialog
from sla_tracker.tui.dialogs.why import DetailDialog
from sla_tracker.tui.messages import CallRefused
from sla_tracker.tui.messages.done import (
    ActRedone,
    ActUndone,
    DutyAccepted,
    DutyAssigned,
    DutyDelivered,
    DutyHeld,
    DutyResumed,
    DutyReturned,
    DutyTaken,
    EventRegistered,
    EvidenceKept,
    NoteWritten,
    RequestAsked,
    RequestWithdrawn,
)
from sla_tracker.tui.screens.base.duty_actions import ActingScreen
from sla_tracker.tui.screens.base.duty_list_screen import BoardScreen
from sla_tracker.tui.screens.subject import SubjectScreen
from sla_tracker.tui.startup import start_of
from sla_tracker.tui.widgets.cards.facts import FactSheet
from tests.cli.runner import FakeDeployment
from tests.tui.trial import a_deployment, find, quiet, text_of, told, type_in, until

SIZE = (110, 34)


def board(pilot: Pilot[None]) -> BoardScreen:
    screen = pilot.app.screen
    assert isinstance(screen, BoardScreen)
    return screen


async def go_to(pilot: Pilot[None], duty: Duty) -> None:
    await until(pilot, lambda: bool(board(pilot).list.rows))
    assert board(pilot).list.go_to_key(duty.id)
    await quiet(pilot)


def stored(deployment: FakeDeployment, id: str) -> Duty:
    duty = deployment.context.store.read(lambda tx: tx.get(Duty, id))
    assert duty is not None
    return duty


async def test_a_duty_is_delivered_with_its_evidence() -> None:
    deployment, heard = a_deployment(), list[Message]()
    duty = find(deployment.context, "decoration-sheet", "鄂F·12345")
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE, message_hook=heard.append, notifications=True) as pilot:
        await go_to(pilot, duty)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DeliverDialog))
        await pilot.press("ctrl+s")
        assert "It cannot be delivered before that." in text_of(app)
        assert stored(deployment, duty.id).state is State.OPEN
        await pilot.press("space", "tab")
        await type_in(pilot, "１，２００")
        assert "complete" in text_of(app)
        assert "It cannot be delivered before that." not in text_of(app)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(told(heard, DutyDelivered)))
        await quiet(pilot)
        assert "u takes it back" in text_of(app)
    after = stored(deployment, duty.id)
    assert after.state is State.DELIVERED
    assert after.delivery is not None
    assert after.delivery.evidence == {"sheet": "yes", "amount": "1200"}


async def test_evidence_is_kept_without_delivering_and_can_be_cleared() -> None:
    deployment, heard = a_deployment(), list[Message]()
    duty = find(deployment.context, "decoration-sheet", "鄂F·12345")
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE, message_hook=heard.append) as pilot:
        for kept in ({"sheet": "yes"}, {}):
            await go_to(pilot, duty)
            await pilot.press("e")
            await until(pilot, lambda: isinstance(app.screen, DeliverDialog))
            await pilot.press("space", "ctrl+k")
            await until(pilot, lambda: not isinstance(app.screen, Dialog))
            assert told(heard, EvidenceKept)
            assert stored(deployment, duty.id).draft == kept


@pytest.mark.parametrize("accepting", [True, False])
async def test_a_delivery_is_judged(accepting: bool) -> None:
    deployment, heard = a_deployment("sun.li"), list[Message]()
    duty = find(deployment.context, "order-sheet", "鄂F·67890")
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE, message_hook=heard.append) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: getattr(app.screen, "VIEW", "") == "owed")
        await until(pilot, lambda: bool(board(pilot).list.rows))
        assert board(pilot).list.rows[0].id == duty.id
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, JudgeDialog))
        if accepting:
            await pilot.press("ctrl+s")
            await until(pilot, lambda: bool(told(heard, DutyAccepted)))
        else:
            await pilot.press("ctrl+r")
            assert "needs a reason" in text_of(app)
            assert isinstance(app.focused, TextArea)
            await type_in(pilot, "no signature")
            await pilot.press("ctrl+r")
            await until(pilot, lambda: bool(told(heard, DutyReturned)))
    after = stored(deployment, duty.id)
    assert after.state is (State.ACCEPTED if accepting else State.OPEN)
    assert accepting or (after.delivery is not None and after.delivery.reason == "no signature")


async def test_an_event_is_registered_by_pinyin_and_as_people_say_the_time() -> None:
    i18n.use("zh")
    deployment, heard = a_deployment(), list[Message]()
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE, message_hook=heard.append) as pilot:
        await pilot.press("4")
        await until(pilot, lambda: getattr(app.screen, "VIEW", "") == "events")
        await quiet(pilot)
        await pilot.press("i")
        await type_in(pilot, "cljf")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RegisterDialog))
        await type_in(pilot, "鄂F·99999")
        await pilot.press("enter")
        await type_in(pilot, "昨天 16:40")
        assert "2026-11-19 周四 16:40" in text_of(app)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(told(heard, EventRegistered)))
        await quiet(pilot)
        assert "鄂F·99999" in text_of(app)
        (done,) = told(heard, EventRegistered)
        assert isinstance(done, EventRegistered)
        assert len(done.registered.opened) == 3
        assert done.sentence() == "已登记：车辆交付 鄂F·99999 – 生成 3 个事项"


async def test_the_same_event_again_takes_a_second_yes() -> None:
    deployment, heard = a_deployment(), list[Message]()
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE, message_hook=heard.append) as pilot:
        await until(pilot, lambda: bool(board(pilot).list.rows))
        app.call_later(
            app.push_screen, RegisterDialog(deployment.context.catalogue.event_types["vehicle-delivered"])
        )
        await type_in(pilot, "鄂f67890")
        await pilot.press("enter")
        await type_in(pilot, "11-19 9:00")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(told(heard, CallRefused)))
        await until(pilot, lambda: "Register it again?" in text_of(app))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(told(heard, EventRegistered)))


async def test_the_same_request_again_takes_a_second_yes() -> None:
    deployment, heard = a_deployment("chen.jing"), list[Message]()
    app = SlaApp(start_of(deployment))
    wanted = deployment.context.catalogue.obligation("invoice-copy")
    requests.ask(deployment.context, deployment.actor, wanted.id, subject="HT-1")
    async with app.run_test(size=SIZE, message_hook=heard.append) as pilot:
        await quiet(pilot)
        app.call_later(app.push_screen, AskDialog(wanted))
        await type_in(pilot, "ht-1")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Ask for it again?" in text_of(app))
        assert not told(heard, RequestAsked)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(told(heard, RequestAsked)))


async def test_a_request_may_be_wanted_on_a_day() -> None:
    deployment, heard = a_deployment("chen.jing"), list[Message]()
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE, message_hook=heard.append) as pilot:
        await quiet(pilot)
        dialog = AskDialog(deployment.context.catalogue.obligation("invoice-copy"))
        app.call_later(app.push_screen, dialog)
        await type_in(pilot, "ht-77")
        dialog.wanted.value = "2026-11-30"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(told(heard, RequestAsked)))
    (asked,) = [message for message in heard if isinstance(message, RequestAsked)]
    assert asked.request.wanted_on == date(2026, 11, 30)


async def test_the_duty_of_a_request_shows_what_exactly_is_needed() -> None:
    deployment = a_deployment()
    app, duty = SlaApp(start_of(deployment)), find(deployment.context, "invoice-copy", "HT-2200")
    async with app.run_test(size=SIZE) as pilot:
        await quiet(pilot)
        screen = app.screen
        assert isinstance(screen, ActingScreen)
        assert "第三联" not in text_of(app)
        assert screen.list.go_to_key(duty.id)
        await until(pilot, lambda: "第三联" in text_of(app))


async def test_a_request_that_says_nothing_is_refused_and_stays_open() -> None:
    deployment, heard = a_deployment("chen.jing"), list[Message]()
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE, message_hook=heard.append) as pilot:
        await quiet(pilot)
        app.call_later(app.push_screen, AskDialog(deployment.context.catalogue.obligation("invoice-copy")))
        await until(pilot, lambda: isinstance(app.screen, AskDialog))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Say what “Copy of an invoice” is asked for" in text_of(app))
        await pilot.press("tab", "M", "a", "y", "ctrl+s")
        await until(pilot, lambda: bool(told(heard, RequestAsked)))


async def test_a_request_is_asked_and_withdrawn() -> None:
    deployment, heard = a_deployment("sun.li"), list[Message]()
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE, message_hook=heard.append) as pilot:
        await pilot.press("4")
        await until(pilot, lambda: getattr(app.screen, "VIEW", "") == "events")
        await quiet(pilot)
        await pilot.press("d")
        await pilot.press("enter")
        await pilot.pause()
        await type_in(pilot, "HT-1")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(told(heard, RequestAsked)))
        await quiet(pilot)
        await pilot.press("x")
        await type_in(pilot, "not needed")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(told(heard, RequestWithdrawn)))


async def test_a_planned_event_is_moved_and_cancelled() -> None:
    deployment, heard = a_deployment(), list[Message]()
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE, message_hook=heard.append) as pilot:
        await pilot.press("4")
        await until(pilot, lambda: getattr(app.screen, "VIEW", "") == "events")
        await quiet(pilot)
        event = deployment.context.store.read(lambda tx: tx.find(Event, type="settlement-scheduled"))[0]
        assert app.screen.list.go_to_key(event.id)  # type: ignore[attr-defined]
        await pilot.press("v")
        await type_in(pilot, "11-27 9:00")
        await until(pilot, lambda: "11-24 18:00 → 11-26 18:00" in text_of(app))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: len(told(heard, EventRegistered)) == 1)
        await quiet(pilot)
        await pilot.press("x")
        await type_in(pilot, "called off")
        assert "What follows:" in text_of(app)
        assert "Be at the settlement (Sales → Finance): cancelled" in text_of(app)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: len(told(heard, EventRegistered)) == 2)
    after = deployment.context.store.read(lambda tx: tx.get(Event, event.id))
    assert after is not None
    assert (after.state, after.reason) == (EventState.CANCELLED, "called off")
    assert f"{after.at.astimezone(deployment.context.settings.zone):%m-%d %H:%M}" == "11-27 09:00"


async def test_take_note_assign_hold_and_undo() -> None:
    deployment, heard = a_deployment("li.na"), list[Message]()
    duty = find(deployment.context, "decoration-sheet", "鄂F·67890")
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE, message_hook=heard.append) as pilot:
        await go_to(pilot, duty)
        await pilot.press("t")
        await until(pilot, lambda: bool(told(heard, DutyTaken)))
        assert stored(deployment, duty.id).assignee == "li.na"
        await quiet(pilot)
        await pilot.press("n")
        await type_in(pilot, "call him")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(told(heard, NoteWritten)))
        await quiet(pilot)
        await pilot.press("u")
        await until(pilot, lambda: bool(told(heard, ActUndone)))
        assert stored(deployment, duty.id).notes == ()
        await quiet(pilot)
        undone = told(heard, ActUndone)[0]
        assert isinstance(undone, ActUndone)
        assert undone.what == "note on “Decoration sheet” 鄂F·67890"
        await pilot.press("ctrl+y")
        await until(pilot, lambda: bool(told(heard, ActRedone)))
        assert [note.text for note in stored(deployment, duty.id).notes] == ["call him"]
        await quiet(pilot)
        await pilot.press("a")
        await type_in(pilot, "wf")
        await pilot.press("enter")
        await until(pilot, lambda: bool(told(heard, DutyAssigned)))
        assert stored(deployment, duty.id).assignee == "wang.fang"
        await go_to(pilot, duty)
        await pilot.press("h")
        await type_in(pilot, "fin")
        await pilot.press("enter")
        await pilot.pause()
        await type_in(pilot, "their stamp")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(told(heard, DutyHeld)))
        await go_to(pilot, duty)
        await pilot.press("h")
        await until(pilot, lambda: bool(told(heard, DutyResumed)))


async def test_who_comes_second_is_told_who_was_first_and_when() -> None:
    deployment, heard = a_deployment(), list[Message]()
    duty = find(deployment.context, "order-sheet", "鄂F·12345")
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE, message_hook=heard.append) as pilot:
        await go_to(pilot, duty)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DeliverDialog))
        use_cases.deliver(deployment.context, an_actor(deployment.context, "zhao.lei"), duty.id)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(told(heard, CallRefused)))
        await quiet(pilot)
        assert "already delivered by" in text_of(app)
        assert isinstance(app.screen, DeliverDialog)


async def test_others_changes_appear_without_a_key_and_nothing_moves() -> None:
    deployment, heard = a_deployment(), list[Message]()
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE, message_hook=heard.append) as pilot:
        await until(pilot, lambda: bool(board(pilot).list.rows))
        await pilot.press("end")
        selected = board(pilot).list.current
        assert selected is not None
        duty = find(deployment.context, "decoration-sheet", "鄂F·67890")
        use_cases.take(deployment.context, an_actor(deployment.context, "wang.fang"), duty.id)
        await until(
            pilot, lambda: any(row.id == duty.id and row.assignee for row in board(pilot).list.rows), 2.0
        )
        current = board(pilot).list.current
        assert current is not None
        assert current.id == selected.id


async def test_everything_about_one_subject_and_back() -> None:
    deployment = a_deployment()
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE) as pilot:
        await go_to(pilot, find(deployment.context, "decoration-sheet", "鄂F·12345"))
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, SubjectScreen))
        await quiet(pilot)
        assert "3 duties of all departments" in text_of(app)
        assert "Service" in text_of(app)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, SubjectScreen))
        await pilot.press("f")
        await quiet(pilot)
        await type_in(pilot, "22222")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SubjectScreen))


async def test_the_calendar_shows_planned_duties_and_opens_a_day() -> None:
    deployment = a_deployment()
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: bool(board(pilot).list.rows))
        await pilot.press("c")
        await quiet(pilot)
        await pilot.press("pagedown")
        await quiet(pilot)
        for _ in range(15):
            await pilot.press("left")
        await quiet(pilot)
        assert "[5]" in text_of(app)
        await pilot.press("right", "right")
        await quiet(pilot)
        assert "Commission list" in text_of(app)
        assert "planned" in text_of(app)


async def test_why_a_duty_is_due_when_it_is() -> None:
    deployment = a_deployment()
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE) as pilot:
        await go_to(pilot, find(deployment.context, "decoration-sheet", "鄂F·12345"))
        await pilot.press("w")
        await quiet(pilot)
        assert "Why is it due then?" in text_of(app)
        assert "16 Nov 2026" in text_of(app)


async def test_who_gave_too_little_time_stands_beside_the_deadline() -> None:
    deployment = a_deployment()
    at = local("2026-11-20 16:00")
    events.register(
        deployment.context,
        an_actor(deployment.context, "chen.jing"),
        "settlement-scheduled",
        subject="合同 9001",
        at=at,
    )
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE) as pilot:
        await go_to(pilot, find(deployment.context, "settlement-papers", "合同 9001"))
        await quiet(pilot)
        assert "陈静 gave the event's time" in text_of(app)
        await pilot.press("w")
        await quiet(pilot)
        (said,) = (
            fact.content.plain for fact in app.screen.query_one(FactSheet).facts if fact.label == "Notice"
        )
        assert said.startswith("陈静 gave the event's time on 11-20")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("zsd", {"decoration-sheet"}),
        ("鄂f12345", {"decoration-sheet", "order-sheet"}),
        ("state:overdue", {"decoration-sheet", "cash-slip", "commission-list", "order-sheet"}),
        ("person:wf zsd", {"decoration-sheet"}),
        ("due:11-23..11-30", {"invoice-copy", "settlement-papers", "settlement-present", "decoration-sheet"}),
        ("nothing-like-this", set()),
    ],
)
async def test_the_filter_finds(typed: str, found: set[str]) -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: bool(board(pilot).list.rows))
        every = len(board(pilot).list.rows)
        await pilot.press("slash")
        await type_in(pilot, typed)
        await quiet(pilot)
        assert {row.obligation for row in board(pilot).list.rows} <= found
        assert bool(board(pilot).list.rows) == bool(found)
        await pilot.press("enter", "escape")
        await quiet(pilot)
        assert len(board(pilot).list.rows) == every


async def test_scopes_and_orders() -> None:
    app = SlaApp(start_of(a_deployment("zhao.lei")))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: bool(board(pilot).list.rows))
        mine = len(board(pilot).list.rows)
        await pilot.press("m")
        assert len(board(pilot).list.rows) > mine
        await pilot.press("m")
        assert all(not row.assignee for row in board(pilot).list.rows)
        await pilot.press("o")
        titles = [row.title.en.casefold() for row in board(pilot).list.rows]
        assert titles == sorted(titles)
        assert "Duty ▾" in text_of(app)


async def test_views_by_digits_and_by_arrows_speak_both_languages() -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=SIZE) as pilot:
        for digit, shown in (
            ("3", "Service levels"),
            ("7", "quarantined"),
            ("4", "Settlement"),
            ("1", "Overdue"),
        ):
            await pilot.press(digit)
            await quiet(pilot)
            assert shown in text_of(app)
        await pilot.press("ctrl+l")
        await quiet(pilot)
        assert "逾期" in text_of(app)
        assert "我的事项" in text_of(app)
        await pilot.press("ctrl+right")
        await quiet(pilot)
        assert "交车检查" in text_of(app)


async def test_a_reader_reads_and_is_told_why_no_more() -> None:
    app = SlaApp(start_of(a_deployment("guest")))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: getattr(app.screen, "VIEW", "") == "owed")
        await until(pilot, lambda: bool(board(pilot).list.rows))
        await quiet(pilot)
        line = text_of(app).splitlines()[-1]
        assert "Details" in line
        assert "Judge" not in line
        assert "Note" not in line
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DetailDialog))
        await pilot.press("escape", "n")
        await type_in(pilot, "well done")
        await pilot.press("ctrl+s")
        await quiet(pilot)
        assert "may not write a note" in text_of(app)


async def test_nothing_to_do_says_what_to_do_next() -> None:
    deployment = FakeDeployment(folder=Path(), context=a_context(), actor=an_actor(a_context(), "chen.jing"))
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(80, 24)) as pilot:
        await quiet(pilot)
        assert "2 shows what your department is owed" in text_of(app)
        await pilot.press("4")
        await quiet(pilot)
        assert "i registers an event" in text_of(app)


def overdue(pilot: Pilot[None]) -> int:
    counts = board(pilot).counts.counts
    assert counts is not None
    return counts.overdue


async def test_a_new_minute_moves_rows_to_where_they_belong_now() -> None:
    deployment = a_deployment()
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: bool(board(pilot).list.rows))
        before = overdue(pilot)
        set_clock(deployment.context, "2026-11-24 09:00")
        app._look_at_clock()
        await quiet(pilot)
        assert overdue(pilot) > before
        assert "2026-11-24 Tue 09:00" in text_of(app)


def test_what_was_done_in_the_terminal_is_recorded_as_such() -> None:
    deployment = a_deployment()
    duty = find(deployment.context, "order-sheet", "鄂F·12345")
    use_cases.deliver(deployment.context, deployment.actor, duty.id)
    *_before, change = deployment.context.store.history(duty.id)
    assert change.act.via == "terminal"


async def test_a_closed_month_says_so_above_its_figures() -> None:
    deployment = a_deployment()

    def close(tx: Writing, now: datetime) -> None:
        kept = figures(tx.find(Duty), now=now, target=deployment.context.settings.target)
        tx.put(Month(id="2026-11", closed_at=now, closed_by="li.na", figures=kept))

    deployment.context.write(None, Verb.CLOSED_MONTH, close)
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("3")
        await quiet(pilot)
        assert "2026-11 (closed)" in text_of(app)
