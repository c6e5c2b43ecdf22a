"""Undo of one's own last act, while nobody has built on it."""

from __future__ import annotations

from collections.abc import Iterable

from sla_tracker.core.duty import Duty
from sla_tracker.core.people import Actor
from sla_tracker.core.request import Request
from sla_tracker.desk.desk import Desk
from sla_tracker.desk.ports import Change, Writing
from sla_tracker.errors import N_, Overtaken, Refused

UNDOABLE = (
    "took",
    "released",
    "assigned",
    "filled_in",
    "noted",
    "delivered",
    "took_back",
    "accepted",
    "returned",
    "held",
    "resumed",
    "answered",
    "rated",
    "explained_lateness",
)
LOOKED_BACK = 500
KINDS: dict[str, type[Duty | Request]] = {"duties": Duty, "requests": Request}


def last_act(desk: Desk, actor: Actor) -> Change | None:
    """Return the actor's last act of this deployment's recent past that can be undone, or None."""
    undone = 0
    recent = desk.store.changes(max(0, desk.store.sequence() - LOOKED_BACK))
    for change in reversed(list(recent)):
        if change.act.by != actor.id:
            continue
        if change.act.what == "undid":
            undone += 1
        elif undone:
            undone -= 1
        else:
            return change if change.act.what in UNDOABLE else None
    return None


def undo(desk: Desk, actor: Actor) -> tuple[Change, tuple[Duty, ...]]:
    """Put back what the actor's last act changed; returns the act and the duties as they stand again.

    Raises Refused when there is nothing to undo, and Overtaken when somebody has acted on it since.
    """
    change = last_act(desk, actor)
    if change is None:
        raise Refused(
            N_("There is nothing of yours to undo; events are cancelled instead (sla event cancel).")
        )
    earlier = [
        (KINDS[kind], id, desk.store.as_of(KINDS[kind], id, change.sequence - 1))
        for kind, id in change.touched
        if kind in KINDS
    ]

    def work(tx: Writing, _now: object) -> tuple[Duty, ...]:
        restored = []
        for kind, id, before in earlier:
            _must_be_last(desk, change, desk.store.history(id))
            if before is None:
                raise Refused(
                    N_("The last act created something; cancel or withdraw it instead of undoing it.")
                )
            tx.put(before)
            if kind is Duty and isinstance(before, Duty):
                restored.append(before)
        return tuple(restored)

    return change, desk.write(actor, "undid", work, reason=str(change.sequence))


def _must_be_last(desk: Desk, change: Change, history: Iterable[Change]) -> None:
    for later in history:
        if later.sequence > change.sequence and later.act.what not in {"undid", "reminded"}:
            who = desk.people[later.act.by].name if later.act.by in desk.people else later.act.by
            raise Overtaken(
                N_("It cannot be undone any more: {by} acted on it at {at}."), by=who, at=later.act.at
            )
