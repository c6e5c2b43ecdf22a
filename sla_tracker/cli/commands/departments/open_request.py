"""`sla field`, `papers`, `update`: what happens to a request while it is open."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import click

from sla_tracker.cli import output
from sla_tracker.cli.answers import explaining_missing, understood
from sla_tracker.cli.commands.duties.work import act_on
from sla_tracker.cli.completion import complete_duties, complete_owed
from sla_tracker.cli.formats.duty_lines import duty_line, pairs, reader_of
from sla_tracker.cli.grammar import Command, Group, argument, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.states import Decision
from sla_tracker.domain.people import Actor
from sla_tracker.errors import N_, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import paired
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.lookup.references import find_duty
from sla_tracker.services.open_requests import field_changes, progress
from sla_tracker.services.open_requests.clocks import request_terms_of
from sla_tracker.wording.facts.open_requests import format_field_changes

REFERENCE = N_("The duty's reference.")
WHY = N_("Why; kept on record.")


@click.group("field", cls=Group)
def field_command() -> None:
    """Hold the commands about the fields of requests."""


@field_command.command(
    "change", cls=Command, help=N_("Change fields of an open request; both sides are told.")
)
@argument("reference", metavar="REF", help=REFERENCE, shell_complete=complete_duties)
@argument(
    "values",
    metavar="NAME=VALUE…",
    nargs=-1,
    required=True,
    help=N_("A field and its new value, such as priority=P1."),
)
@option("--reason", metavar="TEXT", required=True, help=WHY)
@click.pass_obj
def change_command(invocation: Invocation, reference: str, values: tuple[str, ...], reason: str) -> None:
    """Change fields of a request."""
    duty = find_duty(invocation.context, reference)
    fields = request_terms_of(duty).fields
    given = understood(invocation, fields, pairs(values))
    with explaining_missing(fields, ""):
        act_on(invocation, reference, _("Changed"), field_changes.change_fields, given, reason)


@field_command.command(
    "object",
    cls=Command,
    help=N_("Object to what the provider changed; it then counts only if your head confirms."),
)
@argument("reference", metavar="REF", help=REFERENCE, shell_complete=complete_duties)
@option("--reason", metavar="TEXT", required=True, help=WHY)
@click.pass_obj
def object_command(invocation: Invocation, reference: str, reason: str) -> None:
    """Object to a change."""
    _decide(invocation, reference, _("Objected"), partial(field_changes.object_to_change, reason=reason))


@field_command.command(
    "judge", cls=Command, help=N_("Confirm or refuse a change that was objected to, as the consumer's head.")
)
@argument("reference", metavar="REF", help=REFERENCE, shell_complete=complete_duties)
@option("--confirm", "verdict", flag_value=Decision.YES.value, help=N_("The change counts."))
@option("--refuse", "verdict", flag_value=Decision.NO.value, help=N_("The change does not count."))
@click.pass_obj
def judge_command(invocation: Invocation, reference: str, verdict: str | None) -> None:
    """Decide on a change."""
    if verdict is None:
        raise UsageError(N_("Say --confirm or --refuse."))
    confirmed = verdict == Decision.YES
    done = _("Confirmed") if confirmed else _("Refused")
    _decide(invocation, reference, done, partial(field_changes.judge_change, confirmed=confirmed))


def _decide(
    invocation: Invocation, reference: str, done: str, act: Callable[[ServiceContext, Actor, str], Duty]
) -> None:
    """Act on a change of a request; of several it says which one it was."""
    duty = find_duty(invocation.context, reference)
    changed = act(invocation.context, invocation.actor, duty.id)
    output.line(paired(done, duty_line(invocation, changed)))
    said = zip(changed.field_changes, format_field_changes(changed, reader_of(invocation)), strict=True)
    for change, sentence in said if len(changed.field_changes) > 1 else ():
        if change not in duty.field_changes:
            output.line(f"  {sentence}")


@click.command("papers", cls=Command)
@argument("reference", metavar="REF", help=REFERENCE, shell_complete=complete_duties)
@argument("names", metavar="NAME…", nargs=-1, required=True, help=N_("The papers that are there."))
@option(
    "--at", "came", metavar="TIME", default="", help=N_("When they came, if that was earlier (11-20 9:00).")
)
@click.pass_obj
def papers_command(invocation: Invocation, reference: str, names: tuple[str, ...], came: str) -> None:
    """Tick papers."""
    at = invocation.moment(came) if came else None
    act_on(invocation, reference, _("Ticked"), progress.tick_papers, names, at)


@click.command("update", cls=Command)
@argument("reference", metavar="REF", help=REFERENCE, shell_complete=complete_owed)
@argument("text", metavar="TEXT…", nargs=-1, required=True, help=N_("How it stands."))
@click.pass_obj
def update_command(invocation: Invocation, reference: str, text: tuple[str, ...]) -> None:
    """Give an update."""
    act_on(invocation, reference, _("Told"), progress.tell_update, " ".join(text))
