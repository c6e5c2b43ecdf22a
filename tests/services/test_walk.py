"""Random walks through the services, step by step beside a small independent model."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from copy import deepcopy
from datetime import datetime

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sla_tracker.domain.duties import transitions
from sla_tracker.domain.duties.complaint import Complaint, Stage
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.measures.scorecard import score
from sla_tracker.errors import SlaError
from sla_tracker.services import events, requests
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import complaints
from sla_tracker.services.duties import holds, operations, scheduler, waivers
from sla_tracker.services.duties.current_deadline import due_now
from sla_tracker.services.lookup.references import existing
from sla_tracker.testing.company import OBLIGATIONS, ZONE, a_context, set_clock
from tests.services.acts import TICKED, who
from tests.services.model import HALF, ModelComplaint, ModelDuty, days_close, workday_close, works
from tests.services.stores import Stores

START = datetime(2026, 11, 16, 8, 0)  # noqa: DTZ001 - the model's wall clock
ANSWER_HALVES = 8
MOST_DUTIES = 3
FULL = os.environ.get("SLA_EFFORT") == "full"
WALKED = ("decoration-sheet", "invoice-copy")

Step = Callable[[ServiceContext, str], object]
STEPS: dict[str, Step] = {
    "deliver": lambda context, id: operations.deliver(
        context, who(context, "wang.fang"), id, _evidence(context, id)
    ),
    "take_back": lambda context, id: operations.take_back(context, who(context, "wang.fang"), id),
    "accept": lambda context, id: operations.accept(context, who(context, "chen.jing"), id),
    "send_back": lambda context, id: operations.return_(context, who(context, "chen.jing"), id, "unsigned"),
    "reopen": lambda context, id: operations.reopen(context, who(context, "sun.hua"), id, "wrong sum"),
    "hold": lambda context, id: holds.hold(
        context, who(context, "wang.fang"), id, waits_for="finance", reason="x"
    ),
    "resume": lambda context, id: holds.resume(context, who(context, "wang.fang"), id),
    "object_to": lambda context, id: holds.object_to(context, who(context, "chen.jing"), id, "no"),
    "waive": lambda context, id: waivers.waive(
        context, who(context, "sun.hua"), id, code="other", reason="x"
    ),
    "answer": lambda context, id: requests.answer(context, who(context, "wang.fang"), id, "soon"),
}


def _evidence(context: ServiceContext, id: str) -> dict[str, str]:
    duty = context.store.read(lambda tx: existing(tx, Duty, id))
    return dict(TICKED) if duty.terms.evidence else {}


class Walk(RuleBasedStateMachine):
    """Walks over one kind of store; subclasses say which."""

    stores: Stores

    def __init__(self) -> None:
        super().__init__()
        self.lent = ExitStack()
        walked = [one for one in OBLIGATIONS if one.id in WALKED]
        self.now = START
        self.context = a_context(
            now=START.replace(tzinfo=ZONE),
            store=self.lent.enter_context(self.stores.opened()),
            obligations=walked,
        )
        self.model: dict[str, ModelDuty] = {}
        self.complaints: dict[str, ModelComplaint] = {}

    known = Bundle("known")
    filed = Bundle("filed")

    def teardown(self) -> None:
        self.lent.close()

    def agree(self, allowed: bool, step: Callable[[], object]) -> None:
        """Let the services do what the model allows, and refuse with a whole sentence what it does not."""
        told = ""
        try:
            step()
        except SlaError as refusal:
            told = refusal.sentence()
        assert (told == "") is allowed, told or "the services did what they should have refused"
        assert "{" not in told

    @initialize()
    def begin(self) -> None:
        scheduler.tick(self.context)

    @rule(halves=st.one_of(st.integers(1, 12), st.integers(1, 60), st.integers(1, 400)))
    def wait(self, halves: int) -> None:
        self.now += HALF * halves
        set_clock(self.context, self.now.replace(tzinfo=ZONE))
        for duty in self.model.values():
            duty.silence(self.now)

    @rule()
    def roll(self) -> None:
        scheduler.tick(self.context)

    @precondition(lambda self: len(self.model) < MOST_DUTIES)
    @rule(target=known)
    def register(self) -> str:
        done = events.register(
            self.context,
            who(self.context, "wang.fang"),
            "vehicle-delivered",
            subject=f"鄂F·{len(self.model):05d}",
            at=self.now.replace(tzinfo=ZONE),
        )
        (duty,) = done.opened
        self.model[duty.id] = ModelDuty(self.now, days_close(self.now.date(), 3))
        return duty.id

    @precondition(lambda self: len(self.model) < MOST_DUTIES)
    @rule(target=known)
    def ask(self) -> str:
        _, duty = requests.ask(self.context, who(self.context, "chen.jing"), "invoice-copy", text="May")
        answer_due, left = self.now, ANSWER_HALVES
        while left:
            left -= works(answer_due)
            answer_due += HALF
        self.model[duty.id] = ModelDuty(
            self.now, workday_close(self.now.date(), 3), asked=True, answer_due=answer_due
        )
        return duty.id

    @rule(id=known, name=st.sampled_from(sorted(STEPS)))
    def step(self, id: str, name: str) -> None:
        allowed = getattr(self.model[id], name)(self.now)
        self.agree(allowed, lambda: STEPS[name](self.context, id))

    @rule(id=known, choice=st.integers(0, 99))
    def step_on(self, id: str, choice: int) -> None:
        """Take a step that is possible now: most steps at random are not."""
        possible = [name for name in sorted(STEPS) if getattr(deepcopy(self.model[id]), name)(self.now)]
        if possible:
            self.step(id, possible[choice % len(possible)])

    @rule(id=known, confirmed=st.booleans())
    def judge_hold(self, id: str, confirmed: bool) -> None:
        allowed = self.model[id].judge_hold(self.now, confirmed)
        judge = holds.confirm if confirmed else holds.refuse
        self.agree(allowed, lambda: judge(self.context, who(self.context, "sun.hua"), id))

    @rule(id=known)
    def cancel(self, id: str) -> None:
        duty = self.stored(id)
        if duty.request:
            request = self.context.store.read(lambda tx: existing(tx, Request, duty.request))
            allowed = request.state.value in {"asked", "answered"} and self.model[id].cancel(self.now)
            self.agree(
                allowed,
                lambda: requests.withdraw(self.context, who(self.context, "chen.jing"), request.id, "x"),
            )

    @rule(target=filed)
    def show_error(self) -> str:
        complaint = complaints.lodge(self.context, who(self.context, "chen.jing"), "sales", "late again")
        self.complaints[complaint.id] = ModelComplaint()
        return complaint.id

    @rule(
        id=filed,
        stage=st.sampled_from([stage for stage in Stage if stage is not Stage.RECORD]),
        yes=st.booleans(),
    )
    def handle(self, id: str, stage: Stage, yes: bool) -> None:
        allowed = self.complaints[id].step(stage.value, yes)
        self.agree(allowed, lambda: take_step(self.context, id, stage, yes))

    def stored(self, id: str) -> Duty:
        duty = self.context.store.read(lambda tx: existing(tx, Duty, id))
        return transitions.by_silence(duty, self.context.now())

    @invariant()
    def duties_agree(self) -> None:
        for id, model in self.model.items():
            duty = self.stored(id)
            assert duty.state.value == model.state
            assert duty.was_returned == model.returned
            if model.state in {"open", "held", "delivered", "accepted"}:
                due = due_now(self.context, duty, self.context.now()).due_at
                assert due.astimezone(ZONE).replace(tzinfo=None) == model.due(self.now)
                assert duty.is_late(self.context.now()) == model.is_late(self.now)
            if model.asked:
                answered = duty.answered_at
                assert (answered and answered.astimezone(ZONE).replace(tzinfo=None)) == model.answered
                assert duty.answer_due_at is not None
                assert duty.answer_due_at.astimezone(ZONE).replace(tzinfo=None) == model.answer_due

    @invariant()
    def figures_agree(self) -> None:
        stored = [self.stored(id) for id in self.model]
        figures = score(stored, now=self.context.now(), target=self.context.settings.target)
        counted = Counter(model.counts(self.now) for model in self.model.values())
        assert (figures.good, figures.bad, figures.pending, figures.waived) == (
            counted["good"],
            counted["bad"],
            counted["pending"],
            counted["waived"],
        )

    @invariant()
    def complaints_agree(self) -> None:
        for id, model in self.complaints.items():
            complaint = self.context.store.read(lambda tx, id=id: existing(tx, Complaint, id))  # type: ignore[misc]
            assert complaint.state.value == model.state


def take_step(context: ServiceContext, id: str, stage: Stage, yes: bool) -> object:
    li, wang, chen, wu = (who(context, name) for name in ("li.na", "wang.fang", "chen.jing", "wu.di"))
    steps: dict[Stage, Callable[[], object]] = {
        Stage.JUDGE: lambda: complaints.judge(context, wu, id, founded=yes, reason="x"),
        Stage.NAME: lambda: complaints.name(context, wu, id, "sales", "x"),
        Stage.ANALYSE: lambda: complaints.analyse(context, wang, id, "workload", "x"),
        Stage.PROPOSE: lambda: complaints.propose(context, wang, id, "x"),
        Stage.APPROVE: lambda: complaints.approve(context, li, id, approved=yes, reason="x"),
        Stage.CARRY_OUT: lambda: complaints.carry_out(context, wang, id, "x"),
        Stage.EVALUATE: lambda: complaints.evaluate(context, chen, id, 3, "x"),
    }
    return steps[stage]()


def test_the_context_walks_as_the_model_does(stores: Stores) -> None:
    class WalkOverStore(Walk):
        pass

    WalkOverStore.stores = stores
    effort = (
        settings(max_examples=stores.some(1_000), stateful_step_count=60)
        if FULL
        else settings(max_examples=stores.some(40), stateful_step_count=50, phases=(Phase.generate,))
    )
    run_state_machine_as_test(WalkOverStore, settings=effort)
