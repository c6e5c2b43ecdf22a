"""The dialog to accept a delivery, or to return it with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, TextArea

from sla_tracker.i18n import gettext as _
from sla_tracker.tui import keys
from sla_tracker.tui.calls import duties
from sla_tracker.tui.dialogs.dialog import DutyDialog, asked
from sla_tracker.tui.text_content import plain, several
from sla_tracker.tui.widgets.cards.duty_card import claim_of, evidence_facts, row_facts
from sla_tracker.tui.widgets.cards.facts import Fact, FactSheet
from sla_tracker.tui.widgets.forms.tick import Tick
from sla_tracker.wording.duties import format_moment, text_of

if TYPE_CHECKING:
    from sla_tracker.services.queries.duties import DutyDetail


class JudgeDialog(DutyDialog):
    """Shows a delivery; accepts it, or returns it when a reason is given."""

    BINDINGS = keys.JUDGE

    def __init__(self, detail: DutyDetail) -> None:
        super().__init__(detail)
        last = detail.duty.delivery
        # A tick is for this claim only.
        self.draft_of = "" if last is None else f"{last.at} {last.claimed_at}"
        self._left_reason = ""  # the reason about which it was asked whether it is to be left out

    def heading(self) -> Content:
        """Return the title."""
        return self.about(_("Judge: {title}", title=text_of(self._detail.duty.title)))

    def confirmation(self) -> str:
        """Return the confirm button's label."""
        return _("Accept")

    def body(self) -> ComposeResult:
        """Return the delivery and the input for a reason."""
        place, now = self.view_context, self.now()
        facts = list(row_facts(self._detail.row, place, now))[1:3]
        last = self._detail.duty.delivery
        if last is not None:
            said = _(
                "{when} by {person}",
                when=format_moment(last.at, now, place.zone),
                person=place.person(last.by),
            )
            facts.append(Fact(_("Delivered"), several(said)))
        sheet = FactSheet()
        sheet.show([*facts, *evidence_facts(self._detail.duty)])
        yield sheet
        self.claim = Tick(Content(""), compact=True)
        if last is not None and last.claimed_at is not None:
            claimed = claim_of(last, place, now)
            self.claim.label = plain(_("I confirm that it was handed over at {when}", when=claimed))
            yield self.claim
        self.reason = TextArea(id="reason", show_line_numbers=False, tab_behavior="focus")
        reason = asked(_("Reason for a return"), self.reason)
        reason.add_class("gap")
        yield reason

    def further_buttons(self) -> Iterator[Button]:
        """Yield the button that returns it."""
        yield self.button(_("Return"), "return", "judge.return")

    def on_mount(self) -> None:
        """Focus the accept button."""
        super().on_mount()
        self.query_one("#confirm", Button).focus()

    def action_confirm(self) -> None:
        """Accept; ask first where a reason for a return is filled in, as it would be lost."""
        reason = self.reason.text.strip()
        if reason and reason != self._left_reason:
            self._left_reason = reason
            self.say_problem(
                _(
                    "A reason for a return is filled in: return it, or accept once more and leave the reason out."
                )
            )
            return
        self.do(duties.accept(self._detail.duty.id, confirm_claim=self.claim.value), _("accepting"))

    @on(Button.Pressed, "#return")
    def action_give_back(self) -> None:
        """Return the delivery; without a reason, ask for one."""
        reason = self.reason.text.strip()
        if not reason:
            self.say_problem(_("A return needs a reason: what is missing or wrong?"))
            self.reason.focus()
            return
        self.do(duties.give_back(self._detail.duty.id, reason), _("returning"))
