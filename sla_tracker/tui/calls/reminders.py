"""Calls about reminders, their messages, and the planner of an open terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sla_tracker.domain.clean import clean
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.tui.messages import Done, GatewayMessage
from sla_tracker.wording.duties import text_of

if TYPE_CHECKING:
    from sla_tracker.services.deployment import OpenDeployment
    from sla_tracker.services.reminders.loop import Waking
    from sla_tracker.services.reminders.planner import ReminderRow

    Call = Callable[[OpenDeployment], GatewayMessage]


class RemindersLoaded(GatewayMessage):
    """The person's unread reminders were read from the store."""

    def __init__(self, rows: Sequence[ReminderRow]) -> None:
        super().__init__()
        self.rows = rows

    @property
    def ids(self) -> frozenset[str]:
        """Return the ids of all reminders; a duty may have several."""
        return frozenset(id for row in self.rows for id in row.ids)


class RemindersRead(Done):
    """Reminders were marked as read."""

    undoable = False

    def __init__(self, marked: int) -> None:
        super().__init__()
        self.marked = marked

    def sentence(self) -> str:
        """Return how many were marked as read."""
        return ngettext("{n} reminder read.", "{n} reminders read.", self.marked)


def load_my_reminders() -> Call:
    """Read the actor's unread reminders."""

    def call(deployment: OpenDeployment) -> RemindersLoaded:
        # Imported late, because the first frame does not need it.
        from sla_tracker.services.reminders.planner import my_reminders

        return RemindersLoaded(my_reminders(deployment.context, deployment.actor.id))

    return call


def new_ones(loaded: RemindersLoaded, known: frozenset[str], view: str) -> str:
    """Return the notification about reminders not known before.

    `view` is the key of the view that lists them.
    """
    fresh = [row for row in loaded.rows if not known.issuperset(row.ids)]
    if not fresh:
        return ""
    if len(fresh) > 1:
        return ngettext("{n} reminder ({view})", "{n} reminders ({view})", len(fresh), view=view)
    title = text_of(fresh[0].title)
    subject = clean(fresh[0].subject)
    return _("Reminder: {what} ({view})", what=f"{title} · {subject}" if subject else title, view=view)


def mark_read(rows: Sequence[ReminderRow]) -> Call:
    """Mark reminders as read."""
    ids = [id for row in rows for id in row.ids]

    def call(deployment: OpenDeployment) -> RemindersRead:
        from sla_tracker.services.reminders.planner import acknowledge

        return RemindersRead(acknowledge(deployment.context, deployment.actor, ids))

    return call


class Planner:
    """Plans due reminders while the terminal is open, without another program.

    `first` holds the ids of the reminders planned by the first look, None before it: reminders due before the terminal
    was opened show in the badge only, not as a notification.
    """

    def __init__(self) -> None:
        self.first: frozenset[str] | None = None
        self._waking: Waking | None = None

    def look(self, deployment: OpenDeployment) -> None:
        """Plan reminders when one may be due; raises StoreError.

        When none is due this costs two short queries. Behind a service that plans for everybody nothing is done.
        """
        if not deployment.does_chores:
            self.first = self.first or frozenset()
            return
        from sla_tracker.services.months.budget_warnings import note_warnings
        from sla_tracker.services.reminders.loop import Waking
        from sla_tracker.services.reminders.planner import plan_in_batches

        context = deployment.context
        waking = self._waking = self._waking or Waking()
        if waking.is_time(context):
            waking.begin(context)
            found = plan_in_batches(context, waking.schedule)
            planned = frozenset(reminder.id for reminders in found for reminder in reminders)
            if self.first is None:
                self.first = planned
            if waking.schedule.is_time_to_forecast(context.now()):
                note_warnings(context, deployment.actor.department)
            waking.end(context)
