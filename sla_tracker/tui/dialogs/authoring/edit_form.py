"""View 7's form that changes, adds and removes obligations of a checklist."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from sla_tracker.i18n import gettext as _
from sla_tracker.services.authoring.draft import DraftObligation
from sla_tracker.services.authoring.edit import ChecklistEdit, ObligationChange, OpenedChecklist
from sla_tracker.tui.calls import plugins
from sla_tracker.tui.dialogs.authoring.answers import Filled, filled_from
from sla_tracker.tui.dialogs.authoring.further import Events
from sla_tracker.tui.dialogs.authoring.obligation_list import ObligationListForm, all_of
from sla_tracker.tui.dialogs.authoring.take_over import SaveEditDialog
from sla_tracker.tui.text_content import plain
from sla_tracker.wording.duties import text_of


class ChecklistEditForm(ObligationListForm):
    """The form for the obligations of a checklist that is in use.

    Before it saves, it shows what would change.
    """

    def __init__(self, opened: OpenedChecklist, events: Events) -> None:
        super().__init__()
        self._opened = opened
        self._filled = [filled_from(one, events) for one in opened.obligations]
        self._removed: list[DraftObligation] = []

    @property
    def is_unsaved(self) -> bool:
        """Return whether anything was changed."""
        return bool(self._edit(self._filled).changes)

    @property
    def department_id(self) -> str:
        """Return the id of the checklist's first department."""
        return self._opened.department

    def heading(self) -> Content:
        """Return the title."""
        return plain(_("Change what {department} owes", department=text_of(self._opened.name)))

    def confirmation(self) -> str:
        """Return the confirm button's label."""
        return _("Save")

    def body(self) -> ComposeResult:
        """Return the file, obligations and the preview."""
        yield from self.access_note()
        where = (
            _("From an installed package; what you save is a file of its own that stands in for it.")
            if self._opened.packaged
            else _("File {file}; what you do not touch stays word for word.", file=self._opened.file.name)
        )
        yield Static(plain(where, "$muted"))
        yield from self.owed_list()

    def on_mount(self) -> None:
        """List the obligations."""
        self.list_owed(0)
        self.owed.focus()

    def take_out(self, place: int) -> None:
        """Take an obligation out, and remember that the file has it."""
        written = self._filled[place].answers.written
        if written is not None:
            self._removed.append(written)
        super().take_out(place)

    def check(self) -> plugins.DraftCheck:
        """Return the call that checks the changed checklist."""
        return plugins.check_edit(self._edit(self._filled))

    def check_with(self, place: int | None, filled: Filled) -> plugins.DraftCheck | None:
        """Return the call that checks one obligation among the others of its checklist."""
        others = [one for index, one in enumerate(self._filled) if index != place]
        return plugins.check_edit(self._edit([*others, filled]))

    def _edit(self, filled: Sequence[Filled]) -> ChecklistEdit:
        """Return what was changed."""
        changes = [ObligationChange(before=one, after=None) for one in self._removed]
        changes += [
            ObligationChange(before=one.answers.written, after=one.obligation)
            for one in filled
            if one.answers.written != one.obligation
        ]
        return ChecklistEdit(
            plugin=self._opened.plugin,
            digest=self._opened.digest,
            changes=changes,
            event_types=[one.event for one in filled if one.event is not None],
            departments=dict(one.consumer for one in filled if one.consumer is not None),
        )

    @on(plugins.DraftChecked)
    def _checked(self, message: plugins.DraftChecked) -> None:
        self.show_preview(message.checked)
        self.say_problem(all_of(message.checked.problems))

    def action_confirm(self) -> None:
        """Show what would change, then save."""
        edit = self._edit(self._filled)
        if not edit.changes:
            self.say_problem(_("Nothing is changed yet: choose an obligation, or close this."))
            return
        self.sla.gateway.load(self, "compare", plugins.compare_edit(edit), _("comparing"), opens=True)

    @on(plugins.EditCompared)
    def _ask(self, message: plugins.EditCompared) -> None:
        edit = message.compared.edit
        self.app.push_screen(
            SaveEditDialog(message.compared, lambda: self.do(plugins.save_edit(edit), _("saving")))
        )
