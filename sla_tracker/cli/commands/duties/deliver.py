"""`sla deliver` and `sla fill`: deliver a duty, or store evidence before delivery."""

from __future__ import annotations

import click

from sla_tracker.cli import output, screen
from sla_tracker.cli.answers import asked_for, explaining_missing, understood
from sla_tracker.cli.completion import complete_owed
from sla_tracker.cli.formats.duty_lines import duty_line, moment_word, pairs
from sla_tracker.cli.formats.text_table import Tone
from sla_tracker.cli.grammar import Command, argument, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.agreements.fields import TICKED, FieldKind
from sla_tracker.domain.clean import clean
from sla_tracker.domain.duties.duty import OWED, Duty
from sla_tracker.errors import N_, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.services.access import Right, may
from sla_tracker.services.duties import operations, ratings
from sla_tracker.services.lookup.references import find_duty
from sla_tracker.wording.duties import department_word, not_reviewed_word
from sla_tracker.wording.party_statements import cause_word

# Characters of the prompt that lists all causes.
LONGEST_QUESTION = 1000
EVIDENCE = N_("Evidence, such as sheet, or amount=1200.50; a bare name is a tick. May be repeated.")


@click.command(
    "deliver",
    cls=Command,
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
    invocation: Invocation,
    reference: str,
    evidence: tuple[str, ...],
    all_ticks: bool,
    note: str,
    claimed: str | None,
) -> None:
    """Deliver a duty."""
    duty = find_duty(invocation.context, reference)
    claimed_at = invocation.moment(claimed) if claimed else None
    given = _ticks(duty) if all_ticks else {}
    given |= understood(invocation, duty.terms.evidence, pairs(evidence))
    if invocation.may_ask and _can_deliver(invocation, duty):
        given |= asked_for(invocation, duty.terms.evidence, {**duty.draft, **given})
    with explaining_missing(duty.terms.evidence, "-e"):
        delivered = operations.deliver(
            invocation.context, invocation.actor, duty.id, given, note=note, claimed_at=claimed_at
        )
    output.line(_("Delivered: {duty}", duty=duty_line(invocation, delivered)))
    if not_reviewed := not_reviewed_word(delivered.delivery):
        output.message(not_reviewed, Tone.WARNING)
    if delivered.accept_by_at is not None:
        output.message(
            _(
                "{consumer} has until {when} to judge it. To take it back: sla take-back {ref}",
                consumer=department_word(invocation.context, delivered.consumer),
                when=moment_word(invocation, delivered.accept_by_at),
                ref=delivered.reference,
            )
        )
    if ratings.asks_now(delivered, invocation.now()):
        _ask_why(invocation, delivered)


@click.command("fill", cls=Command)
@argument("reference", metavar="REF", help=N_("The duty's reference."), shell_complete=complete_owed)
@option("-e", "--evidence", metavar="NAME=VALUE", multiple=True, required=True, help=EVIDENCE)
@click.pass_obj
def fill_command(invocation: Invocation, reference: str, evidence: tuple[str, ...]) -> None:
    """Keep evidence without delivering."""
    duty = find_duty(invocation.context, reference)
    given = understood(invocation, duty.terms.evidence, pairs(evidence))
    filled = operations.fill_in(invocation.context, invocation.actor, duty.id, given)
    output.line(_("Kept: {duty}", duty=duty_line(invocation, filled)))


def _ask_why(invocation: Invocation, duty: Duty) -> None:
    """Ask once for the cause of a late delivery.

    Where nobody can answer, the command that records the cause is printed.
    """
    causes = invocation.context.settings.causes
    if not invocation.may_ask:
        listed = _(", ").join(_as_argument(cause_word(cause)) for cause in causes)
        hint = _(
            "It was late. To say why: sla cause {ref} CAUSE ({causes})", ref=duty.reference, causes=listed
        )
        output.message(hint, Tone.QUIET)
        return
    listed = _(", ").join(cause_word(cause) for cause in causes)
    question = clean(_("It was late; why? ({causes}; empty skips)", causes=listed), limit=LONGEST_QUESTION)
    try:
        while given := screen.prompt(question, default=""):
            if _explained(invocation, duty, given):
                return
    except click.Abort:
        output.message("")  # The delivery is stored already; only the question was aborted.


def _as_argument(word: str) -> str:
    return f'"{word}"' if " " in word else word


def _explained(invocation: Invocation, duty: Duty, cause: str) -> bool:
    try:
        explained = ratings.explain(invocation.context, invocation.actor, duty.id, cause)
    except UsageError as error:
        output.message(error.sentence(), Tone.WARNING)
        return False
    output.message(_("Cause given: {cause}", cause=cause_word(explained.cause)), Tone.GOOD)
    return True


def _ticks(duty: Duty) -> dict[str, str]:
    return {field.id: TICKED for field in duty.terms.evidence if field.kind is FieldKind.TICK}


def _can_deliver(invocation: Invocation, duty: Duty) -> bool:
    """Return whether to prompt for evidence.

    The duty must be open and the actor able to deliver it.
    """
    acting = invocation.context.acting(invocation.actor, invocation.now())
    right = may(acting, Right.DELIVER, provider=duty.provider, consumer=duty.consumer)
    return right and duty.state in OWED
