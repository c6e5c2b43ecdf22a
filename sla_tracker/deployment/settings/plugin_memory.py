"""Remembers which plugin declares which id, and which ones ended the program."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sla_tracker.config.deployment import SERVICE_FOLDER
from sla_tracker.digests import sha256
from sla_tracker.durable_files import replace_file
from sla_tracker.trusted_files import NotTrusted, may_write_for, read_trusted

if TYPE_CHECKING:
    from sla_tracker.config.deployment import Deployment
    from sla_tracker.plugin_host.declarations import Owners
    from sla_tracker.plugin_host.quarantine import Quarantine

OWNERS_SUFFIX = ".ids"
LARGEST_OWNERS = 4 * 1024 * 1024  # bytes
FILE_MODE = 0o644


def owners_file(deployment: Deployment) -> Path:
    """Return the file that says which plugin declared each id.

    Its content is from when all plugins last worked.
    """
    return deployment.file.with_name(deployment.file.name + OWNERS_SUFFIX)


def read_owners(deployment: Deployment) -> Owners:
    """Return which plugin declares each kind and id.

    Empty without a trusted file.
    """
    place = owners_file(deployment)
    try:
        if place.is_symlink():
            return {}
        trusted = read_trusted(place, place.parent, LARGEST_OWNERS)
        found = json.loads(trusted.content) if trusted.owner == deployment.owner else []
        return {(str(kind), str(id)): str(plugin) for kind, id, plugin in found}
    except (NotTrusted, ValueError, TypeError, RecursionError):
        return {}


def keep_owners(deployment: Deployment, owners: Owners) -> None:
    """Write which plugin declares each id; only the settings' owner and root do."""
    if not may_write_for(deployment.owner) or read_owners(deployment) == owners:
        return
    listed = sorted([kind, id, plugin] for (kind, id), plugin in owners.items())
    content = json.dumps(listed, ensure_ascii=False).encode()
    with suppress(OSError):
        replace_file(owners_file(deployment), content, mode=FILE_MODE, owner=deployment.owner)


def quarantine_of(deployment: Deployment) -> Quarantine | None:
    """Return this login's memory of plugins that ended or froze the program.

    A service has its own, wherever its login works; there a plugin must also leave nothing behind. None where no files
    can be locked.
    """
    if os.name != "posix":
        return None
    from sla_tracker.plugin_host.quarantine import Quarantine

    service = deployment.folder / SERVICE_FOLDER
    is_service = _is_own(service)
    if is_service:
        place = service / "plugins.json"
    elif deployment.basics.trial:
        place = deployment.folder / ".seen" / "plugins.json"
    else:
        from platformdirs import user_state_path

        name = sha256(str(deployment.folder).encode()).hexdigest()[:16]
        place = user_state_path("sla_tracker") / f"plugins-{name}.json"
    quarantine = Quarantine(
        file=place, keeps_clean=is_service, is_for_service=deployment.config.serve is not None
    )
    quarantine.read()
    return quarantine


def _is_own(folder: Path) -> bool:
    """Return whether a folder is there and belongs to the present login."""
    try:
        return folder.stat().st_uid == os.geteuid()
    except OSError:
        return False
