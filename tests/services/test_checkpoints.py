"""Anchors are written at the end of reports, found again in any text, and compared with the store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sla_tracker import i18n
from sla_tracker.errors import UsageError
from sla_tracker.storage.memory import MemoryStore
from sla_tracker.storage.tinydb import TinyStore
from sla_tracker.testing.store_contract import an_event, put
from sla_tracker.wording.checkpoints import (
    Checkpoint,
    checkpoint_of,
    checkpoints_in,
    footer,
    mismatches,
    read_checkpoint,
)

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TinyStore]:
    opened = TinyStore.open(tmp_path / "store", create=True)
    yield opened
    opened.close()


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_a_footer_is_found_again_in_both_languages(store: TinyStore, language: str) -> None:
    i18n.use(language)
    put(store, an_event())
    said = footer(store, NOON, SHANGHAI)
    (found,) = checkpoints_in(["a list", "", said], "list.txt")
    assert "2026-11-20 12:00" in said
    assert (found.sequence, len(found.hash), found.source) == (1, 16, "list.txt:3")
    assert mismatches(store, [found]) == []


def test_what_is_not_chained_or_not_begun_has_no_footer(store: TinyStore) -> None:
    assert footer(store, NOON, SHANGHAI) == ""
    memory = MemoryStore()
    put(memory, an_event())
    assert checkpoint_of(memory) is None
    assert footer(memory, NOON, SHANGHAI) == ""


def test_erasing_leaves_every_anchor_standing(store: TinyStore) -> None:
    put(store, an_event())
    before = checkpoint_of(store)
    assert before is not None
    journal = store.journal
    journal.erase([("events", "e-1")], who="x", at=NOON, reason="asked for")
    assert mismatches(store, [before]) == []


def test_another_hash_and_a_missing_end_are_named(store: TinyStore) -> None:
    i18n.use("en")
    put(store, an_event())
    put(store, an_event("e-2"))
    _, last = store.head()
    other = ("1" if last[0] == "0" else "0") * 12
    anchors = [
        Checkpoint(sequence=2, hash=last[:12]),
        Checkpoint(sequence=2, hash=last[:11] + ("1" if last[11] == "0" else "0")),
        Checkpoint(sequence=1, hash=other, source="paper.txt:7"),
        Checkpoint(sequence=3, hash=other),
    ]
    wrong = mismatches(store, anchors)
    assert [finding.about.partition("sla:")[0] for finding in wrong] == ["", "paper.txt:7, ", ""]
    assert f"change 2 has the hash {last[:16]} now" in wrong[0].sentence
    assert "The store ends at change 2" in wrong[2].sentence
    assert not any(finding.well for finding in wrong)


@pytest.mark.parametrize(
    "text", ["4711:0123456789ab", "sla:4711:0123456789abcdef", " 4711:" + "0" * 64 + "\n", "1:abcdefabcdef"]
)
def test_an_anchor_can_be_typed(text: str) -> None:
    anchor = read_checkpoint(text)
    assert str(anchor).endswith(text.strip().removeprefix("sla:"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4711",
        "4711:",
        "4711:0123456789a",
        "0:0123456789abcdef",
        "1:" + "0" * 65,
        "x:0123456789ab",
        "4:0123456789xy",
    ],
)
def test_what_is_no_anchor_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"no anchor|不是锚点"):
        read_checkpoint(text)


def test_other_numbers_in_a_text_are_no_anchors() -> None:
    lines = [
        "16:40 0123456789abcdef",
        "4711:0123456789abcdef",
        "visla:4711:0123456789abcdef",
        "sla:4711:0123456789a",
        "sla:4711:0123456789abcdefg",
        "sla:4711:" + "0" * 65,
    ]
    assert list(checkpoints_in(lines, "x")) == []
