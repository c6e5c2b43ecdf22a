"""Lists changes of plugins and asks before they are applied to the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.i18n.punctuation import paired
from sla_tracker.services.authoring.difference import Kind, Shift
from sla_tracker.services.authoring.workshop import Changes, ComparedEdit
from sla_tracker.tui.calls import plugins
from sla_tracker.tui.dialogs.dialog import Dialog
from sla_tracker.tui.stylesheet import STYLES
from sla_tracker.tui.text_content import lines, plain, row, several
from sla_tracker.wording.duties import format_moment, text_of
from sla_tracker.wording.plugin_changes import difference_heading, difference_lines, kind_word

SIGNS = {Kind.ADDED: ("+", "$success"), Kind.REMOVED: ("-", "$error"), Kind.CHANGED: ("~", "$warning")}
# Changed deadlines listed at most.
MOST_SHIFTS = 12


class TakeOverDialog(Dialog):
    """Lists changes of plugins; confirming applies them, closing does not."""

    CSS_PATH = [STYLES / "dialog.tcss", STYLES / "checklist_form.tcss"]

    def __init__(self, changes: Changes, *, is_changed: bool) -> None:
        super().__init__()
        self._changes, self._is_changed = changes, is_changed

    def heading(self) -> Content:
        """Return the title."""
        return plain(
            _("Plugins or settings have changed")
            if self._is_changed
            else _("Read plugins and settings again?")
        )

    def confirmation(self) -> str:
        """Return the confirm button's label."""
        return _("Take over")

    def body(self) -> ComposeResult:
        """Return the changes."""
        yield Static(lines(*self._lines()))

    def _lines(self) -> Iterator[Content]:
        yield from self._changed()
        if not self._is_changed:
            yield plain(_("Nothing has changed since they were read."))
        elif self._changes.is_empty:
            yield plain(_("What is owed stays as it is; people or other settings may differ."))
        else:
            yield plain(_("Duties that are open already keep the terms they were opened with."), "$muted")

    def _changed(self) -> Iterator[Content]:
        """Yield problems, plugins, declarations and planned duties that would change."""
        for problem in self._changes.problems:
            yield several(problem.sentence(), "$error")
        for name, kind in self._changes.plugins.items():
            sign, style = SIGNS[kind]
            yield plain(f"{sign} {paired(name, kind_word(kind))}", style)
        for difference in self._changes.differences:
            sign, style = SIGNS[difference.kind]
            yield plain(f"{sign} {difference_heading(difference)}", style)
            yield from (row(Content("    "), plain(line, "$muted")) for line in difference_lines(difference))
        for shift in self._changes.shifts[:MOST_SHIFTS]:
            yield self._shift(shift)
        more = len(self._changes.shifts) - MOST_SHIFTS
        if more > 0:
            yield plain(ngettext("… and {n} more duty", "… and {n} more duties", more), "$muted")

    def _shift(self, shift: Shift) -> Content:
        sign, style = SIGNS[shift.kind]
        ends = [one for one in (shift.before, shift.after) if one is not None]
        when = " → ".join(
            format_moment(one.deadline.due_at, self.now(), self.view_context.zone) for one in ends
        )
        return plain(f"{sign} {when}  {text_of(ends[-1].obligation.title)}", style)

    def action_confirm(self) -> None:
        """Read settings and plugins again."""
        self.do(plugins.take_over(), _("reading plugins"))


class SaveEditDialog(TakeOverDialog):
    """Lists what an edited checklist would change; confirming saves it."""

    def __init__(self, compared: ComparedEdit, then: Callable[[], None]) -> None:
        super().__init__(compared.changes, is_changed=True)
        self._compared, self._then = compared, then

    def heading(self) -> Content:
        """Return the title."""
        return plain(_("Save these changes?"))

    def confirmation(self) -> str:
        """Return the confirm button's label; none where they would not work."""
        return "" if self._changes.problems else _("Save")

    def _lines(self) -> Iterator[Content]:
        if self._compared.overtaken:
            said = _("Somebody has changed this file since you opened it. Your changes are put into theirs.")
            yield plain(said, "$warning")
        if self._compared.packaged:
            yield plain(
                _(
                    "The installed package stays as it is: {file} in the plugin folder stands in for its checklist.",
                    file=self._compared.file.name,
                )
            )
        yield from self._changed()
        if self._changes.problems:
            yield plain(_("This would not work; close this and mend it."), "$error")
        elif self._changes.is_empty:
            yield plain(_("Nothing would be different."))
        else:
            yield plain(_("Duties that are open already keep the terms they were opened with."), "$muted")

    def action_confirm(self) -> None:
        """Let the form save."""
        if self.confirmation():
            self.dismiss()
            self._then()
