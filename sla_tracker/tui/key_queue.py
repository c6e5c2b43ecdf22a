"""Queues actions and keys that arrive before the deployment is open, in order."""

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

# Longest wait for a widget to handle its messages before the next key is typed.
LONGEST_SECONDS = 0.5


class KeyQueue:
    """Holds actions and keys, and runs them in order once they can run.

    What a key means is known only after all earlier ones have run: letters after the filter's key belong to the filter,
    and those after a key that opens a dialog to the dialog.
    """

    def __init__(self, app: App[None], type_key: Callable[[Key], Awaitable[object]]) -> None:
        self._app = app
        self._type_key = type_key
        self._acts: deque[QueuedAction] = deque()
        self._is_running = False
        self._is_blocked = False

    @property
    def is_any(self) -> bool:
        """Return whether anything is queued or running."""
        return self._is_running or bool(self._acts)

    @property
    def is_first(self) -> bool:
        """Return whether a new action has nothing queued before it."""
        return self._is_running or not self._acts

    def hold(self, act: QueuedAction) -> None:
        """Queue an action; one that was running but cannot run yet returns to the front."""
        if self._is_running:
            self._acts.appendleft(act)
            self._is_blocked = True
        else:
            self._acts.append(act)

    def keep(self, key: Key) -> None:
        """Queue a key."""
        self._acts.append(lambda: self._typed(key))

    def go_on(self) -> None:
        """Run the queued actions as far as possible."""
        if self._acts and not self._is_running:
            self._is_running = True
            self._app.run_worker(self._work_off(), group="waiting")

    async def _work_off(self) -> None:
        try:
            while self._acts:
                self._is_blocked = False
                await self._acts.popleft()()
                if self._is_blocked:
                    return
                # Lets a dialog that the action opened come to the front and take the focus before the next key.
                await _has_handled_messages(self._app.screen)
                await _has_handled_messages(self._app)
        finally:
            self._is_running = False

    async def _typed(self, key: Key) -> None:
        """Type a key, and wait until every widget that it passes has handled it."""
        passed = [*(self._app.focused or self._app.screen).ancestors_with_self]
        await self._type_key(key)
        for widget in passed:
            await _has_handled_messages(widget)


async def _has_handled_messages(pump: MessagePump) -> None:
    """Wait until a widget has handled its present messages, for at most LONGEST_SECONDS."""
    done = asyncio.Event()
    if pump.call_later(done.set):
        with suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), LONGEST_SECONDS)
