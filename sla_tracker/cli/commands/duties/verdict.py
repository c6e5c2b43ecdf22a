"""`sla accept` and `sla return`: record the consumer's verdict on deliveries."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import click

from sla_tracker.cli import output, screen
from sla_tracker.cli.commands.duties.work import act_on, act_on_each
from sla_tracker.cli.completion import complete_delivered
from sla_tracker.cli.formats.text_table import Tone
from sla_tracker.cli.grammar import Command, duty_reference, duty_references, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.errors import N_, SlaError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import paired
from sla_tracker.services.duties import operations
from sla_tracker.services.lookup.references import find_duty
from sla_tracker.wording.duties import not_reviewed_word, text_of


@click.command("accept", cls=Command)
@duty_references(complete_delivered)
@option("--confirm-claim", is_flag=True, help=N_("Confirm the earlier time that the provider claims."))
@click.pass_obj
def accept_command(invocation: Invocation, references: tuple[str, ...], confirm_claim: bool) -> None:
    """Accept deliveries."""
    _say_what_was_not_reviewed(invocation, references)
    accepting = operations.accept_action(invocation.context, invocation.actor, confirm_claim=confirm_claim)
    act_on_each(invocation, references, _("Accepted"), accepting)


def _say_what_was_not_reviewed(invocation: Invocation, references: Iterable[str]) -> None:
    """Print which of the deliveries a plugin failed to review."""
    for reference in references:
        with suppress(SlaError):  # accepting reports it
            duty = find_duty(invocation.context, reference)
            if not_reviewed := not_reviewed_word(duty.delivery):
                output.message(paired(text_of(duty.title), not_reviewed), Tone.WARNING)


@click.command("return", cls=Command)
@duty_reference(complete_delivered)
@option("--reason", metavar="TEXT", default="", help=N_("What is wrong with it; asked for when left out."))
@click.pass_obj
def return_command(invocation: Invocation, reference: str, reason: str) -> None:
    """Return a delivery."""
    if not reason and invocation.may_ask:
        reason = screen.prompt(_("Reason"))
    act_on(invocation, reference, _("Returned"), operations.return_, reason)
