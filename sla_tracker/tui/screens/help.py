"""Help, made from the bindings of what is on screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual.app import ComposeResult
from textual.binding import ActiveBinding
from textual.content import Content

from sla_tracker.locale import gettext as _
from sla_tracker.tui.content import fit, plain, row, width
from sla_tracker.tui.screens.dialog import Dialog
from sla_tracker.tui.widgets.facts import Fact, FactSheet


class HelpDialog(Dialog):
    """Lists every key that works in the view below, with all its ways, and what the signs mean."""

    def __init__(self, active: Sequence[ActiveBinding]) -> None:
        super().__init__()
        self._active = active

    def heading(self) -> Content:
        """Return the title."""
        return plain(_("Keys and signs"))

    def body(self) -> ComposeResult:
        """Return the keys of widget, view and app, then the signs."""
        sheet = FactSheet()
        sheet.show([*self._keys(), Fact("", plain("")), *signs()])
        yield sheet

    def _keys(self) -> Iterator[Fact]:
        by_action: dict[tuple[str, str], list[str]] = {}
        for active in self._active:
            binding = active.binding
            if binding.description and binding.id:
                keys = by_action.setdefault((binding.action, binding.description), [])
                keys.append(self.app.get_key_display(binding))
        shown = {description: "  ".join(keys) for (_action, description), keys in by_action.items()}
        column = max(map(width, shown.values()), default=0) + 3
        for description, keys_of in shown.items():
            yield Fact("", row(plain(fit(keys_of, column), "bold $primary"), plain(_(description))))


def signs() -> Iterator[Fact]:
    """Yield what each sign of a list means."""
    for sign, meaning in (
        ("●", _("overdue")),
        ("◐", _("due today")),
        ("○", _("due this week")),
        ("·", _("due later")),
        ("‖", _("on hold")),
        ("»", _("delivered, awaits the verdict")),
        ("◌", _("planned, opens by itself")),
        ("~", _("provisional: a year whose holidays are not yet published")),
        ("✓", _("marked; or accepted")),
    ):
        yield Fact(sign, plain(meaning))
