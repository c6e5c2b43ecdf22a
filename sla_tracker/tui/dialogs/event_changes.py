"""Dialogs to move and to cancel an event; they show first what would follow."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input, Static

from sla_tracker.domain.duties.event import Event
from sla_tracker.errors import SlaError
from sla_tracker.i18n import gettext as _
from sla_tracker.tui.calls import duties
from sla_tracker.tui.calls.event_duties import EventPreviewed, preview_cancel, preview_move
from sla_tracker.tui.dialogs.dialog import Dialog, asked
from sla_tracker.tui.dialogs.prompts import TextDialog
from sla_tracker.tui.text_content import plain, several
from sla_tracker.wording.duties import format_moment, text_of
from sla_tracker.wording.parse_time import parse_moment

# Pause in typing after which it is computed what would follow.
PREVIEW_SECONDS = 0.25


class MoveDialog(Dialog):
    """Reschedules a planned event.

    While the time is typed, it shows the new due of each duty.
    """

    def __init__(self, event: Event) -> None:
        super().__init__(subject_id=event.id)
        self._event = event
        self._pause: Timer | None = None
        self._whole_at: datetime | None = None  # as typed, None while that is no whole time

    def heading(self) -> Content:
        """Return the title."""
        return plain(
            _("Move: {title} {subject}", title=text_of(self._event.title), subject=self._event.subject)
        )

    def confirmation(self) -> str:
        """Return the confirm button's label."""
        return _("Move")

    def body(self) -> ComposeResult:
        """Return the new time, what would follow, and the reason."""
        now = format_moment(self._event.at, self.now(), self.view_context.zone)
        yield Static(plain(_("Planned for {when} so far.", when=now), "$muted"))
        self.when = Input(
            placeholder=_("tomorrow 9:00, 11-20 16:40, next Monday 10:00"), compact=True, classes="with-hint"
        )
        yield asked(_("New time *"), self.when)
        self.follows = Static(Content(""), classes="hint")
        yield self.follows
        self.reason = Input(placeholder=_("optional"), compact=True)
        yield asked(_("Reason"), self.reason)

    def at(self) -> datetime:
        """Return the typed time; raises UsageError."""
        return parse_moment(self.when.value, self.now(), self.view_context.zone, future=True)

    @on(Input.Changed)
    def _preview_later(self, message: Input.Changed) -> None:
        self.drop_old_problem()
        if message.input is not self.when:
            return
        self._whole_at = None
        self.follows.update(Content(""))  # what it says follows from another time
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(PREVIEW_SECONDS, self._preview)

    def _preview(self) -> None:
        try:
            self._whole_at = at = self.at()
        except SlaError:
            return  # not yet a whole time
        self.sla.gateway.load(self, "preview", preview_move(self._event.id, at), beside=True)

    @on(EventPreviewed)
    def _show_preview(self, message: EventPreviewed) -> None:
        if message.at is not None and message.at == self._whole_at:
            when = _("→ {when}", when=self.view_context.clock(message.at))
            self.follows.update(several("\n".join((when, *message.lines)), "$muted"))
            self._limit_body_later()

    def action_confirm(self) -> None:
        """Check the time, then move."""
        try:
            at = self.at()
        except SlaError as error:
            self.say_problem(error.sentence())
            self.when.focus()
            return
        self.do(duties.move(self._event.id, at, self.reason.value), _("moving"))


class CancelEventDialog(TextDialog):
    """Cancels an event with a reason; lists the duties that go with it."""

    def __init__(self, event: Event) -> None:
        title = _("Cancel the event: {title}", title=f"{text_of(event.title)} {event.subject}".rstrip())
        super().__init__(
            title,
            _("Cancel it"),
            _("It needs a reason."),
            partial(duties.cancel, event.id),
            subject_id=event.id,
        )

    def body(self) -> ComposeResult:
        """Return what goes with the event, and the text input."""
        self.follows = Static(Content(""), classes="hint")
        yield self.follows
        yield from super().body()

    def on_mount(self) -> None:
        """Compute what goes with the event."""
        super().on_mount()
        self.text.focus()
        self.sla.gateway.load(self, "preview", preview_cancel(self.subject_id), _("reading"), opens=True)

    @on(EventPreviewed)
    def _show_preview(self, message: EventPreviewed) -> None:
        self.follows.update(several("\n".join((_("What follows:"), *message.lines)), "$muted"))
        self._limit_body_later()
