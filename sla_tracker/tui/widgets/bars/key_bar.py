"""The last line: the keys that work here, generated from the bindings."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.binding import Binding
from textual.screen import Screen

from sla_tracker.tui.widgets.bars.bar import Bar, Label

ALWAYS_SHOWN = frozenset({"app.help", "page.back"})


class KeyBar(Bar):
    """Shows the keys of the widget, the screen and the app; a click presses one.

    `word_of` returns a key's present label; a key with an empty label is left out.
    """

    DEFAULT_CSS = """
    KeyBar { background: $panel; color: $muted; dock: bottom; }
    """

    def __init__(self, word_of: Callable[[Binding], str]) -> None:
        super().__init__()
        self._word_of = word_of

    def on_mount(self) -> None:
        """Redraw when the focus moves."""
        self.screen.bindings_updated_signal.subscribe(self, self._follow)

    def _follow(self, _screen: Screen[object]) -> None:
        self.refresh()

    def _length(self, binding: Binding) -> tuple[int, bool]:
        shown = self.app.get_key_display(binding)
        return len(shown), shown.isalpha()

    def labels(self) -> Sequence[Label]:
        """Return two labels per action: key and label; help stands at the right."""
        by_action: dict[str, list[Binding]] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.show and binding.id and active.enabled:
                by_action.setdefault(binding.action, []).append(binding)
        found: list[Label] = []
        for bindings in by_action.values():
            binding = min(bindings, key=self._length)
            word = self._word_of(binding)
            if not word:
                continue
            action = f"screen.press('{binding.key}')"
            at_right = binding.id in ALWAYS_SHOWN
            key = Label(f" {self.app.get_key_display(binding)} ", "bold $primary", action, at_right)
            found += [key, Label(f"{word} ", "", action, at_right, tied=True)]
        return found
