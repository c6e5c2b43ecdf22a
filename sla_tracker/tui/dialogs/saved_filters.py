"""Dialogs to choose, save and delete named filters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, Input, Static

from sla_tracker.domain.clean import clean
from sla_tracker.i18n import gettext as _
from sla_tracker.services.deployment import OpenDeployment
from sla_tracker.tui import keys
from sla_tracker.tui.dialogs.dialog import Dialog, asked
from sla_tracker.tui.dialogs.prompts import PickDialog
from sla_tracker.tui.gateway import Call
from sla_tracker.tui.messages import Done
from sla_tracker.tui.text_content import plain

LONGEST_NAME = 40
KEEP = ""


class FilterKept(Done):
    """A named filter was saved or deleted."""

    undoable = False

    def __init__(self, name: str, text: str) -> None:
        super().__init__()
        self.name, self.text = name, text

    def sentence(self) -> str:
        """Return what was done."""
        if not self.text:
            return _("The filter “{name}” is gone.", name=self.name)
        return _("Kept as “{name}”.", name=self.name)

    def hint(self, key_word: Callable[[str], str]) -> str:
        """Return where a kept filter is found."""
        if not self.text:
            return ""
        return _("{key} and the commands list it.", key=key_word("list.saved_filters"))


def kept(name: str, text: str) -> Call:
    """Save a filter under a name; an empty text deletes it."""

    def call(deployment: OpenDeployment) -> FilterKept:
        deployment.save_filter(name, text)
        return FilterKept(name, text)

    return call


class SavedFiltersDialog(PickDialog):
    """Lists the named filters, with an entry to save the present one on top."""

    BINDINGS = keys.FILTERS

    def __init__(self, filters: Mapping[str, str], present: str, use: Callable[[str], None]) -> None:
        offers = [(name, f"{clean(name)}  {clean(text)}") for name, text in filters.items()]
        if present and present not in filters.values():
            offers.insert(0, (KEEP, _("Name the present filter: {text}", text=clean(present))))
        super().__init__(_("Saved filters"), offers, self._chosen)
        self._filters, self._present, self._use = filters, present, use

    def _chosen(self, name: str) -> None:
        if name == KEEP:
            self.app.push_screen(NameFilterDialog(self._present))
        else:
            self._use(self._filters[name])

    def further_buttons(self) -> Iterator[Button]:
        """Yield the delete button."""
        yield self.button(_("Delete"), "remove", "filters.remove")

    @on(Button.Pressed, "#remove")
    def action_remove(self) -> None:
        """Delete the filter under the cursor."""
        highlighted = self.choices.highlighted_option
        if highlighted is None or highlighted.id is None:
            return
        name, _shown = self._options[int(highlighted.id)]
        if name != KEEP:
            self.do(kept(name, ""), _("taking the filter away"))


class NameFilterDialog(Dialog):
    """Asks for the name of the present filter; replaces a filter of the same name."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def heading(self) -> Content:
        """Return the title."""
        return plain(_("Name the filter"))

    def confirmation(self) -> str:
        """Return the confirm button's label."""
        return _("Keep")

    def body(self) -> ComposeResult:
        """Return the filter and the input for its name."""
        yield Static(plain(self._text, "$muted"))
        self.naming = Input(max_length=LONGEST_NAME, compact=True)
        yield asked(_("Name *"), self.naming)

    def on_mount(self) -> None:
        """Focus the name."""
        super().on_mount()
        self.naming.focus()

    @on(Input.Submitted)
    def action_confirm(self) -> None:
        """Save the filter, or show that the name is missing."""
        name = clean(self.naming.value).strip()
        if name:
            self.do(kept(name, self._text), _("keeping the filter"))
        else:
            self.say_problem(_("It needs a name."))
            self.naming.focus()
