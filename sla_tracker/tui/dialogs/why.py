"""Dialogs that explain a duty's deadline and show all facts of a duty."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content

from sla_tracker.domain.deadlines.explanation import explain
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import language
from sla_tracker.tui.dialogs.dialog import DutyDialog
from sla_tracker.tui.text_content import plain
from sla_tracker.tui.widgets.cards.duty_card import BLANK, detail_facts, row_facts, short_notice_facts
from sla_tracker.tui.widgets.cards.event_changes import event_change_facts
from sla_tracker.tui.widgets.cards.facts import Fact, FactSheet
from sla_tracker.wording.duties import format_assumed, format_moment, text_of
from sla_tracker.wording.limits import format_limit


class WhyDialog(DutyDialog):
    """Lists the steps of a deadline in the order of the calculation."""

    def heading(self) -> Content:
        """Return the title."""
        return self.about(_("Why is it due then? {title}", title=text_of(self._detail.duty.title)))

    def body(self) -> ComposeResult:
        """Return the steps, numbered."""
        place, shown = self.view_context, self._detail.row
        sheet = FactSheet()
        said = explain(self._detail.duty.deadline.steps, lang=language(), zone=place.zone)
        steps = [Fact(f"{number}.", plain(sentence)) for number, sentence in enumerate(filter(None, said), 1)]
        facts = list(row_facts(shown, place, self.now()))[1:3]
        changes = list(event_change_facts(self._detail.duty, place, self.now()))
        sheet.show(
            [*facts, BLANK, *steps, *self._limits(), *changes, *self._short_notice(), *self._assumed()]
        )
        yield sheet

    def _limits(self) -> list[Fact]:
        """Return the steps of the other limits, of the answer and of silence."""
        place, found = self.view_context, []
        for limit in self._detail.limits:
            when = format_moment(limit.deadline.due_at, self.now(), place.zone)
            found += [BLANK, Fact("", plain(format_limit(limit, when), "bold"))]
            said = explain(limit.deadline.steps, lang=language(), zone=place.zone)
            found += [
                Fact(f"{number}.", plain(sentence)) for number, sentence in enumerate(filter(None, said), 1)
            ]
        return found

    def _short_notice(self) -> list[Fact]:
        found = list(short_notice_facts(self._detail, self.view_context, self.now()))
        return [BLANK, *found] if found else []

    def _assumed(self) -> list[Fact]:
        said = format_assumed(self._detail.duty.terms.assumed)
        return [BLANK, Fact("!", plain(said, "$accent"))] if said else []


class DetailDialog(DutyDialog):
    """Shows one duty in full."""

    CSS = "DetailDialog #box { width: 96; }"

    def heading(self) -> Content:
        """Return the title."""
        return plain(_("Duty #{reference}", reference=self._detail.duty.reference))

    def body(self) -> ComposeResult:
        """Return all facts."""
        sheet = FactSheet()
        sheet.show(list(detail_facts(self._detail, self.view_context, self.now())))
        yield sheet
