"""News about a duty that reach a person once, whatever its reminder policy is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from functools import partial

from sla_tracker.domain.duties.duty import OWED, Duty, State
from sla_tracker.domain.duties.event_change import ChangeEffect, EventChange, EventChangeKind
from sla_tracker.domain.duties.states import JUDGED_BY_DUE
from sla_tracker.domain.reminders.policy import Level
from sla_tracker.domain.verbs import Verb
from sla_tracker.value_class import dataclass


class News(StrEnum):
    """Change that makes a duty matter to somebody.

    The values are the verbs recorded with the change.
    """

    ASSIGNED = Verb.ASSIGNED
    RETURNED = Verb.RETURNED
    WAIVED = Verb.WAIVED
    WAIVER_GRANTED = Verb.GRANTED_WAIVER
    WAIVER_REFUSED = Verb.REFUSED_WAIVER
    HANDED_OVER = Verb.HANDED_OVER
    HAND_OVER_REFUSED = Verb.REFUSED_HAND_OVER
    REQUESTED = Verb.REQUESTED
    RATED = Verb.RATED
    EVENT_CORRECTED = Verb.CORRECTED_EVENT
    EVENT_MOVED = Verb.MOVED_EVENT
    EVENT_CANCELLED = Verb.CANCELLED_EVENT
    EVENT_CONFIRMED = Verb.CONFIRMED_EVENT
    EVENT_REFUSED = Verb.REFUSED_EVENT
    EVENT_OBJECTED = Verb.OBJECTED_EVENT
    FIELD_CHANGED = Verb.CHANGED_FIELD
    FIELD_OBJECTED = Verb.OBJECTED_FIELD
    FIELD_CONFIRMED = Verb.CONFIRMED_FIELD
    FIELD_REFUSED = Verb.REFUSED_FIELD
    PAPER_TICKED = Verb.TICKED_PAPER
    UPDATED = Verb.UPDATED


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """Who is told of news: people of a department at a level.

    At the level of the assignee `person` is told, if there is one.
    """

    level: Level
    department: str
    person: str = ""


_EVENT_CHANGES = {
    News.EVENT_CORRECTED: {EventChangeKind.CORRECTED, EventChangeKind.NO_LONGER_OPENS},
    News.EVENT_MOVED: {EventChangeKind.MOVED},
    News.EVENT_CANCELLED: {EventChangeKind.CANCELLED},
}
_DECISIONS = frozenset({News.EVENT_CONFIRMED, News.EVENT_REFUSED})
_FIELD_DECISIONS = (News.FIELD_CONFIRMED, News.FIELD_REFUSED)
_FIELD_NEWS = frozenset({News.FIELD_CHANGED, News.FIELD_OBJECTED, *_FIELD_DECISIONS})
_OF_REQUESTS = _FIELD_NEWS | {News.PAPER_TICKED, News.UPDATED}
_ABOUT_EVENTS = (*_EVENT_CHANGES, *sorted(_DECISIONS), News.EVENT_OBJECTED)


def event_change_of(duty: Duty, news: News) -> EventChange | None:
    """Return the last change of the duty's event, if the news is about it.

    Returns None where another change took its place.
    """
    found = [
        (at, change)
        for change in duty.event_changes
        if not change.superseded and (at := _became_news_at(change, news)) is not None
    ]
    return max(found, key=lambda one: one[0])[1] if found else None


def _became_news_at(change: EventChange, news: News) -> datetime | None:
    """Return when a change of an event became the news; None if it did not."""
    match news:
        case News.EVENT_CONFIRMED:
            return change.confirmed_at if change.confirmed else None
        case News.EVENT_REFUSED if change.confirmed is not None:
            return None if change.confirmed else change.confirmed_at
        case News.EVENT_REFUSED:
            # The event got its old time back, and duties follow for which nobody had to decide.
            return change.at if change.kind is EventChangeKind.CORRECTED else None
        case News.EVENT_OBJECTED:
            return change.objected_at if change.is_pending else None
    return change.at if change.kind in _EVENT_CHANGES.get(news, ()) else None


def is_of_moment(duty: Duty, news: News, at: datetime) -> bool:
    """Return whether news of an instant is about the duty.

    A commit also touches duties that are as an earlier change of their event left them.
    """
    change = event_change_of(duty, news)
    return change is None or _became_news_at(change, news) == at


def addressees(duty: Duty, news: News, department: str) -> tuple[Addressee, ...]:
    """Return who is told of news that somebody of a department made.

    News of a duty goes to who owes it. News of its event goes to each side that did not act, the third department that
    may decide on a claim, the head who has to decide after an objection, and who objected once that is decided.
    """
    if news in _OF_REQUESTS:
        return tuple(_told_of_request(duty, news, department))
    change = event_change_of(duty, news)
    if change is None:
        return (Addressee(level=Level.ASSIGNEE, department=duty.provider, person=_person(duty, news)),)
    if news is News.EVENT_OBJECTED:
        head = Addressee(level=Level.CONSUMER_HEAD, department=duty.consumer)
        return (_claimant(duty, change), head)
    is_decided = news in _DECISIONS and change.confirmed is not None
    acting = department if is_decided else change.department
    told = tuple(one for one in _sides(duty, change) if one.department != acting)
    if is_decided and change.objected_by and acting == duty.consumer:
        told += (Addressee(level=Level.ASSIGNEE, department=duty.consumer, person=change.objected_by),)
    return told


def _told_of_request(duty: Duty, news: News, department: str) -> Iterator[Addressee]:
    """Yield who is told of news about an open request.

    Both sides are told of a change and its decision, else the side that did not act.
    """
    if news is News.FIELD_OBJECTED:
        yield Addressee(level=Level.CONSUMER_HEAD, department=duty.consumer)
    is_for_both = news in _FIELD_NEWS
    if is_for_both or department != duty.provider:
        yield Addressee(level=Level.ASSIGNEE, department=duty.provider, person=duty.assignee)
    if news is not News.FIELD_OBJECTED and (is_for_both or department != duty.consumer):
        yield Addressee(level=Level.CONSUMER, department=duty.consumer)


def _sides(duty: Duty, change: EventChange) -> Iterator[Addressee]:
    yield _claimant(duty, change)
    yield Addressee(level=Level.CONSUMER, department=duty.consumer)
    is_claimed = change.effect is ChangeEffect.WHEN_CONFIRMED and change.sets_time
    if is_claimed and change.registered_from not in {"", duty.provider, duty.consumer}:
        yield Addressee(level=Level.DEPARTMENT, department=change.registered_from)


def _claimant(duty: Duty, change: EventChange) -> Addressee:
    """Return the provider's side: who made the change there, else who has the duty."""
    person = change.by if change.department == duty.provider else duty.assignee
    return Addressee(level=Level.ASSIGNEE, department=duty.provider, person=person)


def _person(duty: Duty, news: News) -> str:
    """Return the person to tell of news of a duty, or empty.

    Empty means its department. Who asked for a waiver gets its decision, who delivered the remark on the delivery.
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
    **dict.fromkeys(sorted(_OF_REQUESTS), lambda duty: duty.state in OWED),
    # Decided on also after the delivery, which is judged by the limit.
    News.FIELD_OBJECTED: lambda duty: any(one.is_pending for one in duty.field_changes),
    **dict.fromkeys(_FIELD_DECISIONS, lambda duty: duty.state in JUDGED_BY_DUE),
    **{news: partial(_is_event_changed, news=news) for news in _ABOUT_EVENTS},
}
