"""Parses days and months typed in Chinese or English.

Examples are “上周五”, “下月1号”, “5号前” and “next week”. Texts are normalised first, see `normalised`. A day that no
calendar has raises `OutOfRange`, a text that no pattern matches gives None.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterable
from datetime import date, timedelta

from sla_tracker.domain.time.instants import month_number, months_later, numbered_month
from sla_tracker.errors import N_

LONGEST = 60  # characters; a longer text is rejected before any pattern runs on it
FIRST_YEAR, LAST_YEAR = 1970, 2199
LOOK_BACK = timedelta(days=31)  # a future date without a year may lie this far back instead of next year

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

_RELATIVE = {
    **dict.fromkeys(("大前天",), -3),
    **dict.fromkeys(("前天", "day before yesterday"), -2),
    **dict.fromkeys(("昨天", "昨日", "yesterday"), -1),
    **dict.fromkeys(("今天", "今日", "today"), 0),
    **dict.fromkeys(("明天", "明日", "tomorrow"), 1),
    **dict.fromkeys(("后天", "day after tomorrow"), 2),
    **dict.fromkeys(("大后天",), 3),
}
_UNITS = {
    **dict.fromkeys(("minute", "minutes", "min", "分钟", "分"), timedelta(minutes=1)),
    **dict.fromkeys(("hour", "hours", "h", "小时", "钟头"), timedelta(hours=1)),
    **dict.fromkeys(("day", "days", "d", "天", "日"), timedelta(days=1)),
    **dict.fromkeys(("week", "weeks", "w", "周", "星期"), timedelta(weeks=1)),
}
SPAN = re.compile(
    r"(?:(?P<sign>[+-])\s*(?P<signed>\d{1,6})\s*(?P<signed_unit>[a-z]+|分钟|个?小时|天|日|周|个?星期)"
    r"|in\s+(?P<ahead>\d{1,6}|an?)\s*(?P<ahead_unit>[a-z]+)"
    r"|(?P<ago>\d{1,6}|an?)\s*(?P<ago_unit>[a-z]+)\s+ago"
    r"|(?P<zh>\d{1,6}|半)\s*(?P<zh_unit>分钟|分|个?小时|钟头|天|日|周|个?星期)(?P<side>之?[前后]|以[前后]))"
)

_WEEKDAYS = (
    {sign: day for day, sign in enumerate("一二三四五六日")}
    | {"天": 6}
    | {name: day for day, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}
)
WEEK_ZH = r"(?:周|星期|礼拜)"
_WEEK_BESIDE = r"(?P<week>上上个?|上个?|这个?|本|下下个?|下个?)"
_WEEKDAY_ZH = re.compile(rf"(?:{_WEEK_BESIDE}(?:{WEEK_ZH}的?)?)?{WEEK_ZH}(?P<day>[一二三四五六日天])")
WEEKDAY_NAME = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:days?)?\b\.?"
_WEEKDAY_EN = re.compile(rf"(?P<week>last|this|next)?\s*(?P<day>{WEEKDAY_NAME})")
_WEEKS = {
    "上上": -2,
    "上上个": -2,
    "上": -1,
    "上个": -1,
    "这": 0,
    "这个": 0,
    "本": 0,
    "下": 1,
    "下个": 1,
    "下下": 2,
    "下下个": 2,
    "this": 0,
}
_WHOLE_WEEK = re.compile(rf"(?:{_WEEK_BESIDE}{WEEK_ZH}|(?P<en>last|this|next)\s+week)")
_NEAR = {"last": -1, "this": 0, "next": 1}

MONTH_NAME = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_EN = rf"(?P<name>{MONTH_NAME})"
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})",
        r"(?P<y>\d{4})\s*[-/.年]\s*(?P<m>\d{1,2})\s*[-/.月]\s*(?P<d>\d{1,2})\s*[日号]?",
        r"(?P<m>\d{1,2})\s*[-/.月]\s*(?P<d>\d{1,2})\s*[日号]?",
        rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+{_MONTH_EN}(?:,?\s+(?P<y>\d{{4}}))?",
        rf"{_MONTH_EN}\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<y>\d{{4}}))?",
        r"(?P<d>\d{1,2})\s*[日号]",
        r"(?:the\s+)?(?P<d>\d{1,2})(?:st|nd|rd|th)",
    )
)
# A month by its distance, alone or with a day of it: 下月, 下月1号, 本月底, 月初, end of next month, eom.
_MONTH_BESIDE = r"(?P<month>上上个?|上个?|这个?|本|当|下下个?|下个?)月"
_DAY_OF_NEAR_MONTH = re.compile(rf"{_MONTH_BESIDE}份?的?\s*(?P<d>\d{{1,2}})\s*[日号]?")
_END_OF_NEAR_MONTH = re.compile(
    rf"(?:(?:{_MONTH_BESIDE}|月)份?的?(?P<end>初|底|末)|{_MONTH_BESIDE.replace('month', 'whole')}份?)"
)
_END_OF_MONTH_EN = re.compile(
    r"eom|month end|(?:(?P<end>end|start|beginning)\s+of\s+)?(?:the\s+)?(?:(?P<near>last|this|next)\s+)?month"
)
_MONTHS_WRITTEN = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?:(?P<y>\d{4})\s*[-/.年]\s*|(?P<near>前年|去年|今年|明年)的?)?(?P<m>\d{1,2})\s*(?:月份?)?",
        rf"(?:(?P<y>\d{{4}})\s+)?{_MONTH_EN}",
        rf"{_MONTH_EN},?\s+(?:of\s+)?(?P<y>\d{{4}})",
    )
)
_YEARS = {"前年": -2, "去年": -1, "今年": 0, "明年": 1}

# The weekday that is written beside a date, before or after it, in brackets or not.
_WEEKDAY_WORD = rf"(?:{WEEK_ZH}[一二三四五六日天]|{WEEKDAY_NAME})"
_BESIDE_WEEKDAY = re.compile(
    rf"(?:(?P<first>{_WEEKDAY_WORD})[\s,(]+(?P<after>.*?[\d日号a-z])[\s)]*"
    rf"|(?P<before>.*?\d.*?)[\s,(]*(?P<last>{_WEEKDAY_WORD})[\s)]*)"
)
# “5号前” and “by the 5th” name the 5th itself, as the last day; “3天前” is a span and is read before.
_LIMIT = re.compile(r"(?:(?:by|before)\s+(?P<en>.+)|(?P<zh>.+?)(?:之前|以前|前))")


class OutOfRange(ValueError):
    """Raised, with a message, for a well-written day or time that does not exist."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def no_such_day() -> OutOfRange:
    """Return the error for a day outside its month or a month outside the year."""
    return OutOfRange(N_("“{text}” is out of range: no calendar has this day. Write it like {example}."))


def no_such_year() -> OutOfRange:
    """Return the error of a day outside the years that are supported."""
    return OutOfRange(
        N_("“{text}” is out of range: years go from {first} to {last}. Write it like {example}.")
    )


def parse_year(text: str) -> int | None:
    """Return the year that a text is, None for what is none."""
    digits = text.strip()
    if len(digits) == len(str(LAST_YEAR)) and digits.isdecimal() and FIRST_YEAR <= int(digits) <= LAST_YEAR:
        return int(digits)
    return None


def normalised(text: str) -> str:
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


def span_of(match: re.Match[str]) -> tuple[timedelta, timedelta]:
    """Return the unit and the signed length of a span.

    Raises ValueError for an unknown unit.
    """
    amount = match["signed"] or match["ahead"] or match["ago"] or match["zh"]
    named = match["signed_unit"] or match["ahead_unit"] or match["ago_unit"] or match["zh_unit"]
    unit = _UNITS.get(named.removeprefix("个"))
    if unit is None:
        raise ValueError(match[0])
    back = match["sign"] == "-" or match["ago"] is not None or (match["side"] or "").endswith("前")
    size = unit / 2 if amount == "半" else unit * (int(amount) if amount.isdecimal() else 1)
    return unit, -size if back else size


def day_of(
    plain: str, today: date, *, future: bool, last: bool = False, look_back: timedelta = LOOK_BACK
) -> date | None:
    """Return the day of a normalised text without a time; None without a match.

    For a whole week or month it is the first day, or the last one with `last`. With `future` a date without a year may
    lie `look_back` before today, else it is next year's.
    """
    if plain in _RELATIVE:
        return today + timedelta(days=_RELATIVE[plain])
    span = SPAN.fullmatch(plain)
    if span is not None:
        unit, size = span_of(span)
        return today + size if unit >= timedelta(days=1) else None
    return (
        _named_weekday(plain, today, future=future, last=last)
        or _near_month(plain, today, future=future, last=last)
        or _written_date(plain, today, future=future, look_back=look_back)
        or _with_weekday(plain, today, future=future, look_back=look_back)
        or _as_limit(plain, today, future=future, look_back=look_back)
    )


def _named_weekday(plain: str, today: date, *, future: bool, last: bool) -> date | None:
    for pattern in (_WEEKDAY_ZH, _WEEKDAY_EN):
        match = pattern.fullmatch(plain)
        if match is not None:
            return _weekday(match["week"], _weekday_number(match["day"]), today, future=future)
    match = _WHOLE_WEEK.fullmatch(plain)
    if match is None:
        return None
    weeks = _NEAR[match["en"]] if match["en"] else _WEEKS[match["week"]]
    return today + timedelta(days=(6 if last else 0) - today.weekday(), weeks=weeks)


def _weekday_number(word: str) -> int:
    """Return a weekday's number by its English name or its last sign."""
    return _WEEKDAYS[word[-1] if word[-1] in _WEEKDAYS else word[:3]]


def _near_month(plain: str, today: date, *, future: bool, last: bool) -> date | None:
    """Return a day of a month named by its distance, or its beginning or end."""
    first = today.replace(day=1)
    match = _DAY_OF_NEAR_MONTH.fullmatch(plain)
    if match is not None:
        month = months_later(first, _distance(match["month"]))
        day = _date_or_none(month.year, month.month, int(match["d"]))
        if day is None:
            raise no_such_day()
        return day
    match = _END_OF_NEAR_MONTH.fullmatch(plain)
    if match is not None:
        named, end = match["month"] or match["whole"], match["end"]
        if end == "初" and not named and future and today > first:
            return months_later(first, 1)
        return _edge(
            months_later(first, _distance(named) if named else 0),
            last=end in ("底", "末") or (end is None and last),
        )
    match = _END_OF_MONTH_EN.fullmatch(plain)
    if match is None or plain in {"month", "the month"}:
        return None
    ends = match["end"] == "end" or plain in {"eom", "month end"} or (match["end"] is None and last)
    return _edge(months_later(first, _NEAR[match["near"] or "this"]), last=ends)


def _distance(named: str) -> int:
    """Return how many months a word such as 上个 or 下下 lies away."""
    return 0 if named == "当" else _WEEKS[named]


def _edge(first: date, *, last: bool) -> date:
    return first.replace(day=monthrange(first.year, first.month)[1]) if last else first


def _written_date(plain: str, today: date, *, future: bool, look_back: timedelta) -> date | None:
    for pattern in _DATES:
        match = pattern.fullmatch(plain)
        if match is not None:
            return _date_from_parts(match.groupdict(), today, future=future, look_back=look_back)
    return None


def _with_weekday(plain: str, today: date, *, future: bool, look_back: timedelta) -> date | None:
    """Return a date with its weekday, as in 星期三(11月18日); the two must agree."""
    match = _BESIDE_WEEKDAY.fullmatch(plain)
    if match is None:
        return None
    word, written = match["first"] or match["last"], match["after"] or match["before"]
    day = _written_date(written.strip(" ,()"), today, future=future, look_back=look_back)
    if day is None:
        return None
    if day.weekday() != _weekday_number(word):
        raise OutOfRange(
            N_("“{text}” contradicts itself: that day is another weekday. Leave out one of them.")
        )
    return day


def _as_limit(plain: str, today: date, *, future: bool, look_back: timedelta) -> date | None:
    """Return the last day, named in it, that a text such as 5号前 or “by Friday” allows."""
    match = _LIMIT.fullmatch(plain)
    if match is None:
        return None
    named = (match["en"] or match["zh"]).strip()
    if _LIMIT.fullmatch(named):
        return None
    return day_of(named, today, future=future, last=True, look_back=look_back)


def month_named(name: str) -> int | None:
    """Return the number of a month by its English name; None for another word."""
    return _MONTHS.index(name[:3]) + 1 if name[:3] in _MONTHS else None


def month_of(plain: str, today: date, *, future: bool = False) -> date | None:
    """Return the first day of the month that a normalised text names.

    Such texts are 2026-11, 11月, October and 下月. Without a year it is the last one that has begun, with `future` the
    nearest.
    """
    near = re.fullmatch(rf"{_MONTH_BESIDE}份?", plain)
    if near is not None:
        return months_later(today.replace(day=1), _distance(near["month"]))
    english = re.fullmatch(r"(last|this|next)\s+month", plain)
    if english is not None:
        return months_later(today.replace(day=1), _NEAR[english[1]])
    matches = (pattern.fullmatch(plain) for pattern in _MONTHS_WRITTEN)
    found = next((match.groupdict() for match in matches if match is not None), None)
    if found is None:
        return None
    month = month_named(found.get("name") or "") or int(found.get("m") or 0)
    if not 1 <= month <= 12:
        raise OutOfRange(N_("“{text}” is out of range: months go from 1 to 12. Write it like 2026-11."))
    year = _year_of_month(found, month, today, future=future)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise OutOfRange(
            N_("“{text}” is out of range: years go from {first} to {last}. Write it like 2026-11.")
        )
    return date(year, month, 1)


def _year_of_month(found: dict[str, str | None], month: int, today: date, *, future: bool) -> int:
    """Return the year that is written beside a month, or the one that is meant."""
    if found.get("y"):
        return int(found["y"] or 0)
    if found.get("near"):
        return today.year + _YEARS[found["near"] or ""]
    if not future:
        return today.year if month <= today.month else today.year - 1
    years = (today.year, today.year + 1, today.year - 1)
    return min(years, key=lambda year: abs(month_number(date(year, month, 1)) - month_number(today)))


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


def _date_from_parts(
    found: dict[str, str | None], today: date, *, future: bool, look_back: timedelta
) -> date:
    """Return a written date; a missing year or month is chosen nearest to today."""
    day = int(found["d"] or 0)
    month = month_named(found.get("name") or "") or int(found.get("m") or 0)
    if found.get("y"):
        year = int(found["y"] or 0)
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise no_such_year()
        written = _date_or_none(year, month, day)
        if written is None:
            raise no_such_day()
        return written
    if month:
        # Eight years ahead: the longest time between two 29 Februaries (2096 to 2104).
        years = range(today.year - 4, today.year + 9)
        earliest = today - look_back if future else date.min
        return _nearest((_date_or_none(year, month, day) for year in years), today, earliest)
    present = month_number(today)
    months = (numbered_month(number) for number in range(present - 2, present + 3))
    earliest = today if future else date.min
    return _nearest((_date_or_none(year, month, day) for year, month in months), today, earliest)


def _date_or_none(year: int, month: int, day: int) -> date | None:
    """Return a date, or None when that month has no such day."""
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        raise no_such_day()
    return date(year, month, day) if day <= monthrange(year, month)[1] else None


def _nearest(days: Iterable[date | None], today: date, earliest: date) -> date:
    """Return the day nearest to today, or the first from `earliest` on if that is set."""
    candidates = [day for day in days if day is not None and day >= earliest]
    if not candidates:
        raise no_such_day()
    return min(candidates) if earliest > date.min else min(candidates, key=lambda day: abs(day - today))
