"""Every message of the journal is known and translated into the reader's language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sla_tracker import i18n
from sla_tracker.storage import journal as journals
from sla_tracker.storage.journal_messages import TranslatedMessage, translate

JOURNAL = Path(journals.__file__).parent
# What a person can meet; the others are mistakes of whoever calls the journal.
MET = {
    "DamagedArchive",
    "DamagedJournal",
    "DiskFailure",
    "JournalFinding",
    "NetworkFolder",
    "NewerSchema",
    "NoJournal",
    "NotApplied",
    "NotEmpty",
    "OutcomeUnknown",
    "ReadOnly",
    "UnsafeFolder",
}


VALUE = re.compile(r"\{\w+\}")


def messages() -> Iterator[tuple[str, ast.expr]]:
    """Yield the class of each error that a person can meet, and its message in the code."""
    for path in sorted(JOURNAL.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            given = [*node.args, *(each.value for each in node.keywords if each.arg == "message")]
            if node.func.id in MET:
                yield node.func.id, given[0]
            elif node.func.id == "failing_as":
                yield node.func.id, given[1]


def marked() -> Iterator[str]:
    for _kind, message in messages():
        if isinstance(message, ast.Call):
            yield ast.literal_eval(message.args[0])


def test_the_test_finds_what_the_journal_says() -> None:
    assert len(set(marked())) > 30


def test_every_message_is_marked_and_its_values_are_apart() -> None:
    """A name stands for a constant, which is marked where it is defined, or for a message of another error."""
    wrong = [
        f"{kind}: {ast.unparse(message)}"
        for kind, message in messages()
        if not (isinstance(message, ast.Call) and ast.unparse(message.func) == "N_")
        and not isinstance(message, ast.Name | ast.Attribute)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("message", sorted(set(marked())))
def test_every_message_is_said_in_chinese_with_its_values(message: str) -> None:
    i18n.use("zh_CN")
    values = {name[1:-1]: f"<{name[1:-1]}>" for name in VALUE.findall(message)}
    said = translate(message, values)
    assert said != translate_english(message, values)
    assert all(value in said for value in values.values())


def translate_english(message: str, values: dict[str, str]) -> str:
    return journals.JournalError(message, **values).sentence  # type: ignore[arg-type]


def test_values_come_through_and_causes_are_translated() -> None:
    folder, why = Path("/{a}/b"), PermissionError(13, "Permission denied")
    error = journals.DiskFailure("The journal in {folder} cannot be opened: {why}", folder=folder, why=why)
    assert str(error) == "The journal in /{a}/b cannot be opened: Permission denied"
    i18n.use("zh_CN")
    said = str(TranslatedMessage(error))
    assert "{a}/b" in said
    assert "Permission" not in said
    cause = journals.NotApplied("The disk did not take the change: {why}", why=why)
    unknown = journals.OutcomeUnknown(
        "The erasure is on record and not finished: {why}; the next writer finishes it.", why=cause
    )
    assert str(TranslatedMessage(cause)) in str(TranslatedMessage(unknown))
    assert "disk" not in str(TranslatedMessage(unknown))
    assert "The disk did not take the change: Permission denied;" in unknown.sentence


def test_what_nobody_foresaw_is_said_as_it_is_with_its_place() -> None:
    i18n.use("en")
    error = journals.DamagedJournal("Something new.", file="segments/1", segment=1, byte=0, sequence=7)
    assert str(TranslatedMessage(error)) == "Something new. [segments/1, segment 1, byte 0, change 7]"
