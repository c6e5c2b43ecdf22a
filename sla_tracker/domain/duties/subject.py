"""The contract, vehicle or person that duties are about, and when two spellings mean the same one."""

from __future__ import annotations

import unicodedata

LONGEST_SUBJECT = 200


def subject_key(subject: str) -> str:
    """Return the form under which spellings of one subject meet: 鄂F·12345, 鄂f 12345 and full-width forms are equal.

    Compatibility forms are folded (NFKC), case is ignored, and everything that is no letter or digit is dropped.
    """
    folded = unicodedata.normalize("NFKC", subject).casefold()
    return "".join(char for char in folded if char.isalnum()).upper()
