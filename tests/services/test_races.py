"""Two sides at once: exactly one wins, the other is told, on every store."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.errors import IllegalTransition, Overtaken, SlaError
from sla_tracker.services import requests
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import handovers
from sla_tracker.services.duties import holds, operations, waivers
from sla_tracker.services.ports import Store
from sla_tracker.testing.company import a_context
from tests.services.acts import TICKED, delivered, sheet, stored, who

Side = Callable[[ServiceContext, Duty], object]
ROUNDS = 8


def deliver(context: ServiceContext, duty: Duty) -> object:
    return operations.deliver(context, who(context, "wang.fang"), duty.id, TICKED)


def deliver_too(context: ServiceContext, duty: Duty) -> object:
    return operations.deliver(context, who(context, "zhao.lei"), duty.id, TICKED)


def hold(context: ServiceContext, duty: Duty) -> object:
    return holds.hold(context, who(context, "zhao.lei"), duty.id, waits_for="finance", reason="contract")


def waive(context: ServiceContext, duty: Duty) -> object:
    return waivers.waive(context, who(context, "sun.hua"), duty.id, code="other", reason="x")


def accept(context: ServiceContext, duty: Duty) -> object:
    return operations.accept(context, who(context, "chen.jing"), duty.id)


def return_(context: ServiceContext, duty: Duty) -> object:
    return operations.return_(context, who(context, "sun.li"), duty.id, "unsigned")


def take_back(context: ServiceContext, duty: Duty) -> object:
    return operations.take_back(context, who(context, "wang.fang"), duty.id)


def take(context: ServiceContext, duty: Duty) -> object:
    return operations.take(context, who(context, "wang.fang"), duty.id)


def take_too(context: ServiceContext, duty: Duty) -> object:
    return operations.take(context, who(context, "zhao.lei"), duty.id)


def owed(context: ServiceContext) -> Duty:
    return sheet(context, subject=a_plate(context))


def awaiting(context: ServiceContext) -> Duty:
    return delivered(context, subject=a_plate(context))


def a_plate(context: ServiceContext) -> str:
    return f"鄂F·{context.store.sequence():05d}"


def asked_for(context: ServiceContext) -> Duty:
    return requests.ask(context, who(context, "chen.jing"), "invoice-copy", text="May")[1]


def withdraw(context: ServiceContext, duty: Duty) -> object:
    return requests.withdraw(context, who(context, "chen.jing"), duty.request, "found it")


def settle(context: ServiceContext, duty: Duty) -> object:
    return operations.deliver(context, who(context, "wang.fang"), duty.id)


def offered(context: ServiceContext) -> Duty:
    duty = owed(context)
    handovers.offer(context, who(context, "wang.fang"), duty.id, "service", reason="x")
    return duty


def consent(context: ServiceContext, duty: Duty) -> object:
    (offer,) = (one for one in handovers.pending(context, "service") if one.duty == duty.id)
    return handovers.consent(context, who(context, "zhou.min"), offer.id)


RACES: dict[str, tuple[Callable[[ServiceContext], Duty], Side, Side]] = {
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
def context(any_store: Store) -> ServiceContext:
    return a_context(store=any_store)


def at_once(context: ServiceContext, duty: Duty, sides: tuple[Side, Side]) -> tuple[int, list[SlaError]]:
    """Let both sides act at the same moment; return how many won and what the others were told."""
    start = threading.Barrier(len(sides))
    won: list[object] = []
    told: list[SlaError] = []

    def run(side: Side) -> None:
        start.wait()
        try:
            won.append(side(context, duty))
        except SlaError as refusal:
            told.append(refusal)

    threads = [threading.Thread(target=run, args=(side,)) for side in sides]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(won), told


@pytest.mark.parametrize("name", RACES)
def test_one_wins_and_the_other_is_told(context: ServiceContext, name: str) -> None:
    view_context, one, other = RACES[name]
    for _ in range(ROUNDS):
        duty = view_context(context)
        won, told = at_once(context, duty, (one, other))
        assert won == 1
        (refusal,) = told
        assert isinstance(refusal, Overtaken | IllegalTransition)
        assert "{" not in refusal.sentence()


def test_in_the_end_there_is_one_delivery(context: ServiceContext) -> None:
    duty = sheet(context)
    at_once(context, duty, (deliver, deliver_too))
    now = stored(context, duty)
    assert (now.state, len(now.deliveries)) == (State.DELIVERED, 1)
