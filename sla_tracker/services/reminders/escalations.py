"""Tells to which level overdue duties were escalated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.reminders.due_reminders import turns
from sla_tracker.domain.reminders.policy import Anchor, Level
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.current_deadline import as_of
from sla_tracker.services.reminders.schedule import reminder_inputs

HEIGHTS = {Level.HEAD: 1, Level.CONSUMER_HEAD: 2}


def escalation_levels(context: ServiceContext, ids: Iterable[str]) -> Mapping[str, int]:
    """Return up to which level duties were escalated, by id.

    1 where the provider's head was reminded, 2 where the customer's head was. By the policy that holds now; duties that
    reached neither are left out.
    """
    now = context.now()
    inputs = reminder_inputs(context)
    duties = context.store.read(lambda tx: [tx.get(Duty, id) for id in ids])
    found: dict[str, int] = {}
    for duty in duties:
        if duty is None:
            continue
        passed = (
            turn
            for turn in turns(as_of(context, duty, now), inputs)
            if turn.at <= now and turn.step.anchor is Anchor.DUE
        )
        height = max((HEIGHTS.get(turn.step.level, 0) for turn in passed), default=0)
        if height:
            found[duty.id] = height
    return found
