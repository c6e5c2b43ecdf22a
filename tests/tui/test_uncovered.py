"""Requests that no obligation covers, causes asked at a late delivery, and what stands beside a rate."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import Select

from sla_tracker import i18n
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.request import Request, RequestState
from sla_tracker.services import requests
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import operations, ratings
from sla_tracker.tui.dialogs.duties.deliver import DeliverDialog
from sla_tracker.tui.dialogs.duties.statement import WordsDialog
from sla_tracker.tui.dialogs.register import AskApartDialog
from tests.services.acts import opened, stored, who
from tests.tui.trial import SIZES, an_app, press, quiet, text_of, type_in


def the_request(context: ServiceContext) -> Request:
    (found,) = context.store.read(lambda tx: tx.find(Request))
    return found


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lang", ["zh_CN", "en"])
async def test_what_is_not_on_the_list_is_asked_answered_and_settled(
    context: ServiceContext, lang: str, size: tuple[int, int]
) -> None:
    i18n.use(lang)
    async with an_app(context, "chen.jing").run_test(size=size) as pilot:
        await press(pilot, "4", "d", "down", "end", "enter")
        dialog = pilot.app.screen
        assert isinstance(dialog, AskApartDialog)
        await press(pilot, "ctrl+s")
        assert the_requests(context) == []
        dialog.query_one(Select).value = "sales"
        dialog.text.focus()
        await type_in(pilot, "修一下打印机")
        await press(pilot, "ctrl+s")
        assert ("约定之外 1" if lang == "zh_CN" else "Covered by no obligation 1") in text_of(pilot.app)
    assert the_request(context).duty == ""
    async with an_app(context, "wang.fang").run_test(size=size) as pilot:
        await press(pilot, "4", "a")
        await type_in(pilot, "明天来修")
        await press(pilot, "ctrl+s")
        assert the_request(context).answer == "明天来修"
        await press(pilot, "a")
        assert the_request(context).state is RequestState.ANSWERED
    async with an_app(context, "chen.jing").run_test(size=size) as pilot:
        await press(pilot, "4", "a")
        assert "明天来修" in text_of(pilot.app)
        await press(pilot, "ctrl+s")
    assert the_request(context).state is RequestState.SETTLED


def the_requests(context: ServiceContext) -> list[Request]:
    return list(context.store.read(lambda tx: tx.find(Request)))


async def test_one_that_is_covered_is_answered_too_and_an_uncovered_one_withdrawn(
    context: ServiceContext,
) -> None:
    covered, _duty = requests.ask(context, who(context, "chen.jing"), "invoice-copy", subject="HT-1")
    async with an_app(context, "wang.fang").run_test() as pilot:
        await press(pilot, "4", "a")
        await type_in(pilot, "soon")
        await press(pilot, "ctrl+s")
    assert the_request(context).answer == "soon"
    requests.withdraw(context, who(context, "chen.jing"), covered.id, "found it")
    apart = requests.ask_uncovered(context, who(context, "chen.jing"), "sales", text="Fix the printer")
    async with an_app(context, "chen.jing").run_test() as pilot:
        await press(pilot, "4", "x")
        await type_in(pilot, "it works again")
        await press(pilot, "ctrl+s")
        assert "duty cancelled" not in text_of(pilot.app)
    (gone,) = (one for one in the_requests(context) if one.id == apart.id)
    assert gone.state is RequestState.WITHDRAWN


def late_sheet(context: ServiceContext) -> Duty:
    return opened(context, "2026-11-18 10:00")["order-sheet"]


async def deliver(pilot: Pilot[None], duty: Duty) -> None:
    """Deliver a duty from view 1."""
    await quiet(pilot)
    found = place_of(pilot, duty)
    await press(pilot, "home", *["down"] * found, "enter")
    assert isinstance(pilot.app.screen, DeliverDialog)
    await press(pilot, "ctrl+s")


def place_of(pilot: Pilot[None], duty: Duty) -> int:
    rows = pilot.app.screen.list.rows  # type: ignore[attr-defined]
    return next(number for number, row in enumerate(rows) if row.id == duty.id)


@pytest.mark.parametrize("lang", ["zh_CN", "en"])
async def test_a_late_delivery_asks_why(context: ServiceContext, lang: str) -> None:
    i18n.use(lang)
    duty = late_sheet(context)
    async with an_app(context, "wang.fang").run_test(size=SIZES[0]) as pilot:
        await deliver(pilot, duty)
        dialog = pilot.app.screen
        assert isinstance(dialog, WordsDialog)
        assert ("按 esc 跳过" if lang == "zh_CN" else "Skip this with esc") in text_of(pilot.app)
        dialog.query_one(Select).value = "waiting"
        await press(pilot, "ctrl+s")
    assert stored(context, duty).cause == "waiting"


async def test_the_question_is_skipped_and_asked_once(context: ServiceContext) -> None:
    duty = late_sheet(context)
    async with an_app(context, "wang.fang").run_test() as pilot:
        await deliver(pilot, duty)
        await press(pilot, "escape")
        assert not isinstance(pilot.app.screen, WordsDialog)
    assert stored(context, duty).deliveries
    operations.return_(context, who(context, "chen.jing"), duty.id, "unsigned")
    async with an_app(context, "wang.fang").run_test() as pilot:
        await deliver(pilot, duty)
        assert not isinstance(pilot.app.screen, WordsDialog)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lang", ["zh_CN", "en"])
async def test_view_3_shows_causes_verdicts_and_requests(
    context: ServiceContext, lang: str, size: tuple[int, int]
) -> None:
    i18n.use(lang)
    duty = late_sheet(context)
    operations.deliver(context, who(context, "wang.fang"), duty.id)
    ratings.explain(context, who(context, "wang.fang"), duty.id, "workload")
    operations.return_(context, who(context, "chen.jing"), duty.id, "unsigned")
    requests.ask_uncovered(context, who(context, "chen.jing"), "sales", text="Fix the printer")
    async with an_app(context, "wang.fang").run_test(size=size) as pilot:
        await press(pilot, "3")
        lines = pilot.app.screen.figures.rows  # type: ignore[attr-defined]
        said = "\n".join(f"{line.label} {line.number} {line.note}" for line in lines)
    words = ("约定之外 1", "工作量大") if lang == "zh_CN" else ("Uncovered 1", "too much work")
    for one in (*words, "Σ 100.0 %"):
        assert one in said
