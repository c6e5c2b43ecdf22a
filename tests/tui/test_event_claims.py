"""View 5 lists what a department changed about an event of its own duties; enter confirms, refuses or objects."""

from __future__ import annotations

import pytest

from sla_tracker import i18n
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.services import events
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments.inbox_entry import InboxKind
from sla_tracker.testing.company import local, set_clock
from tests.services.acts import opened, stored, who
from tests.tui.inbox import go_to, put_on_record, view_5
from tests.tui.trial import SIZES, an_app, quiet, text_of


def claimed(context: ServiceContext) -> Duty:
    """Let sales say, after an hour, that the vehicle was delivered three days later."""
    duty = opened(context, "2026-11-17 10:00")["decoration-sheet"]
    set_clock(context, "2026-11-20 15:30")
    events.correct(context, who(context, "wang.fang"), duty.event, at=local("2026-11-20 13:55"))
    return duty


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("choice", "due"), [("yes", "2026-11-23 18:00"), ("no", "2026-11-20 18:00")])
async def test_a_claim_is_decided_in_the_inbox(
    context: ServiceContext,
    size: tuple[int, int],
    choice: str,
    due: str,
) -> None:
    duty = claimed(context)
    app = an_app(context, "chen.jing")
    async with app.run_test(size=size) as pilot:
        screen = await view_5(pilot)
        place = next(
            number for number, row in enumerate(screen.list.rows) if row.duty and row.duty.id == duty.id
        )
        await pilot.press("home", *["down"] * place, "enter")
        await quiet(pilot)
        assert "the event's time from 11-17 10:00" in text_of(app)
        await put_on_record(pilot, choice, "" if choice == "yes" else "so it is")
        assert stored(context, duty).due_at == local(due)
        assert app.screen is screen


async def test_the_event_is_marked_as_claimed(context: ServiceContext) -> None:
    claimed(context)
    app = an_app(context, "chen.jing")
    async with app.run_test(size=(120, 36)) as pilot:
        await view_5(pilot)
        await pilot.press("4")
        await quiet(pilot)
        shown = text_of(app)
        assert "Claimed" in shown
        assert "claimed by 王芳; until it" in shown


async def test_the_provider_sees_its_claim_and_cannot_decide(context: ServiceContext) -> None:
    duty = claimed(context)
    app = an_app(context, "wang.fang")
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await view_5(pilot)
        await go_to(pilot, screen, InboxKind.EVENT)
        assert app.screen is screen
        assert stored(context, duty).event_changes[0].is_pending


async def test_a_move_is_objected_to_in_chinese(context: ServiceContext) -> None:
    registered = events.register(
        context,
        who(context, "chen.jing"),
        "settlement-scheduled",
        subject="合同 2211",
        at=local("2026-11-26 15:00"),
    )
    events.move(context, who(context, "wang.fang"), registered.event.id, local("2026-12-03 10:00"))
    with i18n.speaking("zh_CN"):
        app = an_app(context, "chen.jing")
        async with app.run_test(size=(120, 36)) as pilot:
            screen = await view_5(pilot)
            await go_to(pilot, screen, InboxKind.EVENT)
            assert "改期" in text_of(app)
            await put_on_record(pilot, words="buyer")
    changed = [stored(context, duty) for duty in registered.opened]
    assert sum(bool(one.event_changes[-1].objected_by) for one in changed) == 1
