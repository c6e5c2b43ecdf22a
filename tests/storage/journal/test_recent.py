"""What the last commits wrote is remembered as long as a terminal needs it, and never told wrongly."""

from __future__ import annotations

from sla_tracker.storage.journal.line import Header, LineChange
from sla_tracker.storage.journal.recent import REMEMBERED_COMMITS, REMEMBERED_KEYS, RecentCommits


def header(number: int, *keys: str, erased: int = 0) -> Header:
    changes = tuple(LineChange("duties", key, "", 0) for key in keys)
    return Header(number, "", "", "", "", changes=changes, erased=erased)


def noted(*headers: Header) -> RecentCommits:
    recent = RecentCommits()
    for one in headers:
        recent.note(one)
    return recent


def test_keys_after_a_commit_are_those_of_all_later_ones() -> None:
    recent = noted(header(7, "a"), header(8, "b", "c"), header(9, "a"))
    assert recent.after(7, 9) == frozenset({("duties", "a"), ("duties", "b"), ("duties", "c")})
    assert recent.after(8, 9) == frozenset({("duties", "a")})
    assert recent.after(9, 9) == frozenset()


def test_what_is_not_remembered_is_unknown() -> None:
    recent = noted(*(header(number, str(number)) for number in range(1, REMEMBERED_COMMITS + 11)))
    last = REMEMBERED_COMMITS + 10
    assert recent.after(10, last) is not None
    assert recent.after(9, last) is None
    assert recent.after(last + 1, last) is None
    assert recent.after(last - 1, last + 1) is None


def test_a_gap_forgets_what_was_before_it_and_a_known_commit_changes_nothing() -> None:
    recent = noted(header(1, "a"), header(2, "b"), header(2, "x"), header(1, "y"))
    assert recent.after(1, 2) == frozenset({("duties", "b")})
    recent.note(header(5, "e"))
    assert recent.after(2, 5) is None
    assert recent.after(4, 5) == frozenset({("duties", "e")})


def test_a_commit_of_very_many_keys_and_an_erasure_change_everything() -> None:
    many = header(2, *(str(number) for number in range(REMEMBERED_KEYS + 1)))
    assert noted(header(1, "a"), many).after(1, 2) is None
    assert noted(header(1, "a"), header(2, "b", erased=1), header(3, "c")).after(1, 3) is None
    assert noted(header(1, "a"), header(2, "b", erased=1), header(3, "c")).after(2, 3) == frozenset(
        {("duties", "c")}
    )
