"""Finds the duties that a duty waits for, and the time that it has waited."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from sla_tracker.domain.deadlines.due import AfterDuty, CountsFrom, Interval, opens_at
from sla_tracker.domain.duties.duty import Duty, Opened, State
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.event_changes import counted_time
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Reading
from sla_tracker.services.turns.chains import chain_of, first_of
from sla_tracker.services.turns.counted import other_of
from sla_tracker.services.turns.prerequisites import prerequisites
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chain:
    """A duty that another one waits for, and its successors by hand-over.

    Duties that cannot be read are missing: the archives of different months may hold parts of a chain.
    """

    duties: tuple[Duty, ...]
    begins_in_archive: bool
    ends_in_archive: bool

    @property
    def ids(self) -> frozenset[str]:
        """Return the ids of its duties."""
        return frozenset(duty.id for duty in self.duties)


def waits_of(context: ServiceContext, tx: Reading, duty: Duty) -> tuple[Interval, ...]:
    """Return the intervals in which others owed what a duty waits, or waited, for.

    An interval may begin before the duty's own clock, which a correction of its event can still move:
    `since_own_clock`. A wait for a duty that is cancelled ends then; what was waited for a duty that lies in an archive
    is taken from the duty itself.
    """
    chains = _chains(context, tx, duty)
    returned = _counted_from(context, tx, duty)
    if returned is not None:  # it counts from the delivery, and does not wait for the due of the same duty
        chains = [chain for chain in chains if not chain.ids & returned.ids]
    fresh = [wait for chain in chains for wait in _waits_for(duty, chain)]
    fresh += [] if returned is None else _waits_after_return(returned)
    return (*fresh, *_kept(duty, chains if returned is None else [*chains, returned]))


def since_own_clock(
    context: ServiceContext, tx: Reading, duty: Duty, waits: Iterable[Interval]
) -> tuple[Interval, ...]:
    """Return the waits of a duty without the time before its own clock began."""
    waits = tuple(waits)
    if not waits:
        return ()
    since = _clock_start(context, tx, duty)
    return tuple(
        replace(wait, start_at=max(wait.start_at, since))
        for wait in waits
        if wait.end_at is None or wait.end_at > since
    )


def _counted_from(context: ServiceContext, tx: Reading, duty: Duty) -> _Chain | None:
    """Return the chain from whose delivery a duty counts: its return is a wait."""
    rule = duty.terms.due
    if not isinstance(rule, AfterDuty) or rule.of is not CountsFrom.DELIVERY:
        return None
    other = other_of(context, tx, duty)
    chain = None if other is None else _chain(tx, other)
    return None if chain is None or chain.ends_in_archive else chain


def _waits_after_return(chain: _Chain) -> list[Interval]:
    """Return the intervals between a return and the next delivery.

    The first delivery is what was returned.
    """
    delivered_at = next((one.at for other in chain.duties for one in other.deliveries), None)
    if delivered_at is None:
        return []
    why, why_en = _reason(chain.duties[0])
    return [
        Interval(start_at=start, end_at=end, why=why, why_en=why_en, waited_for=chain.duties[-1].id)
        for start, end in _undelivered_intervals(chain.duties, delivered_at)
    ]


def _chains(context: ServiceContext, tx: Reading, duty: Duty) -> list[_Chain]:
    """Return the chains that a duty waits for or once waited for.

    Chains that end in an archive are left out.
    """
    starts = [other for one in duty.terms.dependencies for other in prerequisites(context, tx, duty, one)]
    ids = {known.waited_for for known in (*duty.waits, *duty.excuses) if known.waited_for}
    starts += [first_of(tx, other) for id in sorted(ids) if (other := tx.get(Duty, id)) is not None]
    found = [_chain(tx, first) for first in {first.id: first for first in starts}.values()]
    return [chain for chain in found if not chain.ends_in_archive]


def last_of(tx: Reading, duty: Duty) -> Duty:
    """Return the last duty of a hand-over that can be read."""
    return _chain(tx, duty).duties[-1]


def _chain(tx: Reading, first: Duty) -> _Chain:
    duties = chain_of(tx, first)
    return _Chain(
        duties=duties,
        begins_in_archive=bool(first.handed_from),
        ends_in_archive=duties[-1].state is State.HANDED_OVER,
    )


def _kept(duty: Duty, chains: Iterable[_Chain]) -> Iterator[Interval]:
    """Yield the ended waits that the duty keeps for duties that cannot be read."""
    read = {id for chain in chains for id in chain.ids}
    yield from (wait for wait in duty.waits if wait.waited_for not in read)
    # Before waits were kept with the id they waited for, only they had an English reason.
    reasons = {_reason(chain.duties[0])[0] for chain in chains} | {wait.why for wait in duty.waits}
    for excuse in duty.excuses:
        if excuse.why_en and not excuse.waited_for and excuse.end_at and excuse.why not in reasons:
            yield excuse


def _clock_start(context: ServiceContext, tx: Reading, duty: Duty) -> datetime:
    """Return when the clock of a duty began: its event, its request, or its opening."""
    if duty.terms.opened is Opened.ON_EVENT and not duty.opened_late:
        event = tx.get(Event, duty.event)
        return duty.opened_at if event is None else min(counted_time(duty, event).at, duty.opened_at)
    obligation = context.catalogue.obligations.get(duty.obligation)
    if duty.period_start is None or duty.handed_from or obligation is None:
        return duty.opened_at
    calendar = context.calendar_of(duty.provider, duty.terms.due.calendar or duty.terms.calendar)
    # Opened late, after a time without any run, it counts from the day on which it should have opened.
    return min(duty.opened_at, opens_at(duty.granted or duty.deadline, obligation.opens_before, calendar))


def _waits_for(duty: Duty, chain: _Chain) -> Iterator[Interval]:
    """Yield the waits for a chain, from its deadline before excuses.

    What excuses the other provider does not shorten the wait. Where the chain's beginning lies in an archive, the rest
    of it knows since when it was not delivered, and the duty itself what had ended before.
    """
    first = chain.duties[0]
    since = (first.granted or first.deadline).due_at
    if chain.begins_in_archive:
        known = [one for one in (*duty.waits, *duty.excuses) if one.waited_for in chain.ids]
        ended = [one for one in duty.waits if one in known and _ended_by(one, first.opened_at)]
        yield from ended
        # An excuse that ends where no wait did was cut off by this duty's own delivery: the wait went on.
        ends = {one.end_at for one in ended}
        going_on = (one.start_at for one in known if one.end_at not in ends)
        since = first.undelivered_since_at or min(going_on, default=since)
    why, why_en = _reason(first)
    for start_at, end_at in _undelivered_intervals(chain.duties, since):
        last = chain.duties[-1].id
        yield Interval(start_at=start_at, end_at=end_at, why=why, why_en=why_en, waited_for=last)


def undelivered_since(duty: Duty) -> datetime:
    """Return since when others wait for a duty that is not delivered.

    It is its deadline before excuses, or a later return.
    """
    since = duty.undelivered_since_at or (duty.granted or duty.deadline).due_at
    return max([since, *(one.returned_at for one in duty.deliveries if one.returned_at is not None)])


def _ended_by(wait: Interval, at: datetime) -> bool:
    return wait.end_at is not None and wait.end_at <= at


def _reason(other: Duty) -> tuple[str, str]:
    """Return why one waits for a duty, in Chinese and in English."""
    return (
        f"等待“{other.title.zh}” {other.reference}",
        f"waiting for “{other.title.get('en')}” {other.reference}",
    )


def _undelivered_intervals(
    duties: Iterable[Duty], since: datetime
) -> Iterator[tuple[datetime, datetime | None]]:
    """Yield the intervals after `since` without a standing delivery.

    `duties` are a duty and those that it was handed over to, in order.
    """
    closed_at = None
    for duty in duties:
        for delivery in duty.deliveries:
            if delivery.at > since:
                yield since, delivery.at
            if delivery.returned_at is None:
                return
            since = max(since, delivery.returned_at)
        closed_at = duty.closed_at
    if closed_at is None or closed_at > since:
        yield since, closed_at


def awaited(context: ServiceContext, tx: Reading, duty: Duty) -> list[Duty]:
    """Return the undelivered or missed duties that this one depends on.

    A duty that was handed over is replaced by the last one of its chain.
    """
    found = [
        last_of(tx, other)
        for one in duty.terms.dependencies
        for other in prerequisites(context, tx, duty, one)
    ]
    return [
        other
        for other in found
        if other.state is State.MISSED or (other.delivered_at is None and other.closed_at is None)
    ]


def with_ended_waits(duty: Duty, waits: Iterable[Interval]) -> Duty:
    """Return the duty keeping those of its waits that have ended."""
    ended = tuple(wait for wait in waits if wait.end_at is not None)
    return duty if ended == duty.waits else replace(duty, waits=ended)
