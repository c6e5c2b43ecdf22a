"""Parses days, times and months typed in Chinese or English: “昨天 16:40”, “上周五”, “tomorrow 9:00”.

Every text that cannot be parsed, whatever it contains, raises UsageError with examples. Callers show the day and time
that was understood, so that nothing is guessed silently.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from sla_tracker.domain.time.instants import month_number, months_later, numbered_month
from sla_tracker.errors import N_, UsageError

LONGEST = 60  # characters; a longer text is rejected before any pattern runs on it
FIRST_YEAR, LAST_YEAR = 1970, 2199
LOOK_BACK = timedelta(days=31)  # a future date without a year may lie this far back instead of next year
_END_OF_DAY = 24 * 60  # minutes

_NUMERALS = {
    "零": 0,
    "〇": 0,
    **{sign: n for n, sign in enumerate("一二三四五六七八九", 1)},
    "两": 2,
    "十": 10,
}
_NUMERAL = re.compile(
    r"(?<![周期拜])[零〇一二两三四五六七八九十]{1,3}(?=[点时月日号分天年个小刻]|周[以之]?[前后]|星期[以之]?[前后])"
)
_ABBREVIATIONS = {
    "今早": "今天早上",
    "今晚": "今天晚上",
    "昨晚": "昨天晚上",
    "明早": "明天早上",
    "明晚": "明天晚上",
}
_CONNECTORS = re.compile(r"^[\s,，、的]+|(?:[\s,，、的]|\b(?:at|on)\b|@)+$|^on\b\s*")

_RELATIVE = {
    **dict.fromkeys(("大前天",), -3),
    **dict.fromkeys(("前天", "day before yesterday"), -2),
    **dict.fromkeys(("昨天", "昨日", "yesterday"), -1),
    **dict.fromkeys(("今天", "今日", "today"), 0),
    **dict.fromkeys(("明天", "明日", "tomorrow"), 1),
    **dict.fromkeys(("后天", "day after tomorrow"), 2),
    **dict.fromkeys(("大后天",), 3),
}
_NOW = ("now", "现在", "刚才", "刚刚")
_UNITS = {
    **dict.fromkeys(("minute", "minutes", "min", "分钟", "分"), timedelta(minutes=1)),
    **dict.fromkeys(("hour", "hours", "小时", "钟头"), timedelta(hours=1)),
    **dict.fromkeys(("day", "days", "天", "日"), timedelta(days=1)),
    **dict.fromkeys(("week", "weeks", "周", "星期"), timedelta(weeks=1)),
}
_SPAN = re.compile(
    r"(?:in\s+(?P<ahead>\d{1,6}|an?)\s*(?P<ahead_unit>[a-z]+)"
    r"|(?P<ago>\d{1,6}|an?)\s*(?P<ago_unit>[a-z]+)\s+ago"
    r"|(?P<zh>\d{1,6}|半)\s*(?P<zh_unit>分钟|分|个?小时|钟头|天|日|周|个?星期)(?P<side>之?[前后]|以[前后]))"
)

_WEEKDAYS = (
    {sign: day for day, sign in enumerate("一二三四五六日")}
    | {"天": 6}
    | {name: day for day, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}
)
_WEEKDAY_ZH = re.compile(
    r"(?P<week>上上|上个?|这个?|本|下个?|下下)?(?:周|星期|礼拜)(?P<day>[一二三四五六日天])"
)
_WEEKDAY_EN = re.compile(
    r"(?P<week>last|this|next)?\s*"
    r"(?P<day>mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday|s|rs|r)?"
)
_WEEKS = {
    "上上": -2,
    "上": -1,
    "上个": -1,
    "这": 0,
    "这个": 0,
    "本": 0,
    "下": 1,
    "下个": 1,
    "下下": 2,
    "this": 0,
}

_MONTH_NAMES = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_MONTHS = {name: n for n, name in enumerate(_MONTH_NAMES.split("|"), 1)}
_MONTH_EN = rf"(?P<name>{_MONTH_NAMES})[a-z]*\.?"
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})",
        r"(?P<y>\d{4})\s*[-/.年]\s*(?P<m>\d{1,2})\s*[-/.月]\s*(?P<d>\d{1,2})\s*[日号]?",
        r"(?P<m>\d{1,2})\s*[-/.月]\s*(?P<d>\d{1,2})\s*[日号]?",
        rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+{_MONTH_EN}(?:,?\s+(?P<y>\d{{4}}))?",
        rf"{_MONTH_EN}\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<y>\d{{4}}))?",
        r"(?P<d>\d{1,2})\s*[日号]",
    )
)
_MONTH_END = ("月底", "本月底", "这个月底", "month end", "end of month", "end of the month")
_MONTH = re.compile(r"(?:(?P<y>\d{4})\s*[-/.年]\s*)?(?P<m>\d{1,2})\s*月?")
_NEAR_MONTHS = {
    **dict.fromkeys(("上月", "上个月", "last month"), -1),
    **dict.fromkeys(("本月", "这个月", "this month"), 0),
    **dict.fromkeys(("下月", "下个月", "next month"), 1),
}

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
_QUARTERS = {"半": 30, "一刻": 15, "1刻": 15, "三刻": 45, "3刻": 45, "整": 0, "钟": 0}


def parse_moment(
    text: str, now: datetime, zone: tzinfo, *, default_time: time | None = None, future: bool = False
) -> datetime:
    """Return the UTC instant that a text means, relative to `now` and in a zone.

    A day without a time takes `default_time`; without that it is refused. `future` chooses the direction of a day
    without a year and of a bare weekday. A local time skipped by daylight saving moves on by the gap; of a repeated one
    the first is taken. Raises UsageError.
    """
    plain = _normalised(text)
    try:
        instant = _parse_absolute(plain, now)
        if instant is None:
            instant = _parse_local(plain, now, zone, default_time, future=future)
        return _in_supported_years(instant.astimezone(UTC))
    except (ValueError, OverflowError):
        raise _not_understood(text) from None


def parse_day(text: str, today: date, *, future: bool = False) -> date:
    """Return the day that a text means, relative to `today`; raises UsageError."""
    try:
        found = _day(_normalised(text), today, future=future)
        if found is not None and FIRST_YEAR <= found.year <= LAST_YEAR:
            return found
    except (ValueError, OverflowError):
        pass
    raise UsageError(
        N_(
            "“{text}” is no day that can be understood; write it like 2026-11-20, 11-20, 昨天, 周五 or tomorrow."
        ),
        text=text[:LONGEST],
    )


def parse_month(text: str, today: date) -> date:
    """Return the first day of the month that a text means; raises UsageError.

    Accepts 2026-11, 11月, 下个月 and next month.
    """
    plain = _normalised(text)
    if plain in _NEAR_MONTHS:
        return months_later(today.replace(day=1), _NEAR_MONTHS[plain])
    match = _MONTH.fullmatch(plain)
    if match is not None and 1 <= int(match["m"]) <= 12:
        year = int(match["y"] or today.year)
        if FIRST_YEAR <= year <= LAST_YEAR:
            return date(year, int(match["m"]), 1)
    raise UsageError(
        N_("“{text}” is no month that can be understood; write it like 2026-11, 11月 or next month."),
        text=text[:LONGEST],
    )


def _not_understood(text: str) -> UsageError:
    return UsageError(
        N_(
            "“{text}” is no time that can be understood; write it like 昨天 16:40, 11-20 16:40 or tomorrow 9:00."
        ),
        text=text[:LONGEST],
    )


def _in_supported_years(instant: datetime) -> datetime:
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise ValueError(instant)
    return instant


def _normalised(text: str) -> str:
    """Normalise a text: half width, lower case, digits for numerals, single spaces."""
    if len(text) > LONGEST:
        return ""
    folded = " ".join(unicodedata.normalize("NFKC", text).lower().split())
    for short, full in _ABBREVIATIONS.items():
        folded = folded.replace(short, full)
    return _NUMERAL.sub(lambda match: str(_numeral(match[0])), folded)


def _numeral(signs: str) -> int:
    """Return the number of a Chinese numeral up to 99 (十五, 二十一, or digits 二〇)."""
    if "十" in signs:
        tens, _, ones = signs.partition("十")
        return (_NUMERALS[tens[-1]] if tens else 1) * 10 + (_NUMERALS[ones[0]] if ones else 0)
    return int("".join(str(_NUMERALS[sign]) for sign in signs))


def _parse_absolute(plain: str, now: datetime) -> datetime | None:
    """Parse what needs no zone: now, a span in hours or minutes, ISO 8601 with an offset."""
    if plain in _NOW:
        return now
    match = _SPAN.fullmatch(plain)
    if match is not None:
        unit, span = _span(match)
        return now + span if unit < timedelta(days=1) else None
    try:
        written = datetime.fromisoformat(plain.upper())
    except ValueError:
        return None
    return written if written.tzinfo is not None else None


def _span(match: re.Match[str]) -> tuple[timedelta, timedelta]:
    """Return the unit and the signed length of a span; raises ValueError: unknown unit."""
    amount = match["ahead"] or match["ago"] or match["zh"]
    unit = _UNITS.get((match["ahead_unit"] or match["ago_unit"] or match["zh_unit"]).removeprefix("个"))
    if unit is None:
        raise ValueError(match[0])
    back = match["ago"] is not None or (match["side"] or "").endswith("前")
    size = unit / 2 if amount == "半" else unit * (int(amount) if amount.isdecimal() else 1)
    return unit, -size if back else size


def _parse_local(
    plain: str, now: datetime, zone: tzinfo, default_time: time | None, *, future: bool
) -> datetime:
    """Parse a local day, a time, or both in either order."""
    today = now.astimezone(zone).date()
    rest, seconds = _without_time(plain)
    day = _day(rest, today, future=future) if rest else today
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


def _without_time(plain: str) -> tuple[str, int | None]:
    """Split off the time of day: the remaining text, and seconds after midnight or None."""
    dated = re.sub(r"(?<=\d)t(?=\d)", " ", plain)
    for pattern in _TIMES:
        match = pattern.search(dated)
        if match is not None:
            rest = f"{dated[: match.start()]} {dated[match.end() :]}"
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
    if minute > 59 or second > 59 or hour * 60 + minute > _END_OF_DAY:
        raise ValueError(match[0])
    return hour * 3600 + minute * 60 + second


def _hour(hour: int, part: str, half: str) -> int:
    """Return the hour (0-24) of an hour with am/pm or 上午; raises ValueError if they clash."""
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


def _day(plain: str, today: date, *, future: bool) -> date | None:
    """Parse a day from a text without a time; None when no pattern matches."""
    if plain in _RELATIVE:
        return today + timedelta(days=_RELATIVE[plain])
    if plain in _MONTH_END:
        return today.replace(day=monthrange(today.year, today.month)[1])
    span = _SPAN.fullmatch(plain)
    if span is not None:
        unit, size = _span(span)
        return today + size if unit >= timedelta(days=1) else None
    for pattern in (_WEEKDAY_ZH, _WEEKDAY_EN):
        match = pattern.fullmatch(plain)
        if match is not None:
            return _weekday(match["week"], _WEEKDAYS[match["day"]], today, future=future)
    for pattern in _DATES:
        match = pattern.fullmatch(plain)
        if match is not None:
            return _date_from_parts(match.groupdict(), today, future=future)
    return None


def _weekday(week: str | None, weekday: int, today: date, *, future: bool) -> date:
    """Return a weekday of a named week, else the nearest past or future one.

    Without a week word (周五, Friday) today counts too.
    """
    if week in _WEEKS:
        return today + timedelta(days=weekday - today.weekday(), weeks=_WEEKS[week])
    if week == "next" or (week is None and future):
        start = today + timedelta(days=week is not None)
        return start + timedelta(days=(weekday - start.weekday()) % 7)
    start = today - timedelta(days=week is not None)
    return start - timedelta(days=(start.weekday() - weekday) % 7)


def _date_from_parts(found: dict[str, str | None], today: date, *, future: bool) -> date:
    """Return a written date; a missing year or month is chosen nearest to today."""
    day = int(found["d"] or 0)
    month = _MONTHS.get(found.get("name") or "", int(found.get("m") or 0))
    if found.get("y"):
        return date(int(found["y"] or 0), month, day)
    if month:
        # Eight years ahead: the longest time between two 29 Februaries (2096 to 2104).
        years = range(today.year - 4, today.year + 9)
        earliest = today - LOOK_BACK if future else date.min
        return _nearest((_date_or_none(year, month, day) for year in years), today, earliest)
    present = month_number(today)
    months = (numbered_month(number) for number in range(present - 2, present + 3))
    earliest = today if future else date.min
    return _nearest((_date_or_none(year, month, day) for year, month in months), today, earliest)


def _date_or_none(year: int, month: int, day: int) -> date | None:
    """Return a date, or None when that month has no such day."""
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        raise ValueError(month, day)
    return date(year, month, day) if day <= monthrange(year, month)[1] else None


def _nearest(days: Iterable[date | None], today: date, earliest: date) -> date:
    """Return the day nearest to today, or the first from `earliest` on if that is set."""
    candidates = [day for day in days if day is not None and day >= earliest]
    return min(candidates) if earliest > date.min else min(candidates, key=lambda day: abs(day - today))
