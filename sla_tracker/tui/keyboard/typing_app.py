"""The part of the app that takes keys and actions in the order in which they came."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from textual.actions import ActionParseResult, parse
from textual.dom import DOMNode
from textual.events import Event, Key, Paste
from textual.widget import Widget
from textual.widgets import Input, TextArea

from sla_tracker.i18n import gettext as _
from sla_tracker.tui.following.following_app import FollowingApp
from sla_tracker.tui.keyboard.effects import KeyEffect
from sla_tracker.tui.keyboard.expected import effect_of
from sla_tracker.tui.keyboard.full_width import as_command
from sla_tracker.tui.keyboard.key_queue import KeyQueue

# Longest text that is taken from the clipboard at once, in characters; a field is slow beyond that.
LONGEST_PASTE = 10_000
# Actions that run at once, also before the deployment is open.
AT_ONCE = frozenset({"quit", "help_quit", "next_theme"})
# Actions that need the shown rows only, not the deployment.
LOOKING = frozenset({"filter", "clear"})


class TypingApp(FollowingApp):
    """The app as people type into it: what cannot run yet waits for its turn."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting = KeyQueue(self, self._type_key, self)
        self._has_rows = False

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Run an action; queue it while rows or deployment are not there yet."""
        prefix, name, _parameters = parse(action) if isinstance(action, str) else action
        is_own = not prefix and isinstance(default_namespace, Widget) and default_namespace is not self.screen
        # A widget's own actions only move its cursor or edit its text.
        may_go = self._has_rows and (self.gateway.has_deployment or is_own or name in LOOKING)
        if name not in AT_ONCE and not (may_go and self._waiting.is_first):
            self._waiting.hold(partial(self.run_action, action, default_namespace, namespaces))
            return True
        return await super().run_action(action, default_namespace, namespaces)

    async def on_event(self, event: Event) -> None:
        """Type keys and pastes in their order, except keys of actions in AT_ONCE."""
        if not isinstance(event, Key | Paste) or event.is_forwarded:
            await super().on_event(event)
        elif isinstance(event, Paste):
            await self._waiting.receive(self._bounded(event))
        elif self.runs_at_once(event):
            await self._type_key(event)
        else:
            await self._waiting.receive(event)

    async def _type_key(self, event: Key | Paste) -> None:
        """Hand a key or paste to Textual; full-width characters as keys, except in fields.

        Called only when its turn has come: what is in front of it decides which field has the focus.
        """
        await super().on_event(as_command(self, event) if isinstance(event, Key) else event)

    def runs_at_once(self, event: Key) -> bool:
        """Return whether a key skips the queue; a key typed into a field never does."""
        if not self._waiting.is_blocked or isinstance(self.focused, Input | TextArea):
            return False
        key = as_command(self, event).key
        if len(key) == 1 and self._waiting.will_open:
            return False  # it may be the text for what opens
        bound = self.screen.active_bindings.get(key)
        return bound is not None and parse(bound.binding.action)[1] in AT_ONCE

    @property
    def is_opening(self) -> bool:
        """Return whether the store is still being opened."""
        return not self.gateway.is_open

    def effect_of(self, event: Key | Paste) -> KeyEffect:
        """Return what a key is expected to do where it would be typed now."""
        return effect_of(self, as_command(self, event) if isinstance(event, Key) else event)

    def awaits_answers(self, *, rows: bool) -> bool:
        """Return whether a call is unanswered that later keys depend on.

        With `rows`, a call that fills a list counts, too.
        """
        return self.gateway.awaits_answers(rows=rows)

    def say_dropped(self, effect: KeyEffect) -> None:
        """Say that what was typed was not taken, as the key before lacks its `effect` yet."""
        match effect:
            case KeyEffect.CLOSES:
                said = _("This is still open, so what was typed after that was not taken.")
            case KeyEffect.NONE:
                said = _("That key does nothing here, so what was typed after it was not taken.")
            case _unused:
                said = _("Nothing opened, so what was typed after that was not taken.")
        self.warn(said)

    def _bounded(self, event: Paste) -> Paste:
        """Return a paste of at most LONGEST_PASTE characters, and say so when it was cut."""
        if len(event.text) <= LONGEST_PASTE:
            return event
        self.warn(_("Only the first {n} characters of what was pasted are taken.", n=LONGEST_PASTE))
        return Paste(event.text[:LONGEST_PASTE])

    @property
    def leaves_undone(self) -> bool:
        """Return whether requested actions still wait for the deployment."""
        return self._waiting.is_any or self.gateway.has_unstarted_acts

    def rows_shown(self) -> None:
        """Run the actions requested before the first rows were shown."""
        self._has_rows = True
        self.is_starting = False
        self._waiting.go_on()
