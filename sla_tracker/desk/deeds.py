"""What is done to a duty: the right it takes, its word on record, and the step; to one duty, or to several at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sla_tracker.core import transitions
from sla_tracker.core.duty import Duty
from sla_tracker.core.people import Actor
from sla_tracker.desk.access import Right
from sla_tracker.desk.desk import Desk, existing
from sla_tracker.desk.keeping import keep
from sla_tracker.desk.ports import Writing
from sla_tracker.errors import N_, SlaError

Step = Callable[[Writing, Duty, datetime], Duty]
Look = Callable[[Duty], None]


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that can be done to duties; `what` is its word on record, `reason` what is said with it.

    `look` is asked before the transaction begins, with the duty as it stands, and raises what stands in the way: what
    it asks (a plugin's review) may take its time and is not asked twice.
    """

    right: Right
    what: str
    step: Step
    reason: str = ""
    look: Look | None = None


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
class Several:
    """What became of several duties: those it was done to, and what stood in the way of each of the others."""

    done: tuple[Duty, ...]
    refused: tuple[SlaError, ...]


def do(desk: Desk, actor: Actor, duty_id: str, deed: Deed) -> Duty:
    """Do it to one duty in one transaction, after asking whether the actor may.

    A verdict that silence has given in the meantime comes first, written down already or not.
    """
    if deed.look is not None:
        deed.look(desk.store.read(lambda tx: existing(tx, Duty, duty_id)))

    def work(tx: Writing, now: datetime) -> Duty:
        stored = existing(tx, Duty, duty_id)
        return _kept(desk, tx, stored, _stepped(desk, tx, actor, deed, stored, now))

    return desk.write(actor, deed.what, work, deed.reason)


def do_each(desk: Desk, actor: Actor, duty_ids: Iterable[str], deed: Deed) -> Several:
    """Do it to several duties in one transaction, which one undo takes back.

    A duty to which it cannot be done is named and left as it is; when the transaction fails, nothing is done to any.
    """
    ids = tuple(dict.fromkeys(duty_ids))
    seen = _seen(desk, ids, deed)

    def work(tx: Writing, now: datetime) -> Several:
        done: list[Duty] = []
        refused: list[SlaError] = []
        for duty_id in ids:
            stored = tx.get(Duty, duty_id)
            try:
                if duty_id in seen:
                    raise seen[duty_id]
                changed = _stepped(desk, tx, actor, deed, existing(tx, Duty, duty_id), now)
            except SlaError as problem:
                refused.append(_named(stored, problem))
            else:
                done.append(_kept(desk, tx, stored, changed))
        return Several(done=tuple(done), refused=tuple(refused))

    return desk.write(actor, deed.what, work, deed.reason)


def _seen(desk: Desk, ids: tuple[str, ...], deed: Deed) -> dict[str, SlaError]:
    """Return by id what a look before the transaction finds in the way."""
    if deed.look is None:
        return {}
    found: dict[str, SlaError] = {}
    stored = desk.store.read(lambda tx: [tx.get(Duty, id) for id in ids])
    for duty in filter(None, stored):
        try:
            deed.look(duty)
        except SlaError as problem:
            found[duty.id] = problem
    return found


def _stepped(desk: Desk, tx: Writing, actor: Actor, deed: Deed, stored: Duty, now: datetime) -> Duty:
    """Return what becomes of a duty; nothing is stored yet, so what is refused here leaves no trace."""
    desk.require(actor, deed.right, now, provider=stored.provider, consumer=stored.consumer)
    return deed.step(tx, transitions.by_silence(stored, now), now)


def _kept(desk: Desk, tx: Writing, stored: Duty | None, changed: Duty) -> Duty:
    return keep(desk, tx, changed) if changed != stored else changed


def _named(duty: Duty | None, problem: SlaError) -> SlaError:
    return problem if duty is None or duty.reference in problem.sentence() else LeftOut(duty, problem)
