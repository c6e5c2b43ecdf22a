"""Opens what has come due to open, accepts what silence accepts, and follows changed calendars; idempotent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sla_tracker.core import transitions
from sla_tracker.core.complaint import Complaint
from sla_tracker.core.duty import LIVE, OWED, Duty, State
from sla_tracker.core.roster import ROSTER_ID, Roster
from sla_tracker.core.triggers import LONGEST_ROLL, Opening, openings
from sla_tracker.desk.complaints import escalate, late_complaints
from sla_tracker.desk.desk import Desk
from sla_tracker.desk.excuses import recomputed
from sla_tracker.desk.keeping import keep
from sla_tracker.desk.opening import open_recurring
from sla_tracker.desk.pluginset import note_plugin_set
from sla_tracker.desk.ports import Reading, Writing

AHEAD = timedelta(days=62)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rolled:
    """What one rollover did."""

    opened: tuple[Duty, ...] = ()
    accepted: tuple[Duty, ...] = ()
    recomputed: tuple[Duty, ...] = ()
    released: tuple[Duty, ...] = ()
    escalated: tuple[Complaint, ...] = ()


def roll_over(desk: Desk) -> Rolled:
    """Bring the store up to the present; nothing is written when nothing has come due.

    Safe to run from many processes at once and after weeks of silence: what is open is found by its key. Without
    plugins nothing is concluded from their absence.
    """
    if desk.plugins.switched_off:
        return Rolled()
    note_plugin_set(desk)
    if not desk.store.read(lambda tx: _anything_to_do(desk, tx, desk.now())):
        return Rolled()
    return desk.write(None, "rolled_over", lambda tx, now: _roll(desk, tx, now))


def _anything_to_do(desk: Desk, tx: Reading, now: datetime) -> bool:
    roster = tx.get(Roster, ROSTER_ID)
    if roster is None or roster.opened_through_at is None or _changed(desk, roster):
        return True
    if _day(desk, now) > _day(desk, roster.opened_through_at):
        return True
    silent = any(
        duty.accept_by_at and duty.accept_by_at < now for duty in tx.find(Duty, state=State.DELIVERED)
    )
    return silent or bool(late_complaints(tx, now))


def _changed(desk: Desk, roster: Roster) -> bool:
    return (
        roster.catalogue_digest != desk.catalogue.digest
        or roster.settings_digest != desk.settings.digest
        or roster.calendar_versions != _followed(desk, roster)
    )


def _roll(desk: Desk, tx: Writing, now: datetime) -> Rolled:
    if not _anything_to_do(desk, tx, now):
        return Rolled()  # somebody was first
    roster = tx.get(Roster, ROSTER_ID)
    known = _enrolled(desk, roster, now)
    if known != roster:
        tx.put(known)
    rolled = Rolled(
        opened=tuple(_open_due(desk, tx, known, now)),
        accepted=tuple(_accept_by_silence(desk, tx, now)),
        recomputed=tuple(_follow_calendars(desk, tx, roster, now)),
        released=tuple(_release_leavers(desk, tx, now)),
        escalated=tuple(escalate(tx, now)),
    )
    after = replace(
        known,
        opened_through_at=max(now, known.opened_through_at or now),
        settings_digest=desk.settings.digest,
        catalogue_digest=desk.catalogue.digest,
        calendar_versions=_followed(desk, known),
    )
    if after != known:
        tx.put(after)
    return rolled


def _open_due(desk: Desk, tx: Writing, roster: Roster, now: datetime) -> Iterator[Duty]:
    for opening in _openings_until(desk, roster, now):
        if opening.opens_at <= now:
            duty = open_recurring(desk, tx, opening, now)
            if duty is not None:
                yield duty


def _enrolled(desk: Desk, roster: Roster | None, now: datetime) -> Roster:
    first_time = roster is None or roster.opened_through_at is None
    roster = roster or Roster()
    newcomers = {obligation.id for obligation in desk.catalogue.in_force()} - set(roster.since)
    if not newcomers:
        return roster
    first_day = desk.settings.in_force_from
    since = first_day if first_time else max(first_day, _day(desk, now))
    return replace(roster, since={**roster.since, **dict.fromkeys(sorted(newcomers), since)})


def _openings_until(desk: Desk, roster: Roster, now: datetime) -> Iterator[Opening]:
    today = _day(desk, now)
    last = _day(desk, roster.opened_through_at) if roster.opened_through_at else desk.settings.in_force_from
    for obligation in desk.catalogue.in_force():
        calendar = desk.calendar_of(obligation.provider, obligation.calendar)
        start = max(roster.since[obligation.id], min(last, today)) - LONGEST_ROLL
        if roster.catalogue_digest != desk.catalogue.digest:
            start = roster.since[obligation.id] - LONGEST_ROLL
        yield from openings(obligation, calendar, start, today + AHEAD)


def planned(desk: Desk, until: date) -> list[Opening]:
    """Return the recurring duties ahead that are not open yet and are due up to a day, computed, never stored."""
    now = desk.now()
    today = _day(desk, now)

    def work(tx: Reading) -> list[Opening]:
        roster = _enrolled(desk, tx.get(Roster, ROSTER_ID), now)
        found = []
        for obligation in desk.catalogue.in_force():
            calendar = desk.calendar_of(obligation.provider, obligation.calendar)
            since = roster.since[obligation.id]
            for opening in openings(
                obligation, calendar, min(since, today) - LONGEST_ROLL, until + LONGEST_ROLL
            ):
                due_on = opening.deadline.due_on
                if since <= due_on <= until and opening.opens_at > now and not tx.find(Duty, key=opening.key):
                    found.append(opening)
        return sorted(found, key=lambda opening: opening.deadline.due_at)

    return desk.store.read(work)


def _accept_by_silence(desk: Desk, tx: Writing, now: datetime) -> Iterator[Duty]:
    for duty in tx.find(Duty, state=State.DELIVERED):
        judged = transitions.by_silence(duty, now)
        if judged != duty:
            yield keep(desk, tx, judged)


def _follow_calendars(desk: Desk, tx: Writing, roster: Roster | None, now: datetime) -> Iterator[Duty]:
    if roster is None or roster.calendar_versions == _followed(desk, roster):
        return
    for duty in tx.find(Duty, state=LIVE):
        changed = recomputed(desk, tx, duty, now)
        if changed != duty:
            yield keep(desk, tx, changed)


def _release_leavers(desk: Desk, tx: Writing, now: datetime) -> Iterator[Duty]:
    """Put the duties of people who left back into their department's pool."""
    today = _day(desk, now)
    for duty in tx.find(Duty, state=OWED):
        person = desk.people.get(duty.assignee)
        gone = person is None or (person.left_on is not None and person.left_on <= today)
        if duty.assignee and (gone or (person is not None and person.department != duty.provider)):
            yield keep(desk, tx, transitions.assigned(duty, ""))


def _followed(desk: Desk, roster: Roster) -> dict[str, str]:
    """Return the calendars' versions to go by; the old ones while any plugin is missing."""
    if not desk.plugins.is_complete:
        return roster.calendar_versions
    return {name: calendar.version for name, calendar in desk.calendars.items()}


def _day(desk: Desk, instant: datetime) -> date:
    return instant.astimezone(desk.settings.zone).date()
