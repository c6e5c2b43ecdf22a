"""Tells what a key is expected to open, close or leave where it is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.events import Key, Paste
from textual.keys import Keys
from textual.screen import ModalScreen

from sla_tracker.tui import keys
from sla_tracker.tui.keyboard.effects import KeyEffect

if TYPE_CHECKING:
    from textual.app import App


def effect_of(app: App[None], event: Key | Paste) -> KeyEffect:
    """Return what a key is expected to do on the present screen and focus."""
    if is_text(app, event):
        return KeyEffect.OTHER
    if isinstance(event, Paste):
        return KeyEffect.OTHER if isinstance(app.screen, ModalScreen) else KeyEffect.NONE
    bound = app.screen.active_bindings.get(event.key)
    if bound is not None:
        return keys.EFFECTS.get(bound.binding.id or "", KeyEffect.OTHER)
    is_harmless = isinstance(app.screen, ModalScreen) or event.key in {Keys.Ignore.value, "escape"}
    return KeyEffect.OTHER if is_harmless else KeyEffect.NONE


def is_text(app: App[None], event: Key | Paste) -> bool:
    """Return whether the focused field takes the key as a character, or the paste."""
    focused = app.focused
    if focused is None:
        return False
    if isinstance(event, Paste):
        return focused.check_consume_key("x", "x")
    return focused.check_consume_key(event.key, event.character)
