"""Backs the embedded store up into one file, and puts such a file back."""

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
    """Write the whole store into one new file while others go on writing; returns the last change it holds.

    Raises UsageError for a place where no new file can be made, and StoreError.
    """
    must_be_embedded(deployment)
    _must_be_new(target)
    with closing(TinyStore.open(deployment.store_folder)) as store, translate_errors():
        try:
            return store.journal.backup(target).sequence
        except journals.DiskFailure as error:
            raise StoreError(
                N_("There is no backup; the store itself is as it was. ({detail})"),
                detail=TranslatedMessage(error),
            ) from error


def _must_be_new(target: Path) -> None:
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
    """Put a backup where the deployment has no store or an unwritten one, verified first; returns its last change.

    Raises Refused where there is a store, and StoreError for what is no whole backup.
    """
    must_be_embedded(deployment)
    with translate_errors(), _unwritten_store_removed(deployment.store_folder), _about_the_backup(source):
        sequence = journals.restore(source, deployment.store_folder, indexes=INDEXES)
    with closing(TinyStore.open(deployment.store_folder, read_only=True)) as store:
        remember(store, checkpoints_of(deployment))
    return sequence


@contextmanager
def _about_the_backup(source: Path) -> Iterator[None]:
    """Say of the backup what the journal says of its files."""
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
    """Move a store that nothing was ever written to out of the way; it comes back when what follows fails."""
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
    """Say whether a folder is a journal without a byte of a change, nor of one that was torn or sealed."""
    place = journals.JournalPaths(folder=folder)
    written = (file for inside in (place.segments, place.archives, place.aside) for file in inside.glob("*"))
    return place.manifest.is_file() and not any(file.lstat().st_size for file in written)
