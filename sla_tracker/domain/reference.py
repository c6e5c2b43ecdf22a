"""Short references by which people call what is stored."""

REFERENCE_LENGTH = 6
"""Last characters of an id: time-ordered ids begin alike."""


def reference_of(id: str) -> str:
    """Return the end of an id by which people call it."""
    return id[-REFERENCE_LENGTH:]
