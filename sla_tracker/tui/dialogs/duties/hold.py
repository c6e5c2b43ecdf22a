"""The dialog that puts a duty on hold for a party from outside, such as a bank."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, TextArea

from sla_tracker.domain.duties.subject import LONGEST_SUBJECT
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import paired
from sla_tracker.tui.calls import duties
from sla_tracker.tui.dialogs.dialog import Dialog, asked
from sla_tracker.tui.text_content import plain
from sla_tracker.wording.duties import text_of

if TYPE_CHECKING:
    from sla_tracker.services.queries.rows import DutyRow


class OutsiderHoldDialog(Dialog):
    """Asks for whom a duty waits, such as a bank, and for what.

    A name that is almost that of a department or person needs a second confirmation.
    """

    def __init__(self, row: DutyRow) -> None:
        super().__init__(subject_id=row.id)
        self._title = paired(_("Hold"), f"{text_of(row.title)} {row.subject}".rstrip())

    def heading(self) -> Content:
        """Return the title."""
        return plain(self._title)

    def confirmation(self) -> str:
        """Return the confirm button's label."""
        return _("Hold")

    def body(self) -> ComposeResult:
        """Return the inputs for the party and the reason."""
        self.party = Input(placeholder=_("such as the bank"), max_length=LONGEST_SUBJECT, compact=True)
        yield asked(_("For whom *"), self.party)
        self.reason = TextArea(show_line_numbers=False, tab_behavior="focus")
        yield asked(_("For what *"), self.reason)

    def on_mount(self) -> None:
        """Focus the party."""
        super().on_mount()
        self.party.focus()

    def action_confirm(self) -> None:
        """Put the duty on hold, or show what is missing."""
        party, reason = self.party.value.strip(), self.reason.text.strip()
        if not party:
            self.say_problem(_("Say for whom it waits."))
            self.party.focus()
        elif not reason:
            self.say_problem(_("It needs a reason."))
            self.reason.focus()
        else:
            self.do(duties.hold(self.subject_id, party, reason, again=self.insists), _("Hold"))
