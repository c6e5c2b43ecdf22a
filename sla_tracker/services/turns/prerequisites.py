"""Finds the duties that a duty depends on, and those that depend on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sla_tracker.domain.agreements.dependencies import Dependency
from sla_tracker.domain.agreements.joins import DatedTurn
from sla_tracker.domain.agreements.occurrences import Occurrence
from sla_tracker.domain.deadlines.rules import Turn
from sla_tracker.domain.duties.duty import LIVE, Duty, State
from sla_tracker.domain.time.instants import following, months_around
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Reading
from sla_tracker.services.turns.chains import first_of
from sla_tracker.services.turns.counted import counts_from, other_of
from sla_tracker.services.turns.finder import turns_around
from sla_tracker.value_class import dataclass

REOPENABLE = (State.ACCEPTED, State.MISSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoughtTurn:
    """A turn that a duty looks for by its terms.

    `duty` is the duty that the turn opened, None if there is nothing live.
    """

    occurrence: Occurrence
    duty: Duty | None = None


def prerequisites(context: ServiceContext, tx: Reading, duty: Duty, dependency: Dependency) -> list[Duty]:
    """Return the duties of a dependency for the same occasion as this duty.

    An occasion is the same event, the same subject, or the turn that the dependency names. Of a chain of hand-overs the
    first duty that can be read is returned. Cancelled duties are returned, too, because they were waited for until
    then.
    """
    found = _of_same_event_or_subject(context, tx, duty, dependency) if dependency.turn is Turn.SAME else []
    if not found and duty.period_start is not None:
        found = [one.duty for one in sought(context, tx, duty, dependency) if one.duty is not None]
        if dependency.turn is Turn.SAME:
            found += _of_same_period(context, tx, duty, dependency)
    elif not found and dependency.turn is Turn.LATEST:
        found = [one.duty for one in sought(context, tx, duty, dependency) if one.duty is not None]
    return list({one.id: one for one in _firsts(tx, found) if one.id != duty.id}.values())


def sought(context: ServiceContext, tx: Reading, duty: Duty, dependency: Dependency) -> Iterator[SoughtTurn]:
    """Yield the turns that a duty looks for, with the duties they opened.

    The rules of today give the turns; the duties are found under their keys.
    """
    first = first_of(tx, duty)
    if first.period_start is None and dependency.turn is not Turn.LATEST:
        return
    nominal_on = (first.granted or first.deadline).nominal_on
    own = DatedTurn(
        key=first.key,
        period_start=first.period_start or nominal_on,
        period_end=first.period_end or nominal_on,
        nominal_on=nominal_on,
    )
    obligation = context.catalogue.obligations.get(duty.obligation)
    for other in context.catalogue.beside(dependency.obligation, obligation, first.provider):
        for occurrence in turns_around(context, tx, own, other, dependency.turn):
            duties = tx.find(Duty, key=occurrence.key)
            yield SoughtTurn(occurrence=occurrence, duty=duties[0] if duties else None)


def dependents_of(context: ServiceContext, tx: Reading, duty: Duty) -> Iterator[Duty]:
    """Yield the duties that depend on this one, live or such as may be reopened."""
    for obligation in context.catalogue.dependents(duty.obligation):
        live = tx.find(Duty, obligation=obligation, state=LIVE)
        for dependent in (*live, *_reopenable(tx, duty, obligation)):
            if depends_on(context, tx, dependent, duty):
                yield dependent


def linked_to(context: ServiceContext, tx: Reading, duty: Duty) -> Iterator[Duty]:
    """Yield the duties that this one waits for, and those that wait for it.

    Duties that waited for it before are among them.
    """
    other = other_of(context, tx, duty)
    yield from () if other is None else (other,)
    for one in duty.terms.dependencies:
        yield from prerequisites(context, tx, duty, one)
    for obligation in context.catalogue.dependents(duty.obligation):
        for dependent in tx.find(Duty, obligation=obligation):
            if depends_on(context, tx, dependent, duty):
                yield dependent


def depends_on(context: ServiceContext, tx: Reading, dependent: Duty, duty: Duty) -> bool:
    """Return whether a duty waits for another one, may have waited, or counts from it."""
    if counts_from(context, tx, dependent, duty):
        return True
    named = [one for one in dependent.terms.dependencies if one.obligation == duty.obligation]
    if any(one.turn is Turn.SAME for one in named) and _is_same_occasion(context, tx, dependent, duty):
        return True
    if all(one.turn is Turn.SAME for one in named):
        return False
    first = first_of(tx, duty)
    return any(
        found.occurrence.key == first.key for one in named for found in sought(context, tx, dependent, one)
    )


def _of_same_event_or_subject(
    context: ServiceContext, tx: Reading, duty: Duty, dependency: Dependency
) -> list[Duty]:
    """Return the duties for the same event, else the subject's latest before this one."""
    id = dependency.obligation
    found = tx.find(Duty, obligation=id, event=duty.event) if duty.event else []
    found = [other for other in found if _is_same_party(context, tx, duty, other)]
    if not found and duty.subject_key:
        found = _firsts(tx, tx.find(Duty, obligation=id, subject_key=duty.subject_key))
        found = [
            other
            for other in found
            if other.state is not State.CANCELLED
            and other.opened_at <= duty.opened_at
            and _is_same_party(context, tx, duty, other)
        ]
        found = sorted(found, key=lambda other: other.opened_at)[-1:]
    return found


def _of_same_period(context: ServiceContext, tx: Reading, duty: Duty, dependency: Dependency) -> list[Duty]:
    """Return the stored duties of the same period.

    Duties of rules that were changed since are among them.
    """
    return [
        other
        for other in tx.find(Duty, obligation=dependency.obligation, month=_months_of(duty))
        if _is_same_period(duty, other) and _is_same_party(context, tx, duty, other)
    ]


def _is_same_occasion(context: ServiceContext, tx: Reading, dependent: Duty, duty: Duty) -> bool:
    is_same = (
        (bool(dependent.event) and dependent.event == duty.event)
        or (bool(dependent.subject_key) and dependent.subject_key == duty.subject_key)
        or _is_same_period(dependent, duty)
    )
    return is_same and _is_same_party(context, tx, dependent, duty)


def _is_same_period(one: Duty, other: Duty) -> bool:
    return one.period_start is not None and (one.period_start, one.period_end) == (
        other.period_start,
        other.period_end,
    )


def _is_same_party(context: ServiceContext, tx: Reading, dependent: Duty, duty: Duty) -> bool:
    """Return whether a duty is of the department that the dependent refers to."""
    obligations = context.catalogue.obligations
    own, other = obligations.get(dependent.obligation), obligations.get(duty.obligation)
    if own is None or other is None or not (own.is_shared and other.is_shared):
        return True
    return first_of(tx, dependent).provider == first_of(tx, duty).provider


def _months_of(duty: Duty) -> tuple[str, ...]:
    """Return the months in which a duty of the same period may count.

    Carried and handed-over duties are included.
    """
    first, last = months_around(f"{duty.period_start:%Y-%m}")[0], following(duty.month)
    months = [first]
    while months[-1] < last:
        months.append(following(months[-1]))
    return tuple(months)


def _firsts(tx: Reading, found: Iterable[Duty]) -> list[Duty]:
    return [other for other in found if not other.handed_from or tx.get(Duty, other.handed_from) is None]


def _reopenable(tx: Reading, duty: Duty, obligation: str) -> list[Duty]:
    """Return an obligation's duties for this occasion that may be reopened.

    They have the event or the subject of this duty, or a period.
    """
    where: dict[str, str | tuple[str, ...]] = {"obligation": obligation, "state": REOPENABLE}
    if duty.event:
        return tx.find(Duty, **where, event=duty.event)
    if duty.subject_key:
        return tx.find(Duty, **where, subject_key=duty.subject_key)
    return tx.find(Duty, **where) if duty.period_start is not None else []
