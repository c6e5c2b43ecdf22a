"""`sla take` and the other commands for work on duties before their delivery.

They are `take`, `release`, `assign`, `take-back`, `note`, `undo` and `redo`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Concatenate, ParamSpec

import click

from sla_tracker.cli import output
from sla_tracker.cli.answers import confirm_doubt
from sla_tracker.cli.completion import complete_delivered, complete_duties, complete_owed, complete_people
from sla_tracker.cli.formats.duty_lines import duty_line, raise_last_failure
from sla_tracker.cli.grammar import Command, argument, duty_reference, duty_references, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.people import Actor
from sla_tracker.errors import N_, NeedsConfirmation, SlaError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import paired
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import operations
from sla_tracker.services.duties.actions import DutyAction, apply, apply_to_many, doubts
from sla_tracker.services.lookup.references import find_duty
from sla_tracker.services.undo import ActOvertaken, NotUndoable, redo, undo
from sla_tracker.wording.undoing import explained, format_undone

P = ParamSpec("P")


def act_on(
    invocation: Invocation,
    reference: str,
    done: str,
    act: Callable[Concatenate[ServiceContext, Actor, str, P], Duty],
    *said: P.args,
    **named: P.kwargs,
) -> None:
    """Apply a duty action to the duty named, and print that it was done."""
    duty = find_duty(invocation.context, reference)
    changed = act(invocation.context, invocation.actor, duty.id, *said, **named)
    output.line(paired(done, duty_line(invocation, changed)))


def act_on_each(
    invocation: Invocation,
    references: tuple[str, ...],
    done: str,
    action: DutyAction,
    *,
    insists: bool = False,
) -> None:
    """Apply a duty action to several duties as one act that a single undo reverts.

    Prints each success, and raises the last failure if there was any. What the action asks before is asked first,
    unless the person insists.
    """
    if len(references) == 1:
        act = lambda context, actor, id: apply(context, actor, id, _asked(invocation, [id], action, insists))
        act_on(invocation, references[0], done, act)
        return
    failures: list[SlaError] = []
    ids: list[str] = []
    for reference in references:
        try:
            ids.append(find_duty(invocation.context, reference).id)
        except SlaError as failure:
            failures.append(failure)
    sure = _asked(invocation, ids, action, insists)
    several = apply_to_many(invocation.context, invocation.actor, ids, sure)
    for duty in several.done:
        output.line(paired(done, duty_line(invocation, duty)))
    raise_last_failure([*failures, *several.refused])


def _asked(invocation: Invocation, ids: Sequence[str], action: DutyAction, insists: bool) -> DutyAction:
    """Return the action with the duties for which a person confirms its question.

    Where nobody can be asked it stays as it is, so that it refuses itself.
    """
    if insists:
        return replace(action, confirmed=frozenset(ids))
    if not invocation.may_ask:
        return action
    asked = doubts(invocation.context, invocation.actor, ids, action)
    for doubt in asked.values():
        confirm_doubt(invocation, doubt)
    return replace(action, confirmed=frozenset(asked))


@click.command("take", cls=Command)
@duty_references(complete_owed)
@click.pass_obj
def take_command(invocation: Invocation, references: tuple[str, ...]) -> None:
    """Take duties."""
    act_on_each(
        invocation, references, _("Taken"), operations.take_action(invocation.context, invocation.actor)
    )


@click.command("release", cls=Command)
@duty_references(complete_owed)
@click.pass_obj
def release_command(invocation: Invocation, references: tuple[str, ...]) -> None:
    """Release duties."""
    act_on_each(
        invocation, references, _("Released"), operations.release_action(invocation.context, invocation.actor)
    )


@click.command("assign", cls=Command)
@duty_references(complete_owed)
@option(
    "--to",
    "person",
    metavar="PERSON",
    required=True,
    shell_complete=complete_people,
    help=N_("Who gets them."),
)
@click.pass_obj
def assign_command(invocation: Invocation, references: tuple[str, ...], person: str) -> None:
    """Assign duties."""
    to = invocation.context.person(person)
    done = _("Given to {person}", person=to.name)
    act_on_each(
        invocation, references, done, operations.assign_action(invocation.context, invocation.actor, to.id)
    )


@click.command("take-back", cls=Command)
@duty_references(complete_delivered)
@option("--again", "insists", is_flag=True, help=N_("Take them back even if something becomes late by it."))
@click.pass_obj
def take_back_command(invocation: Invocation, references: tuple[str, ...], insists: bool) -> None:
    """Take deliveries back."""
    act_on_each(invocation, references, _("Taken back"), operations.take_back_action(), insists=insists)


@click.command("note", cls=Command)
@duty_reference(complete_duties)
@argument("text", metavar="TEXT…", nargs=-1, required=True, help=N_("What to note."))
@click.pass_obj
def note_command(invocation: Invocation, reference: str, text: tuple[str, ...]) -> None:
    """Write a note."""
    act_on(invocation, reference, _("Noted"), operations.note, " ".join(text))


@click.command("undo", cls=Command)
@option("--again", "insists", is_flag=True, help=N_("Undo it even if something becomes late by it."))
@click.pass_obj
def undo_command(invocation: Invocation, insists: bool) -> None:
    """Undo the last act."""
    context, actor = invocation.context, invocation.actor
    try:
        try:
            change, restored = undo(context, actor, insists=insists)
        except NeedsConfirmation as doubt:
            confirm_doubt(invocation, doubt)
            change, restored = undo(context, actor, insists=True)
    except (NotUndoable, ActOvertaken) as refused:
        raise explained(context, refused) from None
    output.line(_("Undone: {what}", what=format_undone(context, change, restored)))
    _list(invocation, restored)


@click.command("redo", cls=Command)
@option("--again", "insists", is_flag=True, help=N_("Do it again even if something becomes late by it."))
@click.pass_obj
def redo_command(invocation: Invocation, insists: bool) -> None:
    """Repeat the act that the person undid last."""
    context, actor = invocation.context, invocation.actor
    try:
        change, restored = redo(context, actor, insists=insists)
    except NeedsConfirmation as doubt:
        confirm_doubt(invocation, doubt)
        change, restored = redo(context, actor, insists=True)
    except ActOvertaken as refused:
        raise explained(invocation.context, refused) from None
    output.line(_("Done again: {what}", what=format_undone(invocation.context, change, restored)))
    _list(invocation, restored)


def _list(invocation: Invocation, duties: Sequence[Duty]) -> None:
    for duty in duties:
        output.line("  ", duty_line(invocation, duty))
