"""Applies what time brings: opens duties, accepts by silence, follows calendars.

A run is idempotent: running it again, or in several processes, changes nothing more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from datetime import date, datetime, timedelta
from functools import partial

from sla_tracker.domain.agreements.counted import counted_days
from sla_tracker.domain.agreements.obligation import Obligation
from sla_tracker.domain.agreements.occurrences import (
    DaysLookedAt,
    Occurrence,
    due_between,
    occurrences_due,
    opening_until,
)
from sla_tracker.domain.consent.agreement import Agreement
from sla_tracker.domain.duties.complaint import Complaint
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.verbs import Verb
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.first_day import note_first_day
from sla_tracker.services.duties.keys import OldDuties, is_opened
from sla_tracker.services.duties.scheduling.following import (
    accept_deliveries,
    end_vanished,
    escalate,
    follow_calendars,
    follow_exceptions,
    release_leavers,
)
from sla_tracker.services.duties.scheduling.known_roster import (
    day_of,
    with_new_obligations,
    with_present_triggers,
)
from sla_tracker.services.duties.scheduling.opening import begun, open_all_but_last, open_last
from sla_tracker.services.duties.scheduling.roster_writer import RosterChanged, RosterWriter
from sla_tracker.services.plugin_set import note_plugin_set
from sla_tracker.services.ports import Reading
from sla_tracker.services.turns.finder import counted_turns
from sla_tracker.services.turns.rosters import roster_of
from sla_tracker.value_class import dataclass

# Times that an opening begins anew because another process changed the roster; the next tick goes on.
TRIES = 10

ZONES_APART = timedelta(days=1)  # between the days of an instant in two zones, at most


@dataclass(frozen=True, slots=True, kw_only=True)
class TickResult:
    """The duties, complaints and agreements that one tick changed."""

    opened: tuple[Duty, ...] = ()
    accepted: tuple[Duty, ...] = ()
    recomputed: tuple[Duty, ...] = ()
    released: tuple[Duty, ...] = ()
    escalated: tuple[Complaint, ...] = ()
    ended: tuple[Agreement, ...] = ()


@dataclass(slots=True)
class _Done:
    """What one tick has changed so far."""

    opened: list[Duty] = field(default_factory=list)
    accepted: list[Duty] = field(default_factory=list)
    recomputed: list[Duty] = field(default_factory=list)
    released: list[Duty] = field(default_factory=list)
    escalated: list[Complaint] = field(default_factory=list)
    ended: list[Agreement] = field(default_factory=list)

    def result(self) -> TickResult:
        return TickResult(
            opened=tuple(self.opened),
            accepted=tuple(self.accepted),
            recomputed=tuple(self.recomputed),
            released=tuple(self.released),
            escalated=tuple(self.escalated),
            ended=tuple(self.ended),
        )


def tick(context: ServiceContext) -> TickResult:
    """Bring the store up to the present; writes nothing when nothing is due.

    Safe in many processes at once and after weeks without a run, because existing duties are found by their key. Each
    transaction changes a few values only; a tick that was interrupted is gone on with by the next. Does nothing when
    plugins are switched off: the missing obligations would look retired.
    """
    if context.plugins.switched_off:
        return TickResult()
    context = context.for_the_program()
    note_plugin_set(context)
    note_first_day(context)
    done, write = _Done(), partial(context.write, None, Verb.ROLLED_OVER)
    for _ in range(TRIES):
        try:
            if not _open_and_follow(context, done):
                done.accepted += accept_deliveries(context, write)
            break
        except RosterChanged:
            continue
    done.escalated += escalate(context, write)
    return done.result()


def _open_and_follow(context: ServiceContext, done: _Done) -> bool:
    """Open the day, and follow what else has changed since the last opening.

    False if the day is open and nothing has changed. The roster says that it is open only after the last part. What
    silence has accepted is no more moved by a calendar. Raises RosterChanged.
    """
    opening = context.store.read(partial(begun, context))
    if opening is None:
        return False
    writer = RosterWriter(context, opening.stored, opening.known, opening.sequence)
    opening = open_all_but_last(context, opening, writer, done.opened)
    done.accepted += accept_deliveries(context, writer.write)
    if opening.has_other_catalogue:
        done.recomputed += follow_exceptions(context, writer.write, opening.known)
        done.ended += end_vanished(context, writer.write)
    if opening.has_other_calendars:
        done.recomputed += follow_calendars(context, writer.write)
    done.released += release_leavers(context, writer.write)
    done.opened += open_last(context, opening, writer)
    return True


def planned(context: ServiceContext, until: date, *, undated: bool = False) -> list[Occurrence]:
    """Return the recurring occurrences due until a day that are not open yet.

    `undated` adds those that count from a delivery that lies ahead.
    """
    return _planned(context, lambda _obligation, first_on: due_between(first_on, until), until, undated)


def planned_opening(context: ServiceContext, until: datetime) -> list[Occurrence]:
    """Return the recurring occurrences that open from now on until an instant."""
    found = _planned(
        context, lambda obligation, first_on: opening_until(obligation, first_on, until), date.max, False
    )
    return [occurrence for occurrence in found if occurrence.opens_at <= until]


def _planned(
    context: ServiceContext,
    days_from: Callable[[Obligation, date], DaysLookedAt],
    until: date,
    undated: bool,
) -> list[Occurrence]:
    """Return the occurrences that are not open yet, on the days of each obligation.

    `days_from` gives these days for an obligation, from a due day on.
    """
    now = context.now()
    today = day_of(context, now)

    def work(tx: Reading) -> list[Occurrence]:
        stored = roster_of(tx)
        roster = with_new_obligations(context, stored, now)
        roster = with_present_triggers(context, tx, stored, roster, now)
        found: list[Occurrence] = []
        for obligation in context.catalogue.in_force():
            entry, old = roster.entry_of(obligation), OldDuties(tx, obligation, roster)
            since, known = roster.since[entry], roster.triggers[entry]
            # What opens after now is due after now, so a long past adds no turns to look at; but one that
            # counts from a delivery that is overdue keeps the day it should have had, however long ago.
            due_from = max(since, today - ZONES_APART)
            days = days_from(obligation, due_from)
            counted_from = min(since, today) if undated else due_from
            counted = counted_days(obligation, context.calendar_of, days_from(obligation, counted_from))
            ahead = (
                *occurrences_due(obligation, context.calendar_of, days, known, due_from=due_from),
                *(() if counted is None else counted_turns(context, tx, obligation, known, *counted)),
            )
            for occurrence in ahead:
                is_ahead = occurrence.opens_at > now if occurrence.is_dated else undated
                if since <= occurrence.deadline.due_on <= until and is_ahead:
                    found += () if is_opened(tx, occurrence, old) else (occurrence,)
        return sorted(found, key=lambda occurrence: occurrence.deadline.due_at)

    return context.store.read(work)
