"""View 7: the plugins, what they declare, and why one is not active."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content

from sla_tracker.domain.clean import clean
from sla_tracker.domain.people import Role
from sla_tracker.errors import N_, Forbidden
from sla_tracker.i18n import gettext as _
from sla_tracker.services.deployment import PluginRow, PluginState
from sla_tracker.tui import keys
from sla_tracker.tui.calls import duties, plugins
from sla_tracker.tui.messages.loaded import PluginsLoaded
from sla_tracker.tui.screens.base.view_screen import ViewScreen
from sla_tracker.tui.stylesheet import STYLES
from sla_tracker.tui.text_content import fit, plain, several
from sla_tracker.tui.view_context import ViewContext
from sla_tracker.tui.widgets.cards.facts import Fact, FactSheet, painted
from sla_tracker.tui.widgets.lists.line_list import LineList
from sla_tracker.tui.widgets.lists.line_painter import Piece
from sla_tracker.tui.widgets.lists.sections import Section
from sla_tracker.wording.facts.plugin_facts import (
    contributed_word,
    declaration_word,
    declared_amount,
    plugin_facts,
)

SIGNS = {
    PluginState.ACTIVE: ("✓", "good"),
    PluginState.OFFERED: ("○", "muted"),
    PluginState.REFUSED: ("!", "overdue"),
    PluginState.QUARANTINED: ("!", "overdue"),
}


class PluginList(LineList[PluginRow]):
    """Lists plugins, broken ones first."""

    def key_of(self, row: PluginRow) -> str:
        """Return name and origin."""
        return f"{row.name} {row.origin}"

    def heads(self, cells: int) -> Iterable[Piece]:
        """Return the names of the columns."""
        name = min(22, cells // 2)
        yield fit(_("Plugin"), name + 2) + " ", "muted"
        yield fit(_("Version"), 8), "muted"
        yield fit(_("Declares"), max(0, cells - name - 12)) + " ", "muted"

    def pieces(self, row: PluginRow, cells: int) -> Iterable[Piece]:
        """Return sign, name, version, contribution."""
        sign, tone = SIGNS[row.state]
        name = min(22, cells // 2)
        yield f"{sign} ", tone
        yield fit(clean(row.name), name), ""
        if row.reason:
            yield " " + fit(clean(row.reason, limit=200), max(0, cells - name - 4)), "overdue"
        else:
            yield " " + fit(clean(row.version), 7), "muted"
            yield " " + fit(contributed_word(row), max(0, cells - name - 12)), "muted"
        yield " ", ""


def plugin_card_facts(row: PluginRow, place: ViewContext) -> Iterator[Fact]:
    """Yield what a plugin says of itself and what it declares."""
    sign, _tone = SIGNS[row.state]
    yield Fact("", plain(f"{sign} {clean(row.name)}", "bold"))
    yield from painted(plugin_facts(row))
    if row.traceback:
        yield Fact("", plain(""))
        yield Fact("", several(row.traceback, "$muted"))
    for kind, declared in row.declares.items():
        if declared:
            yield Fact("", plain(""))
            yield Fact("", plain(declared_amount(kind, len(declared)), "bold $accent"))
        for one in declared:
            yield Fact("", plain("  " + declaration_word(one, place.departments)))


class PluginsScreen(ViewScreen):
    """Lists the plugins beside the facts of one."""

    VIEW = "plugins"
    CSS_PATH = STYLES / "columns.tcss"
    BINDINGS = keys.PLUGINS
    AUTO_FOCUS = "#plugins"

    def body(self) -> ComposeResult:
        """Return list and facts."""
        self.list = PluginList(id="plugins")
        self.list.empty = Content(
            _(
                "No plugin is installed.\n{new} makes a department; or put a .toml file into the plugin folder.",
                new=self.sla.key_word("plugin.new"),
            )
        )
        self.sheet = FactSheet()
        with Horizontal(classes="columns"):
            yield self.list
            with VerticalScroll(classes="facts"):
                yield self.sheet

    def read(self) -> None:
        """List the plugins."""
        self.gateway.load(self, "plugins", duties.plugins(), _("looking at plugins"))

    def _may_write(self) -> bool:
        """Tell those who may not write checklists why; return whether this person may."""
        if self.view_context.me.role in (Role.HEAD, Role.ADMIN):
            return True
        self.sla.show_error(
            Forbidden(
                N_(
                    "What departments owe is written by their heads and by administrators; tell one of them what is "
                    "to change."
                )
            )
        )
        return False

    def action_edit_checklist(self) -> None:
        """Open the form for the obligations of the checklist under the cursor."""
        row = self.list.current
        if row is not None and self._may_write():
            self.gateway.load(
                self, "checklist", plugins.open_checklist(row.name), _("looking at plugins"), opens=True
            )

    @on(plugins.ChecklistOpened)
    def _edit_checklist(self, message: plugins.ChecklistOpened) -> None:
        from sla_tracker.tui.dialogs.authoring.edit_form import ChecklistEditForm

        self.app.push_screen(ChecklistEditForm(message.checklist, self.view_context.catalogue.event_types))

    def action_new_department(self) -> None:
        """Open the form for a department and its obligations."""
        if not self._may_write():
            return
        from sla_tracker.tui.dialogs.authoring.checklist_form import ChecklistForm

        self.app.push_screen(ChecklistForm())

    def action_take_over(self) -> None:
        """Compare plugins on disk with those in use, and offer to apply changes."""
        self.gateway.load(
            self.app, "changes", plugins.look_for_changes(asked=True), _("looking at plugins"), opens=True
        )

    @on(PluginsLoaded)
    def _take(self, message: PluginsLoaded) -> None:
        wrong = [row for row in message.plugins if row.is_broken]
        active = [row for row in message.plugins if row.state is PluginState.ACTIVE]
        rest = [row for row in message.plugins if row not in wrong and row not in active]
        sections = [
            Section(_("Not working"), 0, len(wrong), "overdue"),
            Section(_("Active"), len(wrong), len(wrong) + len(active), "good"),
            Section(_("Offered, not enabled"), len(wrong) + len(active), len(message.plugins), "muted"),
        ]
        self.list.show([*wrong, *active, *rest], sections)

    @on(LineList.Highlighted)
    def _show_facts(self) -> None:
        row = self.list.current
        self.sheet.show([] if row is None else list(plugin_card_facts(row, self.view_context)))
