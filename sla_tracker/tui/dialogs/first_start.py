"""What the terminal says in a deployment without any department: how to begin."""

from __future__ import annotations

from collections.abc import Iterator

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, Static

from sla_tracker.domain.clean import clean
from sla_tracker.domain.people import Role
from sla_tracker.i18n import gettext as _
from sla_tracker.tui.calls import plugins
from sla_tracker.tui.dialogs.dialog import Dialog
from sla_tracker.tui.text_content import plain

# The pack of ours that needs nothing of the settings but people.
EXAMPLE = "month-end"


class FirstStartDialog(Dialog):
    """Says what a deployment without departments needs; opens the form or the example."""

    def __init__(self, *, has_example: bool) -> None:
        super().__init__()
        self._has_example = has_example

    @property
    def _may_begin(self) -> bool:
        return self.view_context.me.role is Role.ADMIN

    def heading(self) -> Content:
        """Return the title."""
        return plain(_("No department has agreed anything yet"))

    def confirmation(self) -> str:
        """Return the confirm button's label."""
        return _("New department") if self._may_begin else ""

    def further_buttons(self) -> Iterator[Button]:
        """Yield the button of the example."""
        if self._may_begin and self._has_example:
            yield self.button(_("Take the example"), "example")

    def body(self) -> ComposeResult:
        """Return what to do, by who reads it."""
        yield Static(plain(_("What departments owe each other, and when, comes from a checklist of each.")))
        for line in self._ways() if self._may_begin else [self._who_begins()]:
            yield Static(plain(line), classes="gap")

    def _ways(self) -> Iterator[str]:
        """Yield the ways to begin."""
        yield _("New department: a form asks what it owes to whom and when, and shows each due date.")
        if self._has_example:
            yield _("Take the example: three groups of a finance department that close a month together.")
        yield _("From your own list in Excel: sla plugin new NAME --from FILE.xlsx")
        yield _("Only to look around: sla demo opens a made-up company with a past.")
        yield _("People are added with sla person add; each belongs to a department.")

    def _who_begins(self) -> str:
        names = self._administrators()
        if not names:
            return _("An administrator sets them up; the settings name none yet.")
        return _("An administrator sets them up: {names}.", names=names)

    def _administrators(self) -> str:
        people = self.view_context.here(self.now())
        return _(", ").join(clean(one.name) for one in people if one.role is Role.ADMIN)

    def action_confirm(self) -> None:
        """Open the form of a department."""
        if self._may_begin:
            from sla_tracker.tui.dialogs.authoring.checklist_form import ChecklistForm

            self.dismiss()
            self.app.push_screen(ChecklistForm())

    @on(Button.Pressed, "#example")
    def _take_example(self) -> None:
        self.do(plugins.enable(EXAMPLE), _("reading plugins"))
