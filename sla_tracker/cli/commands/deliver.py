"""`sla deliver` and `sla fill`: evidence, given at once or bit by bit."""

from __future__ import annotations

import click

from sla_tracker.cli import output
from sla_tracker.cli.answers import asked_for, told_how, understood
from sla_tracker.cli.completing import complete_owed
from sla_tracker.cli.grammar import Command, argument, option
from sla_tracker.cli.session import Session
from sla_tracker.cli.table import Tone
from sla_tracker.cli.views import department_word, duty_line, moment_word, pairs
from sla_tracker.core.clean import clean
from sla_tracker.core.duty import OWED, Duty
from sla_tracker.core.fields import TICKED, FieldKind
from sla_tracker.desk import duties, ratings
from sla_tracker.desk.access import Right, may
from sla_tracker.desk.desk import find_duty
from sla_tracker.desk.sidewords import cause_word
from sla_tracker.errors import N_, UsageError
from sla_tracker.locale import gettext as _

LONGEST_QUESTION = 1000
EVIDENCE = N_("Evidence, such as sheet, or amount=1200.50; a bare name is a tick. May be repeated.")


@click.command(
    "deliver",
    cls=Command,
    help=N_(
        "Deliver a duty with its evidence.\nWhat is missing is asked for, where somebody is there to answer."
    ),
)
@argument("reference", metavar="REF", help=N_("The duty's reference."), shell_complete=complete_owed)
@option("-e", "--evidence", metavar="NAME=VALUE", multiple=True, help=EVIDENCE)
@option("--all-ticks", is_flag=True, help=N_("Everything that only has to be ticked is there."))
@option("--note", metavar="TEXT", default="", help=N_("A note to the consumer."))
@option(
    "--claimed",
    metavar="TIME",
    help=N_("When it was really delivered; counts once the consumer confirms it."),
)
@click.pass_obj
def deliver_command(
    session: Session,
    reference: str,
    evidence: tuple[str, ...],
    all_ticks: bool,
    note: str,
    claimed: str | None,
) -> None:
    """Deliver a duty."""
    duty = find_duty(session.desk, reference)
    claimed_at = session.moment(claimed) if claimed else None
    given = _ticks(duty) if all_ticks else {}
    given |= understood(session, duty.terms.evidence, pairs(evidence))
    if session.may_ask and _would_be_heard(session, duty):
        given |= asked_for(session, duty.terms.evidence, {**duty.draft, **given})
    with told_how(duty.terms.evidence, "-e"):
        delivered = duties.deliver(
            session.desk, session.actor, duty.id, given, note=note, claimed_at=claimed_at
        )
    output.line(_("Delivered: {duty}", duty=duty_line(session, delivered)))
    if delivered.accept_by_at is not None:
        output.tell(
            _(
                "{consumer} has until {when} to judge it. To take it back: sla take-back {ref}",
                consumer=department_word(session.desk, delivered.consumer),
                when=moment_word(session, delivered.accept_by_at),
                ref=delivered.reference,
            )
        )
    if ratings.asks_now(delivered, session.now()):
        _ask_why(session, delivered)


@click.command("fill", cls=Command, help=N_("Keep evidence that is there already, without delivering yet."))
@argument("reference", metavar="REF", help=N_("The duty's reference."), shell_complete=complete_owed)
@option("-e", "--evidence", metavar="NAME=VALUE", multiple=True, required=True, help=EVIDENCE)
@click.pass_obj
def fill_command(session: Session, reference: str, evidence: tuple[str, ...]) -> None:
    """Keep evidence without delivering."""
    duty = find_duty(session.desk, reference)
    given = understood(session, duty.terms.evidence, pairs(evidence))
    filled = duties.fill_in(session.desk, session.actor, duty.id, given)
    output.line(_("Kept: {duty}", duty=duty_line(session, filled)))


def _ask_why(session: Session, duty: Duty) -> None:
    """Ask once why a delivery was late; no answer skips it. Where nobody may be asked, say how to tell."""
    causes = session.desk.settings.causes
    if not session.may_ask:
        listed = _(", ").join(_as_argument(cause_word(cause)) for cause in causes)
        hint = _(
            "It was late. To say why: sla cause {ref} CAUSE ({causes})", ref=duty.reference, causes=listed
        )
        output.tell(hint, Tone.QUIET)
        return
    listed = _(", ").join(cause_word(cause) for cause in causes)
    question = clean(_("It was late; why? ({causes}; empty skips)", causes=listed), limit=LONGEST_QUESTION)
    try:
        while given := click.prompt(question, default="", show_default=False, err=True):
            if _explained(session, duty, given):
                return
    except click.Abort:
        output.tell("")  # The delivery stands; only the question was left.


def _as_argument(word: str) -> str:
    return f'"{word}"' if " " in word else word


def _explained(session: Session, duty: Duty, cause: str) -> bool:
    try:
        explained = ratings.explain(session.desk, session.actor, duty.id, cause)
    except UsageError as error:
        output.tell(error.sentence(), Tone.WARNING)
        return False
    output.tell(_("Cause given: {cause}", cause=cause_word(explained.cause)), Tone.GOOD)
    return True


def _ticks(duty: Duty) -> dict[str, str]:
    return {field.id: TICKED for field in duty.terms.evidence if field.kind is FieldKind.TICK}


def _would_be_heard(session: Session, duty: Duty) -> bool:
    """Say whether answers would be of use: the duty is owed and this person may deliver it."""
    acting = session.desk.acting(session.actor, session.now())
    right = may(acting, Right.DELIVER, provider=duty.provider, consumer=duty.consumer)
    return right and duty.state in OWED
