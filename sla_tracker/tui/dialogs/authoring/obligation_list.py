"""Base of the forms for a department's obligations: their list and one's form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from textual import on
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from sla_tracker.domain.people import Role
from sla_tracker.errors import SlaError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import paired
from sla_tracker.services.authoring.draft import DraftObligation
from sla_tracker.services.authoring.workshop import Checked
from sla_tracker.tui.calls import plugins
from sla_tracker.tui.dialogs.authoring.answers import (
    RULES,
    Filled,
    due_word,
)
from sla_tracker.tui.dialogs.authoring.obligation_form import ObligationForm, preview_lines
from sla_tracker.tui.dialogs.dialog import Dialog
from sla_tracker.tui.stylesheet import STYLES
from sla_tracker.tui.text_content import lines, plain
from sla_tracker.wording.consent.typed_triggers import TRIGGER_WORDS
from sla_tracker.wording.duties import text_of

# Coming deadlines shown at most.
PREVIEWED = 6


class ObligationListForm(Dialog):
    """A form with a list of obligations, and a preview of what they would open."""

    CSS_PATH = [STYLES / "dialog.tcss", STYLES / "checklist_form.tcss"]

    def __init__(self) -> None:
        super().__init__()
        self.add_class("-tall")
        self._filled: list[Filled] = []
        self._has_warned = False

    @property
    def is_unsaved(self) -> bool:
        """Return whether closing would lose obligations that were filled in."""
        raise NotImplementedError

    def action_close(self) -> None:
        """Close the form; with unsaved obligations only when asked a second time."""
        if not self.is_unsaved:
            super().action_close()
        elif self._has_warned:
            self.dismiss()
        else:
            self._has_warned = True
            key = self.sla.key_word("dialog.close")
            said = _("Nothing is saved yet. {key} again closes this, and what is listed is lost.", key=key)
            self.say_notice(said)

    @property
    def department_id(self) -> str:
        """Return the id of the department, as far as it is known."""
        raise NotImplementedError

    def check(self) -> plugins.DraftCheck:
        """Return the call that checks everything as it is now."""
        raise NotImplementedError

    def check_with(self, place: int | None, filled: Filled) -> plugins.DraftCheck | None:
        """Return the call that checks one obligation in its place.

        None for the check of the obligation's own form.
        """
        return None

    def owed_list(self) -> Iterator[Static | OptionList]:
        """Yield the list of obligations and the preview."""
        self.owed = OptionList(id="owed")
        yield self.owed
        self.preview = Static(Content(""), id="preview")
        yield self.preview

    def access_note(self) -> Iterator[Static]:
        """Yield the note for those who may fill in the form, but not save it."""
        if self.view_context.me.role is not Role.ADMIN:
            said = _("Only an administrator takes it into use; you see here what it would open.")
            yield Static(plain(said, "$warning"))

    def list_owed(self, place: int | None = None) -> None:
        """Show the obligations and, behind them, the way to add one.

        The cursor goes to `place`, else to the way to add one.
        """
        self.owed.clear_options()
        for one in self._filled:
            consumer = self._department(one.obligation.consumer)
            self.owed.add_option(Option(plain(_summary(one.obligation, consumer))))
        self.owed.add_option(Option(plain(_("+ Add something that is owed"), "bold"), id="add"))
        self.owed.highlighted = len(self._filled) if place is None else place

    def _department(self, id: str) -> str:
        brought = dict(one.consumer for one in self._filled if one.consumer is not None)
        return text_of(brought[id]) if id in brought else self.view_context.department(id)

    @on(OptionList.OptionSelected)
    def _open(self, message: OptionList.OptionSelected) -> None:
        message.stop()
        place = None if message.option_id == "add" else message.option_index
        others = [one.obligation.id for index, one in enumerate(self._filled) if index != place]
        self.app.push_screen(
            ObligationForm(
                self.department_id,
                [*self.view_context.catalogue.obligations, *others],
                self._add if place is None else partial(self._replace, place),
                None if place is None else self._filled[place],
                None if place is None else partial(self.take_out, place),
                partial(self.check_with, place),
            )
        )

    def _add(self, filled: Filled) -> None:
        self._filled.append(filled)
        self._changed()

    def _replace(self, place: int, filled: Filled) -> None:
        self._filled[place] = filled
        self._changed(place)

    def take_out(self, place: int) -> None:
        """Take an obligation out of the list."""
        del self._filled[place]
        self._changed(place)

    def _changed(self, place: int | None = None) -> None:
        self._has_warned = False
        self.say_notice("")
        self.list_owed(place)
        self.owed.focus()
        self.say_problem("")
        self.sla.gateway.load(self, "preview", self.check())

    def show_preview(self, checked: Checked) -> None:
        """Show what a checked checklist would open."""
        self.preview.update(lines(*preview_lines(checked, self.view_context, self, PREVIEWED)))


def all_of(problems: Sequence[SlaError]) -> str:
    """Return all problems, one a line."""
    return "\n".join(problem.sentence() for problem in problems)


def _summary(obligation: DraftObligation, consumer: str) -> str:
    if not obligation.due:
        return f"{text_of(obligation.title)} → {consumer}"
    opens = obligation.kind
    rule, figure = next(iter(obligation.due.items()))
    shown = " ".join(map(str, figure)) if isinstance(figure, list) else str(figure)
    is_shown = rule in RULES[opens] and obligation.due.keys() <= {rule, "at", "roll"}
    due = paired(_(RULES[opens][rule].word), shown) if is_shown else due_word(obligation.due)
    more = f" +{len(obligation.further)}" if obligation.further else ""
    return f"{text_of(obligation.title)} → {consumer}  {_(TRIGGER_WORDS[opens])} · {due}{more}"
