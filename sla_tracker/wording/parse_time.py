"""Parses days, times and months typed in Chinese or English.

Examples are “昨天 16:40”, “上周五” and “tomorrow 9:00”. Every text that cannot be parsed, whatever it contains, raises
UsageError with examples. Callers show the day and time that was understood, so that nothing is guessed silently.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TypeVar

from sla_tracker.errors import N_, UsageError
from sla_tracker.wording.parse_date import (
    FIRST_YEAR,
    LAST_YEAR,
    LONGEST,
    LOOK_BACK,
    SPAN,
    OutOfRange,
    day_of,
    month_of,
    no_such_day,
    no_such_year,
    normalised,
    span_of,
)

Found = TypeVar("Found", date, datetime)
_END_OF_DAY = 24 * 60  # minutes

_CONNECTORS = re.compile(r"^[\s,，、的]+|(?:[\s,，、的]|\b(?:at|on)\b|@)+$|^on\b\s*")

# An instant with its offset from UTC, as ISO 8601 writes it; a space and an hour of one digit are accepted too.
_WITH_OFFSET = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[t ](?P<hour>\d{1,2})(?P<rest>:\d\d(?::\d\d(?:\.\d{1,6})?)?)\s*"
    r"(?P<offset>z|[+-]\d\d(?::?\d\d)?)"
)
_NOW = ("now", "现在", "刚才", "刚刚")
_PART = r"(?P<part>凌晨|清晨|早晨|早上|上午|中午|下午|傍晚|晚上|夜里)?\s*"
_TIMES = tuple(
    re.compile(pattern)
    for pattern in (
        _PART + r"(?<!\d)(?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<s>\d{2}))?(?!\d)\s*(?P<half>[ap]\.?m\b\.?)?",
        _PART + r"(?<!\d)(?P<h>\d{1,2})\s*[点时](?P<zh>半|一刻|1刻|三刻|3刻|\d{1,2}分?|整|钟)?",
        r"(?P<part>)(?<![\d:])(?P<h>\d{1,2})\s*(?P<half>[ap]\.?m\b\.?)",
        r"(?P<part>)(?P<word>\bnoon\b|\bmidnight\b|中午|正午)",
    )
)
_LIMIT = re.compile(r"^\s*(?:之前|以前|前)")
_QUARTERS = {"半": 30, "一刻": 15, "1刻": 15, "三刻": 45, "3刻": 45, "整": 0, "钟": 0}


def parse_moment(
    text: str, now: datetime, zone: tzinfo, *, default_time: time | None = None, future: bool = False
) -> datetime:
    """Return the UTC instant that a text means, relative to `now` and in a zone.

    A day without a time takes `default_time`; without that it is refused. `future` chooses the direction of a day
    without a year and of a bare weekday. A local time skipped by daylight saving moves on by the gap; of a repeated one
    the first is taken. Raises UsageError.
    """
    plain = normalised(text)

    def parse() -> datetime:
        instant = _parse_absolute(plain, now)
        if instant is None:
            instant = _parse_local(plain, now, zone, default_time, future=future)
        return instant.astimezone(UTC)

    return _understood(
        text,
        parse,
        N_("The time is missing; write it like yesterday 16:40, 11-20 16:40 or tomorrow 9:00.")
        if not plain
        else N_(
            "“{text}” is no time that can be understood; write it like yesterday 16:40, 11-20 16:40 or tomorrow 9:00."
        ),
        example="2026-11-20 16:40",
    )


def parse_day(
    text: str, today: date, *, future: bool = False, last: bool = False, look_back: timedelta = LOOK_BACK
) -> date:
    """Return the day that a text means, relative to `today`; raises UsageError.

    For a whole week or month (下周, next month) it is the first day, or the last one with `last`. With `future` a date
    without a year may lie `look_back` before today.
    """
    return _understood(
        text,
        lambda: day_of(normalised(text), today, future=future, last=last, look_back=look_back),
        N_("The day is missing; write it like 2026-11-20, 11-20, Friday, yesterday or tomorrow.")
        if not normalised(text)
        else N_(
            "“{text}” is no day that can be understood; write it like 2026-11-20, 11-20, Friday, yesterday or tomorrow."
        ),
    )


def parse_until(text: str, today: date) -> date:
    """Return the last day, today or later, that a text means; raises UsageError.

    A whole week or month ends with its last day.
    """
    day = parse_day(text, today, future=True, last=True, look_back=timedelta())
    if day < today:
        raise UsageError(
            N_("“{text}” is {day}, which has passed; give today or a later day."),
            text=text[:LONGEST],
            day=day.isoformat(),
        )
    return day


def parse_wanted(text: str, now: datetime, zone: tzinfo) -> datetime | date:
    """Return the day or instant by which something is wanted; raises UsageError.

    A day means its close.
    """
    try:
        return parse_day(text, now.astimezone(zone).date(), future=True)
    except UsageError:
        return parse_moment(text, now, zone, future=True)


def parse_month(text: str, today: date, *, future: bool = False) -> date:
    """Return the first day of the month that a text means; raises UsageError.

    Accepts 2026-11, 11月, October, 下个月 and next month. Without a year it is the last one that has begun, with
    `future` the nearest.
    """
    return _understood(
        text,
        lambda: month_of(normalised(text), today, future=future),
        N_("The month is missing; write it like 2026-11, 11 or next month.")
        if not normalised(text)
        else N_("“{text}” is no month that can be understood; write it like 2026-11, 11 or next month."),
        example="2026-11",
    )


def _understood(
    text: str, parse: Callable[[], Found | None], message: str, *, example: str = "2026-11-20"
) -> Found:
    """Return what `parse` finds in the supported years.

    Raises UsageError with the message that fits; `example` is what to write instead of what is out of range.
    """
    try:
        found = parse()
        if found is not None:
            if FIRST_YEAR <= found.year <= LAST_YEAR:
                return found
            raise no_such_year()
    except OutOfRange as error:
        message = error.message
    except OverflowError:
        message = no_such_year().message
    except ValueError:
        pass
    raise UsageError(
        message, text=text[:LONGEST], first=FIRST_YEAR, last=LAST_YEAR, example=example
    ) from None


def _parse_absolute(plain: str, now: datetime) -> datetime | None:
    """Parse a text that needs no zone.

    Such a text is now, a span in hours or minutes, or ISO 8601 with an offset.
    """
    if plain in _NOW:
        return now
    match = SPAN.fullmatch(plain)
    if match is not None:
        unit, span = span_of(match)
        return now + span if unit < timedelta(days=1) else None
    match = _WITH_OFFSET.fullmatch(plain)
    if match is None:
        return None
    try:
        return datetime.fromisoformat(
            f"{match['day']}T{match['hour']:0>2}{match['rest']}{match['offset'].upper()}"
        )
    except ValueError:
        raise no_such_day() from None


def _parse_local(
    plain: str, now: datetime, zone: tzinfo, default_time: time | None, *, future: bool
) -> datetime:
    """Parse a local day, a time, or both in either order."""
    today = now.astimezone(zone).date()
    rest, seconds = without_time(plain)
    day = day_of(rest, today, future=future) if rest else today
    if day is None or (not rest and seconds is None):
        raise ValueError(plain)
    if seconds is None:
        if default_time is None:
            raise UsageError(
                N_("“{text}” names a day without a time; add one, such as “{text} 16:40”."), text=plain
            )
        return datetime.combine(day, default_time, tzinfo=zone)
    if seconds == _END_OF_DAY * 60:
        return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
    clock = time(seconds // 3600, seconds // 60 % 60, seconds % 60)
    return datetime.combine(day, clock, tzinfo=zone)


def without_time(plain: str) -> tuple[str, int | None]:
    """Split off the time of day: the remaining text, and seconds or None.

    The seconds count from midnight.
    """
    dated = re.sub(r"(?<=\d)t(?=\d)", " ", plain)
    for pattern in _TIMES:
        match = pattern.search(dated)
        if match is not None:
            # “9点前” names nine o'clock itself, as the last moment.
            rest = f"{dated[: match.start()]} {_LIMIT.sub('', dated[match.end() :])}"
            return _CONNECTORS.sub("", " ".join(rest.split())).strip(), _seconds(match)
    return dated, None


def _seconds(match: re.Match[str]) -> int:
    """Return the time of day in seconds after midnight; raises ValueError after 24:00."""
    found = match.groupdict()
    if found.get("word"):
        return _END_OF_DAY * 60 if found["word"] == "midnight" else 12 * 3600
    hour, minute = int(found["h"]), int(found.get("m") or 0)
    if found.get("zh"):
        said = found["zh"]
        minute = _QUARTERS[said] if said in _QUARTERS else int(said.rstrip("分"))
    second = int(found.get("s") or 0)
    hour = _hour(hour, found.get("part") or "", (found.get("half") or "")[:1])
    if minute > 59 or second > 59 or hour * 3600 + minute * 60 + second > _END_OF_DAY * 60:
        raise OutOfRange(
            N_("“{text}” is out of range: the times of a day go from 00:00 to 24:00. Write it like 16:40.")
        )
    return hour * 3600 + minute * 60 + second


def _hour(hour: int, part: str, half: str) -> int:
    """Return the hour (0-24) of an hour with am/pm or 上午.

    Raises ValueError if they clash.
    """
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        return hour % 12 + (12 if half == "p" else 0)
    if part in {"凌晨", "清晨", "早晨", "早上", "上午"}:
        if hour > 12:
            raise ValueError(hour)
        return 0 if part == "凌晨" and hour == 12 else hour
    if part == "中午":
        return hour + 12 if hour <= 2 else hour
    if part in {"晚上", "夜里"} and hour == 12:
        return 24
    return hour + 12 if part and 1 <= hour <= 11 else hour
