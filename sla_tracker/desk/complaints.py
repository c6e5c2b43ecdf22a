"""Use cases of complaints: record, take the next step, see which have passed their limit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from sla_tracker.core.complaint import (
    Complaint,
    ComplaintState,
    Stage,
    Taken,
    acting_department,
    escalated,
    stepped,
)
from sla_tracker.core.duty import Duty
from sla_tracker.core.people import Actor
from sla_tracker.core.subject import LONGEST_SUBJECT, subject_key
from sla_tracker.core.transitions import reason_given
from sla_tracker.desk.access import Right, may
from sla_tracker.desk.desk import Desk, existing, new_id
from sla_tracker.desk.ports import Reading, Writing
from sla_tracker.desk.sidewords import coded_cause
from sla_tracker.errors import N_, Forbidden, Refused, UsageError

RIGHTS = {
    Stage.JUDGE: Right.JUDGE_COMPLAINT,
    Stage.NAME: Right.JUDGE_COMPLAINT,
    Stage.ANALYSE: Right.HANDLE_COMPLAINT,
    Stage.PROPOSE: Right.HANDLE_COMPLAINT,
    Stage.APPROVE: Right.APPROVE_REMEDY,
    Stage.CARRY_OUT: Right.HANDLE_COMPLAINT,
    Stage.EVALUATE: Right.EVALUATE_COMPLAINT,
}


def lodge(
    desk: Desk, actor: Actor, against: str, text: str, *, duties: Iterable[str] = (), subject: str = ""
) -> Complaint:
    """Record a complaint of the actor's department about another, linked to duties if it is about some (step 1)."""
    department = desk.catalogue.department(against)
    if len(subject) > LONGEST_SUBJECT:
        raise UsageError(N_("A subject has at most {limit} characters."), limit=LONGEST_SUBJECT)
    ids = tuple(dict.fromkeys(duties))

    def work(tx: Writing, now: datetime) -> Complaint:
        desk.require(actor, Right.COMPLAIN, now, consumer=actor.department)
        if department.id == actor.department:
            raise Refused(N_("A complaint is about another department."))
        linked = [existing(tx, Duty, id) for id in ids]
        about = subject.strip() or next((duty.subject for duty in linked if duty.subject), "")
        made = Complaint(
            id=new_id(now),
            complainant=actor.department,
            against=department.id,
            judge=desk.settings.complaint_judge or department.id,
            subject=about,
            subject_key=subject_key(about),
            duties=ids,
            taken=(Taken(stage=Stage.RECORD, at=now, by=actor.id, text=reason_given(text)),),
            next=Stage.JUDGE,
            due_at=None,
        )
        return _kept(desk, tx, made, now)

    return desk.write(actor, "lodged_complaint", work)


def judge(desk: Desk, actor: Actor, complaint_id: str, *, founded: bool, reason: str) -> Complaint:
    """Say whether a complaint is founded (step 2); an unfounded one ends here, with its reason."""
    return _step(desk, actor, complaint_id, Stage.JUDGE, reason, "yes" if founded else "no")


def name(desk: Desk, actor: Actor, complaint_id: str, department: str, reason: str) -> Complaint:
    """Name the responsible department (step 3)."""
    responsible = desk.catalogue.department(department).id
    return _step(desk, actor, complaint_id, Stage.NAME, reason, responsible)


def analyse(desk: Desk, actor: Actor, complaint_id: str, cause: str, text: str) -> Complaint:
    """Say what caused it, by one of the deployment's categories and in words (step 4)."""
    return _step(desk, actor, complaint_id, Stage.ANALYSE, text, coded_cause(cause, desk.settings.causes))


def propose(desk: Desk, actor: Actor, complaint_id: str, remedy: str) -> Complaint:
    """Propose a remedy (step 5)."""
    return _step(desk, actor, complaint_id, Stage.PROPOSE, remedy, "")


def approve(desk: Desk, actor: Actor, complaint_id: str, *, approved: bool, reason: str) -> Complaint:
    """Approve the remedy as a superior who did not propose it, or send it back for another (step 6)."""
    return _step(desk, actor, complaint_id, Stage.APPROVE, reason, "yes" if approved else "no")


def carry_out(desk: Desk, actor: Actor, complaint_id: str, done: str) -> Complaint:
    """Say how the remedy was carried out (step 7)."""
    return _step(desk, actor, complaint_id, Stage.CARRY_OUT, done, "")


def evaluate(desk: Desk, actor: Actor, complaint_id: str, grade: int, summary: str) -> Complaint:
    """Sum up and grade from 0 to 4 how it was settled, as the department that complained (step 8)."""
    return _step(desk, actor, complaint_id, Stage.EVALUATE, summary, str(grade))


def _step(desk: Desk, actor: Actor, complaint_id: str, stage: Stage, text: str, outcome: str) -> Complaint:
    def work(tx: Writing, now: datetime) -> Complaint:
        complaint = existing(tx, Complaint, complaint_id)
        changed = stepped(complaint, stage, text=text, outcome=outcome, by=actor.id, now=now)
        _require_turn(desk, actor, complaint, stage, now)
        return _kept(desk, tx, changed, now)

    return desk.write(
        actor, "stepped_complaint", work, f"{stage.value}: {outcome}" if outcome else stage.value
    )


def may_step(desk: Desk, actor: Actor, complaint: Complaint, now: datetime) -> bool:
    """Say whether it is the actor's turn to take a complaint's next step."""
    if complaint.next is None:
        return False
    try:
        _require_turn(desk, actor, complaint, complaint.next, now)
    except Forbidden:
        return False
    return True


def _require_turn(desk: Desk, actor: Actor, complaint: Complaint, stage: Stage, now: datetime) -> None:
    """Ask for the right of the step; a remedy is approved by the head, or by the judge's when that head proposed it."""
    department = acting_department(complaint)
    right = RIGHTS[stage]
    if stage is Stage.APPROVE:
        if actor.id == complaint.proposer():
            raise _proposed_by_oneself(desk, complaint)
        if may(desk.acting(actor, now), right, provider=complaint.judge):
            return
    desk.require(actor, right, now, provider=department, consumer=complaint.complainant)


def _proposed_by_oneself(desk: Desk, complaint: Complaint) -> Forbidden:
    responsible = desk.catalogue.department(complaint.responsible).name
    if complaint.judge == complaint.responsible:
        return Forbidden(
            N_("You proposed this remedy; another head of {responsible} has to approve it."),
            responsible=responsible,
        )
    return Forbidden(
        N_("You proposed this remedy; another head of {responsible} or of {judge} has to approve it."),
        responsible=responsible,
        judge=desk.catalogue.department(complaint.judge).name,
    )


def _kept(desk: Desk, tx: Writing, complaint: Complaint, now: datetime) -> Complaint:
    """Store a complaint with the limit of its next step: the close of the N-th workday where it has to be taken."""
    if complaint.next is not None:
        calendar = desk.calendar_of(acting_department(complaint))
        workdays = desk.settings.complaint_limits[complaint.next]
        due_on = calendar.shift_workdays(calendar.local_date(now), workdays)
        complaint = replace(complaint, due_at=calendar.close_of(due_on))
    tx.put(complaint)
    return complaint


def late_complaints(tx: Reading, now: datetime) -> list[Complaint]:
    """Return the running complaints whose next step has passed its limit without that being written down."""
    return [
        complaint
        for complaint in tx.find(Complaint, state=ComplaintState.RUNNING)
        if complaint.escalated_at is None and complaint.is_escalated(now)
    ]


def escalate(tx: Writing, now: datetime) -> Iterator[Complaint]:
    """Write down which complaints have passed a limit; from then on they are the heads' business."""
    for complaint in late_complaints(tx, now):
        changed = escalated(complaint)
        tx.put(changed)
        yield changed


def listed(desk: Desk, department: str, *, ended: bool = False) -> list[Complaint]:
    """Return the complaints that concern a department, soonest limit first; ended ones, if asked, come last."""
    states = tuple(ComplaintState) if ended else (ComplaintState.RUNNING,)

    def work(tx: Reading) -> list[Complaint]:
        return [
            complaint
            for complaint in tx.find(Complaint, state=states)
            if department
            in {complaint.complainant, complaint.against, complaint.judge, complaint.responsible}
        ]

    found = desk.store.read(work)
    return sorted(found, key=lambda one: (one.due_at is None, one.due_at or one.recorded_at, one.id))
