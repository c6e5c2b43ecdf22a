"""Applies what time brings: opens duties, accepts by silence, follows calendars.

Idempotent: running it again, or in several processes, changes nothing more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from sla_tracker.domain.agreements.known_triggers import KnownTrigger, as_gone, remembered
from sla_tracker.domain.agreements.obligation import Obligation
from sla_tracker.domain.agreements.occurrences import LONGEST_ROLL, Occurrence, occurrences
from sla_tracker.domain.agreements.roster import ROSTER_ID, Roster, new_roster
from sla_tracker.domain.consent.agreement import Agreement
from sla_tracker.domain.duties import transitions
from sla_tracker.domain.duties.complaint import Complaint
from sla_tracker.domain.duties.duty import LIVE, OWED, Duty, State
from sla_tracker.services.consent.standing import end_vanished
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments.complaints import escalate, late_complaints
from sla_tracker.services.duties.creation import open_recurring
from sla_tracker.services.duties.current_deadline import recomputed
from sla_tracker.services.duties.first_day import added_since, note_first_day
from sla_tracker.services.duties.keys import OldDuties, is_opened
from sla_tracker.services.duties.saving import accept_by_silence, save_duty
from sla_tracker.services.duties.turn_exceptions import follow_exceptions
from sla_tracker.services.plugin_set import note_plugin_set
from sla_tracker.services.ports import Reading, Writing
from sla_tracker.services.turns.finder import counted_turns
from sla_tracker.value_class import dataclass

AHEAD = timedelta(days=62)  # how far ahead occurrences are looked for, as duties open before they are due


@dataclass(frozen=True, slots=True, kw_only=True)
class TickResult:
    """The duties, complaints and agreements that one tick changed."""

    opened: tuple[Duty, ...] = ()
    accepted: tuple[Duty, ...] = ()
    recomputed: tuple[Duty, ...] = ()
    released: tuple[Duty, ...] = ()
    escalated: tuple[Complaint, ...] = ()
    ended: tuple[Agreement, ...] = ()


def tick(context: ServiceContext) -> TickResult:
    """Bring the store up to the present; writes nothing when nothing is due.

    Safe in many processes at once and after weeks without a run, because existing duties are found by their key. Does
    nothing when plugins are switched off: the missing obligations would look retired.
    """
    if context.plugins.switched_off:
        return TickResult()
    note_plugin_set(context)
    note_first_day(context)
    if not context.store.read(lambda tx: _anything_to_do(context, tx, context.now())):
        return TickResult()
    return context.write(None, "rolled_over", lambda tx, now: _tick(context, tx, now))


def _anything_to_do(context: ServiceContext, tx: Reading, now: datetime) -> bool:
    if _may_open(context, tx.get(Roster, ROSTER_ID), now):
        return True
    silence_accepts = any(
        duty.accept_by_at and duty.accept_by_at < now for duty in tx.find(Duty, state=State.DELIVERED)
    )
    return silence_accepts or bool(late_complaints(tx, now))


def _may_open(context: ServiceContext, roster: Roster | None, now: datetime) -> bool:
    """Return whether a day has begun since the last tick, or what decides about opening has changed.

    Otherwise going through all obligations finds nothing, and costs milliseconds for each of them under the store's
    lock.
    """
    if roster is None or roster.opened_through_at is None or _inputs_changed(context, roster):
        return True
    return _day(context, now) > _day(context, roster.opened_through_at)


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
    if not _may_open(context, roster, now):
        return TickResult(accepted=_accepted_by_silence(context, tx, now), escalated=tuple(escalate(tx, now)))
    known = _with_new_obligations(context, roster, now)
    known = _with_present_triggers(context, tx, roster, known, now)
    if known != roster:
        tx.put(known)
    opened = tuple(_open_due(context, tx, known, now))
    known = _with_opened_periods(known, opened)
    result = TickResult(
        opened=tuple(duty for _, duty in opened),
        accepted=_accepted_by_silence(context, tx, now),
        recomputed=(
            *_follow_exceptions(context, tx, roster, known, now),
            *_follow_calendars(context, tx, roster, now),
        ),
        released=tuple(_release_leavers(context, tx, now)),
        escalated=tuple(escalate(tx, now)),
        ended=_end_vanished(context, tx, roster, now),
    )
    after = replace(
        known,
        opened_through_at=max(now, known.opened_through_at or now),
        settings_digest=context.settings.digest,
        catalogue_digest=context.catalogue.digest,
        calendar_versions=_calendar_versions(context, known),
        first_on=context.settings.in_force_from,
        added=added_since(known),
    )
    if after != known:
        tx.put(after)
    return result


def _accepted_by_silence(context: ServiceContext, tx: Writing, now: datetime) -> tuple[Duty, ...]:
    return tuple(accept_by_silence(context, tx, tx.find(Duty, state=State.DELIVERED), now))


def _open_due(
    context: ServiceContext, tx: Writing, roster: Roster, now: datetime
) -> Iterator[tuple[Occurrence, Duty]]:
    for obligation in context.catalogue.in_force():
        old = OldDuties(tx, obligation, roster)
        # The day comes from the roster at hand: reading it again for each occurrence decodes every obligation's day.
        since = roster.since[roster.entry_of(obligation)]
        for occurrence in _occurrences_until(context, tx, roster, obligation, now):
            if occurrence.deadline.due_on < since or occurrence.opens_at > now or not occurrence.is_dated:
                continue
            duty = open_recurring(context, tx, occurrence, now, old)
            if duty is not None:
                yield occurrence, duty


def _with_present_triggers(
    context: ServiceContext, tx: Reading, stored: Roster | None, roster: Roster, now: datetime
) -> Roster:
    """Return the roster with the triggers as they are declared now.

    Changed ones are marked with the time.
    """
    before = stored.since if stored else {}
    in_force = {roster.entry_of(one) for one in context.catalogue.in_force()}
    triggers = {
        entry: known if entry in in_force or not _is_withdrawn(context, entry) else as_gone(known)
        for entry, known in roster.triggers.items()
    }
    for obligation in context.catalogue.in_force():
        known = roster.triggers_of(obligation)
        present = remembered(known or (), obligation, now)
        entry = roster.entry_of(obligation)
        is_older = known is None and roster.old_keys and entry in before
        triggers[entry] = _as_before(tx, roster, obligation, present) if is_older else present
    return replace(roster, triggers=triggers)


def _is_withdrawn(context: ServiceContext, entry: str) -> bool:
    """Tell whether an obligation was retired or taken out, or the department that owed it.

    Otherwise it was lost with a broken plugin.
    """
    id, _, provider = entry.partition("/")
    is_known = not provider or provider in context.catalogue.departments
    return (id in context.catalogue.obligations and is_known) or context.plugins.is_complete


def _as_before(
    tx: Reading, roster: Roster, obligation: Obligation, present: tuple[KnownTrigger, ...]
) -> tuple[KnownTrigger, ...]:
    """Return triggers that this version sees first.

    They are compared with the duties that an older version has opened.

    One whose rule no live duty has may have been changed since the older version ran last.
    """
    old = OldDuties(tx, obligation, roster).all()
    until = max((duty.period_end for duty in old if duty.period_end is not None), default=None)
    latest = {duty.key.split("/")[1]: duty.terms.due for duty in sorted(old, key=lambda one: one.opened_at)}
    return tuple(
        replace(one, opened_end=until)
        if trigger.due in latest.values()
        else replace(one, opened_end=until, covered_end=until, changed_at=roster.opened_through_at)
        for one, trigger in zip(present, obligation.declared, strict=True)
    )


def _with_opened_periods(roster: Roster, opened: tuple[tuple[Occurrence, Duty], ...]) -> Roster:
    """Return the roster with the ends of the periods that have duties now."""
    triggers = dict(roster.triggers)
    for occurrence, _duty in opened:
        entry, end = roster.entry_of(occurrence.obligation), occurrence.period_end
        triggers[entry] = tuple(
            replace(one, opened_end=max(end, one.opened_end or end))
            if one.name == occurrence.known.name
            else one
            for one in triggers[entry]
        )
    return replace(roster, triggers=triggers)


def _with_new_obligations(context: ServiceContext, roster: Roster | None, now: datetime) -> Roster:
    first_time = roster is None or roster.opened_through_at is None
    roster = roster or new_roster()
    entries = {roster.entry_of(one): one for one in context.catalogue.in_force()}
    new = {entry: one for entry, one in sorted(entries.items()) if entry not in roster.since}
    if not new:
        return roster
    first_day, seen = context.settings.in_force_from, {entry.partition("/")[0] for entry in roster.since}
    since, added, triggers = dict(roster.since), added_since(roster), dict(roster.triggers)
    for entry, one in new.items():
        before, known = roster.since_of(one), roster.triggers_of(one)
        if before is not None:  # one department alone has owed it until now
            since[entry] = before
            added |= {entry: added[one.id]} if one.id in added else {}
            triggers |= {entry: known} if known is not None else {}
        elif first_time:
            since[entry] = first_day
        else:
            # A department that appears is asked from the first turn due after this day on.
            day = _day(context, now) + timedelta(days=one.id in seen)
            since[entry], added[entry] = max(first_day, day), day
    return replace(roster, since=since, added=added, triggers=triggers)


def _occurrences_until(
    context: ServiceContext, tx: Reading, roster: Roster, obligation: Obligation, now: datetime
) -> Iterator[Occurrence]:
    today = _day(context, now)
    last = (
        _day(context, roster.opened_through_at)
        if roster.opened_through_at
        else context.settings.in_force_from
    )
    entry = roster.entry_of(obligation)
    start = max(roster.since[entry], min(last, today)) - LONGEST_ROLL
    if roster.catalogue_digest != context.catalogue.digest:
        start = roster.since[entry] - LONGEST_ROLL
    known = roster.triggers[entry]
    yield from occurrences(obligation, context.calendar_of, start, today + AHEAD, known)
    yield from counted_turns(context, tx, obligation, known, start, today + AHEAD)


def planned(context: ServiceContext, until: date, *, undated: bool = False) -> list[Occurrence]:
    """Return the recurring occurrences due until a day that are not open yet.

    With `undated` also those that count from a delivery that lies ahead.
    """
    now = context.now()
    today = _day(context, now)

    def work(tx: Reading) -> list[Occurrence]:
        stored = tx.get(Roster, ROSTER_ID)
        roster = _with_new_obligations(context, stored, now)
        roster = _with_present_triggers(context, tx, stored, roster, now)
        found: list[Occurrence] = []
        for obligation in context.catalogue.in_force():
            entry, old = roster.entry_of(obligation), OldDuties(tx, obligation, roster)
            since, known = roster.since[entry], roster.triggers[entry]
            start, end = min(since, today) - LONGEST_ROLL, until + LONGEST_ROLL
            ahead = (
                *occurrences(obligation, context.calendar_of, start, end, known),
                *counted_turns(context, tx, obligation, known, start, end),
            )
            for occurrence in ahead:
                is_ahead = occurrence.opens_at > now if occurrence.is_dated else undated
                if since <= occurrence.deadline.due_on <= until and is_ahead:
                    found += () if is_opened(tx, occurrence, old) else (occurrence,)
        return sorted(found, key=lambda occurrence: occurrence.deadline.due_at)

    return context.store.read(work)


def _end_vanished(
    context: ServiceContext, tx: Writing, stored: Roster | None, now: datetime
) -> tuple[Agreement, ...]:
    if stored is None or stored.catalogue_digest == context.catalogue.digest:
        return ()
    return end_vanished(context, tx, now)


def _follow_exceptions(
    context: ServiceContext, tx: Writing, stored: Roster | None, known: Roster, now: datetime
) -> Iterator[Duty]:
    if stored is not None and stored.catalogue_digest != context.catalogue.digest:
        yield from follow_exceptions(context, tx, known, now)


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
