"""The dialog of statements between departments: a text and maybe a choice."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, Select, Static, TextArea

from sla_tracker.i18n import gettext as _
from sla_tracker.tui.dialogs.dialog import Dialog, asked
from sla_tracker.tui.gateway import Call
from sla_tracker.tui.text_content import plain, several

Make = Callable[[str, str, bool], Call]


class WordsDialog(Dialog):
    """Asks for a text, and for a choice if there are several; runs one call.

    `make` gets the choice, the text, and whether the person insists on a doubtful act. `asks_words` is False where the
    act stores no words at all; `wordless` are the options with which it stores none.
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
        asks_words: bool = True,
        wordless: Collection[str] = (),
        text: str = "",
        facts: str = "",
        subject_id: str = "",
        draft_of: str = "",
    ) -> None:
        super().__init__(subject_id=subject_id, draft_of=draft_of)
        self._title, self._make, self._facts = title, make, facts
        self._confirm_word = confirm or _("Put on record")
        self._choice, self._options = choice, tuple(options)
        self._words, self._text = words or _("In words"), text
        self._needs_words, self._asks_words = needs_words and asks_words, asks_words
        self._wordless = frozenset(wordless)
        self._left_words = ""  # the words about which it was asked whether they are to be left out

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
        if self._asks_words:
            yield asked(self._words, self.text)

    def on_mount(self) -> None:
        """Focus the choice, else the text, else the button."""
        super().on_mount()
        button = self.query_one("#confirm", Button)
        (self.select if self._options else self.text if self._asks_words else button).focus()

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
        elif words and chosen in self._wordless and words != self._left_words:
            self._left_words = words
            self.say_problem(
                _("This answer stores no words: take another one, or confirm once more and leave them out.")
            )
        else:
            self.do(self._make(chosen, words, self.insists), self._confirm_word)
