"""What somebody writes into a form is stored, kept for later, or was never asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from textual.pilot import Pilot
from textual.widgets import Select, TextArea

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.states import State
from sla_tracker.errors import N_, NeedsConfirmation, SlaError
from sla_tracker.services import events, requests
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.deployment import OpenDeployment
from sla_tracker.services.duties import holds, operations
from sla_tracker.services.queries.duties import detail
from sla_tracker.testing.company import an_actor, local
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.calls import duties
from sla_tracker.tui.dialogs.agreements import AgreementFileDialog
from sla_tracker.tui.dialogs.dialog import Dialog
from sla_tracker.tui.dialogs.duties.hold import OutsiderHoldDialog
from sla_tracker.tui.dialogs.duties.judge import JudgeDialog
from sla_tracker.tui.dialogs.duties.party_dialogs import dialog_for
from sla_tracker.tui.dialogs.duties.statement import WordsDialog
from sla_tracker.tui.dialogs.prompts import TextDialog
from sla_tracker.tui.dialogs.register import CorrectDialog
from sla_tracker.tui.dialogs.report import ReportDialog
from sla_tracker.tui.gateway import Call
from sla_tracker.tui.messages import Done
from sla_tracker.tui.messages.done import DutyDelivered
from sla_tracker.tui.screens.base.duty_list_screen import BoardScreen
from sla_tracker.tui.screens.events import EventsScreen
from sla_tracker.tui.startup import start_of
from tests.cli.runner import FakeDeployment
from tests.tui.trial import a_deployment, find, press, quiet, text_of, type_in, until

SIZE = (110, 34)
ANSWERS = (("yes", "counts"), ("no", "does not count"))


async def opened(pilot: Pilot[None], dialog: Dialog) -> None:
    """Show a dialog over the first view, once that has its rows."""
    app = pilot.app
    await until(pilot, lambda: isinstance(app.screen, BoardScreen) and bool(app.screen.list.rows))
    await app.push_screen(dialog)
    await quiet(pilot)


async def left(pilot: Pilot[None]) -> None:
    """Leave the dialog in front with what is filled in."""
    await press(pilot, "escape", "escape")
    assert not isinstance(pilot.app.screen, Dialog)


def at_once(_deployment: OpenDeployment) -> Done:
    return DutyDelivered(a_duty())


def a_duty() -> Duty:
    return find(a_deployment().context, "order-sheet", "鄂F·12345")


async def test_an_answer_without_words_is_said_before_they_are_left_out() -> None:
    app, made = SlaApp(start_of(a_deployment())), list[tuple[str, str]]()

    def make(choice: str, words: str, _insists: bool) -> Call:
        made.append((choice, words))
        return at_once

    async with app.run_test(size=SIZE) as pilot:
        dialog = WordsDialog(
            "Changed", make, choice="It", options=ANSWERS, needs_words=False, wordless={"yes"}
        )
        await opened(pilot, dialog)
        dialog.select.value, dialog.text.text = "yes", "the customer came later"
        await press(pilot, "ctrl+s")
        assert "This answer stores no words" in text_of(app)
        assert made == []
        await press(pilot, "ctrl+s")
        assert made == [("yes", "the customer came later")]


async def test_where_no_answer_stores_words_none_are_asked_for() -> None:
    deployment = a_deployment("sun.hua")
    context, duty = deployment.context, find(deployment.context, "decoration-sheet", "鄂F·12345")
    holds.hold(context, an_actor(context, "wang.fang"), duty.id, waits_for="service", reason="the sheet")
    held = holds.object_to(context, an_actor(context, "chen.jing"), duty.id, "not needed")
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.gateway.has_deployment)
        await opened(pilot, dialog_for(app, "judge_hold", held))
        assert not app.screen.query(TextArea)
        app.screen.query_one(Select).value = "no"
        await press(pilot, "ctrl+s")
        stored = context.store.read(lambda tx: tx.get(Duty, duty.id))
        assert stored is not None
        assert stored.holds[-1].confirmed is False


async def test_a_doubted_act_is_insisted_on_with_the_same_answers_only() -> None:
    app, insisted = SlaApp(start_of(a_deployment())), list[bool]()

    def make(_choice: str, _words: str, insists: bool) -> Call:
        insisted.append(insists)

        def doubt(_deployment: OpenDeployment) -> Done:
            raise NeedsConfirmation(N_("The store is back."))

        return doubt

    async with app.run_test(size=SIZE) as pilot:
        dialog = WordsDialog("Rate", make, choice="Level", options=ANSWERS, needs_words=False)
        await opened(pilot, dialog)
        dialog.select.value = "no"
        await press(pilot, "ctrl+s", "ctrl+s")
        dialog.select.value = "yes"
        await press(pilot, "ctrl+s")
        dialog.text.text = "better now"
        await press(pilot, "ctrl+s", "ctrl+s")
    assert insisted == [False, True, False, False, True]


async def test_a_correction_of_the_subject_leaves_the_time_alone() -> None:
    deployment = a_deployment()
    context = deployment.context
    at = local("2026-11-20 13:40") + timedelta(seconds=37)
    event = events.register(
        context,
        an_actor(context, "wang.fang"),
        "vehicle-delivered",
        subject="鄂F·55555",
        at=at,
        fields={"cash": "no"},
    ).event
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE) as pilot:
        dialog = CorrectDialog(context.catalogue.event_types[event.type], event)
        await opened(pilot, dialog)
        dialog.subject.value = "鄂F·55556"
        await press(pilot, "ctrl+s")
        stored = context.store.read(lambda tx: tx.get(Event, event.id))
        assert stored is not None
        assert (stored.subject, stored.at) == ("鄂F·55556", at)


async def test_a_tick_for_one_claim_is_not_filled_in_for_another() -> None:
    deployment = a_deployment("chen.jing")
    context, wang = deployment.context, an_actor(deployment.context, "wang.fang")
    duty = find(context, "order-sheet", "鄂F·12345")
    app = SlaApp(start_of(deployment))

    def judging() -> JudgeDialog:
        found = detail(context, duty.id)
        assert found is not None
        return JudgeDialog(found)

    async with app.run_test(size=SIZE) as pilot:
        await quiet(pilot)
        await press(pilot, "2")
        operations.deliver(context, wang, duty.id, claimed_at=local("2026-11-20 09:00"))
        first = judging()
        await opened(pilot, first)
        first.claim.value = True
        await left(pilot)
        operations.take_back(context, wang, duty.id)
        operations.deliver(context, wang, duty.id, claimed_at=local("2026-11-19 08:30"))
        second = judging()
        await opened(pilot, second)
        assert second.claim.value is False
        second.claim.value = True
        await left(pilot)
        third = judging()
        await opened(pilot, third)
        assert third.claim.value is True  # this claim is the one that was ticked


async def test_a_reason_for_one_request_is_not_filled_in_for_another() -> None:
    deployment = a_deployment("chen.jing")
    context = deployment.context
    for subject in ("HT-1", "HT-2"):
        requests.ask(
            context, an_actor(context, "chen.jing"), "invoice-copy", subject=subject, text="the third"
        )
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE) as pilot:
        await quiet(pilot)
        await press(pilot, "4")
        screen = app.screen
        assert isinstance(screen, EventsScreen)
        for subject, filled in (("HT-1", ""), ("HT-2", ""), ("HT-1", "not needed")):
            place = next(
                n for n, row in enumerate(screen.list.rows) if row.request and row.subject == subject
            )
            screen.list.go_to(place)
            await press(pilot, "x")
            dialog = app.screen
            assert isinstance(dialog, TextDialog)
            assert subject in text_of(app)
            assert dialog.text.text == filled
            if subject == "HT-1" and not filled:
                await type_in(pilot, "not needed")
                await left(pilot)
            else:
                await press(pilot, "escape")


async def test_a_refused_look_opens_nothing_later(monkeypatch: pytest.MonkeyPatch) -> None:
    app = SlaApp(start_of(a_deployment()))

    def refuse(_duty: str) -> Call:
        def refused(_deployment: OpenDeployment) -> Done:
            raise SlaError(N_("The store is back."))

        return refused

    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: isinstance(app.screen, BoardScreen) and bool(app.screen.list.rows))
        await quiet(pilot)
        for view in ("1", "5", "6"):
            await press(pilot, view, "home")
            screen = app.screen
            with monkeypatch.context() as patch:
                patch.setattr(duties, "duty", refuse)
                await press(pilot, "w")
                assert "The store is back." in [one.message for one in app._notifications]
                app.clear_notifications()
            await press(pilot, "down", "up")
            assert app.screen is screen


async def test_a_files_name_follows_what_it_is_about_until_it_is_typed() -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=SIZE) as pilot:
        report = ReportDialog("2026-11")
        await opened(pilot, report)
        report.dates.value = "2026-Q3"
        await pilot.pause()
        assert report.file.value == "sla-2026-Q3.html"
        report.file.value = "mine.pdf"
        report.dates.value = "2026"
        await pilot.pause()
        assert report.file.value == "mine.pdf"
        report.dismiss()
        page = AgreementFileDialog("finance")
        await opened(pilot, page)
        page.other.value = "service"
        await pilot.pause()
        assert page.file.value == "agreements-sales-service.html"


async def test_a_duty_waits_for_a_person_or_for_somebody_outside() -> None:
    deployment = a_deployment()
    duty = find(deployment.context, "decoration-sheet", "鄂F·12345")
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: isinstance(app.screen, BoardScreen) and bool(app.screen.list.rows))
        await quiet(pilot)
        board = app.screen
        assert isinstance(board, BoardScreen)
        assert board.list.go_to_key(duty.id)
        await press(pilot, "h")
        await type_in(pilot, "somebody else")
        await press(pilot, "enter")
        dialog = app.screen
        assert isinstance(dialog, OutsiderHoldDialog)
        dialog.party.value, dialog.reason.text = "finanze", "the transfer"
        await press(pilot, "ctrl+s")
        assert "Did you mean “finance”?" in str(dialog.problem.render())
        dialog.party.value = "the bank"
        await press(pilot, "ctrl+s")
        assert hold_of(deployment, duty) == ("the bank", "the transfer")
        for _resumed_and_held in range(2):
            assert board.list.go_to_key(duty.id)
            await press(pilot, "h")
        await type_in(pilot, "chen.jing")
        await press(pilot, "enter")
        await type_in(pilot, "the stamp")
        await press(pilot, "ctrl+s")
        assert hold_of(deployment, duty) == ("chen.jing", "the stamp")


def hold_of(deployment: FakeDeployment, duty: Duty) -> tuple[str, str]:
    stored = deployment.context.store.read(lambda tx: tx.get(Duty, duty.id))
    assert stored is not None
    assert stored.state is State.HELD
    return stored.holds[-1].waits_for, stored.holds[-1].reason


def test_a_delivery_says_which_plugin_could_not_review_it() -> None:
    context: ServiceContext = a_deployment().context
    duty = operations.deliver(context, an_actor(context, "wang.fang"), a_duty().id)
    assert duty.delivery is not None
    missed = replace(duty, deliveries=(replace(duty.delivery, not_reviewed=("papers",)),))
    assert DutyDelivered(missed).sentence().endswith("Not reviewed: plugin papers failed.")
