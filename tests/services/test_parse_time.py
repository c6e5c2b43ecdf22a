"""Days and times as people say them, seen from Friday 2026-11-20 14:02 in Shanghai."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_tracker import i18n
from sla_tracker.errors import UsageError
from sla_tracker.wording.parse_time import parse_day, parse_moment, parse_month, parse_until

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 20, 14, 2, tzinfo=SHANGHAI)
TODAY = NOW.date()

SAID = (
    "昨天 今天 明天 前 后 上周 下 周五 周 日 月 号 点 半 一 十 二十 三 下午 晚上 中午 年 "
    "in days ago last next friday nov pm am T Z noon "
    "eom week month 本月 下月 初 底 + - d w ( ) by 5号前 "
    "16:40 24:00 9 31 11 2026 2 20 0 99999999 ０９：３０ +08:00 - / . : % { } \x00 \x1b \u202e ² ٣"
)
PIECES = SAID.split(" ")


def local(text: str, *, future: bool = False, default: time | None = None) -> str:
    moment = parse_moment(text, NOW, SHANGHAI, default_time=default, future=future)
    assert moment.tzinfo is UTC
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("昨天 16:40", "2026-11-19 16:40"),
        ("昨天16：40", "2026-11-19 16:40"),
        ("今天９：０５", "2026-11-20 09:05"),
        ("明天 9:00", "2026-11-21 09:00"),
        ("前天下午3点半", "2026-11-18 15:30"),
        ("后天 上午十点", "2026-11-22 10:00"),
        ("大前天 8点一刻", "2026-11-17 08:15"),
        ("上周五 17:00", "2026-11-13 17:00"),
        ("本周三 9点", "2026-11-18 09:00"),
        ("下周一早上8点", "2026-11-23 08:00"),
        ("周三三点", "2026-11-18 03:00"),
        ("星期天 10:00", "2026-11-15 10:00"),
        ("11月20日 下午3点半", "2026-11-20 15:30"),
        ("十一月二十日 十六点四十分", "2026-11-20 16:40"),
        ("11月5号 16时40分", "2026-11-05 16:40"),
        ("11-20 16:40", "2026-11-20 16:40"),
        ("11/19 16:40", "2026-11-19 16:40"),
        ("2026-11-20 16:40", "2026-11-20 16:40"),
        ("2026/11/20 16:40:30", "2026-11-20 16:40"),
        ("2026年11月20日 16:40", "2026-11-20 16:40"),
        ("20261119 16:40", "2026-11-19 16:40"),
        ("2026-11-20T16:40", "2026-11-20 16:40"),
        ("2026-11-20T16:40+08:00", "2026-11-20 16:40"),
        ("2026-11-20T08:40Z", "2026-11-20 16:40"),
        ("16:40", "2026-11-20 16:40"),
        ("18日 16:40", "2026-11-18 16:40"),
        ("今晚8点", "2026-11-20 20:00"),
        ("昨晚12点", "2026-11-20 00:00"),
        ("凌晨12点", "2026-11-20 00:00"),
        ("中午", "2026-11-20 12:00"),
        ("中午1点", "2026-11-20 13:00"),
        ("昨天 24:00", "2026-11-20 00:00"),
        ("现在", "2026-11-20 14:02"),
        ("刚才", "2026-11-20 14:02"),
        ("2小时前", "2026-11-20 12:02"),
        ("半小时前", "2026-11-20 13:32"),
        ("一个小时后", "2026-11-20 15:02"),
        ("24 hours ago", "2026-11-19 14:02"),
        ("三天前 9:00", "2026-11-17 09:00"),
        ("yesterday 16:40", "2026-11-19 16:40"),
        ("16:40 yesterday", "2026-11-19 16:40"),
        ("Tomorrow at 9:00", "2026-11-21 09:00"),
        ("tomorrow at noon", "2026-11-21 12:00"),
        ("day after tomorrow 3 pm", "2026-11-22 15:00"),
        ("last friday 17:00", "2026-11-13 17:00"),
        ("wednesday 12:15 am", "2026-11-18 00:15"),
        ("Nov 19, 4:40 p.m.", "2026-11-19 16:40"),
        ("19 November 2025 16:40", "2025-11-19 16:40"),
        ("in 2 hours", "2026-11-20 16:02"),
        ("30 minutes ago", "2026-11-20 13:32"),
        ("now", "2026-11-20 14:02"),
        ("本月15日 9:00", "2026-11-15 09:00"),
        ("下月1号上午10点", "2026-12-01 10:00"),
        ("上个月5号 9:00", "2026-10-05 09:00"),
        ("上月底 17:30", "2026-10-31 17:30"),
        ("这周周三 9点", "2026-11-18 09:00"),
        ("下周 9:00", "2026-11-23 09:00"),
        ("星期三（11月18日）8点半", "2026-11-18 08:30"),
        ("2026-11-18（周三）09:00", "2026-11-18 09:00"),
        ("11-18 周三 09:00", "2026-11-18 09:00"),
        ("Wed 18 Nov 16:40", "2026-11-18 16:40"),
        ("Wed 18 Nov 2026 16:40", "2026-11-18 16:40"),
        ("周三9点前", "2026-11-18 09:00"),
        ("5号前 17:00", "2026-11-05 17:00"),
        ("by friday 17:00", "2026-11-20 17:00"),
        ("3天前 9:00", "2026-11-17 09:00"),
        ("2026-11-20 9:00+08:00", "2026-11-20 09:00"),
        ("2026-11-20 9:00 +0800", "2026-11-20 09:00"),
        ("2026-11-20 01:00Z", "2026-11-20 09:00"),
        ("next week 9:00", "2026-11-23 09:00"),
        ("eom 17:00", "2026-11-30 17:00"),
        ("+3d 9:00", "2026-11-23 09:00"),
        ("+2h", "2026-11-20 16:02"),
        ("-30min", "2026-11-20 13:32"),
    ],
)
def test_a_moment_is_understood(text: str, meant: str) -> None:
    assert local(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("今天", date(2026, 11, 20)),
        ("昨日", date(2026, 11, 19)),
        ("上周五", date(2026, 11, 13)),
        ("周五", date(2026, 11, 20)),
        ("下周天", date(2026, 11, 29)),
        ("11-20", date(2026, 11, 20)),
        ("12.1", date(2026, 12, 1)),
        ("1月5日", date(2027, 1, 5)),
        ("6-15", date(2026, 6, 15)),
        ("2-29", date(2028, 2, 29)),
        ("二十一号", date(2026, 11, 21)),
        ("2027-03-31", date(2027, 3, 31)),
        ("月底", date(2026, 11, 30)),
        ("in 2 days", date(2026, 11, 22)),
        ("a week ago", date(2026, 11, 13)),
        ("两周后", date(2026, 12, 4)),
        ("last friday", date(2026, 11, 13)),
        ("this sunday", date(2026, 11, 22)),
        ("next friday", date(2026, 11, 27)),
        ("Thurs", date(2026, 11, 19)),
        ("本月15日", date(2026, 11, 15)),
        ("这个月15号", date(2026, 11, 15)),
        ("下月1号", date(2026, 12, 1)),
        ("下下个月1号", date(2027, 1, 1)),
        ("上个月5号", date(2026, 10, 5)),
        ("上月三十号", date(2026, 10, 30)),
        ("上月底", date(2026, 10, 31)),
        ("本月末", date(2026, 11, 30)),
        ("下个月底", date(2026, 12, 31)),
        ("下月初", date(2026, 12, 1)),
        ("月初", date(2026, 11, 1)),
        ("这周周三", date(2026, 11, 18)),
        ("下周周一", date(2026, 11, 23)),
        ("上上周五", date(2026, 11, 6)),
        ("下周", date(2026, 11, 23)),
        ("上周", date(2026, 11, 9)),
        ("下月", date(2026, 12, 1)),
        ("5号前", date(2026, 11, 5)),
        ("11月5日之前", date(2026, 11, 5)),
        ("5日前", date(2026, 11, 15)),
        ("by the 5th", date(2026, 11, 5)),
        ("星期三（11月18日）", date(2026, 11, 18)),
        ("11月18日（星期三）", date(2026, 11, 18)),
        ("Wednesday, 18 November", date(2026, 11, 18)),
        ("next week", date(2026, 11, 23)),
        ("next month", date(2026, 12, 1)),
        ("end of last month", date(2026, 10, 31)),
        ("start of next month", date(2026, 12, 1)),
        ("eom", date(2026, 11, 30)),
        ("+3d", date(2026, 11, 23)),
        ("+2w", date(2026, 12, 4)),
        ("-1d", date(2026, 11, 19)),
        ("+3天", date(2026, 11, 23)),
    ],
)
def test_a_day_is_understood(text: str, meant: date) -> None:
    assert parse_day(text, TODAY) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("6-15", date(2027, 6, 15)),
        ("11-18", date(2026, 11, 18)),
        ("周三", date(2026, 11, 25)),
        ("friday", date(2026, 11, 20)),
        ("5号", date(2026, 12, 5)),
        ("2-29", date(2028, 2, 29)),
        ("5号前", date(2026, 12, 5)),
        ("月初", date(2026, 12, 1)),
        ("下周", date(2026, 11, 23)),
        ("星期三（11月18日）", date(2026, 11, 18)),
    ],
)
def test_what_lies_ahead_is_looked_for_ahead(text: str, meant: date) -> None:
    assert parse_day(text, TODAY, future=True) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2027-01", date(2027, 1, 1)),
        ("3月", date(2026, 3, 1)),
        ("下个月", date(2026, 12, 1)),
        ("last month", date(2026, 10, 1)),
        ("October", date(2026, 10, 1)),
        ("oct", date(2026, 10, 1)),
        ("Sept.", date(2026, 9, 1)),
        ("November", date(2026, 11, 1)),
        ("October 2025", date(2025, 10, 1)),
        ("Oct, 2025", date(2025, 10, 1)),
        ("2025 october", date(2025, 10, 1)),
        ("十月份", date(2026, 10, 1)),
        ("去年10月", date(2025, 10, 1)),
        ("明年1月", date(2027, 1, 1)),
    ],
)
def test_a_month_is_understood(text: str, meant: date) -> None:
    assert parse_month(text, TODAY) == meant


@pytest.mark.parametrize(
    ("text", "today", "past", "future"),
    [
        ("12月", date(2027, 1, 1), date(2026, 12, 1), date(2026, 12, 1)),
        ("December", date(2026, 12, 1), date(2026, 12, 1), date(2026, 12, 1)),
        ("1", date(2026, 12, 31), date(2026, 1, 1), date(2027, 1, 1)),
        ("5月", date(2026, 11, 20), date(2026, 5, 1), date(2026, 5, 1)),
        ("4月", date(2026, 11, 20), date(2026, 4, 1), date(2027, 4, 1)),
    ],
)
def test_a_month_without_a_year_has_begun_or_is_the_nearest(
    text: str, today: date, past: date, future: date
) -> None:
    assert (parse_month(text, today), parse_month(text, today, future=True)) == (past, future)


@pytest.mark.parametrize("text", ["marble 5", "decor 5", "mayor 5 2026", "5 octopus"])
def test_a_word_that_only_begins_like_a_month_is_none(text: str) -> None:
    with pytest.raises(UsageError, match="no day that can be understood"):
        parse_day(text, TODAY)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("下周", date(2026, 11, 29)),
        ("this week", date(2026, 11, 22)),
        ("下月", date(2026, 12, 31)),
        ("next month", date(2026, 12, 31)),
        ("下周前", date(2026, 11, 29)),
        ("月初", date(2026, 11, 1)),
        ("5号", date(2026, 11, 5)),
    ],
)
def test_as_a_limit_a_week_or_month_is_its_last_day(text: str, meant: date) -> None:
    assert parse_day(text, TODAY, last=True) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("12-31", date(2027, 12, 31)),
        ("1-2", date(2027, 1, 2)),
        ("1月1日前", date(2028, 1, 1)),
        ("12月31日（星期五）", date(2027, 12, 31)),
        ("this month", date(2027, 1, 31)),
    ],
)
def test_the_last_day_of_what_lies_ahead_is_no_day_of_last_year(text: str, meant: date) -> None:
    assert parse_until(text, date(2027, 1, 2)) == meant


@pytest.mark.parametrize("text", ["2026-12-31", "yesterday", "last month"])
def test_a_last_day_that_has_passed_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="has passed; give today or a later day"):
        parse_until(text, date(2027, 1, 2))


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("25:00", "times of a day"),
        ("16:60", "times of a day"),
        ("24:00:01", "times of a day"),
        ("2026-02-30 9:00", "no calendar has this day"),
        ("13-45 9:00", "no calendar has this day"),
        ("32日 9:00", "no calendar has this day"),
        ("本月31日 9:00", "no calendar has this day"),
        ("2026-02-30 9:00+08:00", "no calendar has this day"),
        ("9999-12-31 9:00", "years go from 1970 to 2199"),
        ("in 999999 weeks", "years go from 1970 to 2199"),
        ("星期四（11月18日）8点", "another weekday"),
    ],
)
def test_what_is_out_of_range_is_called_that(text: str, called: str) -> None:
    with pytest.raises(UsageError, match=called):
        parse_moment(text, NOW, SHANGHAI, default_time=time(9))


@pytest.mark.parametrize(
    ("parse", "example"),
    [
        (lambda: parse_moment("soon", NOW, SHANGHAI), "明天 9:00"),
        (lambda: parse_day("soon", TODAY), "昨天"),
        (lambda: parse_moment(" ", NOW, SHANGHAI), "缺少时间"),
        (lambda: parse_day("", TODAY), "缺少日期"),
        (lambda: parse_month("soon", TODAY), "下月"),
        (lambda: parse_month("13月", TODAY), "超出范围"),
    ],
)
def test_chinese_errors_have_chinese_examples(parse: Callable[[], date], example: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse()
    i18n.use("zh")
    assert example in str(caught.value)
    assert "tomorrow" not in str(caught.value)
    assert "next" not in str(caught.value)


def test_next_month_of_december_is_january() -> None:
    assert parse_month("next month", date(2026, 12, 31)) == date(2027, 1, 1)


def test_a_day_without_a_time_takes_the_default_or_asks_for_one() -> None:
    assert local("昨天", default=time(18)) == "2026-11-19 18:00"
    with pytest.raises(UsageError, match=r"without a time.*16:40"):
        local("昨天")


def test_a_time_the_clock_skips_moves_on_and_one_it_shows_twice_is_the_first() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    gap = parse_moment("2026-03-29 02:30", now, BERLIN)
    assert gap.astimezone(BERLIN).strftime("%H:%M") == "03:30"
    assert parse_moment("2026-10-25 02:30", now, BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "soon", "25:00", "16:60", "24:01", "上午15点", "13 pm", "2026-02-30 9:00", "13-45 9:00", "0-0 9:00",
        "昨天 昨天 9:00", "9999-12-31 9:00", "0001-01-01 9:00", "in 999999 weeks", "in 2 lightyears", "x" * 5000,
        "0001-01-01T00:00+14:00", "32日 9:00",
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UsageError, match="16:40") as caught:
        parse_moment(text, NOW, SHANGHAI, default_time=time(9))
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize("text", ["", "13月", "0", "2026-13", "0001-01", "when", "octo", "October 26"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="2026-11"):
        parse_month(text, TODAY)


@given(
    text=st.one_of(
        st.text(max_size=40),
        st.lists(st.sampled_from(PIECES), max_size=6).map(" ".join),
        st.lists(st.sampled_from(PIECES), max_size=6).map("".join),
    ),
    future=st.booleans(),
)
def test_no_text_does_worse_than_a_usage_error(text: str, future: bool) -> None:
    understood: list[Callable[[], date]] = [
        lambda: parse_moment(text, NOW, SHANGHAI, default_time=time(18), future=future),
        lambda: parse_day(text, TODAY, future=future),
        lambda: parse_month(text, TODAY),
    ]
    for understand in understood:
        try:
            found = understand()
        except UsageError:
            continue
        assert 1970 <= found.year <= 2199


@given(st.integers(0, 60 * 24 * 365 * 200))
def test_what_we_write_we_read(minutes: int) -> None:
    at = datetime(1992, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    assert parse_moment(f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}", NOW, SHANGHAI) == at
    assert parse_moment(at.isoformat(), NOW, BERLIN) == at
