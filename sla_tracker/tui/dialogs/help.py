"""The help dialog, generated from the key bindings of the screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from textual.app import ComposeResult
from textual.binding import ActiveBinding
from textual.content import Content

from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.tui.dialogs.dialog import BORDER_CELLS, Dialog
from sla_tracker.tui.text_content import plain
from sla_tracker.tui.widgets.cards.facts import Fact, FactColumns

PARTS = {"": N_("Here"), "list": N_("The list"), "app": N_("Everywhere")}


class HelpDialog(Dialog):
    """Lists every key that works in the view below, and the meaning of the signs."""

    def __init__(self, active: Sequence[ActiveBinding]) -> None:
        super().__init__()
        self._active = active

    def heading(self) -> Content:
        """Return the title."""
        return plain(_("Keys and signs"))

    def cells(self) -> int:
        """Return the width of as many columns as fit."""
        return self._columns.widest_within(self.app.size.width - BORDER_CELLS - 1) + 1

    def body(self) -> ComposeResult:
        """Return the keys of widget, view and app, then the signs."""
        self._columns = FactColumns([*self._keys(), [Fact("", plain(_("Signs"), "bold $accent")), *signs()]])
        yield self._columns

    def _keys(self) -> Iterator[list[Fact]]:
        """Yield the keys of each part under their heading."""
        by_part: dict[str, dict[tuple[str, str], list[str]]] = {part: {} for part in PARTS}
        for active in self._active:
            binding = active.binding
            if binding.description and binding.id and active.enabled:
                part = binding.id.partition(".")[0]
                actions = by_part.setdefault(part if part in PARTS else "", {})
                keys = actions.setdefault((binding.action, binding.description), [])
                keys.append(self.app.get_key_display(binding))
        for part, actions in by_part.items():
            if actions:
                yield [Fact("", plain(_(PARTS[part]), "bold $accent")), *_lines_of(actions)]


def _lines_of(actions: Mapping[tuple[str, str], Sequence[str]]) -> Iterator[Fact]:
    for (_action, description), keys in actions.items():
        yield Fact(f" {'  '.join(keys)}", plain(_(description)), "bold $primary")


def signs() -> Iterator[Fact]:
    """Yield the meaning of each sign used in lists."""
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
        ("◇", _("waived")),
        ("✗", _("missed")),
        ("→", _("handed over")),
        ("◆", _("the next step is yours")),
        ("1/3", _("how much of the evidence is there")),
        ("▰▱", _("how much of the time is used up")),
        ("↑", _("escalated to the head; ↑↑ to the customer's head")),
    ):
        yield Fact(f" {sign}", plain(meaning))
