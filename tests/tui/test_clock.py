"""Clock and day are right in every view, shown or not."""

from __future__ import annotations

from textual.message import Message

from sla_tracker.testing.company import set_clock
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.startup import start_of
from tests.tui.trial import a_deployment, quiet, text_of, until


async def test_another_day_is_seen_in_a_view_that_was_not_shown() -> None:
    deployment = a_deployment()
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(110, 34)) as pilot:
        await quiet(pilot)
        await pilot.press("7")
        await quiet(pilot)
        await pilot.press("1")
        await quiet(pilot)
        set_clock(deployment.context, "2026-11-24 09:00")
        app._look_at_clock()
        await pilot.press("7")
        await until(pilot, lambda: "2026-11-24 Tue 09:00" in text_of(app))
        read_again = list[Message]()
        app.screen.read = lambda: read_again.append(Message())  # type: ignore[attr-defined]
        set_clock(deployment.context, "2026-11-24 23:59")
        app._look_at_clock()
        assert not read_again
        set_clock(deployment.context, "2026-11-25 00:00")
        app._look_at_clock()
        assert len(read_again) == 1


async def test_card_and_subject_page_go_on_with_the_time() -> None:
    deployment = a_deployment()
    app = SlaApp(start_of(deployment))

    def pass_time(until_at: str) -> None:
        set_clock(deployment.context, until_at)
        app._look_at_clock()

    async with app.run_test(size=(120, 36)) as pilot:
        await quiet(pilot)
        await pilot.press("down", "down", "down")
        await until(pilot, lambda: text_of(app).count("2 hours overdue") == 2)
        pass_time("2026-11-20 15:30")
        await until(pilot, lambda: text_of(app).count("3 hours overdue") == 2)
        pass_time("2026-11-23 17:00")
        await pilot.press("s")
        await until(
            pilot, lambda: "· Decoration sheet" not in text_of(app) and "◐ Decoration" in text_of(app)
        )
        pass_time("2026-11-23 18:30")
        await until(pilot, lambda: "● Decoration sheet" in text_of(app))
