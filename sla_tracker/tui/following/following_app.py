"""The part of the app that follows the store.

It says which views learn of a commit, and what is counted anew.
"""

from __future__ import annotations

from collections.abc import Mapping

from textual import on
from textual.timer import Timer

from sla_tracker.domain.people import Role
from sla_tracker.domain.stored_kinds import StoredKind
from sla_tracker.i18n import gettext as _
from sla_tracker.tui.calls.reminders import RemindersLoaded, load_my_reminders, new_ones
from sla_tracker.tui.calls.waiting import Waiting, WaitingCounted
from sla_tracker.tui.following.notifying_app import NotifyingApp
from sla_tracker.tui.messages.session import StoreChanged, StoreFound, StoreLost
from sla_tracker.tui.screens.base.view_screen import ViewScreen
from sla_tracker.tui.widgets.bars.view_bar import ViewBar

# Delay of counting unread reminders after a change, so that the visible view is read first.
COUNT_SECONDS = 0.25


class FollowingApp(NotifyingApp):
    """The app as it follows the commits that others make."""

    def __init__(self) -> None:
        super().__init__()
        self.sequence = -1
        self.unread: frozenset[str] | None = None
        self.unread_duties = 0
        self.waiting: dict[str, int] = {}
        self._unread_about: frozenset[str] = frozenset()
        self._count_timer: Timer | None = None
        self._numbers = Waiting()

    @on(StoreChanged)
    @on(StoreLost)
    @on(StoreFound)
    def _pass_on(self, message: StoreChanged | StoreLost | StoreFound) -> None:
        match message:
            case StoreChanged():
                self.sequence = message.sequence
                if self._concerns_me(message):
                    self._numbers.note(message.touched)
                    self.gateway.pace(self, "waiting", self._count_waiting)
                if not self._may_change_count(message):
                    pass
                elif message.is_own:
                    self._count_timer = self._count_timer or self.set_timer(COUNT_SECONDS, self._count)
                else:
                    self.gateway.pace(self, "unread", self._count)
            case StoreLost():
                self.show_error(message.error)
            case StoreFound():
                self.show_message(_("The store is back."))
        for screen in self.screen_stack:
            screen.post_message(message.again())

    def _concerns_me(self, message: StoreChanged) -> bool:
        me = self.view_context.me
        # Who has no department, or administers, may be asked about what others owe each other.
        return me.role is Role.ADMIN or not me.department or message.concerns(me.department)

    def passes_over(self, message: StoreChanged) -> bool:
        """Return whether a change shows nowhere on the screen, and note it if so.

        In a large company most changes are of that kind, and messages would cost more than looking.
        """
        if message.is_own or self._concerns_me(message) or self._may_change_count(message):
            return False
        views = [screen for screen in self.screen_stack if isinstance(screen, ViewScreen)]
        if len(views) < len(self.screen_stack) or any(view.may_show(message) for view in views):
            return False
        self.sequence = message.sequence
        for view in views:
            view.pass_over(message.sequence)
        return True

    def _may_change_count(self, message: StoreChanged) -> bool:
        """Return whether a change touched reminders, or duties that unread ones are about."""
        if message.touched is None or self.unread is None:
            return True
        about = (id if kind == StoredKind.DUTIES else "" for kind, id in message.touched)
        return message.touches_kind(StoredKind.REMINDERS) or not self._unread_about.isdisjoint(about)

    def _count(self) -> None:
        """Count unread reminders; delayed, so that the visible view is read first."""
        self._count_timer = None
        self.gateway.load(self, "unread", load_my_reminders(), beside=True)

    def _count_waiting(self) -> None:
        self.set_timer(
            COUNT_SECONDS,
            lambda: self.gateway.load(self, "waiting", self._numbers.count(), beside=True),
        )

    @on(WaitingCounted)
    def _show_counted(self, message: WaitingCounted) -> None:
        self.show_waiting(message.numbers)

    def show_waiting(self, numbers: Mapping[str, int]) -> None:
        """Show these numbers on the tabs of their views."""
        if any(self.waiting.get(view) != number for view, number in numbers.items()):
            self.waiting.update(numbers)
            for screen in self.screen_stack:
                for bar in screen.query(ViewBar):
                    bar.refresh()

    @on(RemindersLoaded)
    def _count_unread(self, message: RemindersLoaded) -> None:
        first = self.gateway.planner.first
        is_start = first is None or self.unread is None
        known = (self.unread or frozenset()) | (first or frozenset())
        arrived = "" if is_start else new_ones(message, known, self.key_word("app.view_6"))
        self.unread, self.unread_duties = message.ids, len(message.rows)
        self._unread_about = frozenset(row.duty for row in message.rows)
        self.show_waiting({"reminders": self.unread_duties})
        if arrived and self.current_mode != "reminders":
            self.show_message(arrived)
