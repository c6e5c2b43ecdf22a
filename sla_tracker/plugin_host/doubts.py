"""Finds what a plugin may declare, but hardly means."""

from __future__ import annotations

from collections.abc import Iterator

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.obligation import Obligation, OnEvent, OnRequest
from sla_tracker.domain.agreements.versions import gaps
from sla_tracker.domain.deadlines.due_rule import DueRule
from sla_tracker.domain.deadlines.rules import (
    AtEvent,
    InDays,
    InElapsedTime,
    InWorkdays,
    InWorkingTime,
    precedes_event,
)
from sla_tracker.errors import N_, PluginError
from sla_tracker.plugin_host.checks import days_between
from sla_tracker.plugin_host.declarations import Declared
from sla_tracker.plugin_host.field_checks import place_of


def doubts(declared: Declared, catalogue: Catalogue) -> Iterator[PluginError]:
    """Yield a sentence about each declaration that is possible and probably a mistake."""
    for obligation in declared.obligations:
        where = place_of("obligation", obligation.id)
        owing = obligation.owed_by(catalogue.departments)
        if not owing:
            yield PluginError(N_("{where}: no department owes this; except leaves out all."), where=where)
        if obligation.consumer in owing:
            yield PluginError(
                N_("{where}: “{department}” owes this to itself; consumer should name another department."),
                where=where,
                department=obligation.consumer,
            )
        for gap in gaps(obligation):
            yield PluginError(
                N_("{where}: no version of {id} is valid {days}; nothing opens then."),
                where=where,
                id=f"'{gap.id}'",
                days=days_between(gap),
            )
        yield from _doubtful_triggers(obligation, where, catalogue)


def _doubtful_triggers(obligation: Obligation, where: str, catalogue: Catalogue) -> Iterator[PluginError]:
    for trigger in obligation.triggers:
        if isinstance(trigger, OnEvent) and _is_before_what_happened(trigger, catalogue):
            yield PluginError(
                N_(
                    "{where}: it is due before the event “{type}”, which is registered after it happened; give the "
                    "event planned = true, or a span after it."
                ),
                where=where,
                type=trigger.event_type,
            )
        elif isinstance(trigger, OnRequest) and _is_longer(trigger.answer, trigger.due):
            yield PluginError(
                N_(
                    "{where}: the answer is due later than what is asked for; answer should be the shorter limit."
                ),
                where=where,
            )


def _is_before_what_happened(trigger: OnEvent, catalogue: Catalogue) -> bool:
    event_type = catalogue.event_types.get(trigger.event_type)
    is_before = precedes_event(trigger.due) and not isinstance(trigger.due, AtEvent)
    return is_before and event_type is not None and not event_type.planned


def _is_longer(answer: DueRule | None, due: DueRule) -> bool:
    """Return whether a limit is longer than another of the same unit.

    Returns False for limits of different units.
    """
    match answer, due:
        case (InWorkdays(workdays=one), InWorkdays(workdays=other)) | (InDays(days=one), InDays(days=other)):
            return one > other
        case (InWorkingTime(span=first), InWorkingTime(span=second)) | (
            InElapsedTime(elapsed=first),
            InElapsedTime(elapsed=second),
        ):
            return first > second
    return False
