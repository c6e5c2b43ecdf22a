"""The help dialog, generated from the key bindings of the screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual.app import ComposeResult
from textual.binding import ActiveBinding
from textual.content import Content

from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.tui.dialogs.dialog import Dialog
from sla_tracker.tui.text_content import fit, plain, row, width
from sla_tracker.tui.widgets.cards.facts import Fact, FactSheet

PARTS = {"": N_("Here"), "list": N_("The list"), "app": N_("Everywhere")}


class HelpDialog(Dialog):
    """Lists every key that works in the view below, and the meaning of the signs."""

    def __init__(self, active: Sequence[ActiveBinding]) -> None:
        super().__init__()
        self._active = active

    def heading(self) -> Content:
        """Return the title."""
        return plain(_("Keys and signs"))

    def body(self) -> ComposeResult:
        """Return the keys of widget, view and app, then the signs."""
        sheet = FactSheet()
        sheet.show([*self._keys(), Fact("", plain(_("Signs"), "bold $accent")), *signs()])
        yield sheet

    def _keys(self) -> Iterator[Fact]:
        by_part: dict[str, dict[tuple[str, str], list[str]]] = {part: {} for part in PARTS}
        for active in self._active:
            binding = active.binding
            if binding.description and binding.id and active.enabled:
                part = binding.id.partition(".")[0]
                actions = by_part.setdefault(part if part in PARTS else "", {})
                keys = actions.setdefault((binding.action, binding.description), [])
                keys.append(self.app.get_key_display(binding))
        shown = ["  ".join(keys) for actions in by_part.values() for keys in actions.values()]
        column = max(map(width, shown), default=0) + 3
        for part, actions in by_part.items():
            if actions:
                yield Fact("", plain(_(PARTS[part]), "bold $accent"))
            for (_action, description), keys in actions.items():
                ways = fit("  ".join(keys), column)
                yield Fact("", row(plain(f"  {ways}", "bold $primary"), plain(_(description))))
            if actions:
                yield Fact("", plain(""))


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
    ):
        yield Fact(f"  {sign}", plain(meaning))
