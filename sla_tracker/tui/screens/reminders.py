"""View 6: the person's unread reminders, beside the duty."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content

from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.services.queries.duties import DutyDetail
from sla_tracker.services.reminders.planner import ReminderRow
from sla_tracker.tui import keys
from sla_tracker.tui.calls import duties
from sla_tracker.tui.calls.reminders import RemindersLoaded, load_my_reminders, mark_read
from sla_tracker.tui.keyboard.effects import KeyEffect
from sla_tracker.tui.messages import CallRefused
from sla_tracker.tui.messages.loaded import DutyLoaded
from sla_tracker.tui.screens.base.view_screen import ViewScreen
from sla_tracker.tui.stylesheet import STYLES
from sla_tracker.tui.widgets.cards.duty_card import DutyCard
from sla_tracker.tui.widgets.lists.line_list import LineList
from sla_tracker.tui.widgets.lists.reminder_list import ReminderList
from sla_tracker.tui.widgets.lists.sections import Section

LINE_ACTIONS = frozenset({"primary", "why", "mark_read", "mark", "mark_all_read"})


class RemindersScreen(ViewScreen):
    """Lists unread reminders; those of finished duties disappear by themselves."""

    VIEW = "reminders"
    IGNORED = frozenset()
    CSS_PATH = STYLES / "columns.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        keys.key("reminder.details", "enter", "primary", N_("Duty"), effect=KeyEffect.OPENS),
        keys.key("reminder.why", "w,f2", "why", N_("Why due"), effect=KeyEffect.OPENS),
        keys.key("reminder.read", "x,delete,f8", "mark_read", N_("Read")),
        keys.key("reminder.mark", "space,insert", "mark", N_("Mark"), show=False),
        keys.key("reminder.read_all", "X,shift+f8", "mark_all_read", N_("All read")),
        keys.key("list.reload", "r,f5", "reload", N_("Read again"), show=False),
    ]
    AUTO_FOCUS = "#inbox"

    def __init__(self) -> None:
        super().__init__()
        self._pending: tuple[str, Callable[[DutyDetail], None]] | None = None
        self._is_empty = False

    def body(self) -> ComposeResult:
        """Return list and card."""
        self.list = ReminderList(self.view_context, self.now)
        self.list.empty = Content(
            _(
                "Nothing to be reminded of.\n"
                "What is soon due or overdue appears here; {duties} shows all your duties.",
                duties=self.sla.key_word("app.view_1"),
            )
        )
        self.card = DutyCard(self.view_context)
        self.card.add_class("facts")
        with Horizontal(classes="columns"):
            yield self.list
            yield self.card

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable actions on a line while the list is empty."""
        return not (self._is_empty and action in LINE_ACTIONS) and super().check_action(action, parameters)

    def read(self) -> None:
        """Read the unread reminders."""
        self.gateway.load(self, "inbox", load_my_reminders(), _("reading reminders"))

    def minute_passed(self) -> None:
        """Update the urgency of every line."""
        super().minute_passed()
        self.read()

    @on(RemindersLoaded)
    def _take(self, message: RemindersLoaded) -> None:
        late = [row for row in message.rows if row.overdue]
        rows = [*late, *(row for row in message.rows if not row.overdue)]
        self.list.show(
            rows,
            [
                Section(_("Overdue"), 0, len(late), "overdue"),
                Section(_("Soon due"), len(late), len(rows), "today"),
            ],
        )
        self.card.display = bool(rows)
        self._is_empty = not rows
        self.refresh_bindings()

    @on(LineList.Highlighted)
    def _read_duty(self) -> None:
        row = self.list.current
        if row is not None:
            self.gateway.load(self, "duty", duties.duty(row.duty), beside=True)

    def _open(self, then: Callable[[DutyDetail], None]) -> None:
        row = self.list.current
        if row is None:
            self.sla.show_message(_("There is no reminder under the cursor."))
            return
        self._pending = (row.duty, then)
        self.gateway.load(self, "open", duties.duty(row.duty), _("reading"), opens=True)

    @on(DutyLoaded)
    def _take_duty(self, message: DutyLoaded) -> None:
        detail, pending = message.detail, self._pending
        if detail is None:
            return
        if pending is not None and pending[0] == detail.duty.id:
            self._pending = None
            pending[1](detail)
        self.card.show_detail(detail, self.now())

    @on(CallRefused)
    def _open_no_more(self) -> None:
        self._pending = None

    def action_why(self) -> None:
        """Explain the deadline of the duty under the cursor."""
        from sla_tracker.tui.dialogs.why import WhyDialog

        self._open(lambda detail: self._push(WhyDialog(detail)))

    @on(LineList.Chosen)
    def action_primary(self) -> None:
        """Show all facts of the duty."""
        from sla_tracker.tui.dialogs.why import DetailDialog

        self._open(lambda detail: self._push(DetailDialog(detail)))

    def _push(self, dialog: object) -> None:
        from sla_tracker.tui.dialogs.dialog import Dialog

        assert isinstance(dialog, Dialog)
        self.app.push_screen(dialog)

    def action_mark(self) -> None:
        """Mark the line under the cursor."""
        self.list.toggle_mark()

    def action_mark_read(self) -> None:
        """Mark the reminders of the current or the marked lines as read."""
        self._mark(self.list.marked_rows())

    def action_mark_all_read(self) -> None:
        """Mark all reminders as read."""
        self._mark(list(self.list.rows))

    def _mark(self, rows: list[ReminderRow]) -> None:
        if rows:
            self.list.clear_marks()
            self.gateway.act(self, mark_read(rows), _("marking"))
