"""The part of the app that shows notifications: acts, refusals, alarms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual import on
from textual.content import Content
from textual.notifications import Notification, Notifications, Notify, SeverityLevel
from textual.widgets._toast import Toast, ToastHolder, ToastRack

from sla_tracker.domain.clean import clean
from sla_tracker.i18n import gettext as _
from sla_tracker.tui.app_base import BaseApp
from sla_tracker.tui.messages.session import Alarmed, NotUtf8Typed
from sla_tracker.tui.screens.base.minimum_size import MinimumSizeScreen
from sla_tracker.tui.text_wrapping import wrapped

if TYPE_CHECKING:
    from sla_tracker.errors import SlaError

# How long errors, other notifications and alarms show.
ERROR_SECONDS = 12.0
SAID_SECONDS = 6.0
ALARM_SECONDS = 120.0
# Messages shown at most; of further ones the oldest go first, and errors last.
MOST_MESSAGES = 3
# Width of a notification in app.tcss, and what of it are border and padding, in cells.
WIDEST, BORDER_CELLS = 64, 3


class NotifyingApp(BaseApp):
    """The app as it shows notifications."""

    def __init__(self) -> None:
        super().__init__()
        self._has_warned_of_bytes = False

    def show_message(self, text: str) -> None:
        """Show a notification."""
        self._show(text, "information", SAID_SECONDS)

    def show_error(self, error: SlaError) -> None:
        """Show an error for ERROR_SECONDS."""
        self._show(error.sentence(), "error", ERROR_SECONDS)

    def warn(self, text: str) -> None:
        """Show a warning for ERROR_SECONDS."""
        self._show(text, "warning", ERROR_SECONDS)

    def _show(self, text: str, severity: SeverityLevel, seconds: float) -> None:
        """Show a text, wrapped like others: Textual begins lines with punctuation."""
        cells = min(WIDEST, self.size.width) - BORDER_CELLS
        lines = wrapped(Content(clean(text, lines=True)), cells)
        said = "\n".join(line.plain for line in lines)
        self.notify(said, severity=severity, timeout=seconds, markup=False)

    @on(Alarmed)
    def _raise_alarms(self, message: Alarmed) -> None:
        for alarm in message.sentences:
            self._show(alarm, "error", ALARM_SECONDS)

    @on(NotUtf8Typed)
    def _warn_of_bytes(self) -> None:
        if not self._has_warned_of_bytes:
            self._has_warned_of_bytes = True
            self.warn(
                _(
                    "What was typed is not UTF-8, so � stands for it. Set the terminal's character set to UTF-8 and "
                    "type it again."
                )
            )

    def _refresh_notifications(self) -> None:
        """Place the notices on the screen that is in front by then."""
        self.call_later(self.place_notices)

    def place_notices(self) -> None:
        """Show the notices on the screen in front, as far as it has room for them."""
        screen = self.screen
        for rack in screen.query_children(ToastRack):
            notices = list(self._notifications)
            shown = screen.notices_shown(notices) if isinstance(screen, MinimumSizeScreen) else notices
            for toast in rack.query(Toast):
                if toast._notification not in shown:
                    # With its holder: Textual leaves that, and does not show the notice again while it is there.
                    (toast.parent if isinstance(toast.parent, ToastHolder) else toast).remove()
            rack.show(_collected(shown))

    def _on_notify(self, event: Notify) -> None:
        """Make room for a message: an equal one and the oldest go; Textual then shows it."""
        new, shown = event.notification, list(self._notifications)
        same = [one for one in shown if (one.message, one.severity) == (new.message, new.severity)]
        others = [one for one in shown if one not in same]
        others.sort(key=lambda one: (one.severity == "error", one.raised_at))
        for one in [*same, *others[: max(0, len(others) - MOST_MESSAGES + 1)]]:
            self._unnotify(one, refresh=False)


def _collected(notices: Iterable[Notification]) -> Notifications:
    collected = Notifications()
    for notice in notices:
        collected.add(notice)
    return collected
