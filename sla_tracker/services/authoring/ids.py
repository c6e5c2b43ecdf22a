"""Makes ids of departments, obligations and evidence from the names people write."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

# Characters of an id made from a name, and of any id.
LONGEST_SPELLED = 48
LONGEST_ID = 64


def spelled_id(*names: str) -> str:
    """Return an id made from the first usable name.

    Latin letters stay as they are, Chinese becomes pinyin.
    """
    for name in names:
        plain = unicodedata.normalize("NFKC", name).casefold()
        if not plain.isascii():
            from pypinyin import lazy_pinyin

            plain = "".join(lazy_pinyin(plain))
        id = re.sub(r"[^a-z0-9]+", "-", plain)[:LONGEST_SPELLED].strip("-")
        if id:
            return id
    return ""


def free_id(id: str, taken: Collection[str]) -> str:
    """Return the id, with a number appended when it is taken."""
    number, free = 1, id[:LONGEST_ID]
    while free in taken:
        number += 1
        free = f"{id[: LONGEST_ID - 4]}-{number}"
    return free
