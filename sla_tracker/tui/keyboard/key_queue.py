"""Runs keys, pastes and actions strictly in the order in which they came."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from textual.events import Key, Paste
from textual.message_pump import MessagePump

if TYPE_CHECKING:
    from textual.app import App

QueuedAction = Callable[[], Awaitable[object]]
Opening = Callable[[float], Awaitable[None]]

# Longest wait for a widget to handle its messages before the next key is typed; a busy machine takes its time.
LONGEST_SECONDS = 5.0
# Pause between two looks whether the widget is still there.
LOOK_SECONDS = 0.1
# Longest wait for what a key asked the store for; later keys then run all the same.
LONGEST_OPENING_SECONDS = 10.0
# Rounds of waiting until screen and focus no longer change: a dialog may close and open another one.
MAX_ROUNDS = 4


class KeyQueue:
    """Types one key at a time and waits until its effects have happened.

    Textual hands a key to the focused widget and takes the next one at once, so that a confirming key overtakes text
    that was typed before it, and letters reach the list before the dialog that they were meant for is open.
    """

    def __init__(
        self, app: App[None], type_key: Callable[[Key | Paste], Awaitable[object]], opening: Opening
    ) -> None:
        """Keep `type_key`, which hands keys to Textual, and `opening`.

        `opening` waits for the calls that keys have started.
        """
        self._app = app
        self._type_key = type_key
        self._opening = opening
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

    @property
    def is_blocked(self) -> bool:
        """Return whether the first action, and so all later keys, wait for the deployment."""
        return bool(self._acts) and (self._is_blocked or not self._is_running)

    def hold(self, act: QueuedAction) -> None:
        """Queue an action; one that was running but cannot run yet returns to the front."""
        if self._is_running:
            self._acts.appendleft(act)
            self._is_blocked = True
        else:
            self._acts.append(act)

    async def receive(self, event: Key | Paste) -> None:
        """Type a key now if nothing is before it, else queue it."""
        if self.is_any:
            self._acts.append(lambda: self._typed(event))
            if not self._is_blocked:
                self.go_on()
            return
        self._is_running = True
        self._is_blocked = False
        try:
            passed = await self._type(event)
        except BaseException:
            self._is_running = False
            raise
        # In a worker of its own: the app's own loop has to go on handling what the key caused.
        self._app.run_worker(self._settle_and_work_off(passed), group="waiting")

    def go_on(self) -> None:
        """Run the queued actions as far as possible."""
        if self._acts and not self._is_running:
            self._is_running = True
            self._app.run_worker(self._work_off(), group="waiting")

    async def _settle_and_work_off(self, passed: list[MessagePump]) -> None:
        try:
            await self._handled(passed)
            await self._settle()
        except BaseException:
            self._is_running = False
            raise
        if self._is_blocked:
            self._is_running = False
        else:
            await self._work_off()

    async def _work_off(self) -> None:
        try:
            while self._acts:
                self._is_blocked = False
                await self._acts.popleft()()
                if self._is_blocked:
                    return
                await self._settle()
        finally:
            self._is_running = False

    async def _settle(self) -> None:
        """Wait until the effects of a key are visible.

        Dialogs are opened or closed, the focus is set, calls are answered.
        """
        for _round in range(MAX_ROUNDS):
            before = self._app.screen, self._app.focused
            await self._opening(LONGEST_OPENING_SECONDS)
            await _has_handled_messages(self._app.screen)
            await _has_handled_messages(self._app)
            if before == (self._app.screen, self._app.focused):
                return
            # A screen sets its focus when it has been drawn.
            await _after_refresh(self._app.screen)

    async def _typed(self, event: Key | Paste) -> None:
        """Type a queued key, and wait until every widget that it passes has handled it."""
        await self._handled(await self._type(event))

    async def _type(self, event: Key | Paste) -> list[MessagePump]:
        """Hand a key to Textual; returns the widgets that it passes."""
        passed: list[MessagePump] = [*(self._app.focused or self._app.screen).ancestors_with_self]
        await self._type_key(event)
        return passed

    async def _handled(self, passed: list[MessagePump]) -> None:
        for widget in passed:
            if widget is not self._app:
                await _has_handled_messages(widget)


async def _has_handled_messages(pump: MessagePump) -> None:
    """Wait until a widget has handled its messages, or is gone; at most LONGEST_SECONDS."""
    done = asyncio.Event()
    if pump.call_later(done.set):
        await _happened(done, pump)


async def _after_refresh(pump: MessagePump) -> None:
    """Wait until a screen has been drawn anew, or is gone; at most LONGEST_SECONDS."""
    done = asyncio.Event()
    if pump.call_after_refresh(done.set):
        await _happened(done, pump)


async def _happened(done: asyncio.Event, pump: MessagePump) -> None:
    end = asyncio.get_running_loop().time() + LONGEST_SECONDS
    # A widget that is removed meanwhile handles nothing more, and tells nobody.
    while not done.is_set() and pump.is_running and asyncio.get_running_loop().time() < end:
        with suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), LOOK_SECONDS)
