"""What is done to a duty: the right it takes, its word on record, and the step; to one duty, or to several at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sla_tracker.domain.duties import transitions
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.people import Actor
from sla_tracker.errors import N_, SlaError
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext, existing
from sla_tracker.services.duties.saving import save_duty
from sla_tracker.services.ports import Writing

DutyStep = Callable[[Writing, Duty, datetime], Duty]
Precheck = Callable[[Duty], None]


@dataclass(frozen=True, slots=True)
class DutyAction:
    """One thing that can be done to duties; `what` is its word on record, `reason` what is said with it.

    `look` is asked before the transaction begins, with the duty as it stands, and raises what stands in the way: what
    it asks (a plugin's review) may take its time and is not asked twice.
    """

    right: Right
    what: str
    step: DutyStep
    reason: str = ""
    look: Precheck | None = None


class LeftOut(SlaError):
    """One of several duties was left as it is; names it where what stood in the way does not, and ends as that does."""

    def __init__(self, duty: Duty, problem: SlaError) -> None:
        super().__init__(
            N_("“{title}” {subject} ({ref}): {problem}"),
            title=duty.title,
            subject=duty.subject,
            ref=duty.reference,
            problem=problem,
        )
        self.exit_code = problem.exit_code


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResult:
    """What became of several duties: those it was done to, and what stood in the way of each of the others."""

    done: tuple[Duty, ...]
    refused: tuple[SlaError, ...]


def apply(context: ServiceContext, actor: Actor, duty_id: str, action: DutyAction) -> Duty:
    """Do it to one duty in one transaction, after asking whether the actor may.

    A verdict that silence has given in the meantime comes first, written down already or not.
    """
    if action.look is not None:
        action.look(context.store.read(lambda tx: existing(tx, Duty, duty_id)))

    def work(tx: Writing, now: datetime) -> Duty:
        stored = existing(tx, Duty, duty_id)
        return _kept(context, tx, stored, _stepped(context, tx, actor, action, stored, now))

    return context.write(actor, action.what, work, action.reason)


def apply_to_many(
    context: ServiceContext, actor: Actor, duty_ids: Iterable[str], action: DutyAction
) -> BatchResult:
    """Do it to several duties in one transaction, which one undo takes back.

    A duty to which it cannot be done is named and left as it is; when the transaction fails, nothing is done to any.
    """
    ids = tuple(dict.fromkeys(duty_ids))
    seen = _seen(context, ids, action)

    def work(tx: Writing, now: datetime) -> BatchResult:
        done: list[Duty] = []
        refused: list[SlaError] = []
        for duty_id in ids:
            stored = tx.get(Duty, duty_id)
            try:
                if duty_id in seen:
                    raise seen[duty_id]
                changed = _stepped(context, tx, actor, action, existing(tx, Duty, duty_id), now)
            except SlaError as problem:
                refused.append(_named(stored, problem))
            else:
                done.append(_kept(context, tx, stored, changed))
        return BatchResult(done=tuple(done), refused=tuple(refused))

    return context.write(actor, action.what, work, action.reason)


def _seen(context: ServiceContext, ids: tuple[str, ...], action: DutyAction) -> dict[str, SlaError]:
    """Return by id what a look before the transaction finds in the way."""
    if action.look is None:
        return {}
    found: dict[str, SlaError] = {}
    stored = context.store.read(lambda tx: [tx.get(Duty, id) for id in ids])
    for duty in filter(None, stored):
        try:
            action.look(duty)
        except SlaError as problem:
            found[duty.id] = problem
    return found


def _stepped(
    context: ServiceContext, tx: Writing, actor: Actor, action: DutyAction, stored: Duty, now: datetime
) -> Duty:
    """Return what becomes of a duty; nothing is stored yet, so what is refused here leaves no trace."""
    context.require(actor, action.right, now, provider=stored.provider, consumer=stored.consumer)
    return action.step(tx, transitions.by_silence(stored, now), now)


def _kept(context: ServiceContext, tx: Writing, stored: Duty | None, changed: Duty) -> Duty:
    return save_duty(context, tx, changed) if changed != stored else changed


def _named(duty: Duty | None, problem: SlaError) -> SlaError:
    return problem if duty is None or duty.reference in problem.sentence() else LeftOut(duty, problem)
