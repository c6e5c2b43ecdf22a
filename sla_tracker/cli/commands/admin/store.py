"""`sla log`, `verify`, `backup`, `restore`, `erase`: commands about the store."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import time
from pathlib import Path

import click

from sla_tracker.cli import output, screen
from sla_tracker.cli.completion import complete_people
from sla_tracker.cli.formats.documents import change_document
from sla_tracker.cli.formats.duty_lines import anchor_document, moment_word, reader_of, report_end
from sla_tracker.cli.formats.list_files import to_file, write_list_file
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.cli.grammar import Command, argument, as_json, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.duties.subject import subject_key
from sla_tracker.domain.stored_kinds import StoredKind
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, ExitCode, Refused, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.services import erasure
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.lookup.references import find_duty_to_read
from sla_tracker.services.ports import CallerFiles, Change
from sla_tracker.services.queries.duties import DutyDetail, detail
from sla_tracker.services.queries.list_content import ListCell, ListContent
from sla_tracker.services.queries.tick_effects import Effects, effects_of, effects_on
from sla_tracker.services.subjects.ties import ties_of
from sla_tracker.wording.checkpoints import Checkpoint, checkpoints_in, read_checkpoint
from sla_tracker.wording.duties import format_amount, verbs_of
from sla_tracker.wording.facts.change_facts import change_facts, change_headings
from sla_tracker.wording.lists.subjects import format_tie

# Changes that `sla log` shows unless --last is given.
SHOWN = 50
# What a backup holds beside the store, compared with the deployment.
_FILE_STATES = {
    "differs": N_("{file} is another one in the backup"),
    "missing": N_("{file} is only in the backup"),
}
MOST_ANCHOR_BYTES = 64 << 20  # of a file with anchors, as long as the largest report
STREAM = "-"  # the file name that means stdin


@click.command("log", cls=Command)
@option("--duty", metavar="REF", help=N_("Only what touched this duty."))
@option(
    "--person", "by", metavar="PERSON", help=N_("Only what this person did."), shell_complete=complete_people
)
@option("--since", metavar="TIME", help=N_("Only from this time on: yesterday, 11-20 9:00."))
@option("--last", metavar="N", type=int, default=SHOWN, help=N_("How many at most, else 50; 0 means all."))
@to_file
@as_json
@click.pass_obj
def log_command(
    invocation: Invocation,
    duty: str | None,
    by: str | None,
    since: str | None,
    last: int,
    file: str | None,
    as_json: bool,
) -> None:
    """Show recorded changes."""
    if last < 0:
        raise UsageError(N_("--last is {n}; write how many changes at most, or 0 for all."), n=last)
    shown = _shown(invocation.context, duty) if duty else None
    if last > 0 and not (shown or by or since):
        # All of them would have to be read only to be counted; the last one's number says how many there are.
        number = invocation.context.store.sequence()
        changes = list(invocation.context.store.changes(max(0, number - last)))[-last:]
    else:
        found = _selected(invocation, shown, by, since)
        number, changes = len(found), found[-last:] if last > 0 else found
    effects = effects_on(shown.duty, changes) if shown else effects_of(invocation.context.store, changes)
    document = {
        "changes": [change_document(change, effects) for change in changes],
        "anchor": anchor_document(invocation),
    }
    if as_json:
        output.document(**document)
        return
    verbs, headings = _verbs(invocation, changes), change_headings()
    if file:
        rows = tuple(_list_cells(invocation, change, effects, verbs) for change in changes)
        content = ListContent(id="changes", title=_("Recorded changes"), headings=headings, rows=rows)
        write_list_file(invocation, content, file, document)
        return
    columns = [Column(heading=heading, flexible=heading == headings[-1]) for heading in headings]
    output.table(columns, [_cells(invocation, change, effects, verbs) for change in changes])
    report_end(invocation)
    _say_how_many(len(changes), number)


def _say_how_many(shown: int, found: int) -> None:
    if shown < found:
        output.message(
            _("The last {shown} of {found} changes; all of them: --last 0", shown=shown, found=found)
        )
    else:
        output.message(ngettext("{n} change.", "{n} changes.", found))


def _selected(
    invocation: Invocation, shown: DutyDetail | None, by: str | None, since: str | None
) -> list[Change]:
    found = list(shown.history if shown else invocation.context.store.changes())
    if by:
        person = invocation.context.person(by).id
        found = [change for change in found if change.act.by == person]
    if since:
        start = invocation.moment(since, default_time=time.min)
        found = [change for change in found if change.act.at >= start]
    return found


def _shown(context: ServiceContext, reference: str) -> DutyDetail | None:
    """Return a duty with its history, archived or not."""
    return detail(context, find_duty_to_read(context, reference).id)


def _verbs(invocation: Invocation, changes: Sequence[Change]) -> dict[str, str]:
    """Return the recorded verbs of changes, by number.

    Changes that they undo or do again are among them.
    """
    verbs = verbs_of(changes)
    for change in changes:
        number = change.act.reason
        if change.act.what in {Verb.UNDID, Verb.REDID} and number not in verbs and number.isdecimal():
            before = invocation.context.store.changes(max(0, int(number) - 1))
            verbs |= verbs_of(itertools.islice(before, 1))
    return verbs


def _cells(
    invocation: Invocation, change: Change, effects: Effects, verbs: Mapping[str, str]
) -> list[Span | str]:
    said = change_facts(change, effects, reader_of(invocation), verbs)
    when = Span(moment_word(invocation, said.at), Tone.WARNING if said.is_doubtful else Tone.PLAIN)
    return [said.number, when, said.what, said.author, Span(said.touched, Tone.QUIET), said.reason]


def _list_cells(
    invocation: Invocation, change: Change, effects: Effects, verbs: Mapping[str, str]
) -> tuple[ListCell, ...]:
    number, _when, *texts = (
        cell.text if isinstance(cell, Span) else cell for cell in _cells(invocation, change, effects, verbs)
    )
    return (int(number), change.act.at.astimezone(invocation.zone), *texts)


@click.command(
    "verify",
    cls=Command,
)
@option("--accept", is_flag=True, help=N_("Take the present end of the store as right, after a restore."))
@option(
    "--adopt",
    is_flag=True,
    help=N_(
        "Give the store to these settings, on record, after a deployment was moved; for the store's owner."
    ),
)
@option(
    "--anchor",
    "anchors",
    metavar="NUMBER:HASH",
    multiple=True,
    help=N_("Compare with what the last line of a report says; may be repeated."),
)
@option(
    "--anchors",
    "files",
    metavar="FILE",
    multiple=True,
    help=N_("Compare with every such line in a file, such as a report or a log; - for the standard input."),
)
@click.pass_obj
def verify_command(
    invocation: Invocation, accept: bool, adopt: bool, anchors: Sequence[str], files: Sequence[str]
) -> int:
    """Verify the store."""
    if adopt:
        invocation.deployments.adopt_store(invocation.folder())
    own = invocation.deployments.files
    given = [read_checkpoint(text) for text in anchors] + [
        one for file in files for one in _anchors_in(own, file)
    ]
    findings = invocation.deployments.verify(invocation.folder(), accept=accept, anchors=given)
    for finding in findings:
        output.line(Span(finding.about, Tone.ALARM), f"  {finding.sentence}")
    if findings:
        output.message(_("Nothing was changed."))
        for advice in dict.fromkeys(finding.advice for finding in findings if finding.advice):
            output.message(advice)
        return ExitCode.STORE
    output.line(_("Everything is as it was written."))
    if given:
        output.line(ngettext("{n} anchor fits.", "{n} anchors fit.", len(given)))
    return ExitCode.OK


def _anchors_in(files: CallerFiles, file: str) -> list[Checkpoint]:
    """Return the checkpoints in a file.

    Raises UsageError for a file without any or an unreadable file.
    """
    try:
        lines = _lines_of(files, file)
    except OSError as error:
        raise UsageError(N_("{file} cannot be read: {reason}"), file=file, reason=error) from error
    found = list(dict.fromkeys(checkpoints_in(lines, file)))  # a table repeats one in every line
    if not found:
        raise UsageError(
            N_(
                "No anchor stands in {file}; it is in the last line of a report and looks like "
                "sla:4711:0123456789abcdef."
            ),
            file=file,
        )
    return found


def _lines_of(files: CallerFiles, file: str) -> Sequence[str]:
    """Return the lines of a file.

    What has no end, such as /dev/zero, is read no further than a report may be long.
    """
    with nullcontext(sys.stdin.buffer) if file == STREAM else files.read(file) as stream:
        return stream.read(MOST_ANCHOR_BYTES).decode("utf-8", "replace").splitlines()


@click.command(
    "backup",
    cls=Command,
)
@argument("file", metavar="[FILE]", required=False, help=N_("A file that does not exist yet."))
@option("--due", is_flag=True, help=N_("Only if a regular backup is due; for cron."))
@click.pass_obj
def backup_command(invocation: Invocation, file: str | None, due: bool) -> None:
    """Back the store up."""
    if file is not None and due:
        raise UsageError(N_("--due is for regular backups; leave the file out."))
    done = invocation.deployments.backup(
        invocation.folder(), None if file is None else Path(file), only_due=due
    )
    if done is None:
        output.message(_("No backup is due."))
        return
    output.line(_("Backed up to {file}: {count} changes.", file=str(done.file), count=done.changes))
    kept = len(done.files)
    output.line(ngettext("{n} file of the settings folder.", "{n} files of the settings folder.", kept))
    for path in done.left_out:
        output.message(_("Not in the backup, because it cannot be read: {file}", file=path), Tone.ALARM)


@click.command(
    "restore",
    cls=Command,
)
@argument("file", metavar="FILE", help=N_("What sla backup wrote."))
@option("--show", is_flag=True, help=N_("Only check it and say what would be put back."))
@option(
    "--settings",
    is_flag=True,
    help=N_("Also put back settings, plugins and calendars; what is there stays beside them as NAME.before."),
)
@click.pass_obj
def restore_command(invocation: Invocation, file: str, show: bool, settings: bool) -> None:
    """Restore a backup."""
    done = invocation.deployments.restore(invocation.folder(), Path(file), settings=settings, only_show=show)
    if show:
        output.line(_("The backup is whole: {count} changes.", count=done.changes))
    else:
        output.line(_("Restored: {count} changes.", count=done.changes))
    for name, state in done.files.items():
        output.line("  ", _(_FILE_STATES[state], file=name))
    if done.files and done.put_back:
        output.message(_("They were put back; what was there has the ending .before."))
    elif done.files:
        output.message(
            _("They were left as they are; --settings puts them back, tar -x takes single ones out.")
        )


@click.command(
    "erase",
    cls=Command,
)
@argument("subject", metavar="SUBJECT", help=N_("The contract, plate or name."))
@option("--reason", metavar="TEXT", required=True, help=N_("Why; it stays on record."))
@option(
    "--also",
    metavar="SUBJECT",
    multiple=True,
    help=N_("Also what events tie to it, such as the contract of a customer; each has to be named."),
)
@option("--yes", is_flag=True, help=N_("Do not ask again."))
@click.pass_obj
def erase_command(
    invocation: Invocation, subject: str, reason: str, also: tuple[str, ...], yes: bool
) -> None:
    """Erase a subject's data."""
    # Checks rights and subject before the confirmation, so that nobody confirms what is refused afterwards.
    erasure.kept(invocation.context, invocation.actor, subject, also)
    named = {subject_key(one) for one in also}
    tied = ties_of(invocation.context, subject, most=None).found
    left = [tie for tie in tied if subject_key(tie.subject) not in named]
    if left:
        output.message(_("Tied to it by events, and left as they are unless --also names them:"))
    for tie in left:
        output.message(f"  {format_tie(tie, invocation.now(), invocation.zone)}")
    if not yes and not invocation.may_ask:
        raise UsageError(N_("Nothing was erased; confirm with --yes."))
    asked = _(", ").join((subject, *also))
    if not yes and not screen.confirm(_("This cannot be undone. Erase “{subject}”?", subject=asked)):
        raise Refused(N_("Nothing was erased."))
    erased = erasure.erase(invocation.context, invocation.actor, subject, reason, also)
    output.note_act()
    invocation.deployment.forget()
    files = invocation.deployment.erase_files((subject, *also))
    output.line(
        _(
            "Erased: {duties}, {others}.",
            duties=format_amount(StoredKind.DUTIES, erased.duties),
            others=ngettext("{n} other entry about it", "{n} other entries about it", erased.others),
        )
    )
    if files:
        output.line(
            ngettext(
                "{n} kept file of the inbox was deleted with its report.",
                "{n} kept files of the inbox were deleted with their reports.",
                files,
            )
        )
    output.message(_("Backups made before still hold it: make a new one and destroy the old."))
