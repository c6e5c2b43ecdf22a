"""Backs the embedded store and the settings up into one file, and restores it."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sla_tracker.deployment.stores import Waiting, must_own_store, note_owner
from sla_tracker.deployment.verification import checkpoints_of, must_be_embedded, remember
from sla_tracker.durable_files import replace_durably
from sla_tracker.errors import N_, Refused, SlaError, StoreBusy, StoreError, UsageError
from sla_tracker.regular_files import read_regular
from sla_tracker.services.deployment import BackedUp, Restored
from sla_tracker.storage import journal as journals
from sla_tracker.storage.codec import SCHEMA
from sla_tracker.storage.journal.maintenance.offline import check_backup
from sla_tracker.storage.journal.maintenance.offline import restore as restore_journal
from sla_tracker.storage.journal_messages import TranslatedMessage
from sla_tracker.storage.tinydb import INDEXES, TinyStore, translate_errors

if TYPE_CHECKING:
    from sla_tracker.config.load import Deployment

LARGEST_FILE = 1 << 20
"""Bytes of a settings, plugin or calendar file that is kept in a backup."""
NAME = re.compile(r"sla-[0-9]{8}T[0-9]{6}Z\.bak")
FAILED = ".failed"
FAILED_NAME = re.compile(NAME.pattern + re.escape(FAILED))
RETRY_AFTER = timedelta(minutes=50)
"""After a backup that could not be restored, no other is tried for this long. Less than an hour, for an hourly cron."""
STALE_AFTER = timedelta(hours=36)
"""Age of the newest backup from which `sla doctor` reports it: a day's one is missing."""


def backup(deployment: Deployment, target: Path, waiting: Waiting | None = None) -> BackedUp:
    """Write store, settings, plugins and calendars into one new file.

    Others may write meanwhile. Raises UsageError for a place where no new file can be made, and StoreError.
    """
    must_be_embedded(deployment)
    must_own_store(deployment)
    _require_new_file(target)
    files, left_out = _own_files(deployment)
    place = deployment.store_folder
    opened = TinyStore.open(place, read_only=journals.only_readable(place), waiting=waiting)
    with closing(opened) as store, translate_errors():
        try:
            sequence = store.journal.backup(target, files).sequence
        except journals.DiskFailure as error:
            raise StoreError(
                N_("There is no backup; the store itself is as it was. ({detail})"),
                detail=TranslatedMessage(error),
            ) from error
    return BackedUp(file=target, changes=sequence, files=tuple(files), left_out=left_out)


def regular_backup(deployment: Deployment, now: datetime, waiting: Waiting | None = None) -> BackedUp:
    """Write a backup into the folder of the settings, and delete the oldest ones.

    The backup is restored into a scratch folder first. Raises UsageError where the settings name no folder, StoreError
    where the backup cannot be written or restored. One that cannot be restored is kept under another name, to be looked
    at: it is no backup of that day.
    """
    folder = backup_folder(deployment)
    if folder is None:
        raise UsageError(
            N_("Name a file, or a folder for regular backups: folder under [backup] in the settings.")
        )
    done = backup(deployment, folder / f"sla-{now:%Y%m%dT%H%M%SZ}.bak", waiting)
    failed_before = failed_in(folder)
    try:
        check(done.file)
    except SlaError:
        replace_durably(done.file, done.file.with_name(done.file.name + FAILED))
        raise
    finally:
        for old in failed_before:
            old.unlink(missing_ok=True)
    for old in backups_in(folder, now)[: -deployment.config.backup.keep]:
        with suppress(OSError):
            old.unlink()
    return done


def backup_folder(deployment: Deployment) -> Path | None:
    """Return the folder of regular backups; None without one in the settings."""
    named = deployment.config.backup.folder
    return deployment.folder / named if named else None


def backups_in(folder: Path, now: datetime) -> list[Path]:
    """Return the regular backups in a folder, the oldest first.

    One that is named after a later instant was made by a wrong clock: it says nothing of its age, so it neither
    replaces the backup of today nor takes the place of one that is kept.
    """
    return [path for path in _named_backups(folder) if made_at(path) <= now]


def misdated_in(folder: Path, now: datetime) -> list[Path]:
    """Return the regular backups in a folder whose names are of later than now."""
    return [path for path in _named_backups(folder) if made_at(path) > now]


def failed_in(folder: Path) -> list[Path]:
    """Return the backups in a folder that could not be restored when they were tried."""
    return _named_backups(folder, FAILED_NAME)


def _named_backups(folder: Path, name: re.Pattern[str] = NAME) -> list[Path]:
    with suppress(OSError):
        return sorted(path for path in folder.iterdir() if name.fullmatch(path.name) and _is_dated(path))
    return []


def _is_dated(file: Path) -> bool:
    """Return whether a name has an instant; the file may be somebody else's."""
    try:
        made_at(file)
    except ValueError:
        return False
    return True


def made_at(file: Path) -> datetime:
    """Return when a regular backup was made, from its name; raises ValueError."""
    return datetime.strptime(f"{file.name.partition('.')[0]}+0000", "sla-%Y%m%dT%H%M%SZ%z")


def is_due(deployment: Deployment, now: datetime) -> bool:
    """Return whether the settings want a backup that is not there yet.

    It must have been made after the last time of day that they name.
    """
    folder = backup_folder(deployment)
    if folder is None:
        return False
    zone, at = deployment.zone, deployment.config.backup.at
    local = now.astimezone(zone)
    since = datetime.combine(local.date(), at, zone)
    since -= timedelta(days=since > local)
    if any(now - RETRY_AFTER < made_at(failed) <= now for failed in failed_in(folder)):
        return False
    kept = backups_in(folder, now)
    return not kept or made_at(kept[-1]) < since


def check(file: Path) -> int:
    """Restore a backup into a scratch folder and remove it again.

    Returns its last change. Raises StoreError.
    """
    with (
        tempfile.TemporaryDirectory(prefix="sla-backup-") as scratch,
        translate_errors(),
        _translate_backup_errors(file),
    ):
        return check_backup(file, Path(scratch), indexes=INDEXES, schema=SCHEMA).sequence


def _own_files(deployment: Deployment) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Return the contents of the settings' files, and the names of those left out.

    Settings, plugins and calendars, each by its name in the backup; left out is what cannot be read.
    """
    found: dict[str, bytes] = {}
    left_out = []
    for name, path in _named_files(deployment):
        try:
            found[name] = read_regular(path, LARGEST_FILE)
        except OSError:
            left_out.append(str(path))
    return found, tuple(left_out)


def _named_files(deployment: Deployment) -> Iterator[tuple[str, Path]]:
    yield deployment.file.name, deployment.file
    for name, folder in (("plugins", deployment.plugin_folder), ("calendars", deployment.calendar_folder)):
        for here, below, files in os.walk(folder):
            below[:] = sorted(each for each in below if not each.startswith((".", "__pycache__")))
            inside = Path(here).relative_to(folder)
            for file in sorted(each for each in files if not each.startswith(".")):
                yield (Path(name) / inside / file).as_posix(), Path(here, file)


def _place_of(deployment: Deployment, name: str) -> Path | None:
    """Return where a file of a backup belongs.

    None for a file that is none of this deployment's.
    """
    first, _, rest = name.partition("/")
    folders = {"plugins": deployment.plugin_folder, "calendars": deployment.calendar_folder}
    if not rest:
        return deployment.file if name == deployment.file.name else None
    return folders[first] / rest if first in folders else None


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


def _require_readable(source: Path) -> None:
    if not source.is_file():
        raise UsageError(N_("There is no file {file}."), file=source)
    if not os.access(source, os.R_OK):
        raise UsageError(N_("You may not read {file}."), file=source)


def preview(deployment: Deployment, source: Path) -> Restored:
    """Return what a restore would put back, without changing anything.

    The backup is checked in a scratch folder.
    """
    _require_readable(source)
    must_be_embedded(deployment)
    with (
        tempfile.TemporaryDirectory(prefix="sla-backup-") as scratch,
        translate_errors(),
        _translate_backup_errors(source),
    ):
        held = check_backup(source, Path(scratch), indexes=INDEXES, schema=SCHEMA)
    return Restored(changes=held.sequence, files=_compared(deployment, held.others))


def restore(deployment: Deployment, source: Path, *, settings: bool = False) -> Restored:
    """Restore a verified backup.

    With `settings`, settings, plugins and calendars that differ are restored, too. Raises Refused where the deployment
    has a store with changes, StoreBusy while somebody else restores, StoreError for a damaged backup.
    """
    _require_readable(source)
    must_be_embedded(deployment)
    with (
        _only_restore(deployment.folder),
        translate_errors(),
        _translate_backup_errors(source),
    ):
        held = restore_journal(
            source,
            deployment.store_folder,
            indexes=INDEXES,
            schema=SCHEMA,
            room=_unwritten_store_removed(deployment.store_folder),
        )
        files = _compared(deployment, held.others)
        if settings:
            _put_back(deployment, {name: held.others[name] for name in files})
    note_owner(deployment)
    with closing(TinyStore.open(deployment.store_folder, read_only=True)) as store:
        remember(store, checkpoints_of(deployment))
    return Restored(changes=held.sequence, files=files, put_back=settings)


@contextmanager
def _only_restore(folder: Path) -> Iterator[None]:
    """Exclude other restores into a deployment.

    If two ran at once, one would remove what the other has just put there.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise StoreBusy(
            N_("Somebody else restores into {folder}; nothing was done."), folder=folder
        ) from None
    try:
        yield
    finally:
        os.close(descriptor)


def _compared(deployment: Deployment, others: Mapping[str, bytes]) -> Mapping[str, str]:
    """Return, by name, which files of a backup are `missing` here and which `differs`."""
    found = {}
    for name, content in others.items():
        place = _place_of(deployment, name)
        if place is None:
            continue
        try:
            if read_regular(place, LARGEST_FILE) != content:
                found[name] = "differs"
        except FileNotFoundError:
            found[name] = "missing"
        except OSError:
            found[name] = "differs"
    return found


def _put_back(deployment: Deployment, files: Mapping[str, bytes]) -> None:
    """Write files of a backup.

    A file that exists already is kept beside it with the ending `.before`.
    """
    for name, content in files.items():
        place = _place_of(deployment, name)
        if place is None:
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
        fresh.write_bytes(content)
        if os.path.lexists(place):
            shutil.copymode(place, fresh)
            place.replace(place.with_name(f"{place.name}.before"))
        replace_durably(fresh, place)


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
        aside = folder.with_name(f"{folder.name}.{secrets.token_hex(4)}.unwritten")
        folder.rename(aside)
        try:
            yield
        except BaseException:
            with suppress(OSError):  # somebody made a new one meanwhile; the one aside holds nothing
                aside.rename(folder)
            raise
        shutil.rmtree(aside)


def _is_unwritten(folder: Path) -> bool:
    """Return whether a folder is a journal without a byte of a change.

    Torn and archived changes count as changes, too.
    """
    place = journals.JournalPaths(folder=folder)
    written = (file for inside in (place.segments, place.archives, place.aside) for file in inside.glob("*"))
    return place.manifest.is_file() and not any(file.lstat().st_size for file in written)
