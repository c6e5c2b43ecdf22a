"""Strangers open every view of the terminal and press every key there, and see nothing that is not for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import pytest
from textual.binding import Binding
from textual.pilot import Pilot

from sla_tracker.services.access import ReadingRule
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.keyboard import key_queue
from sla_tracker.tui.startup import start_of
from sla_tracker.tui.views import VIEWS
from sla_tracker.tui.widgets.lists.line_list import LineList
from tests.reading.company import Company
from tests.tui.trial import text_of, until

WIDE = (130, 32)


@pytest.fixture(autouse=True)
def _keys_are_never_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a key count that follows at once on one that opened nothing."""
    for name in ("QUIET_SECONDS", "BURST_SECONDS"):
        monkeypatch.setattr(key_queue, name, 0.0)


async def settled(pilot: Pilot[None]) -> None:
    """Wait until everything that was asked for is answered and drawn."""
    app = pilot.app
    await until(pilot, lambda: not any(one.group != "watch" and not one.is_finished for one in app.workers))
    await pilot.pause()


def keys_of(app: SlaApp) -> list[str]:
    """Return a key of each binding of the present screen; those of the app show the same in each."""
    moving = {binding.id for binding in LineList.BINDINGS if isinstance(binding, Binding)}
    found: dict[str, str] = {}
    for active in app.screen.active_bindings.values():
        id = active.binding.id
        if id and id not in moving and not id.startswith("app."):
            found.setdefault(id, active.binding.key)
    return list(found.values())


def is_open(app: SlaApp, view: str) -> bool:
    return app.current_mode == view


async def back(pilot: Pilot[None]) -> None:
    """Close what a key has opened over the view."""
    for _ in range(6):
        if len(pilot.app.screen_stack) == 1:
            return
        await pilot.press("escape")
        await settled(pilot)
    raise AssertionError(f"cannot be closed:\n{text_of(pilot.app)}")


async def all_that_is_shown(company: Company, keys: Mapping[str, Sequence[str]] | None) -> dict[str, str]:
    """Open each view and press its keys there, or all; return what stood on the screen, by view and key."""
    app = SlaApp(start_of(company.opened))
    shown = {}
    async with app.run_test(size=WIDE) as pilot:
        await settled(pilot)
        for view in VIEWS:
            await pilot.press(view.key)
            await settled(pilot)
            await until(pilot, partial(is_open, app, view.id))
            shown[view.id] = text_of(app)
            for key in keys_of(app) if keys is None else keys.get(view.id, ()):
                await pilot.press(key)
                await settled(pilot)
                shown[f"{view.id} {key}"] = shown.get(f"{view.id} {key}", "") + text_of(app)
                await back(pilot)
    return shown


@pytest.mark.parametrize(
    ("who", "rule", "keys"),
    [
        ("zhou", ReadingRule.OWN, None),
        ("zhou", ReadingRule.ALL, {"complaints": ("enter", "d"), "levels": ("enter", "m")}),
        ("unknown", ReadingRule.OWN, {"events": ("enter",), "levels": ("enter",)}),
        ("liu", ReadingRule.OWN, {"events": ("enter",), "complaints": ("enter", "d")}),
    ],
)
async def test_no_view_shows_what_is_not_for_the_reader(
    company: Company, who: str, rule: ReadingRule, keys: Mapping[str, Sequence[str]] | None
) -> None:
    company.act_as(who, rule)
    for where, text in (await all_that_is_shown(company, keys)).items():
        assert company.leaked(text, who) == [], where


async def test_whom_a_text_is_for_reads_it_on_the_screen(company: Company) -> None:
    company.act_as("li", ReadingRule.OWN)
    keys = {"owed": ("down",) * 9, "events": ("enter",), "complaints": ("enter", "down", "enter")}
    seen = company.seen("".join((await all_that_is_shown(company, keys)).values()))
    assert {"asked", "offerednote", "papernote", "shift", "complaint", "judged", "reference of sheet"} <= seen
