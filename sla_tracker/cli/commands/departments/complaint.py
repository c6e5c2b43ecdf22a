"""`sla complaint`: lodges, advances, lists and shows complaints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from sla_tracker.cli import output
from sla_tracker.cli.answers import cause_words
from sla_tracker.cli.commands.departments.complaint_figures import figures_command
from sla_tracker.cli.completion import complete_departments
from sla_tracker.cli.formats.department_documents import complaint_document
from sla_tracker.cli.formats.duty_lines import moment_word
from sla_tracker.cli.formats.list_files import to_file, write_list_file
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.cli.grammar import Command, Group, argument, as_json, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.duties.complaint import COMPLAINT_WORDS, STAGE_WORDS, Complaint
from sla_tracker.domain.duties.states import Decision
from sla_tracker.domain.people import Role
from sla_tracker.domain.reference import reference_of
from sla_tracker.errors import N_, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import paired
from sla_tracker.services.departments import complaints
from sla_tracker.services.lookup.references import find_duty_to_read, resolve
from sla_tracker.services.queries.list_content import ListContent
from sla_tracker.wording.duties import department_word, person_word
from sla_tracker.wording.party_statements import format_outcome, turn_word

StepCommand = Callable[..., Complaint]
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

FLEXIBLE = range(1, 4)  # columns of the list that shrink on narrow screens
REFERENCE: Decorator = argument("reference", metavar="REF", help=N_("The complaint's reference."))
TEXT: Decorator = argument(
    "text", metavar="TEXT…", nargs=-1, required=True, help=N_("What is to be on record.")
)


@click.group("complaint", cls=Group)
def complaint_command() -> None:
    """Hold the commands about complaints."""


@complaint_command.command("lodge", cls=Command, help=N_("Lodge a complaint about a department."))
@argument("department", metavar="DEPARTMENT", help=N_("About whom."), shell_complete=complete_departments)
@argument("text", metavar="TEXT…", nargs=-1, required=True, help=N_("What happened."))
@option("--duty", "duties", metavar="REF", multiple=True, help=N_("A duty it is about; may be repeated."))
@option("--subject", metavar="SUBJECT", default="", help=N_("The vehicle, contract or person it is about."))
@click.pass_obj
def lodge_command(
    invocation: Invocation, department: str, text: tuple[str, ...], duties: tuple[str, ...], subject: str
) -> None:
    """Lodge a complaint."""
    ids = [find_duty_to_read(invocation.context, reference).id for reference in duties]
    made = complaints.lodge(
        invocation.context, invocation.actor, department, " ".join(text), duties=ids, subject=subject
    )
    _tell(invocation, made)


def _step(name: str, help: str, *asked: Decorator) -> Callable[[StepCommand], StepCommand]:  # noqa: A002 (as click has it)
    """Return a decorator that makes a step of a complaint a command.

    The command takes REF, the options given, and TEXT. The decorated function takes the invocation, the complaint's id,
    the text and the options' values, and returns the complaint after the step.
    """

    def add(step: StepCommand) -> StepCommand:
        def run(invocation: Invocation, reference: str, text: tuple[str, ...], **said: Any) -> None:
            complaint = _find(invocation, reference)
            _tell(invocation, step(invocation, complaint.id, " ".join(text), **said))

        command: Callable[..., Any] = click.pass_obj(run)
        for decorate in (TEXT, *reversed(asked), REFERENCE):
            command = decorate(command)
        complaint_command.command(name, cls=Command, help=help)(command)
        return step

    return add


@_step(
    "judge",
    N_("Say whether it is founded; an unfounded one ends."),
    option("--founded", "founded", flag_value=Decision.YES.value, help=N_("It is founded.")),
    option("--unfounded", "founded", flag_value=Decision.NO.value, help=N_("It is not; it ends here.")),
)
def judge_step(invocation: Invocation, id: str, text: str, founded: str | None) -> Complaint:
    """Judge a complaint."""
    if founded is None:
        raise UsageError(N_("Say --founded or --unfounded."))
    return complaints.judge(
        invocation.context, invocation.actor, id, founded=founded == Decision.YES, reason=text
    )


@_step(
    "refer",
    N_("Choose the neutral department whose head judges it, as an administrator."),
    argument(
        "department",
        metavar="DEPARTMENT",
        help=N_("Who judges it; neither of the two that it is between."),
        shell_complete=complete_departments,
    ),
)
def refer_step(invocation: Invocation, id: str, text: str, department: str) -> Complaint:
    """Choose who judges a complaint."""
    return complaints.refer(invocation.context, invocation.actor, id, department, text)


@_step(
    "name",
    N_("Name the department that answers for it."),
    argument(
        "department",
        metavar="DEPARTMENT",
        help=N_("Who answers for it."),
        shell_complete=complete_departments,
    ),
)
def name_step(invocation: Invocation, id: str, text: str, department: str) -> Complaint:
    """Name the responsible department."""
    return complaints.name(invocation.context, invocation.actor, id, department, text)


@_step(
    "analyse",
    N_("Say what caused it."),
    argument(
        "cause",
        metavar="CAUSE",
        help=N_("The kind of cause; a wrong one is answered with those there are."),
        offers=cause_words,
    ),
)
def analyse_step(invocation: Invocation, id: str, text: str, cause: str) -> Complaint:
    """Analyse the cause."""
    return complaints.analyse(invocation.context, invocation.actor, id, cause, text)


@_step("propose", N_("Propose a remedy."))
def propose_step(invocation: Invocation, id: str, text: str) -> Complaint:
    """Propose a remedy."""
    return complaints.propose(invocation.context, invocation.actor, id, text)


@_step(
    "approve",
    N_("Approve the remedy, or send it back."),
    option("--yes", "approved", flag_value=Decision.YES.value, help=N_("It is to be carried out.")),
    option("--no", "approved", flag_value=Decision.NO.value, help=N_("Another one has to be proposed.")),
)
def approve_step(invocation: Invocation, id: str, text: str, approved: str | None) -> Complaint:
    """Approve a remedy."""
    if approved is None:
        raise UsageError(N_("Say --yes or --no."))
    return complaints.approve(
        invocation.context, invocation.actor, id, approved=approved == Decision.YES, reason=text
    )


@_step("carry-out", N_("Say how the remedy was carried out."))
def carry_out_step(invocation: Invocation, id: str, text: str) -> Complaint:
    """Carry the remedy out."""
    return complaints.carry_out(invocation.context, invocation.actor, id, text)


@_step(
    "evaluate",
    N_("Sum up and grade how it was settled: 0 not met to 4 memorable."),
    argument("grade", metavar="GRADE", type=int, help=N_("0 to 4.")),
)
def evaluate_step(invocation: Invocation, id: str, text: str, grade: int) -> Complaint:
    """Evaluate a complaint."""
    return complaints.evaluate(invocation.context, invocation.actor, id, grade, text)


@complaint_command.command("list", cls=Command, help=N_("List complaints that concern your department."))
@option("--all", "ended", is_flag=True, help=N_("Those that have ended too."))
@to_file
@as_json
@click.pass_obj
def list_command(invocation: Invocation, ended: bool, file: str | None, as_json: bool) -> None:
    """List complaints."""
    administers = invocation.actor.role is Role.ADMIN
    found = complaints.listed(
        invocation.context, invocation.actor.department, ended=ended, unjudged=administers
    )
    document = {"complaints": [complaint_document(one, invocation.now()) for one in found]}
    headings = (_("Ref"), _("From → about"), _("What"), _("Next step"), _("Whose turn"), _("Limit"))
    if file:
        rows = tuple(
            (
                *(cell.text for cell in _cells(invocation, one)[:-1]),
                one.due_at and one.due_at.astimezone(invocation.zone),
            )
            for one in found
        )
        content = ListContent(id="complaints", title=_("Complaints"), headings=headings, rows=rows)
        write_list_file(invocation, content, file, document)
        return
    if as_json:
        output.document(**document)
        return
    if not found:
        output.message(_("No complaint concerns your department."), Tone.GOOD)
        return
    columns = [Column(heading=heading, flexible=place in FLEXIBLE) for place, heading in enumerate(headings)]
    output.table(columns, [_cells(invocation, one) for one in found])


@complaint_command.command("show", cls=Command, help=N_("Show a complaint with every step taken."))
@REFERENCE
@as_json
@click.pass_obj
def show_command(invocation: Invocation, reference: str, as_json: bool) -> None:
    """Show a complaint."""
    complaint = _find(invocation, reference)
    if as_json:
        output.document(complaint=complaint_document(complaint, invocation.now()))
        return
    _tell(invocation, complaint)
    names = {id: one.name for id, one in invocation.context.catalogue.departments.items()}
    for step in complaint.taken:
        who = person_word(invocation.context.people, step.by)
        stage, outcome = _(STAGE_WORDS[step.stage]), format_outcome(step, names)
        late = Span(f"  {_('too late')}" if step.escalated else "", Tone.ALARM)
        output.line(
            Span(f"  {moment_word(invocation, step.at)}  ", Tone.QUIET),
            f"{paired(stage, outcome) if outcome else stage}  {paired(who, step.text)}",
            late,
        )


def _find(invocation: Invocation, reference: str) -> Complaint:
    return invocation.context.store.read(lambda tx: resolve(tx, Complaint, reference, "sla complaint list"))


def _tell(invocation: Invocation, complaint: Complaint) -> None:
    """Print the state of a complaint in one line."""
    between = _between(invocation, complaint)
    if complaint.next is None or complaint.due_at is None:
        output.line(f"{reference_of(complaint.id)}  {between}  ·  {_(COMPLAINT_WORDS[complaint.state])}")
        return
    said = _(
        "next: {step} ({department}) by {when}",
        step=_(STAGE_WORDS[complaint.next]),
        department=_turn(invocation, complaint),
        when=moment_word(invocation, complaint.due_at),
    )
    output.line(f"{reference_of(complaint.id)}  {between}  ·  {said}")


def _turn(invocation: Invocation, complaint: Complaint) -> str:
    names = {id: one.name for id, one in invocation.context.catalogue.departments.items()}
    return turn_word(complaint, names)


def _between(invocation: Invocation, complaint: Complaint) -> str:
    context = invocation.context
    return (
        f"{department_word(context, complaint.complainant)} → {department_word(context, complaint.against)}"
    )


def _cells(invocation: Invocation, complaint: Complaint) -> list[Span]:
    late = complaint.is_escalated(invocation.now())
    step = STAGE_WORDS[complaint.next] if complaint.next else COMPLAINT_WORDS[complaint.state]
    return [
        Span(reference_of(complaint.id), Tone.QUIET),
        Span(_between(invocation, complaint)),
        Span(complaint.text),
        Span(_(step)),
        Span(_turn(invocation, complaint)),
        Span(
            moment_word(invocation, complaint.due_at) if complaint.due_at else "",
            Tone.ALARM if late else Tone.PLAIN,
        ),
    ]


complaint_command.add_command(figures_command)
