"""Collects the messages in the code and updates the `.po` file.

`python -m tools.messages` adds new messages with an empty translation, drops unused ones and keeps translations.
tests/test_i18n.py fails while a translation is missing.
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

# An error class translates its message when shown, so its call marks a message as `_` does.
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
    """A place in the code that uses a message."""

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
    """Return the messages of the package without duplicates, sorted so that branches merge well."""
    return sorted({use.message for use in uses()}, key=forms)


def translations() -> dict[MessageId, str | tuple[str, ...]]:
    """Return the existing translations by message."""
    known: dict[MessageId, str | tuple[str, ...]] = {}
    for message in read_messages(FILE) if FILE.exists() else ():
        if message.id and any(forms(message.string)):
            texts = forms(message.string)
            known[key(message.id)] = texts if isinstance(message.id, tuple) else texts[0]
    return known


def write(messages: list[MessageId], known: dict[MessageId, str | tuple[str, ...]]) -> None:
    """Write the `.po` file with these messages and their known translations."""
    catalog = Catalog(locale="zh_CN", charset="utf-8")
    for message in messages:
        flags = ["python-brace-format"] if "{" in "".join(forms(message)) else []
        catalog.add(message, known.get(message, "" if isinstance(message, str) else ("",)), flags=flags)
    with FILE.open("wb") as stream:
        stream.write(HEADER.encode())
        write_po(stream, catalog, width=110, omit_header=True, no_location=True)


def main() -> int:
    """Update the file and print how many messages lack a translation."""
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
    """Return a message id as a string or a (singular, plural) tuple."""
    return message if isinstance(message, str) else (message[0], message[1])


def forms(string: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the singular and plural forms of a message or of its translation."""
    return (string,) if isinstance(string, str) else tuple(string or ())


if __name__ == "__main__":
    sys.exit(__doc__ if sys.argv[1:] else main())
