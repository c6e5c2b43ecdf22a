"""`sla complaint`: lodge one, take its next step, see how far it has come."""

from __future__ import annotations

import click

from sla_tracker.cli import output
from sla_tracker.cli.bothsides import complaint_document
from sla_tracker.cli.completing import complete_departments
from sla_tracker.cli.grammar import Command, Group, argument, as_json, option
from sla_tracker.cli.session import Session
from sla_tracker.cli.table import Column, Span, Tone
from sla_tracker.cli.views import department_word, moment_word
from sla_tracker.core.complaint import COMPLAINT_WORDS, STAGE_WORDS, Complaint, acting_department
from sla_tracker.desk import complaints
from sla_tracker.desk.desk import find_duty, resolve
from sla_tracker.desk.sidewords import outcome_in_words
from sla_tracker.desk.words import person_word
from sla_tracker.errors import N_, UsageError
from sla_tracker.locale import gettext as _

REFERENCE = N_("The complaint's reference.")
WORDS = N_("What is to be on record.")


@click.group("complaint", cls=Group, help=N_("Complain about another department, and settle complaints."))
def complaint_command() -> None:
    """Hold the commands about complaints."""


@complaint_command.command("lodge", cls=Command, help=N_("Lodge a complaint about a department."))
@argument("department", metavar="DEPARTMENT", help=N_("About whom."), shell_complete=complete_departments)
@argument("text", metavar="TEXT…", nargs=-1, required=True, help=N_("What happened."))
@option("--duty", "duties", metavar="REF", multiple=True, help=N_("A duty it is about; may be repeated."))
@option("--subject", metavar="SUBJECT", default="", help=N_("The vehicle, contract or person it is about."))
@click.pass_obj
def lodge_command(
    session: Session, department: str, text: tuple[str, ...], duties: tuple[str, ...], subject: str
) -> None:
    """Lodge a complaint."""
    ids = [find_duty(session.desk, reference).id for reference in duties]
    made = complaints.lodge(
        session.desk, session.actor, department, " ".join(text), duties=ids, subject=subject
    )
    _tell(session, made)


@complaint_command.command("judge", cls=Command, help=N_("Say whether it is founded; an unfounded one ends."))
@argument("reference", metavar="REF", help=REFERENCE)
@argument("text", metavar="TEXT…", nargs=-1, required=True, help=WORDS)
@option("--founded", "founded", flag_value="yes", help=N_("It is founded."))
@option("--unfounded", "founded", flag_value="no", help=N_("It is not; it ends here."))
@click.pass_obj
def judge_command(session: Session, reference: str, text: tuple[str, ...], founded: str | None) -> None:
    """Judge a complaint."""
    if founded is None:
        raise UsageError(N_("Say --founded or --unfounded."))
    complaint = _find(session, reference)
    _tell(
        session,
        complaints.judge(
            session.desk, session.actor, complaint.id, founded=founded == "yes", reason=" ".join(text)
        ),
    )


@complaint_command.command("name", cls=Command, help=N_("Name the department that answers for it."))
@argument("reference", metavar="REF", help=REFERENCE)
@argument(
    "department", metavar="DEPARTMENT", help=N_("Who answers for it."), shell_complete=complete_departments
)
@argument("text", metavar="TEXT…", nargs=-1, required=True, help=WORDS)
@click.pass_obj
def name_command(session: Session, reference: str, department: str, text: tuple[str, ...]) -> None:
    """Name the responsible department."""
    complaint = _find(session, reference)
    _tell(session, complaints.name(session.desk, session.actor, complaint.id, department, " ".join(text)))


@complaint_command.command("analyse", cls=Command, help=N_("Say what caused it."))
@argument("reference", metavar="REF", help=REFERENCE)
@argument(
    "cause", metavar="CAUSE", help=N_("The kind of cause; a wrong one is answered with those there are.")
)
@argument("text", metavar="TEXT…", nargs=-1, required=True, help=WORDS)
@click.pass_obj
def analyse_command(session: Session, reference: str, cause: str, text: tuple[str, ...]) -> None:
    """Analyse the cause."""
    complaint = _find(session, reference)
    _tell(session, complaints.analyse(session.desk, session.actor, complaint.id, cause, " ".join(text)))


@complaint_command.command("propose", cls=Command, help=N_("Propose a remedy."))
@argument("reference", metavar="REF", help=REFERENCE)
@argument("text", metavar="TEXT…", nargs=-1, required=True, help=WORDS)
@click.pass_obj
def propose_command(session: Session, reference: str, text: tuple[str, ...]) -> None:
    """Propose a remedy."""
    complaint = _find(session, reference)
    _tell(session, complaints.propose(session.desk, session.actor, complaint.id, " ".join(text)))


@complaint_command.command("approve", cls=Command, help=N_("Approve the remedy, or send it back."))
@argument("reference", metavar="REF", help=REFERENCE)
@argument("text", metavar="TEXT…", nargs=-1, required=True, help=WORDS)
@option("--yes", "approved", flag_value="yes", help=N_("It is to be carried out."))
@option("--no", "approved", flag_value="no", help=N_("Another one has to be proposed."))
@click.pass_obj
def approve_command(session: Session, reference: str, text: tuple[str, ...], approved: str | None) -> None:
    """Approve a remedy."""
    if approved is None:
        raise UsageError(N_("Say --yes or --no."))
    complaint = _find(session, reference)
    _tell(
        session,
        complaints.approve(
            session.desk, session.actor, complaint.id, approved=approved == "yes", reason=" ".join(text)
        ),
    )


@complaint_command.command("carry-out", cls=Command, help=N_("Say how the remedy was carried out."))
@argument("reference", metavar="REF", help=REFERENCE)
@argument("text", metavar="TEXT…", nargs=-1, required=True, help=WORDS)
@click.pass_obj
def carry_out_command(session: Session, reference: str, text: tuple[str, ...]) -> None:
    """Carry the remedy out."""
    complaint = _find(session, reference)
    _tell(session, complaints.carry_out(session.desk, session.actor, complaint.id, " ".join(text)))


@complaint_command.command(
    "evaluate", cls=Command, help=N_("Sum up and grade how it was settled: 0 not met to 4 memorable.")
)
@argument("reference", metavar="REF", help=REFERENCE)
@argument("grade", metavar="GRADE", type=int, help=N_("0 to 4."))
@argument("text", metavar="TEXT…", nargs=-1, required=True, help=WORDS)
@click.pass_obj
def evaluate_command(session: Session, reference: str, grade: int, text: tuple[str, ...]) -> None:
    """Evaluate a complaint."""
    complaint = _find(session, reference)
    _tell(session, complaints.evaluate(session.desk, session.actor, complaint.id, grade, " ".join(text)))


@complaint_command.command("list", cls=Command, help=N_("List complaints that concern your department."))
@option("--all", "ended", is_flag=True, help=N_("Those that have ended too."))
@as_json
@click.pass_obj
def list_command(session: Session, ended: bool, as_json: bool) -> None:
    """List complaints."""
    found = complaints.listed(session.desk, session.actor.department, ended=ended)
    if as_json:
        output.document(complaints=[complaint_document(one, session.now()) for one in found])
        return
    if not found:
        output.tell(_("No complaint concerns your department."), Tone.GOOD)
        return
    columns = [
        Column(heading=_("Ref")),
        Column(heading=_("From → about")),
        Column(heading=_("What"), flexible=True),
        Column(heading=_("Next step"), flexible=True),
        Column(heading=_("Whose turn")),
        Column(heading=_("Limit")),
    ]
    output.table(columns, [_cells(session, one) for one in found])


@complaint_command.command("show", cls=Command, help=N_("Show a complaint with every step taken."))
@argument("reference", metavar="REF", help=REFERENCE)
@as_json
@click.pass_obj
def show_command(session: Session, reference: str, as_json: bool) -> None:
    """Show a complaint."""
    complaint = _find(session, reference)
    if as_json:
        output.document(complaint=complaint_document(complaint, session.now()))
        return
    _tell(session, complaint)
    names = {id: one.name for id, one in session.desk.catalogue.departments.items()}
    for step in complaint.taken:
        who = person_word(session.desk.people, step.by)
        outcome = outcome_in_words(step, names)
        late = Span(f"  {_('too late')}" if step.escalated else "", Tone.ALARM)
        output.line(
            Span(f"  {moment_word(session, step.at)}  ", Tone.QUIET),
            f"{_(STAGE_WORDS[step.stage])}{f': {outcome}' if outcome else ''}  {who}: {step.text}",
            late,
        )


def _find(session: Session, reference: str) -> Complaint:
    return session.desk.store.read(lambda tx: resolve(tx, Complaint, reference))


def _tell(session: Session, complaint: Complaint) -> None:
    """Say in one line how a complaint stands."""
    between = _between(session, complaint)
    if complaint.next is None or complaint.due_at is None:
        output.line(f"{complaint.id[-6:]}  {between}  ·  {_(COMPLAINT_WORDS[complaint.state])}")
        return
    said = _(
        "next: {step} ({department}) by {when}",
        step=_(STAGE_WORDS[complaint.next]),
        department=department_word(session.desk, acting_department(complaint)),
        when=moment_word(session, complaint.due_at),
    )
    output.line(f"{complaint.id[-6:]}  {between}  ·  {said}")


def _between(session: Session, complaint: Complaint) -> str:
    desk = session.desk
    return f"{department_word(desk, complaint.complainant)} → {department_word(desk, complaint.against)}"


def _cells(session: Session, complaint: Complaint) -> list[Span]:
    late = complaint.is_escalated(session.now())
    step = STAGE_WORDS[complaint.next] if complaint.next else COMPLAINT_WORDS[complaint.state]
    return [
        Span(complaint.id[-6:], Tone.QUIET),
        Span(_between(session, complaint)),
        Span(complaint.text),
        Span(_(step)),
        Span(department_word(session.desk, acting_department(complaint)) if complaint.next else ""),
        Span(
            moment_word(session, complaint.due_at) if complaint.due_at else "",
            Tone.ALARM if late else Tone.PLAIN,
        ),
    ]
