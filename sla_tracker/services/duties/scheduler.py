"""Applies what time brings: opens duties, accepts by silence, follows calendars.

Idempotent: running it again, or in several processes, changes nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import date, datetime, timedelta
from functools import partial

from sla_tracker.domain.agreements.counted import counting_triggers
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
from sla_tracker.services.duties.keys import OldDuties, is_of_provider, is_old, is_opened
from sla_tracker.services.duties.saving import accept_by_silence, save_duty
from sla_tracker.services.duties.turn_exceptions import follow_exceptions
from sla_tracker.services.plugin_set import note_plugin_set
from sla_tracker.services.ports import Reading, Writing
from sla_tracker.services.turns.finder import counted_turns
from sla_tracker.services.turns.new_duty import is_behind_change
from sla_tracker.value_class import dataclass

# Duties opened in one transaction: about 40 ms of work, and a line of less than 1 MB.
BATCH = 50
COUNTED_COST = 10  # to find the turns of an obligation that count from other duties, in openings of a duty
TRIES = 3  # openings prepared anew because another process changed the roster, before all is done in one transaction
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
    opened: list[Duty] = []
    for _ in range(TRIES):
        result = _finish(context, _open_all_but_last(context, opened))
        if result is not None:
            return replace(result, opened=(*opened, *result.opened))
    result = context.write(
        None, "rolled_over", lambda tx, now: _tick(context, tx, now, _prepared(context, tx))
    )
    return replace(result or TickResult(), opened=(*opened, *(result.opened if result else ())))


def _finish(context: ServiceContext, opening: Opening | None) -> TickResult | None:
    return context.write(None, "rolled_over", lambda tx, now: _tick(context, tx, now, opening))


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


Step = Occurrence | Obligation
"""A turn to open, or an obligation of which the turns that count from other duties are to be opened."""
Ends = Mapping[tuple[str, str], date]
"""The ends of the last periods with a duty, by entry of the roster and name of the trigger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """An opening that is going on: from which roster to which, and the turns that are left to open.

    Turns by the calendar alone are computed without the store's lock. Those that count from other duties are found in
    the transaction, because the duties before them may have been opened just now.
    """

    now: datetime
    before: Roster | None
    stored: Roster | None
    known: Roster
    steps: Sequence[Step] = ()
    ends: Ends = field(default_factory=dict)
    left_behind: Sequence[str] = ()  # duties whose assignee has left


def _tick(context: ServiceContext, tx: Writing, now: datetime, opening: Opening | None) -> TickResult | None:
    """Do the last part of an opening, and all else that time brings.

    None if another process has changed the roster that the opening went by.
    """
    if not _anything_to_do(context, tx, now):
        return TickResult()  # another process has done it since the check outside the transaction
    roster = tx.get(Roster, ROSTER_ID)
    if not _may_open(context, roster, now):
        return TickResult(accepted=_accepted_by_silence(context, tx, now), escalated=tuple(escalate(tx, now)))
    if opening is None or opening.stored != roster:
        return None
    before, known = opening.before, opening.known
    if known != roster:
        tx.put(known)
    opened, ends = _open_steps(context, tx, opening, opening.steps, now)
    known = _with_opened_periods(known, _later(opening.ends, ends))
    result = TickResult(
        opened=opened,
        accepted=_accepted_by_silence(context, tx, now),
        recomputed=(
            *_follow_exceptions(context, tx, before, known, now),
            *_follow_calendars(context, tx, before, now),
        ),
        released=tuple(_release_leavers(context, tx, opening.left_behind, now)),
        escalated=tuple(escalate(tx, now)),
        ended=_end_vanished(context, tx, before, now),
    )
    after = replace(
        known,
        # Not the present: a day that has begun since the opening began is opened by the next tick.
        opened_through_at=max(opening.now, known.opened_through_at or opening.now),
        settings_digest=context.settings.digest,
        catalogue_digest=context.catalogue.digest,
        calendar_versions=_calendar_versions(context, known),
        first_on=context.settings.in_force_from,
        added=added_since(known),
    )
    if after != known:
        tx.put(after)
    return result


def _open_all_but_last(context: ServiceContext, opened: list[Duty]) -> Opening | None:
    """Open what is due to open, in transactions of a few duties, but for the last part.

    Adds the duties to `opened`. None if nothing may be opened, or if another process has changed the roster. The roster
    says that a day is open only after the last part, so that an opening that was interrupted is gone on with: its
    duties are found by their keys.
    """
    opening = context.store.read(lambda tx: _begun(context, tx, context.now()))
    if opening is None:
        return None
    for obligations in _pieces(list(context.catalogue.in_force()), BATCH):
        steps, ends = context.store.read(partial(_steps, context, opening, obligations))
        opening = replace(opening, steps=(*opening.steps, *steps), ends=_later(opening.ends, ends))
        while (count := _first_batch(opening.steps)) < len(opening.steps):
            found = _open_batch(context, opening, count)
            if found is None:
                return None
            duties, ends = found
            opened += duties
            opening = replace(
                opening,
                stored=opening.known,
                steps=opening.steps[count:],
                ends=_later(opening.ends, ends),
            )
    return replace(opening, left_behind=context.store.read(partial(_left_behind, context, opening.now)))


def _open_batch(
    context: ServiceContext, opening: Opening, count: int
) -> tuple[tuple[Duty, ...], Ends] | None:
    """Open the next turns of an opening in a transaction; None if its roster is not the stored one any more."""

    def is_current(tx: Reading) -> bool:
        return tx.get(Roster, ROSTER_ID) == opening.stored

    # Compared before the transaction: the roster of thousands of obligations takes a while to decode.
    sequence, was_current = context.store.read(lambda tx: (tx.sequence, is_current(tx)))
    if not was_current:
        return None

    def work(tx: Writing, now: datetime) -> tuple[tuple[Duty, ...], Ends] | None:
        if not tx.is_unchanged_since(sequence) and not is_current(tx):
            return None
        if opening.known != opening.stored:
            tx.put(opening.known)
        return _open_steps(context, tx, opening, opening.steps[:count], now)

    return context.write(None, "rolled_over", work)


def _first_batch(steps: Sequence[Step]) -> int:
    """Return how many steps one transaction does."""
    cost = 0
    for count, step in enumerate(steps):
        cost += COUNTED_COST if isinstance(step, Obligation) else 1
        if count and cost > BATCH:
            return count
    return len(steps)


def _prepared(context: ServiceContext, tx: Reading) -> Opening | None:
    """Return a whole opening, with nothing opened; None if nothing may be opened."""
    opening = _begun(context, tx, context.now())
    if opening is None:
        return None
    steps, ends = _steps(context, opening, list(context.catalogue.in_force()), tx)
    return replace(opening, steps=steps, ends=ends, left_behind=_left_behind(context, opening.now, tx))


def _begun(context: ServiceContext, tx: Reading, now: datetime) -> Opening | None:
    stored = tx.get(Roster, ROSTER_ID)
    if not _may_open(context, stored, now):
        return None
    known = _with_new_obligations(context, stored, now)
    known = _with_present_triggers(context, tx, stored, known, now)
    return Opening(now=now, before=stored, stored=stored, known=known)


def _pieces(obligations: list[Obligation], size: int) -> Iterator[list[Obligation]]:
    return (obligations[start : start + size] for start in range(0, len(obligations), size))


def _accepted_by_silence(context: ServiceContext, tx: Writing, now: datetime) -> tuple[Duty, ...]:
    return tuple(accept_by_silence(context, tx, tx.find(Duty, state=State.DELIVERED), now))


def _steps(
    context: ServiceContext, opening: Opening, obligations: Sequence[Obligation], tx: Reading
) -> tuple[list[Step], Ends]:
    """Return what is left to open of some obligations, in order.

    Also the ends of the periods that have duties of this opening already, from a process that was interrupted or that
    does the same now.
    """
    steps: list[Step] = []
    ends: dict[tuple[str, str], date] = {}
    roster = opening.known
    for obligation in obligations:
        entry, old = roster.entry_of(obligation), OldDuties(tx, obligation, roster)
        start, end = _span(context, roster, obligation, opening.now)
        for occurrence in occurrences(obligation, context.calendar_of, start, end, roster.triggers[entry]):
            if not _is_to_open(occurrence, opening):
                continue
            found = tx.find(Duty, key=occurrence.key)
            if not found and not is_behind_change(occurrence) and not old.have(occurrence):
                steps.append(occurrence)
            _note_ends(ends, (entry, occurrence.known.name), found)
        if any(counting_triggers(obligation)):
            steps.append(obligation)
    return steps, ends


def _open_steps(
    context: ServiceContext, tx: Writing, opening: Opening, steps: Sequence[Step], now: datetime
) -> tuple[tuple[Duty, ...], Ends]:
    """Open turns, in order; returns the duties and the ends of their periods."""
    opened: list[Duty] = []
    ends: dict[tuple[str, str], date] = {}
    roster, old = opening.known, dict[str, OldDuties]()
    for step in steps:
        obligation = step if isinstance(step, Obligation) else step.obligation
        entry = roster.entry_of(obligation)
        found = old.setdefault(entry, OldDuties(tx, obligation, roster))
        for occurrence in _turns_of(context, tx, opening, step):
            duty = open_recurring(context, tx, occurrence, now, found)
            opened += () if duty is None else (duty,)
            # Also of one that another process, or an opening that was interrupted, has opened.
            present = tx.find(Duty, key=occurrence.key) if duty is None else (duty,)
            _note_ends(ends, (entry, occurrence.known.name), present)
    return tuple(opened), ends


def _note_ends(ends: dict[tuple[str, str], date], place: tuple[str, str], duties: Iterable[Duty]) -> None:
    """Keep the later of a trigger's end so far and the ends of the duties' periods."""
    for duty in duties:
        if duty.period_end is not None:
            ends[place] = max(duty.period_end, ends.get(place, duty.period_end))


def _turns_of(context: ServiceContext, tx: Reading, opening: Opening, step: Step) -> Iterator[Occurrence]:
    if isinstance(step, Occurrence):
        yield step
        return
    known = opening.known.triggers[opening.known.entry_of(step)]
    start, end = _span(context, opening.known, step, opening.now)
    for occurrence in counted_turns(context, tx, step, known, start, end):
        if _is_to_open(occurrence, opening):
            yield occurrence


def _is_to_open(occurrence: Occurrence, opening: Opening) -> bool:
    since = opening.known.since[opening.known.entry_of(occurrence.obligation)]
    is_ahead = occurrence.deadline.due_on < since or occurrence.opens_at > opening.now
    return occurrence.is_dated and not is_ahead


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


def _with_opened_periods(roster: Roster, ends: Ends) -> Roster:
    """Return the roster with the ends of the periods that have duties now."""
    triggers = dict(roster.triggers)
    for (entry, name), end in ends.items():
        triggers[entry] = tuple(
            replace(one, opened_end=max(end, one.opened_end or end)) if one.name == name else one
            for one in triggers[entry]
        )
    return replace(roster, triggers=triggers)


def _later(ends: Ends, others: Ends) -> Ends:
    return {**ends, **{place: max(end, ends.get(place, end)) for place, end in others.items()}}


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


def _span(
    context: ServiceContext, roster: Roster, obligation: Obligation, now: datetime
) -> tuple[date, date]:
    """Return the days before roll between which an obligation's turns are looked for."""
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
    return start, today + AHEAD


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


def _left_behind(context: ServiceContext, now: datetime, tx: Reading) -> tuple[str, ...]:
    """Return the duties of people who left or changed department."""
    return tuple(duty.id for duty in tx.each(Duty, state=OWED) if _is_left_behind(context, duty, now))


def _is_left_behind(context: ServiceContext, duty: Duty, now: datetime) -> bool:
    if not duty.assignee:
        return False
    person = context.people.get(duty.assignee)
    has_left = person is None or (person.left_on is not None and person.left_on <= _day(context, now))
    return has_left or (person is not None and person.department != duty.provider)


def _release_leavers(
    context: ServiceContext, tx: Writing, ids: Sequence[str], now: datetime
) -> Iterator[Duty]:
    """Put duties of people who left or changed department back into the pool."""
    for id in ids:
        duty = tx.get(Duty, id)
        if duty is not None and duty.state in OWED and _is_left_behind(context, duty, now):
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
