"""Checks ids, texts, fields and conditions, which every declaration is made of."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator

from sla_tracker.domain.agreements.conditions import Condition
from sla_tracker.domain.agreements.fields import Field, FieldKind
from sla_tracker.domain.text import Text
from sla_tracker.errors import N_, PluginError

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
LONGEST_NAME = 200  # characters
LONGEST_GUIDE = 20_000  # characters
LAYOUT = {ord(char): None for char in "\n\t"}  # control characters that a guide may contain


def readable(id: str) -> str:
    """Return a wrong id as people read it; characters that cannot be seen are escaped."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in id)


def place_of(table: str, id: str) -> str:
    """Return the position of an error as in a checklist: `obligation[wash]`."""
    return f"{table}[{readable(id[:64])}]"


def id_problems(id: str, where: str) -> Iterator[PluginError]:
    """Yield the errors of an id.

    People type it, and it is stored and used in file names.
    """
    if not ID.fullmatch(id):
        yield PluginError(
            N_(
                "{where}: {id} is no id; use a to z, 0 to 9 and -, beginning with a letter or digit, at most 64."
            ),
            where=where,
            id=f"'{readable(id[:80])}'",
        )


def text_problems(text: Text, where: str, *, is_guide: bool = False) -> Iterator[PluginError]:
    """Yield the errors of a shown text: empty, too long, hidden characters, markup."""
    limit = LONGEST_GUIDE if is_guide else LONGEST_NAME
    if not (text.zh.strip() or text.en.strip()):
        yield PluginError(N_("{where}: write it in Chinese, in English or in both."), where=where)
    for lang, words in (("zh", text.zh), ("en", text.en)):
        place = f"{where}.{lang}"
        if len(words) > limit:
            yield PluginError(N_("{where}: at most {limit} characters."), where=place, limit=limit)
        line = words.translate(LAYOUT) if is_guide else words
        hidden = "" if line.isprintable() else next(filter(is_hidden, line), "")
        if hidden:
            yield PluginError(
                N_("{where}: the character {code} ({name}) cannot be seen and is not allowed in texts."),
                where=place,
                code=f"U+{ord(hidden):04X}",
                name=unicodedata.name(hidden, "control character").lower(),
            )
        if not is_guide and ("[" in words or "]" in words):
            yield PluginError(
                N_("{where}: square brackets are read as markup by terminals; write 【 】 or ( ) instead."),
                where=place,
            )


def is_hidden(char: str) -> bool:
    """Return whether a character is unsafe to show.

    It controls the terminal, reorders or hides text, or is unassigned.
    """
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def condition_problems(condition: Condition | None, where: str) -> Iterator[PluginError]:
    """Yield the errors of a condition on its own."""
    if condition is None:
        return
    if condition.after is not None and condition.after.tzinfo is not None:
        yield PluginError(N_("{where}.after: give the local clock time, without a time zone."), where=where)
    for id in condition.asked_by:
        yield from id_problems(id, f"{where}.asked_by")
    if condition.field:
        yield from id_problems(condition.field, f"{where}.field")
        yield from id_problems(condition.equals.lower(), f"{where}.equals")
    bounds = condition.bounds
    if bounds and not condition.field:
        yield PluginError(N_("{where}: name the field whose value is compared."), where=where)
    if len({type(bound) for bound in bounds}) > 1:
        yield PluginError(N_("{where}: compare with numbers or with days, not with both."), where=where)
    if bounds and condition.equals != "yes":
        yield PluginError(N_("{where}.equals: not possible beside a comparison."), where=where)


def field_problems(
    fields: tuple[Field, ...], where: str, *, names_subjects: bool = False
) -> Iterator[PluginError]:
    """Yield the errors of a form's fields.

    Only fields of events may name another subject.
    """
    yield from repeated((field.id for field in fields), where)
    for index, field in enumerate(fields, start=1):
        place = f"{where}[{index}]"
        yield from id_problems(field.id, place)
        yield from text_problems(field.label, f"{place}.label")
        if bool(field.choices) is not (field.kind is FieldKind.CHOICE):
            yield PluginError(
                N_("{where}: a field of kind choice needs choices, and no other kind has any."), where=place
            )
        if field.is_subject and not (names_subjects and field.kind in {FieldKind.TEXT, FieldKind.REFERENCE}):
            yield PluginError(
                N_("{where}: only fields of events of kind text or reference name another subject."),
                where=place,
            )
        yield from repeated((choice.id for choice in field.choices), f"{place}.choices")
        for choice in field.choices:
            yield from id_problems(choice.id.lower(), f"{place}.choices")  # P1 is a usual name of a priority
            yield from text_problems(choice.label, f"{place}.choices.{choice.id[:64]}")


def repeated(ids: Iterable[str], where: str) -> Iterator[PluginError]:
    """Yield one error for each id that occurs more than once."""
    for id, times in Counter(ids).items():
        if times > 1:
            yield PluginError(
                N_("{where}: {id} is declared {times} times."),
                where=where,
                id=f"'{readable(id[:64])}'",
                times=times,
            )
