"""Dialogs about several duties: delivering them, and listing those left out."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from sla_tracker.domain.agreements.fields import TICKED, Field, FieldKind
from sla_tracker.domain.clean import clean
from sla_tracker.domain.duties.duty import OWED, Duty
from sla_tracker.errors import SlaError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.services.queries.duties import DutyRow
from sla_tracker.tui.calls import duties
from sla_tracker.tui.dialogs.dialog import Dialog
from sla_tracker.tui.messages.loaded import DutiesLoaded
from sla_tracker.tui.text_content import plain, row, several
from sla_tracker.tui.widgets.cards.facts import Fact, FactSheet
from sla_tracker.tui.widgets.forms.tick import Tick
from sla_tracker.wording.duties import text_of


class BulkDeliverDialog(Dialog):
    """Lists which marked duties are complete; one tick can confirm the ticks of all."""

    KEEPS_DRAFT = False

    def __init__(self, rows: Sequence[DutyRow]) -> None:
        super().__init__()
        self._rows = rows
        self._duties: Sequence[Duty] = ()

    def heading(self) -> Content:
        """Return the title."""
        return plain(ngettext("Deliver {n} duty", "Deliver {n} duties", len(self._rows)))

    def confirmation(self) -> str:
        """Return the confirm button's label."""
        return _("Deliver what is complete")

    def body(self) -> ComposeResult:
        """Return the duties and the tick for all ticks."""
        self.sheet = FactSheet()
        yield self.sheet
        self.ticks = Tick(plain(_("I have every paper that is only ticked off")), compact=True, classes="gap")
        yield self.ticks

    def on_mount(self) -> None:
        """Read the duties."""
        super().on_mount()
        self.sla.gateway.load(
            self, "bulk", duties.duties_of([row.id for row in self._rows]), _("reading"), opens=True
        )

    @on(DutiesLoaded)
    def _loaded(self, message: DutiesLoaded) -> None:
        self._duties = message.duties
        self._lay_out()

    @on(Tick.Changed)
    def _lay_out(self) -> None:
        self.sheet.show([self._fact(duty) for duty in self._duties])

    def _fact(self, duty: Duty) -> Fact:
        title = plain(f"{text_of(duty.title)}  {clean(duty.subject)}")
        if duty.state not in OWED:
            return Fact("–", row(title, plain(_("  not owed any more"), "$muted")))
        missing = self._missing(duty)
        if not missing:
            return Fact("✓", row(title, plain(_("  complete"), "$success")))
        labels = _("; ").join(text_of(field.label) for field in missing)
        return Fact("!", row(title, plain(_("  missing: {labels}", labels=labels), "$warning")))

    def _missing(self, duty: Duty) -> list[Field]:
        given = {**duty.draft, **self._ticked(duty)}
        return [field for field in duty.terms.evidence if field.required and not given.get(field.id)]

    def _ticked(self, duty: Duty) -> dict[str, str]:
        if not self.ticks.value:
            return {}
        return {field.id: TICKED for field in duty.terms.evidence if field.kind is FieldKind.TICK}

    def action_confirm(self) -> None:
        """Deliver those that are complete."""
        complete = [duty for duty in self._duties if duty.state in OWED and not self._missing(duty)]
        if not complete:
            key = self.sla.key_word("duty.evidence")
            said = _("None of them is complete yet; fill their evidence in first ({key}).", key=key)
            self.say_problem(said)
            return
        self.do(duties.deliver_each({duty.id: self._ticked(duty) for duty in complete}), _("delivering"))


class LeftOutDialog(Dialog):
    """Lists every duty that an act was refused for, with the reason."""

    def __init__(self, what: str, refused: Sequence[SlaError]) -> None:
        super().__init__()
        self._what, self._refused = what, refused

    def heading(self) -> Content:
        """Return the title."""
        left = ngettext("{what}: not {n} duty", "{what}: not {n} duties", len(self._refused), what=self._what)
        return plain(left, "bold")

    def body(self) -> ComposeResult:
        """Return a paragraph for each duty."""
        yield Static(several("\n\n".join(f"! {problem.sentence()}" for problem in self._refused)))
        yield Static(
            plain(_("They are as they were, and stay marked where they are still shown."), "$muted"),
            classes="gap",
        )
