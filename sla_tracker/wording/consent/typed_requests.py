"""Parses a line about what a request asks for: a field, or a row of limits."""

from __future__ import annotations

import re
import unicodedata

from sla_tracker.domain.agreements.fields import FieldKind
from sla_tracker.errors import N_, Phrase, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.value_class import dataclass

FIELD_WORDS = {
    FieldKind.TEXT: N_("text"),
    FieldKind.NUMBER: N_("number"),
    FieldKind.DATE: N_("day"),
    FieldKind.TICK: N_("tick"),
    FieldKind.REFERENCE: N_("file or link"),
}
BETWEEN = re.compile(r"[,，、;；]")
NONE = "-"  # written for a part of a row that is not there
_FIELD = re.compile(r"(?P<name>[^:：(（]+?)\s*(?:[(（](?P<kind>[^)）]*)[)）])?\s*(?:[:：](?P<choices>.*))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedField:
    """A field as it is written: `Priority: P1, P2`, `Amount (number)`, `Remark?`."""

    label: str
    kind: FieldKind
    required: bool = True
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedRow:
    """A row of limits as typed: `P1: 4 working hours / 30 working minutes / 98%`.

    A part that is not typed is empty.
    """

    value: str
    due: str
    earliest: str = ""
    answer: str = ""
    target: str = ""


def typed_field(line: str) -> TypedField:
    """Return the field that a line means; raises UsageError with an example."""
    match = _FIELD.fullmatch((unicodedata.normalize("NFKC", line) if ":" in line else line).strip())
    if match is None:
        raise UsageError(
            N_("“{text}” names no field; write something like “{example}”."),
            text=line,
            example=Phrase(N_("Priority: P1, P2, P3")),
        )
    name = match["name"].strip()
    choices: tuple[str, ...] = ()
    if match["choices"] is not None:
        choices = tuple(filter(None, (one.strip() for one in BETWEEN.split(match["choices"]))))
        if len(choices) < 2:
            raise UsageError(N_("A choice needs at least two values, with commas between them."))
    return TypedField(
        label=name.rstrip("?？").strip(),
        kind=FieldKind.CHOICE if match["choices"] is not None else _kind(match["kind"] or ""),
        required=not name.endswith(("?", "？")),
        choices=choices,
    )


def _kind(text: str) -> FieldKind:
    word = text.strip().casefold()
    if not word:
        return FieldKind.TEXT
    for kind, known in FIELD_WORDS.items():
        if word in {kind.value, known.casefold(), _(known).casefold()}:
            return kind
    words = _(", ").join(_(known) for known in FIELD_WORDS.values())
    raise UsageError(N_("“{word}” is no kind of field; there are {known}."), word=word, known=words)


def typed_row(line: str) -> TypedRow:
    """Return the row of limits that a line means, or both ends of a range.

    Raises UsageError with an example.
    """
    value, *said = (one.strip() for one in re.split(r"[:：]", line, maxsplit=1))
    parts = [one.strip() for one in said[0].split("/")] if said else [""]
    if not value or not parts[0] or len(parts) > 3:
        raise UsageError(
            N_("A line has limit / first answer / target, such as “{example}”."), example=example_row()
        )
    first, tilde, second = (one.strip() for one in parts[0].replace("～", "~").partition("~"))
    found = {"target": "", "answer": ""}
    for part in parts[1:]:
        if part.endswith(("%", "％")):
            found["target"] = part
        elif part not in {"", NONE, "–", "—"}:
            found["answer"] = part
    return TypedRow(value=value, due=second if tilde else first, earliest=first if tilde else "", **found)


def example_row() -> str:
    """Return a row of limits as people type it."""
    return _("P1: 4 working hours / 30 working minutes / 98%")
