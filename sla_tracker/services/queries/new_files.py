"""Writes new files of the caller, never over one that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sla_tracker.errors import N_, SlaError, UsageError, unwritten

if TYPE_CHECKING:
    from sla_tracker.services.ports import CallerFiles


def write_new_file(files: CallerFiles, file: str, content: bytes) -> str:
    """Write a new file of the caller and return its absolute path.

    Raises UsageError, StoreError.
    """
    try:
        return files.write(file, content)
    except FileExistsError:
        raise UsageError(N_("There is something at {file} already; name a new file."), file=file) from None
    except (OSError, ValueError) as error:
        raise unwritable(file, error) from error


def unwritable(file: str, error: OSError | ValueError) -> SlaError:
    """Return the error for a file that cannot be written.

    A full disk is a StoreError, everything else a UsageError.
    """
    kind = unwritten(error, UsageError) if isinstance(error, OSError) else UsageError
    return kind(N_("{file} cannot be written: {reason}"), file=file, reason=error)
