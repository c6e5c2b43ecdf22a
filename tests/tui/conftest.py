"""Fixtures of all terminal tests: the loop of the real terminal, and a cursor that stands still.

The real terminal starts a task at once, where Python can (3.12 and newer).

A test types as if it had read what is shown: only keys that came before a key failed to open something are dropped.
"""

import asyncio
import inspect
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from textual.widgets import Input, TextArea

from sla_tracker.tui.keyboard import key_queue


@pytest_asyncio.fixture
async def tasks_at_once() -> AsyncIterator[None]:
    """Let the test's loop start its tasks at once; App.run does, Textual's own harness does not."""
    if factory := getattr(asyncio, "eager_task_factory", None):
        asyncio.get_running_loop().set_task_factory(factory)
    yield


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
    monkeypatch.setattr(key_queue, "QUIET_SECONDS", 0.0)
