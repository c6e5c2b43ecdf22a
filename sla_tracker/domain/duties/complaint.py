"""Complaints between departments: eight steps in a fixed order, each with a limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from sla_tracker.domain.duties.states import Decision
from sla_tracker.domain.duties.transitions import reason_given
from sla_tracker.errors import N_, IllegalTransition, Incomplete, Overtaken, Phrase, UsageError, Who
from sla_tracker.value_class import dataclass


class Stage(StrEnum):
    """The eight steps of a complaint; recording it takes the first."""

    RECORD = "record"
    JUDGE = "judge"
    NAME = "name"
    ANALYSE = "analyse"
    PROPOSE = "propose"
    APPROVE = "approve"
    CARRY_OUT = "carry_out"
    EVALUATE = "evaluate"


STAGE_WORDS = {
    Stage.RECORD: N_("record the complaint"),
    Stage.JUDGE: N_("judge whether it is founded"),
    Stage.NAME: N_("name the responsible department"),
    Stage.ANALYSE: N_("analyse the cause"),
    Stage.PROPOSE: N_("propose a remedy"),
    Stage.APPROVE: N_("approve the remedy"),
    Stage.CARRY_OUT: N_("carry out the remedy"),
    Stage.EVALUATE: N_("summarise and evaluate"),
}

# Default limit of each step, in workdays from the step before.
LIMITS: Mapping[Stage, int] = {
    Stage.JUDGE: 2,
    Stage.NAME: 1,
    Stage.ANALYSE: 3,
    Stage.PROPOSE: 2,
    Stage.APPROVE: 2,
    Stage.CARRY_OUT: 10,
    Stage.EVALUATE: 5,
}

ORDER = tuple(Stage)
LEAST_GRADE, MOST_GRADE = 0, 4  # grades of the final evaluation


class ComplaintState(StrEnum):
    """Whether a complaint is still open, and how it ended."""

    RUNNING = "running"
    UNFOUNDED = "unfounded"
    CLOSED = "closed"


COMPLAINT_WORDS = {
    ComplaintState.RUNNING: N_("running"),
    ComplaintState.UNFOUNDED: N_("unfounded"),
    ComplaintState.CLOSED: N_("settled"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One completed step: who took it and when, its text and its outcome.

    `outcome` is `yes` or `no` when judging and approving, the department when naming, the category when analysing,
    and the grade from 0 to 4 when evaluating. `escalated` says that its limit had passed.
    """

    stage: Stage
    at: datetime
    by: str
    text: str
    outcome: str = ""
    escalated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One complaint of a department about another.

    `next` is the step it waits for, `due_at` that step's limit. `judge` is the department whose head judges it; empty
    when the settings name none that is neutral: then an administrator judges, or chooses one.
    `escalated_at` is set when a limit has passed: then everybody sees it. Who may take the step stays the same.
    """

    id: str
    complainant: str
    against: str
    judge: str
    subject: str
    subject_key: str
    duties: tuple[str, ...]
    taken: tuple[Taken, ...]
    next: Stage | None
    due_at: datetime | None
    state: ComplaintState = ComplaintState.RUNNING
    responsible: str = ""
    escalated_at: datetime | None = None

    @property
    def recorded_at(self) -> datetime:
        """Return when the complaint was recorded."""
        return self.taken[0].at

    @property
    def text(self) -> str:
        """Return the text of the complaint."""
        return self.taken[0].text

    def is_escalated(self, now: datetime) -> bool:
        """Return whether the limit of the next step has passed, stored already or not."""
        return self.escalated_at is not None or (self.due_at is not None and now > self.due_at)

    @property
    def parties(self) -> frozenset[str]:
        """Return the two departments that a complaint is between."""
        return frozenset({self.complainant, self.against})

    @property
    def neutral_judge(self) -> str:
        """Return the judging department; empty when it is a party to the complaint."""
        return "" if self.judge in self.parties else self.judge

    def proposer(self) -> str:
        """Return the id of the person who last proposed a remedy, or an empty text."""
        return next((step.by for step in reversed(self.taken) if step.stage is Stage.PROPOSE), "")


def acting_department(complaint: Complaint) -> str:
    """Return the department that takes the next step.

    Empty once the complaint has ended, and while the administrators have to judge it.
    """
    match complaint.next:
        case Stage.JUDGE | Stage.NAME:
            return complaint.neutral_judge
        case Stage.ANALYSE | Stage.PROPOSE | Stage.APPROVE | Stage.CARRY_OUT:
            return complaint.responsible
        case Stage.EVALUATE:
            return complaint.complainant
    return ""


def stepped(
    complaint: Complaint,
    stage: Stage,
    *,
    text: str,
    outcome: str = "",
    by: str,
    now: datetime,
) -> Complaint:
    """Return the complaint after one step; its next limit is set by the caller.

    Raises Overtaken or IllegalTransition for a step that is not the next one, Incomplete or UsageError when its text or
    outcome is missing or not allowed.
    """
    _must_be_next(complaint, stage)
    _check_outcome(stage, outcome)
    step = Taken(
        stage=stage,
        at=now,
        by=by,
        text=reason_given(text),
        outcome=outcome,
        escalated=complaint.is_escalated(now),
    )
    state, following = _what_follows(stage, outcome)
    return replace(
        complaint,
        taken=(*complaint.taken, step),
        state=state,
        next=following,
        due_at=None,
        escalated_at=None,
        responsible=outcome if stage is Stage.NAME else complaint.responsible,
    )


def _what_follows(stage: Stage, outcome: str) -> tuple[ComplaintState, Stage | None]:
    match stage, outcome:
        case Stage.JUDGE, Decision.NO:
            return ComplaintState.UNFOUNDED, None
        case Stage.APPROVE, Decision.NO:
            return ComplaintState.RUNNING, Stage.PROPOSE
        case Stage.EVALUATE, _:
            return ComplaintState.CLOSED, None
    return ComplaintState.RUNNING, ORDER[ORDER.index(stage) + 1]


def _must_be_next(complaint: Complaint, stage: Stage) -> None:
    if stage is complaint.next:
        return
    done = next((step for step in reversed(complaint.taken) if step.stage is stage), None)
    if done is not None:
        raise Overtaken(
            N_("“{step}” was already done by {by} at {at}."),
            step=Phrase(STAGE_WORDS[stage]),
            by=Who(done.by),
            at=done.at,
        )
    if complaint.next is None:
        raise IllegalTransition(
            N_("The complaint is {state}; there is nothing left to do."),
            state=Phrase(COMPLAINT_WORDS[complaint.state]),
        )
    raise IllegalTransition(
        N_("The next step is “{next}”; “{step}” comes later."),
        next=Phrase(STAGE_WORDS[complaint.next]),
        step=Phrase(STAGE_WORDS[stage]),
    )


def _check_outcome(stage: Stage, outcome: str) -> None:
    match stage:
        case Stage.JUDGE | Stage.APPROVE if outcome not in set(Decision):
            raise UsageError(N_("Say yes or no to “{step}”."), step=Phrase(STAGE_WORDS[stage]))
        case Stage.NAME | Stage.ANALYSE if not outcome:
            raise Incomplete(N_("“{step}” needs its outcome."), step=Phrase(STAGE_WORDS[stage]))
        case Stage.EVALUATE if outcome not in {str(grade) for grade in range(LEAST_GRADE, MOST_GRADE + 1)}:
            raise UsageError(
                N_("An evaluation is a grade from {least} to {most}."), least=LEAST_GRADE, most=MOST_GRADE
            )


def referred(complaint: Complaint, department: str) -> Complaint:
    """Return the complaint with another department as its judge.

    Raises IllegalTransition once it has been judged, UsageError for a party to it.
    """
    if complaint.next not in {Stage.JUDGE, Stage.NAME}:
        raise IllegalTransition(N_("This complaint is judged already; no other department can judge it now."))
    if department in complaint.parties:
        raise UsageError(N_("A complaint is never judged by a party to it; choose a third department."))
    return replace(complaint, judge=department)


def escalated(complaint: Complaint) -> Complaint:
    """Return the complaint with `escalated_at` set to the limit that has passed."""
    return replace(complaint, escalated_at=complaint.due_at)
