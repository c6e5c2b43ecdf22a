"""Cells as text, for forms that hold text only."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal

from sla_tracker.domain.clean import clean
from sla_tracker.report.model import Cell, Share, Value
from sla_tracker.wording.duties import format_hours

# First characters that make a spreadsheet read a text as a formula. Source: OWASP, CSV injection.
_FORMULA = re.compile(r"[=+\-@\t\r]")


def text_of(cell: Cell) -> str:
    """Return a cell as people read it, with the sign of its mark and its note."""
    shown = " ".join(filter(None, (value_text(cell.value), clean(cell.note))))
    return f"{cell.mark} {shown}" if cell.mark and shown else shown


def value_text(value: Value) -> str:
    """Return a value as people read it; empty for none."""
    match value:
        case None:
            return ""
        case Share():
            return value.text
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case Decimal():
            return f"{value:.1f}"
        case timedelta():
            return format_hours(value)
    return clean(str(value))


def literal(text: str) -> str:
    """Return a text that a spreadsheet does not read as a formula."""
    shown = clean(text)
    return f"'{shown}" if _FORMULA.match(shown) else shown
