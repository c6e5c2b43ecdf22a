"""View 5, the inbox of a department.

It shows complaints, requests, offers, shift notes, statements and surveys.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer

from sla_tracker.domain.consent.agreement import Agreement
from sla_tracker.domain.duties.complaint import Complaint
from sla_tracker.domain.duties.ratings import RatingLevel
from sla_tracker.domain.measures.comparisons.complaint_effect import is_remedied
from sla_tracker.domain.people import Role
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.services.departments.inbox_entry import InboxEntry, InboxKind
from sla_tracker.services.departments.limits import complaint_limit, survey_limit
from sla_tracker.services.duties.ratings import rate_action
from sla_tracker.services.queries.limits import ExplainedLimit
from sla_tracker.tui import keys
from sla_tracker.tui.calls import departments, duties
from sla_tracker.tui.calls.departments import DraftLoaded, EffectLoaded, InboxEntriesLoaded
from sla_tracker.tui.dialogs.duties.inbox_dialogs import (
    entry_dialog,
    lodge_dialog,
    refer_dialog,
    shift_note_dialog,
)
from sla_tracker.tui.dialogs.why import LimitDialog, WhyDialog
from sla_tracker.tui.keyboard.effects import KeyEffect
from sla_tracker.tui.messages import CallRefused
from sla_tracker.tui.messages.loaded import DutyLoaded
from sla_tracker.tui.screens.base.view_screen import ViewScreen
from sla_tracker.tui.stylesheet import STYLES
from sla_tracker.tui.text_content import several
from sla_tracker.tui.widgets.cards.duty_card import BLANK, detail_facts
from sla_tracker.tui.widgets.cards.facts import Fact, FactSheet
from sla_tracker.tui.widgets.cards.inbox_card import inbox_facts
from sla_tracker.tui.widgets.lists.inbox_list import EntryList, entry_sections, entry_text
from sla_tracker.tui.widgets.lists.line_list import LineList
from sla_tracker.wording.figures.complaints import effect_line
from sla_tracker.wording.party_statements import level_word

# The pause in moving the cursor after which the duty of an entry is read.
DETAIL_SECONDS = 0.08


class InboxScreen(ViewScreen):
    """Lists the department's inbox; enter opens the dialog of an entry."""

    VIEW = "complaints"
    CSS_PATH = STYLES / "columns.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        keys.key("matter.next", "enter", "primary", N_("Next step"), effect=KeyEffect.OPENS),
        keys.key("matter.lodge", "i,insert,f4", "lodge", N_("Complain"), effect=KeyEffect.OPENS),
        keys.key("matter.note", "n,f6", "shift_note", N_("Shift note"), effect=KeyEffect.OPENS),
        keys.key("matter.agreements", "d,f9", "agreements", N_("Agreements"), effect=KeyEffect.OPENS),
        keys.key("matter.why", "w,f2", "why", N_("Why due"), show=False, effect=KeyEffect.OPENS),
        keys.key(
            "matter.refer", "t,f3", "refer", N_("Choose who judges"), show=False, effect=KeyEffect.OPENS
        ),
        keys.key(
            "matter.rate_many", "m,f7", "rate_many", N_("Rate many"), show=False, effect=KeyEffect.OPENS
        ),
        keys.key("matter.mark", "space", "mark", N_("Mark"), show=False),
        keys.key("list.clear", "escape", "clear", N_("Clear filter and marks"), show=False),
        keys.key("matter.ended", "a,f8", "ended", N_("Ended ones too")),
        keys.key("list.reload", "r,f5", "reload", N_("Read again"), show=False),
    ]
    AUTO_FOCUS = "#matters"

    def __init__(self) -> None:
        super().__init__()
        self._ended = False
        self._explains = ""
        self._detail_timer: Timer | None = None

    def body(self) -> ComposeResult:
        """Return list and card."""
        self.list = EntryList(self.view_context, self.now)
        self.list.empty = Content(
            _(
                "Nothing waits between departments.\n{complain} complains, {note} writes a shift note.",
                complain=self.sla.key_word("matter.lodge"),
                note=self.sla.key_word("matter.note"),
            )
        )
        self.sheet = FactSheet()
        with Horizontal(classes="columns"):
            yield self.list
            with VerticalScroll(classes="facts"):
                yield self.sheet

    def read(self) -> None:
        """Read the department's inbox."""
        self.gateway.load(self, "matters", departments.load_my_inbox(ended=self._ended), _("reading"))

    def minute_passed(self) -> None:
        """Read again, because limits may have passed."""
        super().minute_passed()
        self.read()

    @on(InboxEntriesLoaded)
    def _take(self, message: InboxEntriesLoaded) -> None:
        rows = list(message.rows)
        self.list.show(rows, list(entry_sections(rows)))
        self._show_card()

    @on(LineList.Highlighted)
    def _show_card(self) -> None:
        row = self.list.current
        self.sheet.show([] if row is None else list(inbox_facts(row, self.view_context, self.now())))
        if self._detail_timer is not None:
            self._detail_timer.stop()
        if row is not None and row.duty is not None:
            self._detail_timer = self.set_timer(DETAIL_SECONDS, partial(self._read_detail, row.duty.id))
        elif row is not None and isinstance(row.about, Complaint) and is_remedied(row.about):
            self._detail_timer = self.set_timer(DETAIL_SECONDS, partial(self._read_effect, row.about))

    def _read_effect(self, complaint: Complaint) -> None:
        self.gateway.load(self, "detail", departments.load_effect(complaint))

    @on(EffectLoaded)
    def _show_effect(self, message: EffectLoaded) -> None:
        row = self.list.current
        if row is not None and row.about == message.effect.complaint:
            facts = inbox_facts(row, self.view_context, self.now())
            said = Fact(_("Effect"), several(effect_line(message.effect)))
            self.sheet.show([*facts, BLANK, said])

    def _read_detail(self, duty_id: str) -> None:
        self.gateway.load(self, "detail", duties.duty(duty_id), beside=True)

    @on(LineList.Chosen)
    def action_primary(self) -> None:
        """Open the dialog for the entry under the cursor."""
        row = self.list.current
        if row is None:
            self.sla.show_message(_("Nothing is under the cursor."))
            return
        if isinstance(row.about, Agreement):
            self.action_agreements()
            return
        if row.kind is InboxKind.ENDING:
            self.sla.show_message(
                _("Agree on what follows; an administrator writes it into the checklist of the plugin.")
            )
            return
        if row.kind is InboxKind.BUDGET:
            view = self.sla.key_word("app.view_3")
            self.sla.show_message(_("What is pending and what was missed stands in view {view}.", view=view))
            return
        if not row.mine:
            self.sla.show_message(
                _("Somebody else has to do the next step; it is listed so that you see it.")
            )
            return
        self._open(entry_dialog(self.sla, row))

    def _open(self, dialog: Screen[None]) -> None:
        self.app.push_screen(dialog)

    def action_lodge(self) -> None:
        """Lodge a complaint about another department."""
        self._open(lodge_dialog(self.sla))

    def action_shift_note(self) -> None:
        """Write a shift note, starting from a draft of the open duties."""
        self.gateway.load(self, "draft", departments.draft_of_mine(), _("reading"), opens=True)

    @on(DraftLoaded)
    def _edit_draft(self, message: DraftLoaded) -> None:
        self._open(shift_note_dialog(self.sla, message.text))

    def action_agreements(self) -> None:
        """Open the page of what is agreed, at the entry under the cursor."""
        from sla_tracker.tui.screens.agreements import AgreementsScreen

        row = self.list.current
        about = row.about.id if row is not None and isinstance(row.about, Agreement) else ""
        self.app.push_screen(AgreementsScreen(about=about))

    def action_why(self) -> None:
        """Explain the limit of the entry under the cursor."""
        row = self.list.current
        if row is None:
            self.sla.show_message(_("Nothing is under the cursor."))
            return
        limit = self._limit_of(row)
        if limit is not None:
            self._open(
                LimitDialog(_("Why by then? {title}", title=entry_text(row, self.view_context)), limit)
            )
        elif row.duty is not None:
            self._explains = row.duty.id
            self.gateway.load(self, "open", duties.duty(row.duty.id), _("reading"), opens=True)
        else:
            self.sla.show_message(_("This has no limit."))

    @on(CallRefused)
    def _explain_no_more(self) -> None:
        self._explains = ""

    def _limit_of(self, row: InboxEntry) -> ExplainedLimit | None:
        context = self.gateway.deployment.context
        if isinstance(row.about, Complaint):
            return complaint_limit(context, row.about)
        if row.kind is InboxKind.SURVEY:
            return survey_limit(context, self.today())
        return None

    @on(DutyLoaded)
    def _take_duty(self, message: DutyLoaded) -> None:
        """Explain the deadline if that was asked for, else show the duty below the entry."""
        row, detail = self.list.current, message.detail
        if detail is not None and self._explains == detail.duty.id:
            self._explains = ""
            self._open(WhyDialog(detail))
            return
        if detail is None or row is None or row.duty is None or row.duty.id != detail.duty.id:
            return
        # The duty's own facts say when it is due, more fully.
        entry = [fact for fact in inbox_facts(row, self.view_context, self.now()) if fact.label != _("Due")]
        self.sheet.show([*entry, BLANK, *list(detail_facts(detail, self.view_context, self.now()))[2:]])

    def action_refer(self) -> None:
        """Choose, as an administrator, who judges the complaint under the cursor."""
        row = self.list.current
        complaint = row.about if row is not None and isinstance(row.about, Complaint) else None
        if complaint is None:
            self.sla.show_message(_("Put the cursor on a complaint first."))
            return
        if self.gateway.deployment.actor.role is not Role.ADMIN:
            self.sla.show_message(_("Only administrators choose who judges a complaint."))
            return
        self._open(refer_dialog(self.sla, complaint))

    def action_mark(self) -> None:
        """Mark the row under the cursor."""
        self.list.toggle_mark()

    def action_clear(self) -> None:
        """Unmark everything."""
        self.list.clear_marks()

    def action_rate_many(self) -> None:
        """Rate the marked deliveries with one level, or all that wait for a rating."""
        from sla_tracker.tui.dialogs.prompts import PickDialog

        rows = self.list.marked_rows() if self.list.marks else self.list.rows
        ids = [row.duty.id for row in rows if row.kind is InboxKind.RATING and row.mine and row.duty]
        if not ids:
            self.sla.show_message(_("None of them waits for your rating."))
            return
        # Not the lowest: it contradicts the verdict, and is asked about one by one.
        levels = [(str(int(level)), f"{int(level)} {level_word(level)}") for level in reversed(RatingLevel)][
            :-1
        ]
        title = ngettext("Rate {n} delivery", "Rate {n} deliveries at once", len(ids))
        self._open(PickDialog(title, levels, lambda level: self._rate(ids, int(level))))

    def _rate(self, ids: Sequence[str], level: int) -> None:
        rate = lambda deployment: rate_action(deployment.actor, level)
        self.gateway.act(self, duties.each(_("Rated"), ids, rate), _("rating"))

    def action_ended(self) -> None:
        """Show or hide ended complaints."""
        self._ended = not self._ended
        self.read()
