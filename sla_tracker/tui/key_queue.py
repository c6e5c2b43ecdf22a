"""What is asked for before it can be done: it waits in its order, and a key stays a key until its turn comes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from textual.events import Key
from textual.message_pump import MessagePump

if TYPE_CHECKING:
    from textual.app import App

QueuedAction = Callable[[], Awaitable[object]]

LONGEST_SECONDS = 0.5


class KeyQueue:
    """Holds acts and keys back, and does them one after the other once they can be done.

    What a key means is known only when all before it are done: letters after the key of the filter belong to the
    filter, and those after a key that opens a dialog to the dialog.
    """

    def __init__(self, app: App[None], type_key: Callable[[Key], Awaitable[object]]) -> None:
        self._app = app
        self._type_key = type_key
        self._acts: deque[QueuedAction] = deque()
        self._is_at_it = False
        self._is_stuck = False

    @property
    def is_any(self) -> bool:
        """Say whether anything waits."""
        return self._is_at_it or bool(self._acts)

    @property
    def is_first(self) -> bool:
        """Say whether what is asked for now has nothing before it."""
        return self._is_at_it or not self._acts

    def hold(self, act: QueuedAction) -> None:
        """Keep an act until it can be done; one whose turn had come goes back to its place."""
        if self._is_at_it:
            self._acts.appendleft(act)
            self._is_stuck = True
        else:
            self._acts.append(act)

    def keep(self, key: Key) -> None:
        """Keep a key behind what waits."""
        self._acts.append(lambda: self._typed(key))

    def go_on(self) -> None:
        """Do what waits, as far as it can be done."""
        if self._acts and not self._is_at_it:
            self._is_at_it = True
            self._app.run_worker(self._work_off(), group="waiting")

    async def _work_off(self) -> None:
        try:
            while self._acts:
                self._is_stuck = False
                await self._acts.popleft()()
                if self._is_stuck:
                    return
                # What it opened is in front by then, and has the focus.
                await _has_worked(self._app.screen)
                await _has_worked(self._app)
        finally:
            self._is_at_it = False

    async def _typed(self, key: Key) -> None:
        """Type a key, and wait until everybody whom it passes has seen it."""
        passed = [*(self._app.focused or self._app.screen).ancestors_with_self]
        await self._type_key(key)
        for widget in passed:
            await _has_worked(widget)


async def _has_worked(pump: MessagePump) -> None:
    """Wait until a widget has done what was asked of it by now, unless it is gone or takes too long."""
    done = asyncio.Event()
    if pump.call_later(done.set):
        with suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), LONGEST_SECONDS)
