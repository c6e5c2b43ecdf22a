"""Who holds, resumes, objects and confirms; what the clocks do is in test_excuses.py."""

from __future__ import annotations

import pytest

from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.errors import Forbidden, NeedsConfirmation, Overtaken, Refused, UsageError
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import holds
from tests.services.acts import delivered, sheet, stored, who


def held(context: ServiceContext, by: str = "wang.fang") -> Duty:
    return holds.hold(context, who(context, by), sheet(context).id, waits_for="finance", reason="no contract")


def test_it_says_who_waits_for_whom_and_for_what(context: ServiceContext) -> None:
    duty = held(context)
    assert duty.state is State.HELD
    assert duty.holding is not None
    assert (duty.holding.by, duty.holding.waits_for, duty.holding.reason) == (
        "wang.fang",
        "finance",
        "no contract",
    )


@pytest.mark.parametrize(
    ("whom", "kept"),
    [("财务部", "finance"), ("Finance", "finance"), ("孙丽", "sun.li"), ("the bank", "the bank")],
)
def test_whoever_is_known_is_kept_by_id(context: ServiceContext, whom: str, kept: str) -> None:
    duty = holds.hold(context, who(context, "wang.fang"), sheet(context).id, waits_for=whom, reason="x")
    assert duty.holds[-1].waits_for == kept


@pytest.mark.parametrize("whom", ["sales", "销售部", "Sales", "li.na", "王芳"])
def test_nobody_waits_for_the_own_department(context: ServiceContext, whom: str) -> None:
    duty = sheet(context)
    with pytest.raises(Refused, match="outside its own department"):
        holds.hold(context, who(context, "wang.fang"), duty.id, waits_for=whom, reason="too busy")
    assert stored(context, duty) == duty


@pytest.mark.parametrize(
    ("typed", "meant"), [("finanse", "finance"), ("财务", "财务部"), ("孙利", "孙丽"), ("Sale", "sales")]
)
def test_what_is_almost_a_known_name_is_asked_about(context: ServiceContext, typed: str, meant: str) -> None:
    duty, wang = sheet(context), who(context, "wang.fang")
    with pytest.raises(NeedsConfirmation, match=f"Did you mean “{meant}”"):
        holds.hold(context, wang, duty.id, waits_for=typed, reason="no number yet")
    held = holds.hold(context, wang, duty.id, waits_for=typed, reason="no number yet", again=True)
    assert held.holds[-1].waits_for == typed


@pytest.mark.parametrize(("whom", "reason"), [("", "no contract"), ("finance", "  ")])
def test_it_must_say_so(context: ServiceContext, whom: str, reason: str) -> None:
    duty = sheet(context)
    with pytest.raises(UsageError, match="reason"):
        holds.hold(context, who(context, "wang.fang"), duty.id, waits_for=whom, reason=reason)
    assert stored(context, duty) == duty


def test_what_was_delivered_is_not_held(context: ServiceContext) -> None:
    duty = delivered(context)
    with pytest.raises(Overtaken, match=r"delivered by wang\.fang"):
        holds.hold(context, who(context, "zhao.lei"), duty.id, waits_for="finance", reason="x")


def test_it_is_held_once(context: ServiceContext) -> None:
    duty = held(context)
    with pytest.raises(Overtaken, match=r"on hold since .* by wang\.fang"):
        holds.hold(context, who(context, "zhao.lei"), duty.id, waits_for="finance", reason="x")


def test_the_provider_resumes_the_consumer_objects_and_its_head_judges(context: ServiceContext) -> None:
    duty = held(context)
    with pytest.raises(Forbidden, match="Sales"):
        holds.resume(context, who(context, "chen.jing"), duty.id)
    with pytest.raises(Forbidden, match="Finance"):
        holds.object_to(context, who(context, "wang.fang"), duty.id, "no")
    holds.object_to(context, who(context, "chen.jing"), duty.id, "no")
    for person in ("chen.jing", "li.na", "root"):
        for judge in (holds.confirm, holds.refuse):
            with pytest.raises(Forbidden, match="head of department of Finance"):
                judge(context, who(context, person), duty.id)
    assert holds.confirm(context, who(context, "sun.hua"), duty.id).holds[0].counts
