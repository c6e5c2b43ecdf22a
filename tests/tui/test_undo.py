"""Undo asks before it makes something late."""

from __future__ import annotations

from sla_tracker.domain.duties.duty import State
from sla_tracker.services.duties import operations
from sla_tracker.testing.company import set_clock
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.startup import start_of
from tests.services.acts import stored
from tests.tui.trial import a_deployment, find, quiet, text_of, until


async def test_what_would_be_late_without_the_act_is_asked_about() -> None:
    deployment = a_deployment()
    duty = find(deployment.context, "invoice-copy", "HT-2200")
    set_clock(deployment.context, "2026-11-25 17:30")
    operations.deliver(deployment.context, deployment.actor, duty.id)
    set_clock(deployment.context, "2026-11-25 18:30")
    assert duty.due_at < deployment.context.now()
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(110, 34), notifications=True) as pilot:
        await quiet(pilot)
        await pilot.press("u")
        assert "is late: it was due at" in text_of(app)
        await pilot.press("escape")
        assert stored(deployment.context, duty).state is State.DELIVERED
        await pilot.press("u", "ctrl+s")
        await until(pilot, lambda: stored(deployment.context, duty).state is State.OPEN)


async def test_what_is_late_once_it_is_taken_back_is_asked_about_also_when_it_is_done_again() -> None:
    deployment = a_deployment()
    context, actor = deployment.context, deployment.actor
    duty = find(context, "invoice-copy", "HT-2200")
    set_clock(context, "2026-11-25 17:30")
    operations.deliver(context, actor, duty.id)
    set_clock(context, "2026-11-25 18:30")
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(110, 34), notifications=True) as pilot:
        await quiet(pilot)
        asks = lambda: "it back all the same?" in text_of(app)
        await pilot.press("end", "b")
        await until(pilot, asks)
        await pilot.press("escape")
        assert stored(context, duty).state is State.DELIVERED
        await pilot.press("b")
        await until(pilot, asks)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: stored(context, duty).state is State.OPEN)
        await pilot.press("u")
        await until(pilot, lambda: stored(context, duty).state is State.DELIVERED)
        await pilot.press("ctrl+y")
        await until(pilot, lambda: "Do it again all the" in text_of(app))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: stored(context, duty).state is State.OPEN)
