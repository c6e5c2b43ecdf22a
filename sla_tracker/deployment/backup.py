"""Backs the embedded store up into one file, and restores such a file."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sla_tracker.deployment.verification import checkpoints_of, must_be_embedded, remember
from sla_tracker.errors import N_, Refused, StoreError, UsageError
from sla_tracker.storage import journal as journals
from sla_tracker.storage.journal_messages import TranslatedMessage
from sla_tracker.storage.tinydb import INDEXES, TinyStore, translate_errors

if TYPE_CHECKING:
    from sla_tracker.config.load import Deployment


def backup(deployment: Deployment, target: Path) -> int:
    """Write the whole store into one new file while others write; return its last change.

    Raises UsageError for a place where no new file can be made, and StoreError.
    """
    must_be_embedded(deployment)
    _require_new_file(target)
    with closing(TinyStore.open(deployment.store_folder)) as store, translate_errors():
        try:
            return store.journal.backup(target).sequence
        except journals.DiskFailure as error:
            raise StoreError(
                N_("There is no backup; the store itself is as it was. ({detail})"),
                detail=TranslatedMessage(error),
            ) from error


def _require_new_file(target: Path) -> None:
    folder = target.absolute().parent
    if os.path.lexists(target):
        raise UsageError(N_("There is something at {file} already; name a new file."), file=target)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(
            N_("{file} cannot be written: {folder} is not there, or you may not write to it."),
            file=target.name,
            folder=folder,
        )


def restore(deployment: Deployment, source: Path) -> int:
    """Restore a verified backup; return its last change.

    Raises Refused where the deployment has a store with changes, StoreError for a damaged backup.
    """
    if not source.is_file():
        raise UsageError(N_("There is no file {file}."), file=source)
    if not os.access(source, os.R_OK):
        raise UsageError(N_("You may not read {file}."), file=source)
    must_be_embedded(deployment)
    with (
        translate_errors(),
        _unwritten_store_removed(deployment.store_folder),
        _translate_backup_errors(source),
    ):
        sequence = journals.restore(source, deployment.store_folder, indexes=INDEXES)
    with closing(TinyStore.open(deployment.store_folder, read_only=True)) as store:
        remember(store, checkpoints_of(deployment))
    return sequence


@contextmanager
def _translate_backup_errors(source: Path) -> Iterator[None]:
    """Turn the journal's errors into messages about the backup file."""
    try:
        yield
    except journals.NotEmpty as error:
        raise Refused(
            N_("Nothing was restored: the deployment has a store already; move it away first. ({detail})"),
            detail=TranslatedMessage(error),
        ) from error
    except journals.DamagedJournal as error:
        raise StoreError(
            N_("Nothing was restored: {file} is no backup, or it is damaged; take another one. ({detail})"),
            file=source,
            detail=TranslatedMessage(error),
        ) from error
    except journals.DiskFailure as error:
        raise StoreError(N_("Nothing was restored. ({detail})"), detail=TranslatedMessage(error)) from error


@contextmanager
def _unwritten_store_removed(folder: Path) -> Iterator[None]:
    """Move a store without any change away; move it back if the block raises.

    Writers are kept out meanwhile, so that no change is written to the folder that is deleted at the end.
    """
    if not _is_unwritten(folder):
        yield
        return
    with closing(TinyStore.open(folder)) as store, store.exclude_writers():
        if store.sequence():
            yield
            return
        aside = folder.with_name(f"{folder.name}.unwritten")
        folder.rename(aside)
        try:
            yield
        except BaseException:
            aside.rename(folder)
            raise
        shutil.rmtree(aside)


def _is_unwritten(folder: Path) -> bool:
    """Return whether a folder is a journal without a byte of a change, torn or archived ones included."""
    place = journals.JournalPaths(folder=folder)
    written = (file for inside in (place.segments, place.archives, place.aside) for file in inside.glob("*"))
    return place.manifest.is_file() and not any(file.lstat().st_size for file in written)
