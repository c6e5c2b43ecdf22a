"""Notes new obligations, changed triggers and opened periods in the roster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from sla_tracker.domain.agreements.known_triggers import KnownTrigger, as_gone, remembered
from sla_tracker.domain.agreements.obligation import Obligation
from sla_tracker.domain.agreements.roster import Roster, new_roster
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.first_day import added_since
from sla_tracker.services.duties.keys import OldDuties, is_of_provider, is_old
from sla_tracker.services.ports import Reading

Ends = Mapping[tuple[str, str], date]
"""The ends of the last periods with a duty, by entry of the roster and name of the trigger."""


def with_new_obligations(context: ServiceContext, roster: Roster | None, now: datetime) -> Roster:
    """Return the roster with the obligations that it does not know yet.

    Each is owed from its first day on.
    """
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
            day = day_of(context, now) + timedelta(days=one.id in seen)
            since[entry], added[entry] = max(first_day, day), day
    return replace(roster, since=since, added=added, triggers=triggers)


def with_present_triggers(
    context: ServiceContext, tx: Reading, stored: Roster | None, roster: Roster, now: datetime
) -> Roster:
    """Return the roster with the triggers as they are declared now.

    Changed triggers are marked with the time.
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
        if known and present != known:
            present = remembered(_caught_up(tx, obligation, known), obligation, now)
        entry = roster.entry_of(obligation)
        is_older = known is None and roster.old_keys and entry in before
        triggers[entry] = _as_before(tx, roster, obligation, present) if is_older else present
    return replace(roster, triggers=triggers)


def _caught_up(
    tx: Reading, obligation: Obligation, known: tuple[KnownTrigger, ...]
) -> tuple[KnownTrigger, ...]:
    """Return triggers with the ends of the periods that have duties.

    The roster does not know those of an opening that was interrupted.
    """
    ends: dict[str, date] = {}
    for duty in tx.find(Duty, obligation=obligation.id):
        if duty.period_end is None or is_old(duty.key) or not is_of_provider(duty.key, obligation):
            continue
        turn = "/".join(duty.key.split("/")[2:])  # empty for one that was handed over
        for one in known:
            if turn.startswith(f"{one.name}/"):
                ends[one.name] = max(duty.period_end, ends.get(one.name, duty.period_end))
    return tuple(
        replace(one, opened_end=max(ends[one.name], one.opened_end or ends[one.name]))
        if one.name in ends
        else one
        for one in known
    )


def _is_withdrawn(context: ServiceContext, entry: str) -> bool:
    """Tell whether an obligation was retired or taken out, not lost with a plugin.

    An obligation is also withdrawn when the department that owed it was taken out.
    """
    id, _, provider = entry.partition("/")
    is_known = not provider or provider in context.catalogue.departments
    return (id in context.catalogue.obligations and is_known) or context.plugins.is_complete


def _as_before(
    tx: Reading, roster: Roster, obligation: Obligation, present: tuple[KnownTrigger, ...]
) -> tuple[KnownTrigger, ...]:
    """Return triggers that this version sees first, checked against stored duties.

    A trigger whose rule no live duty has may have been changed since the older version ran last.
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


def with_opened_periods(roster: Roster, ends: Ends) -> Roster:
    """Return the roster with the ends of the periods that have duties now.

    A part of the roster suffices, if it has the entries of all these ends.
    """
    triggers = dict(roster.triggers)
    for (entry, name), end in ends.items():
        triggers[entry] = tuple(
            replace(one, opened_end=max(end, one.opened_end or end)) if one.name == name else one
            for one in triggers[entry]
        )
    return replace(roster, triggers=triggers)


def may_open(context: ServiceContext, roster: Roster | None, now: datetime) -> bool:
    """Return whether a tick may find something to open.

    A tick may if a day has begun since the last one, or if what decides about opening has changed, as the head of the
    roster tells. Otherwise going through all obligations finds nothing, and costs milliseconds for each of them.
    """
    if roster is None or roster.opened_through_at is None or _has_other_inputs(context, roster):
        return True
    return day_of(context, now) > day_of(context, roster.opened_through_at)


def _has_other_inputs(context: ServiceContext, roster: Roster) -> bool:
    return (
        roster.catalogue_digest != context.catalogue.digest
        or roster.settings_digest != context.settings.digest
        or has_other_calendars(context, roster)
    )


def has_other_calendars(context: ServiceContext, roster: Roster | None) -> bool:
    """Return whether a calendar has changed since deadlines were computed last."""
    return roster is not None and roster.calendar_versions != calendar_versions_now(context, roster)


def calendar_versions_now(context: ServiceContext, roster: Roster) -> dict[str, str]:
    """Return the versions of the calendars.

    The recorded ones while a plugin is missing, so that days it declares do not move deadlines back and forth.
    """
    if not context.plugins.is_complete:
        return roster.calendar_versions
    return {name: calendar.version for name, calendar in context.calendars.items()}


def day_of(context: ServiceContext, instant: datetime) -> date:
    """Return the local date of an instant."""
    return instant.astimezone(context.settings.zone).date()
