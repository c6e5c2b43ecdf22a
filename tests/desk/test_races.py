"""Two sides at once: exactly one wins, the other is told, on every store."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from sla_tracker.core.duty import Duty, State
from sla_tracker.desk import duties, handovers, holds, requests, waivers
from sla_tracker.desk.desk import Desk
from sla_tracker.desk.ports import Store
from sla_tracker.errors import IllegalTransition, Overtaken, SlaError
from sla_tracker.testing.company import a_desk
from tests.desk.acts import TICKED, delivered, sheet, stored, who

Side = Callable[[Desk, Duty], object]
ROUNDS = 8


def deliver(desk: Desk, duty: Duty) -> object:
    return duties.deliver(desk, who(desk, "wang.fang"), duty.id, TICKED)


def deliver_too(desk: Desk, duty: Duty) -> object:
    return duties.deliver(desk, who(desk, "zhao.lei"), duty.id, TICKED)


def hold(desk: Desk, duty: Duty) -> object:
    return holds.hold(desk, who(desk, "zhao.lei"), duty.id, waits_for="finance", reason="contract")


def waive(desk: Desk, duty: Duty) -> object:
    return waivers.waive(desk, who(desk, "sun.hua"), duty.id, code="other", reason="x")


def accept(desk: Desk, duty: Duty) -> object:
    return duties.accept(desk, who(desk, "chen.jing"), duty.id)


def return_(desk: Desk, duty: Duty) -> object:
    return duties.return_(desk, who(desk, "sun.li"), duty.id, "unsigned")


def take_back(desk: Desk, duty: Duty) -> object:
    return duties.take_back(desk, who(desk, "wang.fang"), duty.id)


def take(desk: Desk, duty: Duty) -> object:
    return duties.take(desk, who(desk, "wang.fang"), duty.id)


def take_too(desk: Desk, duty: Duty) -> object:
    return duties.take(desk, who(desk, "zhao.lei"), duty.id)


def owed(desk: Desk) -> Duty:
    return sheet(desk, subject=a_plate(desk))


def awaiting(desk: Desk) -> Duty:
    return delivered(desk, subject=a_plate(desk))


def a_plate(desk: Desk) -> str:
    return f"鄂F·{desk.store.sequence():05d}"


def asked_for(desk: Desk) -> Duty:
    return requests.ask(desk, who(desk, "chen.jing"), "invoice-copy", text="May")[1]


def withdraw(desk: Desk, duty: Duty) -> object:
    return requests.withdraw(desk, who(desk, "chen.jing"), duty.request, "found it")


def settle(desk: Desk, duty: Duty) -> object:
    return duties.deliver(desk, who(desk, "wang.fang"), duty.id)


def offered(desk: Desk) -> Duty:
    duty = owed(desk)
    handovers.offer(desk, who(desk, "wang.fang"), duty.id, "service", reason="x")
    return duty


def consent(desk: Desk, duty: Duty) -> object:
    (offer,) = (one for one in handovers.pending(desk, "service") if one.duty == duty.id)
    return handovers.consent(desk, who(desk, "zhou.min"), offer.id)


RACES: dict[str, tuple[Callable[[Desk], Duty], Side, Side]] = {
    "deliver against deliver": (owed, deliver, deliver_too),
    "deliver against hold": (owed, deliver, hold),
    "deliver against waive": (owed, deliver, waive),
    "accept against take back": (awaiting, accept, take_back),
    "accept against return": (awaiting, accept, return_),
    "return against take back": (awaiting, return_, take_back),
    "take against take": (owed, take, take_too),
    "settle against withdraw": (asked_for, settle, withdraw),
    "deliver against consent": (offered, deliver, consent),
}


@pytest.fixture
def desk(any_store: Store) -> Desk:
    return a_desk(store=any_store)


def at_once(desk: Desk, duty: Duty, sides: tuple[Side, Side]) -> tuple[int, list[SlaError]]:
    """Let both sides act at the same moment; return how many won and what the others were told."""
    start = threading.Barrier(len(sides))
    won: list[object] = []
    told: list[SlaError] = []

    def run(side: Side) -> None:
        start.wait()
        try:
            won.append(side(desk, duty))
        except SlaError as refusal:
            told.append(refusal)

    threads = [threading.Thread(target=run, args=(side,)) for side in sides]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(won), told


@pytest.mark.parametrize("name", RACES)
def test_one_wins_and_the_other_is_told(desk: Desk, name: str) -> None:
    situation, one, other = RACES[name]
    for _ in range(ROUNDS):
        duty = situation(desk)
        won, told = at_once(desk, duty, (one, other))
        assert won == 1
        (refusal,) = told
        assert isinstance(refusal, Overtaken | IllegalTransition)
        assert "{" not in refusal.sentence()


def test_in_the_end_there_is_one_delivery(desk: Desk) -> None:
    duty = sheet(desk)
    at_once(desk, duty, (deliver, deliver_too))
    now = stored(desk, duty)
    assert (now.state, len(now.deliveries)) == (State.DELIVERED, 1)
