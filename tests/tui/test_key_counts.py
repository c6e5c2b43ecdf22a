"""How many keys the daily acts take, typed texts not counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from textual.widgets import Input, TextArea

from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.duties.event import Event
from sla_tracker.services.duties import operations
from sla_tracker.testing.company import an_actor
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.startup import start_of
from sla_tracker.tui.widgets.lists.line_list import LineList
from tests.cli.runner import FakeDeployment
from tests.tui.test_forms import with_ticks
from tests.tui.trial import a_deployment, find, quiet, type_in, until

# A key beginning with this is a text to type.
TEXT = "text:"


@dataclass(frozen=True)
class Errand:
    """An act of the day: who does it in which view, on what, with which keys; how one sees that it is done."""

    person: str
    view: str
    keys: tuple[str, ...]
    most: int
    done: Callable[[FakeDeployment, Duty], bool]
    obligation: str = "decoration-sheet"
    subject: str = "鄂F·12345"
    ticks: int = 0
    before: Callable[[FakeDeployment], None] = lambda _deployment: None


def state(deployment: FakeDeployment, duty: Duty) -> State:
    found = deployment.context.store.read(lambda tx: tx.get(Duty, duty.id))
    assert found is not None
    return found.state


def is_taken(deployment: FakeDeployment, duty: Duty) -> bool:
    found = deployment.context.store.read(lambda tx: tx.get(Duty, duty.id))
    return found is not None and found.assignee == deployment.actor.id


def is_registered(deployment: FakeDeployment, _duty: Duty) -> bool:
    return any(
        event.subject == "鄂F·99999" for event in deployment.context.store.read(lambda tx: tx.find(Event))
    )


def accept_two(deployment: FakeDeployment) -> None:
    context, wang = deployment.context, an_actor(deployment.context, "wang.fang")
    sheet = find(context, "decoration-sheet", "鄂F·12345")
    operations.deliver(context, wang, sheet.id, {"sheet": "yes"})
    for duty in (sheet, find(context, "order-sheet", "鄂F·67890")):
        operations.accept(context, deployment.actor, duty.id)


def two_are_rated(deployment: FakeDeployment, _duty: Duty) -> bool:
    accepted = deployment.context.store.read(lambda tx: tx.find(Duty, state=State.ACCEPTED))
    ratings = [duty.rating.level for duty in accepted if duty.rating is not None]
    return ratings == [4, 4]


ERRANDS = {
    "deliver": Errand(
        "wang.fang", "1", ("enter", "ctrl+t", "ctrl+s"), 4,
        lambda *of: state(*of) is State.DELIVERED, ticks=2,
    ),
    "deliver, tick by tick": Errand(
        "wang.fang", "1", ("enter", "space", "down", "space", "ctrl+s"), 5,
        lambda *of: state(*of) is State.DELIVERED, ticks=2,
    ),
    "accept": Errand(
        "sun.li", "2", ("enter", "ctrl+s"), 2,
        lambda *of: state(*of) is State.ACCEPTED, "order-sheet", "鄂F·67890",
    ),
    "return": Errand(
        "sun.li", "2", ("enter", "ctrl+r", "text:no signature", "ctrl+r"), 3,
        lambda *of: state(*of) is State.OPEN, "order-sheet", "鄂F·67890",
    ),
    "register": Errand("wang.fang", "4", ("i", "enter", "text:鄂F·99999", "ctrl+s"), 4, is_registered),
    "take": Errand("zhao.lei", "1", ("t",), 1, is_taken, subject="鄂F·67890"),
    "rate many": Errand("chen.jing", "5", ("m", "enter"), 3, two_are_rated, before=accept_two),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRANDS)
async def test_an_errand_takes_few_keys(name: str) -> None:
    errand = ERRANDS[name]
    deployment = a_deployment(errand.person)
    duty = find(deployment.context, errand.obligation, errand.subject)
    if errand.ticks:
        duty = with_ticks(deployment, duty, errand.ticks)
    errand.before(deployment)
    assert sum(not key.startswith(TEXT) for key in errand.keys) <= errand.most
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(110, 34)) as pilot:
        await quiet(pilot)
        await pilot.press(errand.view)
        await until(pilot, lambda: any(rows.rows for rows in app.screen.query(LineList)))
        for rows in app.screen.query(LineList):
            rows.go_to_key(duty.id)
        for key in errand.keys:
            if key.startswith(TEXT):
                await type_in(pilot, key.removeprefix(TEXT))
                assert isinstance(app.focused, Input | TextArea)
            else:
                await pilot.press(key)
        await until(pilot, lambda: errand.done(deployment, duty))
