"""Runs keys, pastes and actions strictly in the order in which they came."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Protocol

from textual.events import Key, Paste

from sla_tracker.tui.keyboard.effects import KeyEffect
from sla_tracker.value_class import dataclass

if TYPE_CHECKING:
    from textual.app import App
    from textual.message_pump import MessagePump
    from textual.screen import Screen
    from textual.widget import Widget

# Longest wait for a screen to be drawn, and for everything that runs to come to rest.
LONGEST_SECONDS = 5.0
# Pause between two looks whether calls are answered, and whether a screen is still there.
ANSWER_SECONDS = 0.005
LOOK_SECONDS = 0.1
# Wait for an answer after which the keys that leave the program no longer wait for their turn.
PATIENCE_SECONDS = 10.0
# Keys after one that opened nothing are dropped until none has come for so long; nobody reads a notice sooner.
QUIET_SECONDS = 0.7
# The same after a key that means nothing: keys that come closer are text; one that is meant comes later.
BURST_SECONDS = 0.25


class Host(Protocol):
    """The app, as the queue asks it."""

    @property
    def is_opening(self) -> bool:
        """Return whether the store is still being opened."""

    def effect_of(self, event: Key | Paste) -> KeyEffect:
        """Return what a key is expected to do where it would be typed now."""

    def runs_at_once(self, event: Key) -> bool:
        """Return whether a key skips the queue."""

    def awaits_answers(self, *, rows: bool) -> bool:
        """Return whether a call is unanswered that later keys depend on.

        With `rows`, a call that fills a list counts, too.
        """

    def say_dropped(self, effect: KeyEffect) -> None:
        """Say that what was typed was not taken, as the key before lacks its `effect` yet."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A key (or paste) that waits for its turn, or an action that could not run yet."""

    act: Callable[[], Awaitable[object]]
    event: Key | Paste | None = None
    effect: KeyEffect | None = None  # None until the key is typed: it depends on the place


class KeyQueue:
    """Types one key at a time, and the next when all that it caused has happened.

    Textual hands a key to the focused widget and takes the next one at once, so that a confirming key overtakes text
    that was typed before it, and letters reach the list before the dialog that they were meant for is open.

    What was typed behind a key that opened or closed nothing is dropped: it was meant for another place. So is what was
    typed behind a key that no action has.
    """

    def __init__(
        self, app: App[None], type_key: Callable[[Key | Paste], Awaitable[object]], host: Host
    ) -> None:
        """Keep `type_key`, which hands keys to Textual."""
        self._app = app
        self._type_key = type_key
        self._host = host
        self._entries: deque[_Entry] = deque()
        self._running: _Entry | None = None
        self._is_held = False  # whether what was running went back to the front
        self._waits_since: float | None = None  # for an answer
        self._drops_until = 0.0
        self._missed = KeyEffect.OTHER  # the effect without which keys are dropped
        self._has_said_so = False
        self._last_typed = 0.0

    @property
    def is_any(self) -> bool:
        """Return whether anything is queued or running."""
        return self._running is not None or bool(self._entries)

    @property
    def is_first(self) -> bool:
        """Return whether a new action has nothing queued before it."""
        return self._running is not None or not self._entries

    @property
    def is_blocked(self) -> bool:
        """Return whether later keys wait for the store to open, or for a late answer."""
        if self._waits_since is not None:
            return self._host.is_opening or _now() - self._waits_since >= PATIENCE_SECONDS
        return bool(self._entries) and (self._is_held or self._running is None)

    @property
    def will_open(self) -> bool:
        """Return whether something may open that takes what is typed behind it."""
        entries = (*self._entries, self._running)
        return any(entry is not None and entry.effect is KeyEffect.OPENS for entry in entries)

    def is_quiet(self, seconds: float) -> bool:
        """Return whether nothing is queued, and nothing was typed for so long."""
        return not self.is_any and _now() - self._last_typed >= seconds

    def hold(self, act: Callable[[], Awaitable[object]]) -> None:
        """Queue an action; one that was running but cannot run yet returns to the front."""
        if self._running is not None:
            self._entries.appendleft(_Entry(act, effect=self._running.effect))
            self._is_held = True
        else:
            self._entries.append(_Entry(act))

    async def receive(self, event: Key | Paste) -> None:
        """Type a key now if nothing is before it, else queue it."""
        self._last_typed = _now()
        if self._is_dropped(event):
            return
        entry = _Entry(lambda: self._type_key(event), event)
        if self.is_any:
            self._entries.append(entry)
            if not self._is_held:
                self.go_on()
            return
        entry = self._begin(entry)
        place = self._place
        with self._ending_on_error():
            await entry.act()
        # In a worker of its own: the app's own loop has to go on handling what the key caused.
        self._app.run_worker(self._work_off(entry, place), group="waiting")

    def go_on(self) -> None:
        """Run the queued actions as far as possible."""
        if self._entries and self._running is None:
            entry = self._begin(self._entries.popleft())
            self._app.run_worker(self._work_off(entry), group="waiting")

    def _begin(self, entry: _Entry) -> _Entry:
        """Return the entry that is about to run, with what it is expected to do."""
        if entry.event is not None:
            entry = _Entry(entry.act, entry.event, self._host.effect_of(entry.event))
        self._running, self._is_held = entry, False
        return entry

    @contextmanager
    def _ending_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._running = self._waits_since = None
            raise

    async def _work_off(
        self, entry: _Entry, place: tuple[Screen[object], Widget | None] | None = None
    ) -> None:
        """Run an entry, unless it ran at `place` already, and then the queued ones."""
        with self._ending_on_error():
            while True:
                if place is None:
                    place = self._place
                    await entry.act()
                await self._settle(place)
                if self._is_held:
                    break
                if self._is_in_vain(entry, place):
                    self._drop_rest(entry.effect or KeyEffect.OTHER)
                if not self._entries:
                    break
                entry, place = self._begin(self._entries.popleft()), None
            self._running = None

    @property
    def _place(self) -> tuple[Screen[object], Widget | None]:
        return self._app.screen, self._app.focused

    async def _settle(self, drawn: tuple[Screen[object], Widget | None]) -> None:
        """Wait until nothing that a key caused is left to happen.

        Messages are handled, calls are answered, lists show the answers, dialogs are open and have the focus, or are
        gone.
        """
        while True:
            await _nothing_runs()
            if self._host.awaits_answers(rows=not self._next_leaves()):
                self._waits_since = self._waits_since or _now()
                if self._entries and self._may_run_at_once(self._entries[0]):
                    await self._entries.popleft().act()
                await asyncio.sleep(ANSWER_SECONDS)
                continue
            self._waits_since = None
            if drawn == self._place:
                return
            # A screen sets its focus when it has been drawn.
            drawn = self._place
            await _after_refresh(self._app.screen)

    def _may_run_at_once(self, entry: _Entry) -> bool:
        return isinstance(entry.event, Key) and self._host.runs_at_once(entry.event)

    def _next_leaves(self) -> bool:
        event = self._entries[0].event if self._entries else None
        return event is not None and self._host.effect_of(event) is KeyEffect.LEAVES

    def _is_in_vain(self, entry: _Entry, place: tuple[Screen[object], Widget | None]) -> bool:
        """Return whether a key that opens or closes a screen has had no effect."""
        if entry.effect is KeyEffect.NONE:
            return True
        if entry.effect is KeyEffect.OPENS:
            return self._place == place
        return entry.effect is KeyEffect.CLOSES and self._app.screen is place[0]

    def _drop_rest(self, missed: KeyEffect) -> None:
        """Drop the keys that came meanwhile, and those of the same burst to come."""
        self._has_said_so, self._missed = False, missed
        self._drop_on()
        queued, self._entries = self._entries, deque()
        for entry in queued:
            if entry.event is None or not self._is_dropped(entry.event):
                self._entries.append(entry)

    def _drop_on(self) -> None:
        """Drop what comes before a pause that shows that the burst is over."""
        self._drops_until = _now() + (BURST_SECONDS if self._missed is KeyEffect.NONE else QUIET_SECONDS)

    def _is_dropped(self, event: Key | Paste) -> bool:
        """Return whether a key belongs to a burst that is being dropped; escape ends it."""
        if _now() >= self._drops_until or _is_escape(event):
            self._drops_until = 0.0
            return False
        self._drop_on()
        if not self._has_said_so:
            self._has_said_so = True
            self._host.say_dropped(self._missed)
        return True


def _is_escape(event: Key | Paste | None) -> bool:
    return isinstance(event, Key) and event.key == "escape"


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _nothing_runs() -> None:
    """Wait until every task of the event loop waits for a timer, thread or key.

    After that, what a message causes at once is done, however many widgets it passes. The wait ends after
    LONGEST_SECONDS.
    """
    loop = asyncio.get_running_loop()
    ready: deque[asyncio.Handle] = loop._ready  # type: ignore[attr-defined]  # asyncio has no public word for it
    end = loop.time() + LONGEST_SECONDS
    await asyncio.sleep(0)
    while ready and loop.time() < end:
        await asyncio.sleep(0)


async def _after_refresh(pump: MessagePump) -> None:
    """Wait until a screen has been drawn anew, or is gone; at most LONGEST_SECONDS."""
    done = asyncio.Event()
    if not pump.call_after_refresh(done.set):
        return
    end = _now() + LONGEST_SECONDS
    # A screen that is removed meanwhile draws nothing more, and tells nobody.
    while not done.is_set() and pump.is_running and _now() < end:
        with suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), LOOK_SECONDS)
