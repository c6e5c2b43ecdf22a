"""`sla hold`, `resume`, `object`, `judge-hold`: commands about holds on a duty."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import click

from sla_tracker.cli import output
from sla_tracker.cli.answers import confirm_doubt
from sla_tracker.cli.commands.duties.work import act_on, act_on_each
from sla_tracker.cli.completion import complete_duties, complete_owed
from sla_tracker.cli.formats.duty_lines import duty_line
from sla_tracker.cli.grammar import Command, duty_reference, duty_references, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.clean import clean
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.states import Decision
from sla_tracker.domain.people import Actor
from sla_tracker.errors import N_, NeedsConfirmation, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import paired
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import holds
from sla_tracker.services.lookup.references import find_duty
from sla_tracker.wording.duties import format_hold, format_hold_span

BEGAN = N_("Which hold, by when it began (11-20 9:00), if there are several.")


@click.command(
    "hold",
    cls=Command,
)
@duty_reference(complete_owed)
@option(
    "--for",
    "waits_for",
    metavar="WHO",
    required=True,
    help=N_("For whom it waits: a department or a person."),
)
@option("--reason", metavar="TEXT", required=True, help=N_("What is missing from them."))
@option("--again", is_flag=True, help=N_("Wait for whom was typed, even if it is almost a known name."))
@click.pass_obj
def hold_command(invocation: Invocation, reference: str, waits_for: str, reason: str, again: bool) -> None:
    """Put a duty on hold."""

    def hold(context: ServiceContext, actor: Actor, duty_id: str) -> Duty:
        put_on_hold = partial(holds.hold, context, actor, duty_id, waits_for=waits_for, reason=reason)
        try:
            return put_on_hold(again=again)
        except NeedsConfirmation as doubt:
            confirm_doubt(invocation, doubt)
            return put_on_hold(again=True)

    act_on(invocation, reference, _("On hold"), hold)


@click.command("resume", cls=Command)
@duty_references(complete_owed)
@click.pass_obj
def resume_command(invocation: Invocation, references: tuple[str, ...]) -> None:
    """Resume duties."""
    act_on_each(invocation, references, _("Resumed"), holds.resume_action())


@click.command(
    "object",
    cls=Command,
)
@duty_reference(complete_duties)
@option("--reason", metavar="TEXT", required=True, help=N_("Why; kept on record."))
@option("--began", metavar="TIME", default="", help=BEGAN)
@click.pass_obj
def object_command(invocation: Invocation, reference: str, reason: str, began: str) -> None:
    """Object to a hold."""
    began_at = invocation.moment(began) if began else None
    _decide(invocation, reference, _("Objected"), partial(holds.object_to, reason=reason, began_at=began_at))


@click.command(
    "judge-hold",
    cls=Command,
)
@duty_reference(complete_duties)
@option("--confirm", "verdict", flag_value=Decision.YES.value, help=N_("The hold counts."))
@option("--refuse", "verdict", flag_value=Decision.NO.value, help=N_("The hold does not count."))
@option("--began", metavar="TIME", default="", help=BEGAN)
@click.pass_obj
def judge_hold_command(invocation: Invocation, reference: str, verdict: str | None, began: str) -> None:
    """Judge a hold."""
    if verdict is None:
        raise UsageError(N_("Say --confirm or --refuse."))
    judge, done = (holds.confirm, _("Confirmed")) if verdict == Decision.YES else (holds.refuse, _("Refused"))
    began_at = invocation.moment(began) if began else None
    _decide(invocation, reference, done, partial(judge, began_at=began_at))


def _decide(
    invocation: Invocation, reference: str, done: str, act: Callable[[ServiceContext, Actor, str], Duty]
) -> None:
    """Act on a hold of a duty; of several it says which one it was."""
    context = invocation.context
    duty = find_duty(context, reference)
    changed = act(context, invocation.actor, duty.id)
    output.line(paired(done, duty_line(invocation, changed)))
    names = {id: department.name for id, department in context.catalogue.departments.items()}
    for hold in changed.holds if len(changed.holds) > 1 else ():
        if hold not in duty.holds:
            span = format_hold_span(hold, invocation.now(), invocation.zone)
            output.line(f"  {span} · {clean(format_hold(hold, names, context.people))}")
