"""Records with the embedded store to which deployment it belongs.

The record is in a file that only the store's owner may write.

Whoever copies the settings and points them at the store of another deployment could act there as anybody; a trial's
clock and persons would enter a real record.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from sla_tracker.durable_files import replace_file
from sla_tracker.os_login import login_of
from sla_tracker.regular_files import open_regular
from sla_tracker.value_class import dataclass

NAME = "deployment.json"
LARGEST = 4096
"""Bytes."""
MODE = 0o644
"""Only the store's owner may write it; the group, which writes the store, may not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreOwner:
    """The deployment to which a store belongs: its folder, and whether it is a trial."""

    folder: str
    trial: bool


def read_owner(store: Path) -> StoreOwner | None:
    """Return what the store says about its deployment, or None.

    None where it says nothing, or where anybody but its owner has written it.
    """
    try:
        with os.fdopen(open_regular(store / NAME, os.O_RDONLY | os.O_NOFOLLOW), "rb") as stream:
            trusted = os.fstat(stream.fileno()).st_uid in {0, store.stat().st_uid}
            found = json.loads(stream.read(LARGEST)) if trusted else {}
        return StoreOwner(folder=str(found["folder"]), trial=bool(found["trial"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def write_owner(store: Path, owner: StoreOwner) -> None:
    """Write to which deployment a store belongs; raises OSError."""
    content = {"version": 1, "folder": owner.folder, "trial": owner.trial}
    replace_file(store / NAME, json.dumps(content).encode(), mode=MODE)


def may_write_owner(store: Path) -> bool:
    """Return whether this process runs as the owner of a store, or as root."""
    try:
        return os.getuid() in {0, store.stat().st_uid}
    except OSError:
        return False


def login_of_owner(store: Path) -> str:
    """Return the login that owns a store's folder."""
    try:
        return login_of(store.stat().st_uid)
    except OSError:
        return "?"
