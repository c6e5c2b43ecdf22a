"""View 6: what one was reminded of, a badge, a word in passing; planned by the open terminal itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from sla_tracker.domain.reminders.reminder import ReminderState
from sla_tracker.domain.text import Text
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import operations as acts
from sla_tracker.services.reminders.planner import my_reminders
from sla_tracker.testing.company import a_duty, an_actor, set_clock
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.dialogs.why import DetailDialog, WhyDialog
from sla_tracker.tui.screens.reminders import RemindersScreen
from sla_tracker.tui.startup import start_of
from sla_tracker.tui.widgets.bars.key_bar import KeyBar
from sla_tracker.tui.widgets.bars.view_bar import ViewBar
from tests.cli.runner import FakeDeployment
from tests.services.reminded import a_reminding_context, keep, reminders
from tests.tui.trial import text_of

WIDE = (110, 30)


@pytest.fixture
def context() -> ServiceContext:
    duty = a_duty(assignee="wang.fang", subject="鄂F·12345")
    return a_reminding_context(duty, now="2026-11-20 14:00", policies={"usual_channels": ("terminal",)})


def an_app(context: ServiceContext, person: str = "wang.fang") -> SlaApp:
    return SlaApp(start_of(FakeDeployment(folder=Path(), context=context, actor=an_actor(context, person))))


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    """Wait until something holds; the test fails when it does not within some seconds."""
    for _ in range(200):
        await pilot.pause()
        if holds():
            return
        await asyncio.sleep(0.02)
    pytest.fail("this did not come to hold")


async def opened(pilot: Pilot[None], app: SlaApp, rows: int = 1) -> RemindersScreen:
    await until(pilot, lambda: app.unread is not None)
    await pilot.press("6")
    await until(pilot, lambda: isinstance(app.screen, RemindersScreen) and len(app.screen.list.rows) == rows)
    assert isinstance(app.screen, RemindersScreen)
    return app.screen


async def test_an_open_terminal_plans_by_itself_and_shows_how_many_wait(context: ServiceContext) -> None:
    app = an_app(context)
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: app.unread_duties == 1)
        assert "6 Reminders 1" in str(app.screen.query_one(ViewBar).render())
        assert list(app._notifications) == []
    assert {one.state for one in reminders(context)} == {ReminderState.SENT}


async def test_what_falls_due_later_is_said_in_passing(context: ServiceContext) -> None:
    app = an_app(context)
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: app.gateway.planner.first is not None and app.unread_duties == 1)
        set_clock(context, "2026-11-23 09:00")
        await until(pilot, lambda: len(app._notifications) > 0)
        (note,) = app._notifications
        assert note.message == "Reminder: Decoration sheet · 鄂F·12345 (6)"


async def test_a_title_that_is_cut_off_keeps_its_distance(context: ServiceContext) -> None:
    app = an_app(context)
    async with app.run_test(size=WIDE) as pilot:
        screen = await opened(pilot, app)
        row = replace(screen.list.rows[0], title=Text("客户本人签字的订车单、交车单和委托书", ""))
        lines = ["".join(piece for piece, _ in screen.list.pieces(row, cells)) for cells in (80, 81)]
        assert [line for line in lines if "…" not in line or "…鄂F" in line] == []


async def test_a_line_says_what_is_asked_and_the_card_shows_the_duty(context: ServiceContext) -> None:
    app = an_app(context)
    async with app.run_test(size=WIDE) as pilot:
        screen = await opened(pilot, app)
        text = "".join(piece for piece, _ in screen.list.pieces(screen.list.rows[0], 80))
        assert [
            word
            for word in ("11-20 09:00", "to deliver", "Decoration sheet", "1 day overdue")
            if word not in text
        ] == []
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, WhyDialog))
        await pilot.press("escape", "enter")
        await until(pilot, lambda: isinstance(app.screen, DetailDialog))


async def test_what_was_read_is_counted_in_no_view_any_more(context: ServiceContext) -> None:
    app = an_app(context)
    async with app.run_test(size=WIDE) as pilot:
        screen = await opened(pilot, app)
        await pilot.press("1")
        await until(pilot, lambda: "6 Reminders 1" in text_of(app))
        await pilot.press("6", "X")
        await until(pilot, lambda: not screen.list.rows and app.unread_duties == 0)
        await pilot.press("1")
        await until(pilot, lambda: app.current_mode == "duties")
        await until(pilot, lambda: "●1" not in text_of(app).splitlines()[1])


async def test_what_was_read_is_gone(context: ServiceContext) -> None:
    app = an_app(context)
    async with app.run_test(size=WIDE) as pilot:
        screen = await opened(pilot, app)
        assert "All read" in str(screen.query_one(KeyBar).render())
        await pilot.press("x")
        await until(pilot, lambda: not screen.list.rows and app.unread_duties == 0)
        await until(pilot, lambda: "All read" not in str(screen.query_one(KeyBar).render()))
        assert "●" not in str(screen.query_one(ViewBar).render())
    assert my_reminders(context, "wang.fang") == ()


async def test_what_somebody_else_has_done_disappears_by_itself(context: ServiceContext) -> None:
    app = an_app(context)
    async with app.run_test(size=WIDE) as pilot:
        screen = await opened(pilot, app)
        acts.deliver(context, an_actor(context, "zhao.lei"), a_duty().id)
        await until(pilot, lambda: not screen.list.rows)


async def test_a_reminder_that_falls_due_arrives_while_one_looks_on(context: ServiceContext) -> None:
    app = an_app(context)
    async with app.run_test(size=WIDE) as pilot:
        screen = await opened(pilot, app)
        await pilot.press("X")
        await until(pilot, lambda: not screen.list.rows)
        set_clock(context, "2026-11-23 09:00")
        await until(pilot, lambda: len(screen.list.rows) == 1)


async def test_a_head_sees_what_was_passed_up(context: ServiceContext) -> None:
    app = an_app(context, "li.na")
    async with app.run_test(size=WIDE) as pilot:
        screen = await opened(pilot, app)
        assert next(iter(screen.list.pieces(screen.list.rows[0], 80))) == ("! ", "flag")


@pytest.mark.parametrize("size", [(40, 12), (60, 16), (80, 24), (200, 50)])
async def test_it_fits_every_screen(context: ServiceContext, size: tuple[int, int]) -> None:
    keep(context, a_duty(id="01932f00-0000-7000-8000-000000000001", subject="[/x]\x1b[31m" + "长" * 80))
    app = an_app(context)
    async with app.run_test(size=size) as pilot:
        screen = await opened(pilot, app, rows=2)
        cells = screen.list.scrollable_content_region.width
        assert {screen.list.render_line(y).cell_length for y in range(4)} == {cells}
