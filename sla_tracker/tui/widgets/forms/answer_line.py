"""A form row: label, input, and the input's problem below it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from sla_tracker.tui.text_content import plain


class AnswerLine(Vertical):
    """A label before an input, and a problem below it."""

    DEFAULT_CSS = """
    AnswerLine { height: auto; }
    AnswerLine > .field { height: auto; min-height: 1; }
    AnswerLine .field--label { width: 30%; max-width: 24; padding-right: 1; }
    AnswerLine .field > .answer { width: 1fr; }
    AnswerLine > .wrong { color: $error; height: auto; padding-left: 2; display: none; }
    AnswerLine.-wrong > .wrong { display: block; }
    """

    def __init__(self, name: str, label: str, answer: Widget) -> None:
        super().__init__(name=name)
        self._label = label
        self.answer = answer
        self.answer.add_class("answer")
        self.wrong = Static(Content(""), classes="wrong")

    def compose(self) -> ComposeResult:
        """Return label, input and problem line."""
        with Horizontal(classes="field"):
            yield Static(plain(self._label), classes="field--label")
            yield self.answer
        yield self.wrong

    def show_problem(self, problem: str) -> None:
        """Show a problem of the answer, or none."""
        self.set_class(bool(problem), "-wrong")
        self.wrong.update(plain(f"! {problem}" if problem else ""))
