"""Filters duty rows by words, pinyin initials and `key:value` pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from sla_tracker.domain.duties.subject import subject_key
from sla_tracker.domain.typed_text import folded
from sla_tracker.errors import N_, UsageError
from sla_tracker.i18n import language
from sla_tracker.services.queries.rows import Bucket, DutyRow
from sla_tracker.value_class import dataclass

if TYPE_CHECKING:
    from sla_tracker.domain.text import Text
    from sla_tracker.tui.view_context import ViewContext

KEYS = {
    "部门": "department", "department": "department", "dept": "department",
    "约定": "obligation", "义务": "obligation", "obligation": "obligation",
    "状态": "state", "state": "state",
    "人": "person", "人员": "person", "person": "person",
    "对象": "subject", "subject": "subject",
    "期限": "due", "due": "due",
}  # fmt: skip
STATES = {
    Bucket.OVERDUE: "逾期 overdue late",
    Bucket.TODAY: "今日 今天 today",
    Bucket.THIS_WEEK: "本周 week",
    Bucket.LATER: "稍后 later",
    Bucket.ON_HOLD: "暂停 hold",
    Bucket.DELIVERED: "待验收 已交付 delivered verdict",
    Bucket.CLOSED: "已结 closed",
}

Match = Callable[[DutyRow], bool]


@dataclass(frozen=True, slots=True)
class Span:
    """A range of days, both ends included; None leaves an end open."""

    first_on: date | None
    last_on: date | None

    def holds(self, day: date) -> bool:
        """Return whether a day is in the range."""
        return (self.first_on is None or day >= self.first_on) and (
            self.last_on is None or day <= self.last_on
        )


def filtered(rows: Sequence[DutyRow], asked: str, place: ViewContext, now: datetime) -> Sequence[DutyRow]:
    """Return the rows that match every word of a filter, in their order.

    Raises UsageError for an invalid day.
    """
    return list(filter(match_of(asked, place, now), rows)) if asked.strip() else rows


def match_of(asked: str, place: ViewContext, now: datetime) -> Match:
    """Return what tells whether a row matches every word of a filter.

    Raises UsageError for an invalid day.
    """
    tests = [_test(word, place, now) for word in folded(asked).split()]
    return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)


def _test(word: str, place: ViewContext, now: datetime) -> Match:
    name, colon, value = word.partition(":")
    kind = KEYS.get(name) if colon else None
    if kind is None:
        return _anywhere(word, place)
    if kind == "due":
        return _due(value, place, now)
    tests: dict[str, Match] = {
        "department": lambda row: any(_in(value, text) for text in _departments(row, place)),
        "obligation": lambda row: _in(value, row.obligation) or _in_text(value, row.title),
        "state": lambda row: value in STATES[row.bucket] or (row.returned and value in "退回 returned"),
        "person": lambda row: (
            bool(row.assignee) and _in(value, f"{row.assignee} {place.person(row.assignee)}")
        ),
        "subject": lambda row: _in(value, row.subject) or subject_key(value) in subject_key(row.subject),
    }
    return tests[kind]


def _due(value: str, place: ViewContext, now: datetime) -> Match:
    today = place.date_of(now)
    first, dots, last = value.partition("..")
    if not dots:
        last = first
    if not first and not last:
        raise UsageError(N_("“due:” needs a day or a span, such as due:11-20 or due:11-20..11-30."))
    # Imported late, because only filters by day need its patterns.
    from sla_tracker.wording.parse_time import parse_day

    span = Span(
        parse_day(first, today) if first else None, parse_day(last, today, last=True) if last else None
    )
    return lambda row: span.holds(row.day_in(place.zone))


def _anywhere(word: str, place: ViewContext) -> Match:
    folded, reference = subject_key(word), word.lstrip("#")
    # Thousands of rows have the same title, parties and person.
    known: dict[tuple[object, ...], bool] = {}

    def shared(row: DutyRow) -> bool:
        if _in_text(word, row.title) or word in row.obligation:
            return True
        if row.assignee and _in(word, place.person(row.assignee)):
            return True
        return any(_in(word, text) for text in _departments(row, place))

    def test(row: DutyRow) -> bool:
        key = (row.title, row.obligation, row.provider, row.consumer, row.assignee)
        found = known.get(key)
        if found is None:
            found = known[key] = shared(row)
        if found or (row.reference and reference == row.reference):
            return True
        return bool(row.subject) and (
            _in(word, row.subject) or (folded != "" and folded in _key(row.subject))
        )

    return test


# Cached because every keystroke looks at the same subjects.
@lru_cache(maxsize=65_536)
def _key(subject: str) -> str:
    return subject_key(subject)


def _departments(row: DutyRow, place: ViewContext) -> Iterable[str]:
    for id in (row.provider, row.consumer):
        name = place.departments.get(id)
        yield f"{id} {name.zh} {name.en}" if name else id


def _in_text(word: str, text: Text) -> bool:
    return _in(word, text.zh) or _in(word, text.en)


# Cached because every keystroke in the filter tests the same texts of all rows again.
@lru_cache(maxsize=65_536)
def _in(word: str, text: str) -> bool:
    if word in folded(text):
        return True
    return (
        not text.isascii()
        and word.isascii()
        and word.isalpha()
        and any(word in spelled for spelled in spellings(text))
    )


# Cached because pypinyin is slow and titles repeat.
@lru_cache(maxsize=4_096)
def spellings(text: str) -> tuple[str, str]:
    """Return a Chinese text's pinyin initials and its full pinyin."""
    from pypinyin import Style, lazy_pinyin

    return "".join(lazy_pinyin(text, style=Style.FIRST_LETTER)).casefold(), "".join(
        lazy_pinyin(text)
    ).casefold()


def spelled(text: Text) -> str:
    """Return a text as lists are sorted by it: Chinese by its pinyin."""
    said = text.get(language())
    return said.casefold() if said.isascii() else spellings(said)[1]


ORDERS: dict[str, Callable[[DutyRow], tuple[object, ...]] | None] = {
    "urgency": None,
    "title": lambda row: (spelled(row.title), row.due_at),
    "subject": lambda row: (not row.subject, row.subject, row.due_at),
    "person": lambda row: (not row.assignee, row.assignee, row.due_at),
    "due": lambda row: (row.due_at,),
}
ORDER_WORDS = {
    "urgency": N_("by urgency"),
    "title": N_("by title"),
    "subject": N_("by subject"),
    "person": N_("by person"),
    "due": N_("by due time"),
}


def spelled_like(word: str, text: str) -> bool:
    """Return whether a text contains a word, or its pinyin does."""
    return _in(folded(word), text)
