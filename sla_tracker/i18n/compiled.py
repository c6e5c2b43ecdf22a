"""Looks messages up in a compiled catalogue without reading all of it.

The standard library decodes all messages, thousands of them, for the few that a command shows.
"""

from __future__ import annotations

import gettext
from struct import unpack_from

MAGIC = 0x950412DE  # of a file in this machine's order of bytes
ONE_FORM = b"nplurals=1;"


class CompiledCatalogue(gettext.NullTranslations):
    """The messages of a compiled catalogue.

    Its language has one plural form, and it is sorted as msgfmt sorts it.
    """

    def __init__(self, content: bytes, count: int, originals: int, translations: int) -> None:
        super().__init__()
        self._content = content
        self._count = count
        self._originals = originals
        self._translations = translations
        self._found: dict[str, str | None] = {}

    def gettext(self, message: str) -> str:
        """Return the translation of a message, or the message itself."""
        found = self.find(message)
        return message if found is None else found

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the translation of a message with a number, else the English form."""
        found = self.find(msgid1)
        return (msgid1 if n == 1 else msgid2) if found is None else found

    def find(self, message: str) -> str | None:
        """Return the translation of a message, None without one."""
        if message not in self._found:
            self._found[message] = self._search(message.encode())
        return self._found[message]

    def _search(self, wanted: bytes) -> str | None:
        low, high = 0, self._count
        while low < high:
            middle = (low + high) // 2
            # A message with a number is written with its plural behind a zero byte.
            original = self._text(self._originals, middle).partition(b"\0")[0]
            if original == wanted:
                return self._text(self._translations, middle).decode()
            low, high = (middle + 1, high) if original < wanted else (low, middle)
        return None

    def _text(self, table: int, place: int) -> bytes:
        length, begins = unpack_from("=II", self._content, table + 8 * place)
        return self._content[begins : begins + length]


def compiled_catalogue(content: bytes) -> CompiledCatalogue | None:
    """Return the catalogue of a file's content.

    None for a form of file that is not read here.
    """
    if len(content) < 20 or unpack_from("=I", content)[0] != MAGIC:
        return None
    count, originals, translations = unpack_from("=III", content, 8)
    catalogue = CompiledCatalogue(content, count, originals, translations)
    header = catalogue._search(b"")
    return catalogue if header is not None and ONE_FORM in header.encode() else None
