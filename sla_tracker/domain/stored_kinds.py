"""Kinds of stored values."""

from enum import StrEnum


class StoredKind(StrEnum):
    """Name under which a store keeps the values of a class.

    `storage.codec` says of which.
    """

    DUTIES = "duties"
    EVENTS = "events"
    REQUESTS = "requests"
    ROSTERS = "rosters"
    MONTHS = "months"
    OFFERS = "offers"
    SHIFT_NOTES = "shift_notes"
    COMPLAINTS = "complaints"
    ANSWERS = "answers"
    REMINDERS = "reminders"
    REMINDED = "reminded"
    MESSAGE_DAYS = "message_days"
    AGREEMENTS = "agreements"
    CHECKLISTS = "checklists"
    IMPORTS = "imports"
    IMPORT_MAPS = "import_maps"
    PAST_DUTIES = "past_duties"
