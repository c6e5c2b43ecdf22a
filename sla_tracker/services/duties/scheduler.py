"""Opens what has come due to open, accepts what silence accepts, and follows changed calendars; idempotent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sla_tracker.domain.agreements.occurrences import LONGEST_ROLL, Occurrence, occurrences
from sla_tracker.domain.agreements.roster import ROSTER_ID, Roster
from sla_tracker.domain.duties import transitions
from sla_tracker.domain.duties.complaint import Complaint
from sla_tracker.domain.duties.duty import LIVE, OWED, Duty, State
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments.complaints import escalate, late_complaints
from sla_tracker.services.duties.creation import open_recurring
from sla_tracker.services.duties.current_deadline import recomputed
from sla_tracker.services.duties.saving import save_duty
from sla_tracker.services.plugin_set import note_plugin_set
from sla_tracker.services.ports import Reading, Writing

AHEAD = timedelta(days=62)


@dataclass(frozen=True, slots=True, kw_only=True)
class TickResult:
    """What one rollover did."""

    opened: tuple[Duty, ...] = ()
    accepted: tuple[Duty, ...] = ()
    recomputed: tuple[Duty, ...] = ()
    released: tuple[Duty, ...] = ()
    escalated: tuple[Complaint, ...] = ()


def tick(context: ServiceContext) -> TickResult:
    """Bring the store up to the present; nothing is written when nothing has come due.

    Safe to run from many processes at once and after weeks of silence: what is open is found by its key. Without
    plugins nothing is concluded from their absence.
    """
    if context.plugins.switched_off:
        return TickResult()
    note_plugin_set(context)
    if not context.store.read(lambda tx: _anything_to_do(context, tx, context.now())):
        return TickResult()
    return context.write(None, "rolled_over", lambda tx, now: _roll(context, tx, now))


def _anything_to_do(context: ServiceContext, tx: Reading, now: datetime) -> bool:
    roster = tx.get(Roster, ROSTER_ID)
    if roster is None or roster.opened_through_at is None or _changed(context, roster):
        return True
    if _day(context, now) > _day(context, roster.opened_through_at):
        return True
    silent = any(
        duty.accept_by_at and duty.accept_by_at < now for duty in tx.find(Duty, state=State.DELIVERED)
    )
    return silent or bool(late_complaints(tx, now))


def _changed(context: ServiceContext, roster: Roster) -> bool:
    return (
        roster.catalogue_digest != context.catalogue.digest
        or roster.settings_digest != context.settings.digest
        or roster.calendar_versions != _followed(context, roster)
    )


def _roll(context: ServiceContext, tx: Writing, now: datetime) -> TickResult:
    if not _anything_to_do(context, tx, now):
        return TickResult()  # somebody was first
    roster = tx.get(Roster, ROSTER_ID)
    known = _enrolled(context, roster, now)
    if known != roster:
        tx.put(known)
    rolled = TickResult(
        opened=tuple(_open_due(context, tx, known, now)),
        accepted=tuple(_accept_by_silence(context, tx, now)),
        recomputed=tuple(_follow_calendars(context, tx, roster, now)),
        released=tuple(_release_leavers(context, tx, now)),
        escalated=tuple(escalate(tx, now)),
    )
    after = replace(
        known,
        opened_through_at=max(now, known.opened_through_at or now),
        settings_digest=context.settings.digest,
        catalogue_digest=context.catalogue.digest,
        calendar_versions=_followed(context, known),
    )
    if after != known:
        tx.put(after)
    return rolled


def _open_due(context: ServiceContext, tx: Writing, roster: Roster, now: datetime) -> Iterator[Duty]:
    for opening in _openings_until(context, roster, now):
        if opening.opens_at <= now:
            duty = open_recurring(context, tx, opening, now)
            if duty is not None:
                yield duty


def _enrolled(context: ServiceContext, roster: Roster | None, now: datetime) -> Roster:
    first_time = roster is None or roster.opened_through_at is None
    roster = roster or Roster()
    newcomers = {obligation.id for obligation in context.catalogue.in_force()} - set(roster.since)
    if not newcomers:
        return roster
    first_day = context.settings.in_force_from
    since = first_day if first_time else max(first_day, _day(context, now))
    return replace(roster, since={**roster.since, **dict.fromkeys(sorted(newcomers), since)})


def _openings_until(context: ServiceContext, roster: Roster, now: datetime) -> Iterator[Occurrence]:
    today = _day(context, now)
    last = (
        _day(context, roster.opened_through_at)
        if roster.opened_through_at
        else context.settings.in_force_from
    )
    for obligation in context.catalogue.in_force():
        calendar = context.calendar_of(obligation.provider, obligation.calendar)
        start = max(roster.since[obligation.id], min(last, today)) - LONGEST_ROLL
        if roster.catalogue_digest != context.catalogue.digest:
            start = roster.since[obligation.id] - LONGEST_ROLL
        yield from occurrences(obligation, calendar, start, today + AHEAD)


def planned(context: ServiceContext, until: date) -> list[Occurrence]:
    """Return the recurring duties ahead that are not open yet and are due up to a day, computed, never stored."""
    now = context.now()
    today = _day(context, now)

    def work(tx: Reading) -> list[Occurrence]:
        roster = _enrolled(context, tx.get(Roster, ROSTER_ID), now)
        found = []
        for obligation in context.catalogue.in_force():
            calendar = context.calendar_of(obligation.provider, obligation.calendar)
            since = roster.since[obligation.id]
            for opening in occurrences(
                obligation, calendar, min(since, today) - LONGEST_ROLL, until + LONGEST_ROLL
            ):
                due_on = opening.deadline.due_on
                if since <= due_on <= until and opening.opens_at > now and not tx.find(Duty, key=opening.key):
                    found.append(opening)
        return sorted(found, key=lambda opening: opening.deadline.due_at)

    return context.store.read(work)


def _accept_by_silence(context: ServiceContext, tx: Writing, now: datetime) -> Iterator[Duty]:
    for duty in tx.find(Duty, state=State.DELIVERED):
        judged = transitions.by_silence(duty, now)
        if judged != duty:
            yield save_duty(context, tx, judged)


def _follow_calendars(
    context: ServiceContext, tx: Writing, roster: Roster | None, now: datetime
) -> Iterator[Duty]:
    if roster is None or roster.calendar_versions == _followed(context, roster):
        return
    for duty in tx.find(Duty, state=LIVE):
        changed = recomputed(context, tx, duty, now)
        if changed != duty:
            yield save_duty(context, tx, changed)


def _release_leavers(context: ServiceContext, tx: Writing, now: datetime) -> Iterator[Duty]:
    """Put the duties of people who left back into their department's pool."""
    today = _day(context, now)
    for duty in tx.find(Duty, state=OWED):
        person = context.people.get(duty.assignee)
        gone = person is None or (person.left_on is not None and person.left_on <= today)
        if duty.assignee and (gone or (person is not None and person.department != duty.provider)):
            yield save_duty(context, tx, transitions.assigned(duty, ""))


def _followed(context: ServiceContext, roster: Roster) -> dict[str, str]:
    """Return the calendars' versions to go by; the old ones while any plugin is missing."""
    if not context.plugins.is_complete:
        return roster.calendar_versions
    return {name: calendar.version for name, calendar in context.calendars.items()}


def _day(context: ServiceContext, instant: datetime) -> date:
    return instant.astimezone(context.settings.zone).date()
