"""A request is answered, settled, withdrawn, in no other order."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sla_tracker.domain.duties.request import Request, RequestState, answered, reopened, settled, withdrawn
from sla_tracker.errors import IllegalTransition
from sla_tracker.testing.company import local

NOW = local("2026-11-20 10:00")
LATER = local("2026-11-20 15:00")
ASKED = Request(
    id="r-1",
    obligation="invoice-copy",
    provider="sales",
    consumer="finance",
    subject="",
    subject_key="",
    text="the one of May",
    requested_at=NOW,
    requested_by="chen.jing",
)
ANSWERED = answered(ASKED, answer="tomorrow", now=NOW, by="wang.fang")
SETTLED = settled(ASKED, now=NOW)
WITHDRAWN = withdrawn(ASKED, reason="found it", now=NOW)
STEPS: dict[str, Callable[[Request], Request]] = {
    "answer": lambda request: answered(request, answer="x", now=LATER, by="wang.fang"),
    "settle": lambda request: settled(request, now=LATER),
    "withdraw": lambda request: withdrawn(request, reason="x", now=LATER),
}


@pytest.mark.parametrize(
    ("request_", "step", "state"),
    [
        (ASKED, "answer", RequestState.ANSWERED),
        (ASKED, "settle", RequestState.SETTLED),
        (ASKED, "withdraw", RequestState.WITHDRAWN),
        (ANSWERED, "settle", RequestState.SETTLED),
        (ANSWERED, "withdraw", RequestState.WITHDRAWN),
    ],
)
def test_a_step_leads_on(request_: Request, step: str, state: RequestState) -> None:
    assert STEPS[step](request_).state is state


@pytest.mark.parametrize(
    ("request_", "step"),
    [
        (ANSWERED, "answer"),
        *[(ended, step) for ended in (SETTLED, WITHDRAWN) for step in STEPS],
    ],
)
def test_every_other_step_is_refused(request_: Request, step: str) -> None:
    with pytest.raises(IllegalTransition, match="This request is"):
        STEPS[step](request_)


def test_settling_answers_what_nobody_had_answered() -> None:
    assert SETTLED.answered_at == NOW
    assert settled(ANSWERED, now=LATER).answered_at == NOW


def test_a_return_leaves_it_answered_and_taking_back_does_not() -> None:
    assert reopened(SETTLED).state is RequestState.ANSWERED
    again = reopened(SETTLED, taken_back=True)
    assert (again.state, again.answered_at, again.settled_at) == (RequestState.ASKED, None, None)


def test_an_answer_somebody_gave_stays() -> None:
    again = reopened(settled(ANSWERED, now=LATER), taken_back=True)
    assert (again.state, again.answered_at) == (RequestState.ANSWERED, NOW)
