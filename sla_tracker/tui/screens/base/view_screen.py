"""Base of the views: title, view and key bars; reads again on store changes."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding

from sla_tracker.domain.stored_kinds import StoredKind
from sla_tracker.i18n import gettext as _
from sla_tracker.tui.messages import CallRefused, Done
from sla_tracker.tui.messages.session import StoreChanged, StoreFound, StoreLost
from sla_tracker.tui.screens.base.minimum_size import MinimumSizeScreen
from sla_tracker.tui.widgets.bars.key_bar import KeyBar
from sla_tracker.tui.widgets.bars.title_bar import TitleBar
from sla_tracker.tui.widgets.bars.view_bar import ViewBar
from sla_tracker.tui.widgets.lists.line_list import LineList

if TYPE_CHECKING:
    from sla_tracker.tui.app_base import BaseApp
    from sla_tracker.tui.gateway import Gateway
    from sla_tracker.tui.view_context import ViewContext


# Kinds that are written without anybody having done anything that a view shows.
REMINDING = frozenset(
    {StoredKind.REMINDERS, StoredKind.REMINDED, StoredKind.MESSAGE_DAYS, StoredKind.ROSTERS}
)


class ViewScreen(MinimumSizeScreen[None]):
    """Base of the views; a subclass composes its body and reads its data."""

    VIEW: ClassVar[str] = ""
    IGNORED: ClassVar[frozenset[StoredKind]] = REMINDING
    """Kinds of stored values that the view does not show."""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (18, "-high")]
    DEFAULT_CSS = """
    ViewScreen { layout: vertical; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._read_at = -1
        self._minute_shown = ""

    @property
    def sla(self) -> BaseApp:
        """Return the app."""
        return cast("BaseApp", self.app)

    @property
    def gateway(self) -> Gateway:
        """Return the gateway."""
        return self.sla.gateway

    @property
    def view_context(self) -> ViewContext:
        """Return the present names and settings."""
        return self.sla.view_context

    def now(self) -> datetime:
        """Return the present instant."""
        return self.gateway.now()

    def today(self) -> date:
        """Return the present day of the company."""
        return self.view_context.date_of(self.now())

    def compose(self) -> ComposeResult:
        """Compose title bar, view bar, body and key bar."""
        self.title_bar = TitleBar(self.view_context, self.now)
        yield self.title_bar
        yield ViewBar(self.VIEW)
        yield from self.body()
        yield KeyBar(self.word_of)

    def body(self) -> ComposeResult:
        """Return the view's own widgets."""
        raise NotImplementedError

    def word_of(self, binding: Binding) -> str:
        """Return a key's present label in the reader's language; empty to hide it."""
        return _(binding.description)

    def read(self) -> None:
        """Ask the gateway for what the view shows."""
        raise NotImplementedError

    def look_at_clock(self) -> None:
        """Update the times shown if the minute has changed; read again if the day has."""
        minute = f"{self.now().astimezone(self.view_context.zone):%Y-%m-%d %H:%M}"
        before, self._minute_shown = self._minute_shown, minute
        if before not in {"", minute}:
            self.minute_passed()
        if before and before.split()[0] != minute.split(maxsplit=1)[0]:
            self.read()

    def minute_passed(self) -> None:
        """Update clock and lines; views whose rows depend on the time extend this."""
        self.repaint_all()

    def context_known(self) -> None:
        """Show again what depends on names, calendar and rights.

        Before, only some of them were known. Rows that are read afterwards do not suffice: equal ones are not painted
        again.
        """
        self.repaint_all()

    def repaint_all(self) -> None:
        """Repaint what says times, names or rights."""
        self.title_bar.refresh()
        for rows in self.query(LineList):
            rows.repaint_rows()
        self.refresh_bindings()

    @on(StoreChanged)
    def _read_anew(self, message: StoreChanged) -> None:
        if message.sequence != self._read_at:
            self._read_at = message.sequence
            if self.may_show(message):
                self.follow(at_once=message.is_own)

    def may_show(self, message: StoreChanged) -> bool:
        """Return whether the view has to be read again for a change."""
        return message.touches_other_than(self.IGNORED) and self.is_concerned(message)

    def pass_over(self, sequence: int) -> None:
        """Note a commit that changed nothing in the view."""
        self._read_at = sequence

    def is_concerned(self, message: StoreChanged) -> bool:
        """Return whether the view may show something of what was changed."""
        return True

    def follow(self, *, at_once: bool) -> None:
        """Show what was changed: at once, or not before the last reading has paid off."""
        if at_once:
            self.read()
        else:
            self.gateway.pace(self, "", self.read)

    @on(StoreLost)
    def _say_lost(self) -> None:
        self.title_bar.lost = True

    @on(StoreFound)
    def _say_found(self) -> None:
        self.title_bar.lost = False

    def on_screen_resume(self) -> None:
        """Read again if the store changed while another view was shown."""
        self.title_bar.lost = self.gateway.is_lost
        self.look_at_clock()
        for bar in self.query(ViewBar):
            bar.refresh()  # the unread count may have changed while another view was shown
        # Both are equal while the store is being opened; its first StoreChanged then makes the view read.
        if self._read_at != self.sla.sequence:
            self._read_at = self.sla.sequence
            self.follow(at_once=True)

    @on(CallRefused)
    def _say_refused(self, message: CallRefused) -> None:
        self.sla.show_error(message.error)
        self.sla.rows_shown()  # after a refused read no rows will come, so queued actions must not wait for them

    @on(Done)
    def _say_done(self, message: Done) -> None:
        self.sla.show_done(message)

    def action_reload(self) -> None:
        """Read everything again."""
        self.read()

    async def action_press(self, key: str) -> None:
        """Simulate a key; called when it is clicked in the key bar."""
        self.app.simulate_key(key)
