"""View 7's form for a department and its obligations; saves a checklist file."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Static

from sla_tracker.i18n import gettext as _
from sla_tracker.services.authoring.draft import Draft
from sla_tracker.services.authoring.ids import spelled_id
from sla_tracker.services.authoring.workshop import Checked
from sla_tracker.tui.calls import plugins
from sla_tracker.tui.dialogs.authoring.answers import Filled
from sla_tracker.tui.dialogs.authoring.drafting import department_problems, drafted, understood
from sla_tracker.tui.dialogs.authoring.obligation_list import ObligationListForm, all_of
from sla_tracker.tui.messages import CallRefused
from sla_tracker.tui.text_content import plain
from sla_tracker.tui.widgets.forms.answer_line import AnswerLine


class ChecklistForm(ObligationListForm):
    """The form for a department and its obligations.

    It previews their deadlines and saves the checklist.
    """

    def __init__(self) -> None:
        super().__init__()
        self._own_id = False
        self._saving = False

    def heading(self) -> Content:
        """Return the title."""
        return plain(_("New department"))

    def confirmation(self) -> str:
        """Return the confirm button's label."""
        return _("Save")

    def body(self) -> ComposeResult:
        """Return names, obligations and the preview."""
        self._zh_line = AnswerLine("zh", _("Name in Chinese *"), Input(compact=True))
        self._en_line = AnswerLine("en", _("Name in English"), Input(compact=True))
        self._id_line = AnswerLine("id", _("Id *"), Input(placeholder="workshop", compact=True))
        yield from self.access_note()
        yield self._zh_line
        yield self._en_line
        yield self._id_line
        yield Static(plain(_("What it owes"), "bold"), classes="gap")
        yield from self.owed_list()

    def on_mount(self) -> None:
        """Focus the name."""
        self.problem.display = False
        self.list_owed()
        self._zh_line.answer.focus()

    def _typed(self, line: AnswerLine) -> str:
        return line.answer.value.strip() if isinstance(line.answer, Input) else ""

    @on(Input.Changed)
    def _named(self, message: Input.Changed) -> None:
        """Suggest an id from the names until one is typed."""
        suggested = spelled_id(self._typed(self._en_line), self._typed(self._zh_line))
        if message.input is self._id_line.answer:
            self._own_id = message.value not in {"", suggested} or (self._own_id and bool(message.value))
        elif not self._own_id and isinstance(self._id_line.answer, Input):
            self._id_line.answer.value = suggested

    @property
    def is_unsaved(self) -> bool:
        """Return whether an obligation was filled in."""
        return bool(self._filled)

    @property
    def department_id(self) -> str:
        """Return the typed id."""
        return self._typed(self._id_line)

    def check(self) -> plugins.DraftCheck:
        """Return the call that checks the draft."""
        return plugins.check_draft(self._draft())

    def _draft(self) -> Draft:
        zh, en, id = (self._typed(line) for line in (self._zh_line, self._en_line, self._id_line))
        return drafted(id or "new-department", zh or id or "-", en, self._renamed(id or "new-department"))

    def _renamed(self, department: str) -> Sequence[Filled]:
        """Return the obligations with the department's present id."""
        found: list[Filled] = []
        events = self.view_context.catalogue.event_types
        for one in self._filled:
            taken = [*self.view_context.catalogue.obligations, *(other.obligation.id for other in found)]
            found.append(understood(one.answers, department, taken, events).filled or one)
        return found

    @on(plugins.DraftChecked)
    def _checked(self, message: plugins.DraftChecked) -> None:
        checked = message.checked
        self.show_preview(checked)
        saving, self._saving = self._saving, False
        if saving:
            self._save(checked)
        elif not checked.is_good:
            self.say_problem(all_of(checked.problems))

    def _save(self, checked: Checked) -> None:
        if checked.is_good:
            self.do(plugins.save_draft(self._draft()), _("saving"))
        else:
            self.say_problem(all_of(checked.problems))

    def action_confirm(self) -> None:
        """Check everything, then save."""
        zh, en, id = (self._typed(line) for line in (self._zh_line, self._en_line, self._id_line))
        problems = department_problems(id, zh, en, list(self.view_context.departments))
        for line in (self._zh_line, self._en_line, self._id_line):
            line.show_problem(problems.get(line.name or "", ""))
        empty = not self._filled
        self.say_problem(_("Add at least one thing that is owed.") if empty else "")
        first = next((line for line in (self._zh_line, self._id_line) if line.name in problems), None)
        if first is not None:
            first.answer.focus()
        elif empty:
            self.owed.focus()
        if not problems and not empty:
            self._saving = True
            self.sla.gateway.load(self, "preview", self.check(), _("checking"))

    @on(CallRefused)
    def _not_checked(self) -> None:
        self._saving = False
