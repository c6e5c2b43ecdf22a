"""Signs the points of a month's checklist.

One person prepares a point, another one reviews it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sla_tracker.domain.checklist import POINT_WORDS, CheckKind, Checklist, Part, signed, taken_back, without
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.people import Actor
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, IllegalTransition, Incomplete, Phrase, Refused
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.months.closing import check_month, must_be_over
from sla_tracker.services.months.month_end import Check, MonthEnd, month_end
from sla_tracker.services.ports import Writing

MOST_NAMED = 5  # duties that are named


def sign(
    context: ServiceContext, actor: Actor, month: str, points: Sequence[CheckKind], part: Part
) -> Checklist:
    """Sign points of a month that is over and not closed; all of them or none.

    A point to which something came since it was signed is prepared anew, without its old signatures. Raises Incomplete
    for a point with something left, Refused for a closed month, IllegalTransition for a review of what came since, and
    what `signed` raises.
    """
    checks = {check.kind: check for check in month_end(context, month).checks}
    for point in points:
        if checks[point].count:
            raise Incomplete(
                N_("“{point}” is not done, {n} are left; sla period check {month} lists them."),
                point=Phrase(POINT_WORDS[point]),
                n=checks[point].count,
                month=month,
            )

    def change(checklist: Checklist, now: datetime) -> Checklist:
        for point in points:
            prepared, since = checklist.of(point, Part.PREPARED), checks[point].came_since
            if since and prepared == checks[point].prepared:
                if part is Part.REVIEWED:
                    raise IllegalTransition(
                        N_("To “{point}” came {refs} since it was prepared; it is prepared again first."),
                        point=Phrase(POINT_WORDS[point]),
                        refs=", ".join(since[:MOST_NAMED]),
                    )
                checklist = without(checklist, point)
            checklist = signed(checklist, point, part, by=actor.id, now=now)
        return checklist

    right = Right.PREPARE_CHECK if part is Part.PREPARED else Right.REVIEW_CHECK
    return _changed(context, actor, month, right, Verb.SIGNED_CHECKLIST, change)


def take_back(context: ServiceContext, actor: Actor, month: str, points: Sequence[CheckKind]) -> Checklist:
    """Take back one's own signatures of points of a month that is not closed."""

    def change(checklist: Checklist, _now: datetime) -> Checklist:
        for point in points:
            checklist = taken_back(checklist, point, by=actor.id)
        return checklist

    return _changed(context, actor, month, Right.PREPARE_CHECK, Verb.TOOK_BACK_SIGNATURE, change)


def open_points(found: MonthEnd, actor: Actor, part: Part | None) -> list[Check]:
    """Return the points of which a person may sign a part now.

    Without a `part`, they are those with a signature to take back.
    """

    def is_open(check: Check) -> bool:
        prepared, reviewed = check.prepared, check.reviewed
        if part is None:
            last = reviewed or prepared
            return last is not None and last.by == actor.id
        if check.count or check.came_since or part is Part.PREPARED:
            is_open = prepared is None or bool(check.came_since)
            return not check.count and part is Part.PREPARED and is_open
        return prepared is not None and prepared.by != actor.id and reviewed is None

    return [check for check in found.checks if is_open(check)]


def _changed(
    context: ServiceContext,
    actor: Actor,
    month: str,
    right: Right,
    what: Verb,
    change: Callable[[Checklist, datetime], Checklist],
) -> Checklist:
    check_month(month)

    def work(tx: Writing, now: datetime) -> Checklist:
        context.require(actor, right, now)
        must_be_over(context, month, now)
        kept = tx.get(Month, month)
        if kept is not None and kept.closed:
            raise Refused(
                N_("{month} is closed; its checklist is signed before that, or after it is opened again."),
                month=month,
            )
        checklist = change(tx.get(Checklist, month) or Checklist(id=month), now)
        tx.put(checklist)
        return checklist

    return context.write(actor, what, work)
