"""The last line: which keys do what, here and now, made from the bindings themselves."""

from __future__ import annotations

from collections.abc import Sequence

from textual.binding import Binding
from textual.screen import Screen

from sla_tracker.locale import gettext as _
from sla_tracker.tui.widgets.bar import Bar, Label


class KeyBar(Bar):
    """Shows the keys of the focused widget, the screen and the app; a click does what the key does."""

    DEFAULT_CSS = """
    KeyBar { background: $panel; color: $muted; dock: bottom; }
    """

    def on_mount(self) -> None:
        """Follow the focus."""
        self.screen.bindings_updated_signal.subscribe(self, self._follow)

    def _follow(self, _screen: Screen[object]) -> None:
        self.refresh()

    def labels(self) -> Sequence[Label]:
        """Return a pair of labels for each action that is shown, its first key and what it does."""
        by_action: dict[str, list[Binding]] = {}
        for active in self.screen.active_bindings.values():
            if active.binding.show and active.binding.id and active.enabled:
                by_action.setdefault(active.binding.action, []).append(active.binding)
        found: list[Label] = []
        for bindings in by_action.values():
            binding = min(bindings, key=lambda binding: len(self.app.get_key_display(binding)))
            action = f"screen.press('{binding.key}')"
            found.append(Label(f" {self.app.get_key_display(binding)} ", "bold $primary", action))
            found.append(Label(f"{_(binding.description)} ", "", action))
        return found
