"""The dialog of the quarterly survey, by expectation and perception."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from sla_tracker.domain.measures.survey import DIMENSION_WORDS, LEAST, MOST, Dimension, Mark
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import together
from sla_tracker.services.departments import surveys
from sla_tracker.services.deployment import OpenDeployment
from sla_tracker.tui.calls import departments
from sla_tracker.tui.dialogs.dialog import Dialog, asked
from sla_tracker.tui.text_content import plain, several

QUESTIONS = {
    Dimension.TANGIBLES: N_("tangibles: papers and files are neat and complete"),
    Dimension.RELIABILITY: N_("reliability: what was promised comes, and is right"),
    Dimension.RESPONSIVENESS: N_("responsiveness: they answer and help soon"),
    Dimension.ASSURANCE: N_("assurance: they know their work and can be trusted"),
    Dimension.EMPATHY: N_("empathy: they understand what we need"),
}


class SurveyDialog(Dialog):
    """Asks five pairs of marks from 1 to 7, and a comment."""

    IS_SECRET = True  # nobody but the respondent may read the answers

    CSS = "SurveyDialog .field .question { width: 1fr; } SurveyDialog .field .mark { width: 6; margin: 0 0 0 1; }"

    def __init__(self, provider: str, *, anonymous: bool) -> None:
        super().__init__()
        self._provider, self._anonymous = provider, anonymous
        self._marks: dict[Dimension, tuple[Input, Input]] = {}

    def heading(self) -> Content:
        """Return the title with the department."""
        return plain(_("Survey about {department}", department=self.view_context.department(self._provider)))

    def confirmation(self) -> str:
        """Return the confirm button's label."""
        return _("Send the answers")

    def body(self) -> ComposeResult:
        """Return a line for each dimension."""
        named = _("It is kept that you answered, not what.") if self._anonymous else _("Kept in your name.")
        scale = _("1 (not at all) to 7 (fully): first what you expect, then what you get.")
        yield Static(several(together(scale, named)), classes="hint")
        with Horizontal(classes="field"):
            yield Static("", classes="question")
            yield Static(plain(_("expect"), "$muted"), classes="mark")
            yield Static(plain(_("get"), "$muted"), classes="mark")
        for dimension in Dimension:
            pair = (self._mark(), self._mark())
            self._marks[dimension] = pair
            with Horizontal(classes="field"):
                yield Static(plain(_(QUESTIONS[dimension])), classes="question")
                yield from pair
        self.comment = Input(compact=True)
        remark = asked(_("Comment"), self.comment)
        remark.add_class("gap")
        yield remark

    def _mark(self) -> Input:
        return Input(placeholder="1–7", max_length=1, compact=True, type="integer", classes="mark")

    def on_mount(self) -> None:
        """Focus the first mark."""
        super().on_mount()
        self._marks[Dimension.TANGIBLES][0].focus()

    def action_confirm(self) -> None:
        """Answer, or focus the first missing mark."""
        marks: dict[Dimension, Mark] = {}
        for dimension, (expected, perceived) in self._marks.items():
            for answer in (expected, perceived):
                if not answer.value.isdecimal() or not LEAST <= int(answer.value) <= MOST:
                    self.say_problem(
                        _("{dimension}: two marks from 1 to 7.", dimension=_(DIMENSION_WORDS[dimension]))
                    )
                    answer.focus()
                    return
            marks[dimension] = Mark(expectation=int(expected.value), perception=int(perceived.value))
        comment = self.comment.value

        def act(deployment: OpenDeployment) -> object:
            return surveys.answer(
                deployment.context, deployment.actor, self._provider, marks, comment=comment
            )

        self.do(departments.said(_("Answered. Thank you."), act, undoable=False), _("answering"))
