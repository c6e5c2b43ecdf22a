"""View 7's form for a department and its obligations; saves a checklist file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from sla_tracker.errors import SlaError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import paired
from sla_tracker.services.authoring.draft import Draft, DraftObligation
from sla_tracker.services.authoring.ids import spelled_id
from sla_tracker.services.authoring.workshop import Checked
from sla_tracker.tui.calls import plugins
from sla_tracker.tui.dialogs.authoring.drafting import (
    RULES,
    TRIGGERS,
    Filled,
    department_problems,
    drafted,
    understood,
)
from sla_tracker.tui.dialogs.authoring.obligation_form import ObligationForm, preview_lines
from sla_tracker.tui.dialogs.dialog import Dialog
from sla_tracker.tui.messages import CallRefused
from sla_tracker.tui.stylesheet import STYLES
from sla_tracker.tui.text_content import lines, plain
from sla_tracker.tui.widgets.forms.answer_line import AnswerLine
from sla_tracker.wording.duties import text_of

# Coming deadlines shown at most.
PREVIEWED = 6


class ChecklistForm(Dialog):
    """The form for a department and its obligations.

    It previews deadlines and saves the checklist.
    """

    CSS_PATH = [STYLES / "dialog.tcss", STYLES / "checklist_form.tcss"]

    def __init__(self) -> None:
        super().__init__()
        self.add_class("-tall")
        self._filled: list[Filled] = []
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
        yield self._zh_line
        yield self._en_line
        yield self._id_line
        yield Static(plain(_("What it owes"), "bold"), classes="gap")
        self.owed = OptionList(id="owed")
        yield self.owed
        self.preview = Static(Content(""), id="preview")
        yield self.preview

    def on_mount(self) -> None:
        """Focus the name."""
        super().on_mount()
        self._list()
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

    def _list(self) -> None:
        self.owed.clear_options()
        for one in self._filled:
            consumer = self._department(one.obligation.consumer)
            self.owed.add_option(Option(plain(_summary(one.obligation, consumer))))
        self.owed.add_option(Option(plain(_("+ Add something that is owed"), "bold"), id="add"))
        self.owed.highlighted = len(self._filled)

    def _department(self, id: str) -> str:
        brought = dict(one.consumer for one in self._filled if one.consumer is not None)
        return text_of(brought[id]) if id in brought else self.view_context.department(id)

    @on(OptionList.OptionSelected)
    def _open(self, message: OptionList.OptionSelected) -> None:
        message.stop()
        id = self._typed(self._id_line)
        if message.option_id == "add":
            taken = [*self.view_context.catalogue.obligations, *(one.obligation.id for one in self._filled)]
            self.app.push_screen(ObligationForm(id, taken, self._add))
            return
        place = message.option_index
        others = [one.obligation.id for index, one in enumerate(self._filled) if index != place]
        form = ObligationForm(
            id,
            [*self.view_context.catalogue.obligations, *others],
            partial(self._replace, place),
            self._filled[place],
            partial(self._remove, place),
        )
        self.app.push_screen(form)

    def _add(self, filled: Filled) -> None:
        self._filled.append(filled)
        self._changed()

    def _replace(self, place: int, filled: Filled) -> None:
        self._filled[place] = filled
        self._changed()

    def _remove(self, place: int) -> None:
        del self._filled[place]
        self._changed()

    def _changed(self) -> None:
        self._list()
        self.owed.focus()
        self.say_problem("")
        self.sla.gateway.load(self, "preview", plugins.check_draft(self._draft()))

    def _draft(self) -> Draft:
        zh, en, id = (self._typed(line) for line in (self._zh_line, self._en_line, self._id_line))
        return drafted(id or "new-department", zh or id or "-", en, self._renamed(id or "new-department"))

    def _renamed(self, department: str) -> Sequence[Filled]:
        """Return the obligations with the department's present id."""
        found: list[Filled] = []
        for one in self._filled:
            taken = [*self.view_context.catalogue.obligations, *(other.obligation.id for other in found)]
            found.append(understood(one.answers, department, taken).filled or one)
        return found

    @on(plugins.DraftChecked)
    def _checked(self, message: plugins.DraftChecked) -> None:
        checked = message.checked
        self.preview.update(lines(*preview_lines(checked, self.view_context, self, PREVIEWED)))
        saving, self._saving = self._saving, False
        if saving:
            self._save(checked)
        elif not checked.is_good:
            self.say_problem(_all_of(checked.problems))

    def _save(self, checked: Checked) -> None:
        if checked.is_good:
            self.do(plugins.save_draft(self._draft()), _("saving"))
        else:
            self.say_problem(_all_of(checked.problems))

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
            self.sla.gateway.load(self, "preview", plugins.check_draft(self._draft()), _("checking"))

    @on(CallRefused)
    def _not_checked(self) -> None:
        self._saving = False


def _all_of(problems: Sequence[SlaError]) -> str:
    return "\n".join(problem.sentence() for problem in problems)


def _summary(obligation: DraftObligation, consumer: str) -> str:
    opens = "on_event" if obligation.on_event else "on_request" if obligation.on_request else "recurring"
    rule, figure = next(iter(obligation.due.items()))
    shown = " ".join(map(str, figure)) if isinstance(figure, list) else str(figure)
    due = paired(_(RULES[opens][rule].word), shown)
    return f"{text_of(obligation.title)} → {consumer}  {_(TRIGGERS[opens])} · {due}"
