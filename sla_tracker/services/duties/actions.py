"""Runs an action on one duty, or on several in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from sla_tracker.domain.duties import transitions
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.people import Actor
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, Forbidden, NeedsConfirmation, SlaError
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.saving import save_duty, settle_silence
from sla_tracker.services.lookup.references import existing, must_not_be_archived, must_not_be_sealed
from sla_tracker.services.ports import Reading, Writing
from sla_tracker.value_class import dataclass

DutyStep = Callable[[Writing, Duty, datetime], Duty]
Precheck = Callable[[Duty], None]
Doubt = Callable[[Duty, datetime], NeedsConfirmation | None]


@dataclass(frozen=True, slots=True)
class DutyAction:
    """An action on duties: required right, recorded verb, transition function, reason.

    `precheck` runs before the transaction with the stored duty and raises to refuse it. It runs outside, because a
    plugin's review may be slow, and a transaction is run again after a conflict.

    `doubt` returns what a person is asked before it is done to a duty that is not in `confirmed`.
    """

    right: Right
    what: Verb
    step: DutyStep
    reason: str = ""
    precheck: Precheck | None = None
    doubt: Doubt | None = None
    confirmed: frozenset[str] = frozenset()


class LeftOut(SlaError):
    """A duty of a batch was left unchanged; adds its title to a problem that lacks it.

    Has the exit code of the problem.
    """

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
    """Result of a batch: the changed duties, and one error for each of the others."""

    done: tuple[Duty, ...]
    refused: tuple[SlaError, ...]


def apply(context: ServiceContext, actor: Actor, duty_id: str, action: DutyAction) -> Duty:
    """Apply an action to one duty in one transaction, if the actor has the right.

    A delivery whose time for a verdict has passed counts as accepted first, even if no tick has stored that yet. Raises
    Forbidden, and Refused for a duty in an archive.
    """
    must_not_be_sealed(context, Duty, duty_id)
    if action.precheck is not None:
        found = context.store.read(lambda tx: existing(tx, Duty, duty_id))
        _must_have_right(context, actor, action, found, context.now())
        action.precheck(found)
    settle_silence(context, lambda tx: _stored(tx, (duty_id,)))

    def work(tx: Writing, now: datetime) -> Duty:
        stored = existing(tx, Duty, duty_id)
        return _save_if_changed(context, tx, stored, _changed(context, tx, actor, action, stored, now))

    return context.write(actor, action.what, work, action.reason)


def apply_to_many(
    context: ServiceContext, actor: Actor, duty_ids: Iterable[str], action: DutyAction
) -> BatchResult:
    """Apply an action to several duties in one transaction, undone as a whole.

    A duty that refuses the action is left unchanged and reported; if the transaction fails, none is changed.
    """
    ids = tuple(dict.fromkeys(duty_ids))
    precheck_errors = _precheck_errors(context, actor, ids, action)
    settle_silence(context, lambda tx: _stored(tx, ids))

    def work(tx: Writing, now: datetime) -> BatchResult:
        done: list[Duty] = []
        refused: list[SlaError] = []
        for duty_id in ids:
            stored = tx.get(Duty, duty_id)
            try:
                if duty_id in precheck_errors:
                    raise precheck_errors[duty_id]
                changed = _changed(context, tx, actor, action, existing(tx, Duty, duty_id), now)
            except SlaError as problem:
                refused.append(_with_title(stored, problem))
            else:
                done.append(_save_if_changed(context, tx, stored, changed))
        return BatchResult(done=tuple(done), refused=tuple(refused))

    return context.write(actor, action.what, work, action.reason)


def _stored(tx: Reading, ids: Iterable[str]) -> list[Duty]:
    return [duty for id in ids if (duty := tx.get(Duty, id)) is not None]


def _precheck_errors(
    context: ServiceContext, actor: Actor, ids: tuple[str, ...], action: DutyAction
) -> dict[str, SlaError]:
    """Return the errors of the action's precheck, by duty id.

    Duties in archives have errors, too. Nobody learns without the right what a plugin says of a delivery.
    """
    found: dict[str, SlaError] = {}
    stored = context.store.read(lambda tx: [tx.get(Duty, id) for id in ids])
    for id, duty in zip(ids, stored, strict=True):
        try:
            if duty is None:
                must_not_be_archived(context, id)
            elif action.precheck is not None:
                _must_have_right(context, actor, action, duty, context.now())
                action.precheck(duty)
        except SlaError as problem:
            found[id] = problem
    return found


def _changed(
    context: ServiceContext, tx: Writing, actor: Actor, action: DutyAction, stored: Duty, now: datetime
) -> Duty:
    """Return the changed duty without storing it, so that a refusal leaves no trace."""
    _must_have_right(context, actor, action, stored, now)
    duty = transitions.by_silence(stored, now)
    if doubt := _doubt(action, duty, now):
        raise doubt
    return action.step(tx, duty, now)


def _doubt(action: DutyAction, duty: Duty, now: datetime) -> NeedsConfirmation | None:
    return action.doubt(duty, now) if action.doubt is not None and duty.id not in action.confirmed else None


def doubts(
    context: ServiceContext, actor: Actor, duty_ids: Iterable[str], action: DutyAction
) -> dict[str, NeedsConfirmation]:
    """Return what is to be asked before an action on several duties, by duty id.

    All questions are answered before the one transaction. Nobody is asked without the right.
    """
    now, ids = context.now(), tuple(duty_ids)
    found: dict[str, NeedsConfirmation] = {}
    for duty in context.store.read(lambda tx: _stored(tx, ids)):
        try:
            _must_have_right(context, actor, action, duty, now)
        except Forbidden:
            continue
        if doubt := _doubt(action, transitions.by_silence(duty, now), now):
            found[duty.id] = doubt
    return found


def _must_have_right(
    context: ServiceContext, actor: Actor, action: DutyAction, duty: Duty, now: datetime
) -> None:
    context.require(actor, action.right, now, provider=duty.provider, consumer=duty.consumer)


def _save_if_changed(context: ServiceContext, tx: Writing, stored: Duty | None, changed: Duty) -> Duty:
    return save_duty(context, tx, changed) if changed != stored else changed


def _with_title(duty: Duty | None, problem: SlaError) -> SlaError:
    return problem if duty is None or duty.reference in problem.sentence() else LeftOut(duty, problem)
