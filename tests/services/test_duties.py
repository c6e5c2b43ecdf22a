"""From the pool to the verdict: who takes, assigns, delivers, accepts, returns, reopens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.people import SYSTEM, Absence
from sla_tracker.errors import (
    Forbidden,
    IllegalTransition,
    Incomplete,
    NeedsConfirmation,
    NotFound,
    Overtaken,
    Refused,
    UsageError,
)
from sla_tracker.services import events
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import operations
from sla_tracker.services.ports import Review
from sla_tracker.testing.company import PEOPLE, a_context, local, set_clock
from tests.services.acts import TICKED, delivered, live, opened, rolled_to, sheet, stored, who


class TestHands:
    def test_from_the_pool_and_back(self, context: ServiceContext) -> None:
        duty = sheet(context)
        wang = who(context, "wang.fang")
        assert operations.take(context, wang, duty.id).assignee == "wang.fang"
        assert operations.release(context, wang, duty.id).assignee == ""

    def test_what_is_in_the_pool_is_not_put_back(self, context: ServiceContext) -> None:
        duty = sheet(context)
        with pytest.raises(Overtaken, match="in the department's pool already"):
            operations.release(context, who(context, "wang.fang"), duty.id)

    def test_who_comes_second_is_told_who_has_it(self, context: ServiceContext) -> None:
        duty = sheet(context)
        operations.take(context, who(context, "wang.fang"), duty.id)
        with pytest.raises(Overtaken, match="already with 王芳"):
            operations.take(context, who(context, "zhao.lei"), duty.id)

    def test_one_passes_on_ones_own_and_the_head_everybodys(self, context: ServiceContext) -> None:
        duty = sheet(context)
        operations.take(context, who(context, "wang.fang"), duty.id)
        with pytest.raises(Forbidden, match="assign"):
            operations.assign(context, who(context, "zhao.lei"), duty.id, "zhao.lei")
        assert operations.assign(context, who(context, "wang.fang"), duty.id, "赵磊").assignee == "zhao.lei"
        with pytest.raises(Forbidden, match="assign"):
            operations.release(context, who(context, "wang.fang"), duty.id)
        assert operations.assign(context, who(context, "li.na"), duty.id, "wang.fang").assignee == "wang.fang"

    def test_only_members_who_are_still_there_get_it(self) -> None:
        gone = [replace(one, left_on=date(2026, 11, 20)) if one.id == "zhao.lei" else one for one in PEOPLE]
        context = a_context(people=gone)
        duty = sheet(context)
        for somebody in ("chen.jing", "zhao.lei"):
            with pytest.raises(Refused, match="Sales"):
                operations.assign(context, who(context, "li.na"), duty.id, somebody)
        with pytest.raises(NotFound, match="nobody called"):
            operations.assign(context, who(context, "li.na"), duty.id, "nobody")

    def test_a_department_whose_plugin_is_gone_goes_by_its_id(self, context: ServiceContext) -> None:
        duty = sheet(context)
        bare = replace(context, declared=replace(context.catalogue, departments={}))
        with pytest.raises(Refused, match="is not in sales, which owes this"):
            operations.assign(bare, who(context, "li.na"), duty.id, "chen.jing")

    def test_the_deputy_of_somebody_away_takes_over(self) -> None:
        away = Absence(first_on=date(2026, 11, 20), last_on=date(2026, 11, 21))
        context = a_context(
            people=[replace(one, away=(away,)) if one.id == "wang.fang" else one for one in PEOPLE]
        )
        duty = sheet(context)
        operations.take(context, who(context, "wang.fang"), duty.id)
        assert operations.take(context, who(context, "zhao.lei"), duty.id).assignee == "zhao.lei"

    def test_who_left_only_reads(self) -> None:
        context = a_context(
            people=[
                replace(one, left_on=date(2026, 11, 20)) if one.id == "wang.fang" else one for one in PEOPLE
            ]
        )
        duty = sheet(context, by="li.na")
        with pytest.raises(Forbidden, match="reader"):
            operations.take(context, who(context, "wang.fang"), duty.id)


class TestDelivering:
    def test_delivered_with_its_evidence(self, context: ServiceContext) -> None:
        duty = delivered(context)
        assert (duty.state, duty.assignee, duty.delivered_at) == (State.DELIVERED, "wang.fang", context.now())
        assert duty.accept_by_at == local("2026-11-25 18:00")

    def test_without_it_nothing_happens(self, context: ServiceContext) -> None:
        duty = sheet(context)
        with pytest.raises(Incomplete, match="Decoration sheet"):
            operations.deliver(context, who(context, "wang.fang"), duty.id)
        assert stored(context, duty) == duty

    def test_ticked_before_it_need_not_be_said_again(self, context: ServiceContext) -> None:
        duty = sheet(context)
        operations.fill_in(context, who(context, "zhao.lei"), duty.id, TICKED)
        assert operations.deliver(context, who(context, "wang.fang"), duty.id).state is State.DELIVERED

    def test_a_plugins_review_is_heard(self, context: ServiceContext) -> None:
        strict = replace(
            context, review=lambda duty, evidence: Review(objections=[f"{len(evidence)} is not enough"])
        )
        duty = sheet(strict)
        with pytest.raises(Incomplete, match="1 is not enough"):
            operations.deliver(strict, who(strict, "wang.fang"), duty.id, TICKED)

    def test_a_delivery_that_a_plugin_failed_to_review_is_recorded_and_marked(
        self, context: ServiceContext
    ) -> None:
        broken = replace(context, review=lambda duty, evidence: Review(failed=["checker"]))
        duty = sheet(broken)
        operations.deliver(broken, who(broken, "wang.fang"), duty.id, TICKED)
        delivery = stored(broken, duty).delivery
        assert delivery is not None
        assert delivery.not_reviewed == ("checker",)

    def test_the_second_is_told_who_was_first(self, context: ServiceContext) -> None:
        duty = delivered(context)
        with pytest.raises(Overtaken, match=r"already delivered by wang\.fang"):
            operations.deliver(context, who(context, "zhao.lei"), duty.id, TICKED)

    def test_taken_back_before_a_verdict_only(self, context: ServiceContext) -> None:
        duty = delivered(context)
        back = operations.take_back(context, who(context, "wang.fang"), duty.id)
        assert (back.state, back.draft, back.accept_by_at) == (State.OPEN, TICKED, None)
        operations.deliver(context, who(context, "wang.fang"), duty.id)
        operations.accept(context, who(context, "chen.jing"), duty.id)
        with pytest.raises(Overtaken, match=r"already accepted by chen\.jing"):
            operations.take_back(context, who(context, "wang.fang"), duty.id)

    def test_taking_back_what_is_late_then_needs_a_confirmation(self, context: ServiceContext) -> None:
        duty, wang = delivered(context), who(context, "wang.fang")
        set_clock(context, duty.due_at + timedelta(hours=1))
        with pytest.raises(NeedsConfirmation, match="is late: it was due at"):
            operations.take_back(context, wang, duty.id)
        assert stored(context, duty).state is State.DELIVERED
        assert operations.take_back(context, wang, duty.id, insists=True).is_late(context.now())

    def test_a_delivery_that_is_late_already_is_taken_back_unasked(self, context: ServiceContext) -> None:
        duty, wang = sheet(context), who(context, "wang.fang")
        set_clock(context, duty.due_at + timedelta(hours=1))
        operations.deliver(context, wang, duty.id, TICKED)
        assert operations.take_back(context, wang, duty.id).state is State.OPEN

    @pytest.mark.parametrize("person", ["chen.jing", "liu.yang", "guest", "root"])
    def test_only_the_provider_delivers(self, context: ServiceContext, person: str) -> None:
        duty = sheet(context)
        with pytest.raises(Forbidden, match="Sales"):
            operations.deliver(context, who(context, person), duty.id, TICKED)


class TestVerdicts:
    def test_who_accepted_is_on_the_duty(self, context: ServiceContext) -> None:
        duty = operations.accept(context, who(context, "chen.jing"), delivered(context).id)
        assert (duty.state, duty.accepted_by, duty.is_late(context.now())) == (
            State.ACCEPTED,
            "chen.jing",
            False,
        )

    @pytest.mark.parametrize("person", ["wang.fang", "liu.yang", "guest", "root"])
    def test_only_the_consumer_judges(self, context: ServiceContext, person: str) -> None:
        duty = delivered(context)
        with pytest.raises(Forbidden, match="Finance"):
            operations.accept(context, who(context, person), duty.id)
        with pytest.raises(Forbidden, match="Finance"):
            operations.return_(context, who(context, person), duty.id, "no")

    def test_returned_it_is_open_again_and_the_time_it_lay_there_is_excused(
        self, context: ServiceContext
    ) -> None:
        duty = delivered(context)
        set_clock(context, "2026-11-20 16:00")
        back = operations.return_(context, who(context, "chen.jing"), duty.id, "unsigned")
        assert (back.state, back.draft) == (State.OPEN, TICKED)
        assert (duty.due_at, back.due_at) == (local("2026-11-23 18:00"), local("2026-11-24 10:30"))

    def test_returned_late_and_then_delivered_it_stays_late(self, context: ServiceContext) -> None:
        duty = sheet(context)
        set_clock(context, "2026-11-24 09:00")
        operations.deliver(context, who(context, "wang.fang"), duty.id, TICKED)
        set_clock(context, "2026-11-25 09:00")
        back = operations.return_(context, who(context, "chen.jing"), duty.id, "unsigned")
        assert back.due_at == duty.due_at


class TestSilence:
    def test_at_the_limit_a_verdict_still_counts(self, context: ServiceContext) -> None:
        duty = delivered(context)
        set_clock(context, "2026-11-25 18:00")
        assert operations.return_(context, who(context, "chen.jing"), duty.id, "unsigned").state is State.OPEN

    def test_after_it_silence_has_judged_although_nobody_wrote_it_down(self, context: ServiceContext) -> None:
        duty = delivered(context)
        set_clock(context, "2026-11-25 18:01")
        too_late: list[Callable[[], Duty]] = [
            lambda: operations.return_(context, who(context, "chen.jing"), duty.id, "unsigned"),
            lambda: operations.accept(context, who(context, "chen.jing"), duty.id),
            lambda: operations.take_back(context, who(context, "wang.fang"), duty.id),
        ]
        for late in too_late:
            with pytest.raises(Overtaken, match="already accepted by system at 2026-11-25 10:00"):
                late()

    def test_whenever_it_is_written_it_is_dated_at_the_limit(self, context: ServiceContext) -> None:
        duty = delivered(context)
        rolled = rolled_to(context, "2026-12-20 09:00")
        assert [one.id for one in rolled.accepted] == [duty.id]
        now = stored(context, duty)
        assert (now.state, now.accepted_by, now.accepted_at) == (
            State.ACCEPTED,
            SYSTEM,
            local("2026-11-25 18:00"),
        )

    def test_then_only_the_consumers_head_opens_it_again(self, context: ServiceContext) -> None:
        duty = delivered(context)
        set_clock(context, "2026-11-27 09:00")
        with pytest.raises(Forbidden, match="head of department"):
            operations.reopen(context, who(context, "chen.jing"), duty.id, "wrong sum")
        again = operations.reopen(context, who(context, "sun.hua"), duty.id, "wrong sum")
        assert (again.state, again.was_returned) == (State.OPEN, True)
        # Twelve working hours were left when it was delivered on Friday at 14:00.
        assert again.due_at == local("2026-11-30 14:30")


class TestClaims:
    def test_recorded_late_but_handed_in_early(self, context: ServiceContext) -> None:
        duty = sheet(context, "2026-11-16 10:00", by="wang.fang")
        claimed = local("2026-11-16 11:00")
        done = operations.deliver(context, who(context, "wang.fang"), duty.id, TICKED, claimed_at=claimed)
        assert done.is_late(context.now())
        accepted = operations.accept(context, who(context, "chen.jing"), duty.id, confirm_claim=True)
        assert not accepted.is_late(context.now())

    def test_silence_never_confirms(self, context: ServiceContext) -> None:
        duty = sheet(context, "2026-11-16 10:00", by="wang.fang")
        operations.deliver(
            context, who(context, "wang.fang"), duty.id, TICKED, claimed_at=local("2026-11-16 11:00")
        )
        rolled_to(context, "2026-12-01 09:00")
        assert stored(context, duty).is_late(context.now())

    def test_it_never_reaches_back_before_the_event_corrected_or_not(self, context: ServiceContext) -> None:
        duty = sheet(context)
        with pytest.raises(UsageError, match="must lie between"):
            operations.deliver(
                context, who(context, "wang.fang"), duty.id, TICKED, claimed_at=local("2026-11-20 09:59")
            )
        operations.deliver(
            context, who(context, "wang.fang"), duty.id, TICKED, claimed_at=local("2026-11-20 10:30")
        )
        events.correct(context, who(context, "chen.jing"), duty.event, at=local("2026-11-20 11:00"))
        with pytest.raises(Refused, match="claims no earlier time"):
            operations.accept(context, who(context, "chen.jing"), duty.id, confirm_claim=True)

    def test_there_must_be_one_to_confirm(self, context: ServiceContext) -> None:
        duty = delivered(context)
        with pytest.raises(Refused, match="claims no earlier time"):
            operations.accept(context, who(context, "chen.jing"), duty.id, confirm_claim=True)

    def test_a_recurring_one_reaches_back_to_its_period(self) -> None:
        context = a_context()
        rolled_to(context, "2026-11-20 14:00")
        (duty,) = live(context, "commission-list")
        with pytest.raises(UsageError, match="must lie between"):
            operations.deliver(
                context, who(context, "wang.fang"), duty.id, claimed_at=local("2026-09-30 23:59")
            )
        done = operations.deliver(
            context, who(context, "wang.fang"), duty.id, claimed_at=local("2026-11-04 10:00")
        )
        accepted = operations.accept(context, who(context, "chen.jing"), done.id, confirm_claim=True)
        assert not accepted.is_late(context.now())


def test_both_sides_write_notes_and_nobody_else(context: ServiceContext) -> None:
    duty = opened(context)["handover-check"]
    for person in ("liu.yang", "wang.fang"):
        operations.note(context, who(context, person), duty.id, f"{person} was here")
    assert [note.by for note in stored(context, duty).notes] == ["liu.yang", "wang.fang"]
    with pytest.raises(Forbidden):
        operations.note(context, who(context, "chen.jing"), duty.id, "me too")


def test_nobody_judges_what_they_delivered_after_changing_department(context: ServiceContext) -> None:
    duty = delivered(context)
    moved = replace(
        who(context, "wang.fang"), person=replace(context.person("wang.fang"), department="finance")
    )
    with pytest.raises(IllegalTransition, match="delivered by you"):
        operations.accept(context, moved, duty.id)
