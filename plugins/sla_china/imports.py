"""Reads and checks a year's holidays from a TOML or calendar file of an admin."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta

from sla_china.law import FIRST_YEAR_OF_THIS_LAW, days_by_law
from sla_tracker import DayRule, DayStatus, Text

LARGEST_TEXT = 256 * 1024  # characters
_MAKE_UP_WORDS = ("班", "workday", "make-up", "makeup")
_DAY_OFF_WORDS = ("休", "假", "holiday", "day off")
_HOLIDAY_KEYS = ("name", "name_en", "from", "to", "makeup")


class ImportProblems(ValueError):
    """Raised with every error of an imported year, in both languages."""

    def __init__(self, problems: Iterable[Text]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.en for problem in self.problems))


def year_from_toml(text: str) -> tuple[int, dict[date, DayRule]]:
    """Return the year and its days from TOML.

    The file has `year = 2027`, then `[[holiday]]` tables with name, from, to and makeup. Raises ImportProblems with all
    errors at once.
    """
    _refuse_large(text)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ImportProblems([_no_toml(error)]) from error
    year, holidays = table.get("year"), table.get("holiday")
    problems = [_unknown("", key, _TOP_KEYS) for key in table if key not in _TOP_KEYS]
    if type(year) is not int or not 1900 < year < 2100:
        problems.append(
            Text(zh="year：须写明年份，如 year = 2027。", en="year: write which year it is, as year = 2027.")
        )
        year = 0
    if not isinstance(holidays, list) or not holidays:
        problems.append(
            Text(
                zh="holiday：缺失；请为每个节日写一个 [[holiday]]。",
                en="holiday: missing; write one [[holiday]] for each festival.",
            )
        )
        holidays = []
    days: list[tuple[date, DayRule]] = []
    for number, holiday in enumerate(holidays, start=1):
        days += _days_of_holiday(f"holiday[{number}]", holiday, problems)
    return year, _checked(year, days, problems)


def year_from_ics(text: str, year: int) -> dict[date, DayRule]:
    """Return the days of one year from an iCalendar file.

    Events count that contain 休 or 班 or have Apple's special-day property; others are ignored. Raises ImportProblems
    with all errors at once.
    """
    _refuse_large(text)
    from icalendar import Calendar

    try:
        events = Calendar.from_ical(text).walk("VEVENT")
    except (ValueError, KeyError, IndexError) as error:
        said = Text(zh="不是可读的日历文件。", en="This is no calendar file that can be read.")
        raise ImportProblems([said]) from error
    days: list[tuple[date, DayRule]] = []
    problems: list[Text] = []
    for event in events:
        summary = str(event.get("SUMMARY", ""))
        status = _status(summary, str(event.get("X-APPLE-SPECIAL-DAY", "")))
        if status is None:
            continue
        start = event.get("DTSTART")
        if start is None:
            problems.append(Text(zh=f"{summary!r} 没有 DTSTART。", en=f"{summary!r} has no DTSTART."))
            continue
        end = event.get("DTEND")
        first = _civil(start.dt)
        last = _civil(end.dt) if end is not None else first + timedelta(days=1)
        name = Text(zh=_bare(summary), en="")
        spread = _spread(first, max(last - timedelta(days=1), first), summary, problems)
        days += [(day, DayRule(status=status, name=name)) for day in spread if day.year == year]
    return _checked(year, days, problems)


_TOP_KEYS = ("year", "source", "holiday")


def _days_of_holiday(where: str, holiday: object, problems: list[Text]) -> Iterator[tuple[date, DayRule]]:
    if not isinstance(holiday, dict):
        problems.append(
            Text(zh=f"{where}：请写成 [[holiday]] 表。", en=f"{where}: write it as a [[holiday]] table.")
        )
        return
    problems += [_unknown(f"{where}.", key, _HOLIDAY_KEYS) for key in holiday if key not in _HOLIDAY_KEYS]
    zh, en = holiday.get("name"), holiday.get("name_en", "")
    if not isinstance(zh, str) or not zh or not isinstance(en, str):
        problems.append(
            Text(
                zh=f"{where}.name：须为文字，如 name = '元旦'。",
                en=f"{where}.name has to be a text, as name = '元旦'.",
            )
        )
        return
    name = Text(zh=zh, en=en)
    first, last = holiday.get("from"), holiday.get("to", holiday.get("from"))
    if isinstance(first, date) and isinstance(last, date) and _is_day(first) and _is_day(last):
        for day in _spread(first, last, zh, problems):
            yield day, DayRule(status=DayStatus.CLOSED, name=name)
    else:
        problems.append(
            Text(
                zh=f"{where}（{zh}）：from 和 to 须为日期，如 from = 2027-01-01。",
                en=f"{where} ({zh}): from and to have to be days, as from = 2027-01-01.",
            )
        )
    makeup = holiday.get("makeup", [])
    if not isinstance(makeup, list) or not all(map(_is_day, makeup)):
        problems.append(
            Text(
                zh=f"{where}（{zh}）：makeup 须为日期列表，如 makeup = [2027-02-20]。",
                en=f"{where} ({zh}): makeup has to be a list of days, as makeup = [2027-02-20].",
            )
        )
        return
    for day in makeup:
        yield day, DayRule(status=DayStatus.USUAL, name=name)


def _checked(year: int, days: Iterable[tuple[date, DayRule]], problems: list[Text]) -> dict[date, DayRule]:
    """Return the days after checking them against the year, the weekday, each other and the law."""
    found: dict[date, DayRule] = {}
    for day, rule in days:
        if year and day.year != year:
            problems.append(
                Text(
                    zh=f"{day}（{rule.name.zh}）不在 {year} 年；每年的文件请分开。",
                    en=f"{day} ({rule.name.zh}) is not in {year}; import each year by itself.",
                )
            )
        elif day in found and found[day].status is not rule.status:
            problems.append(
                Text(zh=f"{day} 既是放假又是调休上班。", en=f"{day} is both a day off and a make-up day.")
            )
        elif rule.status is DayStatus.USUAL and day.weekday() < 5:
            problems.append(
                Text(
                    zh=f"{day} 是调休上班日，却不是周六或周日。",
                    en=f"{day} is a make-up day, but no Saturday or Sunday.",
                )
            )
        found.setdefault(day, rule)
    problems += _missing_by_law(year, found)
    if problems:
        raise ImportProblems(dict.fromkeys(problems))
    return found


def _missing_by_law(year: int, found: Mapping[date, DayRule]) -> list[Text]:
    """Return an error for the days off by law that are missing.

    A notice may add days to those of the law, never drop one.
    """
    if year < FIRST_YEAR_OF_THIS_LAW:
        return []
    missing = [
        (day, rule.name)
        for day, rule in sorted(days_by_law(year).items())
        if day not in found or found[day].status is not DayStatus.CLOSED
    ]
    if not missing:
        return []
    zh = "、".join(f"{day}（{name.zh}）" for day, name in missing)
    en = ", ".join(f"{day} ({name.en})" for day, name in missing)
    return [
        Text(
            zh=f"依法放假而文件里没有的：{zh}；文件是否完整？",
            en=f"Days off by law that are not in this file: {en}; is the file complete?",
        )
    ]


def _status(summary: str, mark: str) -> DayStatus | None:
    """Return whether an event is a make-up day or a day off; Apple's property takes precedence."""
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


def _spread(first: date, last: date, name: str, problems: list[Text]) -> list[date]:
    length = (last - first).days + 1
    if not 1 <= length <= 31:
        problems.append(
            Text(
                zh=f"{name}：{first} 至 {last} 不可能是一个假期的长度。",
                en=f"{name}: {first} to {last} is no possible length of a holiday.",
            )
        )
        return []
    return [first + timedelta(days=index) for index in range(length)]


def _unknown(where: str, key: str, allowed: Iterable[str]) -> Text:
    listed = ", ".join(allowed)
    return Text(
        zh=f"{where}{key} 无法识别；可选：{listed}。", en=f"{where}{key} is unknown; allowed are {listed}."
    )


def _no_toml(error: tomllib.TOMLDecodeError) -> Text:
    place = re.search(r"line (\d+), column (\d+)", str(error))
    return Text(
        zh=f"不是可读的 TOML：问题在第 {place[1]} 行第 {place[2]} 列。"
        if place
        else "不是可读的 TOML：文件末尾有误。",
        en=f"This is not TOML: {error}.",
    )


def _is_day(value: object) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _civil(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _refuse_large(text: str) -> None:
    if len(text) > LARGEST_TEXT:
        limit = LARGEST_TEXT // 1024
        said = Text(
            zh=f"文件超过 {limit} KiB；一年的放假通知没有这么大。",
            en=f"The file is larger than {limit} KiB; a year's notice never is.",
        )
        raise ImportProblems([said])
