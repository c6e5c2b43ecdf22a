"""Checks owner, write permissions and size of plugin files before they are read.

Write access to a plugin allows acting as every person who starts the program. So a file, its folder and the plugin
folder must belong to root or to the user and must not be writable by others. A refusal names the violated rule.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sla_tracker.errors import N_, PluginError
from sla_tracker.os_login import is_private_group, login_of

LARGEST_CHECKLIST = 64 * 1024  # bytes
LARGEST_PYTHON = 1024 * 1024  # bytes


class Untrusted(PluginError):
    """Raised for a file that violates a rule of trust; its content was not used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """Path and content of a checked file; using this content excludes a later change."""

    path: Path
    content: bytes

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the content."""
        return sha256(self.content).hexdigest()


def read_trusted(path: Path, folder: Path, largest: int) -> Trusted:
    """Return a plugin file's content; raises Untrusted naming the rule it violates.

    Symbolic links are followed first: the rules apply to the file that is really read and to its folder.
    """
    try:
        real = path.resolve(strict=True)
        for place in dict.fromkeys((folder.resolve(strict=True), real.parent)):
            _must_be_ours(place, place.stat())
        with os.fdopen(_open_without_waiting(real), "rb") as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise Untrusted(N_("{path} is no regular file."), path=real)
            _must_be_ours(real, status)
            content = stream.read(largest + 1)
    except (OSError, RuntimeError) as reason:
        raise Untrusted(N_("{path} cannot be read: {reason}"), path=path, reason=reason) from reason
    if len(content) > largest:
        raise Untrusted(
            N_("{path} is larger than {limit} KiB, which is the most for such a file."),
            path=real,
            limit=largest // 1024,
        )
    return Trusted(path=real, content=content)


def _open_without_waiting(path: Path) -> int:
    """Open a file without blocking, in case it is a pipe without a writer."""
    return os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))


def _must_be_ours(path: Path, status: os.stat_result) -> None:
    if not hasattr(os, "getuid"):
        return
    if status.st_uid not in (0, os.getuid()):
        raise Untrusted(
            N_("{path} belongs to {owner}; plugin files and folders must belong to root or to you ({me})."),
            path=path,
            owner=login_of(status.st_uid),
            me=login_of(os.getuid()),
        )
    if status.st_mode & stat.S_IWOTH:
        raise Untrusted(N_("{path} can be written by everybody; take that away: chmod o-w {path}"), path=path)
    if status.st_mode & stat.S_IWGRP and not is_private_group(status.st_gid, os.getuid()):
        raise Untrusted(N_("{path} can be written by its group; take that away: chmod g-w {path}"), path=path)
