"""Files of an inbox folder, and the folders for those that were taken or refused.

Everything is opened by its name inside an open folder and never through a link. A file has one link: through a second
one somebody else could change it, or it would be somebody else's file.
"""

from __future__ import annotations

import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from sla_tracker.domain.clean import clean
from sla_tracker.errors import N_, Refused, SlaError
from sla_tracker.regular_files import open_regular
from sla_tracker.services.imports.inbox import InboxFileKind
from sla_tracker.value_class import dataclass

if TYPE_CHECKING:
    from sla_tracker.config.load import Deployment

DONE, REFUSED = "done", "refused"
QUIET_SECONDS = 5.0  # a file that changed later may still be written
UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart")
REPORT = ".report.txt"
MOST_FILES = 100  # of one turn; the next takes the others
_FOLDER_MODE, _FILE_MODE = 0o700, 0o600
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxFile:
    """A file of the inbox with its content.

    `mark` tells whether another file has its name by now.
    """

    name: str
    content: bytes
    mark: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A taken or refused file with its report."""

    name: str
    place: str
    content: bytes
    report: str


class UnusableFolder(Refused):
    """A folder inside the inbox cannot be used; its files stay where they are."""


class InboxFolder:
    """The open inbox folder, or one in it for other lists than events.

    While it is open, nobody else takes files from it.
    """

    def __init__(self, path: Path, descriptor: int, kind: InboxFileKind = InboxFileKind.EVENTS) -> None:
        self.path = path
        self._folder = descriptor
        self._kind = kind

    def names(self) -> list[str]:
        """Return the names of the files that may be taken, in order.

        Hidden and unfinished files are left out.
        """
        return sorted(name for name in _names(self._folder) if _may_be_taken(name, self._kind))[:MOST_FILES]

    def named(self, name: str) -> str:
        """Return a name in this folder as seen from the inbox."""
        return name if self._kind is InboxFileKind.EVENTS else f"{self._kind}/{name}"

    @contextmanager
    def inside(self, kind: InboxFileKind) -> Iterator[InboxFolder | None]:
        """Yield the folder of one kind of lists, which for events is this one.

        None where there is none. Raises UnusableFolder for a link and for anything else that is no folder.
        """
        if kind is InboxFileKind.EVENTS or not _exists(self._folder, kind):
            yield self if kind is InboxFileKind.EVENTS else None
            return
        path = self.path / kind
        try:
            descriptor = os.open(kind, _FOLDER_FLAGS, dir_fd=self._folder)
        except OSError as error:
            raise UnusableFolder(
                N_("The inbox folder {folder} cannot be opened: {why}"),
                folder=path,
                why=error,
            ) from error
        try:
            yield InboxFolder(path, descriptor, kind)
        finally:
            os.close(descriptor)

    def read(self, name: str, largest: int) -> InboxFile | None:
        """Return a file; None for one that is still being written.

        Raises Refused for anything but a regular file with one link, and for one that cannot be read.
        """
        try:
            descriptor = open_regular(name, os.O_RDONLY | os.O_NOFOLLOW, folder=self._folder)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Refused(N_("{file} is left alone: {why}"), file=clean(name), why=error) from error
        with os.fdopen(descriptor, "rb") as stream:
            before = os.fstat(stream.fileno())
            if before.st_nlink != 1:
                raise Refused(
                    N_(
                        "{file} is left alone: it has {n} names (hard links), so that it may be somebody else's."
                    ),
                    file=clean(name),
                    n=before.st_nlink,
                )
            # The time of the last change is the system's; that of the content is whatever its writer says.
            if abs(time.time() - before.st_ctime) < QUIET_SECONDS:
                return None
            content = stream.read(largest + 1)
            after = os.fstat(stream.fileno())
        if _mark(before) != _mark(after):
            return None
        return InboxFile(name=name, content=content, mark=_mark(after))

    def put_away(self, file: InboxFile, place: str, report: str) -> str:
        """Move a file and its report into a folder of the inbox; return where the file is.

        The report is written first under a hidden name, so that after a stop at any moment `finish_reports` can give it
        its own. A file that was replaced meanwhile stays: it is another one.
        """
        with self._subfolder(place) as target:
            name = self._free_name(target, file.name)
            waiting = f".{name}{REPORT}"
            _write(target, waiting, report.encode())
            try:
                status = os.stat(file.name, dir_fd=self._folder, follow_symlinks=False)
            except FileNotFoundError:
                status = None
            if status is not None and _mark(status) == file.mark:
                os.rename(file.name, name, src_dir_fd=self._folder, dst_dir_fd=target)
            else:
                _write(target, name, file.content)
            _sync(self._folder, target)
            os.rename(waiting, f"{name}{REPORT}", src_dir_fd=target, dst_dir_fd=target)
            _sync(target)
        return str(self.path / place / name)

    def finish_reports(self) -> None:
        """Rename the reports whose files were moved before a stop; delete the others."""
        for _place, target in self._kept_folders():
            for name in [one for one in _names(target) if one.startswith(".") and one.endswith(REPORT)]:
                own = name[1:].removesuffix(REPORT)
                if _exists(target, own) and not _exists(target, f"{own}{REPORT}"):
                    os.rename(name, f"{own}{REPORT}", src_dir_fd=target, dst_dir_fd=target)
                else:
                    os.unlink(name, dir_fd=target)

    def remove_older(self, days: int) -> None:
        """Delete taken and refused files with their reports after so many days.

        0 days means that they are kept.
        """
        oldest = time.time() - days * 86_400
        for _place, target in self._kept_folders() if days else ():
            for name in _names(target):
                # The time of the last change of the entry: when it was moved here.
                if os.stat(name, dir_fd=target, follow_symlinks=False).st_ctime < oldest:
                    os.unlink(name, dir_fd=target)

    def kept_files(self, largest: int) -> Iterator[KeptFile]:
        """Yield the taken and refused files with their reports.

        Reports whose file is gone are among them.
        """
        for place, target in self._kept_folders():
            names = set(_names(target))
            own = {name for name in names if not name.endswith(REPORT)}
            own |= {name for name in names - own if name.removesuffix(REPORT).lstrip(".") not in own}
            for name in sorted(own):
                content, report = _content(target, name, largest), b""
                if f"{name}{REPORT}" in names:
                    report = _content(target, f"{name}{REPORT}", largest)
                yield KeptFile(
                    name=name, place=place, content=content, report=report.decode("utf-8", "replace")
                )

    def _kept_folders(self) -> Iterator[tuple[str, int]]:
        """Yield the folders of taken and refused files, each with a descriptor.

        Each descriptor stays open until the next folder is yielded.
        """
        for place in (DONE, REFUSED):
            if self._has(place):
                with self._subfolder(place) as target:
                    yield place, target

    def delete(self, file: KeptFile) -> None:
        """Delete a taken or refused file and its report."""
        with self._subfolder(file.place) as target:
            for name in (file.name, f"{file.name}{REPORT}", f".{file.name}{REPORT}"):
                if _exists(target, name):
                    os.unlink(name, dir_fd=target)
            _sync(target)

    def _has(self, place: str) -> bool:
        return _exists(self._folder, place)

    @contextmanager
    def _subfolder(self, place: str) -> Iterator[int]:
        """Yield the descriptor of a folder inside the inbox, made where it is missing."""
        if not self._has(place):
            os.mkdir(place, _FOLDER_MODE, dir_fd=self._folder)
        descriptor = os.open(place, _FOLDER_FLAGS, dir_fd=self._folder)
        try:
            if os.fstat(descriptor).st_uid != os.geteuid():
                raise Refused(
                    N_("{folder} belongs to another login; move it away."), folder=self.path / place
                )
            yield descriptor
        finally:
            os.close(descriptor)

    def _free_name(self, target: int, name: str) -> str:
        """Return a name that neither a file nor a report has there."""
        path = PurePath(name)
        names = (name, *(f"{path.stem}-{number}{path.suffix}" for number in range(2, 100_000)))
        return next(
            one for one in names if not _exists(target, one) and not _exists(target, f"{one}{REPORT}")
        )


def _may_be_taken(name: str, kind: InboxFileKind) -> bool:
    if name.startswith((".", "~")) or name.endswith("~") or name.lower().endswith(UNFINISHED):
        return False
    if kind is InboxFileKind.EVENTS and name in list(InboxFileKind):
        return False
    return name not in {DONE, REFUSED}


def counted(path: Path) -> tuple[int, int]:
    """Return the numbers of waiting and of refused files; raises OSError."""
    waiting, refused = _counted_in(path, InboxFileKind.EVENTS)
    for kind in InboxFileKind:
        place = path / kind
        if kind is not InboxFileKind.EVENTS and place.is_dir() and not place.is_symlink():
            more = _counted_in(place, kind)
            waiting, refused = waiting + more[0], refused + more[1]
    return waiting, refused


def _counted_in(path: Path, kind: InboxFileKind) -> tuple[int, int]:
    waiting = sum(_may_be_taken(one.name, kind) for one in path.iterdir())
    refused = path / REFUSED
    kept = refused.iterdir() if refused.is_dir() else ()
    return waiting, sum(not one.name.endswith(REPORT) and not one.name.startswith(".") for one in kept)


def inbox_path(deployment: Deployment) -> Path | None:
    """Return the inbox folder; None without one in the settings."""
    named = deployment.config.inbox.folder
    return (deployment.folder / Path(named).expanduser()) if named else None


@contextmanager
def opened_folder(path: Path, *, wait: bool = False) -> Iterator[InboxFolder]:
    """Yield the inbox folder, locked.

    Raises Refused where it cannot be used, or where another process takes files from it, unless `wait`.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise Refused(
            N_("The inbox folder {folder} cannot be opened: {why}"), folder=path, why=error
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError:
            raise Refused(
                N_("Another process takes files from {folder} just now; try again."), folder=path
            ) from None
        yield InboxFolder(path, descriptor)
    except OSError as error:
        raise _unusable(path, error) from error
    finally:
        os.close(descriptor)


def _unusable(path: Path, error: OSError) -> SlaError:
    return Refused(
        N_("{folder} cannot be written: {why}. The file stays where it is."),
        folder=path,
        why=error,
    )


def _names(folder: int) -> list[str]:
    """Return the names in an open folder."""
    return os.listdir(folder)


def _mark(status: os.stat_result) -> tuple[int, ...]:
    return (
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_nlink,
        stat.S_IFMT(status.st_mode),
    )


def _content(folder: int, name: str, largest: int) -> bytes:
    """Return the first bytes of a file, one more than may be read.

    Returns nothing for what is no regular file.
    """
    try:
        descriptor = open_regular(name, os.O_RDONLY | os.O_NOFOLLOW, folder=folder)
    except OSError:
        return b""
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read(largest + 1)


def _exists(folder: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _write(folder: int, name: str, content: bytes) -> None:
    """Write a private file onto the disk; one of a broken-off attempt is replaced."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(name, flags, _FILE_MODE, dir_fd=folder), "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _sync(*folders: int) -> None:
    for folder in folders:
        os.fsync(folder)
