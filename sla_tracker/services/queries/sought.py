"""Finds the turns that a duty looks for by its terms, and what became of each."""

from __future__ import annotations

from datetime import date, timedelta

from sla_tracker.domain.agreements.occurrences import LONGEST_ROLL, Occurrence
from sla_tracker.domain.deadlines.rules import Turn
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.text import Text
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.lookup.archives import archived_due_between
from sla_tracker.services.ports import Reading
from sla_tracker.services.turns.prerequisites import prerequisites, sought
from sla_tracker.value_class import dataclass

# Hardly any archived due lies further from that of the rule: roll, grace, excuses.
_AROUND = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoughtDuty:
    """A turn of another obligation that a duty looks for.

    `period_start` and `period_end` are None where the same event or subject is meant. `duty` is what was found, as it
    is or as it lies in the archive of the month `archive`; None if there is nothing to wait for.
    """

    obligation: str
    title: Text
    provider: str
    turn: Turn
    period_start: date | None = None
    period_end: date | None = None
    duty: Duty | None = None
    archive: str = ""


def sought_duties(context: ServiceContext, duty: Duty) -> tuple[SoughtDuty, ...]:
    """Return what a duty looks for, dependency by dependency, found or not."""
    if not duty.terms.dependencies:
        return ()
    found = context.store.read(lambda tx: list(_sought(context, tx, duty)))
    return tuple(_with_archive(context, one, occurrence) for one, occurrence in found)


def _sought(context: ServiceContext, tx: Reading, duty: Duty) -> list[tuple[SoughtDuty, Occurrence | None]]:
    found: list[tuple[SoughtDuty, Occurrence | None]] = []
    for dependency in duty.terms.dependencies:
        live = prerequisites(context, tx, duty, dependency)
        by_turn = (
            []
            if any(one.event or one.subject_key for one in live)
            else [*sought(context, tx, duty, dependency)]
        )
        named = {one.duty.id for one in by_turn if one.duty is not None}
        for one in by_turn:
            turn, other = one.occurrence, one.occurrence.obligation
            said = SoughtDuty(
                obligation=other.id,
                title=other.title,
                provider=other.provider,
                turn=dependency.turn,
                period_start=turn.period_start,
                period_end=turn.period_end,
                duty=one.duty,
            )
            found.append((said, turn))
        found += [(_live(other, dependency.turn), None) for other in live if other.id not in named]
        declared = context.catalogue.obligations.get(dependency.obligation)
        if not live and not by_turn:
            nothing = SoughtDuty(
                obligation=dependency.obligation,
                title=declared.title if declared else Text(dependency.obligation, dependency.obligation),
                provider="",
                turn=dependency.turn,
            )
            found.append((nothing, None))
    return found


def _live(other: Duty, turn: Turn) -> SoughtDuty:
    return SoughtDuty(
        obligation=other.obligation,
        title=other.title,
        provider=other.provider,
        turn=turn,
        period_start=other.period_start,
        period_end=other.period_end,
        duty=other,
    )


def _with_archive(context: ServiceContext, one: SoughtDuty, occurrence: Occurrence | None) -> SoughtDuty:
    """Return a turn without a live duty with what lies under its key in an archive."""
    if one.duty is not None or occurrence is None:
        return one
    on = occurrence.deadline.due_on
    # Excuses may have moved it further, which opens more archives.
    for last_on in (on + _AROUND, date.max):
        kept = archived_due_between(context.store, on - LONGEST_ROLL, last_on, context.settings.zone)
        duty = next((one for one in kept if one.key == occurrence.key), None)
        if duty is not None:
            return SoughtDuty(
                obligation=one.obligation,
                title=duty.title,
                provider=duty.provider,
                turn=one.turn,
                period_start=one.period_start,
                period_end=one.period_end,
                duty=duty,
                archive=duty.month,
            )
    return one
