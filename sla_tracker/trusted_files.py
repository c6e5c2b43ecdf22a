"""Reads settings and plugin files that no stranger can have written.

Write access to such a file allows acting as every person who starts the program. So the file, its folder and the
folder in which it is named must belong to root, to the user or to an owner that the user names, and must not be
writable by others. A refusal names the violated rule.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import NamedTuple

from sla_tracker.errors import N_, SlaError
from sla_tracker.os_login import is_private_group, login_of, uid_of

OWNER = "SLA_OWNER"
"""Environment variable with the logins, separated by commas, whose files the user trusts besides his own and root's."""


class NotTrusted(SlaError):
    """Raised for a file that violates a rule of trust; its content was not used."""


class Trusted(NamedTuple):
    """Path, content and owner of a checked file.

    Whoever uses this content does not see a later change.
    """

    path: Path
    content: bytes
    owner: int = 0

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the content."""
        from hashlib import sha256

        return sha256(self.content).hexdigest()


def read_trusted(path: Path, folder: Path, largest: int) -> Trusted:
    """Return a file's content, at most `largest` bytes.

    Raises NotTrusted naming the rule it violates. Symbolic links are followed first: the rules apply to the file that
    is really read and to its folder.
    """
    try:
        real = path.resolve(strict=True)
        for place in dict.fromkeys((folder.resolve(strict=True), real.parent)):
            _must_be_ours(place, place.stat())
        with os.fdopen(_open_without_waiting(real), "rb") as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise NotTrusted(N_("{path} is no regular file."), path=real)
            _must_be_ours(real, status)
            content = stream.read(largest + 1)
    except (OSError, RuntimeError) as reason:
        raise NotTrusted(N_("{path} cannot be read: {reason}"), path=path, reason=reason) from reason
    if len(content) > largest:
        raise NotTrusted(
            N_("{path} is larger than {limit} KiB, which is the most for such a file."),
            path=real,
            limit=largest // 1024,
        )
    return Trusted(path=real, content=content, owner=status.st_uid)


def trusted_owners() -> frozenset[int]:
    """Return the user ids whose files are trusted.

    These are root, the user, and those that SLA_OWNER names.
    """
    named = (uid_of(name.strip()) for name in os.environ.get(OWNER, "").split(",") if name.strip())
    return frozenset({0, os.getuid(), *(uid for uid in named if uid is not None)})


def may_write_for(owner: int) -> bool:
    """Return whether this process, as the owner or root, may write an owner's files."""
    return hasattr(os, "getuid") and os.getuid() in (0, owner)


def _open_without_waiting(path: Path) -> int:
    """Open a file without blocking, in case it is a pipe without a writer."""
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))


def _must_be_ours(path: Path, status: os.stat_result) -> None:
    if not hasattr(os, "getuid"):
        return
    if status.st_uid not in trusted_owners():
        raise NotTrusted(
            N_(
                "{path} belongs to {owner}; settings, plugins and their folders must belong to root, to you ({me}) or "
                "to an owner you trust: {variable}={owner}"
            ),
            path=path,
            owner=login_of(status.st_uid),
            me=login_of(os.getuid()),
            variable=OWNER,
        )
    if status.st_mode & stat.S_IWOTH:
        raise NotTrusted(
            N_("{path} can be written by everybody; take that away: chmod o-w {path}"), path=path
        )
    if status.st_mode & stat.S_IWGRP and not _is_private(status):
        raise NotTrusted(
            N_("{path} can be written by its group; take that away: chmod g-w {path}"), path=path
        )


def _is_private(status: os.stat_result) -> bool:
    """Return whether the group of a file is its owner's or the user's alone."""
    return any(is_private_group(status.st_gid, uid) for uid in {status.st_uid, os.getuid()})
