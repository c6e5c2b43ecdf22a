"""The command palette: all actions, found by name, text or pinyin initials."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual.app import SystemCommand
from textual.screen import Screen

from sla_tracker.domain.clean import clean
from sla_tracker.i18n import gettext as _
from sla_tracker.tui.dialogs.prompts import PickDialog
from sla_tracker.tui.screens.base.duty_list_screen import BoardScreen
from sla_tracker.tui.text_content import fit
from sla_tracker.tui.themes import THEME_WORDS
from sla_tracker.tui.views import VIEWS

if TYPE_CHECKING:
    from sla_tracker.tui.app_base import BaseApp


MOVES = {"up", "down", "page_up", "page_down", "first", "last", "command_palette"}
TITLE_CELLS = 50


class PaletteDialog(PickDialog):
    """Lists actions with their keys and runs the chosen one in the view below."""

    def __init__(self, offered: Sequence[SystemCommand]) -> None:
        options = [
            (str(place), f"{fit(one.title, TITLE_CELLS)}  {one.help}".rstrip())
            for place, one in enumerate(offered)
        ]

        def do(place: str) -> None:
            self.app.call_later(offered[int(place)].callback)

        super().__init__(_("What do you want to do?"), options, do)


def commands(app: BaseApp, screen: Screen[object]) -> Iterator[SystemCommand]:
    """Yield the actions of the screen's keys, then the views and themes."""
    seen: set[str] = set()
    for active in screen.active_bindings.values():
        binding = active.binding
        if binding.id and binding.description and binding.action not in seen | MOVES:
            seen.add(binding.action)
            run = partial(app.run_action, binding.action, active.node)
            yield SystemCommand(_(binding.description), app.get_key_display(binding), run)
    if isinstance(screen, BoardScreen):
        for name, text in app.deployment.saved_filters().items():
            shown = _("Filter: {name}", name=clean(name))
            yield SystemCommand(shown, clean(text), partial(screen.use_filter, text))
    for view in VIEWS:
        if f"view('{view.id}')" not in seen:
            yield SystemCommand(_(view.title), view.key, partial(app.action_view, view.id))
    for name, word in THEME_WORDS.items():
        yield SystemCommand(_("Colours: {name}", name=_(word)), "", partial(setattr, app, "theme", name))
