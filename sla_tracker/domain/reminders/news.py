"""News about a duty that reach a person once, whatever its reminder policy is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import partial

from sla_tracker.domain.duties.duty import OWED, Duty, State
from sla_tracker.domain.duties.event_change import EventChange, EventChangeKind
from sla_tracker.domain.reminders.policy import Level


class News(StrEnum):
    """Change that makes a duty matter to somebody.

    The values are the verbs recorded with the change.
    """

    ASSIGNED = "assigned"
    RETURNED = "returned"
    WAIVED = "waived"
    WAIVER_GRANTED = "granted_waiver"
    WAIVER_REFUSED = "refused_waiver"
    HANDED_OVER = "handed_over"
    HAND_OVER_REFUSED = "refused_hand_over"
    REQUESTED = "requested"
    RATED = "rated"
    EVENT_CORRECTED = "corrected_event"
    EVENT_MOVED = "moved_event"
    EVENT_CANCELLED = "cancelled_event"


_EVENT_CHANGES = {
    News.EVENT_CORRECTED: {EventChangeKind.CORRECTED, EventChangeKind.NO_LONGER_OPENS},
    News.EVENT_MOVED: {EventChangeKind.MOVED},
    News.EVENT_CANCELLED: {EventChangeKind.CANCELLED},
}


def event_change_of(duty: Duty, news: News) -> EventChange | None:
    """Return the last change of the duty's event, if the news is about it.

    Returns None also where something took its place.
    """
    last = duty.event_changes[-1] if duty.event_changes else None
    is_meant = last is not None and last.kind in _EVENT_CHANGES.get(news, ()) and not last.superseded
    return last if is_meant else None


def told_levels(duty: Duty, news: News) -> tuple[Level, ...]:
    """Return who is told of the news.

    That is who owes the duty, and of a change of its event each side that did not make it.
    """
    change = event_change_of(duty, news)
    if change is None:
        return (Level.ASSIGNEE,)
    sides = {Level.ASSIGNEE: duty.provider, Level.CONSUMER: duty.consumer}
    return tuple(level for level, department in sides.items() if department != change.department)


def addressee(duty: Duty, news: News) -> str:
    """Return the person to tell of news of a duty, or empty.

    Empty means its assignee, else its department. Who asked for a waiver gets its decision, who delivered the remark
    on the delivery.
    """
    if news in {News.WAIVER_GRANTED, News.WAIVER_REFUSED} and duty.waiver is not None:
        return duty.waiver.asked_by
    if news is News.RATED and duty.delivery is not None:
        return duty.delivery.by
    return duty.assignee


def is_of_interest(duty: Duty, news: News) -> bool:
    """Return whether the duty's present state still bears the news out."""
    return _STILL_SO[news](duty)


def _is_returned(duty: Duty) -> bool:
    last = duty.delivery
    return duty.state is State.OPEN and last is not None and last.returned_at is not None


def _is_event_changed(duty: Duty, news: News) -> bool:
    return event_change_of(duty, news) is not None


_STILL_SO: Mapping[News, Callable[[Duty], bool]] = {
    News.ASSIGNED: lambda duty: duty.state in OWED and bool(duty.assignee),
    News.RETURNED: _is_returned,
    News.WAIVED: lambda duty: duty.state is State.WAIVED,
    News.WAIVER_GRANTED: lambda duty: duty.state is State.WAIVED,
    News.WAIVER_REFUSED: lambda duty: duty.waiver is not None and duty.waiver.granted is False,
    News.HANDED_OVER: lambda duty: duty.state is State.HANDED_OVER,
    News.HAND_OVER_REFUSED: lambda duty: duty.state in OWED,
    News.REQUESTED: lambda duty: duty.state in OWED and bool(duty.request),
    News.RATED: lambda duty: duty.rating is not None and bool(duty.rating.word),
    **{news: partial(_is_event_changed, news=news) for news in _EVENT_CHANGES},
}
