"""Says which version this is: the release and the commit.

The commit is the one that it was built from or is checked out at.
"""

from __future__ import annotations

from pathlib import Path

VERSION = "0.2.0"
"""The release; the wheel's metadata take it from here."""
PACKAGE = Path(__file__).resolve().parent
BUILD_FILE = "build.txt"
"""In a wheel or source archive: the commit that it was built from."""
LENGTH = 12
"""Digits of a commit that are shown."""


def version_text() -> str:
    """Return the release with the commit behind it, which tells builds apart."""
    commit = commit_of(PACKAGE)
    return f"{VERSION} ({commit})" if commit else VERSION


def commit_of(package: Path) -> str:
    """Return the commit that a package was built from or is checked out at.

    Empty if it is unknown.
    """
    try:
        return (package / BUILD_FILE).read_text(encoding="ascii").strip()
    except OSError:
        pass
    try:
        return _checked_out(package.parent / ".git")[:LENGTH]
    except (OSError, ValueError):
        return ""


def _checked_out(git: Path) -> str:
    """Return the commit of a checkout's HEAD.

    Git's own files are read: git itself may be missing, or refuse a folder. Raises OSError, ValueError.
    """
    if git.is_file():  # a worktree of its own: gitdir: PATH
        git = git.parent / git.read_text(encoding="utf-8").partition(":")[2].strip()
    head = (git / "HEAD").read_text(encoding="utf-8").strip()
    if not head.startswith("ref:"):
        return head
    name = head.partition(":")[2].strip()
    shared = git / "commondir"
    common = git / shared.read_text(encoding="utf-8").strip() if shared.is_file() else git
    for folder in (git, common):
        if (folder / name).is_file():
            return (folder / name).read_text(encoding="utf-8").strip()
    for line in (common / "packed-refs").read_text(encoding="utf-8").splitlines():
        commit, _, ref = line.partition(" ")
        if ref == name:
            return commit
    return ""
