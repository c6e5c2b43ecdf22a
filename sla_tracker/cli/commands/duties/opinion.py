"""`sla waiver`, `waive`, `reopen`, `rate`, `cause`: statements about a duty."""

from __future__ import annotations

import click

from sla_tracker.cli import output
from sla_tracker.cli.answers import cause_words, confirm_doubt, waiver_words
from sla_tracker.cli.commands.duties.work import act_on, act_on_each
from sla_tracker.cli.completion import complete_duties, complete_owed
from sla_tracker.cli.formats.documents import duty_document
from sla_tracker.cli.formats.duty_lines import duty_line
from sla_tracker.cli.formats.text_table import Tone
from sla_tracker.cli.grammar import Command, Group, argument, as_json, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.people import Actor
from sla_tracker.errors import N_, NeedsConfirmation
from sla_tracker.i18n import gettext as _
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import operations, ratings, waivers
from sla_tracker.services.queries.duties import row_of
from sla_tracker.wording.duties import person_word
from sla_tracker.wording.party_statements import code_word

CODE = N_("The kind of reason; a wrong one is answered with those there are.")
WHY = N_("Why; kept on record.")
REFERENCE = N_("The duty's reference.")


@click.group("waiver", cls=Group)
def waiver_command() -> None:
    """Hold the commands about waivers."""


@waiver_command.command("ask", cls=Command, help=N_("Ask the consumer's head to waive a duty of yours."))
@argument("reference", metavar="REF", help=REFERENCE, shell_complete=complete_owed)
@option("--code", metavar="CODE", required=True, help=CODE, offers=waiver_words)
@option("--reason", metavar="TEXT", required=True, help=WHY)
@click.pass_obj
def ask_command(invocation: Invocation, reference: str, code: str, reason: str) -> None:
    """Ask for a waiver."""
    act_on(invocation, reference, _("Waiver asked for"), waivers.ask, code=code, reason=reason)


@waiver_command.command("grant", cls=Command, help=N_("Grant a waiver that was asked for."))
@argument("reference", metavar="REF", help=REFERENCE, shell_complete=complete_owed)
@option("--answer", metavar="TEXT", default="", help=N_("What to tell them."))
@click.pass_obj
def grant_command(invocation: Invocation, reference: str, answer: str) -> None:
    """Grant a waiver."""
    act_on(invocation, reference, _("Waived"), waivers.grant, answer)


@waiver_command.command("refuse", cls=Command, help=N_("Refuse a waiver that was asked for."))
@argument("reference", metavar="REF", help=REFERENCE, shell_complete=complete_owed)
@option("--answer", metavar="TEXT", required=True, help=N_("What to tell them."))
@click.pass_obj
def refuse_command(invocation: Invocation, reference: str, answer: str) -> None:
    """Refuse a waiver."""
    act_on(invocation, reference, _("Refused"), waivers.refuse, answer)


@waiver_command.command(
    "list", cls=Command, help=N_("List the waivers that wait for your department's answer.")
)
@as_json
@click.pass_obj
def list_command(invocation: Invocation, as_json: bool) -> None:
    """List waivers to answer."""
    asked = waivers.pending(invocation.context, invocation.actor.department)
    if as_json:
        output.document(
            duties=[duty_document(row_of(invocation.context, duty, invocation.now())) for duty in asked]
        )
        return
    if not asked:
        output.message(_("No waiver waits for your department."), Tone.GOOD)
    for duty in asked:
        output.line(duty_line(invocation, duty), f"  {_asked(invocation, duty)}")


@click.command("waive", cls=Command)
@argument("reference", metavar="REF", help=REFERENCE, shell_complete=complete_owed)
@option("--code", metavar="CODE", required=True, help=CODE, offers=waiver_words)
@option("--reason", metavar="TEXT", required=True, help=WHY)
@click.pass_obj
def waive_command(invocation: Invocation, reference: str, code: str, reason: str) -> None:
    """Waive a duty."""
    act_on(invocation, reference, _("Waived"), waivers.waive, code=code, reason=reason)


@click.command("reopen", cls=Command)
@argument("reference", metavar="REF", help=REFERENCE)
@option("--reason", metavar="TEXT", required=True, help=WHY)
@click.pass_obj
def reopen_command(invocation: Invocation, reference: str, reason: str) -> None:
    """Reopen a duty."""
    act_on(invocation, reference, _("Open again"), operations.reopen, reason)


@click.command(
    "rate",
    cls=Command,
)
@argument("reference", metavar="REF", help=REFERENCE)
@argument("level", metavar="LEVEL", type=int, help=N_("0 to 4."))
@argument("word", metavar="[TEXT…]", nargs=-1, help=N_("A few words about it."))
@option("--again", "insists", is_flag=True, help=N_("Keep 0 on what was accepted."))
@click.pass_obj
def rate_command(
    invocation: Invocation, reference: str, level: int, word: tuple[str, ...], insists: bool
) -> None:
    """Rate a duty."""

    def rate(context: ServiceContext, actor: Actor, duty_id: str) -> Duty:
        said = " ".join(word)
        try:
            return ratings.rate(context, actor, duty_id, level, said, again=insists)
        except NeedsConfirmation as doubt:
            confirm_doubt(invocation, doubt)
            return ratings.rate(context, actor, duty_id, level, said, again=True)

    act_on(invocation, reference, _("Rated"), rate)


@click.command("cause", cls=Command)
@argument("reference", metavar="REF", help=REFERENCE, shell_complete=complete_duties)
@argument(
    "cause",
    metavar="CAUSE",
    help=N_("The kind of cause; a wrong one is answered with those there are."),
    offers=cause_words,
)
@argument("note", metavar="[TEXT…]", nargs=-1, help=N_("In your own words."))
@option(
    "--also",
    metavar="REF",
    multiple=True,
    help=N_("Another duty with the same cause, in the same act; may be repeated."),
    shell_complete=complete_duties,
)
@click.pass_obj
def cause_command(
    invocation: Invocation, reference: str, cause: str, note: tuple[str, ...], also: tuple[str, ...]
) -> None:
    """Give the cause."""
    action = ratings.explain_action(invocation.context, cause, " ".join(note))
    act_on_each(invocation, (reference, *also), _("Cause given"), action)


def _asked(invocation: Invocation, duty: Duty) -> str:
    """Return who asks for a waiver, and why."""
    if duty.waiver is None:
        return ""
    return _(
        "{who}: {code}, {reason}",
        who=person_word(invocation.context.people, duty.waiver.asked_by),
        code=code_word(duty.waiver.code),
        reason=duty.waiver.reason,
    )
