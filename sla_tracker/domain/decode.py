"""Decodes the bytes of a text file, UTF-8 first; refuses to guess."""

from __future__ import annotations

import codecs
from pathlib import PurePath

from sla_tracker.errors import N_, UsageError

# Of ten characters beyond ASCII so many belong to the common Chinese ones (GB 2312) in a Chinese file; accented
# letters of Western encodings read as GB 18030 give rare characters instead.
_COMMON_OF_TEN = 9
# Signs of GB 2312 that Python gives other code points in `gb2312` than in `gb18030`.
_COMMON_SIGNS = frozenset("·—")


def decode(content: bytes) -> str:
    """Return the text of a file's bytes, without a byte order mark.

    The bytes are UTF-8, UTF-16 with its mark, or GB 18030 (of which GBK is a part). Raises UsageError for all others.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _strict(content, "utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = _strict(content, "gb18030")
    if not _is_chinese(text):
        raise _unknown_encoding()
    return text


def decode_file(content: bytes, name: str) -> str:
    """Return the text of a file's bytes; raises UsageError that names the file."""
    try:
        return decode(content)
    except UsageError as problem:
        raise UsageError(N_("{file}: {problem}"), file=PurePath(name).name, problem=problem) from problem


def _strict(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise _unknown_encoding() from None


def _unknown_encoding() -> UsageError:
    return UsageError(
        N_("The file is not UTF-8, and no Chinese text in GBK (GB 18030) either; save it as UTF-8.")
    )


def _is_chinese(text: str) -> bool:
    """Return whether nearly all characters beyond ASCII are common Chinese ones."""
    foreign = [char for char in text if not char.isascii()]
    common = sum(1 for char in foreign if char in _COMMON_SIGNS or char.encode("gb2312", "ignore"))
    return common * 10 >= len(foreign) * _COMMON_OF_TEN
