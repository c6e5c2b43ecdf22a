"""Events: which answers a time makes required, and what an event opened."""

from __future__ import annotations

from textual.widgets import Input

from sla_tracker.testing.company import set_clock
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.dialogs.register import RegisterDialog
from sla_tracker.tui.screens.events import EventsScreen
from sla_tracker.tui.startup import start_of
from tests.tui.trial import a_deployment, quiet, text_of, until

SIZE = (130, 36)


def line_of(app: SlaApp, word: str) -> str:
    return next(line for line in text_of(app).splitlines() if word in line)


async def test_a_field_is_starred_as_soon_as_the_time_requires_it() -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=SIZE) as pilot:
        await quiet(pilot)
        kind = app.view_context.catalogue.event_types["vehicle-delivered"]
        label = kind.fields[0].label.en
        await app.push_screen(RegisterDialog(kind))
        dialog = app.screen
        assert isinstance(dialog, RegisterDialog)
        for typed, starred in (
            ("11-19 17:10", True),
            ("11-19 16:10", False),
            ("?", False),
        ):
            dialog.query(Input)[1].value = typed
            await until(pilot, lambda starred=starred: (f"{label} *" in text_of(app)) is starred)  # type: ignore[misc]
        dialog.query(Input)[1].value = "11-19 17:10"
        await until(pilot, lambda: dialog.form.missing() == [label])


async def test_the_card_says_what_the_event_opened_and_how_it_stands() -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=SIZE) as pilot:
        await quiet(pilot)
        await pilot.press("4")
        await quiet(pilot)
        screen = app.screen
        assert isinstance(screen, EventsScreen)
        for place, row in enumerate(screen.list.rows):
            if row.subject == "鄂F·67890":
                screen.list.go_to(place)
        await quiet(pilot)
        assert "verdict by" in line_of(app, "» Order sheet")
        assert "Cash slip" in text_of(app)
        for place, row in enumerate(screen.list.rows):
            if row.subject == "鄂F·12345":
                screen.list.go_to(place)
        await quiet(pilot)
        assert "overdue" in line_of(app, "● Order sheet")
        assert "Cash slip" not in text_of(app)


async def test_events_say_how_much_is_open_and_are_filtered_by_department() -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("4")
        await quiet(pilot)
        assert "○ 3" in line_of(app, "鄂F·67890")
        screen = app.screen
        assert isinstance(screen, EventsScreen)
        everything = len(screen.list.rows)
        for asked, found in (("dept:finance", everything), ("部门：仓库", 0), ("dept:service 67890", 1)):
            await pilot.press("slash")
            screen.filter.value = asked
            await quiet(pilot)
            assert len(screen.list.rows) == found, asked


async def test_an_event_whose_planned_time_has_passed_is_not_called_planned() -> None:
    deployment = a_deployment()
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("4")
        await quiet(pilot)
        assert "planned" in line_of(app, "Settlement scheduled")
        set_clock(deployment.context, "2026-11-25 10:01")
        app._look_at_clock()
        await quiet(pilot)
        assert "planned" not in line_of(app, "Settlement scheduled")
