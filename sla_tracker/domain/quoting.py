"""Values of a table that somebody wrote, as a sentence about them quotes them."""

from datetime import date, time

LONGEST_QUOTED = 64


def as_written(value: object) -> str:
    """Return a value as it stands in a TOML file, without control characters and cut where it is long."""
    look = _look(value)
    return look if len(look) <= LONGEST_QUOTED else f"{look[:LONGEST_QUOTED]}…"


def _look(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case date() | time():
            return value.isoformat()
        case list() | tuple():
            return f"[{', '.join(map(_look, value))}]"
        case dict():
            return f"{{{', '.join(f'{key} = {_look(inner)}' for key, inner in value.items())}}}"
    return repr(value)
