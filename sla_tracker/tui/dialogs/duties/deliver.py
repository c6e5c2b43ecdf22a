"""The form for a duty's evidence: deliver it now, or keep it for later."""

from __future__ import annotations

from collections.abc import Iterator

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, Input, Static

from sla_tracker.domain.agreements.fields import FieldKind
from sla_tracker.domain.duties.transitions import LONGEST_NOTE
from sla_tracker.errors import SlaError
from sla_tracker.i18n import gettext as _
from sla_tracker.tui import keys
from sla_tracker.tui.calls import duties
from sla_tracker.tui.dialogs.dialog import DutyDialog, asked
from sla_tracker.tui.text_content import plain, row
from sla_tracker.tui.widgets.cards.duty_card import row_facts
from sla_tracker.tui.widgets.cards.facts import FactSheet
from sla_tracker.tui.widgets.forms.form import FieldForm
from sla_tracker.wording.duties import text_of
from sla_tracker.wording.parse_time import parse_moment


class DeliverDialog(DutyDialog):
    """Asks for a duty's evidence; missing items show at once."""

    BINDINGS = keys.DELIVER

    def heading(self) -> Content:
        """Return the title."""
        return self.about(_("Deliver: {title}", title=text_of(self._detail.duty.title)))

    def confirmation(self) -> str:
        """Return the confirm button's label."""
        return _("Deliver")

    def body(self) -> ComposeResult:
        """Return facts, form, remark."""
        duty, now = self._detail.duty, self.now()
        sheet = FactSheet()
        sheet.show(list(row_facts(self._detail.row, self.view_context, now))[1:3])
        yield sheet
        today = self.today()
        self.form = FieldForm(duty.terms.evidence, duty.draft, today)
        self.form.add_class("gap")
        yield self.form
        self.remark = Input(
            placeholder=_("for the consumer, optional"), max_length=LONGEST_NOTE, compact=True
        )
        yield asked(_("Remark"), self.remark)
        self.claimed = Input(
            placeholder=_("only if handed over earlier; counts once confirmed"), compact=True
        )
        yield asked(_("Handed over at"), self.claimed)
        self.missing = Static(Content(""), id="missing")
        yield self.missing

    def further_buttons(self) -> Iterator[Button]:
        """Yield the buttons that tick everything, and that keep the evidence for later."""
        evidence = self._detail.duty.terms.evidence
        if sum(field.kind is FieldKind.TICK for field in evidence) > 1:
            yield self.button(_("Tick all"), "tick_all", "deliver.tick_all")
        if evidence:
            yield self.button(_("Keep for later"), "keep", "deliver.keep")

    def on_mount(self) -> None:
        """Show what is missing."""
        super().on_mount()
        self._say_missing()
        first = next(self.form.answers(), None)
        if first is not None:
            first.focus()

    @on(FieldForm.Changed)
    def _say_missing(self) -> None:
        self.drop_old_problem()
        labels = self.form.missing()
        if labels:
            self.missing.update(
                row(plain(_("Still missing: "), "bold $warning"), plain(_("; ").join(labels), "$warning"))
            )
        else:
            self.missing.update(plain(_("✓ The evidence is complete."), "$success"))

    def action_confirm(self) -> None:
        """Deliver, or focus the first missing field."""
        if self.form.problems():
            mistakes = [problem.sentence() for problem in self.form.mistakes()]
            self.say_problem("\n".join(mistakes or [_("It cannot be delivered before that.")]))
            self.form.focus_problem()
            return
        try:
            claimed = self.claimed.value.strip()
            at = parse_moment(claimed, self.now(), self.view_context.zone) if claimed else None
        except SlaError as error:
            self.say_problem(error.sentence())
            self.claimed.focus()
            return
        self.do(
            duties.deliver(self._detail.duty.id, self.form.changes(), self.remark.value, at), _("delivering")
        )

    @on(Button.Pressed, "#tick_all")
    def action_tick_all(self) -> None:
        """Tick every paper; when all are ticked, none."""
        self.form.tick_all()

    @on(Button.Pressed, "#keep")
    def action_keep(self) -> None:
        """Store the evidence without delivering.

        Everything else that is filled in is kept for the session.
        """
        self.forgets_draft = not (self.remark.value.strip() or self.claimed.value.strip())
        self.do(duties.fill_in(self._detail.duty.id, self.form.changes()), _("keeping the evidence"))
