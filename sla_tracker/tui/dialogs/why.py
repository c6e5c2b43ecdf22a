"""Dialogs that explain a duty's deadline and show all facts of a duty."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from textual.app import ComposeResult
from textual.content import Content

from sla_tracker.domain.deadlines.explanation import explain
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import language
from sla_tracker.services.queries.limits import ExplainedLimit
from sla_tracker.tui.dialogs.dialog import Dialog, DutyDialog
from sla_tracker.tui.text_content import plain
from sla_tracker.tui.view_context import ViewContext
from sla_tracker.tui.widgets.cards.duty_card import BLANK, detail_facts, row_facts, short_notice_facts
from sla_tracker.tui.widgets.cards.event_changes import event_change_facts
from sla_tracker.tui.widgets.cards.facts import Fact, FactSheet
from sla_tracker.wording.consent.agreed_words import format_kept
from sla_tracker.wording.duties import format_assumed, format_moment, text_of
from sla_tracker.wording.limits import format_limit, format_sought


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
            [
                *facts,
                BLANK,
                *steps,
                *self._sought(),
                *self._limits(),
                *changes,
                *self._short_notice(),
                *self._assumed(),
            ]
        )
        yield sheet

    def _sought(self) -> list[Fact]:
        """Return the turns of other obligations that the duty looks for."""
        place = self.view_context
        found = [
            Fact("", plain(format_sought(one, place.department(one.provider)))) for one in self._detail.sought
        ]
        return [BLANK, *found] if found else []

    def _limits(self) -> list[Fact]:
        """Return the steps of the other limits, of the answer and of silence."""
        place, found = self.view_context, []
        for limit in self._detail.limits:
            found += [BLANK, *limit_facts(limit, place, self.now())]
        return found

    def _short_notice(self) -> list[Fact]:
        found = list(short_notice_facts(self._detail, self.view_context, self.now()))
        return [BLANK, *found] if found else []

    def _assumed(self) -> list[Fact]:
        duty, place = self._detail.duty, self.view_context
        found = []
        if (kept := duty.terms.agreed) is not None:
            agreed = format_kept(kept, duty.deadline.nominal_on, place.people, place.zone)
            found.append(Fact(_("Terms"), plain(agreed)))
        key_word = self.sla.key_word
        agreed_by = _("{view}, then {key}", view=key_word("app.view_1"), key=key_word("list.agreements"))
        if said := format_assumed(duty.terms.assumed, duty.terms.set_by_admin, agreed_by=agreed_by):
            found.append(Fact("!", plain(said, "$accent")))
        return [BLANK, *found] if found else []


def limit_facts(limit: ExplainedLimit, place: ViewContext, now: datetime) -> Iterator[Fact]:
    """Yield a limit and the numbered steps of its calculation."""
    when = format_moment(limit.deadline.due_at, now, place.zone)
    yield Fact("", plain(format_limit(limit, when), "bold"))
    said = explain(limit.deadline.steps, lang=language(), zone=place.zone)
    for number, sentence in enumerate(filter(None, said), 1):
        yield Fact(f"{number}.", plain(sentence))


class LimitDialog(Dialog):
    """Lists the steps of a limit that is no duty's, such as a complaint's next step."""

    def __init__(self, title: str, limit: ExplainedLimit) -> None:
        super().__init__()
        self._title, self._limit = title, limit

    def heading(self) -> Content:
        """Return the title."""
        return plain(self._title)

    def body(self) -> ComposeResult:
        """Return the limit and its steps."""
        sheet = FactSheet()
        sheet.show(list(limit_facts(self._limit, self.view_context, self.now())))
        yield sheet


class DetailDialog(DutyDialog):
    """Shows one duty in full."""

    def heading(self) -> Content:
        """Return the title."""
        return plain(_("Duty #{reference}", reference=self._detail.duty.reference))

    def body(self) -> ComposeResult:
        """Return all facts."""
        sheet = FactSheet()
        sheet.show(list(detail_facts(self._detail, self.view_context, self.now())))
        yield sheet
