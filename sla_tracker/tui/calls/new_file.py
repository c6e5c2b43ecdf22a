"""Writes a new file where the person at the terminal wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sla_tracker.errors import N_, UsageError

if TYPE_CHECKING:
    from sla_tracker.services.deployment import OpenDeployment


def write_new_file(deployment: OpenDeployment, file: str, content: bytes) -> str:
    """Write a new file of the person and return its full path; raises UsageError."""
    try:
        return deployment.files.write(file, content)
    except FileExistsError:
        raise UsageError(N_("There is something at {file} already; name a new file."), file=file) from None
    except (OSError, ValueError) as reason:
        raise UsageError(N_("{file} cannot be written: {reason}"), file=file, reason=reason) from reason
