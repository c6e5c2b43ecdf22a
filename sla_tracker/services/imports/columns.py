"""Names of the columns that lists can have."""

from __future__ import annotations

SUBJECT, TIME, CLOCK, KEY, TYPE = "subject", "at", "time", "key", "type"
OBLIGATION, PROVIDER, CONSUMER = "obligation", "provider", "consumer"
DUE, DELIVERED = "due", "delivered"
TEXT, WANTED = "text", "wanted"


def field_column(id: str) -> str:
    """Return the name of the column of a field."""
    return f"field.{id}"
