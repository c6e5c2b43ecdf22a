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
from sla_tracker.i18n import ngettext
from sla_tracker.services.deployment import PluginRow
from sla_tracker.tui import keys
from sla_tracker.tui.calls import duties, plugins
from sla_tracker.tui.messages.loaded import PluginsLoaded
from sla_tracker.tui.screens.base.view_screen import ViewScreen
from sla_tracker.tui.stylesheet import STYLES
from sla_tracker.tui.text_content import fit, plain, several
from sla_tracker.tui.text_content import row as line_of
from sla_tracker.tui.view_context import ViewContext
from sla_tracker.tui.widgets.cards.facts import Fact, FactSheet
from sla_tracker.tui.widgets.lists.line_list import LineList
from sla_tracker.tui.widgets.lists.line_painter import Piece
from sla_tracker.tui.widgets.lists.sections import Section
from sla_tracker.wording.duties import text_of

STATE_WORDS = {
    "active": N_("active"),
    "offered": N_("offered, not enabled"),
    "refused": N_("refused"),
    "quarantined": N_("quarantined"),
}
SIGNS = {
    "active": ("✓", "good"),
    "offered": ("○", "muted"),
    "refused": ("!", "overdue"),
    "quarantined": ("!", "overdue"),
}
ORIGINS = {
    "entry_point": N_("installed package"),
    "python_file": N_("Python file in the plugin folder"),
    "checklist": N_("checklist in the plugin folder"),
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
        sign, tone = SIGNS.get(row.state, ("?", "flag"))
        name = min(22, cells // 2)
        yield f"{sign} ", tone
        yield fit(clean(row.name), name), ""
        if row.reason:
            yield " " + fit(clean(row.reason, limit=200), max(0, cells - name - 4)), "overdue"
        else:
            yield " " + fit(clean(row.version), 7), "muted"
            yield " " + fit(contributed(row), max(0, cells - name - 12)), "muted"
        yield " ", ""


def contributed(row: PluginRow) -> str:
    """Return the counts of what a plugin declares."""
    return _(", ").join(_amount(kind, count) for kind, count in row.contributed.items() if count)


def _amount(kind: str, n: int) -> str:
    known = {
        "departments": ngettext("{n} department", "{n} departments", n),
        "obligations": ngettext("{n} obligation", "{n} obligations", n),
        "event_types": ngettext("{n} event type", "{n} event types", n),
        "calendars": ngettext("{n} calendar", "{n} calendars", n),
        "notifiers": ngettext("{n} notifier", "{n} notifiers", n),
    }
    return known.get(kind, f"{n} {clean(kind)}")


def plugin_facts(row: PluginRow, place: ViewContext) -> Iterator[Fact]:
    """Yield the facts of a plugin."""
    state = _(STATE_WORDS[row.state]) if row.state in STATE_WORDS else clean(row.state)
    sign, _tone = SIGNS.get(row.state, ("?", ""))
    yield Fact("", plain(row.name, "bold"))
    yield Fact(_("State"), plain(f"{sign} {state}"))
    yield Fact(_("Version"), plain(row.version or "–", "$muted"))
    yield Fact(_("From"), plain(_(ORIGINS[row.origin]) if row.origin in ORIGINS else row.origin, "$muted"))
    if not any(row.declares.values()):
        yield Fact(_("Declares"), plain(contributed(row) or "–"))
    if row.seconds:
        yield Fact(_("Loaded in"), plain(f"{row.seconds * 1000:.0f} ms", "$muted"))
    if row.slow:
        yield Fact(_("Slow"), plain(row.slow_hooks, "$warning"))
    for warning in row.warnings:
        yield Fact(_("Warns"), plain(warning, "$warning"))
    if row.digest:
        yield Fact(_("Digest"), plain(row.digest[:16], "$muted"))
    if row.reason:
        yield Fact(_("Why not"), several(row.reason, "$error"))
    if row.traceback:
        yield Fact("", plain(""))
        yield Fact("", several(row.traceback, "$muted"))
    yield from _declared_facts(row, place)


def _declared_facts(row: PluginRow, place: ViewContext) -> Iterator[Fact]:
    """Yield what a plugin declares by title, an obligation with its parties."""
    for kind, declared in row.declares.items():
        if declared:
            yield Fact("", plain(""))
            yield Fact("", plain(_amount(kind, len(declared)), "bold $accent"))
        for one in declared:
            parties = [place.department(id) for id in (one.provider, one.consumer) if id]
            between = plain("  " + " → ".join(parties) if parties else "", "$muted")
            yield Fact("", line_of(plain(f"  {text_of(one.title)}"), between))


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
            _("No plugin is installed.\nn makes a department; or put a .toml file into the plugin folder.")
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

        self.app.push_screen(ChecklistEditForm(message.checklist))

    def action_new_department(self) -> None:
        """Open the form for a department and its obligations."""
        if not self._may_write():
            return
        from sla_tracker.tui.dialogs.authoring.checklist_form import ChecklistForm

        self.app.push_screen(ChecklistForm())

    def action_take_over(self) -> None:
        """Compare plugins on disk with those in use, and offer to apply changes."""
        self.gateway.load(
            self.app, "changes", plugins.look_for_changes(), _("looking at plugins"), opens=True
        )

    @on(PluginsLoaded)
    def _take(self, message: PluginsLoaded) -> None:
        wrong = [row for row in message.plugins if row.state in ("refused", "quarantined")]
        active = [row for row in message.plugins if row.state == "active"]
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
        self.sheet.show([] if row is None else list(plugin_facts(row, self.view_context)))
