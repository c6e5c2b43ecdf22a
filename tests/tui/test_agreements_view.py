"""The page of agreements: what is proposed and decided there is on record, and what is only assumed is counted."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TypeVar

import pytest
from textual.screen import Screen

from sla_tracker import i18n
from sla_tracker.domain.agreements.obligation import Recurring
from sla_tracker.domain.consent.agreement import AgreedLimit, AgreedParts, Agreement, ProposalState
from sla_tracker.domain.deadlines.due import DayOfMonth
from sla_tracker.services.consent import agreeing
from sla_tracker.services.consent.agreeing import TermsDraft
from sla_tracker.services.consent.parties import find_parties
from sla_tracker.services.context import ServiceContext
from sla_tracker.testing.company import a_context, an_actor
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.dialogs.agreements import DecideDialog, NewObligationDialog, ProposeDialog
from sla_tracker.tui.dialogs.replay import ReplayDialog
from sla_tracker.tui.screens.agreements import AgreementsScreen
from sla_tracker.tui.startup import start_of
from tests.services.test_open_requests import FIX, elapsed
from tests.tui.trial import a_deployment, press, quiet, text_of

LARGE = (120, 36)
S = TypeVar("S", bound=Screen[None])


def stored(context: ServiceContext) -> list[Agreement]:
    return context.store.read(lambda tx: tx.find(Agreement))


def propose(context: ServiceContext, by: str, of: str, day: int) -> None:
    actor = an_actor(context, by)
    parts = AgreedParts(
        limits=(AgreedLimit(trigger="recurring", due=DayOfMonth(day=day)),), target=Decimal("0.9")
    )
    draft = TermsDraft(parts=parts, first_on=date(2026, 12, 1), note="[b]Later[/b] is better")
    agreeing.propose(context, actor, find_parties(context, actor, of), draft)


def shown(app: SlaApp, kind: type[S]) -> S:
    """Return the screen that is shown, which has to be of a kind."""
    assert isinstance(app.screen, kind)
    return app.screen


async def test_a_head_sees_how_much_is_only_assumed_and_proposes_it() -> None:
    i18n.use("en")
    deployment = a_deployment("li.na")
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=LARGE) as pilot:
        await quiet(pilot)
        assert "not agreed " in text_of(app)
        await press(pilot, "d")
        shown(app, AgreementsScreen)
        assert "Not agreed" in text_of(app)
        await press(pilot, "enter")
        form = shown(app, ProposeDialog)
        form.target.value = "85%"
        form.note.value = "as agreed by phone"
        await press(pilot, "ctrl+s")
        (agreement,) = stored(deployment.context)
        assert agreement.open is not None
        assert (agreement.open.parts.target, agreement.open.note) == (Decimal("0.85"), "as agreed by phone")
        assert "Proposals to decide" in text_of(app)
        await press(pilot, "up", "enter")  # nobody decides on what the own side proposed
        shown(app, AgreementsScreen)
        await press(pilot, "x")
        assert stored(deployment.context)[0].proposals[0].state is ProposalState.WITHDRAWN


async def test_what_is_not_understood_stays_in_the_form() -> None:
    i18n.use("en")
    deployment = a_deployment("li.na")
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=LARGE) as pilot:
        await quiet(pilot)
        await press(pilot, "d", "enter")
        form = shown(app, ProposeDialog)
        form.limit.value = "soon"
        await press(pilot, "ctrl+s")
        assert "is not understood as a limit" in text_of(app)
        assert stored(deployment.context) == []


@pytest.mark.parametrize("verdict", ["yes", "no"])
async def test_the_other_head_decides_from_the_inbox(verdict: str) -> None:
    i18n.use("en")
    deployment = a_deployment("sun.hua")
    propose(deployment.context, "li.na", "commission-list", 8)
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=LARGE) as pilot:
        await quiet(pilot)
        await press(pilot, "5")
        assert "[b]Later[/b] is better" in text_of(app)  # shown as it was typed
        await press(pilot, "enter", "enter")
        form = shown(app, DecideDialog)
        form.select.value = verdict
        form.text.text = "" if verdict == "yes" else "Too late for us."
        await press(pilot, "ctrl+s")
        (agreement,) = stored(deployment.context)
        expected = ProposalState.ACCEPTED if verdict == "yes" else ProposalState.REFUSED
        assert agreement.proposals[0].state is expected
        by_rule = deployment.context.catalogue.obligations["commission-list"].triggers[-1]
        assert isinstance(by_rule, Recurring)
        assert by_rule.due == DayOfMonth(day=8 if verdict == "yes" else 5)


async def test_other_terms_are_proposed_from_the_decision_and_the_past_is_judged_by_them() -> None:
    i18n.use("en")
    deployment = a_deployment("sun.hua")
    propose(deployment.context, "li.na", "commission-list", 8)
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=LARGE) as pilot:
        await quiet(pilot)
        await press(pilot, "5", "enter", "enter")
        decision = shown(app, DecideDialog)
        decision.select.value, decision.text.text = "other", "The 8th is too late"
        await press(pilot, "ctrl+s")
        assert any("The 8th is too late" in draft.left for draft in app.drafts.values())
        form = shown(app, ProposeDialog)
        form.limit.value = "每月6日"
        await press(pilot, "ctrl+r")
        shown(app, ReplayDialog)
        assert "really opened from" in text_of(app)
        await press(pilot, "escape", "ctrl+s")
        (agreement,) = stored(deployment.context)
        assert [one.state for one in agreement.proposals] == [ProposalState.COUNTERED, ProposalState.OPEN]
        assert agreement.open is not None
        assert agreement.open.parts.limits[0].due == DayOfMonth(day=6)
        assert agreement.open.parts.target == Decimal("0.9")


async def test_a_new_obligation_is_proposed() -> None:
    i18n.use("en")
    deployment = a_deployment("sun.hua")
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=LARGE) as pilot:
        await quiet(pilot)
        await press(pilot, "5", "d", "n")
        form = shown(app, NewObligationDialog)
        await press(pilot, "ctrl+s")
        assert "Title, department and limit are needed." in text_of(app)
        form.title_text.value = "Weekly report"
        form.other.value = "sales"
        form.limit.value = "every Friday"
        form.asked_for.value = "Amount (number); Remark?"
        form.also.value = "request: 2 workdays if Amount<=500; Vehicle delivered: 3 workdays"
        await press(pilot, "ctrl+s")
        (agreement,) = stored(deployment.context)
        assert (agreement.provider, agreement.consumer, agreement.obligation) == (
            "sales",
            "finance",
            "weekly-report",
        )
        assert agreement.created is not None
        assert [one.id for one in agreement.created.fields] == ["amount", "remark"]
        assert [one.trigger for one in agreement.created.opened_by] == ["recurring", "on_request", "on_event"]
        condition = agreement.created.further[0].condition
        assert condition is not None
        assert condition.at_most == 500
        await press(pilot, "home")
        drawn = text_of(app)
        key_bar = drawn.splitlines()[-1]
        assert "x Withdraw" in key_bar
        assert "Propose or decide" not in key_bar
        assert "by the calendar: every Friday" in drawn
        assert "by a request: within 2 workdays" in drawn
        assert "by an event: within 3 workdays" in drawn
        assert "on_" not in drawn


async def test_staff_reads_and_does_not_agree() -> None:
    i18n.use("en")
    deployment = a_deployment("wang.fang")
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=LARGE, notifications=True) as pilot:
        await quiet(pilot)
        assert "not agreed " not in text_of(app)
        await press(pilot, "d", "enter")
        shown(app, AgreementsScreen)
        assert "Heads of departments agree" in text_of(app)
        key_bar = text_of(app).splitlines()[-1]
        assert "p Write a page" in key_bar
        for word in ("Propose or decide", "New obligation", "Withdraw"):
            assert word not in key_bar


@pytest.mark.parametrize("size", [LARGE, (80, 24)], ids=str)
async def test_one_row_of_limits_by_choice_is_proposed(size: tuple[int, int]) -> None:
    i18n.use("en")
    context = a_context(obligations=[FIX])
    app = SlaApp(start_of(a_deployment("li.na", context)))
    async with app.run_test(size=size) as pilot:
        await quiet(pilot)
        await press(pilot, "d", "enter")
        form = shown(app, ProposeDialog)
        assert "by a request: all others" in text_of(app)
        form.trigger.value = "1"
        form.limit.value, form.target.value = "6 elapsed hours", "97%"
        await quiet(pilot)
        assert "by a request · P1" in text_of(app)
        assert form.limit.placeholder == "within 4 hours, day and night"
        await press(pilot, "ctrl+s")
        (agreement,) = stored(context)
        assert agreement.open is not None
        (limit,) = agreement.open.parts.limits
        assert (limit.value, limit.due, limit.target) == ("P1", elapsed(6), Decimal("0.97"))
        assert agreement.open.parts.target is None
