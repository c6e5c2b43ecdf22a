"""Takes full-width characters of a Chinese input method for the keys they are on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.events import Key
from textual.keys import _character_to_key

from sla_tracker.domain.typed_text import half_width
from sla_tracker.tui.keyboard.expected import is_text

if TYPE_CHECKING:
    from textual.app import App

# Signs that input methods write for a key of the keyboard, but that are no full-width form of its own sign.
WRITTEN_FOR = {"、": "/", "【": "[", "】": "]", "「": "[", "」": "]", "。": ".", "《": "<", "》": ">"}


def as_command(app: App[None], event: Key) -> Key:
    """Return the key that a full-width character is typed with.

    The event itself where the focused field takes the character as text, and for every other key.
    """
    character = event.character
    if character is None or character.isascii() or is_text(app, event):
        return event
    plain = WRITTEN_FOR.get(character) or half_width(character)
    if len(plain) != 1 or not plain.isascii():
        return event
    return Key(_character_to_key(plain), plain)
