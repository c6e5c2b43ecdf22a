"""Formats values from TOML files for use in error messages."""

from datetime import date, time

from sla_tracker.errors import LONGEST_DECIMAL

LONGEST_QUOTED = 64  # characters


def as_written(value: object) -> str:
    """Return a value as TOML text without control characters, cut to LONGEST_QUOTED."""
    written = _toml_text(value)
    return written if len(written) <= LONGEST_QUOTED else f"{written[:LONGEST_QUOTED]}…"


def _toml_text(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case date() | time():
            return value.isoformat()
        case int() if value.bit_length() > LONGEST_DECIMAL:
            return f"{value:#x}"
        case list() | tuple():
            return f"[{', '.join(map(_toml_text, value))}]"
        case dict():
            return f"{{{', '.join(f'{key} = {_toml_text(inner)}' for key, inner in value.items())}}}"
    return repr(value)
