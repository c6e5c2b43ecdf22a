"""The page, over view 1 or 5, of what a department agreed and what is assumed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content

from sla_tracker.domain.consent.notice import Contradiction
from sla_tracker.domain.people import Role
from sla_tracker.i18n import gettext as _
from sla_tracker.services.consent.standing import PartyTerms, TermsState
from sla_tracker.tui import keys
from sla_tracker.tui.calls import agreements
from sla_tracker.tui.calls.agreements import ReplayLoaded, TermsLoaded
from sla_tracker.tui.screens.base.view_screen import ViewScreen
from sla_tracker.tui.stylesheet import STYLES
from sla_tracker.tui.widgets.cards.agreement_card import terms_facts
from sla_tracker.tui.widgets.cards.facts import FactSheet
from sla_tracker.tui.widgets.lists.agreement_list import AgreementList
from sla_tracker.tui.widgets.lists.line_list import LineList
from sla_tracker.tui.widgets.lists.sections import Section
from sla_tracker.wording.consent.agreement_words import OPEN, group_word

TONES = {OPEN: "today", TermsState.ASSUMED: "week", TermsState.EXPIRED: "overdue"}


class AgreementsScreen(ViewScreen):
    """Lists how everything with other departments stands; enter proposes or decides."""

    VIEW = "complaints"
    CSS_PATH = STYLES / "columns.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.AGREEMENTS
    AUTO_FOCUS = "#agreements"

    def __init__(self, *, only_assumed: bool = False, about: str = "") -> None:
        """`about` is the id of the agreement on which the cursor stands first."""
        super().__init__()
        self._only_assumed, self._about = only_assumed, about
        self._terms: Sequence[PartyTerms] = ()
        self._against: Sequence[Contradiction] = ()

    def body(self) -> ComposeResult:
        """Return list and card."""
        self.list = AgreementList(self.view_context)
        self.list.empty = Content(_("Nothing is owed between your department and others."))
        self.sheet = FactSheet()
        with Horizontal(classes="columns"):
            yield self.list
            with VerticalScroll(classes="facts"):
                yield self.sheet

    def read(self) -> None:
        """Read how everything stands."""
        self.gateway.load(self, "terms", agreements.load_terms(), _("reading"))

    @on(TermsLoaded)
    def _take(self, message: TermsLoaded) -> None:
        self._terms, self._against = message.rows, message.against
        self._lay_out()

    def _lay_out(self) -> None:
        rows = [one for one in self._terms if not self._only_assumed or one.standing is TermsState.ASSUMED]
        rows.sort(key=_order_of)
        self.list.show(rows, list(_sections(rows)))
        places = [
            place for place, one in enumerate(rows) if one.agreement and one.agreement.id == self._about
        ]
        if places:
            self.list.cursor, self._about = places[0], ""
        self._show_card()

    @on(LineList.Highlighted)
    def _show_card(self) -> None:
        row = self.list.current
        self.refresh_bindings()
        facts = () if row is None else terms_facts(row, self._against, self.view_context)
        self.sheet.show(list(facts))

    @on(LineList.Chosen)
    def action_primary(self) -> None:
        """Decide on the open proposal of the other side, else propose terms."""
        row = self.list.current
        if row is None or not self._is_head():
            return
        from sla_tracker.tui.dialogs.agreements import ProposeDialog, decide_dialog

        waiting = row.agreement.open if row.agreement else None
        if waiting is None:
            self.app.push_screen(ProposeDialog(row))
        elif waiting.proposed_from == self.view_context.me.department:
            key = self.sla.key_word("agreement.withdraw")
            self.sla.show_message(_("Your department has proposed this; {key} withdraws it.", key=key))
        else:
            today = self.now().astimezone(self.view_context.zone).date()
            self.app.push_screen(decide_dialog(row, self.view_context, today))

    def action_new(self) -> None:
        """Propose an obligation that no plugin declares."""
        if self._is_head():
            from sla_tracker.tui.dialogs.agreements import NewObligationDialog

            self.app.push_screen(NewObligationDialog())

    def action_withdraw(self) -> None:
        """Withdraw the open proposal of the own department."""
        row = self.list.current
        if row is None or row.agreement is None or row.agreement.open is None:
            self.sla.show_message(_("No proposal about this is open."))
            return
        self.gateway.act(self, agreements.withdraw(row.agreement), _("withdrawing"))

    def action_replay(self) -> None:
        """Show how the open proposal would have judged the past, or the terms as they are."""
        row = self.list.current
        if row is not None:
            self.gateway.load(self, "replay", agreements.replay_row(row), _("judging the past"), opens=True)

    @on(ReplayLoaded)
    def _show_replay(self, message: ReplayLoaded) -> None:
        from sla_tracker.tui.dialogs.replay import ReplayDialog

        self.app.push_screen(ReplayDialog(message.replay))

    def action_file(self) -> None:
        """Write the terms with one department into a file to print."""
        from sla_tracker.tui.dialogs.agreements import AgreementFileDialog

        row, own = self.list.current, self.view_context.me.department
        self.app.push_screen(AgreementFileDialog(row.parties.other_than(own) if row is not None else ""))

    def action_assumed(self) -> None:
        """Show only what is assumed, or everything."""
        self._only_assumed = not self._only_assumed
        self._lay_out()

    def word_of(self, binding: Binding) -> str:
        """Return a key's label; empty where the person or the row has no use for it."""
        row = self.list.current
        waiting = row.agreement.open if row is not None and row.agreement is not None else None
        is_own = waiting is not None and waiting.proposed_from == self.view_context.me.department
        match binding.action:
            case "primary":
                is_possible = row is not None and not is_own and self._may_agree()
            case "new":
                is_possible = self._may_agree()
            case "withdraw":
                is_possible = is_own and self._may_agree()
            case _unused:
                is_possible = True
        return super().word_of(binding) if is_possible else ""

    def _may_agree(self) -> bool:
        context, actor = self.gateway.deployment.context, self.gateway.deployment.actor
        return context.acting(actor, self.now()).role is Role.HEAD

    def _is_head(self) -> bool:
        """Tell whether the person may agree; says it otherwise."""
        if self._may_agree():
            return True
        self.sla.show_message(_("Heads of departments agree, or their deputies while they are absent."))
        return False

    def action_back(self) -> None:
        """Return to the view below."""
        self.dismiss()


def _order_of(row: PartyTerms) -> tuple[int, str, str]:
    return list(GROUPS).index(_group_of(row)), row.parties.provider, row.parties.consumer


GROUPS = (OPEN, TermsState.ASSUMED, TermsState.EXPIRED, TermsState.AGREED, TermsState.DECLARED)


def _group_of(row: PartyTerms) -> str:
    """Return the group of a row: open proposals first, then by how it stands."""
    return OPEN if row.agreement is not None and row.agreement.open is not None else row.standing


def _sections(rows: Sequence[PartyTerms]) -> Iterator[Section]:
    start = 0
    for group, found in groupby(rows, key=_group_of):
        count = len(list(found))
        yield Section(group_word(group), start, start + count, TONES.get(group, "good"))
        start += count
