"""Waivers: asked by the provider, decided by the consumer's head, or given unasked."""

from __future__ import annotations

import pytest

from sla_tracker.domain.duties.duty import State
from sla_tracker.domain.measures.scorecard import score
from sla_tracker.errors import Forbidden, Overtaken, UsageError
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import operations, waivers
from tests.services.acts import TICKED, sheet, stored, who


def asked(context: ServiceContext) -> str:
    duty = sheet(context)
    return waivers.ask(context, who(context, "wang.fang"), duty.id, code="force_majeure", reason="fire").id


def test_asked_and_granted_it_leaves_the_rates_and_is_counted_apart(context: ServiceContext) -> None:
    id = asked(context)
    assert [duty.id for duty in waivers.pending(context, "finance")] == [id]
    duty = waivers.grant(context, who(context, "sun.hua"), id, "of course")
    figures = score([duty], now=context.now(), target=context.settings.target)
    assert (duty.state, figures.valid, figures.waived) == (State.WAIVED, 0, 1)
    assert waivers.pending(context, "finance") == []


def test_refused_it_stays_owed(context: ServiceContext) -> None:
    id = asked(context)
    assert waivers.refuse(context, who(context, "sun.hua"), id, "no fire that I know of").state is State.OPEN
    with pytest.raises(Overtaken, match="already decided"):
        waivers.grant(context, who(context, "sun.hua"), id)


def test_a_head_waives_without_a_request(context: ServiceContext) -> None:
    duty = sheet(context)
    waived = waivers.waive(context, who(context, "sun.hua"), duty.id, code="not_needed", reason="resold")
    assert waived.waiver is not None
    assert (waived.waiver.code, waived.waiver.decided_by) == ("not_needed", "sun.hua")


def test_a_code_is_one_of_the_deployments(context: ServiceContext) -> None:
    duty = sheet(context)
    for ask in (waivers.ask, waivers.waive):
        with pytest.raises(UsageError, match="nobody could help it"):
            ask(context, who(context, "sun.hua"), duty.id, code="weather", reason="rain")


def test_what_was_delivered_meanwhile_is_not_waived(context: ServiceContext) -> None:
    id = asked(context)
    operations.deliver(context, who(context, "wang.fang"), id, TICKED)
    with pytest.raises(Overtaken, match=r"already delivered by wang\.fang"):
        waivers.grant(context, who(context, "sun.hua"), id)


def test_the_provider_asks_and_the_consumers_head_waives(context: ServiceContext) -> None:
    duty = sheet(context)
    with pytest.raises(Forbidden, match="Sales"):
        waivers.ask(context, who(context, "chen.jing"), duty.id, code="other", reason="x")
    for person in ("chen.jing", "li.na", "root"):
        with pytest.raises(Forbidden, match="head of department"):
            waivers.waive(context, who(context, person), duty.id, code="other", reason="x")
    waivers.ask(context, who(context, "li.na"), duty.id, code="other", reason="x")
    with pytest.raises(Forbidden):
        waivers.refuse(context, who(context, "chen.jing"), duty.id, "x")
    assert stored(context, duty).state is State.OPEN
