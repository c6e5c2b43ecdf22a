"""Fixtures of all terminal tests: the loop of the real terminal, and a cursor that stands still.

The real terminal starts a task at once, where Python can (3.12 and newer).

A test types as if it had read what is shown: only keys that came before a key failed to open something are dropped.
"""

import asyncio
import inspect
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.widgets import Input, TextArea

from sla_tracker.services.context import ServiceContext
from sla_tracker.testing.company import a_context
from sla_tracker.tui.keyboard import key_queue

parse_rules = Stylesheet._parse_rules
parsed: dict[object, list[RuleSet]] = {}


@pytest_asyncio.fixture
async def tasks_at_once() -> AsyncIterator[None]:
    """Let the test's loop start its tasks at once; App.run does, Textual's own harness does not."""
    if factory := getattr(asyncio, "eager_task_factory", None):
        asyncio.get_running_loop().set_task_factory(factory)
    yield


@pytest.fixture
def context() -> ServiceContext:
    """Build a small company in memory."""
    return a_context()


@pytest.fixture(autouse=True)
def as_on_a_real_terminal(request: pytest.FixtureRequest) -> None:
    """Give every coroutine among the tests the loop of the real terminal."""
    if inspect.iscoroutinefunction(request.function):
        request.getfixturevalue("tasks_at_once")


@pytest.fixture(autouse=True)
def steady_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep cursors from blinking: a picture taken half a second later would differ."""
    for field in (Input, TextArea):
        monkeypatch.setattr(field.cursor_blink, "_default", False)


@pytest.fixture(autouse=True)
def read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test's keys count at once after one that opened nothing; a terminal of its own is not touched by this."""
    for name in ("QUIET_SECONDS", "BURST_SECONDS"):
        monkeypatch.setattr(key_queue, name, 0.0)


@pytest.fixture(autouse=True)
def sheets_are_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all apps of these tests share what was parsed with the same colours, as one app does between its screens."""

    def parse_once(sheet: Stylesheet, *given: Any, **named: Any) -> list[RuleSet]:
        key = (frozenset(sheet._variables.items()), given, frozenset(named.items()))
        if key not in parsed:
            parsed[key] = parse_rules(sheet, *given, **named)
        return parsed[key]

    monkeypatch.setattr(Stylesheet, "_parse_rules", parse_once)
