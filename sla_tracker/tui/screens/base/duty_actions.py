"""The actions on duties of a list: on the row under the cursor or the marked rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.binding import Binding
from textual.screen import Screen

import sla_tracker.services as use_cases
from sla_tracker.domain.duties.states import OWED, State
from sla_tracker.errors import SlaError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.i18n.punctuation import bracketed
from sla_tracker.services.access import Right, require
from sla_tracker.tui.calls import duties
from sla_tracker.tui.messages import CallRefused
from sla_tracker.tui.messages.loaded import DutyLoaded, SubjectsLoaded
from sla_tracker.tui.messages.session import TakeBackDoubted
from sla_tracker.tui.screens.base import action_labels
from sla_tracker.tui.screens.base.action_labels import Primary
from sla_tracker.tui.screens.base.duty_list_screen import BoardScreen
from sla_tracker.wording.duties import text_of

if TYPE_CHECKING:
    from sla_tracker.domain.duties.duty import Duty
    from sla_tracker.services.deployment import OpenDeployment
    from sla_tracker.services.duties.actions import DutyAction
    from sla_tracker.services.queries.duties import DutyDetail
    from sla_tracker.services.queries.rows import DutyRow

    Then = Callable[[DutyDetail], None]

OUTSIDER = "*"
"""Stands among the parties of a hold for one that is typed."""


class ActingScreen(BoardScreen):
    """Base of the views in which people act on duties."""

    def __init__(self) -> None:
        super().__init__()
        self._pending: tuple[str, Then] | None = None

    def allowed(self, right: Right, row: DutyRow) -> bool:
        """Return whether the person has the right; notifies why not."""
        try:
            require(self.view_context.actor, right, provider=row.provider, consumer=row.consumer)
        except SlaError as error:
            self.sla.show_error(error)
            return False
        return True

    def marked(self) -> list[DutyRow]:
        """Return the marked rows that can be worked on: planned ones cannot."""
        return [row for row in self.list.marked_rows() if row.id] if self.list.marks else []

    def marked_or_one(self) -> list[DutyRow]:
        """Return the marked rows, else the one under the cursor; for none says why."""
        if rows := self.marked():
            return rows
        row = self.one()
        return [] if row is None else [row]

    def with_detail(self, row: DutyRow, then: Then) -> None:
        """Read a duty anew, then continue with it."""
        self._pending = (row.id, then)
        self.gateway.load(self, "open", duties.duty(row.id), _("reading"), opens=True)

    @on(DutyLoaded)
    def _go_on(self, message: DutyLoaded) -> None:
        pending, detail = self._pending, message.detail
        if pending is not None and detail is not None and detail.duty.id == pending[0]:
            self._pending = None
            pending[1](detail)

    @on(CallRefused)
    def _go_on_no_more(self) -> None:
        self._pending = None

    def word_of(self, binding: Binding) -> str:
        """Return a key's label for the row under the cursor or the marked rows."""
        word = action_labels.word_of(
            binding.action, binding.description, self.list.current, self.marked(), self.view_context.actor
        )
        return word and _(word)

    def action_primary(self) -> None:
        """Deliver or accept the marked duties; else act on the current duty.

        The current duty is delivered, judged or shown, as `primary` says.
        """
        rows = self.marked_or_one()
        if not rows:
            return
        match action_labels.primary(rows, self.view_context.actor):
            case Primary.DELIVER:
                self.action_deliver()
            case Primary.JUDGE:
                self.action_judge()
            case Primary.LOOK:
                self.action_details()

    def action_deliver(self) -> None:
        """Deliver one duty by its form, or several by one overview."""
        from sla_tracker.tui.dialogs.duties.bulk import BulkDeliverDialog
        from sla_tracker.tui.dialogs.duties.deliver import DeliverDialog

        if marked := self.marked():
            self.app.push_screen(BulkDeliverDialog(marked))
            return
        row = self.one()
        if row is None:
            return
        if row.state not in OWED:
            self.action_details()
        elif self.allowed(Right.DELIVER, row):
            self.with_detail(row, lambda detail: self._open_page(DeliverDialog(detail)))

    def action_evidence(self) -> None:
        """Open the evidence form, in which evidence can be stored without delivering."""
        row = self.one()
        if row is not None and row.state not in OWED:
            self.action_details()
        elif row is not None:
            self.list.clear_marks()
            self.action_deliver()

    def action_judge(self) -> None:
        """Accept or return one delivery; several can only be accepted."""
        from sla_tracker.tui.dialogs.duties.judge import JudgeDialog

        if marked := self.marked():
            self._accept(marked)
            return
        row = self.one()
        if row is not None and self.allowed(Right.JUDGE, row):
            self.with_detail(row, lambda detail: self._open_page(JudgeDialog(detail)))

    def _accept(self, marked: Sequence[DutyRow]) -> None:
        from sla_tracker.tui.dialogs.prompts import ConfirmDialog

        rows = [row for row in marked if row.state is State.DELIVERED]
        what = ngettext("Accept {n} delivery", "Accept {n} deliveries", len(rows))
        listed = "\n".join(f"» {text_of(row.title)}  {row.subject}" for row in rows)
        accept = lambda deployment: use_cases.duties.operations.accept_action(
            deployment.context, deployment.actor
        )
        self.app.push_screen(
            ConfirmDialog(what, listed, _("Accept"), lambda: self.do_each(_("Accepted"), rows, accept))
        )

    def do_each(
        self, what: str, rows: Sequence[DutyRow], action: Callable[[OpenDeployment], DutyAction]
    ) -> None:
        """Apply an action to several duties; those left out stay marked."""
        self.gateway.act(self, duties.each(what, [row.id for row in rows], action), what)

    def action_note(self) -> None:
        """Write a note on the duty, or the same note on all marked ones."""
        from sla_tracker.tui.dialogs.prompts import TextDialog

        rows = self.marked_or_one()
        if len(rows) == 1:
            title = _("Note: {title}", title=f"{text_of(rows[0].title)} {rows[0].subject}")
            write = lambda text: duties.note(rows[0].id, text)
            missing = _("A note needs a text.")
            self.app.push_screen(TextDialog(title, _("Write"), missing, write, subject_id=rows[0].id))
        elif rows:
            title = ngettext("Note on {n} duty", "Note on {n} duties", len(rows))
            ids = [row.id for row in rows]
            each = lambda text: duties.each(
                _("Note written"),
                ids,
                lambda deployment: use_cases.duties.operations.note_action(deployment.actor, text),
            )
            missing, draft_of = _("A note needs a text."), " ".join(ids)
            self.app.push_screen(TextDialog(title, _("Write"), missing, each, draft_of=draft_of))

    def action_take(self) -> None:
        """Take a duty from the pool, or release one's own."""
        rows = self.marked_or_one()
        if len(rows) > 1:
            self.do_each(
                _("Taken"),
                rows,
                lambda deployment: use_cases.duties.operations.take_action(
                    deployment.context, deployment.actor
                ),
            )
        elif rows and rows[0].assignee == self.view_context.me.id:
            self.gateway.act(self, duties.release(rows[0].id), _("releasing"))
        elif rows:
            self.gateway.act(self, duties.take(rows[0].id), _("taking"))

    def action_assign(self) -> None:
        """Give the duty, or all marked ones, to a member of its department."""
        from sla_tracker.tui.dialogs.prompts import PickDialog

        rows = self.marked_or_one()
        if not rows:
            return
        providers = {row.provider for row in rows}
        people = [
            (person.id, self.view_context.person(person.id))
            for person in self.view_context.here(self.now())
            if person.department in providers
        ]

        def give(person: str) -> None:
            if len(rows) == 1:
                self.gateway.act(self, duties.assign(rows[0].id, person), _("assigning"))
            else:
                action = lambda deployment: use_cases.duties.operations.assign_action(
                    deployment.context, deployment.actor, person
                )
                self.do_each(_("Assigned"), rows, action)

        self.app.push_screen(PickDialog(_("To whom?"), people, give))

    def action_take_back(self) -> None:
        """Take back one's delivery before its verdict."""
        row = self.one()
        if row is not None:
            self.gateway.act(self, duties.take_back(row.id), _("taking back"))

    @on(TakeBackDoubted)
    def _ask_to_take_back(self, message: TakeBackDoubted) -> None:
        from sla_tracker.tui.dialogs.prompts import ConfirmDialog

        insist = duties.take_back(message.duty_id, insists=True)
        act = partial(self.gateway.act, self, insist, _("taking back"))
        self.app.push_screen(ConfirmDialog(_("Take back"), message.doubt.sentence(), _("Take back"), act))

    def action_hold(self) -> None:
        """Put the duty on hold, or resume a held one."""
        from sla_tracker.tui.dialogs.prompts import PickDialog

        row = self.one()
        if row is None:
            return
        if row.state is State.HELD:
            self.gateway.act(self, duties.resume(row.id), _("resuming"))
            return
        if self.allowed(Right.HOLD, row):
            title = _("For whom does it wait?")
            self.app.push_screen(PickDialog(title, self._may_be_waited_for(row), partial(self._hold, row)))

    def _may_be_waited_for(self, row: DutyRow) -> list[tuple[str, str]]:
        """Return who may be waited for: departments, people, somebody from outside."""
        place = self.view_context
        departments = [(id, place.department(id)) for id in place.departments if id != row.provider]
        people = [
            (person.id, bracketed(place.person(person.id), place.department(person.department)))
            for person in place.here(self.now())
            if person.department != row.provider
        ]
        return [*departments, (OUTSIDER, _("Somebody else: type who")), *people]

    def _hold(self, row: DutyRow, party: str) -> None:
        from sla_tracker.tui.dialogs.duties.hold import OutsiderHoldDialog
        from sla_tracker.tui.dialogs.prompts import TextDialog

        if party == OUTSIDER:
            self._open_page(OutsiderHoldDialog(row))
            return
        place = self.view_context
        who = place.department(party) if party in place.departments else place.person(party)
        title = _("Waiting for {department}: for what?", department=who)
        hold, missing = partial(duties.hold, row.id, party), _("It needs a reason.")
        self.app.push_screen(TextDialog(title, _("Hold"), missing, hold, subject_id=row.id))

    def action_sides(self) -> None:
        """Choose a statement to the other party: waiver, objection, offer, cause, rating.

        About several marked duties: a cause or a waiver for all of them.
        """
        if len(marked := self.marked()) > 1:
            self._offer_sides_of_many(marked)
            return
        row = self.one()
        if row is not None:
            self.with_detail(row, lambda detail: self._offer_sides(detail.duty))

    def _offer_sides(self, duty: Duty) -> None:
        from sla_tracker.tui.dialogs.duties.party_dialogs import dialog_for, possible
        from sla_tracker.tui.dialogs.prompts import PickDialog

        open_one = lambda id: self._open_page(dialog_for(self.sla, id, duty))
        self.app.push_screen(PickDialog(_("What about it?"), list(possible(self.sla, duty)), open_one))

    def _offer_sides_of_many(self, rows: Sequence[DutyRow]) -> None:
        from sla_tracker.tui.dialogs.duties.batch_statements import dialog_for_many, possible_of_many
        from sla_tracker.tui.dialogs.prompts import PickDialog

        options = list(possible_of_many(self.sla, rows))
        if not options:
            self.sla.show_message(_("There is nothing that you may say about all of them at once."))
            return
        open_one = lambda id: self._open_page(dialog_for_many(self.sla, id, rows))
        self.app.push_screen(PickDialog(_("What about them?"), options, open_one))

    def action_find_subject(self) -> None:
        """Choose a contract, vehicle or person, and open its page."""
        self.gateway.load(self, "subjects", duties.subjects(), _("reading"), opens=True)

    @on(SubjectsLoaded)
    def _pick_subject(self, message: SubjectsLoaded) -> None:
        from sla_tracker.tui.dialogs.prompts import PickDialog

        options = [(subject, subject) for subject in message.subjects]
        self.app.push_screen(PickDialog(_("About what?"), options, self.sla.open_subject))

    def _open_page(self, page: Screen[None]) -> None:
        self.app.push_screen(page)

    def action_why(self) -> None:
        """Explain the deadline."""
        from sla_tracker.tui.dialogs.why import WhyDialog

        row = self.one()
        if row is not None:
            self.with_detail(row, lambda detail: self._open_page(WhyDialog(detail)))

    def action_details(self) -> None:
        """Show all facts of the duty."""
        from sla_tracker.tui.dialogs.why import DetailDialog

        row = self.one()
        if row is not None:
            self.with_detail(row, lambda detail: self._open_page(DetailDialog(detail)))

    def action_subject(self) -> None:
        """Open the page of the duty's subject."""
        row = self.list.current
        if row is None:
            self.one()  # says that there is none
            return
        if not row.subject:
            self.sla.show_message(_("This duty is about no contract, vehicle or person."))
            return
        self.sla.open_subject(row.subject)

    def action_calendar(self) -> None:
        """Open the calendar."""
        self.sla.open_calendar()
