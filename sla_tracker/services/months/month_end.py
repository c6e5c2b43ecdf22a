"""What is left to do before a month can be closed: open duties, a checklist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sla_tracker.domain.checklist import CheckKind, Checklist, Part, Signature, came_after
from sla_tracker.domain.duties import transitions
from sla_tracker.domain.duties.duty import OWED, Duty, State
from sla_tracker.domain.measures.causes import needs_cause
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.people import Actor
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, IllegalTransition
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.actions import BatchResult, DutyAction, apply_to_many
from sla_tracker.services.duties.waits import awaited
from sla_tracker.services.months import archive
from sla_tracker.services.months.closing import check_month, over_at
from sla_tracker.services.months.closing_blockers import is_objected_to
from sla_tracker.services.ports import Reading, Writing
from sla_tracker.services.queries.duties import row_of
from sla_tracker.services.queries.rows import DutyRow
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A point of the checklist: how many are left, by the department that prepares it.

    `reviewers` are the departments that look at what was prepared; `prepared` and `reviewed` are the signatures, and
    `came_since` the references of the duties that came to it after it was prepared: it is signed anew then.
    """

    kind: CheckKind
    left: tuple[tuple[str, int], ...]
    reviewers: tuple[str, ...]
    prepared: Signature | None = None
    reviewed: Signature | None = None
    came_since: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """Return how many are left."""
        return sum(count for _department, count in self.left)

    @property
    def is_signed(self) -> bool:
        """Return whether nothing is left, both signed it, and nothing came since."""
        return not self.count and self.reviewed is not None and not self.came_since


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthEnd:
    """A month before or after its closing.

    `settled` of `total` duties need nobody any more; cancelled ones are left out. `rows` are the others by what they
    wait for. `kept` is the stored month once it was closed, `over_at` when it may be closed.
    """

    month: str
    over_at: datetime
    kept: Month | None
    settled: int
    total: int
    checks: tuple[Check, ...]
    rows: tuple[tuple[CheckKind, DutyRow], ...]

    @property
    def is_closed(self) -> bool:
        """Return whether the month is closed now."""
        return self.kept is not None and self.kept.closed


def month_end(context: ServiceContext, month_id: str) -> MonthEnd:
    """Return what is left to do in a month; raises UsageError for an invalid one."""
    check_month(month_id)
    now = context.now()
    duties = [
        one for one in archive.duties_in_months(context, (month_id,)) if one.state is not State.CANCELLED
    ]
    unexplained = [duty for duty in duties if not duty.cause and needs_cause(duty, now)]

    def work(tx: Reading) -> tuple[Month | None, Checklist, list[tuple[CheckKind, Duty]]]:
        checklist = tx.get(Checklist, month_id) or Checklist(id=month_id)
        kept = tx.get(Month, month_id)
        is_closed = kept is not None and kept.closed
        unsettled = [one for one in duties if one.is_live or (not is_closed and is_objected_to(one))]
        return kept, checklist, [(_kind_of(context, tx, duty, now), duty) for duty in unsettled]

    kept, checklist, kinds = context.store.read(work)
    order = list(CheckKind)
    kinds.sort(key=lambda one: (order.index(one[0]), one[1].due_at, one[1].id))
    blocking = [kind for kind in CheckKind if kind is not CheckKind.CAUSES]
    checks = [
        _check(kind, [duty for found, duty in kinds if found is kind], checklist, duties) for kind in blocking
    ]
    explained = [duty for duty in duties if needs_cause(duty, now)]
    return MonthEnd(
        month=month_id,
        over_at=over_at(context, month_id),
        kept=kept,
        settled=len(duties) - len(kinds),
        total=len(duties),
        checks=(*checks, _check(CheckKind.CAUSES, unexplained, checklist, explained)),
        rows=tuple((kind, row_of(context, duty, now)) for kind, duty in kinds),
    )


def _kind_of(context: ServiceContext, tx: Reading, duty: Duty, now: datetime) -> CheckKind:
    if duty.state not in OWED:
        return CheckKind.VERDICTS
    if duty.is_overdue(now):
        return CheckKind.OVERDUE
    if duty.state is State.HELD:
        return CheckKind.HOLDS
    return CheckKind.WAITING if awaited(context, tx, duty) else CheckKind.NOT_DUE


def _check(kind: CheckKind, duties: Sequence[Duty], checklist: Checklist, month: Sequence[Duty]) -> Check:
    """Return a point of the checklist, with who prepares and who reviews it.

    A verdict, also on an objection, is prepared by the consumer, all else by the provider. `month` are all duties of
    the month that may come to the point.
    """
    is_verdict = kind is CheckKind.VERDICTS
    left = Counter(duty.consumer if is_verdict else duty.provider for duty in duties)
    reviewers = {duty.provider if is_verdict else duty.consumer for duty in duties}
    prepared = checklist.of(kind, Part.PREPARED)
    since = [duty for duty in month if prepared is not None and came_after(duty, kind, prepared.at)]
    return Check(
        kind=kind,
        left=tuple(sorted(left.items())),
        reviewers=tuple(sorted(reviewers)),
        prepared=prepared,
        came_since=tuple(duty.reference for duty in since),
        reviewed=checklist.of(kind, Part.REVIEWED),
    )


def mark_missed(context: ServiceContext, actor: Actor, duty_ids: Sequence[str], reason: str) -> BatchResult:
    """Mark overdue duties as missed with a reason, before their month is closed.

    All are marked in one act. Takes the right to close months. One that is not overdue is left unchanged and named.
    """
    said = transitions.reason_given(reason)

    def step(_tx: Writing, duty: Duty, now: datetime) -> Duty:
        if not duty.is_overdue(now):
            raise IllegalTransition(N_("It is not overdue; only what is overdue is marked as missed."))
        return transitions.missed(duty, now=now)

    action = DutyAction(Right.CLOSE_PERIOD, Verb.MARKED_MISSED, step, said)
    return apply_to_many(context, actor, duty_ids, action)
