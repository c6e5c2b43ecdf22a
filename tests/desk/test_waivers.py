"""Waivers: asked by the provider, decided by the consumer's head, or given unasked."""

from __future__ import annotations

import pytest

from sla_tracker.core.duty import State
from sla_tracker.core.scorecard import score
from sla_tracker.desk import duties, waivers
from sla_tracker.desk.desk import Desk
from sla_tracker.errors import Forbidden, Overtaken, UsageError
from tests.desk.acts import TICKED, sheet, stored, who


def asked(desk: Desk) -> str:
    duty = sheet(desk)
    return waivers.ask(desk, who(desk, "wang.fang"), duty.id, code="force_majeure", reason="fire").id


def test_asked_and_granted_it_leaves_the_rates_and_is_counted_apart(desk: Desk) -> None:
    id = asked(desk)
    assert [duty.id for duty in waivers.pending(desk, "finance")] == [id]
    duty = waivers.grant(desk, who(desk, "sun.hua"), id, "of course")
    figures = score([duty], now=desk.now(), target=desk.settings.target)
    assert (duty.state, figures.valid, figures.waived) == (State.WAIVED, 0, 1)
    assert waivers.pending(desk, "finance") == []


def test_refused_it_stays_owed(desk: Desk) -> None:
    id = asked(desk)
    assert waivers.refuse(desk, who(desk, "sun.hua"), id, "no fire that I know of").state is State.OPEN
    with pytest.raises(Overtaken, match="already decided"):
        waivers.grant(desk, who(desk, "sun.hua"), id)


def test_unasked(desk: Desk) -> None:
    duty = sheet(desk)
    waived = waivers.waive(desk, who(desk, "sun.hua"), duty.id, code="not_needed", reason="resold")
    assert waived.waiver is not None
    assert (waived.waiver.code, waived.waiver.decided_by) == ("not_needed", "sun.hua")


def test_a_code_is_one_of_the_deployments(desk: Desk) -> None:
    duty = sheet(desk)
    for ask in (waivers.ask, waivers.waive):
        with pytest.raises(UsageError, match="nobody could help it"):
            ask(desk, who(desk, "sun.hua"), duty.id, code="weather", reason="rain")


def test_what_was_delivered_meanwhile_is_not_waived(desk: Desk) -> None:
    id = asked(desk)
    duties.deliver(desk, who(desk, "wang.fang"), id, TICKED)
    with pytest.raises(Overtaken, match=r"already delivered by wang\.fang"):
        waivers.grant(desk, who(desk, "sun.hua"), id)


def test_who_may(desk: Desk) -> None:
    duty = sheet(desk)
    with pytest.raises(Forbidden, match="Sales"):
        waivers.ask(desk, who(desk, "chen.jing"), duty.id, code="other", reason="x")
    for person in ("chen.jing", "li.na", "root"):
        with pytest.raises(Forbidden, match="head of department"):
            waivers.waive(desk, who(desk, person), duty.id, code="other", reason="x")
    waivers.ask(desk, who(desk, "li.na"), duty.id, code="other", reason="x")
    with pytest.raises(Forbidden):
        waivers.refuse(desk, who(desk, "chen.jing"), duty.id, "x")
    assert stored(desk, duty).state is State.OPEN
