"""Applies what time brings: opens duties, accepts by silence, follows calendars.

Idempotent: running it again, or in several processes, changes nothing more.
"""

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

AHEAD = timedelta(days=62)  # how far ahead occurrences are looked for, as duties open before they are due


@dataclass(frozen=True, slots=True, kw_only=True)
class TickResult:
    """The duties and complaints that one tick changed."""

    opened: tuple[Duty, ...] = ()
    accepted: tuple[Duty, ...] = ()
    recomputed: tuple[Duty, ...] = ()
    released: tuple[Duty, ...] = ()
    escalated: tuple[Complaint, ...] = ()


def tick(context: ServiceContext) -> TickResult:
    """Bring the store up to the present; writes nothing when nothing is due.

    Safe in many processes at once and after weeks without a run, because existing duties are found by their key. Does
    nothing when plugins are switched off: the missing obligations would look retired.
    """
    if context.plugins.switched_off:
        return TickResult()
    note_plugin_set(context)
    if not context.store.read(lambda tx: _anything_to_do(context, tx, context.now())):
        return TickResult()
    return context.write(None, "rolled_over", lambda tx, now: _tick(context, tx, now))


def _anything_to_do(context: ServiceContext, tx: Reading, now: datetime) -> bool:
    roster = tx.get(Roster, ROSTER_ID)
    if roster is None or roster.opened_through_at is None or _inputs_changed(context, roster):
        return True
    if _day(context, now) > _day(context, roster.opened_through_at):
        return True
    silence_accepts = any(
        duty.accept_by_at and duty.accept_by_at < now for duty in tx.find(Duty, state=State.DELIVERED)
    )
    return silence_accepts or bool(late_complaints(tx, now))


def _inputs_changed(context: ServiceContext, roster: Roster) -> bool:
    return (
        roster.catalogue_digest != context.catalogue.digest
        or roster.settings_digest != context.settings.digest
        or roster.calendar_versions != _calendar_versions(context, roster)
    )


def _tick(context: ServiceContext, tx: Writing, now: datetime) -> TickResult:
    if not _anything_to_do(context, tx, now):
        return TickResult()  # another process has done it since the check outside the transaction
    roster = tx.get(Roster, ROSTER_ID)
    known = _with_new_obligations(context, roster, now)
    if known != roster:
        tx.put(known)
    result = TickResult(
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
        calendar_versions=_calendar_versions(context, known),
    )
    if after != known:
        tx.put(after)
    return result


def _open_due(context: ServiceContext, tx: Writing, roster: Roster, now: datetime) -> Iterator[Duty]:
    for occurrence in _occurrences_until(context, roster, now):
        # The day comes from the roster at hand: reading it again for each occurrence decodes every obligation's day.
        in_force = occurrence.deadline.due_on >= roster.since[occurrence.obligation.id]
        if in_force and occurrence.opens_at <= now:
            duty = open_recurring(context, tx, occurrence, now)
            if duty is not None:
                yield duty


def _with_new_obligations(context: ServiceContext, roster: Roster | None, now: datetime) -> Roster:
    first_time = roster is None or roster.opened_through_at is None
    roster = roster or Roster()
    new_obligations = {obligation.id for obligation in context.catalogue.in_force()} - set(roster.since)
    if not new_obligations:
        return roster
    first_day = context.settings.in_force_from
    since = first_day if first_time else max(first_day, _day(context, now))
    return replace(roster, since={**roster.since, **dict.fromkeys(sorted(new_obligations), since)})


def _occurrences_until(context: ServiceContext, roster: Roster, now: datetime) -> Iterator[Occurrence]:
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
    """Return the recurring occurrences due until a day that are not open yet."""
    now = context.now()
    today = _day(context, now)

    def work(tx: Reading) -> list[Occurrence]:
        roster = _with_new_obligations(context, tx.get(Roster, ROSTER_ID), now)
        found = []
        for obligation in context.catalogue.in_force():
            calendar = context.calendar_of(obligation.provider, obligation.calendar)
            since = roster.since[obligation.id]
            for occurrence in occurrences(
                obligation, calendar, min(since, today) - LONGEST_ROLL, until + LONGEST_ROLL
            ):
                due_on = occurrence.deadline.due_on
                if (
                    since <= due_on <= until
                    and occurrence.opens_at > now
                    and not tx.find(Duty, key=occurrence.key)
                ):
                    found.append(occurrence)
        return sorted(found, key=lambda occurrence: occurrence.deadline.due_at)

    return context.store.read(work)


def _accept_by_silence(context: ServiceContext, tx: Writing, now: datetime) -> Iterator[Duty]:
    for duty in tx.find(Duty, state=State.DELIVERED):
        judged = transitions.by_silence(duty, now)
        if judged != duty:
            yield save_duty(context, tx, judged)


def _follow_calendars(
    context: ServiceContext, tx: Writing, roster: Roster | None, now: datetime
) -> Iterator[Duty]:
    if roster is None or roster.calendar_versions == _calendar_versions(context, roster):
        return
    for duty in tx.find(Duty, state=LIVE):
        changed = recomputed(context, tx, duty, now)
        if changed != duty:
            yield save_duty(context, tx, changed)


def _release_leavers(context: ServiceContext, tx: Writing, now: datetime) -> Iterator[Duty]:
    """Put duties of people who left or changed department back into the pool."""
    today = _day(context, now)
    for duty in tx.find(Duty, state=OWED):
        person = context.people.get(duty.assignee)
        has_left = person is None or (person.left_on is not None and person.left_on <= today)
        if duty.assignee and (has_left or (person is not None and person.department != duty.provider)):
            yield save_duty(context, tx, transitions.assigned(duty, ""))


def _calendar_versions(context: ServiceContext, roster: Roster) -> dict[str, str]:
    """Return the versions of the calendars.

    The recorded ones while a plugin is missing, so that days it declares do not move deadlines back and forth.
    """
    if not context.plugins.is_complete:
        return roster.calendar_versions
    return {name: calendar.version for name, calendar in context.calendars.items()}


def _day(context: ServiceContext, instant: datetime) -> date:
    return instant.astimezone(context.settings.zone).date()
