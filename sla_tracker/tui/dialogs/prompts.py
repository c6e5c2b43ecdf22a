"""Small dialogs: a text, a choice from a list, a confirmation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, OptionList, Static, TextArea
from textual.widgets.option_list import Option

from sla_tracker.domain.clean import clean
from sla_tracker.i18n import gettext as _
from sla_tracker.tui import keys
from sla_tracker.tui.calls import pinyin
from sla_tracker.tui.dialogs.dialog import Dialog
from sla_tracker.tui.filtering import spelled_like
from sla_tracker.tui.gateway import Call
from sla_tracker.tui.text_content import plain, several

# Options shown at most; typing narrows them down.
MOST_SHOWN = 60


class TextDialog(Dialog):
    """Asks for a text and passes it to an act."""

    def __init__(
        self,
        title: str,
        confirm: str,
        missing: str,
        make: Callable[[str], Call],
        *,
        subject_id: str = "",
        draft_of: str = "",
        facts: str = "",
    ) -> None:
        super().__init__(subject_id=subject_id, draft_of=draft_of)
        self._title, self._confirm_word, self._missing, self._make = title, confirm, missing, make
        self._facts = facts

    def heading(self) -> Content:
        """Return the title."""
        return plain(self._title)

    def confirmation(self) -> str:
        """Return the confirm button's label."""
        return self._confirm_word

    def body(self) -> ComposeResult:
        """Return the facts and the text input."""
        if self._facts:
            yield Static(several(self._facts, "$muted"), classes="hint")
        self.text = TextArea(show_line_numbers=False, tab_behavior="focus")
        yield self.text

    def action_confirm(self) -> None:
        """Run the act with the text, or show that it is missing."""
        text = self.text.text.strip()
        if not text:
            self.say_problem(self._missing)
            self.text.focus()
            return
        self.do(self._make(text), self._confirm_word)


class PickDialog(Dialog):
    """Asks to choose one of several, filtered by typing (pinyin initials too)."""

    BINDINGS = keys.PICK

    def __init__(self, title: str, options: Sequence[tuple[str, str]], then: Callable[[str], None]) -> None:
        super().__init__()
        self._title, self._options, self._then = title, tuple(options), then
        self._narrowed_by: str | None = None

    def heading(self) -> Content:
        """Return the title."""
        return plain(self._title)

    def cells(self) -> int:
        """Return the width of the longest choice."""
        return max((cell_len(text) + 3 for _id, text in self._options), default=0)

    def body(self) -> ComposeResult:
        """Return search input and list."""
        self.search = Input(placeholder=_("type to search"), compact=True)
        yield self.search
        self.choices = OptionList(id="choices")
        yield self.choices

    def on_mount(self) -> None:
        """Show all options."""
        super().on_mount()
        self._narrow()
        self.search.focus()

    @on(Input.Changed)
    def _typed(self) -> None:
        pinyin.once_loaded(self, self._narrow)

    def _narrow(self) -> None:
        """Show the options that what is typed now fits, unless they are shown."""
        word = self.search.value.strip()
        if word == self._narrowed_by:
            return
        self._narrowed_by = word
        fitting = [(id, text) for id, text in self._options if spelled_like(word, f"{text} {id}")]
        self.choices.clear_options()
        self.choices.add_options(
            [Option(plain(text), id=str(self._place(id))) for id, text in fitting[:MOST_SHOWN]]
        )
        if fitting:
            self.choices.highlighted = 0
        else:
            self.choices.add_option(Option(plain(_("Nothing is called like that."), "$muted"), disabled=True))

    def _place(self, id: str) -> int:
        return [known for known, _text in self._options].index(id)

    def action_into_list(self, step: int) -> None:
        """Move the focus from the search to the list, and the highlight by one option."""
        self._narrow()
        self.choices.focus()
        if step > 0:
            self.choices.action_cursor_down()
        else:
            self.choices.action_cursor_up()

    @on(Input.Submitted)
    def _take_first(self) -> None:
        self._narrow()
        highlighted = self.choices.highlighted
        if highlighted is not None:
            self._choose(self.choices.get_option_at_index(highlighted).id)

    @on(OptionList.OptionSelected)
    def _take(self, message: OptionList.OptionSelected) -> None:
        self._choose(message.option_id)

    def _choose(self, place: str | None) -> None:
        if place is not None:
            self.dismiss()
            self._then(self._options[int(place)][0])


class ConfirmDialog(Dialog):
    """Asks for confirmation before an act."""

    def __init__(self, title: str, text: str, confirm: str, then: Callable[[], None]) -> None:
        super().__init__()
        self._title, self._text, self._word, self._then = title, text, confirm, then

    def heading(self) -> Content:
        """Return the title."""
        return plain(self._title)

    def confirmation(self) -> str:
        """Return the confirm button's label."""
        return self._word

    def cells(self) -> int:
        """Return the width of the longest line."""
        return max(map(cell_len, clean(self._text, lines=True).splitlines()), default=0)

    def body(self) -> ComposeResult:
        """Return the question."""
        yield Static(several(self._text))

    def action_confirm(self) -> None:
        """Run the act."""
        self.dismiss()
        self._then()
