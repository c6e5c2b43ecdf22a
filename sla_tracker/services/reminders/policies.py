"""Finds the reminder policy of a duty, and the escalation that it has reached."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.reminders.policy import Policy, ReminderStep
from sla_tracker.domain.reminders.time_used import has_shares, last_share
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.current_deadline import calendar_of


def policy_of(context: ServiceContext, duty: Duty) -> Policy:
    """Return the reminder policy of a duty's obligation, its provider, or the default.

    At each level the deployment's settings take precedence over what a plugin declares.
    """
    policies = context.settings.reminders
    obligation = context.catalogue.obligations.get(duty.obligation)
    department = context.catalogue.departments.get(duty.provider)
    return (
        policies.obligations.get(duty.obligation)
        or (obligation.reminders if obligation else None)
        or policies.departments.get(duty.provider)
        or (department.reminders if department else None)
        or policies.default
    )


def escalation_of(context: ServiceContext, duty: Duty, now: datetime) -> ReminderStep | None:
    """Return the last step in percent that an open duty has passed.

    Returns None before the first step.
    """
    policy = policy_of(context, duty)
    return last_share(duty, policy, calendar_of(context, duty), now) if has_shares(policy) else None


def counts_shares(context: ServiceContext) -> bool:
    """Return whether any policy of the deployment has steps in percent."""
    return any(has_shares(policy) for policy in _policies(context))


def _policies(context: ServiceContext) -> Iterator[Policy]:
    policies = context.settings.reminders
    yield policies.default
    yield from policies.departments.values()
    yield from policies.obligations.values()
    departments, obligations = context.catalogue.departments.values(), context.catalogue.obligations.values()
    declared = (*(one.reminders for one in departments), *(one.reminders for one in obligations))
    yield from (policy for policy in declared if policy is not None)
