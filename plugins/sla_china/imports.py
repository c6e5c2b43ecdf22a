"""A year's notice as an admin has it, TOML or a calendar file, checked before anybody counts on it."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta

from sla_china.law import FIRST_YEAR_OF_THIS_LAW, days_by_law
from sla_tracker import DayRule, DayStatus, Text

LARGEST_TEXT = 256 * 1024
_MAKE_UP_WORDS = ("班", "workday", "make-up", "makeup")
_DAY_OFF_WORDS = ("休", "假", "holiday", "day off")
_HOLIDAY_KEYS = ("name", "name_en", "from", "to", "makeup")


class ImportProblems(ValueError):
    """Say everything that is wrong with an imported year, one sentence each."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def year_from_toml(text: str) -> tuple[int, dict[date, DayRule]]:
    """Return the year and its days from TOML: `year = 2027`, then `[[holiday]]` with name, from, to and makeup.

    Raises ImportProblems with all of them at once.
    """
    _refuse_large(text)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ImportProblems([f"This is not TOML: {error}."]) from error
    year, holidays = table.get("year"), table.get("holiday")
    problems = [
        f"{key}: unknown; allowed are year, source and holiday." for key in table if key not in _TOP_KEYS
    ]
    if type(year) is not int or not 1900 < year < 2100:
        problems.append(f"year: {year!r} is no year; write year = 2027.")
        year = 0
    if not isinstance(holidays, list) or not holidays:
        problems.append("holiday: missing; write one [[holiday]] for each festival.")
        holidays = []
    days: list[tuple[date, DayRule]] = []
    for number, holiday in enumerate(holidays, start=1):
        days += _days_of_holiday(f"holiday {number}", holiday, problems)
    return year, _checked(year, days, problems)


def year_from_ics(text: str, year: int) -> dict[date, DayRule]:
    """Return the days of one year from a calendar file whose events say 休 or 班 (or carry Apple's special-day mark).

    Events that say neither are passed over. Raises ImportProblems with all of them at once.
    """
    _refuse_large(text)
    from icalendar import Calendar

    try:
        events = Calendar.from_ical(text).walk("VEVENT")
    except (ValueError, KeyError, IndexError) as error:
        raise ImportProblems([f"This is no calendar file: {error}."]) from error
    days: list[tuple[date, DayRule]] = []
    problems: list[str] = []
    for event in events:
        summary = str(event.get("SUMMARY", ""))
        status = _status(summary, str(event.get("X-APPLE-SPECIAL-DAY", "")))
        if status is None:
            continue
        start = event.get("DTSTART")
        if start is None:
            problems.append(f"{summary!r} has no DTSTART.")
            continue
        end = event.get("DTEND")
        first = _civil(start.dt)
        last = _civil(end.dt) if end is not None else first + timedelta(days=1)
        name = Text(zh=_bare(summary), en="")
        spread = _spread(first, max(last - timedelta(days=1), first), summary, problems)
        days += [(day, DayRule(status=status, name=name)) for day in spread if day.year == year]
    return _checked(year, days, problems)


_TOP_KEYS = ("year", "source", "holiday")


def _days_of_holiday(where: str, holiday: object, problems: list[str]) -> Iterator[tuple[date, DayRule]]:
    if not isinstance(holiday, dict):
        problems.append(f"{where}: write it as a [[holiday]] table.")
        return
    problems += [
        f"{where}: {key} is unknown; allowed are {', '.join(_HOLIDAY_KEYS)}." for key in _unknown(holiday)
    ]
    zh, en = holiday.get("name"), holiday.get("name_en", "")
    if not isinstance(zh, str) or not zh or not isinstance(en, str):
        problems.append(f"{where}: name has to be a text, as name = '元旦'.")
        return
    name = Text(zh=zh, en=en)
    first, last = holiday.get("from"), holiday.get("to", holiday.get("from"))
    if isinstance(first, date) and isinstance(last, date) and _is_day(first) and _is_day(last):
        for day in _spread(first, last, zh, problems):
            yield day, DayRule(status=DayStatus.CLOSED, name=name)
    else:
        problems.append(f"{where} ({zh}): from and to have to be days, as from = 2027-01-01.")
    makeup = holiday.get("makeup", [])
    if not isinstance(makeup, list) or not all(map(_is_day, makeup)):
        problems.append(f"{where} ({zh}): makeup has to be a list of days, as makeup = [2027-02-20].")
        return
    for day in makeup:
        yield day, DayRule(status=DayStatus.USUAL, name=name)


def _checked(year: int, days: Iterable[tuple[date, DayRule]], problems: list[str]) -> dict[date, DayRule]:
    """Hold the days against the year, the week and the law; two notes about one day have to agree."""
    found: dict[date, DayRule] = {}
    for day, rule in days:
        if year and day.year != year:
            problems.append(f"{day} ({rule.name.get('zh')}) is not in {year}; import each year by itself.")
        elif day in found and found[day].status is not rule.status:
            problems.append(f"{day} is both a day off and a make-up day.")
        elif rule.status is DayStatus.USUAL and day.weekday() < 5:
            problems.append(f"{day} is a make-up day, but no Saturday or Sunday.")
        found.setdefault(day, rule)
    problems += _missing_by_law(year, found)
    if problems:
        raise ImportProblems(dict.fromkeys(problems))
    return found


def _missing_by_law(year: int, found: Mapping[date, DayRule]) -> list[str]:
    """Name the days by law that are missing: a notice may lengthen what the law gives, never drop a day of it."""
    if year < FIRST_YEAR_OF_THIS_LAW:
        return []
    return [
        f"{day} ({rule.name.get('zh')}) is a day off by law, but not in this file; is the file complete?"
        for day, rule in days_by_law(year).items()
        if day not in found or found[day].status is not DayStatus.CLOSED
    ]


def _status(summary: str, mark: str) -> DayStatus | None:
    """Tell a make-up day from a day off; the Apple mark is the surer sign."""
    marks = {"WORK-HOLIDAY": DayStatus.CLOSED, "ALTERNATE-WORKDAY": DayStatus.USUAL}
    if mark.upper() in marks:
        return marks[mark.upper()]
    lower = summary.lower()
    if any(word in lower for word in _MAKE_UP_WORDS):
        return DayStatus.USUAL
    return DayStatus.CLOSED if any(word in lower for word in _DAY_OFF_WORDS) else None


def _bare(summary: str) -> str:
    """Return the festival's name without the marks around it."""
    for mark in ("（休）", "（班）", "(休)", "(班)", "补班", "休", "班", "放假", "调休"):
        summary = summary.replace(mark, "")
    return summary.strip() or "节假日"


def _spread(first: date, last: date, name: str, problems: list[str]) -> list[date]:
    length = (last - first).days + 1
    if not 1 <= length <= 31:
        problems.append(f"{name}: {first} to {last} is no possible length of a holiday.")
        return []
    return [first + timedelta(days=index) for index in range(length)]


def _unknown(holiday: Mapping[str, object]) -> list[str]:
    return [key for key in holiday if key not in _HOLIDAY_KEYS]


def _is_day(value: object) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _civil(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _refuse_large(text: str) -> None:
    if len(text) > LARGEST_TEXT:
        raise ImportProblems(
            [f"The file is larger than {LARGEST_TEXT // 1024} KiB; a year's notice never is."]
        )
