"""Reads holidays and make-up days from CSV: days, a name, and off or worked."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from datetime import date

from sla_tracker.calendar_files.entries import CalendarEntry, CalendarFile, EntryKind, distinct, spread
from sla_tracker.calendar_files.titles import Meaning, bare_name, meaning_of
from sla_tracker.domain.clean import clean
from sla_tracker.errors import N_, SlaError, UsageError

MOST_ROWS = 5_000
LONGEST_CELL = 80  # characters
_COLUMNS = {
    "from": ("date", "day", "from", "start", "日期", "开始", "开始日期", "起"),
    "to": ("to", "until", "end", "结束", "结束日期", "止"),
    "name": ("name", "title", "holiday", "summary", "名称", "节日", "节假日", "说明"),
    "kind": ("kind", "type", "status", "类型", "状态", "安排"),
}
_OFF = frozenset(
    {"off", "holiday", "public holiday", "closed", "day off", "休", "放假", "休息", "节假日", "假期"}
)
_WORKED = frozenset(
    {"worked", "work", "workday", "working day", "make-up day", "班", "上班", "补班", "调休上班", "工作日"}
)
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?|(\d{4})(\d{2})(\d{2})")
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")


def read_calendar_csv(text: str, *, names_are_off: bool = False) -> CalendarFile:
    """Return the days that a CSV text names.

    Columns are found by their heading; commas, semicolons and tabs separate them.
    """
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        rows = [row for row in csv.reader(text.splitlines(), delimiter=delimiter) if any(map(str.strip, row))]
    except csv.Error as reason:
        raise UsageError(
            N_("This cannot be read as CSV: {reason}. Save it again from the program it comes from."),
            reason=reason,
        ) from reason
    if not rows or len(rows) > MOST_ROWS:
        raise UsageError(
            N_("The table has {rows} rows; 1 to {limit} are read."), rows=len(rows), limit=MOST_ROWS
        )
    columns = _columns(rows[0])
    if "from" not in columns:
        raise UsageError(
            N_(
                "The first row has to name the columns: date and name; to and kind (off or worked) where wanted."
            )
        )
    entries: list[CalendarEntry] = []
    problems: list[SlaError] = []
    for number, row in enumerate(rows[1:], start=2):
        cells = {
            key: clean(row[at], limit=LONGEST_CELL).strip() for key, at in columns.items() if at < len(row)
        }
        try:
            entries += _entries(cells, names_are_off=names_are_off)
        except UsageError as reason:
            problems.append(UsageError(N_("row {row}: {reason}"), row=number, reason=reason))
    return CalendarFile(
        entries=tuple(sorted(entries, key=lambda entry: entry.day)), problems=distinct(problems)
    )


def _columns(heading: Sequence[str]) -> dict[str, int]:
    named = [cell.strip().lower() for cell in heading]
    return {
        key: named.index(word) for key, words in _COLUMNS.items() for word in words[::-1] if word in named
    }


def _entries(cells: Mapping[str, str], *, names_are_off: bool) -> list[CalendarEntry]:
    first = _day(cells.get("from", ""))
    last = _day(cells["to"]) if cells.get("to") else first
    name = cells.get("name", "")
    days = spread(first, last, name or cells.get("from", ""))
    return [
        CalendarEntry(day, _kind(day, cells, names_are_off=names_are_off), bare_name(name)) for day in days
    ]


def _kind(day: date, cells: Mapping[str, str], *, names_are_off: bool) -> EntryKind:
    said = cells.get("kind", "").lower()
    if said in _OFF:
        return EntryKind.OFF
    if said in _WORKED:
        return EntryKind.WORKED
    if said:
        raise UsageError(N_("“{kind}” is neither off nor worked."), kind=said)
    meaning = meaning_of(cells.get("name", ""))
    if meaning is Meaning.SWAPPED:
        return EntryKind.WORKED if day.weekday() > 4 else EntryKind.OFF
    if meaning is Meaning.UNMARKED and names_are_off:
        return EntryKind.OFF
    return {Meaning.OFF: EntryKind.OFF, Meaning.WORKED: EntryKind.WORKED}.get(meaning, EntryKind.UNCLEAR)


def _day(text: str) -> date:
    found = _DAY.fullmatch(text)
    parts = [part for part in found.groups() if part] if found else []
    if (reversed_day := _DAY_FIRST.fullmatch(text)) is not None:
        parts = [reversed_day[3], reversed_day[2], reversed_day[1]]
    try:
        return date(*map(int, parts)) if parts else date.fromisoformat(text)
    except ValueError:
        raise UsageError(N_("“{day}” is no day; write it like 2027-01-01."), day=text) from None
