"""Translates errors of the journal, which itself has English messages only."""

from __future__ import annotations

from collections.abc import Mapping

from sla_tracker import i18n
from sla_tracker.errors import shown
from sla_tracker.i18n import gettext as _
from sla_tracker.storage.journal import JournalError


class TranslatedMessage:
    """A journal error with its place, translated when it is converted to text."""

    def __init__(self, error: JournalError) -> None:
        self._error = error

    def __str__(self) -> str:
        error = self._error
        places = ", ".join(places_of(error.file, error.segment, error.byte, error.sequence))
        said = translate(error.message, error.values)
        return f"{said} [{places}]" if places else said


def translate(message: str, values: Mapping[str, object]) -> str:
    """Return a journal message in the current language with its values.

    A cause among them is translated, too: another error of the journal, or one of the system.
    """
    return i18n.gettext(message, **{name: _shown(value) for name, value in values.items()})


def _shown(value: object) -> object:
    return translate(value.message, value.values) if isinstance(value, JournalError) else shown(value)


def places_of(file: str | None, segment: int | None, byte: int | None, sequence: int | None) -> list[str]:
    """Return the known parts of a place in the journal as translated texts."""
    numbered = ((_("segment"), segment), (_("byte"), byte), (_("change"), sequence))
    return [*([file] if file else []), *(f"{name} {value}" for name, value in numbered if value is not None)]
