"""Unpacks the archives of the tests on every Python, also on those before 3.11.4, which know no filters."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path


def unpack(archive: Path, folder: Path) -> None:
    """Unpack an archive of ours; its files belong to whoever runs the tests, and nobody else may write them."""
    with tarfile.open(archive) as packed:
        if hasattr(tarfile, "tar_filter"):
            packed.extractall(folder, filter="tar")
            return
        for member in packed.getmembers():
            member.uid, member.gid, member.uname, member.gname = os.getuid(), os.getgid(), "", ""
            member.mode &= ~0o022
        packed.extractall(folder)
