"""Says for how long objections and claims of an event's time are still decided on.

An event keeps the mark of a claimed time for as long as somebody can decide on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.event_changes import pending_change
from sla_tracker.errors import N_, Refused
from sla_tracker.services.duties.current_deadline import is_in_closed_month
from sla_tracker.services.ports import Reading, Writing


def is_time_claimed(tx: Reading, duties: Iterable[Duty]) -> bool:
    """Tell whether the time of the event of duties waits for somebody's agreement."""
    pending = ((duty, pending_change(duty)) for duty in duties)
    return any(
        change is not None
        and change.sets_time
        and not change.objected_by
        and not is_in_closed_month(tx, duty)
        for duty, change in pending
    )


def must_be_in_open_month(tx: Reading, duty: Duty) -> None:
    """Raise Refused where the month of a duty is closed: nothing is decided any more."""
    if is_in_closed_month(tx, duty):
        raise Refused(N_("{month} is closed; its figures do not change any more."), month=duty.month)


def end_claim(tx: Writing, event_id: str) -> None:
    """Take the mark of a claimed time off an event that no duty waits for any more.

    The event keeps its time, which nobody has refused; each duty keeps the one that it counted from.
    """
    event = tx.get(Event, event_id) if event_id else None
    if event is None or event.before_claim is None:
        return
    if not is_time_claimed(tx, tx.find(Duty, event=event_id)):
        tx.put(replace(event, before_claim=None))
