"""`sla migrate`, `export`, `import`: copy the store with its history."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread
from typing import BinaryIO

import click

from sla_tracker.cli import output
from sla_tracker.cli.grammar import Command, argument, as_json, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.errors import N_, UsageError, shown
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.i18n.punctuation import paired
from sla_tracker.services.deployment import Copied
from sla_tracker.services.ports import CallerFiles
from sla_tracker.services.queries.new_files import unwritable
from sla_tracker.wording.duties import format_amount

# The file name that means stdin or stdout.
STREAM = "-"
# Changes between two lines of progress.
SAY_EVERY = 1_000


@click.command(
    "migrate",
    cls=Command,
)
@option(
    "--to",
    "place",
    metavar="PLACE",
    required=True,
    help=N_(
        "postgresql://LOGIN@SERVER/DATABASE with a service login; or postgres, for the address that the settings' "
        "variable holds; or a folder."
    ),
)
@as_json
@click.pass_obj
def migrate_command(invocation: Invocation, place: str, as_json: bool) -> None:
    """Copy the store to another place."""
    with _progress_printer() as progress:
        copied = invocation.deployments.migrate(invocation.folder(), place, progress)
    _show(copied, as_json=as_json)
    output.message(
        _("Both sides hold the same. To use the copy, put this in the place of [store] in the settings:")
    )
    for one in copied.settings:
        output.message(f"    {one}")
    output.message(_("Until then let nobody write here: what is written now is not in the copy."))


@click.command("export", cls=Command)
@argument("file", metavar="FILE", help=N_("A file that does not exist yet; - for the standard output."))
@as_json
@click.pass_obj
def export_command(invocation: Invocation, file: str, as_json: bool) -> None:
    """Write the store as lines."""
    with _new_file(invocation.deployments.files, file) as lines:
        copied = invocation.deployments.write_lines(invocation.folder(), lines)
    if file == STREAM:
        output.message(ngettext("{n} change.", "{n} changes.", copied.changes))
    else:
        _show(copied, as_json=as_json)


@click.command(
    "import",
    cls=Command,
)
@argument("file", metavar="FILE", help=N_("What sla export wrote; - for the standard input."))
@as_json
@click.pass_obj
def import_command(invocation: Invocation, file: str, as_json: bool) -> None:
    """Read lines into the store."""
    with _open_file(invocation.deployments.files, file) as lines, _progress_printer() as progress:
        copied = invocation.deployments.read_lines(invocation.folder(), lines, progress)
    _show(copied, as_json=as_json)


@contextmanager
def _progress_printer() -> Iterator[Callable[[int], None]]:
    """Yield a callback that reports the progress of a copy every SAY_EVERY changes.

    A thread of its own writes, because the copy holds the store's lock: a reader of stderr that stopped reading would
    stop everybody. At the end of the block, without the lock, what is left is written.
    """
    sentences: SimpleQueue[str | None] = SimpleQueue()

    def write() -> None:
        while (sentence := sentences.get()) is not None:
            output.message(sentence)

    def say(sequence: int) -> None:
        if sequence % SAY_EVERY == 0:
            sentences.put(ngettext("{n} change copied.", "{n} changes copied.", sequence))

    writer = Thread(target=write, daemon=True)
    writer.start()
    try:
        yield say
    finally:
        sentences.put(None)
        writer.join()


def _show(copied: Copied, *, as_json: bool) -> None:
    if as_json:
        output.document(
            changes=copied.changes,
            values=dict(copied.values),
            digest=copied.digest,
            settings=list(copied.settings),
        )
        return
    output.line(ngettext("{n} change.", "{n} changes.", copied.changes))
    for kind, n in copied.values.items():
        output.line("  ", format_amount(kind, n))
    output.line(paired(_("digest"), copied.digest))


@contextmanager
def _new_file(files: CallerFiles, file: str) -> Iterator[BinaryIO]:
    """Yield a new file that gets its name only after all of it is on disk."""
    if file == STREAM:
        with _as_output_errors():
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        return
    try:
        with files.new_file(file) as stream:
            yield stream
    except FileExistsError:
        raise UsageError(N_("There is something at {file} already; name a new file."), file=file) from None
    except OSError as error:
        raise unwritable(file, error) from error


@contextmanager
def _open_file(files: CallerFiles, file: str) -> Iterator[BinaryIO]:
    if file == STREAM:
        yield sys.stdin.buffer
        return
    try:
        content = files.read(file)  # an error while it is read is another one
    except OSError as error:
        raise UsageError(N_("{file} cannot be read: {reason}"), file=file, reason=error) from error
    with content as stream:
        yield stream


@contextmanager
def _as_output_errors() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise output.ReaderGone from None
    except OSError as error:
        raise output.Unwritable(shown(error)) from None
