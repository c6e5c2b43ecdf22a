"""Opens the turns that are due to open, some in each transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import date, datetime, timedelta
from functools import partial

from sla_tracker.domain.agreements.counted import counted_days, counting_triggers, reach_of
from sla_tracker.domain.agreements.obligation import Obligation
from sla_tracker.domain.agreements.occurrences import (
    LONGEST_ROLL,
    Occurrence,
    occurrences_due,
    opening_until,
)
from sla_tracker.domain.agreements.roster import ROSTER_ID, Roster, head_of, parts_of
from sla_tracker.domain.deadlines.rules import CountsFrom
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.creation import open_recurring
from sla_tracker.services.duties.first_day import added_since
from sla_tracker.services.duties.keys import OldDuties, is_opened
from sla_tracker.services.duties.scheduling.batches import chunked
from sla_tracker.services.duties.scheduling.known_roster import (
    Ends,
    calendar_versions_now,
    day_of,
    has_other_calendars,
    may_open,
    with_new_obligations,
    with_opened_periods,
    with_present_triggers,
)
from sla_tracker.services.duties.scheduling.roster_writer import RosterWriter
from sla_tracker.services.ports import Reading, Writing
from sla_tracker.services.turns.finder import counted_turns
from sla_tracker.services.turns.new_duty import is_behind_change
from sla_tracker.services.turns.rosters import StoredRoster, grouped, stored_roster
from sla_tracker.value_class import dataclass

# Duties opened in one transaction: about 40 ms of work, and a line of less than 1 MB.
BATCH = 50
COUNTED_COST = 10  # to find the turns of an obligation that count from other duties, in openings of a duty
ENTRIES_COST = 100  # obligations whose entries in the roster take as long to store as one duty to open
COUNTED_AT_ONCE = 20  # turns that count from other duties opened in one step
USUAL = timedelta(days=7)  # between two openings in daily use


@dataclass(frozen=True, slots=True)
class CountedSpan:
    """Days [start, end) in which turns of an obligation count from other duties.

    `turns` is their number, as far as known.
    """

    obligation: Obligation
    start: date
    end: date
    turns: int = 0

    def parted(self, days: Sequence[date], most: int) -> Iterator[CountedSpan]:
        """Yield stretches of some days, in order, each with at most `most` turns.

        The turns of one day stay together, even if they are more.
        """
        counted = Counter(days)
        stretch: list[date] = []
        for day in counted:
            if stretch and sum(counted[one] for one in (*stretch, day)) > most:
                yield self._stretch(stretch, counted)
                stretch = []
            stretch.append(day)
        if stretch:
            yield self._stretch(stretch, counted)

    def _stretch(self, days: Sequence[date], counted: Mapping[date, int]) -> CountedSpan:
        end = days[-1] + timedelta(days=1)
        return CountedSpan(self.obligation, days[0], end, sum(counted[day] for day in days))


Step = Occurrence | CountedSpan
"""A turn to open, or days of which the turns that count from other duties are to be opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """An opening that is going on: its rosters, and the turns that are left to open.

    `stored` is the roster that it goes from, `known` the one that it goes to. Turns by the calendar alone are computed
    without the store's lock. Those that count from other duties are found in the transaction, because the duties before
    them may have been opened just now.

    Where calendars or catalogue have changed, `known` names none: whoever goes on with an opening that was interrupted
    looks again at all that follows from them, also when they were changed back meanwhile.
    """

    now: datetime
    sequence: int  # of the commit that it was begun after
    stored: StoredRoster | None
    known: Roster
    has_other_calendars: bool
    has_other_catalogue: bool
    steps: Sequence[Step] = ()
    ends: Ends = field(default_factory=dict)


def begun(context: ServiceContext, tx: Reading) -> Opening | None:
    """Return an opening with no turns looked for yet; None if nothing may be opened."""
    now = context.now()
    head = tx.get(Roster, ROSTER_ID)
    if not may_open(context, head, now):
        return None
    documents = stored_roster(tx)
    stored = None if documents is None else documents.roster
    known = with_new_obligations(context, stored, now)
    known = with_present_triggers(context, tx, stored, known, now)
    other_calendars = has_other_calendars(context, head)
    other_catalogue = head is not None and head.catalogue_digest != context.catalogue.digest
    return Opening(
        now=now,
        sequence=tx.sequence,
        stored=documents,
        known=replace(
            known,
            calendar_versions={} if other_calendars else known.calendar_versions,
            catalogue_digest="" if other_catalogue else known.catalogue_digest,
            added=added_since(known),
        ),
        has_other_calendars=other_calendars,
        has_other_catalogue=other_catalogue,
    )


def open_all_but_last(
    context: ServiceContext, opening: Opening, writer: RosterWriter, opened: list[Duty]
) -> Opening:
    """Open what is due to open but for the last part, a few duties per transaction.

    Adds the duties to `opened`. The roster says that a day is open only after the last part, so that an opening that
    was interrupted is gone on with: its duties are found by their keys. Raises RosterChanged.
    """
    for obligations in chunked(list(context.catalogue.in_force()), BATCH):
        steps, ends = context.store.read(partial(_steps, context, opening, obligations))
        opening = replace(opening, steps=(*opening.steps, *steps), ends=_later(opening.ends, ends))
        while (count := _first_batch(opening.steps)) < len(opening.steps):
            opening = _open_some(context, opening, writer, count, opened)
    entries = sum(len(part.since) for part in _parts_to_end(opening))
    if opening.steps and entries // ENTRIES_COST + sum(map(_cost, opening.steps)) > BATCH:
        opening = _open_some(context, opening, writer, len(opening.steps), opened)
    *groups, _last = grouped(_parts_to_end(opening))
    for group in groups:
        writer.write(partial(_store_ends, opening.ends, group))
    stored = {entry for group in groups for part in group for entry in part.since}
    ends = {place: end for place, end in opening.ends.items() if place[0] in stored}
    return replace(opening, known=with_opened_periods(opening.known, ends))


def _open_some(
    context: ServiceContext, opening: Opening, writer: RosterWriter, count: int, opened: list[Duty]
) -> Opening:
    """Open the next turns in a transaction, and return the opening without them."""
    steps = opening.steps[:count]
    duties, ends = writer.write(lambda tx, now: _open_steps(context, tx, opening, steps, now))
    opened += duties
    return replace(opening, steps=opening.steps[count:], ends=_later(opening.ends, ends))


def open_last(context: ServiceContext, opening: Opening, writer: RosterWriter) -> tuple[Duty, ...]:
    """Open the last part and store that the day is open; returns the duties.

    Raises RosterChanged.
    """
    known, parts = opening.known, _parts_to_end(opening)
    head = replace(
        head_of(known),
        # Not the present: a day that has begun since the opening began is opened by the next tick.
        opened_through_at=max(opening.now, known.opened_through_at or opening.now),
        settings_digest=context.settings.digest,
        catalogue_digest=context.catalogue.digest,
        calendar_versions=calendar_versions_now(context, known),
        first_on=context.settings.in_force_from,
        revision=writer.revision,
    )

    def work(tx: Writing, now: datetime) -> tuple[Duty, ...]:
        duties, ends = _open_steps(context, tx, opening, opening.steps, now)
        _store_ends(_later(opening.ends, ends), parts, tx, now)
        tx.put(head)
        return duties

    return writer.write(work)


def _parts_to_end(opening: Opening) -> list[Roster]:
    """Return the parts of the roster in which periods end later than known.

    Parts in which they will, by the turns that are left, are among them.
    """
    known, triggers = opening.known, opening.known.triggers
    entries = {
        entry
        for (entry, name), end in opening.ends.items()
        if any(one.name == name and (one.opened_end or date.min) < end for one in triggers[entry])
    }
    entries |= {known.entry_of(step.obligation) for step in opening.steps}
    return [part for part in parts_of(known).values() if not entries.isdisjoint(part.since)]


def _store_ends(ends: Ends, parts: Sequence[Roster], tx: Writing, _now: datetime) -> None:
    """Store the ends of opened periods in some parts of the roster.

    A later end that another process has stored stays.
    """
    for part in parts:
        present = tx.get(Roster, part.id) or part
        places = ((entry, one.name) for entry, triggers in present.triggers.items() for one in triggers)
        tx.put(with_opened_periods(present, {place: ends[place] for place in places if place in ends}))


def _first_batch(steps: Sequence[Step]) -> int:
    """Return how many steps one transaction does."""
    cost = 0
    for count, step in enumerate(steps):
        cost += _cost(step)
        if count and cost > BATCH:
            return count
    return len(steps)


def _cost(step: Step) -> int:
    """Return how many openings of a duty take as long as a step."""
    return max(COUNTED_COST, step.turns) if isinstance(step, CountedSpan) else 1


def _steps(
    context: ServiceContext, opening: Opening, obligations: Sequence[Obligation], tx: Reading
) -> tuple[list[Step], Ends]:
    """Return what is left to open, and the ends of the periods that have duties.

    The ends are those of duties that an interrupted or simultaneous process has opened already.
    """
    steps: list[Step] = []
    ends: dict[tuple[str, str], date] = {}
    roster = opening.known
    for obligation in obligations:
        entry, old = roster.entry_of(obligation), OldDuties(tx, obligation, roster)
        first_on = _first_due_on(context, roster, obligation, opening.now)
        days = opening_until(obligation, first_on, opening.now)
        for occurrence in occurrences_due(
            obligation,
            context.calendar_of,
            days,
            roster.triggers[entry],
            due_from=roster.since[entry],
            opening_by=opening.now,
        ):
            found = tx.find(Duty, key=occurrence.key)
            if not found and not is_behind_change(occurrence) and not old.have(occurrence):
                steps.append(occurrence)
            _note_ends(ends, (entry, occurrence.known.name), found)
        span = _counted_span(context, obligation, first_on, opening.now)
        if span is not None:
            steps += _counted_steps(context, tx, opening, old, span)
    return steps, ends


def _counted_steps(
    context: ServiceContext, tx: Reading, opening: Opening, old: OldDuties, span: CountedSpan
) -> Iterator[CountedSpan]:
    """Yield the days of which to open the turns that count from other duties.

    Each step has a few turns. After a long time, the days of turns to open are looked for before the lock is held.
    Which turns these are, the transaction finds anew; the last step has all days on which a turn opens in daily use.
    """
    recent_on = day_of(context, opening.now) - USUAL - LONGEST_ROLL
    if span.start < recent_on:
        lacking = (
            turn.deadline.nominal_on
            for turn in _turns_of(context, tx, opening, span)
            if not is_behind_change(turn) and not is_opened(tx, turn, old)
        )
        yield from span.parted(sorted(lacking), min(BATCH, COUNTED_AT_ONCE))
    yield replace(span, start=max(span.start, recent_on))


def _open_steps(
    context: ServiceContext, tx: Writing, opening: Opening, steps: Sequence[Step], now: datetime
) -> tuple[tuple[Duty, ...], Ends]:
    """Open turns, in order; returns the duties and the ends of their periods."""
    opened: list[Duty] = []
    ends: dict[tuple[str, str], date] = {}
    roster, old = opening.known, dict[str, OldDuties]()
    for step in steps:
        obligation = step.obligation
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
    known = opening.known.triggers[opening.known.entry_of(step.obligation)]
    for occurrence in counted_turns(context, tx, step.obligation, known, step.start, step.end):
        if _is_to_open(occurrence, opening):
            yield occurrence


def _is_to_open(occurrence: Occurrence, opening: Opening) -> bool:
    since = opening.known.since[opening.known.entry_of(occurrence.obligation)]
    is_ahead = occurrence.deadline.due_on < since or occurrence.opens_at > opening.now
    return occurrence.is_dated and not is_ahead


def _later(ends: Ends, others: Ends) -> Ends:
    return {**ends, **{place: max(end, ends.get(place, end)) for place, end in others.items()}}


def _counted_span(
    context: ServiceContext, obligation: Obligation, first_on: date, now: datetime
) -> CountedSpan | None:
    """Return the days of an obligation's turns that count from other duties.

    None if it has none. What counts from a delivery opens with it, however far ahead it is due.
    """
    days = counted_days(obligation, context.calendar_of, opening_until(obligation, first_on, now))
    if days is None:
        return None
    by_delivery = [
        reach_of(rule) for _, _, rule in counting_triggers(obligation) if rule.of is CountsFrom.DELIVERY
    ]
    end = max(days[1], day_of(context, now) + max(by_delivery, default=timedelta()))
    return CountedSpan(obligation, days[0], end)


def _first_due_on(context: ServiceContext, roster: Roster, obligation: Obligation, now: datetime) -> date:
    """Return the first due day of which an obligation's turns are looked for.

    Some time before the last opening, as days may have been made workdays since.
    """
    last = (
        day_of(context, roster.opened_through_at)
        if roster.opened_through_at
        else context.settings.in_force_from
    )
    since = roster.since[roster.entry_of(obligation)]
    if roster.catalogue_digest != context.catalogue.digest:
        return since - LONGEST_ROLL
    return max(since, min(last, day_of(context, now))) - LONGEST_ROLL
