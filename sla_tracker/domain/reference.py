"""Shortens ids to the references that people type."""

REFERENCE_LENGTH = 6
"""Last characters of an id: time-ordered ids begin alike."""


def reference_of(id: str) -> str:
    """Return the reference of an id: its last characters."""
    return id[-REFERENCE_LENGTH:]
