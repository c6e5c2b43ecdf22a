"""Decides from an event's title, categories and marks if days are off or worked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum

from sla_tracker.domain.text import Text


class Meaning(StrEnum):
    """What a title says about its days."""

    OFF = "off"
    WORKED = "worked"
    SWAPPED = "swapped"  # 调休: a weekend day is worked, a weekday is off
    UNMARKED = "unmarked"  # a name that says neither
    PRIVATE = "private"  # one person's or one group's: leave, training, overtime


APPLE_MARKS = {"WORK-HOLIDAY": Meaning.OFF, "ALTERNATE-WORKDAY": Meaning.WORKED}
"""Values of X-APPLE-SPECIAL-DAY, which stands above every word."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# The longest mark that a title begins or ends with decides, so that 不上班 is not taken for 上班.
_MARKS = {
    Meaning.OFF: _words(
        "不上班 无需上班 免上班 不补班 非工作日 调休放假 放假调休 调休假期 调休休息 调休休 法定节假日 节假日 放假 "
        "假期 假日 休息日 休息 公休日 公休 补休 休 假"
    ),
    Meaning.WORKED: _words(
        "调休上班日 调休上班 调休补班 调休工作日 补班日 补班 补上班 上班日 上班 正常上班 工作日 班"
    ),
    Meaning.SWAPPED: _words("调休日 调休"),
}
_BY_MARK = sorted(
    ((mark, meaning) for meaning, marks in _MARKS.items() for mark in marks),
    key=lambda pair: len(pair[0]),
    reverse=True,
)
_CATEGORIES = {
    Meaning.WORKED: {"上班", "班", "补班", "调休上班", "工作日", "workday", "working day", "make-up day"},
    Meaning.OFF: {
        *_words("假期 休 放假 休息 节假日 法定节假日 公众假期 holiday holidays"),
        "public holiday",
    },
}
# Parts of the names of days off; a title made of nothing else names one.
_FESTIVALS = sorted(
    _words(
        "元旦 新年 春节 除夕 劳动 农历 过年 正月 大年 初一 初二 初三 初四 初五 初六 初七 初八 清明 劳动节 国际劳动节 "
        "五一 端午 中秋 国庆 十一 抗战胜利纪念日 黄金周 小长假 长假 节 中国 公司 全国 国务院"
    ),
    key=len,
    reverse=True,
)
_FESTIVAL_WORDS = frozenset(
    _words(
        "new year year's years day eve spring festival chinese lunar qingming qing ming tomb sweeping labour labor "
        "may dragon boat mid autumn moon national golden week china the of for and holiday holidays public bank "
        "statutory legal observed"
    )
)
_PRIVATE = _words(
    "年假 病假 事假 婚假 产假 陪产假 丧假 探亲假 育儿假 请假 休假 度假 年休 退休 轮休 午休 倒休 培训 加班 值班 夜班 "
    "早班 晚班 中班 白班 排班 换班 接班 交班 班会 班车 班长 航班 班级 班次 生日 聚会 会议 出差 暑假 寒假 假条 销假"
)
_PRIVATE_WORDS = re.compile(
    r"\b(leave|vacation|birthday|sick|training|overtime|shift|retire\w*|pto|ooo|out of office|party|meeting|trip|"
    r"school|exam|course|class|wedding|interview|travel)\b|['’]s (holiday|day off)|\bon holiday\b",
    re.IGNORECASE,
)
_NOT_WORKED = re.compile(r"\bnon-?\s?work(ing)?\b|\bno(t a)? work(ing)?\b", re.IGNORECASE)
_WORKED = re.compile(
    r"\bwork(ing)?[ -]?(day|saturday|sunday|weekend)s?\b|\bmake-?\s?up\b|\bworking on (saturday|sunday)\b",
    re.IGNORECASE,
)
_OFF = re.compile(r"\b(holidays?|days? off)\b", re.IGNORECASE)
_BRACKETS = re.compile(r"[(\[【「〔]\s*([^()\[\]【】「」〔〕]*?)\s*[)\]】」〕]")
_COUNTERS = re.compile(
    r"第\s*\d+\s*天(\s*/?\s*共\s*\d+\s*天)?|\b(19|20)\d\d\s*年?|\bday \d+( of \d+)?\b", re.IGNORECASE
)
_SEPARATORS = " \t-–—:：·、,，;；.。/&+|~_和与及暨"
# Unicode categories of pictures and the joiners between them.
_PICTURES = frozenset({"So", "Sk", "Cf", "Mn", "Co", "Cn"})


def meaning_of(title: str, categories: Iterable[str] = (), apple: str = "") -> Meaning:
    """Return what an event says about its days.

    Apple's mark decides, then a category that says "worked", then the title; another category only decides where the
    title says nothing.
    """
    if (marked := APPLE_MARKS.get(apple.strip().upper())) is not None:
        return marked
    groups = {unicodedata.normalize("NFKC", one).strip().lower() for one in categories}
    if groups & _CATEGORIES[Meaning.WORKED]:
        return Meaning.WORKED
    meaning = _by_title(_plain(title))
    says_off = bool(groups & _CATEGORIES[Meaning.OFF])
    return Meaning.OFF if says_off and meaning in {Meaning.UNMARKED, Meaning.SWAPPED} else meaning


def bare_name(title: str) -> Text:
    """Return the festival's name without the marks around it."""
    text = _plain(title)
    inside = [one for one in _BRACKETS.findall(text) if _mark_alone(one) is None]
    text = _BRACKETS.sub(" ", text)
    found = _marked(text)
    rest = found[0] if found else text
    if _WORKED.search(rest) and inside:
        rest = inside[0]
    name = re.sub(r"^\s*holiday\s*:", "", rest, flags=re.IGNORECASE).strip(_SEPARATORS[:-4]) or "节假日"
    return (
        Text(zh=name, en="") if any("\u4e00" <= char <= "\u9fff" for char in name) else Text(zh="", en=name)
    )


def _by_title(text: str) -> Meaning:
    marks = [mark for inside in _BRACKETS.findall(text) if (mark := _mark_alone(inside)) is not None]
    return marks[0] if marks else _by_words(_BRACKETS.sub(" ", text))


def _by_words(text: str) -> Meaning:
    if any(word in text for word in _PRIVATE) or _PRIVATE_WORDS.search(text):
        return Meaning.PRIVATE
    if _NOT_WORKED.search(text):
        return Meaning.OFF
    if _WORKED.search(text):
        return Meaning.WORKED
    if (found := _marked(text)) is not None and _names_a_day(found[0]):
        return found[1]
    festival = text if not _OFF.search(text) else _OFF.sub(" ", text) or "节"
    return Meaning.OFF if text and _is_festival(festival) else Meaning.UNMARKED


def _plain(title: str) -> str:
    """Return the title in usual width without pictures, years and counters of days."""
    text = unicodedata.normalize("NFKC", title)
    kept = "".join(char for char in text if unicodedata.category(char) not in _PICTURES)
    return _COUNTERS.sub(" ", kept).strip(" \t-–—:：·、,，;；.。/&+|~_")


def _mark_alone(text: str) -> Meaning | None:
    return next((meaning for mark, meaning in _BY_MARK if text.strip() == mark), None)


def _marked(text: str) -> tuple[str, Meaning] | None:
    """Return the title without its first or last mark, and what the mark says."""
    for mark, meaning in _BY_MARK:
        if text.endswith(mark):
            return text.removesuffix(mark).strip(_SEPARATORS), meaning
        if text.startswith(mark):
            return text.removeprefix(mark).strip(_SEPARATORS), meaning
    return None


def _names_a_day(rest: str) -> bool:
    """Return whether the text beside a mark names a day.

    Such a text is a festival, empty, or ends in 节 or 日.
    """
    if not rest or _is_festival(rest):
        return True
    if (found := _marked(rest)) is not None and _is_festival(found[0] or "节"):
        return True
    return rest.endswith(("节", "日", "纪念日"))


def _is_festival(text: str) -> bool:
    words = re.split(r"[\s\-/]+", text.lower())
    rest = "".join(word for word in words if word.strip("()[]:,.'’") not in _FESTIVAL_WORDS)
    for name in _FESTIVALS:
        rest = rest.replace(name, "")
    return not rest.strip(_SEPARATORS)
