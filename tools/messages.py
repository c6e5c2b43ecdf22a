"""Finds the messages in the code and brings the `.po` file up to date.

`python -m tools.messages` adds new messages with an empty translation, drops those no longer used and keeps what is
translated. tests/test_i18n.py fails while something is missing.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from sla_tracker import errors
from sla_tracker.i18n.catalogue import DOMAIN, read_messages

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "sla_tracker"
FILE = PACKAGE / "i18n" / "zh_CN" / "LC_MESSAGES" / f"{DOMAIN}.po"

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


def in_code() -> list[MessageId]:
    """Return the messages of the package, sorted, each once: branches that add messages merge line by line."""
    return sorted({use.message for use in uses()}, key=forms)


def translations() -> dict[MessageId, str | tuple[str, ...]]:
    """Return what is translated so far."""
    known: dict[MessageId, str | tuple[str, ...]] = {}
    for message in read_messages(FILE) if FILE.exists() else ():
        if message.id and any(forms(message.string)):
            texts = forms(message.string)
            known[key(message.id)] = texts if isinstance(message.id, tuple) else texts[0]
    return known


def write(messages: list[MessageId], known: dict[MessageId, str | tuple[str, ...]]) -> None:
    """Write the file with these messages, each with its translation where there is one."""
    catalog = Catalog(locale="zh_CN", charset="utf-8")
    for message in messages:
        flags = ["python-brace-format"] if "{" in "".join(forms(message)) else []
        catalog.add(message, known.get(message, "" if isinstance(message, str) else ("",)), flags=flags)
    with FILE.open("wb") as stream:
        stream.write(HEADER.encode())
        write_po(stream, catalog, width=110, omit_header=True, no_location=True)


def main() -> int:
    """Bring the file up to date and print what is still to be translated."""
    found, known = in_code(), translations()
    write(found, known)
    missing = [message for message in found if message not in known]
    sys.stdout.write(f"{len(found)} messages, {len(missing)} to translate\n")
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
    sys.exit(main())
