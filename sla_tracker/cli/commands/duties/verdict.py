"""`sla accept` and `sla return`: record the consumer's verdict on deliveries."""

from __future__ import annotations

import click

from sla_tracker.cli.commands.duties.work import act_on, act_on_each
from sla_tracker.cli.completion import complete_delivered
from sla_tracker.cli.grammar import Command, duty_reference, duty_references, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.services.duties import operations


@click.command("accept", cls=Command, help=N_("Accept deliveries."))
@duty_references(complete_delivered)
@option("--confirm-claim", is_flag=True, help=N_("Confirm the earlier time that the provider claims."))
@click.pass_obj
def accept_command(invocation: Invocation, references: tuple[str, ...], confirm_claim: bool) -> None:
    """Accept deliveries."""
    accepting = operations.accept_action(invocation.context, invocation.actor, confirm_claim=confirm_claim)
    act_on_each(invocation, references, _("Accepted"), accepting)


@click.command("return", cls=Command, help=N_("Return a delivery with a reason; the duty is open again."))
@duty_reference(complete_delivered)
@option("--reason", metavar="TEXT", default="", help=N_("What is wrong with it; asked for when left out."))
@click.pass_obj
def return_command(invocation: Invocation, reference: str, reason: str) -> None:
    """Return a delivery."""
    if not reason and invocation.may_ask:
        reason = click.prompt(_("Reason"), err=True)
    act_on(invocation, reference, _("Returned"), operations.return_, reason)
