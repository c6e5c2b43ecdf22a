"""Reads and writes a year's holidays as TOML.

The file has `year`, then a `[[holiday]]` for each festival.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from sla_tracker.calendar_files.entries import (
    FIRST_YEAR,
    LAST_YEAR,
    CalendarEntry,
    CalendarFile,
    EntryKind,
    distinct,
    is_of,
    spread,
)
from sla_tracker.domain.clean import clean
from sla_tracker.domain.text import Text
from sla_tracker.domain.toml_reader import read_toml, unknown_name
from sla_tracker.errors import N_, SlaError, UsageError

_TOP_KEYS = ("year", "source", "confirmed", "holiday")
_HOLIDAY_KEYS = ("name", "name_en", "from", "to", "makeup")


def read_calendar_toml(text: str, name: str) -> CalendarFile:
    """Return what a TOML text says, with all its errors.

    Raises UsageError when it is no TOML.
    """
    table = read_toml(text.encode(), name, largest=len(text.encode()) + 1).tree
    problems: list[SlaError] = [unknown_name(key, _TOP_KEYS) for key in table if key not in _TOP_KEYS]
    year, holidays, confirmed = table.get("year"), table.get("holiday"), table.get("confirmed", False)
    if type(year) is not int or not FIRST_YEAR <= year <= LAST_YEAR:
        problems.append(UsageError(N_("year: write which year it is, as year = 2027.")))
        year = None
    if type(confirmed) is not bool:
        problems.append(UsageError(N_("confirmed has to be true or false.")))
    if not isinstance(holidays, list) or not holidays:
        problems.append(UsageError(N_("holiday: missing; write one [[holiday]] for each festival.")))
        holidays = []
    entries: list[CalendarEntry] = []
    for number, holiday in enumerate(holidays, start=1):
        try:
            entries += _entries(f"holiday[{number}]", holiday, year)
        except _Several as reason:
            problems += reason.problems
    return CalendarFile(
        entries=tuple(sorted(entries, key=lambda entry: entry.day)),
        problems=distinct(problems),
        year=year,
        confirmed=confirmed is True,
    )


class _Several(Exception):
    """Raised with all errors of one holiday."""

    def __init__(self, *problems: SlaError) -> None:
        super().__init__(*problems)
        self.problems = problems


def _entries(where: str, holiday: object, year: int | None) -> Iterator[CalendarEntry]:
    """Yield the days of a holiday; raises _Several with all that is wrong with it."""
    if not isinstance(holiday, dict):
        raise _Several(UsageError(N_("{where}: write it as a [[holiday]] table."), where=where))
    unknown = [unknown_name(key, _HOLIDAY_KEYS) for key in holiday if key not in _HOLIDAY_KEYS]
    if unknown:
        raise _Several(*unknown)
    zh, en = holiday.get("name"), holiday.get("name_en", "")
    if not isinstance(zh, str) or not zh or not isinstance(en, str):
        raise _Several(UsageError(N_("{where}.name has to be a text, as name = '元旦'."), where=where))
    problems: list[SlaError] = []
    worked = _worked_days(where, zh, holiday, problems)
    off = _days_off(where, zh, holiday, problems)
    problems += [
        UsageError(
            N_("{day} ({name}) is not in {year}; import each year by itself."),
            day=str(day),
            name=zh,
            year=year,
        )
        for day in (*off, *worked)
        if year is not None and not is_of(day, year)
    ]
    if problems:
        raise _Several(*problems)
    name = Text(zh=zh, en=en)
    yield from (CalendarEntry(day, EntryKind.OFF, name) for day in off)
    yield from (CalendarEntry(day, EntryKind.WORKED, name) for day in worked)


def _worked_days(
    where: str, name: str, holiday: Mapping[str, object], problems: list[SlaError]
) -> list[date]:
    """Return the make-up days of a holiday; problems are added to `problems`."""
    makeup = holiday.get("makeup", [])
    if not isinstance(makeup, list) or not all(map(_is_day, makeup)):
        problems.append(
            UsageError(
                N_("{where} ({name}): makeup has to be a list of days, as makeup = [2027-02-20]."),
                where=where,
                name=name,
            )
        )
    return [day for day in makeup if _is_day(day)] if isinstance(makeup, list) else []


def _days_off(where: str, name: str, holiday: Mapping[str, object], problems: list[SlaError]) -> list[date]:
    """Return a holiday's days off; append every mistake in its dates to `problems`."""
    first, last = holiday.get("from"), holiday.get("to", holiday.get("from"))
    if isinstance(first, date) and isinstance(last, date) and _is_day(first) and _is_day(last):
        try:
            return spread(first, last, name)
        except UsageError as reason:
            problems.append(reason)
    elif first is not None or not holiday.get("makeup", []):
        problems.append(
            UsageError(
                N_("{where} ({name}): from and to have to be days, as from = 2027-01-01."),
                where=where,
                name=name,
            )
        )
    return []


def calendar_toml(
    entries: Iterable[CalendarEntry], *, year: int, source: str, confirmed: bool, comment: str
) -> str:
    """Return the text of a file that `read_calendar_toml` reads back as these entries."""
    lines = [f"# {comment}", f"year = {year}", f"source = {_quoted(source)}"]
    if confirmed:
        lines.append("confirmed = true")
    for name, off, worked in _holidays(sorted(entries, key=lambda entry: entry.day)):
        lines += ["", "[[holiday]]", f"name = {_quoted(name.zh or name.en)}"]
        if name.en and name.zh:
            lines.append(f"name_en = {_quoted(name.en)}")
        if off:
            lines += [f"from = {off[0]}", f"to = {off[-1]}"]
        if worked:
            lines.append(f"makeup = [{', '.join(map(str, worked))}]")
    return "\n".join([*lines, ""])


def _holidays(entries: Sequence[CalendarEntry]) -> Iterator[tuple[Text, list[date], list[date]]]:
    """Yield each stretch of days off of one name, then the worked days of each name."""
    worked: dict[Text, list[date]] = {}
    stretch: list[date] = []
    name: Text | None = None
    for entry in entries:
        if entry.kind is EntryKind.WORKED:
            worked.setdefault(entry.name, []).append(entry.day)
        if entry.kind is not EntryKind.OFF or (stretch and entry.day == stretch[-1]):
            continue
        if name is not None and (entry.name != name or entry.day - stretch[-1] > timedelta(days=1)):
            yield name, stretch, []
            stretch = []
        name = entry.name
        stretch.append(entry.day)
    if name is not None:
        yield name, stretch, []
    yield from ((called, [], sorted(set(days))) for called, days in worked.items())


def _quoted(text: str) -> str:
    escaped: Mapping[int, str] = {ord("\\"): "\\\\", ord('"'): '\\"'}
    return f'"{clean(text).translate(escaped)}"'


def _is_day(value: object) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)
