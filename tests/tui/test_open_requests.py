"""A request with fields, papers and updates, from the form to the decision on an objection."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import Select

from sla_tracker import i18n
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.services.context import ServiceContext
from sla_tracker.testing.company import a_context, local, set_clock
from sla_tracker.tui.dialogs.duties.request_dialogs import ChangeFieldsDialog, PapersDialog
from sla_tracker.tui.dialogs.duties.statement import WordsDialog
from sla_tracker.tui.dialogs.prompts import PickDialog
from sla_tracker.tui.dialogs.register import AskDialog
from sla_tracker.tui.widgets.forms.tick import Tick
from tests.services.test_open_requests import EVERY
from tests.tui.trial import an_app, press, quiet, text_of


def the_duty(context: ServiceContext) -> Duty:
    (found,) = context.store.read(lambda tx: tx.find(Duty))
    return found


async def pick(pilot: Pilot[None], id: str) -> None:
    """Choose an entry of the open list by its id."""
    dialog = pilot.app.screen
    assert isinstance(dialog, PickDialog)
    dialog.search.value = id
    await quiet(pilot)
    await press(pilot, "enter")


@pytest.mark.parametrize("lang", ["zh_CN", "en"])
async def test_a_request_with_a_priority_is_asked_changed_objected_to_and_judged(lang: str) -> None:
    i18n.use(lang)
    context = a_context(now="2026-11-20 10:00", obligations=EVERY)
    async with an_app(context, "chen.jing").run_test(size=(80, 24)) as pilot:
        await press(pilot, "4", "d")
        await pick(pilot, "fix")
        dialog = pilot.app.screen
        assert isinstance(dialog, AskDialog)
        dialog.subject.value = "A"
        await press(pilot, "ctrl+s")
        assert context.store.read(lambda tx: tx.find(Duty)) == []  # the priority is asked for
        dialog.query_one(Select).value = "P1"
        await press(pilot, "ctrl+s")
        assert the_duty(context).due_at == local("2026-11-20 14:00")
    async with an_app(context, "wang.fang").run_test(size=(120, 36)) as pilot:
        await quiet(pilot)
        await press(pilot, "x")
        await pick(pilot, "change_fields")
        dialog = pilot.app.screen
        assert isinstance(dialog, ChangeFieldsDialog)
        dialog.query_one(Select).value = "P3"
        await press(pilot, "ctrl+s")
        assert the_duty(context).field_changes == ()  # it needs a reason
        dialog.reason.text = "one desk only"
        await press(pilot, "ctrl+s")
        assert the_duty(context).due_at == local("2026-11-23 10:00")
        assert "one desk only" in text_of(pilot.app)
    async with an_app(context, "chen.jing").run_test(size=(120, 36)) as pilot:
        await press(pilot, "5", "enter")
        dialog = pilot.app.screen
        assert isinstance(dialog, WordsDialog)
        assert "one desk only" in text_of(pilot.app)
        dialog.text.text = "the line stands"
        await press(pilot, "ctrl+s")
        assert the_duty(context).due_at == local("2026-11-20 14:00")
    async with an_app(context, "sun.hua").run_test(size=(120, 36)) as pilot:
        await press(pilot, "5", "enter")
        dialog = pilot.app.screen
        assert isinstance(dialog, WordsDialog)
        assert "the line stands" in text_of(pilot.app)
        dialog.select.value = "yes"
        await press(pilot, "ctrl+s")
        assert the_duty(context).due_at == local("2026-11-23 10:00")


async def test_papers_are_ticked_with_the_request_and_in_the_inbox() -> None:
    context = a_context(now="2026-11-20 10:00", obligations=EVERY)
    async with an_app(context, "chen.jing").run_test(size=(120, 36)) as pilot:
        await press(pilot, "4", "d")
        await pick(pilot, "contract")
        dialog = pilot.app.screen
        assert isinstance(dialog, AskDialog)
        dialog.subject.value = "A"
        next(iter(dialog.query(Tick))).value = True
        await press(pilot, "ctrl+s")
        assert the_duty(context).missing_papers == ("invoice",)
        set_clock(context, "2026-11-20 14:00")
        await press(pilot, "5", "enter")
        dialog = pilot.app.screen
        assert isinstance(dialog, PapersDialog)
        await press(pilot, "space", "ctrl+s")
        assert the_duty(context).due_at == local("2026-11-20 18:00")
