"""The store itself: its record of changes, verifying, backing up, restoring, erasing."""

from __future__ import annotations

from pathlib import Path

import click

from sla_tracker.cli import output
from sla_tracker.cli.completing import complete_people
from sla_tracker.cli.documents import change_document
from sla_tracker.cli.grammar import Command, argument, as_json, option
from sla_tracker.cli.session import Session
from sla_tracker.cli.table import Column, Span, Tone
from sla_tracker.cli.views import moment_word
from sla_tracker.desk import erasing
from sla_tracker.desk.desk import find_duty
from sla_tracker.desk.ports import Change
from sla_tracker.desk.words import act_word, person_word, reason_in_words, touched_in_words
from sla_tracker.errors import N_, ExitCode, UsageError
from sla_tracker.locale import gettext as _
from sla_tracker.locale import ngettext

SHOWN = 50


@click.command("log", cls=Command, help=N_("Show who did what and when, as it was recorded; latest last."))
@option("--duty", metavar="REF", help=N_("Only what touched this duty."))
@option(
    "--person", "by", metavar="PERSON", help=N_("Only what this person did."), shell_complete=complete_people
)
@option("--since", metavar="TIME", help=N_("Only from this time on: yesterday, 11-20 9:00."))
@option("--last", metavar="N", type=int, default=SHOWN, help=N_("How many at most; 0 means all."))
@as_json
@click.pass_obj
def log_command(
    session: Session, duty: str | None, by: str | None, since: str | None, last: int, as_json: bool
) -> None:
    """Show recorded changes."""
    changes = _selected(session, duty, by, since)
    if last > 0:
        changes = changes[-last:]
    if as_json:
        output.document(changes=[change_document(change) for change in changes])
        return
    output.table(
        [
            Column(heading=_("No.")),
            Column(heading=_("When")),
            Column(heading=_("What")),
            Column(heading=_("Done by")),
            Column(heading=_("Touched")),
            Column(heading=_("Reason"), flexible=True),
        ],
        [_cells(session, change) for change in changes],
    )
    output.tell(ngettext("{n} change.", "{n} changes.", len(changes)))


def _selected(session: Session, duty: str | None, by: str | None, since: str | None) -> list[Change]:
    store = session.desk.store
    found = store.history(find_duty(session.desk, duty).id) if duty else list(store.changes())
    if by:
        person = session.desk.person(by).id
        found = [change for change in found if change.act.by == person]
    if since:
        start = session.moment(since)
        found = [change for change in found if change.act.at >= start]
    return found


def _cells(session: Session, change: Change) -> list[Span | str]:
    touched = touched_in_words(kind for kind, _id in change.touched)
    when = Span(moment_word(session, change.act.at), Tone.WARNING if change.clock_went_back else Tone.PLAIN)
    return [
        str(change.sequence),
        when,
        act_word(change.act.what),
        person_word(session.desk.people, change.act.by),
        Span(touched, Tone.QUIET),
        reason_in_words(change.act),
    ]


@click.command(
    "verify",
    cls=Command,
    help=N_("Look at every byte of the store: chain of changes, archives, and what you saw of it before."),
)
@option("--accept", is_flag=True, help=N_("Take the present end of the store as right, after a restore."))
@click.pass_obj
def verify_command(session: Session, accept: bool) -> int:
    """Verify the store."""
    findings = session.doors.verify(session.folder(), accept=accept)
    for finding in findings:
        output.line(Span(finding.about, Tone.ALARM), f"  {finding.sentence}")
    if findings:
        output.tell(_("Nothing was changed. Move the store away and restore a backup: sla restore FILE"))
        return ExitCode.STORE
    output.line(_("Everything is as it was written."))
    return ExitCode.OK


@click.command(
    "backup", cls=Command, help=N_("Write the whole store into one new file; others may go on working.")
)
@argument("file", metavar="FILE", help=N_("A file that does not exist yet."))
@click.pass_obj
def backup_command(session: Session, file: str) -> None:
    """Back the store up."""
    sequence = session.doors.backup(session.folder(), Path(file))
    output.line(_("Backed up to {file}: {count} changes.", file=file, count=sequence))


@click.command(
    "restore",
    cls=Command,
    help=N_("Put a backup into a deployment whose store is empty; it is verified first."),
)
@argument("file", metavar="FILE", help=N_("What sla backup wrote."))
@click.pass_obj
def restore_command(session: Session, file: str) -> None:
    """Restore a backup."""
    source = Path(file)
    if not source.is_file():
        raise UsageError(N_("There is no file {file}."), file=file)
    sequence = session.doors.restore(session.folder(), source)
    output.line(_("Restored: {count} changes.", count=sequence))


@click.command(
    "erase",
    cls=Command,
    help=N_("Erase a person's, vehicle's or contract's data for good, its past included; figures stay."),
)
@argument("subject", metavar="SUBJECT", help=N_("The contract, plate or name."))
@option("--reason", metavar="TEXT", required=True, help=N_("Why; it stays on record."))
@option("--yes", is_flag=True, help=N_("Do not ask again."))
@click.pass_obj
def erase_command(session: Session, subject: str, reason: str, yes: bool) -> None:
    """Erase a subject's data."""
    if not yes and not (
        session.may_ask
        and click.confirm(_("This cannot be undone. Erase “{subject}”?", subject=subject), err=True)
    ):
        raise UsageError(N_("Nothing was erased; confirm with --yes."))
    erased = erasing.erase(session.desk, session.actor, subject, reason)
    output.line(
        _("Erased: {duties} duties and {others} others about it.", duties=erased.duties, others=erased.others)
    )
