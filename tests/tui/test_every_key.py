"""Presses every key of every page: no page of duties lacks what a key of its base class needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from textual.binding import Binding
from textual.pilot import Pilot

from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.screens.agreements import AgreementsScreen
from sla_tracker.tui.screens.base.duty_list_screen import BoardScreen
from sla_tracker.tui.screens.base.view_screen import ViewScreen
from sla_tracker.tui.screens.calendar import CalendarScreen
from sla_tracker.tui.screens.detail_rows import DetailRowsScreen
from sla_tracker.tui.screens.events import EventsScreen
from sla_tracker.tui.screens.figure_rows import FigureRowsScreen
from sla_tracker.tui.screens.inbox import InboxScreen
from sla_tracker.tui.screens.month_end import MonthEndScreen
from sla_tracker.tui.screens.my_duties import DutiesScreen
from sla_tracker.tui.screens.owed import OwedScreen
from sla_tracker.tui.screens.plugins import PluginsScreen
from sla_tracker.tui.screens.reminders import RemindersScreen
from sla_tracker.tui.screens.service_levels import LevelsScreen
from sla_tracker.tui.screens.subject import SubjectScreen
from sla_tracker.tui.startup import start_of
from sla_tracker.tui.widgets.lists.line_list import LineList
from tests.tui.trial import a_deployment, find, press, quiet, until

PAGES_OF_DUTIES: list[tuple[type[ViewScreen], tuple[str, ...]]] = [
    (SubjectScreen, ("s",)),
    (CalendarScreen, ("c",)),
    (MonthEndScreen, ("3", "m")),
    (FigureRowsScreen, ("3", "enter")),
]
PAGES: list[tuple[type[ViewScreen], tuple[str, ...]]] = [
    *PAGES_OF_DUTIES,
    (
        DetailRowsScreen,
        ("3", "tab", *["down"] * 7, "enter"),
    ),  # before view 3 is left with its other side in front
    (DutiesScreen, ()),
    (OwedScreen, ("2",)),
    (LevelsScreen, ("3",)),
    (EventsScreen, ("4",)),
    (InboxScreen, ("5",)),
    (RemindersScreen, ("6",)),
    (PluginsScreen, ("7",)),
    (CalendarScreen, ("c", "tab")),
    (AgreementsScreen, ("d",)),
]
"""Each page with the keys that open it from the first view."""
ENDING = frozenset({"back", "quit"})


def keys_of(screen: ViewScreen) -> Iterator[Binding]:
    """Yield the bindings of a page and of its app, each action once; those that move a cursor have their own tests."""
    seen = set(ENDING)
    for node, binding, enabled, _tip in screen.active_bindings.values():
        is_left = isinstance(node, LineList) or binding.action in seen or "view(" in binding.action
        if enabled and not is_left:
            seen.add(binding.action)
            yield binding


async def press_all(pilot: Pilot[None], only: frozenset[str] = frozenset()) -> set[str]:
    """Press the keys of the page in front (those of some actions only), and return the actions.

    What a key opens is closed again. The test's app raises what a key raises.
    """
    app, pressed = pilot.app, set[str]()
    assert isinstance(app, SlaApp)
    page, focused = app.screen, app.focused
    assert isinstance(page, ViewScreen)
    for binding in list(keys_of(page)):
        if only and binding.action not in only:
            continue
        page.set_focus(focused if focused is not None and focused.is_attached else None)
        await pilot.press(binding.key)
        for _ in range(2):
            await until(pilot, lambda: not app.awaits_answers(rows=True))
        pressed.add(binding.action)
        while app.screen is not page and page in app.screen_stack:
            await app.pop_screen()
    return pressed


async def walk(
    pages: list[tuple[type[ViewScreen], tuple[str, ...]]], only: frozenset[str] = frozenset()
) -> list[set[str]]:
    """Open the pages one after the other from the first view, and press their keys."""
    deployment = a_deployment()
    app, pressed = SlaApp(start_of(deployment)), list[set[str]]()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, BoardScreen) and bool(app.screen.list.rows))
        await quiet(pilot)
        for kind, opening in pages:
            view = app.screen
            assert isinstance(view, DutiesScreen)
            view.list.go_to_key(find(deployment.context, "decoration-sheet", "鄂F·12345").id)
            await press(pilot, *opening)
            assert isinstance(app.screen, kind)
            pressed.append(await press_all(pilot, only))
            await press(pilot, "1")
    return pressed


async def test_a_page_over_a_view_prints_and_copies_its_list() -> None:
    both = frozenset({"print", "copy"})
    assert await walk(PAGES_OF_DUTIES, both) == [both] * len(PAGES_OF_DUTIES)


@pytest.mark.faults
async def test_no_key_of_a_page_ends_the_program(effort: Callable[[int, int], int]) -> None:
    pressed = await walk(PAGES[:: effort(len(PAGES), 1)])
    assert all(pressed)
