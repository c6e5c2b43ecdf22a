"""Finds the messages in the code and brings the rooms' .po files up to date.

`python -m tools.messages [ROOM...]` adds new messages with an empty translation, drops those no longer used and
keeps what is translated. Without a room it does all of them. tests/test_locale.py fails while something is missing.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from sla_tracker import errors
from sla_tracker.locale.catalogue import read_room

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "sla_tracker"
FOLDER = PACKAGE / "locale" / "zh_CN" / "LC_MESSAGES"

# An error keeps its sentence untranslated until it is shown, so its class marks a message as `_` does.
ERRORS = frozenset(
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.SlaError)
)
MARKERS = frozenset({"_", "gettext", "N_"}) | ERRORS
PLURAL_MARKER = "ngettext"

HEADER = """\
msgid ""
msgstr ""
"Language: zh_CN\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""

MessageId = str | tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Where the code shows a message."""

    message: MessageId
    path: Path
    line: int


def room_of(path: Path) -> str:
    """Return the room a source file belongs to: its folder in the package, or its own name at the top."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else path.stem.strip("_")


def uses() -> Iterator[Use]:
    """Yield every message of the package, file by file."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield from uses_in(path, path.read_text(encoding="utf-8"))


def uses_in(path: Path, source: str) -> Iterator[Use]:
    """Yield the messages that one file marks with `_`, `N_`, `gettext`, `ngettext` or an error's class."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            message = _message(_called(node.func), [_literal(argument) for argument in node.args[:2]])
            if message is not None:
                yield Use(message=message, path=path, line=node.lineno)


def by_room() -> dict[str, list[MessageId]]:
    """Group the messages by room, in the order of the code, each once."""
    rooms: dict[str, dict[MessageId, None]] = defaultdict(dict)
    for use in uses():
        rooms[room_of(use.path)][use.message] = None
    return {room: list(messages) for room, messages in sorted(rooms.items())}


def translations() -> dict[MessageId, str | tuple[str, ...]]:
    """Return what is translated so far, of all rooms."""
    known: dict[MessageId, str | tuple[str, ...]] = {}
    for path in sorted(FOLDER.glob("*.po")):
        for message in read_room(path):
            if message.id and any(forms(message.string)):
                texts = forms(message.string)
                known.setdefault(key(message.id), texts if isinstance(message.id, tuple) else texts[0])
    return known


def write_room(room: str, messages: list[MessageId], known: dict[MessageId, str | tuple[str, ...]]) -> None:
    """Write one room's file; without messages it goes away."""
    path = FOLDER / f"{room}.po"
    if not messages:
        path.unlink(missing_ok=True)
        return
    catalog = Catalog(locale="zh_CN", charset="utf-8")
    for message in messages:
        flags = ["python-brace-format"] if "{" in "".join(forms(message)) else []
        catalog.add(message, known.get(message, "" if isinstance(message, str) else ("",)), flags=flags)
    with path.open("wb") as stream:
        stream.write(HEADER.encode())
        write_po(stream, catalog, width=110, omit_header=True, no_location=True)


def main(rooms: list[str]) -> int:
    """Bring the files of `rooms`, or of all, up to date and say what is still to be translated."""
    found, known = by_room(), translations()
    chosen = rooms or sorted(found.keys() | {path.stem for path in FOLDER.glob("*.po")})
    for room in chosen:
        messages = found.get(room, [])
        write_room(room, messages, known)
        missing = sum(message not in known for message in messages)
        sys.stdout.write(f"{room}: {len(messages)} messages, {missing} to translate\n")
    return 0


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _literal(argument: ast.expr) -> str | None:
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None


def _message(called: str, texts: list[str | None]) -> MessageId | None:
    if called in MARKERS and texts and texts[0]:
        return texts[0]
    if called == PLURAL_MARKER and len(texts) == 2 and texts[0] and texts[1]:
        return texts[0], texts[1]
    return None


def key(message: str | list[str] | tuple[str, ...]) -> MessageId:
    """Return a catalogue's message id in one shape, whatever Babel read it as."""
    return message if isinstance(message, str) else (message[0], message[1])


def forms(string: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the singular and plural forms of a message or of its translation."""
    return (string,) if isinstance(string, str) else tuple(string or ())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
