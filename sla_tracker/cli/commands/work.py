"""What the provider does with duties short of delivering: take, release, assign, take back, note; and undo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec

import click

from sla_tracker.cli import output
from sla_tracker.cli.completing import complete_delivered, complete_duties, complete_owed, complete_people
from sla_tracker.cli.grammar import Command, argument, duty_reference, duty_references, option
from sla_tracker.cli.session import Session
from sla_tracker.cli.views import duty_line, failures_told
from sla_tracker.core.duty import Duty
from sla_tracker.core.people import Actor
from sla_tracker.desk import duties
from sla_tracker.desk.deeds import Deed, do, do_each
from sla_tracker.desk.desk import Desk, find_duty
from sla_tracker.desk.undo import undo
from sla_tracker.desk.words import act_word, paired, person_word
from sla_tracker.errors import N_, SlaError
from sla_tracker.locale import gettext as _

P = ParamSpec("P")


def act_on(
    session: Session,
    reference: str,
    done: str,
    act: Callable[Concatenate[Desk, Actor, str, P], Duty],
    *said: P.args,
    **named: P.kwargs,
) -> None:
    """Let the acting person do something that the desk offers to the duty named, and say that it is done."""
    duty = find_duty(session.desk, reference)
    changed = act(session.desk, session.actor, duty.id, *said, **named)
    output.line(paired(done, duty_line(session, changed)))


def act_on_each(session: Session, references: tuple[str, ...], done: str, deed: Deed) -> None:
    """Do something to every duty named, as one act that one undo takes back.

    Says to which it was done, and ends with the last failure if there was any.
    """
    if len(references) == 1:
        act_on(session, references[0], done, do, deed)
        return
    failures: list[SlaError] = []
    ids: list[str] = []
    for reference in references:
        try:
            ids.append(find_duty(session.desk, reference).id)
        except SlaError as failure:
            failures.append(failure)
    several = do_each(session.desk, session.actor, ids, deed)
    for duty in several.done:
        output.line(paired(done, duty_line(session, duty)))
    failures_told([*failures, *several.refused])


@click.command("take", cls=Command, help=N_("Take duties from your department's pool."))
@duty_references(complete_owed)
@click.pass_obj
def take_command(session: Session, references: tuple[str, ...]) -> None:
    """Take duties."""
    act_on_each(session, references, _("Taken"), duties.taking(session.desk, session.actor))


@click.command("release", cls=Command, help=N_("Put duties back into your department's pool."))
@duty_references(complete_owed)
@click.pass_obj
def release_command(session: Session, references: tuple[str, ...]) -> None:
    """Release duties."""
    act_on_each(session, references, _("Released"), duties.releasing(session.desk, session.actor))


@click.command(
    "assign", cls=Command, help=N_("Give duties to a member of your department; others' takes its head.")
)
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
def assign_command(session: Session, references: tuple[str, ...], person: str) -> None:
    """Assign duties."""
    to = session.desk.person(person)
    done = _("Given to {person}", person=to.name)
    act_on_each(session, references, done, duties.assigning(session.desk, session.actor, to.id))


@click.command("take-back", cls=Command, help=N_("Take back a delivery that nobody has judged yet."))
@duty_references(complete_delivered)
@click.pass_obj
def take_back_command(session: Session, references: tuple[str, ...]) -> None:
    """Take deliveries back."""
    act_on_each(session, references, _("Taken back"), duties.taking_back())


@click.command("note", cls=Command, help=N_("Write a note on a duty, for both sides to read."))
@duty_reference(complete_duties)
@argument("text", metavar="TEXT…", nargs=-1, required=True, help=N_("What to note."))
@click.pass_obj
def note_command(session: Session, reference: str, text: tuple[str, ...]) -> None:
    """Write a note."""
    act_on(session, reference, _("Noted"), duties.note, " ".join(text))


@click.command("undo", cls=Command, help=N_("Take back your own last act, while nobody has built on it."))
@click.pass_obj
def undo_command(session: Session) -> None:
    """Undo the last act."""
    change, restored = undo(session.desk, session.actor)
    who = person_word(session.desk.people, change.act.by)
    output.line(_("Undone: {what} ({who})", what=act_word(change.act.what), who=who))
    for duty in restored:
        output.line("  ", duty_line(session, duty))
