"""The dialog of statements between departments: a text and maybe a choice."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Select, Static, TextArea

from sla_tracker.i18n import gettext as _
from sla_tracker.tui.dialogs.dialog import Dialog, asked
from sla_tracker.tui.gateway import Call
from sla_tracker.tui.text_content import plain, several

Make = Callable[[str, str, bool], Call]


class WordsDialog(Dialog):
    """Asks for a text, and for a choice if there are several; runs one call.

    `make` gets the choice, the text, and whether the person insists on a doubtful act.
    """

    def __init__(
        self,
        title: str,
        make: Make,
        *,
        confirm: str = "",
        choice: str = "",
        options: Sequence[tuple[str, str]] = (),
        words: str = "",
        needs_words: bool = True,
        text: str = "",
        facts: str = "",
        subject_id: str = "",
    ) -> None:
        super().__init__(subject_id=subject_id)
        self._title, self._make, self._facts = title, make, facts
        self._confirm_word = confirm or _("Put on record")
        self._choice, self._options = choice, tuple(options)
        self._words, self._needs_words, self._text = words or _("In words"), needs_words, text
        self._insists = False

    def heading(self) -> Content:
        """Return the title."""
        return plain(self._title)

    def confirmation(self) -> str:
        """Return the confirm button's label."""
        return self._confirm_word

    def body(self) -> ComposeResult:
        """Return the facts, the choice, and the text input."""
        if self._facts:
            yield Static(several(self._facts, "$muted"))
        options = [(plain(label), id) for id, label in self._options]
        self.select: Select[str] = Select(options, prompt=_("choose"), compact=True)
        if options:
            yield asked(self._choice, self.select)
        self.text = TextArea(self._text, show_line_numbers=False, tab_behavior="focus")
        yield asked(self._words, self.text)

    def on_mount(self) -> None:
        """Focus the choice."""
        super().on_mount()
        (self.select if self._options else self.text).focus()

    def doubt(self) -> None:
        """Make the next confirmation insist."""
        self._insists = True

    def action_confirm(self) -> None:
        """Run the call, or show what is missing."""
        chosen = "" if not self._options or self.select.is_blank() else str(self.select.value)
        words = self.text.text.strip()
        if self._options and not chosen:
            self.say_problem(_("Choose first: {what}.", what=self._choice))
            self.select.focus()
        elif self._needs_words and not words:
            self.say_problem(_("A few words are needed, for the record."))
            self.text.focus()
        else:
            self.do(self._make(chosen, words, self._insists), self._confirm_word)
