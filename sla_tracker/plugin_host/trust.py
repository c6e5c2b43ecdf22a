"""Reads plugin files that no stranger can have written, and their largest sizes."""

from __future__ import annotations

from pathlib import Path

from sla_tracker import trusted_files
from sla_tracker.errors import PluginError
from sla_tracker.trusted_files import NotTrusted, Trusted

LARGEST_CHECKLIST = 1024 * 1024  # bytes
LARGEST_PYTHON = 1024 * 1024  # bytes


class Untrusted(PluginError):
    """Raised for a plugin file that violates a rule of trust.

    Its content was not used.
    """


def read_trusted(path: Path, folder: Path, largest: int) -> Trusted:
    """Return a plugin file's content; raises Untrusted naming the rule it violates."""
    try:
        return trusted_files.read_trusted(path, folder, largest)
    except NotTrusted as refusal:
        raise Untrusted(refusal.message, (), **refusal.values) from refusal
