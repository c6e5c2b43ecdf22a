"""Turns what people write for a field into the value that is stored."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date

from sla_tracker.domain.agreements.fields import TICKED, Field, FieldKind

YES = frozenset({"yes", "y", "true", "1", "x", "✓", "✔", "√", "是", "有", "好", "对"})
NO = frozenset({"no", "n", "false", "0", "-", "×", "✗", "✘", "否", "无", "没有", "不"})

# A comma or space sets off three digits: 1,200 or 1 200. Elsewhere a comma is a decimal one, or a slip: 99,5.
_IN_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:(?:, ?| )\d{3})+(?:\.\d+)?")
_SEPARATORS = re.compile(r"[, ]")


def stored_value(field: Field, written: str, day_of: Callable[[str], date]) -> str:
    """Return a written value as it is stored.

    A tick becomes `yes`, a day ISO 8601, a choice its id; digits become half width. `day_of` reads a day and raises
    UsageError. What is wrong stays as it is; `problem_with` says why.
    """
    plain = unicodedata.normalize("NFKC", written).strip()
    match field.kind:
        case FieldKind.TICK:
            return TICKED if plain.lower() in YES else "" if plain.lower() in NO else written
        case FieldKind.CHOICE:
            return _choice(field, plain)
        case FieldKind.NUMBER:
            number = plain.lstrip("¥").strip()
            return _SEPARATORS.sub("", number) if _IN_THOUSANDS.fullmatch(number) else number
        case FieldKind.DATE if plain:
            return day_of(plain).isoformat()
    return written


def _choice(field: Field, plain: str) -> str:
    ids = {choice.id for choice in field.choices}
    for choice in field.choices:
        if plain.casefold() in {choice.id.casefold(), choice.label.zh.casefold(), choice.label.en.casefold()}:
            return choice.id
    for word, spellings in (("yes", YES), ("no", NO)):
        if word in ids and plain.lower() in spellings:
            return word
    return plain
