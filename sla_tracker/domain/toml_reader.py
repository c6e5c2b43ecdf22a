"""Reads TOML files within limits and words their errors.

Settings and checklists share this module, so that errors look the same in both: file, line, key, what is wrong, what
is allowed, what was probably meant.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice

from sla_tracker.errors import LONGEST_SHOWN, N_, Names, Phrase, SlaError, UsageError, Wrong
from sla_tracker.value_class import dataclass

LARGEST = 1024 * 1024  # bytes
DEEPEST = 32  # levels of nesting
MOST_PROBLEMS = 50  # errors shown at once

Key = tuple[str | int, ...]

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]#]+?)\s*\]\]?\s*(?:#.*)?$")
_ASSIGNMENT = re.compile(r"\s*((?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"|'[^']*'))*)\s*=")
_PART = re.compile(r"\"([^\"]*)\"|'([^']*)'|([\w-]+)")
# A key with very many dots alone keeps tomllib busy for minutes, so it is refused before parsing.
# It is tried at the beginnings of words only and never backtracks: otherwise one long text takes minutes itself.
_TOO_DOTTED = re.compile(rf"(?<![\w\"'-])(?:[\w\"'-]++\s*+\.\s*+){{{DEEPEST}}}")


_NOT_TEXT = N_("This should be text in quotes.")

_EXPECTED = {
    "string_type": _NOT_TEXT,
    "int_type": N_("This should be a whole number."),
    "int_from_float": N_("This should be a whole number."),
    "bool_type": N_("This should be true or false."),
    "list_type": N_("This should be a list, such as [ … ]."),
    "tuple_type": N_("This should be a list, such as [ … ]."),
    "dict_type": N_("This should be a table, in braces or under a heading of its own."),
    "model_type": N_("This should be a table, in braces or under a heading of its own."),
    "model_attributes_type": N_("This should be a table, in braces or under a heading of its own."),
    "date_type": N_("This should be a day, such as 2026-11-20."),
    "date_from_datetime_inexact": N_("This should be a day, such as 2026-11-20."),
    "decimal_type": N_("This should be a number, such as 0.95."),
    "decimal_parsing": N_("This should be a number, such as 0.95."),
    "finite_number": N_("This should be a number, such as 0.95."),
    "greater_than_equal": N_("This should be at least {ge}."),
    "less_than_equal": N_("This should be at most {le}."),
    "missing": N_("This is missing."),
}

_KEY_TWICE = N_("this key is there twice.")
_TABLE_TWICE = N_("this heading is there twice, or its table was complete already.")
_BACKSLASH = N_("a backslash in a text is written twice: \\\\.")

# How the error messages of tomllib begin, and the message shown instead.
_SYNTAX = {
    "Invalid value": N_('this value cannot be read; text needs straight quotes on both sides, as in "text".'),
    "Unterminated string": N_("a text is not closed; its last quote is missing."),
    "Illegal character": N_(
        "this character is not allowed here, or the quote that closes a text is missing."
    ),
    "Expected '='": N_("a key needs an equals sign and a value behind it, as in key = 1."),
    "Expected newline": N_(
        "something stands behind the value, or there is no such day; every key needs a line of its own."
    ),
    "Expected ']": N_("a heading is not closed; write it like [plugins] or [[people]]."),
    "Unclosed array": N_("a list is not closed; a comma or its last bracket is missing."),
    "Unclosed inline table": N_("a table in braces is not closed; a comma or its last brace is missing."),
    "Duplicate inline table key": _KEY_TWICE,
    "Cannot overwrite": _KEY_TWICE,
    "Cannot declare": _TABLE_TWICE,
    "Cannot redefine": _TABLE_TWICE,
    "Cannot mutate": _TABLE_TWICE,
    "Invalid date": N_("there is no such day or time."),
    "Unescaped": _BACKSLASH,
    "Invalid hex": _BACKSLASH,
    "Escaped character": _BACKSLASH,
    "Invalid initial character": N_("a key is missing here; one of other letters than a to z needs quotes."),
    "Exceeds the limit": N_("a number is too long."),
    "Invalid statement": N_("neither a heading nor a key can begin like this."),
}
_SYNTAX_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class TomlFile:
    """A parsed TOML file, with its text so that a problem can name its line."""

    name: str
    text: str
    tree: dict[str, object]


def read_toml(content: bytes, name: str, largest: int = LARGEST) -> TomlFile:
    """Return the parsed file.

    Raises UsageError when it is too large or too deep, or no TOML.
    """
    if len(content) > largest:
        raise UsageError(N_("{file} is larger than {limit} KiB."), file=name, limit=largest // 1024)
    try:
        text = content.decode("utf-8-sig")
        tree = _parsed(text)
    except RecursionError:
        raise UsageError(N_("{file}: nested more than {limit} deep."), file=name, limit=DEEPEST) from None
    except UnicodeDecodeError as reason:
        line = content.count(b"\n", 0, reason.start) + 1
        raise UsageError(
            N_("{file}, line {line}: this is not UTF-8; save the file with the encoding UTF-8."),
            file=name,
            line=line,
        ) from None
    except ValueError as reason:
        raise _syntax_error(name, str(reason)) from None
    return TomlFile(name=name, text=text, tree=tree)


def _parsed(text: str) -> dict[str, object]:
    """Return the parsed TOML; raises RecursionError when it is nested too deep."""
    if _TOO_DOTTED.search(text):
        raise RecursionError
    tree = tomllib.loads(text)
    if _deeper_than(tree, DEEPEST):
        raise RecursionError
    return tree


def _syntax_error(name: str, reason: str) -> SlaError:
    """Return the error of a text that is no TOML, with the position from tomllib."""
    what = next((sentence for start, sentence in _SYNTAX.items() if reason.startswith(start)), "")
    if not what:
        return UsageError(N_("{file} is no TOML that can be read: {reason}"), file=name, reason=reason)
    place = _SYNTAX_PLACE.search(reason)
    if place is None:
        at_end = reason.endswith("(at end of document)")
        message = N_("{file}, at its end: {what}") if at_end else N_("{file}: {what}")
        return UsageError(message, file=name, what=Phrase(what))
    return UsageError(
        N_("{file}, line {line}, column {column}: {what}"),
        file=name,
        line=place[1],
        column=place[2],
        what=Phrase(what),
    )


def _deeper_than(tree: object, limit: int) -> bool:
    """Return whether a tree is nested deeper than `limit`.

    The tree is searched level by level: a recursion would itself fail on deep nesting.
    """
    level: list[object] = [tree]
    for _ in range(limit + 1):
        level = [
            inner
            for outer in level
            for inner in (
                outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ()
            )
        ]
        if not level:
            return False
    return True


def worded(
    file: TomlFile, errors: Iterable[Mapping[str, object]], schema: Mapping[str, object]
) -> tuple[SlaError, ...]:
    """Return one message for each pydantic validation error, with file, line and key."""
    found = (problem for error in errors for problem in _sentences(file, error, schema))
    return tuple(islice(found, MOST_PROBLEMS))


def problem_at(file: TomlFile, key: Key, what: object) -> SlaError:
    """Return an error with its position in front: file, line (where known) and key."""
    line = line_of(file.text, key)
    if line is None:
        return UsageError(N_("{file}, {key}: {what}"), file=file.name, key=dotted(key), what=what)
    return UsageError(
        N_("{file}, line {line}, {key}: {what}"), file=file.name, line=line, key=dotted(key), what=what
    )


def dotted(key: Key) -> str:
    """Format a key path as `obligation[2].due`; list entries are counted from 1."""
    path = ""
    for part in key:
        path += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if path else part
    return path[:200] or "-"


def texts_by_language(value: object) -> object:
    """Return a written text by languages; a plain string is Chinese.

    Most settings and checklists are written in Chinese.
    """
    if not isinstance(value, str | dict):
        raise Wrong(UsageError(_NOT_TEXT))
    return {"zh": value} if isinstance(value, str) else value


def did_you_mean(wrong: str, allowed: Iterable[str]) -> str:
    """Return the allowed name most similar to a wrong one; empty if none is.

    If none is similar, a name that holds the wrong one as a whole word counts.
    """
    names = list(allowed)
    longer = [name for name in names if wrong and wrong in name.split("_")]
    return next(iter((*get_close_matches(wrong[:64], names, n=1, cutoff=0.6), *longer)), "")


def unknown_name(wrong: str, allowed: Iterable[str]) -> SlaError:
    """Return the error of an unknown name, with a suggestion or the allowed names.

    Sequences are listed in their own order, other collections sorted.
    """
    names = list(allowed) if isinstance(allowed, Sequence) else sorted(allowed)
    meant = did_you_mean(wrong, names)
    if meant:
        return UsageError(
            N_("“{wrong}” is unknown. Did you mean “{meant}”? Allowed are {allowed}."),
            wrong=wrong[:64],
            meant=meant,
            allowed=Names(names, LONGEST_SHOWN),
        )
    if not names:
        return UsageError(N_("“{wrong}” is unknown, and there is nothing to choose from."), wrong=wrong[:64])
    return UsageError(
        N_("“{wrong}” is unknown; allowed are {allowed}."),
        wrong=wrong[:64],
        allowed=Names(names, LONGEST_SHOWN),
    )


def _sentences(
    file: TomlFile, error: Mapping[str, object], schema: Mapping[str, object]
) -> Iterator[SlaError]:
    key = error["loc"]
    assert isinstance(key, tuple)
    if key[-1:] == ("[key]",):  # the key itself is wrong, not its value
        key = key[:-1]
    for what in _explanations(error, key, schema):
        yield problem_at(file, key, what)


def _explanations(error: Mapping[str, object], key: Key, schema: Mapping[str, object]) -> list[SlaError]:
    context = error.get("ctx")
    context = context if isinstance(context, Mapping) else {}
    kind = str(error["type"])
    match kind:
        case "extra_forbidden":
            return [unknown_name(str(key[-1]), keys_at(schema, key[:-1]))]
        case "value_error":
            cause = context.get("error")
            if isinstance(cause, Wrong):
                return list(cause.problems)
        case "literal_error" | "enum":
            return [_not_one_of(error.get("input"), str(context.get("expected", "")))]
    if kind in _EXPECTED:
        return [UsageError(_EXPECTED[kind], **context)]
    return [UsageError(N_("This is not possible here: {what}"), what=error["msg"])]


def _not_one_of(value: object, expected: str) -> SlaError:
    allowed = re.findall(r"'([^']*)'", expected)
    return unknown_name(str(value), allowed)


def keys_at(schema: Mapping[str, object], key: Key) -> tuple[str, ...]:
    """Return the keys that a JSON Schema allows at a place of the file."""
    here: object = _resolved(schema, schema)
    for part in key:
        if not isinstance(here, Mapping):
            return ()
        if isinstance(part, int):
            here = here.get("items", here)  # a single table may stand where a list is meant
        else:
            properties = here.get("properties")
            known = properties.get(part) if isinstance(properties, Mapping) else None
            here = known if known is not None else here.get("additionalProperties")
        here = _resolved(here, schema)
    properties = here.get("properties") if isinstance(here, Mapping) else None
    return tuple(properties) if isinstance(properties, Mapping) else ()


def _resolved(here: object, schema: Mapping[str, object]) -> object:
    """Follow `$ref` in a JSON Schema; of an `anyOf` the first form that is not null."""
    while isinstance(here, Mapping):
        if isinstance(reference := here.get("$ref"), str):
            definitions = schema["$defs"]
            assert isinstance(definitions, Mapping)
            here = definitions[reference.rpartition("/")[2]]
        elif isinstance(forms := here.get("anyOf"), list):
            here = next(
                (form for form in forms if isinstance(form, Mapping) and form.get("type") != "null"), None
            )
        else:
            return here
    return here


def line_of(text: str, key: Key) -> int | None:
    """Return the line of a key or of the nearest table around it, or None."""
    best, found = 0, None
    for number, path in _paths_by_root(text).get(key[0] if key else "", ()):
        depth = _matching_parts(key, path)
        if depth > best:
            best, found = depth, number
    return found


# Cached: all problems of one file ask for their lines, and reading the lines of a file of 1 MiB takes half a second.
@lru_cache(maxsize=2)
def _paths_by_root(text: str) -> Mapping[str | int, Sequence[tuple[int, Key]]]:
    """Return line and key path of each heading and key, by first part of the path."""
    found: dict[str | int, list[tuple[int, Key]]] = {}
    for number, path in _paths(text):
        found.setdefault(path[0] if path else "", []).append((number, path))
    return found


def table_headings(text: str) -> Sequence[tuple[int, Key]]:
    """Return line and key path of each heading of a table, in the order of the file."""
    return tuple((number, path) for number, path, is_heading in _lines(text) if is_heading)


def _paths(text: str) -> Iterator[tuple[int, Key]]:
    """Yield the number and full key path of each line with a table heading or key."""
    return ((number, path) for number, path, _is_heading in _lines(text))


def _lines(text: str) -> Iterator[tuple[int, Key, bool]]:
    """Yield number and key path of each line that has a heading or a key.

    The third value tells whether the line is a heading.
    """
    counts: dict[Key, int] = {}
    table: Key = ()
    quoted = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if quoted:
            quoted = "" if quoted in line else quoted
            continue
        header, assignment = _HEADER.match(line), _ASSIGNMENT.match(line)
        if header:
            table = _table_path(_parts(header[2]), counts, is_array=header[1] == "[[")
            yield number, table, True
        elif assignment:
            yield number, (*table, *_parts(assignment[1])), False
            quoted = next((mark for mark in ('"""', "'''") if line.count(mark) % 2), "")


def _parts(dotted_key: str) -> Key:
    return tuple(first or second or third for first, second, third in _PART.findall(dotted_key))


def _table_path(parts: Key, counts: dict[Key, int], *, is_array: bool) -> Key:
    path: Key = ()
    for place, part in enumerate(parts):
        path = (*path, part)
        if is_array and place == len(parts) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _matching_parts(key: Key, path: Key) -> int:
    """Return how many parts of `path` lead to `key`; 0 when it leads elsewhere.

    The index 0 may be missing in the file, where one table stands for a list of one.
    """
    wanted = iter(key)
    for part in path:
        try:
            expected = next(wanted)
            while expected == 0 and not isinstance(part, int):
                expected = next(wanted)
        except StopIteration:
            return 0
        if expected != part:
            return 0
    return len(path)
