"""Use cases of complaints: lodge, take each of the 8 steps, escalate late ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from sla_tracker.domain.duties.complaint import (
    Complaint,
    ComplaintState,
    Stage,
    Taken,
    acting_department,
    escalated,
    referred,
    stepped,
)
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.states import Decision
from sla_tracker.domain.duties.subject import problem_with_subject, subject_key
from sla_tracker.domain.duties.transitions import reason_given
from sla_tracker.domain.people import Actor, Role
from sla_tracker.domain.reference import reference_of
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, Forbidden, Refused, SlaError, UsageError
from sla_tracker.services.access import Right, may
from sla_tracker.services.codes import coded_cause
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.lookup.archives import archived_duty
from sla_tracker.services.lookup.references import existing, new_id
from sla_tracker.services.ports import Reading, Writing

FEWEST_FOR_A_JUDGE = 3  # departments, so that one of them can be neither party
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
    context: ServiceContext,
    actor: Actor,
    against: str,
    text: str,
    *,
    duties: Iterable[str] = (),
    subject: str = "",
) -> Complaint:
    """Record a complaint about another department, linked to `duties` if any (step 1)."""
    department = context.catalogue.department(against)
    if subject.strip() and (wrong := problem_with_subject(subject)) is not None:
        raise wrong
    ids = tuple(dict.fromkeys(duties))
    archived = {id: found.duty for id in ids if (found := archived_duty(context.store, id)) is not None}

    def work(tx: Writing, now: datetime) -> Complaint:
        context.require(actor, Right.COMPLAIN, now, consumer=actor.department)
        if department.id == actor.department:
            raise Refused(N_("A complaint is about another department."))
        linked = [archived.get(id) or existing(tx, Duty, id) for id in ids]
        about = subject.strip() or next((duty.subject for duty in linked if duty.subject), "")
        made = Complaint(
            id=new_id(now),
            complainant=actor.department,
            against=department.id,
            judge=_neutral_judge(context, {actor.department, department.id}),
            subject=about,
            subject_key=subject_key(about),
            duties=ids,
            taken=(Taken(stage=Stage.RECORD, at=now, by=actor.id, text=reason_given(text)),),
            next=Stage.JUDGE,
            due_at=None,
        )
        return _store_with_limit(context, tx, made, now)

    return context.write(actor, Verb.LODGED_COMPLAINT, work)


def _neutral_judge(context: ServiceContext, parties: set[str]) -> str:
    """Return the department that the settings name as judge, unless it is a party."""
    named = context.settings.complaint_judge
    return "" if named in parties else named


def judge_missing(judge: str, departments: Collection[str]) -> SlaError | None:
    """Return the request to name a judge, or None where none is needed.

    A judge is needed where none is named and a third department could be.
    """
    if judge or len(departments) < FEWEST_FOR_A_JUDGE:
        return None
    return UsageError(
        N_(
            'No department judges complaints; name one that is seldom a party to them, such as judge = "{department}" '
            "under [complaints]. Until then administrators judge."
        ),
        department=min(departments),
    )


def refer(
    context: ServiceContext, actor: Actor, complaint_id: str, department: str, reason: str
) -> Complaint:
    """Choose, as an administrator, the neutral department that judges a complaint."""
    chosen = context.catalogue.department(department).id

    def work(tx: Writing, now: datetime) -> Complaint:
        context.require(actor, Right.ADMINISTER, now)
        complaint = referred(existing(tx, Complaint, complaint_id), chosen)
        return _store_with_limit(context, tx, complaint, now)

    return context.write(actor, Verb.REFERRED_COMPLAINT, work, reason_given(reason))


def judge(
    context: ServiceContext, actor: Actor, complaint_id: str, *, founded: bool, reason: str
) -> Complaint:
    """Judge whether a complaint is founded (step 2); an unfounded one ends here."""
    return _step(context, actor, complaint_id, Stage.JUDGE, reason, Decision.of(agrees=founded))


def name(context: ServiceContext, actor: Actor, complaint_id: str, department: str, reason: str) -> Complaint:
    """Name the responsible department (step 3)."""
    responsible = context.catalogue.department(department).id
    return _step(context, actor, complaint_id, Stage.NAME, reason, responsible)


def analyse(context: ServiceContext, actor: Actor, complaint_id: str, cause: str, text: str) -> Complaint:
    """Record the cause: one of the deployment's codes, and a text (step 4)."""
    return _step(
        context, actor, complaint_id, Stage.ANALYSE, text, coded_cause(cause, context.settings.causes)
    )


def propose(context: ServiceContext, actor: Actor, complaint_id: str, remedy: str) -> Complaint:
    """Propose a remedy (step 5)."""
    return _step(context, actor, complaint_id, Stage.PROPOSE, remedy, "")


def approve(
    context: ServiceContext, actor: Actor, complaint_id: str, *, approved: bool, reason: str
) -> Complaint:
    """Approve the remedy, or send it back (step 6); the proposer may not do this."""
    return _step(context, actor, complaint_id, Stage.APPROVE, reason, Decision.of(agrees=approved))


def carry_out(context: ServiceContext, actor: Actor, complaint_id: str, done: str) -> Complaint:
    """Record how the remedy was carried out (step 7)."""
    return _step(context, actor, complaint_id, Stage.CARRY_OUT, done, "")


def evaluate(context: ServiceContext, actor: Actor, complaint_id: str, grade: int, summary: str) -> Complaint:
    """Grade the settlement from 0 to 4, as the complaining department (step 8)."""
    return _step(context, actor, complaint_id, Stage.EVALUATE, summary, str(grade))


def _step(
    context: ServiceContext, actor: Actor, complaint_id: str, stage: Stage, text: str, outcome: str
) -> Complaint:
    def work(tx: Writing, now: datetime) -> Complaint:
        complaint = existing(tx, Complaint, complaint_id)
        changed = stepped(complaint, stage, text=text, outcome=outcome, by=actor.id, now=now)
        require_turn(context, actor, complaint, now)
        return _store_with_limit(context, tx, changed, now)

    return context.write(
        actor, Verb.STEPPED_COMPLAINT, work, f"{stage.value}: {outcome}" if outcome else stage.value
    )


def may_step(context: ServiceContext, actor: Actor, complaint: Complaint, now: datetime) -> bool:
    """Tell whether the actor may take the complaint's next step."""
    if complaint.next is None:
        return False
    try:
        require_turn(context, actor, complaint, now)
    except Forbidden:
        return False
    return True


def require_turn(context: ServiceContext, actor: Actor, complaint: Complaint, now: datetime) -> None:
    """Raise Forbidden unless the actor may take the complaint's next step.

    A remedy may also be approved by the head of the judging department, because the responsible department's head may
    have proposed it. Without a neutral judging department an administrator judges who belongs to neither party.
    """
    stage = complaint.next
    if stage is None:
        return
    department = acting_department(complaint)
    right = RIGHTS[stage]
    if stage in {Stage.JUDGE, Stage.NAME} and not department:
        _require_neutral_administrator(context, actor, complaint, now)
        return
    if stage is Stage.APPROVE:
        if actor.id == complaint.proposer():
            raise _own_proposal_error(context, complaint)
        if _is_neutral_administrator(context, actor, complaint, now) or may(
            context.acting(actor, now), right, provider=complaint.neutral_judge
        ):
            return
    context.require(actor, right, now, provider=department, consumer=complaint.complainant)


def _is_neutral_administrator(
    context: ServiceContext, actor: Actor, complaint: Complaint, now: datetime
) -> bool:
    """Tell whether the actor may judge a complaint as an administrator.

    The complaint must have no neutral judge, and the actor must belong to neither party.
    """
    acting = context.acting(actor, now)
    return (
        not complaint.neutral_judge
        and acting.role is Role.ADMIN
        and acting.department not in complaint.parties
    )


def _require_neutral_administrator(
    context: ServiceContext, actor: Actor, complaint: Complaint, now: datetime
) -> None:
    if not _is_neutral_administrator(context, actor, complaint, now):
        raise Forbidden(
            N_(
                "No department that is neutral judges this complaint: an administrator of neither party does, or "
                "chooses one (sla complaint refer {ref} DEPARTMENT REASON)."
            ),
            ref=reference_of(complaint.id),
        )


def _own_proposal_error(context: ServiceContext, complaint: Complaint) -> Forbidden:
    responsible = context.catalogue.department(complaint.responsible).name
    if complaint.neutral_judge in {"", complaint.responsible}:
        return Forbidden(
            N_("You proposed this remedy; another head of {responsible} has to approve it."),
            responsible=responsible,
        )
    return Forbidden(
        N_("You proposed this remedy; another head of {responsible} or of {judge} has to approve it."),
        responsible=responsible,
        judge=context.catalogue.department(complaint.neutral_judge).name,
    )


def _store_with_limit(context: ServiceContext, tx: Writing, complaint: Complaint, now: datetime) -> Complaint:
    """Store a complaint with the limit of its next step.

    The limit is the close of the N-th workday of the department that has to act.
    """
    if complaint.next is not None:
        calendar = context.calendar_of(acting_department(complaint))
        workdays = context.settings.complaint_limits[complaint.next]
        due_on = calendar.shift_workdays(calendar.local_date(now), workdays)
        complaint = replace(complaint, due_at=calendar.close_of(due_on))
    tx.put(complaint)
    return complaint


def late_complaints(tx: Reading, now: datetime) -> list[Complaint]:
    """Return the running complaints past their limit that are not marked as escalated."""
    running = tx.find(Complaint, state=ComplaintState.RUNNING)
    return [complaint for complaint in running if escalated_if_late(complaint, now)]


def escalated_if_late(complaint: Complaint, now: datetime) -> Complaint | None:
    """Return a running complaint past its limit as escalated to the heads.

    None if it is not past it, or is escalated already.
    """
    is_late = complaint.state is ComplaintState.RUNNING and complaint.is_escalated(now)
    return escalated(complaint) if is_late and complaint.escalated_at is None else None


def listed(
    context: ServiceContext, department: str, *, ended: bool = False, unjudged: bool = False
) -> list[Complaint]:
    """Return a department's complaints, soonest limit first.

    `ended` adds ended complaints at the end, `unjudged` those that wait for an administrator, whomever they are
    between.
    """
    states = tuple(ComplaintState) if ended else (ComplaintState.RUNNING,)

    def work(tx: Reading) -> list[Complaint]:
        return [
            complaint
            for complaint in tx.find(Complaint, state=states)
            if department
            in {complaint.complainant, complaint.against, complaint.judge, complaint.responsible}
            or (unjudged and complaint.next is not None and not acting_department(complaint))
        ]

    found = context.store.read(work)
    return sorted(found, key=lambda one: (one.due_at is None, one.due_at or one.recorded_at, one.id))
