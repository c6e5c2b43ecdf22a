"""Formats a duty's event changes: who changed what, and whether it counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from sla_tracker.domain.clean import clean
from sla_tracker.domain.duties.event_change import ChangeEffect, EventChange, EventChangeKind
from sla_tracker.domain.duties.event_changes import deciding_departments
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.i18n.punctuation import bracketed, together
from sla_tracker.value_class import dataclass
from sla_tracker.wording.duties import format_moment, person_word, text_of

if TYPE_CHECKING:
    from sla_tracker.domain.duties.duty import Duty
    from sla_tracker.domain.duties.event import Event
    from sla_tracker.domain.people import Person
    from sla_tracker.domain.text import Text
    from sla_tracker.services.events import Preview


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Names of departments and people, and the reader's time, for event changes."""

    departments: Mapping[str, Text]
    people: Mapping[str, Person]
    now: datetime
    zone: tzinfo

    def when(self, instant: datetime) -> str:
        """Return an instant in words."""
        return format_moment(instant, self.now, self.zone)

    def when_by(self, instant: datetime, person: str) -> str:
        """Return an instant and who did something then."""
        return _("{when} by {person}", when=self.when(instant), person=self.who(person))

    def who(self, person: str) -> str:
        """Return a person's name."""
        return person_word(self.people, person)

    def department(self, id: str) -> str:
        """Return a department's name."""
        return text_of(self.departments[id]) if id in self.departments else clean(id)


def format_event_changes(duty: Duty, reader: Reader) -> Iterator[str]:
    """Yield one sentence for each event change that concerns a duty, oldest first."""
    known: EventChange | None = None
    for change in duty.event_changes:
        # One that takes the place of another keeps what that one's objection gives back, but was made from its time.
        follows = (
            known is not None and change.sets_time and known.superseded and known.before == change.before
        )
        moved_from = (
            known.new_at
            if known is not None and follows and known.effect is ChangeEffect.UNLESS_OBJECTED
            else change.before.at
        )
        yield together(_what(change, moved_from, reader), _counts(duty, change, reader))
        known = change if change.sets_time else known


def format_claimed_time(event: Event, reader: Reader) -> str:
    """Return the sentence about an event time that is only claimed; else empty."""
    before = event.before_claim
    if before is None:
        return ""
    return _(
        "claimed by {who}; until it is confirmed, {when} counts for the duties of {department}",
        who=reader.who(event.time_set_by),
        when=reader.when(before.at),
        department=reader.department(event.time_set_from),
    )


def format_preview(preview: Preview, reader: Reader) -> list[str]:
    """Return what would follow from a change of an event, a line for each duty."""
    before, found = {duty.id: duty for duty in preview.before}, preview.found
    lines = [
        *(
            _(
                "{duty}: {before} → {after}",
                duty=_named(duty, reader),
                **_times(before[duty.id], duty, reader),
            )
            for duty in _by_due(found.moved)
        ),
        *(_("{duty}: cancelled", duty=_named(duty, reader)) for duty in _by_due(found.cancelled)),
        *(
            _(
                "{duty}: {before} stays until the other side confirms",
                duty=_named(duty, reader),
                before=reader.when(before[duty.id].due_at),
            )
            for duty in _by_due(found.claimed)
        ),
        *(
            _("{duty}: new, due {after}", duty=_named(duty, reader), after=reader.when(duty.due_at))
            for duty in _by_due(found.opened)
        ),
    ]
    touched = {duty.id for duty in (*found.moved, *found.cancelled, *found.claimed)}
    left = len(before.keys() - touched)
    if left:
        lines.append(ngettext("{n} duty stays as it is.", "{n} duties stay as they are.", left))
    return lines or [_("No duty depends on this event.")]


def _by_due(duties: Iterable[Duty]) -> list[Duty]:
    return sorted(duties, key=lambda duty: (duty.due_at, duty.obligation))


def _named(duty: Duty, reader: Reader) -> str:
    parties = f"{reader.department(duty.provider)} → {reader.department(duty.consumer)}"
    return bracketed(text_of(duty.title), parties)


def _times(before: Duty, after: Duty, reader: Reader) -> dict[str, str]:
    return {"before": reader.when(before.due_at), "after": reader.when(after.due_at)}


def _what(change: EventChange, moved_from: datetime, reader: Reader) -> str:
    reason = _("Reason: {reason}.", reason=clean(change.reason).rstrip(".。")) if change.reason else ""
    return together(_done(change, moved_from, reader), reason)


def _done(change: EventChange, moved_from: datetime, reader: Reader) -> str:
    values = {"who": reader.who(change.by), "when": reader.when(change.at)}
    times = {"before": reader.when(moved_from), "after": reader.when(change.new_at)}
    match change.kind:
        case EventChangeKind.CORRECTED:
            return _("{when}: {who} corrected the event's time from {before} to {after}.", **values, **times)
        case EventChangeKind.MOVED:
            return _("{when}: {who} moved the event from {before} to {after}.", **values, **times)
        case EventChangeKind.CANCELLED:
            return _("{when}: {who} cancelled the event.", **values)
        case EventChangeKind.NO_LONGER_OPENS:
            return _("{when}: {who} corrected the event so that this is not owed.", **values)


def _counts(duty: Duty, change: EventChange, reader: Reader) -> str:
    """Return whether a change counts, and who decides or decided."""
    if change.confirmed is not None:
        return _decided(change, reader)
    if change.superseded:
        return _("A later change took its place.")
    return _objected(duty, change, reader) if change.objected_by else _effect(duty, change, reader)


def _decided(change: EventChange, reader: Reader) -> str:
    who = reader.who(change.confirmed_by)
    if change.confirmed:
        return _("Confirmed by {who}.", who=who)
    return _("Refused by {who}: {answer}.", who=who, answer=clean(change.answer).rstrip(".。") or "–")


def _objected(duty: Duty, change: EventChange, reader: Reader) -> str:
    who, objection = reader.who(change.objected_by), clean(change.objection).rstrip(".。")
    return together(
        _("{who} objects: {objection}.", who=who, objection=objection),
        _(
            "It counts only if the head of {department} confirms it.",
            department=reader.department(duty.consumer),
        ),
    )


def _effect(duty: Duty, change: EventChange, reader: Reader) -> str:
    match change.effect:
        case ChangeEffect.WHEN_CONFIRMED:
            named = _(" or ").join(reader.department(id) for id in deciding_departments(duty, change))
            return _("It does not count until {departments} confirms it.", departments=named)
        case ChangeEffect.NEVER:
            return _("This was overdue by then, so its due time stays.")
        case ChangeEffect.UNLESS_OBJECTED:
            return _("It counts unless {department} objects.", department=reader.department(duty.consumer))
        case ChangeEffect.AT_ONCE:
            return _("It counts.")
