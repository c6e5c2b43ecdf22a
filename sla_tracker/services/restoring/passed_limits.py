"""Checks that no limit which passed while an act was undone seems kept afterwards.

What is put back has the time at which it was first done. Between being undone and being put back it did not stand, and
a limit that lay there was missed: the duty was not delivered, its clock did not stand still.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sla_tracker.domain.duties.complaint import Complaint
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.people import Actor
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, Refused
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.open_requests.update_clock import updates_of
from sla_tracker.services.restoring.rights import Restored


def must_rescue_nothing(
    context: ServiceContext,
    actor: Actor,
    what: Verb,
    values: Sequence[Restored],
    since: datetime,
    now: datetime,
) -> None:
    """Raise Refused where a limit that passed after `since` would count as kept.

    `since` is when the present state came about. It holds for the provider's own duties, and for steps of complaints.
    The consumer may forgive what is late by retracting its own act, but a changed field never does.
    """
    department = context.acting(actor, now).department
    for one in values:
        match one.present, one.wanted:
            case Duty() as present, Duty() as wanted:
                is_own = department == present.provider or what is Verb.CHANGED_FIELD
                passed = _rescued_limit(context, present, wanted, since, now) if is_own else None
                if passed is not None:
                    raise Refused(
                        N_(
                            "The limit {due} of “{title}” {subject} ({ref}) has passed meanwhile, so this cannot be "
                            "put back as of an earlier time. Do it anew; it counts from now."
                        ),
                        due=passed,
                        title=present.title,
                        subject=present.subject,
                        ref=present.reference,
                    )
            case (Complaint(due_at=datetime() as due_at) as present, Complaint() as wanted):
                if since < due_at and present.is_escalated(now) and not wanted.is_escalated(now):
                    raise Refused(
                        N_(
                            "The limit {due} of this step of the complaint {ref} has passed meanwhile, so it cannot be "
                            "put back as of an earlier time. Take the step anew; it counts from now."
                        ),
                        due=due_at,
                        ref=present.id[-6:],
                    )


def _rescued_limit(
    context: ServiceContext, present: Duty, wanted: Duty, since: datetime, now: datetime
) -> datetime | None:
    """Return a limit that passed after `since` and would count as kept; None for none."""
    if since <= present.due_at and present.is_late(now) and not wanted.is_late(now):
        return present.due_at
    answer_by, is_answer_late = present.answer_due_at, present.is_answer_late(now)
    if answer_by is not None and since <= answer_by and is_answer_late and not wanted.is_answer_late(now):
        return answer_by
    # The consumer would have had no time left to judge what was not there.
    judge_by = wanted.accept_by_at if wanted.state is State.DELIVERED else None
    if judge_by is not None and present.state is not State.DELIVERED and since <= judge_by < now:
        return judge_by
    rescued = _missed_updates(context, present, now) - _missed_updates(context, wanted, now)
    return min((limit for limit in rescued if since <= limit), default=None)


def _missed_updates(context: ServiceContext, duty: Duty, now: datetime) -> set[datetime]:
    found = updates_of(context, duty, now)
    return {one.limit_at for one in found.limits if one.given_at is None} if found is not None else set()
