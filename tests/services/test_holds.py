"""Who holds, resumes, objects and confirms; what the clocks do is in test_excuses.py."""

from __future__ import annotations

import pytest

from sla_tracker.domain.checklist import CheckKind
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.measures.month import Month
from sla_tracker.errors import (
    Forbidden,
    IllegalTransition,
    Incomplete,
    NeedsConfirmation,
    Overtaken,
    Refused,
    UsageError,
)
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import handovers
from sla_tracker.services.departments.inbox import inbox_entries
from sla_tracker.services.departments.inbox_entry import InboxKind
from sla_tracker.services.duties import holds, operations, waivers
from sla_tracker.services.months import closing
from sla_tracker.services.months.month_end import month_end
from sla_tracker.testing.company import OBLIGATIONS, a_context, local, set_clock
from tests.services.acts import TICKED, delivered, sheet, stored, who
from tests.services.reminded import keep


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


class TestSeveralHolds:
    """A short hold shields no other: each can be objected to, and each objection is decided on."""

    @pytest.fixture
    def duty(self, context: ServiceContext) -> Duty:
        """Return a sheet due Monday 18:00, after a hold of a workday and one of a minute."""
        duty = sheet(context)
        wang = who(context, "wang.fang")
        for start, end in (("11-20 16:00", "11-23 16:00"), ("11-23 16:01", "11-23 16:02")):
            set_clock(context, f"2026-{start}")
            holds.hold(context, wang, duty.id, waits_for="finance", reason="no contract")
            set_clock(context, f"2026-{end}")
            duty = holds.resume(context, wang, duty.id)
        return duty

    def test_a_second_objection_is_to_the_hold_before(self, context: ServiceContext, duty: Duty) -> None:
        chen = who(context, "chen.jing")
        first = holds.object_to(context, chen, duty.id, "no reason at all")
        assert [one.is_pending for one in first.holds] == [False, True]
        second = holds.object_to(context, chen, duty.id, "nor that")
        assert [one.counts for one in second.holds] == [False, False]
        assert duty.due_at > second.due_at == local("2026-11-23 18:00")
        with pytest.raises(Overtaken, match="already objected"):
            holds.object_to(context, chen, duty.id, "again")
        head = who(context, "sun.hua")
        assert [one.confirmed for one in holds.confirm(context, head, duty.id).holds] == [True, None]
        assert [one.confirmed for one in holds.refuse(context, head, duty.id).holds] == [True, False]
        with pytest.raises(Overtaken, match="already decided"):
            holds.confirm(context, head, duty.id)

    def test_one_is_named_by_when_it_began(self, context: ServiceContext, duty: Duty) -> None:
        chen, head, first = who(context, "chen.jing"), who(context, "sun.hua"), local("2026-11-20 16:00")
        with pytest.raises(IllegalTransition, match=r"No hold of .* began at"):
            holds.object_to(context, chen, duty.id, "no", began_at=local("2026-11-20 16:05"))
        objected = holds.object_to(context, chen, duty.id, "no", began_at=first)
        assert [one.counts for one in objected.holds] == [False, True]
        with pytest.raises(Overtaken, match="already objected"):
            holds.object_to(context, chen, duty.id, "no", began_at=first)
        with pytest.raises(IllegalTransition, match="Nobody has objected"):
            holds.refuse(context, head, duty.id, began_at=local("2026-11-23 16:01"))
        assert [one.counts for one in holds.confirm(context, head, duty.id, began_at=first).holds] == [
            True,
            True,
        ]

    def test_a_later_hold_takes_no_objection_from_the_head(self, context: ServiceContext, duty: Duty) -> None:
        holds.object_to(context, who(context, "chen.jing"), duty.id, "no")
        holds.hold(context, who(context, "wang.fang"), duty.id, waits_for="finance", reason="again")
        assert in_inbox(context, InboxKind.HOLD) == [duty.id]
        assert holds.refuse(context, who(context, "sun.hua"), duty.id).holds[1].confirmed is False
        assert in_inbox(context, InboxKind.HOLD) == []


def in_inbox(context: ServiceContext, kind: InboxKind, person: str = "sun.hua") -> list[str]:
    """Return the ids of what a person decides on in view 5."""
    entries = inbox_entries(context, who(context, person))
    return [one.id for one in entries if one.kind is kind and one.mine]


class TestObjectionAfterTheVerdict:
    """Judged in between, a duty still waits for the head: it is judged by its due time."""

    @pytest.fixture
    def duty(self, context: ServiceContext) -> Duty:
        """Return a sheet that was in time by a hold, objected to since."""
        duty = held(context)
        set_clock(context, "2026-11-24 09:00")
        wang = who(context, "wang.fang")
        holds.resume(context, wang, duty.id)
        assert not operations.deliver(context, wang, duty.id, TICKED).is_late(context.now())
        return holds.object_to(context, who(context, "chen.jing"), duty.id, "we gave it")

    @pytest.mark.parametrize("by_silence", [False, True])
    @pytest.mark.parametrize("confirmed", [False, True])
    def test_the_head_decides_until_the_month_is_closed(
        self, context: ServiceContext, duty: Duty, by_silence: bool, confirmed: bool
    ) -> None:
        if by_silence:
            set_clock(context, "2026-12-01 09:00")
        else:
            operations.accept(context, who(context, "chen.jing"), duty.id)
        assert in_inbox(context, InboxKind.HOLD) == [duty.id]
        judged = (holds.confirm if confirmed else holds.refuse)(context, who(context, "sun.hua"), duty.id)
        assert (judged.state, judged.is_late(context.now())) == (State.ACCEPTED, not confirmed)
        assert stored(context, duty) == judged
        assert in_inbox(context, InboxKind.HOLD) == []

    def test_after_the_verdict_nobody_objects_any_more(self, context: ServiceContext) -> None:
        duty = held(context)
        wang = who(context, "wang.fang")
        holds.resume(context, wang, duty.id)
        operations.deliver(context, wang, duty.id, TICKED)
        operations.accept(context, who(context, "chen.jing"), duty.id)
        with pytest.raises(IllegalTransition, match="no hold to object to"):
            holds.object_to(context, who(context, "chen.jing"), duty.id, "no")

    def test_handed_over_in_time_by_a_hold_it_is_decided_on(self, context: ServiceContext) -> None:
        duty = held(context)
        holds.object_to(context, who(context, "chen.jing"), duty.id, "we gave it")
        set_clock(context, "2026-11-24 09:00")
        made = handovers.offer(context, who(context, "wang.fang"), duty.id, "service", reason="moved")
        handovers.consent(context, who(context, "zhou.min"), made.id)
        assert stored(context, duty).is_late(context.now())
        assert in_inbox(context, InboxKind.HOLD) == [duty.id]
        assert not holds.confirm(context, who(context, "sun.hua"), duty.id).is_late(context.now())

    def test_it_blocks_closing_and_stands_in_the_checklist(self) -> None:
        context = a_context(obligations=[one for one in OBLIGATIONS if one.id == "decoration-sheet"])
        duty = held(context)
        holds.object_to(context, who(context, "chen.jing"), duty.id, "we gave it")
        holds.resume(context, who(context, "wang.fang"), duty.id)
        operations.deliver(context, who(context, "wang.fang"), duty.id, TICKED)
        operations.accept(context, who(context, "chen.jing"), duty.id)
        set_clock(context, "2026-12-02 09:00")
        with pytest.raises(Incomplete, match="2026-11") as refused:
            closing.close(context, who(context, "sun.hua"), "2026-11")
        assert f"sla judge-hold {duty.reference} --confirm" in str(refused.value.problems[0].sentence())
        end = month_end(context, "2026-11")
        assert [(kind, row.id) for kind, row in end.rows] == [(CheckKind.VERDICTS, duty.id)]
        assert (end.settled, end.total) == (0, 1)
        holds.confirm(context, who(context, "sun.hua"), duty.id)
        assert month_end(context, "2026-11").rows == ()
        closing.close(context, who(context, "sun.hua"), "2026-11")

    def test_in_a_month_that_an_older_version_closed_nothing_is_decided(
        self, context: ServiceContext, duty: Duty
    ) -> None:
        operations.accept(context, who(context, "chen.jing"), duty.id)
        keep(context, Month(id="2026-11", closed_at=context.now(), closed_by="root", figures=()))
        with pytest.raises(Refused, match="2026-11 is closed"):
            holds.confirm(context, who(context, "sun.hua"), duty.id)
        assert in_inbox(context, InboxKind.HOLD) == []
        assert duty.id not in [row.id for _kind, row in month_end(context, "2026-11").rows]


def test_a_waiver_asked_for_waits_for_the_head_only_while_it_is_owed(context: ServiceContext) -> None:
    duty, wang = sheet(context), who(context, "wang.fang")
    waivers.ask(context, wang, duty.id, code="agreed", reason="fire")
    assert in_inbox(context, InboxKind.WAIVER) == [duty.id]
    assert [one.id for one in waivers.pending(context, "finance")] == [duty.id]
    operations.deliver(context, wang, duty.id, TICKED)
    assert (in_inbox(context, InboxKind.WAIVER), waivers.pending(context, "finance")) == ([], [])
    operations.take_back(context, wang, duty.id)
    assert in_inbox(context, InboxKind.WAIVER) == [duty.id]
