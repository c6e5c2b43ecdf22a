"""Every message of the journal is known and translated into the reader's language."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from sla_tracker import i18n
from sla_tracker.storage import journal as journals
from sla_tracker.storage.journal_messages import KNOWERS, SENTENCES, TranslatedMessage, translate

JOURNAL = Path(journals.__file__).parent
# What a person can meet; the others are mistakes of whoever calls the journal.
MET = {
    "DamagedArchive",
    "DamagedJournal",
    "DiskFailure",
    "Finding",
    "NetworkFolder",
    "NewerSchema",
    "NoJournal",
    "NotApplied",
    "NotEmpty",
    "OutcomeUnknown",
    "ReadOnly",
    "UnsafeFolder",
}


def said(node: ast.expr) -> str | None:
    """Return a text of the code with a word where a value goes; None for what is no text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(said(part) or "x" for part in node.values)
    return None


def sentences() -> Iterator[str]:
    for path in sorted(JOURNAL.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            given = [*node.args, *(each.value for each in node.keywords if each.arg == "sentence")]
            if node.func.id in MET:
                yield from filter(None, map(said, given[:1]))
            elif node.func.id == "failing_as":
                yield f"{said(given[1])}: x"


def test_the_test_finds_what_the_journal_says() -> None:
    assert len(set(sentences())) > 30


@pytest.mark.parametrize("sentence", sorted(set(sentences())))
def test_every_sentence_is_said_in_chinese(sentence: str) -> None:
    i18n.use("zh_CN")
    assert translate(sentence) != sentence


def test_in_english_nothing_is_changed() -> None:
    i18n.use("en")
    for sentence in set(sentences()):
        assert translate(sentence) == sentence


def test_values_come_through_and_causes_are_translated() -> None:
    i18n.use("zh_CN")
    assert "{a}/b" in translate("The journal in /{a}/b cannot be opened: Permission denied")
    assert "Permission" not in translate("The journal in /x cannot be opened: Permission denied")
    ends = [translate(f"The journal ends before a commit that {who}.") for who in KNOWERS]
    assert not any("know" in end for end in ends)
    assert len(set(ends)) == len(KNOWERS)


def test_no_two_sentences_are_taken_for_each_other() -> None:
    i18n.use("en")
    for sentence in SENTENCES:
        assert translate(sentence) == sentence


def test_what_nobody_foresaw_is_said_as_it_is_with_its_place() -> None:
    i18n.use("en")
    error = journals.DamagedJournal("Something new.", file="segments/1", segment=1, byte=0, sequence=7)
    assert str(TranslatedMessage(error)) == "Something new. [segments/1, segment 1, byte 0, change 7]"
