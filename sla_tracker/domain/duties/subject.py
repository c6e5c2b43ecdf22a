"""Comparison key for subjects.

A subject is the contract, vehicle or person that a duty is about.
"""

from __future__ import annotations

import unicodedata

LONGEST_SUBJECT = 200  # characters


def subject_key(subject: str) -> str:
    """Return the key under which different spellings of one subject are equal.

    鄂F·12345, 鄂f 12345 and their full-width forms have the same key.
    Compatibility forms are folded (NFKC), case is ignored, and everything but letters and digits is dropped.
    """
    folded = unicodedata.normalize("NFKC", subject).casefold()
    return "".join(char for char in folded if char.isalnum()).upper()
